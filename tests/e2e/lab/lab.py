"""Real Asterisk, SIPp and a look at the wire, for the end-to-end tests.

Everything runs on loopback addresses that tell the sides apart: panels call from 127.0.0.2, the
phones (where Kamailio would stand) are at 127.0.0.3, the gateway at 127.0.0.4, a real Kamailio
(kamailio.py) at 127.0.0.5, strangers at 127.0.0.9. Everything writes
into a scratch directory of the test, and is stopped by its own process id.
"""

import base64
import ctypes
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time
import urllib.request

import sip

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]
SCENARIOS = HERE.parent / "sipp"


# Between Asterisk's RTP ports (examples/asterisk/rtp.conf ends at 29999) and those that Linux gives out by itself (from 32768),
# so nobody who takes a port of his own can come between asking for one and binding it; two test programs begin at different
# ones.
PORTS = range(30000, 32768)
_ports = itertools.cycle([PORTS[(os.getpid() * 10 + i) % len(PORTS)] for i in range(len(PORTS))])


def free_port(address="127.0.0.1", kind=socket.SOCK_DGRAM):
    """A port that nobody holds, and that is given to nobody else of this program for 2,768 calls."""
    for port in itertools.islice(_ports, len(PORTS)):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                return port
            except OSError:
                continue
    raise OSError(f"no free port on {address}")


