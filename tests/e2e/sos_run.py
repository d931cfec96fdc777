#!/usr/bin/env python3
"""Emergency calls and callbacks end to end: `tdctl serve-ari` on a real Asterisk with real Kamailio, Redis and MariaDB.

    TDCTL_BINARY=build/tdctl tests/e2e/sos_run.py [--asterisk 22|16] [-k WORD]… [--keep]

A panel (SIPp at 127.0.0.2) dials 112, the gateway (127.0.0.4) sees a borrowed number and calls it back through Kamailio
(127.0.0.5, examples/kamailio), and the panel (its phone at 127.0.0.3, registered at Kamailio) rings. Stores are stopped,
killed and left hanging in between: the call leaves all the same. A component that is missing is a failure, never a skip.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import traceback

import world as worlds
from world import wait

import kamailio
import lab
import mariadb
import phones
import servers
import worker as workers
import disk_stories
from disk_stories import fill
from session import Session

FIAS = "7ac1e55c-91f9-4df5-9e9b-6e9a2d20c5d4"
Phone = phones.Phone


class Crm(servers.Crm):
    """Knows every panel as one of Chelyabinsk."""

    def answer(self, request):
        parts = request.path.split("/")
        if len(parts) == 3:
            return 200, {"panel": parts[2], "name": "Lenina 1", "make": "sokol", "entrance": "2", "address": "Lenina 1",
                         "city": {"fias": FIAS, "name": "Chelyabinsk"}, "lat": 55.16, "lon": 61.4}
        return super().answer(request)


class World:
    window, guard, shared = 15, 3, "73510000099"

    def __init__(self, version, scratch):
        self.scratch, self.version = pathlib.Path(scratch), version
        self.gateway, self.panels = phones.Phones("127.0.0.4"), phones.Phones("127.0.0.3")
        self.crm, self.redis = Crm(), worlds.Redis(self.scratch)
        self.database = mariadb.MariaDb(self.scratch / "mariadb")
        proxy = ("127.0.0.5", lab.free_port("127.0.0.5"))
        # What the examples say of location = "pidf", for the Asterisks that can.
        pidf = [("modules.conf", ";load = res_geolocation.so", "load = res_geolocation.so"),
                ("modules.conf", ";load = res_pjsip_geolocation.so", "load = res_pjsip_geolocation.so"),
                ("pjsip.conf", ";geoloc_outgoing_call_profile", "geoloc_outgoing_call_profile")]
        self.asterisk = lab.AsteriskServer(version, self.scratch / "asterisk", phones=proxy, gateway=self.gateway.address,
                                           edits=pidf if version != "16" else [])
        self.proxy = kamailio.Kamailio(self.scratch / "kamailio", asterisks=[self.asterisk.sip], gateways=["127.0.0.4"],
                                       redis_port=self.redis.port, port=proxy[1])
        self.numbers = iter(range(50001, 60000))
        self.worker = None

    def start(self):
        self.database.start()
        self.database.run_example("1-database.sql")
        self.asterisk.start()
        self.worker = workers.Worker(self.scratch / "sos", {
            "ari": {"url": self.asterisk.url},
            "sos": {"window": f"{self.window}s", "guard": f"{self.guard}s", "answer_limit": "60s", "silence_limit": "3s",
                    "location": "header", "default_route": "112"},
            "door": {"ring_limit": "8s"},
            "crm": {"url": self.crm.url, "fresh": "0s", "timeout": "2s"}, "push": {"url": "none"},
            "pool": {"url": self.database.url("td_admin"), "reserve": 4}, "callback_map": {"url": self.redis.url},
            "panels": {"busy": self.redis.url},
        }, password=self.asterisk.password, pool_password=self.database.admin)
        self.worker.run("sos-pool", "migrate")
        self.database.run_example("2-worker.sql")
        self.worker.run("sos-pool", "city", "add", FIAS, "--name", "Chelyabinsk", "--route", "112", "--second-route", "9112",
                        "--shared-number", self.shared)
        self.worker.run("sos-pool", "add", "73511000001-73511000060", "--city", FIAS)
        self.worker.pool_password = self.database.worker     # from here on with least rights
        self.worker.configure({"pool": {"url": self.database.url("td_worker")}})
        self.worker.start().wait_ready()
        wait(lambda: self.worker.metrics()["tdctl_pool_up"] == 1, what="the pool to be reached")
        return self

    def panel(self, registered=None):
        """A new panel; with a Phone it can be called back."""
        name = str(next(self.numbers))
        if registered is not None:
            self.panels.set(name, registered)
            self.proxy.add_subscriber(name, "secret")
        return name

    def reachable(self, panel):
        """The panel's phone registers at Kamailio, so that it can be called back."""
        self.proxy.stop()
        self.proxy.start()     # it reads its subscribers when it starts
        assert self.panels.register(panel, self.proxy.address, "secret") == 200

    def calls(self, panel, service="112", hold=1.0, scenario="panel", **more):
        return lab.Sipp(scenario, self.scratch / "sipp", self.asterisk.sip, service=service, hold=hold,
                        keys={"panel": panel}, name=f"{panel}-{scenario}-{time.monotonic_ns()}", **more)

    def call_back(self, number, answer=200, hold=1.0, priority=None):
        """The gateway calls the number at Kamailio; `answer` is the final status it expects."""
        edits = [("      X-Td-Panel: [panel]\n", f"      Priority: {priority}\n" if priority else "")]
        if answer != 200:
            edits.append(("""<recv response="200" rtd="invite" rrs="true" />""",
                          f"""<recv response="{answer}" rtd="invite" />
  <send><![CDATA[
      ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      [last_Via:]
      [last_From:]
      [last_To:]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

    ]]></send>
  <nop next="over" />"""))
            edits.append(("""  <recv response="200" />
</scenario>""", """  <recv response="200" />
  <label id="over" />
</scenario>"""))
        return lab.Sipp("callback", self.scratch / "sipp", self.proxy.address, address="127.0.0.4", service=number, hold=hold,
                        edits=edits, name=f"{number}-back-{time.monotonic_ns()}")

    def record(self, panel, key="sos.finished", count=1):
        found = wait(lambda: (lambda all_: all_ if len(all_) >= count else None)(
            [each for each in self.worker.records(key) if each["panel"] == panel]), 60, f"{count} {key} of panel {panel}")
        assert len(found) == count, f"{len(found)} {key} of {panel}, not {count}"
        return found[-1]

    def invites_since(self, moment):
        """The gateway's INVITEs of calls begun since, each once; one without any answer is sent again for 32 s."""
        invites = self.gateway.requests("INVITE")
        old = {m.header("Call-ID") for m in invites if m.at <= moment}
        return list({m.header("Call-ID"): m for m in reversed(invites)
                     if m.at > moment and m.header("Call-ID") not in old}.values())[::-1]

    def number_of(self, invite):
        return invite.header("From").partition("sip:")[2].partition("@")[0]

    def heard(self, fact):
        """How often the journal has this fact."""
        return sum(line.get("fact") == fact for line in self.worker.journal())

    def row(self, number):
        return json.loads(self.worker.run("--json", "sos-pool", "show", number).splitlines()[0])

    def close(self):
        if self.worker and self.worker.process and self.worker.process.poll() is None:
            self.worker.process.kill()
            self.worker.process.wait()
        self.redis.process.send_signal(signal.SIGCONT)
        for each in (self.proxy, self.asterisk, self.database):
            each.stop()
        for each in (self.gateway, self.panels, self.crm, self.redis):
            each.close()


