"""A worker beside the simulated Asterisk, CRM and push server of `tdctl load-test serve`, for the benches."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "e2e/lab")]

import lab  # noqa: E402  (the folders must be known first)
import worker as workers  # noqa: E402


class Town:
    """A simulated Asterisk, CRM and push server."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["TDCTL_BINARY"], "--json", "load-test", "serve", "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        preexec_fn=lab.die_with_parent)
        self.at = json.loads(self.process.stdout.readline())

    def ask(self, method, path, **words):
        url = f"{self.at['control']}/{path}" + ("?" + urllib.parse.urlencode(words) if words else "")
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=20) as reply:
            text = reply.read().decode()
        return text

    def state(self):
        return json.loads(self.ask("GET", "state"))

    def visit(self, number, accounts, answers):
        """A visitor calls flat 1 of a panel of its own."""
        panel = f"p{number}"
        names = [f"79{number:07}{each}" for each in range(accounts)]
        for each in names:
            self.ask("PUT", f"phones/{each}", habit="never_answers")
        if answers:
            self.ask("PUT", f"phones/{names[0]}", habit="answers", acts_after="10ms")
        self.ask("PUT", f"flats/{panel}/1", accounts=",".join(names))
        self.ask("POST", f"panels/{panel}/call", flat="1")

    def close(self):
        lab.stop(self.process)


def wait(question, what, timeout=60, pause=0.002):
    until = time.monotonic() + timeout
    while not (answer := question()):
        if time.monotonic() > until:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(pause)
    return answer


def ready_after(worker):
    """Seconds from a start to READY."""
    began = time.monotonic()
    worker.start()
    wait(lambda: worker.page("readyz")[0] == 200, "READY")
    return time.monotonic() - began


def resident_bytes(worker):
    status = pathlib.Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024


@contextlib.contextmanager
def worker_in_town(name, **settings):
    """(the town, a worker of it that is not started yet); both end with the block, and so does what they wrote."""
    town = Town()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"tdctl-{name}-"))
    worker = workers.Worker(scratch / name, workers.merged({
        "ari": {"url": town.at["ari"]}, "crm": {"url": town.at["crm"]}, "push": {"url": town.at["push"]},
        "door": {"ring_limit": "10m", "talk_limit": "1h"},
        "log": {"level": "warning"}}, settings), password="tdctl")
    try:
        yield town, worker
    finally:
        if worker.process and worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()
        town.close()
    shutil.rmtree(scratch)
