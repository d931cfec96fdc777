"""The residents' phones: one UDP socket that plays them all, where Kamailio would stand.

    phones = Phones("127.0.0.3")
    phones.set("21", Phone(answer_after=0.2))
    phones.set("22", Phone())                      # rings until it is cancelled
    phones.set("23", Phone(status=603))            # declines
    phones.set("24", Phone(absent=2, answer_after=1))   # not registered for the first two INVITEs
    ...
    phones.cancel("22").header("Reason")

An account nobody set is not registered: 404. The gateway and the emergency service are another
object of the same class on another address. SIPp stays for panels and for load: it cannot hold a
memory per account, nor show what a message said.
"""

import dataclasses
import heapq
import itertools
import socket
import struct
import threading
import time

import sip


@dataclasses.dataclass
class Phone:
    ring_after: float = 0.0      # seconds from the INVITE to 180; None: no 180
    progress_after: float = None  # seconds from the INVITE to a 183 with early media
    answer_after: float = None   # seconds from the INVITE to 200; None: never
    status: int = None           # a final refusal instead: 486 busy, 603 declined, 480, 404
    status_after: float = 0.0
    rings_first: bool = False    # 180 at ring_after before that refusal: the resident looked and declined
    absent: int = 0              # 404 for so many INVITEs before the phone registers
    silent: bool = False         # no reply of any kind: a dead address
    keys: str = ""               # DTMF pressed (RFC 4733) half a second after the ACK
    hang_up_after: float = None  # seconds from the ACK to our BYE; None: waits for the other side
    deaf_to_cancel: bool = False  # answers in the moment of the CANCEL: 200 crosses it on the wire


class Leg:
    """One dialog of one phone."""

    def __init__(self, invite, peer, phone):
        self.invite, self.peer, self.phone = invite, peer, phone
        self.state = "silent" if phone.silent else "ringing"   # then answered, talking, ended
        self.tag = f"p{id(self):x}"