class Late(Exception):
    """The CRM, the pool or Redis had no answer in the 180, 120 or 80 ms that an emergency call waits for them."""


def nobody_was_late(record):
    """What a machine that does much else may cost; the call leaves without, as promised, and the story is told once more."""
    if late := {"site", "fresh_site", "store", "own_number", "route", "callback_map"} & set(record["lacks"]):
        raise Late(f"the call left without {late}: {record}")


def told(story, w, times=3):
    """Tells a story, again when somebody was late: what is late every time is no chance."""
    for left in reversed(range(times)):
        try:
            return story(w)
        except Late as late:
            if not left:
                raise
            print(f"once more: {late}", flush=True)


# ---- the stories, in their order: each takes the world and leaves nothing behind

def a_panel_calls_112_with_a_borrowed_number_and_is_called_back(w):
    panel = w.panel(Phone(answer_after=0.3))
    w.reachable(panel)
    w.gateway.set("112", Phone(answer_after=0.4))
    asked = time.time()
    talk = w.calls(panel, hold=3.0)
    invite = w.gateway.wait(lambda: w.invites_since(asked), what="the INVITE")[0]
    number = w.number_of(invite)
    route, site = (w.redis.do("GET", f"td:sos:{key}:{number}") for key in ("route", "site"))
    talk.check()
    record = w.record(panel)
    nobody_was_late(record)
    assert number.startswith("7351100"), invite.text
    assert invite.header("X-Td-Address") == "Lenina 1" and invite.header("X-Td-Position") == "55.16 61.4", invite.text
    assert route == panel and json.loads(site)["address"] == "Lenina 1", (route, site)
    assert record["outcome"] == "answered" and record["number"] == number and record["lacks"] == [], record
    assert record["talk_ms"] >= 1000, record
    wait(lambda: w.row(number)["state"] == "window", what="the window to begin")
    assert 0 < int(w.redis.do("PTTL", f"td:sos:route:{number}")) <= w.window * 1000
    w.call_back(number, priority="psap-callback").check()
    back = w.record(panel, "callback.finished")
    assert back["outcome"] == "answered" and back["number"] == number, back
    assert w.panels.requests("INVITE", panel)[-1].header("Priority") == "psap-callback"
    wait(lambda: w.row(number)["state"] in ("guard", "free"), what="the window to end")
    w.call_back(number, answer=404).check()
    who = w.worker.run("sos-pool", "who", number, "--at", record["ended_at"])
    assert panel in who, who


