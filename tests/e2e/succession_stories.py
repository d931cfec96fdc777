"""One worker follows another while calls live: relieved, handed over, and by a standby."""

import contextlib
import json
import os
import signal
import socket
import time

import lab
from hole import Hole
from rabbitmq import RabbitMQ
from world import Phone, Story, wait


class OneAfterAnother(Story):
    def setUp(self):
        super().setUp()
        self.lives = []

    def worker_of_its_own(self, name, number, *options, **door):
        self.use(self.world.worker(name, {"door": {"app": f"TdCallHandler{number}", "ring_limit": "40s", "talk_limit": "60s",
                                                   **door}}).start(*options).wait_ready(), f"*{number}*")
        self.lives = [self.worker.process]
        self.addCleanup(self.end_lives)

    def end_lives(self):
        for life in self.lives:
            if life is not self.worker.process and life.poll() is None:
                life.kill()
                life.wait()

    def another(self, *options):
        """One more process of the same worker, beside the one that serves."""
        self.worker.start(*options)
        self.lives.append(self.worker.process)
        return self.worker.process


class Following(OneAfterAnother):
    def calls_of_many(self, count, first_answer, gap, hold):
        """Panels whose phones answer one after another, `gap` seconds apart; None for phones that wait to be told."""
        made = []
        for number in range(count):
            self.panel = self.new_panel()
            account, = self.flat(Phone(answer_after=first_answer and first_answer + number * gap))
            made.append((self.panel, account, self.call("panel", hold=hold, timeout=60)))
        return made

    def all_answered(self, made):
        for panel, account, run in made:
            run.check()
            self.expect(self.record(panel), outcome="answered", ended_by="panel", answered_by=account)
            self.assertEqual(self.dialled(account), 1, "nobody is dialled twice")

    def test_a_second_worker_relieves_the_first_and_no_phone_that_answers_meanwhile_is_lost(self):
        self.worker_of_its_own("relieved", 20)
        made = self.calls_of_many(12, 1.0, 0.15, 20.0)
        self.world.phones.invite(made[-1][1])
        for _ in range(2):
            first = self.worker.process
            self.another().poll()
            self.assertEqual(first.wait(60), 0, self.worker.log())
            self.worker.wait_ready()
        self.all_answered(made)
        self.assertIn("handing over", self.worker.log())
        self.assertNotIn("does not step down", self.worker.log())

    def test_told_by_sigusr2_it_leaves_its_calls_to_the_next(self):
        self.worker_of_its_own("hands-over", 21)
        talking, = self.calls_of_many(1, 0.2, 0, 20.0)
        self.wait_talking(talking[1])
        wait(lambda: self.world.panel_talks(talking[0]), what="the panel to talk")
        ringing, = self.calls_of_many(1, None, 0, 1.0)
        self.world.phones.invite(ringing[1])
        self.worker.tell(signal.SIGUSR2)
        self.assertEqual(self.worker.exit_status(), 0, self.worker.log())
        self.assertIsNone(talking[2].process.poll(), "the talk goes on")
        self.another()
        self.worker.wait_ready()
        self.world.phones.answer(ringing[1])
        self.all_answered([talking, ringing])

    def test_a_standby_goes_on_when_the_worker_is_killed(self):
        self.worker_of_its_own("killed", 22)
        first, standby = self.worker.process, self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        made = self.calls_of_many(1, 0.2, 0, 20.0) + self.calls_of_many(1, None, 0, 1.0)
        self.wait_talking(made[0][1])
        wait(lambda: self.world.panel_talks(made[0][0]), what="the panel to talk")
        self.world.phones.invite(made[1][1])
        first.kill()
        began = time.monotonic()
        first.wait()
        self.worker.wait_ready()
        print(f"a standby served {1000 * (time.monotonic() - began):.0f} ms after the kill", flush=True)
        self.assertIsNone(standby.poll())
        self.world.phones.answer(made[1][1])
        self.all_answered(made)

    def test_a_standby_ends_a_worker_that_hangs_and_relieves_one_that_drains(self):
        self.worker_of_its_own("hangs", 23)
        first, second = self.worker.process, self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        made = self.calls_of_many(1, 0.2, 0, 25.0) + self.calls_of_many(1, None, 0, 1.0)
        self.wait_talking(made[0][1])
        wait(lambda: self.world.panel_talks(made[0][0]), what="the panel to talk")
        self.world.phones.invite(made[1][1])
        time.sleep(3)                             # the standby has asked it once
        first.send_signal(signal.SIGSTOP)
        self.assertEqual(first.wait(60), -signal.SIGKILL, self.worker.log())
        self.worker.wait_ready()
        third = self.another("--standby")
        wait(lambda: self.worker.log().count("standing by") == 2, what="the next standby")
        second.send_signal(signal.SIGTERM)        # a drain of 60 s, if nobody were there
        self.assertEqual(second.wait(60), 0, self.worker.log())
        self.worker.wait_ready()
        self.assertIsNone(third.poll())
        self.world.phones.answer(made[1][1])
        self.all_answered(made)

    def test_a_standby_that_is_told_to_end_ends(self):
        self.worker_of_its_own("not-needed", 24)
        first = self.worker.process
        standby = self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        standby.send_signal(signal.SIGTERM)
        self.assertEqual(standby.wait(60), 0, self.worker.log())
        self.worker.process = first
        self.assertEqual(self.worker.page("readyz")[0], 200)

    def test_a_worker_with_another_application_does_not_relieve_it(self):
        self.worker_of_its_own("strangers", 25)
        first = self.worker.process
        self.worker.configure({"door": {"app": "TdCallHandler26"}})
        self.assertEqual(self.another().wait(60), 11, self.worker.log())
        self.assertIn("journal.dir", self.worker.log())
        self.worker.process = first
        self.assertEqual(self.worker.page("readyz")[0], 200)

    def test_a_worker_that_could_not_serve_relieves_nobody(self):
        self.worker_of_its_own("unfit", 27)
        first = self.worker.process
        self.worker.configure({"push": {"token": f"file:{self.worker.scratch}/no-such-token"}})
        self.assertEqual(self.another().wait(60), 2, self.worker.log())
        self.assertIn("push.token", self.worker.log())
        self.assertNotIn("relieving", self.worker.log())
        self.worker.process = first
        self.assertEqual(self.worker.page("readyz")[0], 200)

    def test_a_worker_whose_user_may_only_read_takes_nothing(self):
        self.worker_of_its_own("robbed", 29)
        first = self.worker.process
        made = self.calls_of_many(2, 0.2, 4.0, 5.0)
        self.wait_talking(made[0][1])
        self.world.tolerated.update({"may only read"})
        self.worker.configure({"ari": {"user": "reader"}})
        for options in ((), ("--standby",)):
            before = len(self.worker.log())
            self.assertEqual(self.another(*options).wait(10), 12, self.worker.log())
            self.assertIn("may only read", self.worker.log()[before:])
        # With a journal of its own nobody tells it that somebody serves: it would rob him in Asterisk all the same.
        stranger = self.world.worker("robber", {"door": {"app": "TdCallHandler29"}, "ari": {"user": "reader"}})
        self.world.unwatched.add(stranger)
        self.assertEqual(stranger.start().exit_status(10), 12, stranger.log())
        self.assertIn("may only read", stranger.log())
        self.worker.process = first
        self.assertIsNone(first.poll(), self.worker.log())
        self.assertEqual(self.worker.page("readyz")[0], 200)
        self.assertNotIn("handing over", self.worker.log())
        self.all_answered(made)

    def test_a_standby_lets_a_worker_live_whose_status_page_is_crowded(self):
        self.worker_of_its_own("crowded", 28)
        first, standby = self.worker.process, self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        self.worker.process = first
        asked = self.worker.metrics
        wait(asked, what="the page")
        with contextlib.ExitStack() as idle:
            until = time.monotonic() + 4          # twice the silence that ends a worker
            while time.monotonic() < until:
                line = idle.enter_context(socket.create_connection(("127.0.0.1", self.worker.metrics_port), 5))
                line.settimeout(0.02)
                with contextlib.suppress(TimeoutError, ConnectionResetError):
                    if line.recv(1) == b"":
                        time.sleep(0.02)          # the page is full
        self.assertIsNone(first.poll(), self.worker.log())
        self.assertIsNone(standby.poll(), self.worker.log())
        self.assertNotIn("hangs", self.worker.log())


