"""Pushes, phones that wake late, and who is told that the ring is over."""

import threading

from servers import Mood
from world import Phone, Story, wait


class Pushing(Story):
    def test_a_push_server_that_hangs_delays_no_leg(self):
        a, b, c, d = self.flat(Phone(answer_after=1.0), Phone(), Phone(), Phone())
        held = threading.Event()
        self.addCleanup(held.set)
        self.world.push.moods[self.panel] = Mood(held=held)
        run = self.call("panel", hold=1.0)
        for account in (a, b, c, d):
            self.world.phones.invite(account)
        self.wait_talking(a)
        self.assertEqual([request.answered_at for request in self.world.push.of(self.panel)],
                         [None] * len(self.world.push.of(self.panel)), "no push was answered before the legs")
        run.check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=a)
        self.assertEqual(len(record["push"]), 4)
        self.assertFalse([each for each in record["push"] if each["accepted"]])
        held.set()

    def test_a_push_server_that_fails_changes_nothing_but_the_record(self):
        a, = self.flat(Phone(answer_after=0.8))
        self.world.push.moods[self.panel] = Mood(status=500)
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=a)
        self.assertEqual([(each["accepted"], each["reason"]) for each in record["push"]], [(False, "status_500")])

    def test_a_push_says_who_and_until_when(self):
        a, = self.flat(Phone(answer_after=0.8))
        self.call("panel", hold=1.0).check()
        record = self.record()
        body = self.world.push.of(self.panel)[0].body
        self.assertEqual({key: body[key] for key in ("call", "kind", "panel", "flat", "title", "devices")},
                         {"call": record["call"], "kind": "ring", "panel": self.panel, "flat": "12",
                          "title": f"House of {self.panel}", "devices": [{"account": a, "device": f"d-{a}", "platform": "ios"}]})
        self.assertTrue(0 < body["ttl_ms"] <= 15000, "no deadline outlives the ring limit")
        self.assertLess(body["sent_at"], body["deadline"])

    def test_a_sleeping_phone_is_pushed_again_and_the_others_are_told_the_end_once(self):
        asleep, rings, answers = self.flat(None, Phone(), Phone(answer_after=6.0))
        self.call("panel", hold=1.0).check()
        self.expect(self.record(), outcome="answered", answered_by=answers)
        self.world.push.wait(lambda: any(kind == "ended" for kind, _, _ in self.world.push.kinds(self.panel)), what="the end")
        pushes = self.world.push.kinds(self.panel)
        self.assertEqual(sorted(pushes[0][2]), sorted(f"d-{each}" for each in (asleep, rings, answers)))
        again = [push for push in pushes[1:] if push[0] == "ring"]
        self.assertGreaterEqual(len(again), 2, pushes)
        for _, _, devices in again:
            self.assertEqual(devices, [f"d-{asleep}"], "a phone that rings is not pushed again")
        ends = [push for push in pushes if push[0] == "ended"]
        self.assertEqual([(reason, sorted(devices)) for _, reason, devices in ends],
                         [("answered_elsewhere", sorted([f"d-{asleep}", f"d-{rings}"]))])

    def test_the_end_says_why(self):
        cases = {"cancelled": ("panel-cancels", {"hold": 1.0}, [Phone()]),
                 "declined": ("panel-refused", {}, [Phone(status=603, status_after=1.0)]),
                 "missed": ("panel-refused", {"edits": [("486", "480")]}, [Phone()])}
        runs = {}
        for reason, (scenario, options, residents) in cases.items():
            self.panel = self.new_panel()
            self.flat(*residents)
            runs[reason] = self.panel, self.call(scenario, **options)
        for reason, (panel, run) in runs.items():
            with self.subTest(reason):
                run.check()
                self.record(panel)
                self.world.push.wait(lambda: any(kind == "ended" for kind, _, _ in self.world.push.kinds(panel)), what="the end")
                self.assertEqual([why for kind, why, _ in self.world.push.kinds(panel) if kind == "ended"], [reason])

    def test_all_devices_of_an_account_are_pushed_and_its_leg_is_one(self):
        a, b = self.flat(Phone(answer_after=1.0), Phone(), devices={0: ["kitchen", "pocket", "tablet"]})
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=a)
        self.assertEqual([(leg["account"], bool(leg["device"])) for leg in record["legs"]], [(a, False), (b, True)],
                         "of several devices only the proxy knows which one it was")
        self.assertEqual({each["device"] for each in record["push"]}, {"kitchen", "pocket", "tablet", f"d-{b}"})
        self.assertEqual(self.dialled(a), 1)
        self.world.push.wait(lambda: any(kind == "ended" for kind, _, _ in self.world.push.kinds(self.panel)), what="the end")
        ended = [devices for kind, _, devices in self.world.push.kinds(self.panel) if kind == "ended"][0]
        self.assertEqual(set(ended), {"kitchen", "pocket", "tablet", f"d-{b}"}, "the others of the winner must fall silent too")

    def test_a_device_with_a_broken_token_is_pushed_once(self):
        broken, answers = self.flat(None, Phone(answer_after=5.0))
        self.world.push.rejected[f"d-{broken}"] = "broken_token"
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=answers)
        self.assertIn({"device": f"d-{broken}", "accepted": False, "reason": "broken_token"}, record["push"])
        rings = [devices for kind, _, devices in self.world.push.kinds(self.panel) if kind == "ring" and f"d-{broken}" in devices]
        self.assertEqual(len(rings), 1)