def the_same_panel_keeps_its_number_while_its_window_is_open(w):
    panel = w.panel()
    w.gateway.set("112", Phone(answer_after=0.2))
    w.calls(panel, hold=0.5).check()
    first = w.record(panel)
    nobody_was_late(first)
    w.calls(panel, hold=0.5).check()
    second = w.record(panel, count=2)
    nobody_was_late(second)
    assert second["number"] == first["number"] and second["lent"] == "sticky", second


def a_busy_route_is_followed_by_the_second(w):
    panel = w.panel()
    w.gateway.set("112", Phone(status=486))
    w.gateway.set("9112", Phone(answer_after=0.2))
    w.calls(panel, hold=0.5).check()
    record = w.record(panel)
    assert [each["route"] for each in record["attempts"]] == ["112", "9112"], record
    assert record["attempts"][0]["why"] == "busy" and "first_try" in record["lacks"], record


def a_silent_route_is_given_up_for_the_second_and_early_media_is_no_silence(w):
    panel = w.panel()
    w.gateway.set("112", Phone(silent=True))
    w.gateway.set("9112", Phone(ring_after=None, progress_after=0.2, answer_after=4.5))
    call = w.calls(panel, hold=0.5)
    call.check()
    record = w.record(panel)
    assert [each["route"] for each in record["attempts"]] == ["112", "9112"], record
    assert record["attempts"][1]["ringing_ms"] is not None, record
    # Before 20.10 and 22 a leg is dialled in one request, and early media stays behind.
    assert w.version == "16" or b"183" in (w.scratch / "sipp" / f"{call.name}.msg").read_bytes(), "the panel heard no early media"


def the_panel_hangs_up_before_anybody_answers(w):
    panel = w.panel()
    w.gateway.set("112", Phone())
    # Asterisk passes the gateway's 180 on to a panel that has had the worker's.
    w.calls(panel, scenario="panel-cancels",
            edits=[("<pause />", '<recv response="180" timeout="800" ontimeout="on" />\n  <label id="on" />')]).check()
    assert w.record(panel)["outcome"] == "cancelled"
    wait(lambda: not w.gateway.live(), what="the gateway's leg to end")


def the_service_hangs_up(w):
    panel = w.panel()
    w.gateway.set("112", Phone(answer_after=0.2, hang_up_after=0.5))
    w.calls(panel, scenario="panel-waits").check()
    record = w.record(panel)
    assert record["outcome"] == "answered" and record["ended_by"] == "callee", record