class AtOddMoments(OneAfterAnother):
    def test_a_worker_whose_other_line_is_cut_while_it_is_relieved_takes_nothing_back(self):
        hole = Hole(self.world.asterisk.http_port)
        self.addCleanup(hole.close)
        hole.watch(b"GET /ari/events?app=TdCallSos35")
        self.use(self.world.worker("loses-a-line", {"door": {"app": "TdCallHandler35", "talk_limit": "60s"}, "ari": {"url": hole.url}})
                 .start().wait_ready(), "*35*")
        self.lives = [self.worker.process]
        self.addCleanup(self.end_lives)
        talking, account, talk = self.next_call(hold=10.0)
        wait(lambda: self.world.panel_talks(talking), what="the panel to talk")
        first = self.lives[0]
        hole.cut_predecessor()
        self.another()
        self.assertEqual(first.wait(30), 0, self.worker.log())
        self.worker.wait_ready()
        self.assertFalse(hole.armed, "the line was cut")
        served, other, call = self.next_call(hold=0.5)
        call.check()
        talk.check()
        self.expect(self.record(talking), outcome="answered", ended_by="panel", answered_by=account)
        self.expect(self.record(served), outcome="answered", ended_by="panel", answered_by=other)
        self.world.tolerated.update(self.worker.errors())
        self.assertEqual(self.worker.stop(), 0, self.worker.log())

    def next_call(self, hold):
        self.panel = self.new_panel()
        account, = self.flat(Phone(answer_after=0.2))
        return self.panel, account, self.call("panel", hold=hold, timeout=60)


