"""The operator's CRM and push server as a test wants them: well, slow, silent or broken, one panel at a time.

Moods belong to a panel, so stories that run side by side do not disturb each other.
"""

import dataclasses
import http.server
import json
import threading
import time
import urllib.parse


@dataclasses.dataclass
class Mood:
    """How a request about a panel is answered; the default is well."""
    status: int = None         # instead of the answer
    body: bytes = None         # instead of the body: broken JSON
    pause: float = 0.0         # seconds before the reply
    held: threading.Event = None   # no reply before this is set


@dataclasses.dataclass
class Request:
    at: float
    method: str
    path: str
    panel: str
    body: dict = None
    answered_at: float = None  # None: not answered yet


class Server:
    """HTTP/1.1 with keep-alive on a free port of loopback; a thread for every connection."""

    def __init__(self, port=0):
        self.requests, self.moods = [], {}
        self.changed = threading.Condition()
        self.closing = threading.Event()
        outer = self

        class Connection(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer._serve(self, None)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer._serve(self, json.loads(body))

            def log_message(self, *words):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request, client_address):
                pass           # The worker gave up first: its right, and what some stories are about.

        self.http = Listener(("127.0.0.1", port), Connection)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

    def of(self, panel):
        """The requests about one panel, in order of arrival."""
        with self.changed:
            return [request for request in self.requests if request.panel == panel]

    def wait(self, question, timeout=60, what="a request"):
        """The first true answer to question(), asked again after every request and reply."""
        until = time.monotonic() + timeout
        with self.changed:
            while True:
                answer = question()
                if answer:
                    return answer
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{type(self).__name__} waited {timeout} s for {what}; saw {self.requests[-20:]}")
                self.changed.wait(min(left, 0.2))

    def panel_of(self, path, body):
        raise NotImplementedError

    def answer(self, request):
        """(status, object)"""
        raise NotImplementedError

    def _serve(self, connection, body):
        request = Request(time.time(), connection.command, connection.path, self.panel_of(connection.path, body), body)
        with self.changed:
            self.requests.append(request)
            mood = self.moods.get(request.panel, Mood())
            self.changed.notify_all()
        if mood.held:
            while not mood.held.wait(0.05) and not self.closing.is_set():
                pass
        if mood.pause:
            self.closing.wait(mood.pause)
        status, reply = self.answer(request)
        text = json.dumps(reply).encode() if mood.body is None else mood.body
        connection.send_response(mood.status or status)
        connection.send_header("Content-Type", "application/json")
        connection.send_header("Content-Length", str(len(text)))
        connection.end_headers()
        connection.wfile.write(text)
        with self.changed:
            request.answered_at = time.time()
            self.changed.notify_all()


class Crm(Server):
    def __init__(self, port=0):
        self.flats = {}
        super().__init__(port)

    def set(self, panel, flat, accounts=(), **words):
        """`accounts` is a list of names, or a dict of name to devices; `words` are blocked, auto_open."""
        if not isinstance(accounts, dict):
            accounts = {account: [f"d-{account}"] for account in accounts}
        self.flats[panel, flat] = {
            "flat": flat, "blocked": False, "auto_open": False,
            "accounts": [{"account": account, "devices": [{"device": device, "platform": "ios"} for device in devices]}
                         for account, devices in accounts.items()], **words}

    def panel_of(self, path, body):
        return urllib.parse.unquote(path.split("/")[2]) if path.count("/") >= 2 else ""

    def answer(self, request):
        parts = [urllib.parse.unquote(part) for part in request.path.split("/")[1:]]
        if len(parts) == 2:
            return 200, {"panel": parts[1], "name": f"House of {parts[1]}", "make": "sokol"}
        flat = self.flats.get((parts[1], parts[3])) if len(parts) == 5 else None
        return (200, flat) if flat else (404, {"error": "no such flat"})


class Push(Server):
    def __init__(self, port=0):
        self.wake = {}         # account -> what happens when it is pushed a ring
        self.rejected = {}     # device -> reason
        super().__init__(port)

    def panel_of(self, path, body):
        return body["panel"]

    def kinds(self, panel):
        """(kind, reason or None, devices) of every push about a panel, in order."""
        return [(request.body["kind"], request.body.get("reason"), [each["device"] for each in request.body["devices"]])
                for request in self.of(panel)]

    def answer(self, request):
        devices = request.body["devices"]
        if request.body["kind"] == "ring":
            for account in {each["account"] for each in devices} & set(self.wake):
                self.wake[account]()
        rejected = [{"device": each["device"], "reason": self.rejected[each["device"]]} for each in devices
                    if each["device"] in self.rejected]
        return 202, {"accepted": len(devices) - len(rejected), "rejected": rejected}