def the_place_goes_as_pidf(w):
    """Asterisk 16 has no profile that takes it from the call; there the header form is what there is."""
    form = "pidf" if w.version != "16" else "header"
    assert w.worker.stop() == 0, w.worker.log()[-2000:]
    w.worker.configure({"sos": {"location": form}})
    w.worker.start().wait_ready()
    panel = w.panel()
    w.gateway.set("112", Phone(answer_after=0.2))
    asked = time.time()
    w.calls(panel, hold=0.5).check()
    invite = w.invites_since(asked)[0]
    if form == "pidf":
        assert "cid:" in invite.header("Geolocation"), invite.text
        for words in ("application/pidf+xml", "Chelyabinsk", "Lenina 1"):
            assert words in invite.text, invite.text
    else:
        assert invite.header("X-Td-Address") == "Lenina 1", invite.text
    record = w.record(panel)
    nobody_was_late(record)
    assert record["lacks"] == [], record


def fifty_panels_at_once_have_fifty_numbers(w):
    w.gateway.set("112", Phone(answer_after=0.3))
    names = [w.panel() for _ in range(50)]
    for count in (1, 2, 3):    # Whom the CRM told of too late the worker knows the next time.
        runs = [w.calls(name, hold=3.0) for name in names]
        for run in runs:
            run.check()
        records = [w.record(name, count=count) for name in names]
        assert all(record["outcome"] == "answered" for record in records), records
        own = [record["number"] for record in records if "own_number" not in record["lacks"]]
        assert len(set(own)) == len(own), "two panels had one number"
        if len(own) >= 25:
            break
    # Fifty new panels at once are much for a CRM in Python: whom it did not tell of in time has no city, and no number.
    without = [record for record in records if "own_number" in record["lacks"]]
    assert all("site" in record["lacks"] or record["number"] == w.shared for record in without), without
    assert len(own) >= 25, without
    spans = sorted(record["attempts"][0]["dialled_ms"] for record in records)
    print(f"StasisStart to the first dial, fifty at once: p50 {spans[25]} ms, p98 {spans[48]} ms, {len(own)} with a number of "
          "their own")


def a_worker_that_dies_costs_no_emergency_call_and_no_number(w):
    talking, ringing = w.panel(Phone(answer_after=0.3)), w.panel()
    w.reachable(talking)
    w.gateway.set("112", Phone(answer_after=0.2))
    asked = time.time()
    talk = w.calls(talking, hold=25.0)
    number = w.number_of(w.gateway.wait(lambda: w.invites_since(asked), what="the INVITE")[0])
    w.gateway.wait(lambda: w.gateway.states().get("112") == "talking", what="the service to talk")
    w.gateway.set("112", Phone())
    rings, heard = time.time(), w.heard("leg_ringing")
    ring = w.calls(ringing, hold=0.5)
    second = w.number_of(w.gateway.wait(lambda: w.invites_since(rings), what="the second INVITE")[0])
    wait(lambda: w.heard("leg_ringing") > heard, what="the journal to know that it rings")
    if not all(each.startswith("7351") for each in (number, second)):
        w.gateway.answer("112")
        ring.check()
        talk.check()
        raise Late(f"a call left without a number: {number}, {second}")
    w.worker.tell(signal.SIGKILL)
    w.worker.exit_status()
    w.worker.start().wait_ready()
    assert "calls remembered" in w.worker.log(), w.worker.log()[-2000:]
    # On a machine that is busy the store may be too slow, and the call leaves with the city's shared number.
    own = [each for each in (number, second) if each != w.shared]
    assert all(w.row(each)["state"] == "leased" for each in own), own
    w.gateway.answer("112")
    talk.check()               # SIPp fails on a BYE that it does not expect
    ring.check()
    for panel, lent in ((talking, number), (ringing, second)):
        record = w.record(panel)
        assert record["outcome"] == "answered" and record["number"] == lent and record["ended_by"] == "panel", record
    assert w.record(talking)["talk_ms"] >= 24000, "the talk is measured over both lives"
    assert len(w.invites_since(asked)) == 2, "nobody is called twice"
    if number in own:
        wait(lambda: w.row(number)["state"] == "window", what="the window to begin")
        w.call_back(number).check()
        assert w.record(talking, "callback.finished")["outcome"] == "answered"
    wait(lambda: all(w.row(each)["state"] in ("guard", "free") for each in own), what="the windows to end")


