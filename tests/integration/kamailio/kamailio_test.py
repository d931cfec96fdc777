#!/usr/bin/env python3
"""examples/kamailio as it stands, on real Kamailio and real Redis: callbacks, registrations, calls both ways.

    tests/integration/kamailio/kamailio_test.py [-k WORD]

Asterisk's place is taken by UDP sockets that show what arrived (127.0.0.6 and 127.0.0.7), the gateway is 127.0.0.4 (SIPp
and bare messages), strangers call from 127.0.0.9, phones and panels are at 127.0.0.2.
"""

import itertools
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/lab"))

import kamailio  # noqa: E402  (the folder must be known first)
import lab  # noqa: E402
import phones  # noqa: E402
import sip  # noqa: E402

NUMBER = "73512000001"
COUNT = itertools.count(1)


class Redis:
    def __init__(self, scratch, port=None):
        self.port = port or lab.free_port(kind=socket.SOCK_STREAM)
        self.out = open(scratch / "redis.out", "ab")
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", str(scratch)], stdout=self.out, stderr=self.out, preexec_fn=lab.die_with_parent)
        until = time.monotonic() + 10
        while self.do("PING") != "PONG":
            if time.monotonic() > until:
                raise RuntimeError("Redis did not start")
            time.sleep(0.02)

    def do(self, *words):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, timeout=5)
        return done.stdout.strip()

    def send(self, signal_number):
        self.process.send_signal(signal_number)

    def close(self):
        self.send(signal.SIGCONT)
        lab.stop(self.process)
        self.out.close()


