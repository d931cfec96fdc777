"""What the CRM says of a flat, what it fails to say, and what a dialplan says wrongly."""

import threading

from servers import Mood
from world import Phone, Story, wait


class Crm(Story):
    def moods(self):
        """Every way to fail, by name."""
        held = threading.Event()
        self.addCleanup(held.set)
        return {"status 500": Mood(status=500), "status 403": Mood(status=403), "broken JSON": Mood(body=b'{"flat":"12","accounts":[{'),
                "another shape": Mood(body=b'{"accounts":"many"}'), "two megabytes": Mood(body=b'"' + b"x" * 2_000_000 + b'"'),
                "silence": Mood(held=held)}

    def test_a_crm_that_fails_and_never_answered_ends_the_call(self):
        runs = {}
        for name, mood in self.moods().items():
            self.panel = self.new_panel()
            self.flat(Phone())
            self.world.crm.moods[self.panel] = mood
            runs[name] = self.panel, self.call("panel-refused", edits=[("486", "503")])
        for name, (panel, run) in runs.items():
            with self.subTest(name):
                run.check()
                record = self.record(panel)
                self.world.tolerated.add(record["call"])
                self.expect(record, outcome="failed", ended_by="crm", answered_by=None, legs=[])
                self.assertEqual(record["crm"]["source"], "none")
                self.assertIn("crm", record["note"])
                self.assertEqual(self.world.push.of(panel), [])

    def test_a_crm_that_fails_is_covered_by_its_last_good_answer(self):
        panels = {}
        for name, mood in self.moods().items():
            self.panel = self.new_panel()
            panels[name] = self.panel, mood, self.flat(Phone(answer_after=0.2)), self.call("panel", hold=1.0, records=2)
        second = {}
        for name, (panel, mood, _, run) in panels.items():
            run.check()
            self.record(panel)
            self.world.crm.moods[panel] = mood
            second[name] = self.call("panel", panel=panel, hold=1.0, records=0)
        for name, (panel, _, accounts, _) in panels.items():
            with self.subTest(name):
                second[name].check()
                wait(lambda: len(self.worker.records_of(panel)) == 2, what="both records")
                first, later = self.worker.records_of(panel)
                self.assertEqual((first["crm"]["source"], later["crm"]["source"]), ("live", "stale"))
                self.expect(later, outcome="answered", answered_by=accounts[0])

    def test_a_good_answer_is_remembered_by_the_next_worker(self):
        worker = self.world.worker("memory", {"door": {"app": "TdCallHandler3"}})
        self.use(worker.start(), "*3*")
        a, = self.flat(Phone(answer_after=0.2))
        worker.wait_ready()
        self.call("panel", hold=1.0, records=2).check()
        self.record()
        self.assertEqual(worker.stop(), 0, worker.log())
        self.world.crm.moods[self.panel] = Mood(status=500)
        worker.start().wait_ready()
        self.call("panel", hold=1.0, records=0).check()
        wait(lambda: len(worker.records_of(self.panel)) == 2, what="both records")
        record = worker.records_of(self.panel)[1]
        self.expect(record, outcome="answered", answered_by=a)
        self.assertEqual(record["crm"]["source"], "stale")
        self.assertEqual(worker.stop(), 0, worker.log())

    def test_a_flat_that_the_crm_does_not_know(self):
        self.call("panel-refused", edits=[("486", "404")]).check()
        self.expect(self.record(), outcome="failed", ended_by="unknown_flat", legs=[])

    def test_a_blocked_flat_hears_busy_and_rings_nobody(self):
        a, = self.flat(Phone(), blocked=True)
        self.call("panel-refused").check()
        self.expect(self.record(), outcome="blocked", ended_by="blocked", legs=[])
        self.assertEqual(self.messages(a), [])
        self.assertEqual(self.world.push.of(self.panel), [])

    def test_a_flat_without_accounts(self):
        self.flat()
        self.call("panel-refused", edits=[("486", "480")]).check()
        self.expect(self.record(), outcome="missed", ended_by="no_accounts", legs=[])

    def test_an_account_that_would_change_the_dial_string_is_not_dialled(self):
        good, = self.flat(Phone(answer_after=0.5))
        odd = [f"{good}&PJSIP/0900", "../" + good, f"{good}@evil", "a b", "x" * 300, "\u0000"]
        self.world.crm.set(self.panel, "12", [*odd, good])
        self.call("panel", hold=1.0).check()
        record = self.record()
        self.expect(record, outcome="answered", answered_by=good)
        self.assertEqual(self.dialled(good), 1, "nothing but the good account is rung")
        strangers = {m.user for m in self.world.phones.requests("INVITE") if self.panel in m.header("From")} - {good}
        self.assertEqual(strangers, set())


class Dialplan(Story):
    """The arguments of Stasis() as no sane dialplan gives them. These calls have no usable panel in their records."""

    def hostile(self, number, **options):
        run = self.call("panel-refused", flat=f"*9*{number}", edits=[("486", "404")], records=0, **options)
        return run

    def test_arguments_that_name_no_flat_are_refused_and_said(self):
        def refused():
            return [record for record in self.worker.records() if record["ended_by"] == "bad_arguments"]
        for number in (0, 1, 2, 3, 4):
            self.hostile(number).check()
        wait(lambda: len(refused()) >= 5, what="five records of refused arguments")
        self.assertEqual(len(refused()), 5)
        for record in refused():
            self.expect(record, outcome="failed", panel="", flat="", legs=[])
            self.assertTrue(record["note"], "the record says what was wrong")
            self.assertTrue(record["note"].isprintable() and len(record["note"]) < 500, record["note"])

    def test_spaces_and_further_arguments_change_nothing(self):
        a, = self.flat(Phone(answer_after=0.2))
        self.prefix = "*9*"
        self.call("panel", flat="5", hold=1.0).check()
        self.expect(self.record(), flat="12", outcome="answered", answered_by=a)

    def test_a_leading_dash_a_path_and_other_letters_are_names_like_any(self):
        for number, flat in (("6", "-12"), ("7", "../12?x=1&y=2#%2e"), ("8", "кв 12")):
            with self.subTest(flat):
                self.panel = self.new_panel()
                a, = self.flat(Phone(answer_after=0.2), flat=flat)
                self.prefix = "*9*"
                self.call("panel", flat=number, hold=1.0).check()
                self.expect(self.record(), flat=flat, outcome="answered", answered_by=a)

    def test_an_odd_flat_is_stopped_by_the_example_dialplan(self):
        a, = self.flat(Phone())
        for number, flat in enumerate(("12,9", "12&13", "1a")):
            self.call("panel-refused", flat=flat, edits=[("486", "484")], records=0).check()
        self.assertEqual(self.messages(a), [])
        self.assertEqual(self.worker.records_of(self.panel), [])
