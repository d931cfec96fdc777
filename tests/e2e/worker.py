"""One `tdctl serve-ari` with directories and ports of its own, and everything it leaves for an operator to read."""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import lab

SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


def toml(settings):
    """A dict of sections as a configuration file; every value is text or a number."""
    lines = []
    for section, keys in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def merged(first, second):
    """Sections of `second` laid over those of `first`."""
    return {section: {**first.get(section, {}), **second.get(section, {})} for section in {**first, **second}}


class Worker:
    """`settings` is what the configuration says beside the worker's own places. Nothing is started yet."""

    def __init__(self, scratch, settings, password="lab-password", pool_password=""):
        self.scratch = pathlib.Path(scratch).resolve()
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.binary = os.environ["TDCTL_BINARY"]
        self.file, self.log_file = self.scratch / "tdctl.toml", self.scratch / "log"
        self.spool, self.journal_dir = self.scratch / "spool", self.scratch / "journal"
        self.metrics_port = lab.free_port(kind=lab.socket.SOCK_STREAM)
        self.password, self.pool_password, self.process = password, pool_password, None
        self.lives = 0
        self.settings = merged({
            "pool": {"url": f"sqlite:{self.scratch}/tdctl.db", "notes": f"{self.scratch}/pool-notes"},
            "crm": {"memory": f"{self.scratch}/crm-memory"},
            "feed": {"spool": str(self.spool)},
            "journal": {"dir": str(self.journal_dir)},
            "metrics": {"listen": f"127.0.0.1:{self.metrics_port}"},
            "log": {"level": "info", "format": "json"},
        }, settings)
        self.configure({})
        for folder in (self.spool, self.journal_dir):
            folder.mkdir(exist_ok=True)
        if self.settings["pool"]["url"].startswith("sqlite:"):
            self.run("sos-pool", "migrate")

    def configure(self, changes):
        self.settings = merged(self.settings, changes)
        self.file.write_text(toml(self.settings), encoding="utf-8")

    def run(self, *words, check=True):
        """One command with this worker's configuration; what it printed."""
        done = subprocess.run([self.binary, "--config", str(self.file), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False, env=self.surroundings())
        if check and done.returncode:
            raise AssertionError(f"tdctl {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def surroundings(self):
        """Nothing of the tests' own surroundings may look like configuration to it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TDCTL_")}
        return {**clean, "TDCTL_ARI_PASSWORD": self.password, "TDCTL_POOL_PASSWORD": self.pool_password}

    def start(self, *options):
        """Begins a life. One that is under way is not ended by that: `process` is the newest."""
        self.lives += 1
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "--config", str(self.file), "serve-ari", "--node", self.scratch.name, *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=lab.die_with_parent,
                env=self.surroundings())
        return self

    def wait_ready(self, timeout=60):
        self.wait(lambda: self.page("readyz")[0] == 200, timeout, "ready")
        return self

    def wait(self, question, timeout=60, what="something"):
        """Waits for a true answer while the worker lives."""
        until = time.monotonic() + timeout
        while not (answer := question()):
            if self.process.poll() is not None:
                raise AssertionError(f"the worker ended with {self.process.returncode} before it was {what}:\n{self.log()}")
            if time.monotonic() > until:
                raise TimeoutError(f"the worker was not {what} within {timeout} s: {self.page('readyz')}\n{self.log()}")
            time.sleep(0.05)
        return answer

    def tell(self, number):
        self.process.send_signal(number)

    def exit_status(self, timeout=60):
        """How it ended, by itself; a worker that does not end is a failure."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the worker did not end within {timeout} s:\n{self.log()[-3000:]}") from None

    def stop(self):
        if self.process.poll() is None:
            self.tell(signal.SIGTERM)
        return self.exit_status()

    # What it says.

    def page(self, path):
        """(status, text) of its status server; status 0 when nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/{path}", timeout=20) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metrics(self):
        """Every sample: 'name{labels}' to its value."""
        status, text = self.page("metrics")
        if status != 200:
            raise AssertionError(f"/metrics answered {status}")
        return {name: float(value) for name, _, value in
                (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))}

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def errors(self):
        """The log's lines of level error, and whatever a sanitizer said."""
        return [line for line in self.log().splitlines() if '"level":"error"' in line or SANITIZER.search(line)]

    def records(self, key="door.finished"):
        """The bodies of all records of that key, oldest first. Each message_id must be there once."""
        lines = [json.loads(line) for path in sorted(self.spool.glob("*.jsonl")) for line in whole_lines(path)]
        doubles = [name for name, count in collections.Counter(each["message_id"] for each in lines).items() if count > 1]
        if doubles:
            raise AssertionError(f"finished records that are there twice: {doubles}")
        return [each["body"] for each in lines if each["key"] == key]

    def records_of(self, panel):
        return [record for record in self.records() if record["panel"] == panel]

    def journal(self):
        """All lines of the journal, oldest file first, each as often as it happened; a file under way may end in a torn line."""
        lines = [json.loads(line) for path in sorted(self.journal_dir.glob("*.jsonl*")) for line in whole_lines(path)]
        return [line for line in lines if "journal" in line or not line.get("retold")]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self):
        """The largest resident size so far, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024


def whole_lines(path):
    """The lines of a file that end in a line end; files that a worker has closed may be compressed."""
    if path.suffix == ".zst":
        text = subprocess.run(["zstdcat", path], check=True, stdout=subprocess.PIPE).stdout.decode()
    else:
        text = path.read_text(encoding="utf-8")
    return text[:text.rfind("\n") + 1].splitlines()
