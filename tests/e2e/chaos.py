#!/usr/bin/env python3
"""Door calls at a steady rate on a real Asterisk, while everything around them is killed, stopped and cut.

    TDCTL_BINARY=build/tdctl tests/e2e/chaos.py [--asterisk 22|16] [--rate 5] [--times 20] [--keep]

The worker is killed (SIGKILL) and started again, told to hand over (SIGUSR2) and started again, relieved by a second one,
stopped and continued (SIGSTOP for 5 s), its line to Asterisk is cut; RabbitMQ and Redis are killed and started again. Then:
no call was lost and no talk was cut, Asterisk holds no channel and no bridge, and the broker has a record of every call that a
worker was told of, and of no other call. A call that is not lost talked with a resident, and a worker's record says so, or
the dialplan rang the flat by itself because there was no worker just then. A record may be delivered again after a crash of either side, and a receiver drops it by its message_id: here all
deliveries of a call must have the same body, since a call that ended in two ways had two records; how many came again is
printed. That they have the same message_id is what tests/integration/rabbitmq looks at. A phone that answers while nobody
listens is hung up by Asterisk; its flat has a second phone that answers later.
"""

import argparse
import collections
import json
import os
import pathlib
import signal
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lab"))

import lab  # noqa: E402
import world as worlds  # noqa: E402
from hole import Hole  # noqa: E402
from rabbitmq import RabbitMQ  # noqa: E402
from session import Session  # noqa: E402
from world import Phone, wait  # noqa: E402

# How long after a gap the dialplan may still be on its way to the flat.
LINGERS = 5.0
WORKERS, DIALPLANS = "a worker's", "the dialplan's"


class Chaos:
    def __init__(self, version, scratch, rate):
        self.scratch, self.rate = scratch, rate
        self.world = worlds.World(version, scratch)
        self.world.asterisk.start()
        self.broker = RabbitMQ(scratch / "rabbitmq").start()
        self.hole = Hole(self.world.asterisk.http_port)
        self.worker = self.world.worker("chaos", {
            "ari": {"url": self.hole.url},
            "door": {"ring_limit": "15s", "talk_limit": "60s"},
            "panels": {"busy": self.world.redis.url},
            "feed": {"url": self.broker.url, "password": "env:CHAOS_FEED"}})
        os.environ["CHAOS_FEED"] = self.broker.password
        self.gaps = collections.defaultdict(list)
        self.without_worker = []     # (from, to) by the wall clock
        self.world.phones.set("12", Phone(answer_after=0.3))    # whom the dialplan rings when there is no worker

    def calls(self, seconds):
        """Each call is made by a panel of its own, so that what became of it can be told."""
        self.panels = [str(next(self.world.numbers)) for _ in range(int(self.rate * seconds))]
        for number, panel in enumerate(self.panels):
            quick, late = f"7{panel}1", f"7{panel}2"
            self.world.phones.set(quick, Phone(answer_after=0.2 + 0.1 * (number % 10)))
            self.world.phones.set(late, Phone(answer_after=4.0))
            self.world.crm.set(panel, "12", {name: [f"d-{name}"] for name in (quick, late)})
        names, self.told = self.scratch / "panels.csv", self.scratch / "told"
        names.write_text("SEQUENTIAL\n" + "".join(panel + "\n" for panel in self.panels), encoding="utf-8")
        return lab.Sipp("panel-in-chaos", self.scratch / "sipp", self.world.asterisk.sip, calls=len(self.panels),
                        rate=self.rate, hold=3.0, timeout=int(seconds) + 90, name="panels",
                        options=["-inf", str(names), "-recv_timeout", "30000", "-trace_logs", "-log_file", str(self.told)])

    def back(self, what, began):
        self.worker.wait_ready()
        took = time.monotonic() - began
        self.gaps[what].append(1000 * took)
        self.without_worker.append((time.time() - took, time.time()))

    def kill(self):
        began = time.monotonic()
        self.worker.tell(signal.SIGKILL)
        self.worker.exit_status()
        self.worker.start()
        self.back("SIGKILL and start", began)

    def hand_over(self):
        began = time.monotonic()
        self.worker.tell(signal.SIGUSR2)
        assert self.worker.exit_status() == 0, self.worker.log()[-2000:]
        self.worker.start()
        self.back("hand over and start", began)

    def relieve(self):
        first, began = self.worker.process, time.monotonic()
        self.worker.start()
        assert first.wait(60) == 0, self.worker.log()[-2000:]
        self.back("relieve", began)

    def stop_and_continue(self):
        self.worker.tell(signal.SIGSTOP)
        time.sleep(5)
        began = time.monotonic()
        self.worker.tell(signal.SIGCONT)
        self.back("SIGSTOP for 5 s", began)

    def cut(self):
        began = time.monotonic()
        self.hole.cut()
        time.sleep(0.2)
        self.back("cut lines", began)

    def vanish(self):
        self.hole.vanish()
        time.sleep(4)
        began = time.monotonic()
        self.hole.mend()
        self.back("lost packets for 4 s", began)

    def broker_dies(self):
        self.broker.crash()
        time.sleep(1)
        self.broker.start()

    def redis_dies(self):
        self.world.redis.crash()
        time.sleep(1)
        self.world.redis.start()

    def settle(self):
        """Everything that was begun is over, and what is over is at the broker."""
        wait(lambda: self.worker.metrics()["tdctl_calls_active"] == 0, 120, "the last call to end")
        wait(lambda: self.worker.metrics()["tdctl_feed_in_flight"] == 0 and
             self.worker.metrics().get("tdctl_feed_unconfirmed_age_seconds", 0) == 0, 120, "the spool to be empty")
        return self.world.asterisk.wait_empty()

    def close(self):
        self.hole.close()
        self.broker.close()
        self.world.close()


