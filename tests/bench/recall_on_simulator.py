#!/usr/bin/env python3
"""How long a worker that was killed with many living calls is away, against the simulated Asterisk of `tdctl load-test serve`.

    TDCTL_BINARY=build/tdctl tests/bench/recall_on_simulator.py [--calls 1000] [--accounts 4] [--repeat 3] [--json]

Half of the calls talk, half ring. The worker is killed with SIGKILL and started again at once. `ready` is the time from its
start to READY, `served` from the SIGKILL to the first word of a new visitor's call to the CRM, `start` from the start of a
worker without a journal to READY: the yardstick. Afterwards every call must live on, and none may have been dialled twice.
"""

import argparse
import json
import signal
import statistics
import sys
import time

from town import ready_after, resident_bytes, wait, worker_in_town


def check(given, worker, channels, before):
    """Every call lives on with its channels, and only the new one has made any."""
    now = set(wait(lambda: (lambda found: found if len(found) == len(before) + 1 + given.accounts else None)(channels()),
                   "the channels of before and those of the new call", pause=0.2))
    if not before <= now:
        raise AssertionError(f"{len(before - now)} channels were lost: {sorted(before - now)[:5]}")
    active = worker.metrics()["tdctl_calls_active"]
    if active != given.calls + 1:
        raise AssertionError(f"{active} calls live on, not {given.calls + 1}")


def measure(given):
    with worker_in_town("recalled", push={"url": "none"}) as (town, worker):
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    runs = [measure(given) for _ in range(given.repeat)]
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