class WithoutBroker(OneAfterAnother):
    """RabbitMQ stands still while one worker follows another. What it has got is asked of it, not of the spool."""

    alone = True               # what it takes is measured

    def ring(self, hold=0.3):
        panel = self.new_panel()
        self.world.crm.set(panel, "12", {f"8{panel}": [f"d-{panel}"]})
        self.world.phones.set(f"8{panel}", Phone(answer_after=0.1))
        run = lab.Sipp("panel", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="*30*12", hold=hold,
                       keys={"panel": panel}, name=f"{panel}-frozen", timeout=60)
        self.addCleanup(run.stop)
        return panel, run

    def finish(self, count):
        """Panels whose calls are over, one after another."""
        made = [self.ring() for _ in range(count)]
        for panel, run in made:
            run.check()
            wait(lambda panel=panel: self.worker.records_of(panel), what=f"the record of panel {panel}")
        return [panel for panel, _ in made]

    def at_broker(self, name, count):
        wait(lambda: self.worker.metrics()[name] >= count, 90, f"{name} of {count}")

    def test_a_broker_that_stands_still_holds_nobody_up_and_has_every_record_afterwards(self):
        broker = RabbitMQ(self.world.scratch / "rabbitmq").start()
        self.addCleanup(broker.close)
        os.environ["STORY_FEED"] = broker.password
        worker = self.world.worker("frozen", {"door": {"app": "TdCallHandler30", "ring_limit": "20s", "talk_limit": "60s"},
                                              "feed": {"url": broker.url, "password": "env:STORY_FEED"}})
        self.world.unwatched.add(worker)
        self.use(worker.start().wait_ready(), "*30*")
        self.lives = [worker.process]
        self.addCleanup(self.end_lives)
        self.addCleanup(lambda: self.assertEqual(worker.stop(), 0, worker.log()[-3000:]))

        known = self.finish(2)
        self.at_broker("tdctl_feed_confirmed_total", 2)
        os.kill(broker.pid(), signal.SIGSTOP)
        in_flight = self.finish(2)
        self.at_broker("tdctl_feed_in_flight", 2)
        talks, run = self.ring(hold=15.0)
        wait(lambda: self.world.panel_talks(talks), what="the panel to talk")

        first, began = worker.process, time.monotonic()
        first.send_signal(signal.SIGUSR2)         # as systemctl restart does
        self.assertEqual(first.wait(10), 0, worker.log())
        over = time.monotonic()
        second = self.another()
        worker.wait_ready()
        print(f"beside a broker that stands still: handed over {1000 * (over - began):.0f} ms after SIGUSR2, served "
              f"{1000 * (time.monotonic() - over):.0f} ms after that", flush=True)
        began = time.monotonic()
        self.another()
        self.assertEqual(second.wait(10), 0, worker.log())
        over = time.monotonic()
        worker.wait_ready()
        print(f"beside a broker that stands still: relieved {1000 * (over - began):.0f} ms after the start of the next, "
              f"served {1000 * (time.monotonic() - over):.0f} ms after that", flush=True)
        self.assertNotIn("does not step down", worker.log())
        later = self.finish(1)
        run.check()

        os.kill(broker.pid(), signal.SIGCONT)
        self.at_broker("tdctl_feed_confirmed_total", len(in_flight) + len([talks]) + len(later))
        texts = [json.dumps(body, sort_keys=True) for body in broker.drain("td.calls") if "outcome" in body]
        got = [json.loads(text)["panel"] for text in sorted(set(texts))]
        self.assertEqual(sorted(got), sorted(known + in_flight + [talks] + later))
        # What was on its way when it stood still it may have twice, with one message_id; nothing else.
        doubled = {json.loads(text)["panel"] for text in texts if texts.count(text) > 1}
        self.assertLessEqual(doubled, set(in_flight), texts)
        print(f"every record was there: {len(set(texts))}, {len(texts) - len(set(texts))} of them twice", flush=True)
        self.panels = set()                       # counted here, at the broker


