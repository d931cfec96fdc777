"""Starting, stopping and reconfiguring a worker, rightly and wrongly. Each of these has a worker of its own."""

import signal
import socket

import lab
from world import Phone, Story, wait


class Stopping(Story):
    def test_a_call_goes_on_to_its_end_when_the_worker_is_told_to_stop(self):
        self.use(self.world.worker("drains", {"door": {"app": "TdCallHandler4"}}).start().wait_ready(), "*4*")
        a, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel", hold=4.0)
        self.wait_talking(a)
        self.worker.tell(signal.SIGTERM)
        wait(lambda: self.worker.page("readyz")[0] == 503, what="a worker that takes no new calls to say so")
        # A call that comes now goes back to the dialplan, which rings the flat itself: nobody stands before a dead door.
        spare = f"4{self.panel}"
        self.world.phones.set(spare, Phone(answer_after=0.2))
        self.accounts.append(spare)
        self.call("panel", flat=spare, panel=self.new_panel(), records=1, hold=0.3).check()
        talk.check()
        self.assertEqual(self.worker.exit_status(), 0, self.worker.log())
        record = self.record()
        self.expect(record, outcome="answered", ended_by="panel", answered_by=a)
        self.assertGreaterEqual(record["talk_ms"], 3000)

    def test_told_twice_it_ends_everything_at_once(self):
        self.use(self.world.worker("twice", {"door": {"app": "TdCallHandler5", "talk_limit": "60s"}}).start().wait_ready(), "*5*")
        a, b = self.flat(Phone(answer_after=0.2), Phone())
        talk = self.call("panel-waits")
        self.wait_talking(a)
        self.worker.tell(signal.SIGTERM)
        wait(lambda: self.worker.page("readyz")[0] == 503, what="the drain to begin")
        self.worker.tell(signal.SIGTERM)
        talk.check()
        self.assertIn(self.worker.exit_status(10), (0, 143), self.worker.log())
        self.expect(self.record(), outcome="answered", ended_by="drain", answered_by=a)


class Reconfiguring(Story):
    def test_a_broken_file_changes_nothing_and_a_good_one_rules_the_next_call(self):
        self.use(self.world.worker("reloads", {"door": {"app": "TdCallHandler6"}}).start().wait_ready(), "*6*")
        good = self.worker.file.read_text()
        self.worker.file.write_text(good + "\n[door\nring_limit = 3\n")
        self.worker.tell(signal.SIGHUP)
        wait(lambda: self.worker.errors(), what="the worker to say what is wrong with the file")
        said = "\n".join(self.worker.errors())
        self.assertIn("tdctl.toml", said)
        self.world.tolerated[self.worker] = self.worker.errors()
        decliner, answers = self.flat(Phone(status=603, status_after=0.2), Phone(answer_after=0.8))
        self.call("panel", hold=0.3).check()
        self.expect(self.record(), outcome="answered", answered_by=answers)

        self.worker.configure({"door": {"on_decline": "end_call"}})
        before = self.worker.log()
        self.worker.tell(signal.SIGHUP)
        wait(lambda: len(self.worker.log()) > len(before), what="the worker to say that it follows the new file")
        first, self.panel = self.panel, self.new_panel()
        decliner, _ = self.flat(Phone(status=603, status_after=0.2), Phone())
        self.call("panel-refused").check()
        self.expect(self.record(), outcome="declined", ended_by="declined")
        self.assertEqual(self.worker.stop(), 0, self.worker.log())


class Starting(Story):
    """A worker that cannot work says why and ends with the status that the manual promises."""

    def refused(self, name, status, *words, changes=None, **options):
        worker = self.made(name, changes or {}, **options)
        worker.start()
        self.assertEqual(worker.exit_status(), status, worker.log())
        for word in words:
            self.assertIn(word, worker.log())
        return worker

    def made(self, name, changes, password=None):
        worker = self.world.worker(name, {"door": {"app": "TdCallHandler8"}, **changes})
        worker.password = password or worker.password
        self.world.unwatched.add(worker)
        self.addCleanup(lambda: worker.process and worker.process.poll() is None and worker.process.kill())
        return worker

    def test_a_wrong_ari_password(self):
        self.refused("password", 12, "password", password="not-the-password")

    def test_a_metrics_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.refused("port", 11, address, changes={"metrics": {"listen": address}})

    def test_a_state_directory_that_cannot_be_written(self):
        file = self.world.scratch / "a-file"
        file.touch()
        for key, section in (("dir", "journal"), ("spool", "feed")):
            with self.subTest(section):
                worker = self.made(f"no-{section}", {section: {key: str(file / "below")}})
                worker.start()
                self.assertNotIn(worker.exit_status(), (0, 130, 143), worker.log())
                self.assertIn(str(file), worker.log())

    def test_nobody_listens_where_asterisk_should_be(self):
        port = lab.free_port(kind=socket.SOCK_STREAM)
        worker = self.made("alone", {"ari": {"url": f"http://127.0.0.1:{port}"}})
        worker.start()
        status, reasons = wait(lambda: (lambda page: page if page[0] else None)(worker.page("readyz")), what="its status page")
        self.assertEqual(status, 503, reasons)
        self.assertIn("sterisk", reasons)
        self.assertEqual(worker.page("healthz")[0], 200, "it lives, and goes on trying")
        worker.tell(signal.SIGTERM)
        self.assertEqual(worker.exit_status(), 0, worker.log())

    def test_a_mistake_in_the_file_is_named_with_its_line(self):
        worker = self.made("mistake", {})
        worker.file.write_text(worker.file.read_text() + "\n[door2]\nring_limt = 3\n")
        worker.start()
        self.assertEqual(worker.exit_status(), 2, worker.log())
        self.assertIn("door2", worker.log())


class Farewell(Story):
    """The last story of all: the worker of the example dialplan drains, and the example dialplan rings the flat without it."""

    alone = True

    def test_the_example_dialplan_rings_the_flat_when_the_worker_drains_and_when_it_is_gone(self):
        a, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel", hold=4.0)
        self.wait_talking(a)
        self.worker.tell(signal.SIGTERM)
        wait(lambda: self.worker.page("readyz")[0] == 503, what="a worker that takes no new calls to say so")
        self.world.phones.set(self.panel, Phone(answer_after=0.2))      # The flat's number, as Kamailio would know it.
        self.accounts.append(self.panel)
        self.call("panel", flat=self.panel, panel=self.new_panel(), records=1, hold=0.3).check()
        talk.check()
        self.assertEqual(self.worker.exit_status(), 0, self.worker.log())
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=a)
        self.call("panel", flat=self.panel, panel=self.new_panel(), records=0, hold=0.3).check()
