#!/usr/bin/env python3
"""Many calls through one worker, one after another, against the simulated Asterisk of `tdctl load-test serve`.

    TDCTL_BINARY=build/tdctl tests/bench/soak_on_simulator.py [--calls 100000] [--rate 150] [--living 1000] [--json]

First the worker's memory with `--living` talking calls at once, beside that without any: what a living call takes. Then the
soak: calls that are answered and end, at a steady rate, and what the process has grown by since its first 20,000, by when every
buffer and the first closed journal have had their memory. More than 64 bytes a call is a failure. The spool
remembers the names of its last 100,000 records by intention, some 85 bytes each: it has them from the start, as on any day but the
first. Every call must be counted as answered, and nothing may be left in Asterisk.
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
MOST_GROWTH = 64               # bytes a call
WARM_UP = 20000
REMEMBERED = 100000            # records whose names a spool knows


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


def remembers_enough(worker):
    """The names of former records in the spool, as tdctl-feed(5) has them: what came later takes the place of these."""
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    names = ("".join(letters[number >> 5 * place & 31] for place in reversed(range(26))) for number in range(REMEMBERED))
    (worker.spool / "finished").write_text("".join(f"{name} f\n" for name in names), encoding="ascii")


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
        remembers_enough(worker)
        ready_after(worker)
        idle, each = live(worker, street, given.living)
        sizes, seconds = soak(worker, street, given.calls, given.rate)
        answered = worker.metrics()['tdctl_calls_finished_total{kind="door",outcome="answered"}']
        left = town.state()
        if answered != given.calls + given.living or left["channels"] or left["bridges"]:
            raise AssertionError(f"{answered} answered; left: {left}")
        warm = -(-WARM_UP * 10 // given.calls)            # the first tenth at whose end it is warm
        return {"calls": given.calls, "seconds": seconds, "idle_bytes": idle, "bytes_a_living_call": each,
                "tenths_bytes": sizes, "warm_bytes": sizes[warm - 1], "last_bytes": sizes[-1],
                "growth_bytes_a_call": (sizes[-1] - sizes[warm - 1]) / (given.calls * (1 - warm / 10)), "peak_bytes": worker.peak_memory()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100000)
    parser.add_argument("--living", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=150.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.calls < 2 * WARM_UP:
        parser.error(f"--calls: at least {2 * WARM_UP}, half of them the warm-up")
    told = measure(given)
    if given.json:
        print(json.dumps({"type": "soak", "schema": 1, **told}))
    else:
        print(f"{told['calls']} calls in {told['seconds']:.0f} s: resident {told['warm_bytes'] / 2**20:.1f} MiB after the "
              f"warm-up, {told['last_bytes'] / 2**20:.1f} MiB at the end ({told['growth_bytes_a_call']:.1f} bytes a "
              f"call); idle {told['idle_bytes'] / 2**20:.1f} MiB, a living call {told['bytes_a_living_call'] / 1024:.1f} KiB")
    if told["growth_bytes_a_call"] > MOST_GROWTH:
        print(f"the worker grew by more than {MOST_GROWTH} bytes a call: {told['tenths_bytes']}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