class Sharing(Story):
    releases = ("22",)         # StasisBroadcast() came with 20.17, 22.7 and 23.1
    alone = True               # whoever lives beside it would be offered its calls, too

    def shares(self, name, changes):
        """A worker that is offered what any may claim, until the story ends."""
        worker = self.world.worker(f"shares-{name}", changes).start().wait_ready()
        self.addCleanup(lambda: self.assertEqual(worker.stop(), 0, worker.log()))
        return worker

    def ring(self, count=1, hold=1.0):
        """Panels that call at once, each a flat of its own; whose calls they are is not known yet."""
        runs = []
        for _ in range(count):
            panel = self.new_panel()
            self.world.crm.set(panel, "12", {f"8{panel}": [f"d-{panel}"]})
            self.world.phones.set(f"8{panel}", Phone(answer_after=0.2))
            run = lab.Sipp("panel", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="***12", hold=hold,
                           keys={"panel": panel}, name=f"{panel}-shared")
            self.addCleanup(run.stop)
            runs.append((panel, run))
        self.panels = set()                       # counted here, over both workers
        return runs

    def test_a_worker_with_as_many_door_calls_as_it_takes_claims_emergency_calls(self):
        worker = self.shares("full", {"door": {"app": "TdCallHandler-full", "max_calls": 1, "ring_limit": "20s", "talk_limit": "60s"},
                                      "sos": {"app": "TdCallSos-full"}})
        claimed = lambda: worker.metrics()["tdctl_ari_claimed_total"]  # noqa: E731
        door, = self.ring(hold=10.0)
        wait(lambda: claimed() == 1 and worker.metrics()["tdctl_calls_active"] == 1, what="the door call")
        panel = self.new_panel()
        run = lab.Sipp("panel-cancels", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="****112",
                       keys={"panel": panel}, name=f"{panel}-shared-sos")
        self.addCleanup(run.stop)
        run.check()
        wait(lambda: worker.records("sos.finished"), what="the record of the emergency call")
        self.assertEqual(worker.records("sos.finished")[0]["panel"], panel)
        self.assertEqual(claimed(), 2)
        self.world.tolerated.add(worker.records("sos.finished")[0]["call"])     # no city, no number: the call leaves all the same, and says so
        door[1].check()
        self.panels = set()

    def test_several_workers_share_the_calls_of_one_asterisk(self):
        both = [self.shares(name, {"door": {"app": f"TdCallHandler-{name}", "ring_limit": "20s"}}) for name in "ab"]
        a, b = both
        runs = self.ring(12)
        for _, run in runs:
            run.check()
        for panel, _ in runs:
            wait(lambda panel=panel: a.records_of(panel) + b.records_of(panel), what=f"the record of panel {panel}")
            record, = a.records_of(panel) + b.records_of(panel)
            self.expect(record, outcome="answered", answered_by=f"8{panel}")
        shares = [each.metrics()["tdctl_ari_claimed_total"] for each in both]
        self.assertEqual(sum(shares), 12, shares)
        self.assertEqual([each.metrics()["tdctl_ari_offered_total"] for each in both], [12, 12])
        print(f"two workers shared 12 calls: {shares}", flush=True)

        a.tell(signal.SIGKILL)                    # then all are the other's
        a.exit_status()
        (panel, run), = self.ring()
        run.check()
        wait(lambda: b.records_of(panel), what="the record of the worker that is left")
        a.start().wait_ready()
        long, = self.ring(hold=5.0)
        wait(lambda: a.metrics()["tdctl_calls_active"] + b.metrics()["tdctl_calls_active"] == 1, what="a call")
        long[1].check()
