#!/usr/bin/env python3
"""How long a worker that was killed with many living calls is away, against the simulated Asterisk of `tdctl load-test serve`.

    TDCTL_BINARY=build/tdctl tests/bench/recall_on_simulator.py [--calls 1000] [--accounts 4] [--repeat 3] [--json]

Half of the calls talk, half ring. The worker is killed with SIGKILL and started again at once. `ready` is the time from its
start to READY, `served` from the SIGKILL to the first word of a new visitor's call to the CRM, `start` from the start of a
worker without a journal to READY: the yardstick. Afterwards every call must live on, and none may have been dialled twice.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
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


def check(given, worker, channels, before):
    """Every call lives on with its channels, and only the new one has made any."""
    now = set(wait(lambda: (lambda found: found if len(found) == len(before) + 1 + given.accounts else None)(channels()),
                   "the channels of before and those of the new call", pause=0.2))
    if not before <= now:
        raise AssertionError(f"{len(before - now)} channels were lost: {sorted(before - now)[:5]}")
    active = worker.metrics()["tdctl_calls_active"]
    if active != given.calls + 1:
        raise AssertionError(f"{active} calls live on, not {given.calls + 1}")


def measure(given, scratch):
    town = Town()
    worker = workers.Worker(scratch / "recalled", {
        "ari": {"url": town.at["ari"]}, "crm": {"url": town.at["crm"]}, "push": {"url": "none"},
        "door": {"ring_limit": "10m", "talk_limit": "1h"},
        "log": {"level": "warning"}}, password="tdctl")
    try:
        empty = ready_after(worker)
        idle = resident_bytes(worker)
        for number in range(given.calls):
            town.visit(number, given.accounts, answers=number % 2 == 0)
        alive = (given.calls - given.calls // 2) * 2 + given.calls // 2 * (1 + given.accounts)
        wait(lambda: len(town.state()["channels"]) == alive, "all calls to live", pause=0.2)
        channels = {each["id"] for each in town.state()["channels"]}
        resident = resident_bytes(worker)
        wait(lambda: worker.metrics()["tdctl_journal_lag_seconds"] == 0, "the journal to be written", pause=0.05)
        killed = time.monotonic()
        worker.tell(signal.SIGKILL)
        worker.process.wait()
        ready = ready_after(worker)
        questions = town.state()["crm_flats"]
        town.visit(given.calls, given.accounts, answers=False)
        wait(lambda: town.state()["crm_flats"] > questions, "the new call to be served")
        served = time.monotonic() - killed
        check(given, worker, lambda: [each["id"] for each in town.state()["channels"]], channels)
        return {"calls": given.calls, "ready": ready, "served": served, "start": empty, "resident_bytes": resident,
                "bytes_a_call": (resident - idle) / given.calls,
                "journal_bytes": sum(each.stat().st_size for each in worker.journal_dir.glob("*.jsonl"))}
    finally:
        if worker.process and worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()
        town.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    runs = []
    for number in range(given.repeat):
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="tdctl-recall-"))
        runs.append(measure(given, scratch))
        shutil.rmtree(scratch)
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    if given.json:
        print(json.dumps({"type": "recall", "schema": 1, **middle}))
    else:
        print(f"{given.calls} living calls: start to READY {middle['ready']:.2f} s (without a journal {middle['start']:.2f} s, "
              f"ratio {middle['ready'] / middle['start']:.1f}), SIGKILL to the next call served {middle['served']:.2f} s, "
              f"resident {middle['resident_bytes'] / 2**20:.0f} MiB, journal {middle['journal_bytes'] / 2**20:.1f} MiB, "
              f"{middle['bytes_a_call'] / 1024:.1f} KiB a call")
    return 0


if __name__ == "__main__":
    sys.exit(main())