class Phones:
    def __init__(self, address="127.0.0.3", port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((address, 0))
        self.address = self.socket.getsockname()
        self.messages = []       # every message in and out, in order
        self.plan, self.invites, self.legs = {}, {}, {}
        self.timers, self.count = [], itertools.count()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.open = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # What a test says and asks.

    def set(self, account, phone):
        with self.lock:
            self.plan[account] = phone

    def register(self, account, proxy, password, expires=300):
        """Registers the account at a proxy, with this socket as its contact; the final status."""
        uri, mark, proof = "sip:%s:%d" % tuple(proxy), f"{account}-{time.monotonic_ns()}", []
        for sequence in (1, 2):
            self._say([f"REGISTER {uri} SIP/2.0", "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s" % (*self.address, f"{mark}-{sequence}"),
                       "Max-Forwards: 70", f"From: <sip:{account}@lab>;tag={mark}", f"To: <sip:{account}@lab>",
                       f"Call-ID: {mark}", f"CSeq: {sequence} REGISTER", "Contact: <sip:%s@%s:%d>" % (account, *self.address),
                       f"Expires: {expires}", *proof], proxy)
            answer = self.wait(lambda: next((m for m in self.messages if m.status and m.call_id == mark
                                             and m.header("CSeq") == f"{sequence} REGISTER"), None),
                               what=f"an answer to the registration of {account}")
            if answer.status != 401 or proof:
                return answer.status
            proof = ["Authorization: " + sip.digest(answer.header("WWW-Authenticate"), "REGISTER", uri, account, password)]

    def _say(self, lines, peer):
        with self.lock:
            self._send(with_body(lines, ""), tuple(peer))

    def requests(self, method, account=None):
        """Every request of that method that came in (retransmissions included)."""
        with self.lock:
            return [m for m in self.messages
                    if m.target == self.address and m.status is None and m.method == method
                    and account in (None, m.user)]

    def invite(self, account, timeout=60):
        return self.wait(lambda: self.requests("INVITE", account), timeout, f"INVITE for {account}")[0]

    def cancel(self, account, timeout=60):
        """The CANCEL of that account's leg; its Reason header says why."""
        return self.wait(lambda: self.requests("CANCEL", account), timeout, f"CANCEL for {account}")[0]

    def states(self):
        """Account to the state of its last leg: ringing, answered, talking, ended; silent for a dead address."""
        with self.lock:
            return {leg.invite.user: leg.state for leg in self.legs.values()}

    def live(self):
        """Accounts whose leg is not over."""
        return sorted(account for account, state in self.states().items() if state not in ("ended", "silent"))

    def wait(self, question, timeout=60, what="something"):
        """The first true answer to question(), asked again after every message; TimeoutError if none."""
        until = time.monotonic() + timeout
        with self.changed:
            while True:
                answer = question()
                if answer:
                    return answer
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"phones at {self.address} waited {timeout} s for {what}; saw {self.messages}")
                self.changed.wait(min(left, 0.1))

    def answer(self, account):
        """The resident answers now: for what must come after something else, however long that takes."""
        with self.lock:
            for leg in list(self.legs.values()):
                if leg.invite.user == account and leg.state == "ringing":
                    self._final(leg, 200)

    def hang_up(self, account):
        with self.lock:
            for leg in self.legs.values():
                if leg.invite.user == account and leg.state == "talking":
                    self._bye(leg)

    def press(self, account, keys):
        with self.lock:
            for leg in self.legs.values():
                if leg.invite.user == account and leg.state == "talking":
                    self._press(leg, keys)

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()
        self.rtp.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    # The loop.

    def _run(self):
        while self.open:
            with self.lock:
                while self.timers and self.timers[0][0] <= time.monotonic():
                    heapq.heappop(self.timers)[2]()
                pause = min(0.1, max(0.0005, self.timers[0][0] - time.monotonic())) if self.timers else 0.1
            self.socket.settimeout(pause)
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                continue
            if len(data) < 16:
                continue         # A keep-alive.
            with self.changed:
                message = sip.Message(data.decode(errors="replace"), peer, self.address, time.time())
                self.messages.append(message)
                self._take(message, peer)
                self.changed.notify_all()

    def _in(self, seconds, act):
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.count), act))

    def _send(self, text, peer):
        self.messages.append(sip.Message(text, self.address, peer, time.time()))
        self.socket.sendto(text.encode(), peer)
        self.changed.notify_all()

    # The SIP side.

    def _take(self, message, peer):
        leg = self.legs.get(message.call_id)
        if message.status is not None or leg and leg.state == "silent":
            return               # The reply to our BYE; or nobody is there.
        if message.method == "INVITE":
            self._invited(message, peer, leg)
        elif message.method == "ACK":
            self._acknowledged(leg)
        elif message.method == "OPTIONS":
            self._reply(message, 200, peer)
        elif leg is None or leg.state == "ended" and message.method != "BYE":
            self._reply(message, 481, peer)
        elif message.method == "CANCEL":
            self._cancelled(message, leg)
        elif message.method == "BYE":
            leg.state = "ended"
            self._reply(message, 200, peer, leg.tag)
        else:
            self._reply(message, 200, peer, leg.tag)

    def _invited(self, invite, peer, leg):
        if leg is not None:
            if "tag=" in invite.header("To") and leg.state == "talking":
                self._reply(invite, 200, peer, leg.tag, sdp=True)
            return               # A retransmission: the first one is being dealt with.
        account = invite.user
        phone = self.plan.get(account, Phone(status=404))
        asked = self.invites[account] = self.invites.get(account, 0) + 1
        leg = self.legs[invite.call_id] = Leg(invite, peer, phone)
        if phone.silent:
            return
        if asked <= phone.absent:
            phone = Phone(status=404)
        if (phone.status is None or phone.rings_first) and phone.ring_after is not None:
            self._in(phone.ring_after, lambda: self._ring(leg))
        if phone.progress_after is not None:
            self._in(phone.progress_after, lambda: self._progress(leg))
        if phone.status is not None:
            self._in(phone.status_after, lambda: self._final(leg, phone.status))
        elif phone.answer_after is not None:
            self._in(phone.answer_after, lambda: self._final(leg, 200))

    def _ring(self, leg):
        if leg.state == "ringing":
            self._reply(leg.invite, 180, leg.peer, leg.tag)

    def _progress(self, leg):
        if leg.state == "ringing":
            self._reply(leg.invite, 183, leg.peer, leg.tag, sdp=True)

    def _final(self, leg, status, again=0.5):
        """A final response, repeated until the ACK as RFC 3261 section 13.3.1.4 wants."""
        if leg.state == "ringing":
            leg.state = "answered" if status == 200 else "refused"
        if leg.state == ("answered" if status == 200 else "refused") and again <= 4:
            self._reply(leg.invite, status, leg.peer, leg.tag, sdp=status == 200)
            self._in(again, lambda: self._final(leg, status, again * 2))

    def _acknowledged(self, leg):
        if leg is None:
            return
        if leg.state == "refused":
            leg.state = "ended"
        if leg.state != "answered":
            return
        leg.state = "talking"
        if leg.phone.keys:
            self._in(0.5, lambda: leg.state == "talking" and self._press(leg, leg.phone.keys))
        if leg.phone.hang_up_after is not None:
            self._in(leg.phone.hang_up_after, lambda: leg.state == "talking" and self._bye(leg))

    def _cancelled(self, message, leg):
        self._reply(message, 200, leg.peer, leg.tag)
        if leg.state != "ringing":
            return               # Our 200 crossed the CANCEL: the other side must ACK and then BYE.
        if leg.phone.deaf_to_cancel:
            self._final(leg, 200)
        else:
            self._final(leg, 487)

    def _reply(self, request, status, peer, tag="x", sdp=False):
        to = request.header("To")
        lines = [f"SIP/2.0 {status} {PHRASES.get(status, 'Status')}"]
        lines += [f"Via: {via}" for via in request.headers("Via")]
        lines += [f"Record-Route: {route}" for route in request.headers("Record-Route")]
        lines += [f"From: {request.header('From')}", f"To: {to}" if "tag=" in to else f"To: {to};tag={tag}",
                  f"Call-ID: {request.call_id}", f"CSeq: {request.header('CSeq')}",
                  "Contact: <sip:phone@%s:%d>" % self.address]
        self._send(with_body(lines, self._sdp() if sdp else ""), peer)

    def _bye(self, leg):
        leg.state = "ended"
        invite = leg.invite
        contact = invite.header("Contact").partition("<")[2].partition(">")[0]
        to = invite.header("To")
        lines = [f"BYE {contact} SIP/2.0",
                 "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%x" % (*self.address, id(leg)),
                 *(f"Route: {route}" for route in invite.headers("Record-Route")),   # RFC 3261 section 12.1.1
                 "Max-Forwards: 70", f"From: {to};tag={leg.tag}", f"To: {invite.header('From')}",
                 f"Call-ID: {invite.call_id}", "CSeq: 1 BYE"]
        self._send(with_body(lines, ""), leg.peer)

    def _sdp(self):
        address, port = self.rtp.getsockname()
        return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
                "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n")

    def _press(self, leg, keys):
        """Sends each key as RFC 4733 events: three packets while it is down, three as it comes up."""
        media = sip.media_address(leg.invite.body)
        payload = next((int(line.split(":")[1].split()[0]) for line in leg.invite.body.split("\r\n")
                        if "telephone-event" in line), 101)
        sequence = 1
        for index, key in enumerate(keys):
            for duration, end in ((160, 0), (480, 0), (800, 0), (960, 1), (960, 1), (960, 1)):
                packet = struct.pack("!BBHIIBBH", 0x80, payload | (0x80 if sequence % 6 == 1 else 0), sequence,
                                     8000 + 4000 * index, id(leg) & 0xffffffff,
                                     "0123456789*#".index(key), end << 7 | 10, duration)
                self._in(0.3 * index + duration / 8000, lambda packet=packet: self.rtp.sendto(packet, media))
                sequence += 1


def with_body(lines, body):
    kind = ["Content-Type: application/sdp"] if body else []
    return "\r\n".join([*lines, *kind, f"Content-Length: {len(body)}", "", body])


PHRASES = {180: "Ringing", 183: "Session Progress", 200: "OK", 404: "Not Found", 480: "Temporarily Unavailable", 481: "No Such Dialog",
           486: "Busy Here", 487: "Request Terminated", 603: "Decline"}