class Caller:
    """One UDP socket that says bare SIP, byte by byte as a test wants it."""

    def __init__(self, address, proxy):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.proxy = proxy
        self.here = "%s:%d" % self.socket.getsockname()

    def close(self):
        self.socket.close()

    def say(self, data):
        self.socket.sendto(data if isinstance(data, bytes) else data.encode(), self.proxy)

    def hear(self, timeout=8):
        """The next final response as a Message, or None."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                message = sip.Message(self.socket.recv(65536).decode(errors="replace"))
            except OSError:
                return None
            if message.status and message.status >= 200:
                return message
        return None

    def request(self, method, uri, user="112", headers=(), to=None, max_forwards=70, cseq=1, call_id=None):
        mark = f"{next(COUNT)}-{time.monotonic_ns()}"
        return "\r\n".join([
            f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {self.here};branch=z9hG4bK{mark};rport",
            f"From: <sip:{user}@lab>;tag={mark}", f"To: <{to or 'sip:x@lab'}>", f"Call-ID: {call_id or mark}",
            f"CSeq: {cseq} {method}", f"Contact: <sip:{user}@{self.here}>", f"Max-Forwards: {max_forwards}",
            *headers, "Content-Length: 0", "", ""])

    def invite(self, uri, patience=8, **more):
        """The final response to an INVITE, with its ACK sent; None when there is none in time."""
        text = self.request("INVITE", uri, **more)
        self.say(text)
        answer = self.hear(patience)
        if answer and answer.status >= 300:
            head = text.split("\r\n")
            ack = [head[0].replace("INVITE", "ACK", 1), head[1], head[2], f"To: {answer.header('To')}", head[4],
                   head[5].replace("INVITE", "ACK"), "Max-Forwards: 70", "Content-Length: 0", "", ""]
            self.say("\r\n".join(ack))
        return answer

    def status(self, uri, **more):
        answer = self.invite(uri, **more)
        return answer.status if answer else None

    def register(self, user, password="secret", expires=300, cseq=1):
        """Registers with digest authentication; the final status."""
        uri, call_id = "sip:lab", f"register-{user}-{time.monotonic_ns()}"
        ask = {"user": user, "to": f"sip:{user}@lab", "call_id": call_id}
        self.say(self.request("REGISTER", uri, headers=[f"Expires: {expires}"], cseq=cseq, **ask))
        answer = self.hear()
        if answer.status != 401:
            return answer.status
        header = "Authorization: " + sip.digest(answer.header("WWW-Authenticate"), "REGISTER", uri, user, password)
        self.say(self.request("REGISTER", uri, headers=[f"Expires: {expires}", header], cseq=cseq + 1, **ask))
        answer = self.hear()
        return answer.status if answer else None


class KamailioTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("kamailio", "kamcmd", "redis-server", "sipp"):
            if not shutil.which(tool):
                raise RuntimeError(f"{tool} is missing: scripts/packages install test")
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="tdctl-kamailio-"))
        cls.redis = Redis(cls.scratch)
        cls.asterisk = phones.Phones("127.0.0.6")
        cls.second = phones.Phones("127.0.0.7")
        cls.gateway_phone = phones.Phones("127.0.0.4")
        cls.proxy = kamailio.Kamailio(cls.scratch, asterisks=[cls.asterisk.address, cls.second.address],
                                      gateways=[cls.gateway_phone.address], redis_port=cls.redis.port,
                                      defines={"SILENCE": "1000", "PING_INTERVAL": "1"})
        for user in ("5001", "entrance-2", "79001112233", "79001112244"):
            cls.proxy.add_subscriber(user, "secret")
        cls.proxy.start()

    @classmethod
    def tearDownClass(cls):
        cls.proxy.stop()
        for each in (cls.asterisk, cls.second, cls.gateway_phone, cls.redis):
            each.close()
        if "TDCTL_KEEP" in os.environ:
            print(f"what everybody wrote is in {cls.scratch}")
        else:
            shutil.rmtree(cls.scratch)

    def setUp(self):
        self.redis.do("FLUSHALL")
        self.asterisk.set(NUMBER, phones.Phone(status=486))
        self.second.set(NUMBER, phones.Phone(status=486))
        self.gateway = self.caller("127.0.0.4")
        self.before = len(self.asterisk.messages), len(self.second.messages)

    def caller(self, address):
        made = Caller(address, self.proxy.address)
        self.addCleanup(made.close)
        return made

    def uri(self, user):
        return "sip:%s@%s:%d" % (user, *self.proxy.address)

    def arrived(self):
        """The INVITEs that reached an Asterisk in this test, in the order of their arrival, without repetitions."""
        seen = {}
        for server, start in zip((self.asterisk, self.second), self.before):
            for message in server.messages[start:]:
                if message.status is None and message.method == "INVITE":
                    seen.setdefault((server, message.call_id), message)
        return sorted(seen.values(), key=lambda message: message.at)

    def lend(self, panel="5001", number=NUMBER, *how):
        self.assertEqual(self.redis.do("SET", f"td:sos:route:{number}", panel, *how), "OK")

    def eventually(self, question, timeout=10):
        until = time.monotonic() + timeout
        while not (answer := question()) and time.monotonic() < until:
            time.sleep(0.05)
        return answer

    # ---- the configuration itself

    def test_the_example_passes_its_own_check(self):
        status, words = self.proxy.check()
        self.assertEqual(status, 0, words)
        self.assertIn("config file ok", words)
        self.assertNotIn("WARNING", words)
        self.assertNotIn("ERROR", words)

    # ---- callbacks

    def test_a_known_number_reaches_its_panel(self):
        self.lend("entrance-2")
        self.assertEqual(self.gateway.status(self.uri(NUMBER)), 486)
        invite, = self.arrived()
        self.assertEqual(invite.headers("X-Td-Panel"), ["entrance-2"])
        self.assertEqual(invite.user, NUMBER)

    def test_every_way_to_write_a_number_is_one_number(self):
        self.lend()
        for written in (f"+{NUMBER}", NUMBER, "8" + NUMBER[1:]):
            self.assertEqual(self.gateway.status(self.uri(written)), 486, written)
        self.assertEqual([invite.user for invite in self.arrived()], [NUMBER] * 3)
        self.lend("5002", "4930123456")
        self.asterisk.set("4930123456", phones.Phone(status=486))
        self.second.set("4930123456", phones.Phone(status=486))
        self.assertEqual(self.gateway.status(self.uri("+4930123456")), 486)
        self.assertEqual({invite.user: invite.header("X-Td-Panel") for invite in self.arrived()},
                         {NUMBER: "5001", "4930123456": "5002"})

    def test_what_the_gateway_says_of_panels_is_struck_out(self):
        self.lend()
        lies = ["X-Td-Panel: 6666", "x-td-panel: 6667", "X-TD-PANEL : 6668", "X-Td-Number: 1", "X-Td-Panel:6669",
                "X-Td-Panel:\r\n 6670"]
        for lie in lies:
            self.assertEqual(self.gateway.status(self.uri(NUMBER), headers=[lie, "X-Other: stays"]), 486, lie)
        self.assertEqual(self.gateway.status(self.uri(NUMBER), headers=lies), 486)
        for invite in self.arrived():
            ours = [line for line in invite.lines if line.lower().startswith("x-td")]
            self.assertEqual(ours, ["X-Td-Panel: 5001"], invite.text)
            self.assertNotIn("66", "".join(line for line in invite.lines if line.startswith((" ", "\t"))))
        self.assertEqual([invite.header("X-Other") for invite in self.arrived()], ["stays"] * len(lies) + [""])

    def test_an_unknown_number_is_404_and_reaches_nobody(self):
        self.assertEqual(self.gateway.status(self.uri("73512009999")), 404)
        self.assertEqual(self.arrived(), [])

    def test_after_its_window_a_number_is_404(self):
        self.lend("5001", NUMBER, "PX", "3000")
        self.assertEqual(self.gateway.status(self.uri(NUMBER)), 486)
        self.assertTrue(self.eventually(lambda: self.redis.do("EXISTS", f"td:sos:route:{NUMBER}") == "0"))
        self.assertEqual(self.gateway.status(self.uri(NUMBER)), 404)

    def test_only_gateways_may_call_back(self):
        self.lend()
        stranger = self.caller("127.0.0.9")
        for headers in ((), ("X-Td-Panel: 5001",), ("Priority: psap-callback",)):
            self.assertEqual(stranger.status(self.uri(NUMBER), headers=headers), 403)
        self.assertEqual(stranger.status(self.uri(NUMBER), user="5001"), 403)
        self.assertEqual(self.arrived(), [])

    def test_psap_callback_is_kept(self):
        self.lend()
        self.gateway.status(self.uri(NUMBER), headers=["Priority: psap-callback"])
        self.assertEqual(self.arrived()[0].header("Priority"), "psap-callback")

    def test_a_number_that_is_no_number_is_refused(self):
        self.redis.do("SET", "witness", "1")
        self.lend()
        hostile = ['73512000001"', "73512000001'", "7351 2000001", "73512000001%0d%0aFLUSHALL", "%27;FLUSHALL",
                   "73512000001%20x", "*", "7351200000[1]", "td:sos:route:73512000001", "$rU", "%s%s%s%n", "7" * 10_000,
                   "\u0667\u0663", "-1", "", "73512000001\x00", "../etc", "$(rU{s.len})"]
        for user in hostile:
            with self.subTest(user[:40]):
                answer = self.gateway.invite(self.uri(user), patience=1)
                self.assertTrue(answer is None or 400 <= answer.status < 500, answer and answer.start)
        self.gateway.say(self.gateway.request("INVITE", self.uri(NUMBER)).replace("\r\nTo", "\r\nTo: <sip:a@b>\r\nTo", 1))
        self.assertEqual(self.redis.do("GET", "witness"), "1")
        self.assertEqual({invite.user for invite in self.arrived()} - {NUMBER}, set())
        self.assertTrue(self.proxy.answers(2))
        self.assertEqual(self.gateway.status(self.uri(NUMBER)), 486)

    def test_what_no_header_can_carry_is_no_panel(self):
        for panel in ("5001\r\nX-Td-Panel: 6666", "50 01", "", "p" * 65, "5001;x", "\u043f"):
            with self.subTest(panel[:20]):
                self.redis.do("SET", f"td:sos:route:{NUMBER}", panel)
                self.assertEqual(self.gateway.status(self.uri(NUMBER)), 404)
        self.redis.do("DEL", f"td:sos:route:{NUMBER}")
        self.redis.do("LPUSH", f"td:sos:route:{NUMBER}", "5001")
        self.assertEqual(self.gateway.status(self.uri(NUMBER)), 503)
        self.assertEqual(self.arrived(), [])

    def test_without_redis_a_callback_is_503_and_never_a_guess(self):
        self.lend()
        self.redis.send(signal.SIGSTOP)
        try:
            answer = self.gateway.invite(self.uri(NUMBER))
            self.assertEqual((answer.status, answer.header("Retry-After")), (503, "5"))
            callers = [self.caller("127.0.0.4") for _ in range(30)]
            for each in callers:
                each.say(each.request("INVITE", self.uri(NUMBER)))
            self.assertEqual({each.hear(10).status for each in callers}, {503})
        finally:
            self.redis.send(signal.SIGCONT)
        self.assertTrue(self.eventually(lambda: self.gateway.status(self.uri(NUMBER)) == 486))
        port = self.redis.port
        self.redis.close()
        try:
            answer = self.gateway.invite(self.uri(NUMBER))
            self.assertEqual((answer.status, answer.header("Retry-After")), (503, "5"))
        finally:
            type(self).redis = Redis(self.scratch, port)
        self.assertTrue(self.eventually(lambda: self.gateway.status(self.uri(NUMBER)) == 404), "empty, as it was restarted")
        self.lend()
        # Each of Kamailio's processes has a connection of its own, and finds out by itself that Redis is back.
        self.assertTrue(self.eventually(lambda: self.gateway.status(self.uri(NUMBER)) == 486))

    def test_a_callback_is_a_whole_call(self):
        """SIPp as the gateway: INVITE, 180, 200, ACK, talk, BYE, all by the way that was recorded."""
        self.lend()
        for server in (self.asterisk, self.second):
            server.set(NUMBER, phones.Phone(ring_after=0.05, answer_after=0.1))
        run = lab.Sipp("callback", self.scratch / "sipp", target=self.proxy.address, address="127.0.0.4",
                       service=f"+{NUMBER}", hold=0.3, keys={"panel": "6666"}, name="gateway")
        run.check()
        invite, = self.arrived()
        self.assertEqual(invite.headers("X-Td-Panel"), ["5001"])
        server = self.asterisk if invite in self.asterisk.messages else self.second
        self.assertEqual(self.eventually(lambda: server.legs[invite.call_id].state == "ended"), True)
        stranger = lab.Sipp("panel-refused", self.scratch / "sipp", target=self.proxy.address, address="127.0.0.9",
                            service=NUMBER, edits=[("486", "403")], name="stranger")
        stranger.check()

    # ---- registrations and legs

    def heard_on(self, channel):
        """A subscriber of its own; reading gives the messages so far."""
        listener = socket.create_connection(("127.0.0.1", self.redis.port))
        self.addCleanup(listener.close)
        listener.sendall(f"SUBSCRIBE {channel}\r\n".encode())
        listener.settimeout(3)
        seen = bytearray()
        while not seen.endswith(b":1\r\n"):
            seen += listener.recv(1000)
        seen.clear()
        listener.settimeout(0.05)

        def heard():
            try:
                seen.extend(listener.recv(65536))
            except OSError:
                pass
            return re.findall(r"message\r\n\$\d+\r\n" + channel + r"\r\n\$\d+\r\n([^\r]*)\r\n", seen.decode())
        return heard

    def test_a_registration_is_published_and_its_end_is_not(self):
        heard = self.heard_on("td:reg")
        phone = self.caller("127.0.0.2")
        self.assertEqual(phone.register("79001112244"), 200)
        self.assertTrue(self.eventually(lambda: heard() == ["79001112244"]))
        self.assertEqual(phone.register("79001112244", expires=0), 200)
        self.assertEqual(phone.register("79001112244", password="guess"), 401)
        self.assertEqual(phone.register("79009999999"), 401)
        self.assertEqual(phone.register("79001112244", cseq=5), 200)
        self.assertTrue(self.eventually(lambda: len(heard()) == 2))
        self.assertEqual(heard(), ["79001112244"] * 2)
        self.assertEqual(phone.register("79001112244", expires=0), 200)

    def test_a_leg_reaches_the_phone_that_registered_and_nobody_else_may_send_one(self):
        with phones.Phones("127.0.0.2") as phone:
            self.assertEqual(phone.register("79001112233", self.proxy.address, "secret"), 200)
            phone.set("79001112233", phones.Phone(status=486))
            asterisk = self.as_asterisk()
            self.assertEqual(asterisk("79001112233", ["X-Td-Secret: 1", "X-Kept: 1"]), 486)
            leg = phone.invite("79001112233")
            self.assertEqual((leg.headers("X-Td-Secret"), leg.header("X-Kept")), ([], "1"))
            self.assertEqual(asterisk("79001112244", []), 480)
            self.assertEqual(self.caller("127.0.0.9").status(self.uri("79001112233")), 403)
            self.assertEqual(self.gateway.status(self.uri("79001112233")), 404)
            # The phone itself answers calls and makes none.
            same = self.caller("127.0.0.2")
            self.assertEqual(same.status(self.uri("12"), user="79001112233"), 403)
            self.assertEqual(len(phone.requests("INVITE")), 1)

    def as_asterisk(self):
        """Says INVITEs from an Asterisk's own socket; the answer is what that socket hears."""
        def say(user, headers, uri=None):
            caller = Caller.__new__(Caller)
            caller.socket, caller.proxy = self.asterisk.socket, self.proxy.address
            caller.here = "%s:%d" % self.asterisk.address
            text = caller.request("INVITE", uri or self.uri(user), user="5001", headers=headers)
            call_id = sip.Message(text).call_id
            caller.say(text)

            def final():
                return next((m for m in list(self.asterisk.messages)
                             if m.status and m.status >= 200 and m.call_id == call_id), None)
            answer = self.eventually(final)
            return answer and answer.status
        return say

    def test_a_panel_calls_from_where_it_registered(self):
        panel = self.caller("127.0.0.2")
        for server in (self.asterisk, self.second):
            server.set("12", phones.Phone(status=486))
        self.assertEqual(panel.status(self.uri("12"), user="entrance-2"), 407)
        self.assertEqual(panel.register("entrance-2"), 200)
        self.assertEqual(panel.status(self.uri("12"), user="entrance-2", headers=["X-Td-Panel: 1"]), 486)
        invite, = self.arrived()
        self.assertEqual((invite.user, invite.headers("X-Td-Panel")), ("12", []))
        self.assertIn("sip:entrance-2@", invite.header("From"))
        self.assertEqual(self.caller("127.0.0.9").status(self.uri("12"), user="entrance-2"), 407)
        self.assertEqual(self.caller("127.0.0.9").status(self.uri("12"), user="entrance-3"), 403)
        self.assertEqual(panel.status(self.uri("1234567"), user="entrance-2"), 403)
        self.assertEqual(panel.register("entrance-2", expires=0), 200)

    def test_a_panel_whose_registration_is_lost_proves_who_it_is_and_112_leaves(self):
        for server in (self.asterisk, self.second):
            server.set("112", phones.Phone(status=486))
        panel, uri = self.caller("127.0.0.9"), self.uri("112")
        challenge = panel.invite(uri, user="5001", call_id="lapsed")
        self.assertEqual(challenge.status, 407)
        for password, wanted in (("guess", 407), ("secret", 486)):
            header = "Proxy-Authorization: " + sip.digest(challenge.header("Proxy-Authenticate"), "INVITE", uri, "5001", password)
            self.assertEqual(panel.status(uri, user="5001", headers=[header]), wanted)
        # Another panel's name with one's own password is not that panel.
        header = "Proxy-Authorization: " + sip.digest(challenge.header("Proxy-Authenticate"), "INVITE", uri, "entrance-2", "secret")
        self.assertEqual(panel.status(uri, user="5001", headers=[header]), 407)
        invite, = self.arrived()
        self.assertEqual((invite.user, invite.headers("Proxy-Authorization")), ("112", []))

    def test_an_emergency_call_of_asterisk_reaches_the_gateway(self):
        self.gateway_phone.set("112", phones.Phone(status=486))
        uri = "sip:112@%s:%d" % self.gateway_phone.address
        self.assertEqual(self.as_asterisk()("112", ["Geolocation: <cid:1>"], uri), 486)
        self.assertEqual(self.gateway_phone.invite("112").header("Geolocation"), "<cid:1>")

    def test_a_probe_names_the_panel_as_its_host(self):
        panel = self.caller("127.0.0.2")
        self.assertEqual(panel.register("5001"), 200)
        self.as_asterisk_without_answer("sip:12@5001")
        panel.socket.settimeout(3)
        invite = sip.Message(panel.socket.recv(65536).decode())
        self.assertEqual((invite.method, invite.user), ("INVITE", "12"))
        self.assertEqual(self.as_asterisk()("12", [], "sip:12@5999"), 480)
        self.assertEqual(panel.register("5001", expires=0), 200)

    def as_asterisk_without_answer(self, uri):
        caller = Caller.__new__(Caller)
        caller.socket, caller.proxy = self.asterisk.socket, self.proxy.address
        caller.here = "%s:%d" % self.asterisk.address
        caller.say(caller.request("INVITE", uri, user="5001"))

    # ---- what fails

    def test_an_asterisk_that_is_silent_or_stops_is_passed_over(self):
        self.lend()
        for failing in (phones.Phone(silent=True), phones.Phone(status=503)):
            for broken, good in ((self.asterisk, self.second), (self.second, self.asterisk)):
                broken.set(NUMBER, failing)
                good.set(NUMBER, phones.Phone(status=486))
                # What was silent a moment ago is asked by OPTIONS until it counts as alive again.
                self.assertTrue(self.eventually(lambda: self.proxy.rpc("dispatcher.list").count("FLAGS: AP") == 3))
                for _ in range(3):
                    self.assertEqual(self.gateway.status(self.uri(NUMBER)), 486)
        for server in (self.asterisk, self.second):
            server.set(NUMBER, phones.Phone(status=503))
        answer = self.gateway.invite(self.uri(NUMBER))
        self.assertEqual((answer.status, answer.header("Retry-After")), (503, "5"))

    def test_hops_run_out(self):
        self.lend()
        self.assertEqual(self.gateway.status(self.uri(NUMBER), max_forwards=0), 483)
        self.assertEqual(self.arrived(), [])

    def test_a_route_of_a_strangers_own_leads_nowhere(self):
        stranger = self.caller("127.0.0.9")
        for headers in (["Route: <sip:127.0.0.4:5060;lr>"], ["Route: <sip:%s:%d;lr>" % self.asterisk.address]):
            self.assertEqual(stranger.status(self.uri("112"), headers=headers), 403)
        self.assertEqual(self.arrived(), [])

    def test_what_is_no_call_is_refused(self):
        stranger = self.caller("127.0.0.9")
        for method in ("SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "NONSENSE"):
            stranger.say(stranger.request(method, self.uri(NUMBER)))
            self.assertEqual(stranger.hear().status, 405, method)
        stranger.say(b"\r\n\r\n")
        stranger.say(b"\xff" * 2000)
        stranger.say("INVITE\r\n\r\n")
        self.assertTrue(self.proxy.answers(2))


class FloodTest(unittest.TestCase):
    def test_a_stranger_who_floods_is_ignored_and_the_gateway_is_not(self):
        with tempfile.TemporaryDirectory(prefix="tdctl-kamailio-") as scratch, phones.Phones("127.0.0.6") as asterisk:
            scratch = pathlib.Path(scratch)
            redis = Redis(scratch)
            self.addCleanup(redis.close)
            redis.do("SET", f"td:sos:route:{NUMBER}", "5001")
            asterisk.set(NUMBER, phones.Phone(status=486))
            with kamailio.Kamailio(scratch, asterisks=[asterisk.address], redis_port=redis.port,
                                   defines={"STRANGER_RATE": "20"}) as proxy:
                uri = "sip:%s@%s:%d" % (NUMBER, *proxy.address)
                stranger, gateway = Caller("127.0.0.9", proxy.address), Caller("127.0.0.4", proxy.address)
                self.addCleanup(stranger.close)
                self.addCleanup(gateway.close)
                for _ in range(200):
                    stranger.say(stranger.request("OPTIONS", uri))
                for _ in range(60):
                    self.assertEqual(gateway.status(uri), 486)
                while stranger.hear(0.3):
                    pass
                self.assertIsNone(stranger.invite(uri, patience=1))
                self.assertEqual(gateway.status(uri), 486)


if __name__ == "__main__":
    unittest.main()