def a_panel_that_dialled_112_at_a_worker_that_hung_and_died_is_called_out_by_the_next(w):
    """Its event was read by nobody and stands in no journal: Asterisk tells the next worker of a panel that waits."""
    panel = w.panel()
    w.gateway.set("112", Phone(answer_after=0.2))
    asked = time.time()
    w.worker.tell(signal.SIGSTOP)
    try:
        call = w.calls(panel, hold=0.5, timeout=90)
        wait(lambda: w.asterisk.ari("GET", "applications/TdCallSos")["channel_ids"], 30, "the panel to wait in Stasis")
    finally:
        w.worker.tell(signal.SIGKILL)
        w.worker.exit_status()
        w.worker.start().wait_ready()
    call.check()
    record = w.record(panel)
    assert record["outcome"] == "answered" and record["ended_by"] == "panel", record
    assert len(w.invites_since(asked)) == 1, "nobody is called twice"


def hang(process):
    process.send_signal(signal.SIGSTOP)


def go_on(process):
    process.send_signal(signal.SIGCONT)


class Trouble:
    """Parts that hang: the pool's store, the callback map, the CRM; and disks that are full: the spool's, the journal's."""

    def __init__(self, w):
        self.w = w

    def pool(self):
        self.w.database.hang()

    def callback_map(self):
        hang(self.w.redis.process)

    def crm(self):
        self.w.crm.moods[self.panel] = servers.Mood(pause=30)

    def feed(self):
        fill(self.w.worker.spool)

    def disk(self):
        fill(self.w.worker.journal_dir)

    def over(self):
        self.w.database.go_on()
        go_on(self.w.redis.process)
        self.w.crm.moods.clear()
        for folder in (self.w.worker.spool, self.w.worker.journal_dir):
            (folder / "filler").unlink(missing_ok=True)


PARTS = ["pool", "callback_map", "crm", "feed", "disk"]
TIMES = {}


def leaves_while(parts):
    """A story: the call leaves while these parts hang, and what could not be written is written afterwards."""
    def story(w):
        panel = w.panel()
        w.gateway.set("112", Phone(answer_after=0.2))
        trouble = Trouble(w)
        trouble.panel = panel
        try:
            for part in parts:
                getattr(trouble, part)()
            time.sleep(0.3)
            asked = time.time()
            call = w.calls(panel, hold=0.5)
            invite = w.gateway.wait(lambda: w.invites_since(asked), what="the INVITE")[-1]
            first = (w.scratch / "sipp" / f"{call.name}.msg")
            call.check()
            TIMES["+".join(parts)] = invite_delay(first, invite) or (invite.at - asked)
            number = w.number_of(invite)
        finally:
            trouble.over()
        record = w.record(panel)
        assert record["outcome"] == "answered", record
        if "crm" not in parts and "site" in record["lacks"]:
            raise Late(f"the CRM does not hang, and had no answer in time: {record}")
        # A panel that neither the CRM nor the worker has ever known has no city, and so no number.
        assert record["number"] == (None if "crm" in parts else number), record
        wait(lambda: w.worker.metrics()["tdctl_pool_up"] == 1, what="the pool to be back")
        wait(lambda: w.worker.metrics()["tdctl_pool_backlog"] == 0, 60, "everything to be written")
        if "pool" in parts:
            alert = w.record(panel, "sos.alert")
            assert "store" in alert["lacks"], alert
            if record["lease"]:
                wait(lambda: panel in w.worker.run("sos-pool", "who", number, "--at", record["ended_at"], check=False),
                     60, "the lease to be in the books")
    story.__name__ = "it_leaves_while_" + "_and_".join(parts) + ("_hangs" if len(parts) == 1 else "_hang")
    return story


def invite_delay(messages, invite):
    """Seconds from the panel's INVITE, by SIPp's own note, to the gateway's."""
    for line in messages.read_text(errors="replace").splitlines():
        if line.startswith("-----") and len(line.split()) >= 3:
            day, clock = line.split()[-2:]
            try:
                sent = time.mktime(time.strptime(f"{day} {clock.partition('.')[0]}", "%Y-%m-%d %H:%M:%S"))
                return invite.at - sent - float("0." + clock.partition(".")[2])
            except ValueError:
                return None
    return None


