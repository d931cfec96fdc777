#!/usr/bin/env python3
"""One worker and many calls, against the simulated Asterisk on loopback.

    TDCTL_BINARY=build-bench/tdctl tests/bench/many_calls.py [--living 1000] [--soak 100000] [--rate 300]

Prints how long a worker that is killed with so many living calls needs until it is ready again, how much memory a living
call takes, and how the memory of one process grows over the soak. The yardstick beside the first is a start without calls.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "e2e/lab")]

import lab  # noqa: E402
import worker as workers  # noqa: E402

ACCOUNTS = 4


class Sim:
    """`tdctl load-test serve`: Asterisk, CRM and push server."""

    def __init__(self, scratch):
        self.ports = [lab.free_port(kind=socket.SOCK_STREAM) for _ in range(3)]
        ari, crm, push = [f"127.0.0.1:{port}" for port in self.ports]
        with open(scratch / "sim.out", "wb") as out:
            self.process = subprocess.Popen([os.environ["TDCTL_BINARY"], "load-test", "serve", "--listen", ari, "--crm", crm,
                                             "--push", push], stdout=out, stderr=out, preexec_fn=lab.die_with_parent)
        self.urls = [f"http://{each}" for each in (ari, crm, push)]
        self.local = threading.local()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                self.state()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the simulated Asterisk did not start")

    def ask(self, method, path):
        if not hasattr(self.local, "line"):
            self.local.line = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=20)
            self.local.line.connect()
            self.local.line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local.line.request(method, path)
        reply = self.local.line.getresponse()
        body = reply.read()
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {body[:200]!r}")
        return body

    def state(self):
        with urllib.request.urlopen(f"{self.urls[0]}/sim/state", timeout=20) as reply:
            return json.load(reply)


def town(sim, panels):
    for panel in panels:
        accounts = [f"7{panel}{number}" for number in range(ACCOUNTS)]
        sim.ask("PUT", f"/sim/flats/{panel}/1?accounts={','.join(accounts)}")
        for number, account in enumerate(accounts):
            habit = "answers&rings_after=10ms&acts_after=30ms" if number == 0 else "never_answers&rings_after=10ms"
            sim.ask("PUT", f"/sim/phones/{account}?habit={habit}")


def call(sim, panel, hangs_up_after):
    sim.ask("POST", f"/sim/panels/{panel}/call?flat=1&hangs_up_after={hangs_up_after}")


def resident(worker):
    status = pathlib.Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


def started(worker):
    began = time.monotonic()
    worker.start()
    while True:
        if worker.process.poll() is not None:
            raise RuntimeError(f"the worker ended:\n{worker.log()[-2000:]}")
        if worker.page("readyz")[0] == 200:
            return time.monotonic() - began
        time.sleep(0.002)


def count(worker, wanted, timeout=60):
    until = time.monotonic() + timeout
    while worker.metrics()["tdctl_calls_active"] != wanted:
        if time.monotonic() > until:
            raise RuntimeError(f"{worker.metrics()['tdctl_calls_active']} calls live, not {wanted}")
        time.sleep(0.05)


def made(scratch, name, sim):
    return workers.Worker(scratch / name, {
        "ari": {"url": sim.urls[0], "user": "tdctl"}, "crm": {"url": sim.urls[1]}, "push": {"url": sim.urls[2]},
        "door": {"ring_limit": "300s", "talk_limit": "900s"}, "log": {"level": "warning"}}, password="tdctl")


def living(scratch, sim, panels):
    worker = made(scratch, "living", sim)
    empty = started(worker)
    idle = resident(worker)
    for panel in panels:
        call(sim, panel, "600s")
    count(worker, len(panels))
    time.sleep(1)
    full = resident(worker)
    worker.tell(signal.SIGKILL)
    worker.exit_status()
    again = started(worker)
    count(worker, len(panels))
    print(f"living calls={len(panels)} ready_s={again:.3f} ready_without_calls_s={empty:.3f} idle_mb={idle / 1e6:.1f} "
          f"bytes_a_call={(full - idle) / len(panels):.0f}", flush=True)
    for panel in panels:
        sim.ask("POST", f"/sim/panels/{panel}/hangup")
    count(worker, 0)
    worker.stop()
    return len(worker.records()) == len(panels)


def soak(scratch, sim, panels, calls, rate):
    worker = made(scratch, "soak", sim)
    started(worker)
    began, sizes = time.monotonic(), []
    for number in range(calls):
        ahead = began + number / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        call(sim, panels[number % len(panels)], "200ms")
        if number % (calls // 10) == calls // 10 - 1:
            sizes.append(resident(worker))
            print(f"  {number + 1} calls, {sizes[-1] / 1e6:.1f} MB resident, {time.monotonic() - began:.0f} s", flush=True)
    count(worker, 0)
    told = worker.metrics()
    outcomes = {name: value for name, value in told.items() if name.startswith("tdctl_calls_finished_total")}
    worker.stop()
    left = sim.state()
    print(f"soak calls={calls} seconds={time.monotonic() - began:.0f} first_mb={sizes[0] / 1e6:.1f} last_mb={sizes[-1] / 1e6:.1f} "
          f"growth_bytes_a_call={(sizes[-1] - sizes[1]) / (calls * 0.8):.1f} outcomes={outcomes} left={left}", flush=True)
    return sum(outcomes.values()) == calls


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--living", type=int, default=1000)
    parser.add_argument("--soak", type=int, default=100000)
    parser.add_argument("--rate", type=float, default=300.0)
    given = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="tdctl-many-"))
    sim = Sim(scratch)
    panels = [str(number) for number in range(20001, 20001 + given.living)]
    town(sim, panels)
    well = living(scratch, sim, panels)
    well = soak(scratch, sim, panels, given.soak, given.rate) and well if given.soak else well
    sim.process.terminate()
    if well:
        shutil.rmtree(scratch)
    else:
        print(f"what everybody wrote is in {scratch}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
