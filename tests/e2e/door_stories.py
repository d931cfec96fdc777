"""Ringing, answering, declining, hanging up: what a visitor and the residents live through."""

import csv
import struct

from world import Phone, Story, wait

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


class Answering(Story):
    def test_the_first_of_four_to_answer_gets_the_panel(self):
        a, b, c, d = self.flat(Phone(), Phone(answer_after=0.5), Phone(), Phone())
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, flat="12", outcome="answered", ended_by="panel", answered_by=b, opened_door=False)
        self.assertEqual(self.why(record), {a: "answered_elsewhere", b: "answered", c: "answered_elsewhere",
                                            d: "answered_elsewhere"})
        self.assertGreaterEqual(record["ring_ms"], 500)
        self.assertGreaterEqual(record["talk_ms"], 500)
        self.assertEqual([each["accepted"] for each in record["push"]], [True] * 4)
        for loser in (a, c, d):
            self.assertIn(ELSEWHERE, self.told(loser, "CANCEL")[0].headers("Reason"))

    def test_a_panel_may_have_a_hyphen_in_its_name(self):
        self.panel = f"entrance-{self.panel}"
        self.panels.add(self.panel)
        a, = self.flat(Phone(answer_after=0.2))
        self.call("panel", hold=0.5).check()
        self.expect(self.record(), outcome="answered", answered_by=a)

    def test_the_wire_shows_ringing_at_once_and_losers_told_why(self):
        accounts = self.flat(*[Phone(ring_after=0.3, answer_after=1.0 if i == 2 else None) for i in range(4)])
        with self.capture() as wire:
            self.call("panel", hold=1.0).check()
        story = [m for m in wire.sip() if self.panel in m.header("From")]
        to_panel = [m for m in story if m.target[0] == "127.0.0.2" and m.status and m.method == "INVITE"]
        # What is repeated because the other side was slow is said once here.
        self.assertEqual(list(dict.fromkeys(m.status for m in to_panel if m.status != 100)), [180, 200])
        ringing = next(m.at for m in to_panel if m.status == 180)
        invites = [m for m in story if m.target == self.world.phones.address and m.method == "INVITE" and m.status is None]
        self.assertEqual(sorted({m.user for m in invites}), sorted(accounts), "each account is invited, by its own name")
        answered = next(m.at for m in story if m.status == 200 and m.method == "INVITE" and m.source == self.world.phones.address)
        self.assertLess(ringing, answered, "the panel rings in the second before the phone is answered")
        cancels = [m for m in story if m.method == "CANCEL" and m.status is None]
        self.assertEqual({m.user for m in cancels}, set(accounts) - {accounts[2]})
        for cancel in cancels:
            self.assertIn(ELSEWHERE, cancel.headers("Reason"))

    def test_a_dead_heat_leaves_exactly_one_in_the_call(self):
        # On a busy machine the CANCEL may be a moment faster than the second answer; then the two cross on the wire.
        a, b = self.flat(Phone(answer_after=0.3, deaf_to_cancel=True), Phone(answer_after=0.3, deaf_to_cancel=True))
        self.call("panel", hold=5.0).check()
        record = self.record()
        winner, loser = (a, b) if record["answered_by"] == a else (b, a)
        self.expect(record, outcome="answered", ended_by="panel", answered_by=winner)
        self.assertEqual(self.why(record), {winner: "answered", loser: "answered_elsewhere"})
        self.assertTrue([m for m in self.messages(loser) if m.status == 200 and m.method == "INVITE"], "both answered")
        ends = {account: self.world.phones.wait(lambda: self.requests(account, "BYE") + self.requests(account, "CANCEL"),
                                                what=f"the end of {account}") for account in (a, b)}
        ends = {account: min(m.at for m in messages) for account, messages in ends.items()}
        self.assertLess(ends[loser] + 0.5, ends[winner], "the loser is let go long before the talk ends")

    def test_a_phone_that_answers_in_the_moment_it_is_cancelled_is_let_go(self):
        a, b = self.flat(Phone(answer_after=0.4), Phone(deaf_to_cancel=True))
        self.call("panel", hold=1.5).check()
        record = self.record()
        self.expect(record, outcome="answered", ended_by="panel", answered_by=a)
        self.assertEqual(self.why(record), {a: "answered", b: "answered_elsewhere"})
        self.assertTrue(self.told(b, "BYE"), "its answer crossed the CANCEL, so a BYE ends it")

    def test_sixteen_accounts_all_ring_and_one_answers(self):
        accounts = self.flat(*[Phone(answer_after=1.5 if i == 11 else None) for i in range(16)])
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=accounts[11])
        self.assertEqual(self.why(record), {each: "answered" if each == accounts[11] else "answered_elsewhere"
                                            for each in accounts})
        for each in accounts:
            self.assertEqual(self.dialled(each), 1, each)

    def test_fifty_calls_at_once_are_all_served(self):
        table = self.world.scratch / "fifty.csv"
        panels = [self.new_panel() for _ in range(50)]
        for panel in panels:
            self.panel = panel
            self.flat(Phone(answer_after=1.0), Phone())
        with open(table, "w", encoding="ascii", newline="") as file:
            file.write("SEQUENTIAL\n")
            csv.writer(file, delimiter=";", lineterminator="\n").writerows([panel, "12"] for panel in panels)
        run = self.call("panel", panel=panels[0], calls=50, rate=50, hold=2.0, timeout=60,
                        edits=[("[panel]", "[field0]"), ("[service]", "[field1]")], options=["-inf", str(table)])
        for panel in panels[1:]:
            self.world.calls[self.worker, panel] = 1
        run.check()
        for panel in panels:
            self.expect(self.record(panel), outcome="answered", ended_by="panel", answered_by=f"79{panel}0001")


