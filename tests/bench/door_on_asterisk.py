#!/usr/bin/env python3
"""What a door call costs on a real Asterisk, beside the same calls made by a plain Dial(a&b&c&d) without any worker.

    TDCTL_BINARY=build/tdctl tests/bench/door_on_asterisk.py [--asterisk 22|16] [--rate 10] [--seconds 30]
        [--accounts 4,16] [--repeat 1] [--set KEY=VALUE]… [--json]
    TDCTL_BINARY=build/tdctl tests/bench/door_on_asterisk.py --find-rate

SIPp plays panels and phones; one account answers after 200 ms, the panel talks for a second and hangs up. Times depend on
the machine, so what counts is the ratio to plain Dial, and the median of several runs (--repeat). Each run has a fresh
Asterisk: channels left over from a bad run would make the next one dearer.
"""

import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "e2e/lab")]

import lab  # noqa: E402  (the folders must be known first)
import worker as workers  # noqa: E402

# SIPp's phones answer when the account ends in 1; the others ring until they are cancelled.
WINNER = "790000001"
FLAT, PLAIN = "12", "*12"
FIRST_PANEL = 500000


def accounts(count):
    return [WINNER] + [f"79{number:05}00" for number in range(2, count + 1)]


def plain_dial(count):
    """The dialplan of the yardstick: the same phones, the same caller id, no worker."""
    legs = "&".join(f"PJSIP/{account}@kamailio" for account in accounts(count))
    return f"exten => {PLAIN},1,Dial({legs},45)\n same => n,Hangup()\n"


def flats(panels, count):
    listed = ", ".join(f'"{account}"' for account in accounts(count))
    return "".join(f"[panels.{panel}.flats.{FLAT}]\naccounts = [{listed}]\n" for panel in panels)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


