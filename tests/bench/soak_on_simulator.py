#!/usr/bin/env python3
"""Many calls through one worker, one after another, against the simulated Asterisk of `tdctl load-test serve`.

    TDCTL_BINARY=build/tdctl tests/bench/soak_on_simulator.py [--calls 100000] [--rate 150] [--living 1000] [--json]

First the worker's memory with `--living` talking calls at once, beside that without any: what a living call takes. Then the
soak: calls that are answered and end, at a steady rate, and what the process has grown by since its first tenth. Every call
must be counted as answered, and nothing may be left in Asterisk.
"""

import argparse
import http.client
import json
import socket
import sys
import time
import urllib.parse

from town import ready_after, resident_bytes, wait, worker_in_town

PANELS = 1000
ACCOUNTS = 4


class Street:
    """The town's control interface over one connection that stays open."""

    def __init__(self, town):
        where = urllib.parse.urlsplit(town.at["control"])
        self.line, self.base = http.client.HTTPConnection(where.hostname, where.port, timeout=20), where.path
        self.line.connect()
        self.line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method, path):
        self.line.request(method, f"{self.base}/{path}")
        reply = self.line.getresponse()
        body = reply.read()
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {body[:200]!r}")

    def settle(self):
        """One of each flat's four phones answers at once, the others ring."""
        for panel in range(PANELS):
            accounts = [f"79{panel:05}{number}" for number in range(ACCOUNTS)]
            self.ask("PUT", f"flats/s{panel}/1?accounts={','.join(accounts)}")
            for number, account in enumerate(accounts):
                habit = "answers&rings_after=10ms&acts_after=30ms" if number == 0 else "never_answers&rings_after=10ms"
                self.ask("PUT", f"phones/{account}?habit={habit}")

    def visit(self, panel, hangs_up_after):
        self.ask("POST", f"panels/s{panel}/call?flat=1&hangs_up_after={hangs_up_after}")


def active(worker, wanted):
    wait(lambda: worker.metrics()["tdctl_calls_active"] == wanted, f"{wanted} calls to live", pause=0.1)


def live(worker, street, calls):
    """Bytes of a living call."""
    idle = resident_bytes(worker)
    for panel in range(calls):
        street.visit(panel % PANELS, "600s")
    active(worker, calls)
    wait(lambda: worker.metrics()["tdctl_journal_lag_seconds"] == 0, "the journal to be written", pause=0.1)
    full = resident_bytes(worker)
    for panel in range(calls):
        street.ask("POST", f"panels/s{panel % PANELS}/hangup")
    active(worker, 0)
    return idle, (full - idle) / calls


def soak(worker, street, calls, rate):
    """Resident bytes after each tenth, and the seconds it took."""
    began, sizes = time.monotonic(), []
    for number in range(calls):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        street.visit(number % PANELS, "500ms")
        if (number + 1) % (calls // 10) == 0:
            sizes.append(resident_bytes(worker))
    active(worker, 0)
    return sizes, time.monotonic() - began


def measure(given):
    with worker_in_town("soaked") as (town, worker):
        street = Street(town)
        street.settle()
        ready_after(worker)
        idle, each = live(worker, street, given.living)
        sizes, seconds = soak(worker, street, given.calls, given.rate)
        answered = worker.metrics()['tdctl_calls_finished_total{kind="door",outcome="answered"}']
        left = town.state()
        if answered != given.calls + given.living or left["channels"] or left["bridges"]:
            raise AssertionError(f"{answered} answered; left: {left}")
        return {"calls": given.calls, "seconds": seconds, "idle_bytes": idle, "bytes_a_living_call": each,
                "first_tenth_bytes": sizes[0], "last_tenth_bytes": sizes[-1],
                "growth_bytes_a_call": (sizes[-1] - sizes[0]) / (given.calls * 0.9), "peak_bytes": worker.peak_memory()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100000)
    parser.add_argument("--living", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=150.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told = measure(given)
    if given.json:
        print(json.dumps({"type": "soak", "schema": 1, **told}))
    else:
        print(f"{told['calls']} calls in {told['seconds']:.0f} s: resident {told['first_tenth_bytes'] / 2**20:.1f} MiB after the "
              f"first tenth, {told['last_tenth_bytes'] / 2**20:.1f} MiB at the end ({told['growth_bytes_a_call']:.1f} bytes a "
              f"call); idle {told['idle_bytes'] / 2**20:.1f} MiB, a living call {told['bytes_a_living_call'] / 1024:.1f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
