"""Panels that nobody has heard of yet, and panels that are one too many."""

import contextlib
import signal
import urllib.error

from elsewhere import Elsewhere
from world import Phone, Story, wait


class Dead(Story):
    """The panel calls while the worker hangs, and the worker dies: its event was read by nobody, and stands in no journal."""

    def inside(self):
        """The panel's channel in Asterisk, once it is in the dialplan's application of this story."""
        return next((each for each in self.world.asterisk.ari("GET", "channels") if each["caller"]["number"] == self.panel), None)

    def is_served_by_the_next(self, run, account):
        self.worker.tell(signal.SIGKILL)
        self.worker.exit_status()
        self.assertEqual([line for line in self.worker.journal() if line.get("panel") == self.panel], [])
        self.worker.start().wait_ready()
        run.check()
        self.expect(self.record(), flat="12", outcome="answered", ended_by="panel", answered_by=account)
        self.assertEqual(len(self.requests(account, "INVITE")), 1, "the flat is rung once")


class Unheard(Dead):
    def test_a_panel_that_called_a_worker_that_hung_and_died_is_served_by_the_next(self):
        self.use(self.world.worker("deaf", {"door": {"app": "TdCallHandler30", "ring_limit": "30s"}}).start().wait_ready(), "*30*")
        a, = self.flat(Phone(answer_after=0.2))
        self.worker.tell(signal.SIGSTOP)
        run = self.call("panel", hold=1.0, timeout=90)
        wait(lambda: self.world.asterisk.ari("GET", "applications/TdCallHandler30")["channel_ids"], 30, "the panel to wait in Stasis")
        self.is_served_by_the_next(run, a)


class Claimed(Dead):
    releases = ("22",)         # StasisBroadcast() came with 20.17, 22.7 and 23.1

    def test_a_panel_that_was_claimed_by_a_worker_that_died_is_served_by_its_next(self):
        self.world = Elsewhere(self.world, "asterisk-of-claims", edits=[
            ("extensions.conf", "[from-panels]\n", "#include several-workers.conf\n[from-panels]\nexten => 12,1,Goto(shared-doors,12,1)\n"),
            ("several-workers.conf", "StasisBroadcast(500", "StasisBroadcast(30000")])
        self.addCleanup(self.world.close)
        self.world.asterisk.start()
        self.worker = self.world.worker("claims", {"door": {"app": "TdCallHandler-claims", "ring_limit": "30s"}}).start().wait_ready()
        self.addCleanup(lambda: self.assertEqual(self.worker.stop(), 0, self.worker.log()))
        a, = self.flat(Phone(answer_after=0.2))
        self.worker.tell(signal.SIGSTOP)
        run = self.call("panel", hold=1.0, timeout=90)
        # What a worker does that dies before it hears what came of it.
        channel = wait(self.inside, 30, "the panel to be in Asterisk")["id"]
        wait(lambda: self.claimed(channel, "TdCallHandler-claims"), 30, "the claim")
        wait(lambda: self.world.asterisk.ari("GET", "applications/TdCallHandler-claims")["channel_ids"], 30, "the panel to wait")
        self.is_served_by_the_next(run, a)

    def claimed(self, channel, app):
        """Whether Asterisk gives the channel to that application; it must have come to the broadcast first."""
        with contextlib.suppress(urllib.error.HTTPError):
            self.world.asterisk.ari("POST", f"events/claim?channelId={channel}&application={app}")
            return True
        return False


class TooMany(Story):
    def setUp(self):
        super().setUp()
        self.world = Elsewhere(self.world, "asterisk-of-one-call")
        self.addCleanup(self.world.close)
        self.world.asterisk.start()
        self.worker = self.world.worker("one-call", {"door": {"max_calls": 1, "talk_limit": "60s"}}).start().wait_ready()
        self.addCleanup(lambda: self.assertEqual(self.worker.stop(), 0, self.worker.log()))

    def test_one_call_more_than_max_calls_hears_busy_and_an_emergency_call_passes(self):
        a, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel-waits", timeout=90)
        self.wait_talking(a, 30)
        wait(lambda: self.world.panel_talks(self.panel), 30, "the panel to talk")
        served, self.panel = self.panel, self.new_panel()
        b, = self.flat(Phone())
        self.call("panel-refused", timeout=90).check()       # SIPp takes nothing but 486
        self.expect(self.record(), flat="12", outcome="failed", ended_by="full", answered_by=None, legs=[], push=[])
        self.assertEqual((self.messages(b), self.world.push.of(self.panel), self.world.crm.of(self.panel)), ([], [], []))
        self.emergency_call_leaves()
        self.assertIsNone(talk.process.poll(), "the call that was there goes on")
        self.world.phones.hang_up(a)
        talk.check()
        self.expect(self.record(served), outcome="answered", ended_by="account", answered_by=a)
        self.panel = self.new_panel()
        c, = self.flat(Phone(answer_after=0.2))
        self.call("panel", hold=0.5, timeout=90).check()
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=c)
        metrics = self.worker.metrics()
        self.assertEqual(metrics["tdctl_calls_turned_away_total"], 1)
        self.assertEqual(metrics['tdctl_calls_finished_total{kind="door",outcome="failed"}'], 1)

    def emergency_call_leaves(self):
        panel, run = self.call_112(hold=0.5)
        run.check()
        record, = wait(lambda: self.worker.records("sos.finished"), 30, "the record of the emergency call")
        self.expect(record, panel=panel, outcome="answered", ended_by="panel")
        self.world.tolerated.update(self.worker.errors())    # no city, no number: the call leaves all the same, and says so
