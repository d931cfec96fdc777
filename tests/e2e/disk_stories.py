"""A disk that is full while a door call talks: the journal's, the spool's. Told by sos_run.py, whose disks are small."""

import contextlib
import time

import phones
from world import wait

Phone = phones.Phone


def fill(folder):
    """Takes all the room that there is; what others have begun to write on keeps the rest of its page."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096):
                pass
        except OSError:
            pass               # The disk is full.


@contextlib.contextmanager
def full(folder):
    fill(folder)
    try:
        yield
    finally:
        (folder / "filler").unlink()


def alarms(w):
    """The names of the alarms that /readyz shows; a worker with alarms serves calls all the same."""
    status, text = w.worker.page("readyz")
    assert status == 200, text
    return [line.split()[1].rstrip(":") for line in text.splitlines() if line.startswith("alarm ")]


def residents(w):
    """Two residents who are registered at the proxy: one answers and talks, the other answers all the short calls."""
    names = [w.panel(Phone(answer_after=0.3)) for _ in range(2)]
    w.reachable(names[0])
    assert w.panels.register(names[1], w.proxy.address, "secret") == 200
    return names


def door_panel(w, account):
    panel = w.panel()
    w.crm.set(panel, "12", [account])
    return panel


def calls_go_on(w, folder, alarm):
    talks, answers = residents(w)
    before = w.worker.metrics()
    first = door_panel(w, talks)
    talk = w.calls(first, service="12", scenario="panel-waits", timeout=180)
    w.panels.wait(lambda: w.panels.states().get(talks) == "talking", 30, "the resident to talk")
    served = []
    with full(folder):
        # A page that is begun has room for the lines of some calls.
        until = time.monotonic() + 120
        while alarm not in alarms(w):
            assert time.monotonic() < until, f"no alarm {alarm} after {len(served)} calls: {w.worker.page('readyz')}"
            served.append(door_panel(w, answers))
            w.calls(served[-1], service="12", hold=1.0, timeout=60).check()
        served.append(door_panel(w, answers))
        w.calls(served[-1], service="12", hold=1.0, timeout=60).check()
        assert alarm in alarms(w), "the disk is still full"
        assert talk.process.poll() is None, "the talk goes on"
        if alarm == "journal":
            assert w.worker.metrics()["tdctl_journal_failing"] == 1
        w.panels.hang_up(talks)
        talk.check()
    wait(lambda: alarm not in alarms(w), 60, f"the alarm {alarm} to be over")
    assert w.record(first, "door.finished")["ended_by"] == "account"
    for panel in served:
        assert w.record(panel, "door.finished")["outcome"] == "answered"
    after = w.worker.metrics()
    assert after["tdctl_journal_failing"] == 0
    for lost in ("tdctl_journal_dropped_lines_total", "tdctl_feed_refused_records_total"):
        assert after[lost] == before[lost], f"{lost}: {after[lost] - before[lost]}"
    return [first, *served]


def a_full_disk_of_the_journal_costs_no_door_call_and_no_line(w):
    panels = calls_go_on(w, w.worker.journal_dir, "journal")

    def written():
        lines = w.worker.journal()
        names = {line["call"] for line in lines if line.get("fact") == "panel_arrived" and line["panel"] in panels}
        return len(names) == len(panels) and names == {line["call"] for line in lines if line.get("do") == "finish" and line["call"] in names}
    wait(written, 30, "the lines that waited to be in the journal")


def a_full_disk_of_the_spool_costs_no_door_call_and_no_record(w):
    calls_go_on(w, w.worker.spool, "spool")


STORIES = [a_full_disk_of_the_journal_costs_no_door_call_and_no_line, a_full_disk_of_the_spool_costs_no_door_call_and_no_record]
