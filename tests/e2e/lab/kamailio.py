"""Real Kamailio with examples/kamailio/kamailio.cfg as it stands, on addresses of the lab.

    with Kamailio(scratch, asterisks=[asterisk.sip], gateways=["127.0.0.4"], redis_port=redis.port) as proxy:
        proxy.address            # ("127.0.0.5", port), UDP and TCP
        proxy.add_subscriber("5001", "secret")

127.0.0.5 is Kamailio's place in the lab: panels are at 127.0.0.2, phones that stand for it at 127.0.0.3, the gateway at
127.0.0.4, strangers at 127.0.0.9. An AsteriskServer(phones=proxy.address) sends its legs here and takes calls from here.
"""

import ctypes
import pathlib
import signal
import socket
import subprocess
import time

import lab

EXAMPLE = lab.CHECKOUT / "examples/kamailio"


def end_with_parent():
    """SIGTERM and not SIGKILL: the main process ends its children (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Kamailio:
    """`asterisks` and `gateways` are (address, port) or an address. `defines` are names of kamailio.cfg with their values as
    text; None for a name without a value. A port that is given stays the same over a restart."""

    def __init__(self, scratch, asterisks, gateways=("127.0.0.4",), redis_port=6379, address="127.0.0.5", port=None,
                 defines=None):
        self.scratch = pathlib.Path(scratch).resolve()
        (self.scratch / "db").mkdir(parents=True, exist_ok=True)
        self.address = (address, port or lab.free_port(address))
        self.subscribers = {}
        self.process = None
        self.write_dispatcher(asterisks, gateways)
        self._write_subscribers()
        self.defines = {
            "LISTEN_UDP": "udp:%s:%d" % self.address, "LISTEN_TCP": "tcp:%s:%d" % self.address,
            "REDIS_SERVER": f'"name=td;addr=127.0.0.1;port={redis_port};db=0"',
            "DISPATCHER_LIST": f'"{self.scratch}/dispatcher.list"', "SUBSCRIBERS": f'"text://{self.scratch}/db"',
            "CTL_SOCKET": f'"unix:{self.scratch}/ctl"', **(defines or {})}

    def write_dispatcher(self, asterisks, gateways):
        lines = [f"{group} sip:{where if isinstance(where, str) else '%s:%d' % tuple(where)} 0 0"
                 for group, places in (("1", asterisks), ("2", gateways)) for where in places]
        (self.scratch / "dispatcher.list").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _write_subscribers(self):
        """The table of db_text: read once, when Kamailio starts."""
        rows = "".join(f"{number}:{user}:lab:{password}\n"
                       for number, (user, password) in enumerate(self.subscribers.items(), 1))
        (self.scratch / "db/subscriber").write_text(
            "id(int,auto) username(string) domain(string) password(string)\n" + rows, encoding="utf-8")
        (self.scratch / "db/version").write_text(
            "table_name(string) table_version(int)\nsubscriber:7\n", encoding="utf-8")

    def add_subscriber(self, user, password):
        self.subscribers[user] = password
        self._write_subscribers()

    def command(self, *more):
        defines = [f"{name}={value}" if value is not None else name for name, value in self.defines.items()]
        return ["kamailio", "-f", str(EXAMPLE / "kamailio.cfg"), "-Y", str(self.scratch), "-w", str(self.scratch),
                "-m", "32", "-M", "4", *(word for each in defines for word in ("-A", each)), *more]

    def check(self):
        """`kamailio -c`: its exit status and its words."""
        done = subprocess.run(self.command("-c"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.returncode, done.stdout

    def start(self):
        with open(self.scratch / "kamailio.log", "ab") as out:
            self.process = subprocess.Popen(self.command("-DD", "-E"), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            preexec_fn=end_with_parent)
        until = time.monotonic() + 60
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"Kamailio did not start:\n{self.log()[-3000:]}")
        return self

    def answers(self, timeout=0.3):
        """Whether it answers OPTIONS."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.bind(("127.0.0.5", 0))
            asker.settimeout(timeout)
            asker.sendto((f"OPTIONS sip:%s:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.5:%d;branch=z9hG4bK{time.monotonic_ns()}\r\n"
                          f"From: <sip:lab@127.0.0.5>;tag=1\r\nTo: <sip:lab@127.0.0.5>\r\nCall-ID: {time.monotonic_ns()}\r\n"
                          "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                          % (*self.address, asker.getsockname()[1])).encode(), self.address)
            try:
                return asker.recv(2000).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def stop(self):
        if self.process:
            lab.stop(self.process)

    def rpc(self, *words):
        done = subprocess.run(["kamcmd", "-s", f"unix:{self.scratch}/ctl", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.stdout

    def log(self):
        path = self.scratch / "kamailio.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()