def it_leaves_while_every_store_is_stopped(w):
    panel = w.panel()
    w.gateway.set("112", Phone(answer_after=0.2))
    w.database.kill()
    w.redis.process.kill()
    w.redis.process.wait()
    w.calls(panel, hold=0.5).check()
    record = w.record(panel)
    assert record["outcome"] == "answered" and record["lacks"], record


STORIES = [a_panel_calls_112_with_a_borrowed_number_and_is_called_back,
           the_same_panel_keeps_its_number_while_its_window_is_open, a_busy_route_is_followed_by_the_second,
           a_silent_route_is_given_up_for_the_second_and_early_media_is_no_silence,
           the_panel_hangs_up_before_anybody_answers, the_service_hangs_up,
           a_worker_that_dies_costs_no_emergency_call_and_no_number,
           a_panel_that_dialled_112_at_a_worker_that_hung_and_died_is_called_out_by_the_next,
           *(leaves_while([part]) for part in PARTS), leaves_while(PARTS),
           *disk_stories.STORIES, the_place_goes_as_pidf, fifty_panels_at_once_have_fifty_numbers, it_leaves_while_every_store_is_stopped]


def look_back(w):
    complaints = []
    left = w.asterisk.wait_empty()
    if left != (0, 0):
        complaints.append(f"Asterisk still has {left[0]} channels and {left[1]} bridges:\n"
                          + w.asterisk.cli("core show channels"))
    if live := worlds.over(lambda: w.gateway.live() + w.panels.live()):
        complaints.append(f"somebody still rings or talks: {live}")
    reports = [line for line in w.worker.errors() if workers.SANITIZER.search(line)]
    if reports:
        complaints.append("\n".join(reports))
    status = w.worker.stop()
    if status not in (0, 3):   # 3: the stores are dead at the end, so something stays in the notes
        complaints.append(f"the worker ended with {status}:\n{w.worker.log()[-3000:]}")
    return complaints


def small_disks(scratch):
    """The spool and the journal on file systems that a test can fill."""
    for name in ("spool", "journal"):
        folder = scratch / "sos" / name
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asterisk", default=os.environ.get("TDCTL_ASTERISK", "22"), choices=["16", "22"])
    parser.add_argument("-k", dest="words", action="append", default=[], help="only stories with this word in their name")
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory")
    given = parser.parse_args()
    if os.environ.get("TDCTL_OWN_MOUNTS") != "yes":
        # The small disks go with the process, whatever ends it.
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
                   {**os.environ, "TDCTL_OWN_MOUNTS": "yes"})
    stories = [s for s in STORIES if not given.words or any(word.replace(" ", "_") in s.__name__ for word in given.words)]
    session, complaints = Session("sos", given.keep), []
    scratch, what = session.scratch, f"{len(stories)} emergency stories on Asterisk {given.asterisk}"
    print(what, flush=True)
    small_disks(scratch)
    w = World(given.asterisk, scratch)
    try:
        w.start()
        for story in stories:
            at = time.monotonic()
            try:
                told(story, w)
                verdict = "ok"
            except Exception:  # pylint: disable=broad-except
                verdict = "FAILED"
                complaints.append(f"{story.__name__}\n{traceback.format_exc()}")
            print(f"{verdict} {time.monotonic() - at:5.1f} s  {story.__name__.replace('_', ' ')}", flush=True)
        complaints += look_back(w)
    except Exception:  # pylint: disable=broad-except
        complaints.append(traceback.format_exc())
    finally:
        w.close()
    for parts, seconds in TIMES.items():
        print(f"panel's INVITE to the gateway's with {parts} away: {seconds * 1000:.0f} ms")
    for name in ("spool", "journal"):         # of small disks of their own, which go now
        if complaints or given.keep:
            shutil.copytree(scratch / "sos" / name, scratch / "sos" / f"{name}-kept", dirs_exist_ok=True)
        subprocess.run(["umount", "--lazy", str(scratch / "sos" / name)], check=False)
    return session.close(what, complaints)


if __name__ == "__main__":
    sys.exit(main())