class Waking(Story):
    def test_a_phone_that_wakes_by_the_push_is_dialled_again_and_answers(self):
        late, = self.flat(None)
        self.world.push.wake[late] = lambda: self.world.phones.set(late, Phone(absent=1, answer_after=0.3))
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=late)
        self.assertGreaterEqual(self.dialled(late), 2)
        self.assertEqual(len(record["legs"]), 1, "redials of a phone are one entry")

    def test_a_phone_that_registers_is_dialled_at_once(self):
        self.use(self.world.strict, "*2*")        # Here late_dial is longer than this story.
        late, rings = self.flat(None, Phone())
        run = self.call("panel", hold=1.0)
        self.world.phones.wait(lambda: self.requests(late, "ACK"), what="the 404 to be taken")
        wait(lambda: [line for line in self.worker.journal() if line.get("fact") == "leg_ended" and self.is_ours(line)],
             what="the worker to know that the phone is not there")
        self.world.phones.set(late, Phone(answer_after=0.3))
        self.assertGreaterEqual(int(self.world.redis.do("PUBLISH", "td:reg", late)), 1, "the worker listens")
        run.check()
        self.expect(self.record(), outcome="answered", answered_by=late)

    def is_ours(self, line):
        """Whether a journal line is about the call of this story's panel."""
        ours = {each["call"] for each in self.worker.journal() if each.get("fact") == "panel_arrived" and each["panel"] == self.panel}
        return line["call"] in ours

    def test_registrations_of_strangers_and_nonsense_change_nothing(self):
        a, = self.flat(Phone(answer_after=2.0))
        run = self.call("panel", hold=1.0)
        self.world.phones.invite(a)
        for name in ("79000000000", "", "a b", "x" * 5000, "\u00ff\u0001", a):
            self.world.redis.do("PUBLISH", "td:reg", name)
        run.check()
        self.expect(self.record(), outcome="answered", answered_by=a)
        self.assertEqual(self.dialled(a), 1, "a phone that rings is not dialled again")

    def test_redis_says_which_panel_is_in_which_call(self):
        a, = self.flat(Phone(answer_after=0.3))
        key = f"td:panel:{self.panel}:call"
        run = self.call("panel", hold=5.0)
        self.wait_talking(a)
        name = self.world.redis.do("GET", key)
        self.assertTrue(0 < int(self.world.redis.do("TTL", key)) <= 30)
        run.check()
        self.assertEqual(self.record()["call"], name)
        wait(lambda: self.world.redis.do("EXISTS", key) == "0", what="the panel to be free")
