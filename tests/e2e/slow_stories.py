"""A worker that does not read what Asterisk tells it, until Asterisk has enough of it."""

import signal
import time

import lab
from elsewhere import Elsewhere
from world import Phone, Story, wait

# Two events of a panel that leaves unserved, of some kilobytes each: what the kernel takes for a slow reader is filled soon.
TALKATIVE = """\
[from-panels]
exten => *7*8,1,Set(long=0123456789012345678901234567890123456789012345678901234567890123)
 same => n,Set(long=${long}${long}${long}${long}${long}${long}${long}${long})
 same => n,Set(long=${long}${long}${long}${long}${long}${long})
 same => n,Stasis(TdCallHandler,${CALLERID(num)},12,${long})
 same => n,Dial(PJSIP/12@kamailio,45)
 same => n,Hangup()
"""


class SlowReader(Story):
    alone = True               # hundreds of calls at once

    def setUp(self):
        super().setUp()
        self.world = Elsewhere(self.world, "asterisk-of-a-slow-one", edits=[("extensions.conf", "[from-panels]\n", TALKATIVE)])
        self.addCleanup(self.world.close)
        self.world.asterisk.start()
        self.worker = self.world.worker("slow", {"door": {"ring_limit": "30s", "talk_limit": "600s"}}).start().wait_ready()
        self.addCleanup(lambda: self.assertEqual(self.worker.stop(), 0, self.worker.log()))
        self.addCleanup(lambda: self.worker.tell(signal.SIGCONT))

    def flood(self, number):
        """A hundred panels that call and give up; who is rung by the dialplan in between is not kept long."""
        run = lab.Sipp("panel-cancels", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="*7*8", calls=100, rate=25.0,
                       keys={"panel": self.many}, name=f"{self.many}-flood-{number}", timeout=120,
                       edits=[('<recv response="180" />\n\n  <pause />',
                               '<recv response="180" timeout="500" ontimeout="on" />\n  <label id="on" />'),
                              ("branch-4", "branch-3"), ("branch-7", "branch-6")])
        self.addCleanup(run.stop)
        run.wait()

    def dropped(self):
        """Whether Asterisk has given the worker up, and the dialplan rings the flats."""
        return "Stasis app 'TdCallHandler' not active" in self.world.asterisk.log()

    def test_the_calls_of_a_worker_that_read_nothing_for_long_go_on_when_it_reads_again(self):
        a, = self.flat(Phone(answer_after=0.2))
        talking, talk = self.panel, self.call("panel-waits", timeout=590)
        self.wait_talking(a, 30)
        wait(lambda: self.world.panel_talks(talking), 30, "the panel to talk")
        self.many = str(next(self.world.numbers))
        self.world.crm.set(self.many, "12", [])
        self.world.phones.set("12", Phone(ring_after=0.0))
        self.worker.tell(signal.SIGSTOP)
        calls, until = 0, time.monotonic() + 90
        while not self.dropped() and time.monotonic() < until:
            self.flood(calls)
            calls += 100
        print(f"a worker read nothing of {calls} calls: Asterisk "
              + (f"dropped it, and rang {len(self.world.phones.requests('INVITE', '12'))} flats itself" if self.dropped() else "kept all for it"),
              flush=True)
        self.worker.tell(signal.SIGCONT)
        if self.dropped():     # It does when the kernel takes no more for websocket_write_timeout; when it notices is its own affair.
            wait(lambda: self.worker.metrics()["tdctl_ari_gaps_total"] >= 1, 60, "the gap to be counted")
        self.worker.wait_ready(60)
        wait(lambda: self.worker.metrics()["tdctl_calls_active"] == 1, 60, "the panels that left to be done with")
        self.assertIsNone(talk.process.poll(), "the talk goes on")
        self.assertTrue(self.world.panel_talks(talking))
        self.world.phones.hang_up(a)
        talk.check()
        self.expect(self.record(talking), outcome="answered", ended_by="account", answered_by=a)
        self.panel = self.new_panel()
        b, = self.flat(Phone(answer_after=0.2))
        self.call("panel", hold=0.5, timeout=90).check()
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=b)
        self.assertEqual(self.world.asterisk.wait_empty(150), (0, 0))
        self.world.tolerated.update(self.worker.errors())    # the line was lost
