"""A worker dies in the middle of its calls, or nothing of Asterisk reaches it any more: the calls go on."""

import base64
import datetime
import json
import signal
import socket
import threading
import time

from hole import Hole
from servers import Mood
from world import Phone, Story, wait


class Dying(Story):
    """kill -9, and the same worker again at once, as systemd does it."""

    def worker_of_its_own(self, name, digits, **more):
        worker = self.world.worker(name, {"door": {"app": f"TdCallHandler{digits}", "ring_limit": "30s", "talk_limit": "60s"},
                                          **more})
        self.use(worker.start().wait_ready(), f"*{digits}*")

    def die_and_return(self):
        self.worker.tell(signal.SIGKILL)
        self.worker.exit_status()
        self.worker.start().wait_ready()

    def wait_served(self, panel):
        """Until Asterisk gives the leg that answered this panel to the worker: before, a leg that answers to nobody is hung up."""
        wait(lambda: any(each["id"].startswith("td.") and each["caller"]["number"] == panel
                         and each["dialplan"]["app_name"] == "Stasis" for each in self.world.asterisk.ari("GET", "channels")),
             what=f"a leg of panel {panel} to be the worker's")

    def next_call(self, *residents, **options):
        """One more panel with a flat behind it calls; gives back the panel, the accounts and the run."""
        self.panel = self.new_panel()
        accounts = self.flat(*residents)
        return self.panel, accounts, self.call("panel", timeout=60, **options)

    def test_kill_9_in_five_moments_of_a_call_costs_no_call_and_no_record(self):
        self.worker_of_its_own("dies", 10, crm={"timeout": "20s"})
        talking, (a,), talk = self.next_call(Phone(answer_after=0.2), hold=20.0)
        self.wait_talking(a)
        wait(lambda: self.world.panel_talks(talking), what="the first panel to talk")
        ringing, (b, b2), ring = self.next_call(Phone(), Phone(), hold=1.0)
        given_up, (c,), cancelled = self.next_call(Phone(), hold=1.0)
        self.world.phones.invite(b)
        self.world.phones.invite(c)
        self.panel = looking = self.new_panel()
        d, = self.flat(Phone(answer_after=0.5))
        held = threading.Event()
        self.addCleanup(held.set)
        self.world.crm.moods[looking] = Mood(held=held)
        look = self.call("panel", hold=1.0, timeout=60)
        self.world.crm.wait(lambda: self.world.crm.of(looking), what="the CRM to be asked")
        answering, (e,), answered = self.next_call(Phone(answer_after=0.3), hold=15.0)
        self.wait_served(answering)               # the moment of the answer: the two may be joined or not
        self.worker.tell(signal.SIGKILL)
        self.worker.exit_status()
        self.world.crm.moods.pop(looking)
        held.set()
        self.worker.start().wait_ready()
        last_life = self.worker.log().rpartition('"starting"')[2]
        self.assertIn("reading the journal", last_life.partition("applications held")[2], "Asterisk has a listener before the journal is read")
        self.assertIn("calls remembered", last_life.partition("reading the journal")[2])
        self.world.phones.answer(b)               # while nobody listens Asterisk would hang it up
        for run in (talk, ring, look, answered):
            run.check()                           # SIPp fails on a BYE that it does not expect
        self.expect(self.record(talking), outcome="answered", ended_by="panel", answered_by=a)
        self.assertGreaterEqual(self.record(talking)["talk_ms"], 19000, "the talk is measured over both lives")
        self.expect(self.record(ringing), outcome="answered", ended_by="panel", answered_by=b)
        self.assertEqual(self.why(self.record(ringing)), {b: "answered", b2: "answered_elsewhere"})
        self.expect(self.record(looking), outcome="answered", answered_by=d)
        self.expect(self.record(answering), outcome="answered", ended_by="panel", answered_by=e)
        cancelled.wait()
        self.expect(self.record(given_up), outcome="missed", ended_by="ring_limit")
        for account in (b, b2, c):
            self.assertEqual(self.dialled(account), 1, "nobody is dialled twice")

    def test_what_happened_while_nobody_was_there_is_found_out(self):
        self.worker_of_its_own("sleeps", 11)
        left, (a,), gone = self.next_call(Phone(answer_after=0.2), hold=8.0)
        self.wait_talking(a)
        wait(lambda: self.world.panel_talks(left), what="the panel to talk")
        waiting, (b, b2), ring = self.next_call(Phone(), Phone(), hold=1.0)
        self.world.phones.invite(b2)
        # What happened in the last moments is in no journal; a call of which nothing is there begins anew.
        wait(lambda: sum(line.get("fact") == "leg_ringing" for line in self.worker.journal()) >= 3, what="the journal")
        self.worker.tell(signal.SIGKILL)
        self.worker.exit_status()
        gone.check()                              # the visitor leaves while there is no worker
        self.worker.start().wait_ready()
        self.expect(self.record(left), outcome="answered", ended_by="lost", answered_by=a)
        self.die_and_return()                     # and once more, and again: memory does not wear out
        self.die_and_return()
        self.assertEqual(len(self.worker.records_of(left)), 1)
        ring.wait()
        self.expect(self.record(waiting), outcome="missed", ended_by="ring_limit")
        self.assertEqual(self.dialled(b), 1)

    def test_packets_that_just_vanish_cost_no_call(self):
        hole = Hole(self.world.asterisk.http_port)
        self.addCleanup(hole.close)
        self.worker_of_its_own("cut-off", 12, ari={"url": hole.url})
        talking, (a,), talk = self.next_call(Phone(answer_after=0.2), hold=20.0)
        self.wait_talking(a)
        wait(lambda: self.world.panel_talks(talking), what="the panel to talk")
        ringing, (b,), ring = self.next_call(Phone(), hold=1.0)
        self.world.phones.invite(b)
        hole.vanish()
        began = time.time()
        wait(lambda: self.worker.page("readyz")[0] == 503, what="the worker to notice that it hears nothing")
        lost = next(line for line in map(json.loads, self.worker.log().splitlines()) if "line=lost" in json.dumps(line))
        print(f"packets vanish, and it is noticed after {seconds_of(lost['time']) - began:.1f} s", flush=True)
        hole.mend()
        self.worker.wait_ready()
        self.world.phones.answer(b)
        ring.check()
        talk.check()
        self.expect(self.record(talking), outcome="answered", ended_by="panel", answered_by=a)
        self.expect(self.record(ringing), outcome="answered", ended_by="panel", answered_by=b)
        self.world.tolerated.update(self.worker.errors())
        self.assertEqual(self.worker.stop(), 0, self.worker.log())


    def rob(self, application):
        """Somebody takes an application and goes away again: Asterisk gives it back to nobody."""
        asterisk = self.world.asterisk
        with socket.create_connection(("127.0.0.1", asterisk.http_port)) as robber:
            secret = base64.b64encode(f"tdctl:{asterisk.password}".encode()).decode()
            robber.sendall((f"GET /ari/events?app={application} HTTP/1.1\r\nHost: h\r\nAuthorization: Basic {secret}\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
            self.assertIn(b" 101 ", robber.recv(4096))

    def test_a_worker_whose_application_was_taken_without_a_word_takes_it_back(self):
        hole = Hole(self.world.asterisk.http_port)
        self.addCleanup(hole.close)
        hole.swallow(b'"ApplicationReplaced","timestamp"')    # as where Asterisk ends an older socket while a newer one takes over
        self.worker_of_its_own("deaf-line", 34, ari={"url": hole.url})
        deaf = lambda: sum("line=lost app=TdCallHandler34" in line for line in self.worker.log().splitlines())  # noqa: E731
        for seconds in (None, 12.0):              # Asterisk forgets the application, or keeps it for the talk
            if seconds:
                talking, (a,), talk = self.next_call(Phone(answer_after=0.2), hold=seconds)
                self.wait_talking(a)
                wait(lambda: self.world.panel_talks(talking), what="the panel to talk")
            before, began = deaf(), time.time()
            self.rob("TdCallHandler34")
            wait(lambda: deaf() > before, what="the worker to notice that it hears nothing")
            lost = [json.loads(line) for line in self.worker.log().splitlines() if "line=lost app=TdCallHandler34" in line][-1]
            self.assertIn("application", lost["said"])
            print(f"an application taken without a word is missed after {seconds_of(lost['time']) - began:.1f} s", flush=True)
            self.worker.wait_ready()
        served, (b,), call = self.next_call(Phone(answer_after=0.2), hold=0.5)
        call.check()
        talk.check()
        self.expect(self.record(talking), outcome="answered", ended_by="panel", answered_by=a)
        self.expect(self.record(served), outcome="answered", ended_by="panel", answered_by=b)
        self.world.tolerated.update(self.worker.errors())
        self.assertEqual(self.worker.stop(), 0, self.worker.log())


def seconds_of(moment):
    """An RFC 3339 time in UTC as seconds since 1970."""
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


class Frozen(Story):
    """The worker stood still for a while, as on a host that was suspended or out of memory: it hears before it judges."""

    def test_a_phone_that_answered_while_the_worker_stood_still_gets_the_panel_though_the_ring_limit_is_over(self):
        self.use(self.world.worker("stands-still", {"door": {"app": "TdCallHandler31", "ring_limit": "6s"}}).start().wait_ready(), "*31*")
        a, b = self.flat(Phone(answer_after=1.5), Phone())
        run = self.call("panel", hold=1.0, timeout=90)
        self.world.phones.invite(a, 30)
        wait(lambda: any(line.get("fact") == "leg_ringing" for line in self.worker.journal()), what="the worker to know that it rings")
        self.worker.tell(signal.SIGSTOP)
        self.wait_talking(a, 30)
        time.sleep(6.5)                           # the ring limit passes, and nobody notices
        self.worker.tell(signal.SIGCONT)
        run.check()
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=a)
        self.assertEqual(self.why(self.record()), {a: "answered", b: "answered_elsewhere"})
