"""Asterisk itself dies and comes back. These stories have an Asterisk and phones of their own, so they disturb nobody."""

import threading

from elsewhere import Elsewhere
from servers import Mood
from world import Phone, Story, wait


class Restarting(Story):
    def setUp(self):
        super().setUp()
        self.world = Elsewhere(self.world, "asterisk-that-dies")
        self.addCleanup(self.world.close)
        self.world.asterisk.start()
        self.worker = self.world.worker("outlives", {"door": {"ring_limit": "60s", "talk_limit": "120s"},
                                                     "crm": {"timeout": "30s"}}).start().wait_ready()
        self.addCleanup(lambda: self.assertEqual(self.worker.stop(), 0, self.worker.log()))

    def visitor(self, *residents, crm=None, **options):
        """One more panel calls; its name, its accounts, its run. What it hears in the end is not looked at."""
        self.panel = self.new_panel()
        accounts = self.flat(*residents)
        if crm:
            self.world.crm.moods[self.panel] = crm
        return self.panel, accounts, self.call("panel", timeout=60, **options)

    def emergency(self):
        """A panel that talks with 112."""
        panel, _ = self.call_112(hold=60.0)
        self.world.gateway.wait(lambda: self.world.gateway.states().get("112") == "talking", 30, "the service to talk")
        wait(lambda: self.world.panel_talks(panel), 30, "the panel to talk with the service")
        return panel

    def ended_pushes(self, panel):
        return [why for kind, why, _ in self.world.push.kinds(panel) if kind == "ended"]

    def test_calls_of_an_asterisk_that_was_killed_are_closed_and_the_next_is_served(self):
        talking, (a,), _ = self.visitor(Phone(answer_after=0.2), hold=60.0)
        self.wait_talking(a, 30)
        wait(lambda: self.world.panel_talks(talking), 30, "the panel to talk")
        ringing, (b, absent), _ = self.visitor(Phone(), None)
        self.world.phones.wait(lambda: self.world.phones.states().get(b) == "ringing", 30, "a phone to ring")
        emergency = self.emergency()
        held, told = threading.Event(), threading.Event()
        self.addCleanup(held.set)
        self.addCleanup(told.set)
        looking, _, _ = self.visitor(Phone(), crm=Mood(held=held))       # the answer comes when all is over
        between, _, _ = self.visitor(Phone(), crm=Mood(held=told))       # the answer comes while there is no Asterisk
        for panel in (looking, between):
            self.world.crm.wait(lambda panel=panel: self.world.crm.of(panel), 30, "the CRM to be asked")
        self.world.asterisk.kill()
        told.set()
        for run in self.runs:
            run.stop()                            # The visitors stand before a dead door, and leave.
        wait(lambda: self.worker.page("readyz")[0] == 503, 30, "the worker to miss Asterisk")
        self.world.asterisk.start()
        self.worker.wait_ready(60)
        wait(lambda: self.worker.metrics()["tdctl_calls_active"] == 0, 30, "all calls to be over")
        held.set()
        self.assertEqual(self.worker.metrics()["tdctl_legs_active"], 0)
        self.expect(self.record(talking), outcome="answered", ended_by="lost", answered_by=a)
        self.assertEqual(self.why(self.record(ringing))[b], "lost")
        for panel in (ringing, looking):
            self.expect(self.record(panel), outcome="cancelled", ended_by="lost", answered_by=None)
        # Its legs found nobody to dial them, or the new Asterisk did not know the panel, whichever was first.
        self.assertIn((self.record(between)["outcome"], self.record(between)["ended_by"]), {("failed", "pbx"), ("cancelled", "lost")})
        wait(lambda: self.worker.records("sos.finished"), 30, "the record of the emergency call")
        record, = self.worker.records("sos.finished")
        self.expect(record, panel=emergency, outcome="answered")
        self.world.push.wait(lambda: self.ended_pushes(ringing), 30, "the phones that ring to be told")
        self.assertEqual(self.world.asterisk.wait_empty(30), (0, 0))
        self.forget()
        panel, (last,), run = self.visitor(Phone(answer_after=0.2), hold=1.0)
        run.check()
        self.expect(self.record(panel), outcome="answered", ended_by="panel", answered_by=last)
        self.world.tolerated.update(self.worker.errors())    # no Asterisk; no city and no number for the emergency call

    def forget(self):
        """An Asterisk that died sends no CANCEL and no BYE: its phones are let go by the end of their own patience."""
        with self.world.phones.lock:
            for leg in self.world.phones.legs.values():
                leg.state = "ended"