class Ending(Story):
    def test_the_visitor_gives_up_while_it_rings(self):
        a, b = self.flat(Phone(), Phone())
        self.call("panel-cancels", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="cancelled", ended_by="panel", answered_by=None, talk_ms=0)
        self.assertEqual(self.why(record), {a: "cancelled", b: "cancelled"})
        self.assertTrue(self.told(a, "CANCEL") and self.told(b, "CANCEL"))

    def test_the_visitor_hangs_up_while_they_talk(self):
        a, = self.flat(Phone(answer_after=0.2))
        self.call("panel", hold=1.0).check()
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=a)
        self.assertTrue(self.told(a, "BYE"))

    def test_the_resident_hangs_up_while_they_talk(self):
        a, b = self.flat(Phone(answer_after=0.2, hang_up_after=1.0), Phone())
        self.call("panel-waits").check()
        self.expect(self.record(), outcome="answered", ended_by="account", answered_by=a)

    def test_the_talk_limit_ends_the_talk(self):
        a, = self.flat(Phone(answer_after=0.2))
        self.call("panel-waits").check()
        record = self.record()
        self.expect(record, outcome="answered", ended_by="talk_limit", answered_by=a)
        self.assertGreaterEqual(record["talk_ms"], 12000)
        self.assertTrue(self.told(a, "BYE"))

    def test_a_panel_that_vanished_in_the_talk_is_ended_by_the_talk_limit(self):
        a, = self.flat(Phone(answer_after=0.2))
        self.call("panel-vanishes", hold=0.5).wait()
        self.expect(self.record(), outcome="answered", ended_by="talk_limit", answered_by=a)
        self.assertTrue(self.told(a, "BYE"))

    def test_nobody_answers_until_the_ring_limit(self):
        a, dead = self.flat(Phone(), Phone(silent=True))
        self.call("panel-refused", edits=[("486", "480")]).check()
        record = self.record()
        self.expect(record, outcome="missed", ended_by="ring_limit", answered_by=None, talk_ms=0)
        self.assertEqual(self.why(record), {a: "no_answer", dead: "unreachable"})
        self.assertGreaterEqual(record["ring_ms"], 15000)
        self.assertTrue(self.told(a, "CANCEL"))

    def test_everybody_declines(self):
        a, b = self.flat(Phone(status=603, status_after=0.4), Phone(rings_first=True, status=486, status_after=0.8))
        self.call("panel-refused").check()
        record = self.record()
        self.expect(record, outcome="declined", ended_by="declined", answered_by=None)
        self.assertEqual(self.why(record), {a: "declined", b: "declined"}, "a phone that rang and then says busy was declined")

    def test_everybody_is_busy(self):
        a, b = self.flat(Phone(status=486), Phone(status=486))
        self.call("panel-refused").check()
        record = self.record()
        self.expect(record, outcome="missed", ended_by="everybody_busy", answered_by=None)
        self.assertEqual(self.why(record), {a: "busy", b: "busy"})

    def test_one_declines_and_another_answers(self):
        a, b = self.flat(Phone(status=603, status_after=0.3), Phone(answer_after=1.0))
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=b)
        self.assertEqual(self.why(record), {a: "declined", b: "answered"})

    def test_a_decline_ends_the_call_where_the_operator_wants_it(self):
        self.use(self.world.strict, "*2*")
        a, b = self.flat(Phone(status=603, status_after=0.5), Phone())
        self.call("panel-refused").check()
        record = self.record()
        self.expect(record, outcome="declined", ended_by="declined", answered_by=None)
        self.assertEqual(self.why(record), {a: "declined", b: "cancelled"})
        self.assertTrue(self.told(b, "CANCEL"))

    def test_a_second_call_of_the_same_panel_is_a_call_of_its_own(self):
        a, = self.flat(Phone(answer_after=0.2))
        first = self.call("panel", hold=3.0)
        self.wait_talking(a)
        self.world.phones.set(b := f"79{self.panel}7777", Phone())
        self.accounts.append(b)
        self.world.crm.set(self.panel, "13", [b])
        self.call("panel-cancels", flat="13", hold=0.5).check()
        first.check()
        wait(lambda: len(self.worker.records_of(self.panel)) == 2, what="two records")
        records = {record["flat"]: record for record in self.worker.records_of(self.panel)}
        self.expect(records["12"], outcome="answered", ended_by="panel", answered_by=a)
        self.expect(records["13"], outcome="cancelled", ended_by="panel", answered_by=None)
        self.assertNotEqual(records["12"]["call"], records["13"]["call"])


