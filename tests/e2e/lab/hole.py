"""A stretch of wire to a server, on which packets can vanish without a word: no reset, no end, no refusal."""

import socket
import threading

CHUNK = 65536


class Hole:
    """TCP at a port of its own, passed on to `port`. After vanish() nothing comes through on any connection, old or new,
    and none is closed; after mend() new connections work, and the old ones stay as dead as their lost bytes made them.
    """

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.swallowed = self.watched = None
        self.said, self.armed = [], False      # who said the watched word
        self.open = threading.Event()
        self.open.set()
        self.lock, self.sockets = threading.Lock(), []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self, word):
        """From now on a message of the server with this in it does not arrive; it must come alone, on a quiet line."""
        self.swallowed = word

    def watch(self, word):
        """Notes which clients say this, so that cut_predecessor() knows them."""
        self.watched = word

    def cut_predecessor(self):
        """When the watched word is said next, whoever said it last is cut off, a moment before it arrives."""
        self.armed = True

    def vanish(self):
        self.open.clear()

    def mend(self):
        self.open.set()

    def cut(self):
        """Ends every connection that there is; new ones work."""
        with self.lock:
            sockets, self.sockets = self.sockets, []
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass               # it was closed already

    def close(self):
        self.listener.close()
        with self.lock:
            for each in self.sockets:
                each.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return             # closed
            with self.lock:
                self.sockets.append(near)
            if self.open.is_set():     # one that came while nothing got through is never served
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            far = socket.create_connection(self.target)
        except OSError:
            near.close()
            return
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.sockets.append(far)
        threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()
        self._pass_on(far, near)

    def _pass_on(self, source, sink):
        lost = False               # a stream with a gap is none any more
        try:
            while data := source.recv(CHUNK):
                lost = lost or not self.open.is_set()
                if self.watched and self.watched in data:
                    self._note(source)
                if not lost and not (self.swallowed and self.swallowed in data):
                    sink.sendall(data)
            if self.open.is_set() and not lost:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass                   # one of the two was closed

    def _note(self, source):
        before, self.said = self.said[-1:], [source]
        if self.armed and before:
            self.armed = False
            before[0].shutdown(socket.SHUT_RDWR)