def is_free(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
            return True
        except OSError:
            return False


def die_with_parent():
    """A test that is killed must not leave a server behind (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def stop(process, gently_for=10):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(gently_for)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


class AsteriskServer:
    """An Asterisk with the configuration of examples/asterisk, its own ports and its own directories.

    `edits` is a list of (file, old, new) on top of those the lab makes itself; `old` must be there.
    """

    password = "lab-password"

    # Mounts live and die with the process: the scratch directory is /mnt inside the root, so that
    # paths stay short enough for a Unix socket.
    enter = ('mount --bind "$1" "$2/mnt" && mount --rbind /dev "$2/dev" && mount -t proc proc "$2/proc"'
             ' && root="$2" && shift 2 && exec chroot "$root" "$@"')

    def __init__(self, version, scratch, phones=("127.0.0.3", 5060), gateway=("127.0.0.4", 5060),
                 panels="127.0.0.2", edits=()):
        self.version, self.scratch = version, pathlib.Path(scratch).resolve()
        self.root = subprocess.run([CHECKOUT / "scripts/asterisk-root", str(version)], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout.strip()
        self.sip = ("127.0.0.1", free_port())
        self.http_port = free_port(kind=socket.SOCK_STREAM)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.process = None
        for name in ("db", "spool", "run", "log"):
            (self.scratch / name).mkdir(parents=True, exist_ok=True)
        shutil.copytree(CHECKOUT / "examples/asterisk", self.scratch / "etc", dirs_exist_ok=True)
        self._edit("pjsip.conf", "127.0.0.1:5060", "%s:%d" % self.sip)
        self._edit("pjsip.conf", "127.0.0.2", panels)
        self._edit("pjsip.conf", "127.0.0.3:5060", "%s:%d" % tuple(phones))
        self._edit("pjsip.conf", "match = 127.0.0.3", f"match = {phones[0]}")
        self._edit("pjsip.conf", "match = 127.0.0.4", f"match = {gateway[0]}")
        self._edit("pjsip.conf", "127.0.0.4:5060", "%s:%d" % tuple(gateway))
        self._edit("http.conf", "8088", str(self.http_port))
        self._edit("ari.conf", "change-me", self.password)
        with open(self.scratch / "etc/asterisk.conf", "a", encoding="utf-8") as file:
            file.write("\n[directories]\nastetcdir => /mnt/etc\nastdbdir => /mnt/db\nastspooldir => /mnt/spool\n"
                       "astrundir => /mnt/run\nastlogdir => /mnt/log\n")
        for edit in edits:
            self._edit(*edit)

    def _edit(self, name, old, new):
        path = self.scratch / "etc" / name
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"examples/asterisk/{name} has no {old!r}: the lab and the example have parted")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def _command(self, *arguments):
        return ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", self.enter, "sh",
                str(self.scratch), self.root, "asterisk", "-C", "/mnt/etc/asterisk.conf", *arguments]

    def start(self):
        with open(self.scratch / "asterisk.out", "ab") as out:
            self.process = subprocess.Popen(self._command("-f"), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            preexec_fn=die_with_parent, start_new_session=True)
        until = time.monotonic() + 120
        while "Asterisk has fully booted" not in self.cli("core waitfullybooted"):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"Asterisk {self.version} did not start: see {self.scratch}/asterisk.out and log/")
            time.sleep(0.1)
        return self

    def stop(self):
        """An orderly end. Its exit status says nothing; what it left is asked before."""
        if self.process:
            stop(self.process)

    def kill(self):
        """As a crash would."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()

    def cli(self, command):
        return subprocess.run(self._command("-rx", command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60).stdout

    def channels_count(self):
        return int(self.cli("core show channels count").split()[0])

    def bridges_count(self):
        """Bridges of every kind, from ARI."""
        return len(self.ari("GET", "bridges"))

    def wait_empty(self, timeout=60):
        """Waits until no channel and no bridge is left, and returns what is: (0, 0) when all is well."""
        until = time.monotonic() + timeout
        while (left := (self.channels_count(), self.bridges_count())) != (0, 0) and time.monotonic() < until:
            time.sleep(0.1)
        return left

    def ari(self, method, path):
        """One ARI request as tdctl's user; the parsed reply."""
        request = urllib.request.Request(f"{self.url}/ari/{path}", method=method)
        token = base64.b64encode(f"tdctl:{self.password}".encode()).decode()
        request.add_header("Authorization", "Basic " + token)
        with urllib.request.urlopen(request, timeout=30) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def cpu_seconds(self):
        """User and system time of the process so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self):
        path = self.scratch / "log/messages"
        return path.read_text(errors="replace") if path.exists() else ""


class Sipp:
    """One run of SIPp, started at once. The verdict is its exit status: wait() returns it, check() insists on 0.

    `scenario` is a file of tests/e2e/sipp without .xml; `edits` replaces text in a copy of it.
    `keys` become [name] in the scenario; `hold` is the pause of the scenario, in seconds.
    """

    # Beyond Asterisk's RTP ports and the ports that Linux gives out by itself; two test programs begin at different ones.
    media_ports = itertools.cycle(range(61000 + os.getpid() % 500 * 4, 65500, 4))

    def __init__(self, scenario, scratch, target=None, address="127.0.0.2", service="12", calls=1, rate=10.0,
                 hold=1.0, timeout=60, keys=None, edits=(), name=None, options=()):
        self.scratch = pathlib.Path(scratch).resolve()
        self.scratch.mkdir(parents=True, exist_ok=True)
        name = name or scenario
        self.file = self.scratch / f"{name}.xml"
        text = (SCENARIOS / f"{scenario}.xml").read_text(encoding="utf-8")
        for old, new in edits:
            if old not in text:
                raise ValueError(f"{scenario}.xml has no {old!r}")
            text = text.replace(old, new)
        self.file.write_text(text, encoding="utf-8")
        self.address = (address, free_port(address))
        # SIPp takes the media port and the even one after it (video) without asking, so runs side by side must differ, and
        # nobody else may have them.
        media = next(port for port in itertools.islice(self.media_ports, 1100)
                     if is_free(address, port) and is_free(address, port + 2))
        command = ["sipp", "-sf", self.file, "-i", address, "-p", self.address[1], "-m", calls, "-r", rate,
                   "-d", int(hold * 1000), "-s", service, "-mp", media, "-nostdin",
                   "-timeout", timeout, "-timeout_error", "-recv_timeout", timeout * 1000, "-fd", 1,
                   "-trace_err", "-error_file", self.scratch / f"{name}.err",
                   "-trace_stat", "-stf", self.scratch / f"{name}.csv",
                   *(["-trace_msg", "-message_file", self.scratch / f"{name}.msg"] if calls <= 20 else [])]
        for key, value in {"panel": "5001", **(keys or {})}.items():
            command += ["-key", key, value]
        command += [*options, *(["%s:%d" % tuple(target)] if target else [])]
        with open(self.scratch / f"{name}.out", "wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, cwd=self.scratch, preexec_fn=die_with_parent,
                                            env={**os.environ, "TERM": "dumb"})
        self.name, self.timeout = name, timeout

    def wait(self):
        try:
            return self.process.wait(self.timeout + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def check(self):
        status = self.wait()
        if status:
            errors = self.scratch / f"{self.name}.err"
            tail = errors.read_text(errors="replace")[-2000:] if errors.exists() else ""
            raise AssertionError(f"SIPp {self.name} ended with {status}: see {self.scratch}/{self.name}.*\n{tail}")

    def stop(self):
        return stop(self.process)

    def statistics(self):
        """The last line of SIPp's own count, by column name."""
        lines = (self.scratch / f"{self.name}.csv").read_text().splitlines()
        return dict(zip(lines[0].split(";"), lines[-1].split(";")))


class Capture:
    """What goes over lo while it is open. `filter` is a capture filter, as "udp port 5060"."""

    def __init__(self, scratch, filter="udp", name="capture"):
        self.file = pathlib.Path(scratch).resolve() / f"{name}.pcap"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.marks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.marks.bind(("127.0.0.1", 0))
        filter = f"({filter}) or udp port {self.marks.getsockname()[1]}"
        self.process = subprocess.Popen(
            ["tshark", "-i", "lo", "-f", filter, "-F", "pcap", "-w", str(self.file), "-q"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=die_with_parent)
        while line := self.process.stderr.readline():
            if line.startswith("Capturing on"):
                break
        else:
            raise RuntimeError("tshark cannot capture on lo")
        self._pass(b"the capture begins")        # It says so a moment before it does.

    def close(self):
        """Ends the capture, once the packets of the last moment are in the file."""
        self._pass(b"the capture ends")
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.process.stderr.close()
        self.marks.close()

    def _pass(self, mark):
        """Returns when a packet that was sent now is in the file, and so everything before it."""
        until = time.monotonic() + 60
        while not (self.file.exists() and mark in self.file.read_bytes()):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"tshark does not see {mark.decode()!r} on lo")
            self.marks.sendto(mark, self.marks.getsockname())
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def packets(self):
        """(time, source, target, payload) of every UDP packet. Call it after close()."""
        data, at = self.file.read_bytes(), 24
        while at < len(data):
            seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
            frame = data[at + 16:at + 16 + length]
            at += 16 + length
            ip = frame[14:]      # lo pretends to be Ethernet.
            if frame[12:14] != b"\x08\x00" or ip[9] != 17:
                continue
            udp = ip[(ip[0] & 15) * 4:]
            ports = struct.unpack_from("!HH", udp)
            yield (seconds + micros / 1e6, (socket.inet_ntoa(ip[12:16]), ports[0]),
                   (socket.inet_ntoa(ip[16:20]), ports[1]), udp[8:])

    def sip(self):
        """The SIP messages, in order."""
        return [sip.Message(payload.decode(errors="replace"), source, target, at)
                for at, source, target, payload in self.packets() if b"SIP/2.0" in payload.split(b"\r\n")[0]]