def arrived(worker):
    """Every call that some life of the worker was told of."""
    return {line["call"] for line in worker.journal() if line.get("fact") == "panel_arrived"}


def second_records(bodies):
    """Calls whose deliveries are not all the same: they had more than one record."""
    told = collections.defaultdict(set)
    for each in bodies:
        told[each["call"]].add(json.dumps(each, sort_keys=True))
    return sorted(call for call, different in told.items() if len(different) > 1)


def per_10000(some, all_):
    return f"{10000 * len(some) / max(1, len(all_)):.1f}"


def rung_by_the_dialplan(chaos):
    """Panel to the moment when the dialplan rang its flat, which answered."""
    phones = chaos.world.phones
    with phones.lock:
        legs = {leg.invite.call_id: leg.invite for leg in phones.legs.values() if leg.invite.user == "12"}
        answered = {m.call_id for m in phones.messages if m.call_id in legs and m.status == 200 and m.method == "INVITE"}
    callers = {legs[name].header("From").partition("<sip:")[2].partition("@")[0]: legs[name].at for name in answered}
    return {panel: at for panel, at in callers.items() if panel in chaos.panels}


def within(at, spans):
    return any(began <= at <= ended + LINGERS for began, ended in spans)


def fates(chaos, records):
    """What became of each call of SIPp: whose it was, or in a few words how it was lost."""
    told = dict(line.split() for line in chaos.told.read_text(encoding="utf-8").splitlines())
    by_dialplan = rung_by_the_dialplan(chaos)

    def fate(panel):
        outcome = records[panel]["outcome"] if panel in records else None
        if (said := told.get(panel, "cut or never answered")) != "talked":
            return f"heard {said}, its record: {outcome}"
        if outcome == "answered":
            return WORKERS
        if panel in by_dialplan:
            return DIALPLANS if within(by_dialplan[panel], chaos.without_worker) else "rung by the dialplan while there was a worker"
        return f"talked, its record: {outcome}, {records.get(panel, {}).get('note')}"
    return {panel: fate(panel) for panel in chaos.panels}