class Opening(Story):
    def keys_heard(self, wire):
        """The RFC 4733 events that reached the panel: the keys whose end was sent."""
        heard = []
        for _, _, target, payload in wire.packets():
            if target == self.media and len(payload) == 16 and payload[0] == 0x80 and payload[1] & 0x7f == 101:
                key, flags = struct.unpack_from("!BB", payload, 12)
                stamp = struct.unpack_from("!I", payload, 4)[0]
                if flags & 0x80 and (key, stamp) not in heard:
                    heard.append((key, stamp))
        return [key for key, _ in heard]

    def call_and_listen(self, scenario, meanwhile=lambda: None, **options):
        with self.capture() as wire:
            run = self.call(scenario, **options)
            meanwhile()
            run.check()
        invite = next(m for m in wire.sip() if m.method == "INVITE" and m.source[0] == "127.0.0.2"
                      and self.panel in m.header("From"))
        line = next(each for each in invite.body.split("\r\n") if each.startswith("m=audio"))
        self.media = ("127.0.0.2", int(line.split()[1]))
        return self.keys_heard(wire)

    def press(self, account, keys):
        """The resident presses keys once the two talk. Before that they reach nobody: Asterisk 16 takes half a second to join."""
        wait(lambda: self.world.panel_talks(self.panel), what="the panel to talk")
        self.world.phones.press(account, keys)

    def test_a_flat_that_opens_by_itself_sends_the_key_and_hangs_up(self):
        a, = self.flat(Phone(), auto_open=True)
        self.assertEqual(self.call_and_listen("panel-waits"), [1])
        self.expect(self.record(), outcome="answered", ended_by="auto_open", answered_by=None, opened_door=True, legs=[])
        self.assertEqual(self.messages(a), [], "nobody is rung")
        self.assertEqual(self.world.push.of(self.panel), [], "nobody is pushed")

    def test_all_of_many_keys_are_played_before_the_panel_is_hung_up(self):
        worker = self.world.worker("many-keys", {"door": {"app": "TdCallHandler1", "open_dtmf": "*1234567890#"}})
        self.use(worker.start().wait_ready(), "*1*")
        self.flat(Phone(), auto_open=True)
        self.assertEqual(self.call_and_listen("panel-waits"), [10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 11])
        self.expect(self.record(), outcome="answered", ended_by="auto_open", opened_door=True)
        self.assertEqual(worker.stop(), 0, worker.log())

    def test_a_resident_opens_the_door_with_the_key(self):
        a, = self.flat(Phone(answer_after=0.2))
        keys = self.call_and_listen("panel", lambda: self.press(a, "1"), hold=5.0)
        self.assertEqual(keys, [1], "the key reaches the panel")
        self.expect(self.record(), outcome="answered", answered_by=a, opened_door=True)

    def test_another_key_opens_nothing(self):
        a, = self.flat(Phone(answer_after=0.2))
        self.assertEqual(self.call_and_listen("panel", lambda: self.press(a, "5"), hold=5.0), [5])
        self.expect(self.record(), outcome="answered", answered_by=a, opened_door=False)