class Run:
    """Calls of one kind at one rate; afterwards the figures stand in `found`."""

    def __init__(self, given, with_worker, rate, seconds, count, capture=True):
        self.given, self.with_worker, self.rate, self.count = given, with_worker, rate, count
        self.calls = int(rate * seconds)
        self.panels = [str(FIRST_PANEL + number) for number in range(self.calls)]
        self.capture = capture
        self.found = {"who": "tdctl" if with_worker else "plain Dial", "rate": rate, "accounts": count, "calls": self.calls}

    def measure(self):
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="tdctl-bench-"))
        try:
            self.measure_in(scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return self.found

    def measure_in(self, scratch):
        phones = lab.Sipp("phone-load", scratch / "sipp", address="127.0.0.3", calls=self.calls * self.count, hold=0.2,
                          timeout=int(self.calls / self.rate) + 60, options=["-aa"])
        asterisk = lab.AsteriskServer(self.given.asterisk, scratch / "asterisk", phones=phones.address, edits=[
            ("extensions.conf", "[from-panels]\n", "[from-panels]\n" + plain_dial(self.count))])
        worker = None
        try:
            asterisk.start()
            if self.with_worker:
                worker = self.worker(scratch, asterisk).start().wait_ready()
            self.play(scratch, asterisk, worker)
        finally:
            phones.stop()
            if worker and worker.process:
                worker.stop()
            asterisk.stop()

    def worker(self, scratch, asterisk):
        flats_file = scratch / "flats.toml"
        flats_file.write_text(flats(self.panels, self.count), encoding="utf-8")
        settings = {"ari": {"url": asterisk.url}, "door": {"max_calls": 20000}, "crm": {"url": f"file:{flats_file}"},
                    "push": {"url": "none"}, "log": {"level": "warning"}}
        for change in self.given.set:
            key, _, value = change.partition("=")
            section, _, name = key.partition(".")
            settings.setdefault(section, {})[name] = int(value) if value.isdigit() else value
        return workers.Worker(scratch / "worker", settings, password=asterisk.password)

    def play(self, scratch, asterisk, worker):
        """All calls; CPU is counted from the first to the last and while Asterisk tidies up."""
        table = scratch / "panels.csv"
        with open(table, "w", encoding="ascii", newline="") as file:
            file.write("SEQUENTIAL\n")
            csv.writer(file, delimiter=";", lineterminator="\n").writerows([panel] for panel in self.panels)
        wire = lab.Capture(scratch, f"udp port {asterisk.sip[1]}") if self.capture else None
        before = asterisk.cpu_seconds(), worker.cpu_seconds() if worker else 0.0
        panels = lab.Sipp("panel", scratch / "sipp", target=asterisk.sip, service=FLAT if worker else PLAIN,
                          calls=self.calls, rate=self.rate, hold=1.0, timeout=int(self.calls / self.rate) + 40,
                          edits=[("[panel]", "[field0]")], options=["-inf", table])
        panels.wait()
        left = asterisk.wait_empty(15)
        counted = panels.statistics()
        self.found |= {
            "failed": int(counted["FailedCall(C)"]) + self.calls - int(counted["TotalCallCreated"]) + sum(left),
            "asterisk_cpu_ms": 1000 * (asterisk.cpu_seconds() - before[0]) / self.calls}
        if worker:
            self.found |= {"worker_cpu_ms": 1000 * (worker.cpu_seconds() - before[1]) / self.calls,
                           "worker_rss_mb": worker.peak_memory() / 1e6}
            self.found |= self.histograms(worker.metrics())
        if wire:
            wire.close()
            self.found |= self.times(wire, asterisk.sip)

    @staticmethod
    def histograms(samples):
        """Means of the worker's own histograms, in ms."""
        return {key: 1000 * samples[f"{name}_sum"] / samples[f"{name}_count"] if samples.get(f"{name}_count") else float("nan")
                for key, name in (("own_last_dial_ms", "tdctl_start_to_last_dial_seconds"),
                                  ("own_bridge_ms", "tdctl_answer_to_bridge_seconds"))}

    def times(self, wire, asterisk):
        """From the wire, for each panel: its INVITE to the last phone's INVITE, and the phone's 200 to the panel's 200."""
        asked, last_invite, answered, joined = {}, {}, {}, {}
        for message in wire.sip():
            panel = message.header("From").partition("sip:")[2].partition("@")[0]
            if message.method != "INVITE" or not panel.startswith("5"):
                continue
            if message.status is None and message.target == asterisk:
                asked.setdefault(panel, message.at)
            elif message.status is None:
                last_invite[panel] = message.at
            elif message.status == 200 and message.target == asterisk:
                answered.setdefault(panel, message.at)
            elif message.status == 200:
                joined.setdefault(panel, message.at)
        dial = [1000 * (last_invite[panel] - at) for panel, at in asked.items() if panel in last_invite]
        join = [1000 * (joined[panel] - at) for panel, at in answered.items() if panel in joined]
        return {"dial_p50_ms": quantile(dial, 0.5), "dial_p99_ms": quantile(dial, 0.99),
                "join_p50_ms": quantile(join, 0.5), "join_p99_ms": quantile(join, 0.99)}


COLUMNS = [("asterisk_cpu_ms", "Asterisk CPU, ms a call"), ("worker_cpu_ms", "worker CPU, ms a call"),
           ("dial_p50_ms", "INVITE to last INVITE p50, ms"), ("dial_p99_ms", "… p99"),
           ("join_p50_ms", "answer to panel's 200 p50, ms"), ("join_p99_ms", "… p99"),
           ("own_last_dial_ms", "StasisStart to last dial (worker), ms"), ("own_bridge_ms", "answer to bridge (worker), ms"),
           ("worker_rss_mb", "worker peak RSS, MB"), ("failed", "failed calls")]


def middle(runs):
    """The median of each figure over runs of one kind."""
    return {key: statistics.median(run[key] for run in runs) if isinstance(value, (int, float)) else value
            for key, value in runs[0].items()}


def compare(given, count):
    kinds = {False: [], True: []}
    for _ in range(given.repeat):
        for with_worker, runs in kinds.items():
            runs.append(Run(given, with_worker, given.rate, given.seconds, count).measure())
            time.sleep(1)
    plain, ours = middle(kinds[False]), middle(kinds[True])
    if given.json:
        for each in (plain, ours):
            print(json.dumps({"type": "door_bench", "schema": 1, "asterisk": given.asterisk, **each}))
        return
    print(f"\nAsterisk {given.asterisk}, {given.rate:g} calls/s for {given.seconds:g} s, {count} accounts, "
          f"median of {given.repeat}\n{'':42}{'plain Dial':>12}{'tdctl':>12}{'ratio':>9}")
    for key, words in COLUMNS:
        texts = [f"{each[key]:.2f}" if key in each else "–" for each in (plain, ours)]
        ratio = f"{ours[key] / plain[key]:.2f}" if plain.get(key) and key in ours else ""
        print(f"{words:42}{texts[0]:>12}{texts[1]:>12}{ratio:>9}")
    sys.stdout.flush()


def holds(given, with_worker, rate, count):
    """Whether under 0.1 % of the calls of ten seconds fail at this rate."""
    found = Run(given, with_worker, rate, 10, count, capture=False).measure()
    good = found["failed"] < 0.001 * found["calls"]
    print(f"  {found['who']:10} {rate:6.0f} calls/s: {found['failed']} of {found['calls']} failed, "
          f"Asterisk {found['asterisk_cpu_ms']:.1f} ms a call", file=sys.stderr, flush=True)
    return good


def highest_rate(given, with_worker, count):
    """The highest rate that holds, to 5 %: doubled until it fails, then halved in between."""
    low, high = 0.0, 20.0
    while holds(given, with_worker, high, count):
        low, high = high, high * 1.6
    while high - low > 0.05 * high:
        between = (low + high) / 2
        if holds(given, with_worker, between, count):
            low = between
        else:
            high = between
    return low


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asterisk", default="22", choices=["16", "22"])
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--accounts", default="4,16", help="accounts of a flat; several, by commas")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each kind")
    parser.add_argument("--set", action="append", default=[], help="a setting of the worker, as door.fan_out=proxy")
    parser.add_argument("--find-rate", action="store_true", help="search the highest rate that each side holds")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not os.access(os.environ.get("TDCTL_BINARY", ""), os.X_OK):
        parser.error("TDCTL_BINARY must name the tdctl to be measured")
    for count in (int(each) for each in given.accounts.split(",")):
        if not given.find_rate:
            compare(given, count)
            continue
        plain, ours = (highest_rate(given, with_worker, count) for with_worker in (False, True))
        print(f"Asterisk {given.asterisk}, {count} accounts: plain Dial holds {plain:.0f} calls/s, tdctl {ours:.0f}, "
              f"ratio {ours / plain if plain else float('nan'):.2f}", flush=True)


if __name__ == "__main__":
    main()