def acts_of(chaos, times):
    acts = [chaos.kill] * times + [chaos.hand_over] * (times // 2) + [chaos.relieve] * (times - times // 2)
    mixed = [act for pair in zip(acts[:times], acts[times:]) for act in pair]
    quarter = len(mixed) // 4
    for place, act in enumerate([chaos.stop_and_continue, chaos.broker_dies, chaos.cut, chaos.redis_dies, chaos.vanish]):
        mixed.insert((place + 1) * (quarter + 1) - 1, act)
    return mixed


def live_through(chaos, times):
    """The calls and the acts; gives back what SIPp and Asterisk complain of."""
    chaos.worker.start().wait_ready()
    acts, complaints = acts_of(chaos, times), []
    sipp = chaos.calls(len(acts) * 2.2 + 45)
    time.sleep(3)
    for act in acts:
        act()
        time.sleep(1.5)
    status, left = sipp.wait(), chaos.settle()
    failed = int(sipp.statistics()["FailedCall(C)"])
    if left != (0, 0):
        complaints.append(f"Asterisk still holds {left[0]} channels and {left[1]} bridges")
    if status or failed:
        complaints.append(f"SIPp ended with {status}, {failed} calls failed: see {sipp.scratch}")
    for what, times_ms in chaos.gaps.items():
        print(f"{what}: {len(times_ms)} times, ready again after {statistics.median(times_ms):.0f} ms (median), "
              f"{max(times_ms):.0f} ms at most", flush=True)
    return complaints


def look_at_calls(chaos, bodies):
    became = fates(chaos, {each["panel"]: each for each in bodies})
    counts = collections.Counter(became.values())
    lost = {panel: words for panel, words in became.items() if words not in (WORKERS, DIALPLANS)}
    print(f"{len(became)} calls: {counts[WORKERS]} talked by a worker, {counts[DIALPLANS]} by the dialplan in a gap; "
          f"{len(lost)} lost, {per_10000(lost, became)} per 10,000", flush=True)
    shown = "\n".join(f"panel {panel}: {words}" for panel, words in sorted(lost.items())[:20])
    return [f"{len(lost)} of {len(became)} calls were lost:\n{shown}"] if lost else []


def look_at_records(chaos, calls, bodies):
    complaints, records = [], collections.Counter(each["call"] for each in bodies)
    if lost := sorted(calls - set(records)):
        complaints.append(f"{len(lost)} of {len(calls)} calls have no record at the broker: {lost[:5]}")
    if set(records) - calls:
        complaints.append(f"records of calls that nobody made: {sorted(set(records) - calls)[:5]}")
    if twice := second_records(bodies):
        complaints.append(f"{len(twice)} calls have two records that differ: {twice[:5]}")
    outcomes = collections.Counter({each["call"]: each["outcome"] for each in bodies}.values())
    print(f"{len(calls)} records due: {len(lost)} lost, {per_10000(lost, calls)} per 10,000; delivered again "
          f"{sum(count - 1 for count in records.values())}, still in the spool's files {len(chaos.worker.records())}; "
          f"{dict(outcomes)}", flush=True)
    return complaints


def run(chaos, times):
    complaints = live_through(chaos, times)
    calls = arrived(chaos.worker)
    assert chaos.worker.stop() == 0, chaos.worker.log()[-2000:]
    bodies = [each for each in chaos.broker.drain("td.calls") if "outcome" in each]
    return complaints + look_at_calls(chaos, bodies) + look_at_records(chaos, calls, bodies)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asterisk", default="22", choices=["16", "22"])
    parser.add_argument("--rate", type=float, default=5.0, help="calls a second")
    parser.add_argument("--times", type=int, default=20, help="how often the worker is killed, and how often restarted")
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory")
    given = parser.parse_args()
    session = Session("chaos", given.keep)
    chaos = Chaos(given.asterisk, session.scratch, given.rate)
    try:
        complaints = run(chaos, given.times)
    finally:
        chaos.close()
    return session.close(f"chaos on Asterisk {given.asterisk}", complaints)


if __name__ == "__main__":
    sys.exit(main())
