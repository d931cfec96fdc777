"""One worker follows another while calls live: relieved, handed over, and by a standby."""

import contextlib
import signal
import socket
import time

import lab
from world import Phone, Story, wait


class Following(Story):
    def setUp(self):
        super().setUp()
        self.lives = []

    def worker_of_its_own(self, name, number, *options, **door):
        self.use(self.world.worker(name, {"door": {"app": f"TdCallHandler{number}", "ring_limit": "20s", "talk_limit": "30s",
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

    def calls_of_many(self, count, first_answer, gap, hold):
        """Panels whose phones answer one after another, `gap` seconds apart."""
        made = []
        for number in range(count):
            self.panel = self.new_panel()
            account, = self.flat(Phone(answer_after=first_answer + number * gap))
            made.append((self.panel, account, self.call("panel", hold=hold, timeout=60)))
        return made

    def all_answered(self, made):
        for panel, account, run in made:
            run.check()
            self.expect(self.record(panel), outcome="answered", ended_by="panel", answered_by=account)
            self.assertEqual(len(self.requests(account, "INVITE")), 1, "nobody is dialled twice")

    def test_a_second_worker_relieves_the_first_and_no_phone_that_answers_meanwhile_is_lost(self):
        self.worker_of_its_own("relieved", 20)
        made = self.calls_of_many(12, 1.0, 0.15, 4.0)
        self.world.phones.invite(made[-1][1])
        for _ in range(2):
            first = self.worker.process
            self.another().poll()
            self.assertEqual(first.wait(10), 0, self.worker.log())
            self.worker.wait_ready()
        self.all_answered(made)
        self.assertIn("handing over", self.worker.log())
        self.assertNotIn("does not step down", self.worker.log())

    def test_told_by_sigusr2_it_leaves_its_calls_to_the_next(self):
        self.worker_of_its_own("hands-over", 21)
        talking, = self.calls_of_many(1, 0.2, 0, 4.0)
        self.wait_talking(talking[1])
        wait(lambda: self.world.panel_talks(talking[0]), what="the panel to talk")
        ringing, = self.calls_of_many(1, 4.0, 0, 1.0)
        self.world.phones.invite(ringing[1])
        self.worker.tell(signal.SIGUSR2)
        self.assertEqual(self.worker.exit_status(5), 0, self.worker.log())
        self.assertIsNone(talking[2].process.poll(), "the talk goes on")
        self.another()
        self.worker.wait_ready()
        self.all_answered([talking, ringing])

    def test_a_standby_goes_on_when_the_worker_is_killed(self):
        self.worker_of_its_own("killed", 22)
        first, standby = self.worker.process, self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        made = self.calls_of_many(2, 0.2, 4.0, 4.0)
        self.wait_talking(made[0][1])
        wait(lambda: self.world.panel_talks(made[0][0]), what="the panel to talk")
        self.world.phones.invite(made[1][1])
        first.kill()
        began = time.monotonic()
        first.wait()
        self.worker.wait_ready()
        print(f"a standby served {1000 * (time.monotonic() - began):.0f} ms after the kill", flush=True)
        self.assertIsNone(standby.poll())
        self.all_answered(made)

    def test_a_standby_ends_a_worker_that_hangs_and_relieves_one_that_drains(self):
        self.worker_of_its_own("hangs", 23)
        first, second = self.worker.process, self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        made = self.calls_of_many(2, 0.2, 6.0, 9.0)
        self.wait_talking(made[0][1])
        wait(lambda: self.world.panel_talks(made[0][0]), what="the panel to talk")
        self.world.phones.invite(made[1][1])
        time.sleep(1)                             # the standby has asked it once
        first.send_signal(signal.SIGSTOP)
        self.assertEqual(first.wait(10), -signal.SIGKILL, self.worker.log())
        self.worker.wait_ready()
        third = self.another("--standby")
        wait(lambda: self.worker.log().count("standing by") == 2, what="the next standby")
        second.send_signal(signal.SIGTERM)        # a drain of 60 s, if nobody were there
        self.assertEqual(second.wait(10), 0, self.worker.log())
        self.worker.wait_ready()
        self.assertIsNone(third.poll())
        self.all_answered(made)

    def test_a_standby_that_is_told_to_end_ends(self):
        self.worker_of_its_own("not-needed", 24)
        first = self.worker.process
        standby = self.another("--standby")
        self.worker.wait(lambda: "standing by" in self.worker.log(), what="standing by")
        standby.send_signal(signal.SIGTERM)
        self.assertEqual(standby.wait(5), 0, self.worker.log())
        self.worker.process = first
        self.assertEqual(self.worker.page("readyz")[0], 200)

    def test_a_worker_with_another_application_does_not_relieve_it(self):
        self.worker_of_its_own("strangers", 25)
        first = self.worker.process
        self.worker.configure({"door": {"app": "TdCallHandler26"}})
        self.assertEqual(self.another().wait(10), 11, self.worker.log())
        self.assertIn("journal.dir", self.worker.log())
        self.worker.process = first
        self.assertEqual(self.worker.page("readyz")[0], 200)

    def test_a_worker_that_could_not_serve_relieves_nobody(self):
        self.worker_of_its_own("unfit", 27)
        first = self.worker.process
        self.worker.configure({"push": {"token": f"file:{self.worker.scratch}/no-such-token"}})
        self.assertEqual(self.another().wait(10), 2, self.worker.log())
        self.assertIn("push.token", self.worker.log())
        self.assertNotIn("relieving", self.worker.log())
        self.worker.process = first
        self.assertEqual(self.worker.page("readyz")[0], 200)

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


class Sharing(Story):
    releases = ("22",)         # StasisBroadcast() came with 20.17, 22.7 and 23.1
    alone = True               # whoever lives beside it would be offered its calls, too

    def shares(self, name, changes):
        """A worker that is offered what any may claim, until the story ends."""
        worker = self.world.worker(f"shares-{name}", changes).start().wait_ready()
        self.addCleanup(lambda: self.assertEqual(worker.stop(), 0, worker.log()))
        return worker

    def ring(self, count=1):
        """Panels that call at once, each a flat of its own; whose calls they are is not known yet."""
        runs = []
        for _ in range(count):
            panel = self.new_panel()
            self.world.crm.set(panel, "12", {f"8{panel}": [f"d-{panel}"]})
            self.world.phones.set(f"8{panel}", Phone(answer_after=0.2))
            run = lab.Sipp("panel", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="***12", hold=1.0,
                           keys={"panel": panel}, name=f"{panel}-shared", timeout=30)
            self.addCleanup(run.stop)
            runs.append((panel, run))
        self.panels = set()                       # counted here, over both workers
        return runs

    def test_a_worker_with_as_many_door_calls_as_it_takes_claims_emergency_calls(self):
        worker = self.shares("full", {"door": {"app": "TdCallHandler-full", "max_calls": 1, "ring_limit": "20s"},
                                      "sos": {"app": "TdCallSos-full"}})
        claimed = lambda: worker.metrics()["tdctl_ari_claimed_total"]  # noqa: E731
        door, = self.ring()
        wait(lambda: claimed() == 1 and worker.metrics()["tdctl_calls_active"] == 1, what="the door call")
        panel = self.new_panel()
        run = lab.Sipp("panel-cancels", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="****112",
                       keys={"panel": panel}, name=f"{panel}-shared-sos", timeout=30)
        self.addCleanup(run.stop)
        run.check()
        wait(lambda: worker.records("sos.finished"), what="the record of the emergency call")
        self.assertEqual(worker.records("sos.finished")[0]["panel"], panel)
        self.assertEqual(claimed(), 2)
        self.world.tolerated.update(worker.errors())     # no city, no number: the call leaves all the same, and says so
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
        long, = self.ring()
        wait(lambda: a.metrics()["tdctl_calls_active"] + b.metrics()["tdctl_calls_active"] == 1, what="a call")
        long[1].check()
