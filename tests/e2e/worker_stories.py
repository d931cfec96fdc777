"""Starting, stopping and reconfiguring a worker, rightly and wrongly. Each of these has a worker of its own."""

import signal
import socket

import lab
from world import Phone, Story, wait


class Stopping(Story):
    def test_a_call_goes_on_to_its_end_when_the_worker_is_told_to_stop(self):
        self.use(self.world.worker("drains", {"door": {"app": "TdCallHandler4", "talk_limit": "60s"}}).start().wait_ready(), "*4*")
        a, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel", hold=10.0)
        self.wait_talking(a)
        self.worker.tell(signal.SIGTERM)
        wait(lambda: self.worker.page("readyz")[0] == 503, what="a worker that takes no new calls to say so")
        # A call that comes now goes back to the dialplan, which rings the flat itself: nobody stands before a dead door.
        spare = f"4{self.panel}"
        self.world.phones.set(spare, Phone(answer_after=0.2))
        self.accounts.append(spare)
        self.call("panel", flat=spare, panel=self.new_panel(), records=1, hold=1.0).check()
        talk.check()
        self.assertEqual(self.worker.exit_status(), 0, self.worker.log())
        record = self.record()
        self.expect(record, outcome="answered", ended_by="panel", answered_by=a)
        self.assertGreaterEqual(record["talk_ms"], 9000)

    def test_the_time_to_drain_is_limited(self):
        self.use(self.world.worker("hurries", {"door": {"app": "TdCallHandler7", "talk_limit": "60s"}}), "*7*")
        self.worker.start("--drain", "2s").wait_ready()
        a, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel-waits")
        self.wait_talking(a)
        self.worker.tell(signal.SIGTERM)
        talk.check()
        self.assertEqual(self.worker.exit_status(), 0, self.worker.log())
        self.expect(self.record(), outcome="answered", ended_by="drain", answered_by=a)

    def test_told_twice_it_ends_at_once(self):
        self.use(self.world.worker("twice", {"door": {"app": "TdCallHandler5", "talk_limit": "60s"}}).start().wait_ready(), "*5*")
        a, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel", hold=12.0)
        self.wait_talking(a)
        wait(lambda: self.world.panel_talks(self.panel), what="Asterisk to have answered the panel as well")
        self.worker.tell(signal.SIGTERM)
        wait(lambda: self.worker.page("readyz")[0] == 503, what="the drain to begin")
        self.worker.tell(signal.SIGTERM)
        self.assertEqual(self.worker.exit_status(), 143, self.worker.log())
        self.assertIsNone(talk.process.poll(), "the talk itself goes on: it is in Asterisk, not in the worker")
        talk.check()
        self.worker.start().wait_ready()          # The next worker remembers that call, and finds that it is over.
        self.expect(self.record(), outcome="answered", ended_by="lost", answered_by=a)


class Together(Story):
    def test_a_worker_that_starts_leaves_the_calls_of_another_alone(self):
        a, b = self.flat(Phone(answer_after=5.0), Phone())
        ringing = self.call("panel", hold=1.0)
        self.world.phones.invite(a)
        talking, self.panel = self.panel, self.new_panel()
        c, = self.flat(Phone(answer_after=0.2))
        talk = self.call("panel", hold=3.0)
        self.wait_talking(c)
        other = self.world.worker("other", {"door": {"app": "TdCallHandler3other"}}).start().wait_ready()
        talk.check()
        ringing.check()
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=c)
        self.expect(self.record(talking), outcome="answered", ended_by="panel", answered_by=a)
        self.assertEqual(other.stop(), 0, other.log())


class Reconfiguring(Story):
    def test_a_broken_file_changes_nothing_and_a_good_one_rules_the_next_call(self):
        self.use(self.world.worker("reloads", {"door": {"app": "TdCallHandler6"}}).start().wait_ready(), "*6*")
        good = self.worker.file.read_text()
        self.worker.file.write_text(good + "\n[door\nring_limit = 3\n")
        self.worker.tell(signal.SIGHUP)
        wait(lambda: "reload refused" in self.worker.log(), what="the worker to have said all that is wrong with the file")
        said = "\n".join(self.worker.errors())
        self.assertIn("tdctl.toml", said)
        self.world.tolerated.update(self.worker.errors())
        decliner, answers = self.flat(Phone(status=603, status_after=0.2), Phone(answer_after=0.8))
        self.call("panel", hold=1.0).check()
        self.expect(self.record(), outcome="answered", answered_by=answers)

        self.worker.configure({"door": {"on_decline": "end_call"}})
        self.worker.tell(signal.SIGHUP)
        wait(lambda: '"reloaded"' in self.worker.log(), what="the worker to say that it follows the new file")
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
        worker = self.made("lonely", {"ari": {"url": f"http://127.0.0.1:{port}"}})
        worker.start("--wait", "10s")
        status, reasons = wait(lambda: (lambda page: page if page[0] else None)(worker.page("readyz")), what="its status page")
        self.assertEqual(status, 503, reasons)
        self.assertIn(f"Asterisk at http://127.0.0.1:{port}", reasons)
        self.assertEqual(worker.page("healthz")[0], 200, "it lives, and goes on trying")
        self.assertEqual(worker.exit_status(), 5, worker.log())
        self.assertIn(f"127.0.0.1:{port}", worker.log())

    def test_a_stop_before_asterisk_is_there(self):
        worker = self.made("early", {"ari": {"url": f"http://127.0.0.1:{lab.free_port(kind=socket.SOCK_STREAM)}"}})
        worker.start("--wait", "60s")
        wait(lambda: worker.page("healthz")[0] == 200, what="the worker to live")
        worker.tell(signal.SIGTERM)
        self.assertEqual(worker.exit_status(), 0, worker.log())

    def test_a_redis_that_is_not_there_is_an_alarm_and_no_reason_to_take_no_calls(self):
        port = lab.free_port(kind=socket.SOCK_STREAM)
        worker = self.made("no-redis", {"panels": {"busy": f"redis://127.0.0.1:{port}/0"}}).start().wait_ready()
        wait(lambda: "alarm panels_redis: " in worker.page("readyz")[1], what="the alarm")
        self.assertEqual(worker.page("readyz")[0], 200)
        self.assertEqual(worker.stop(), 0, worker.log())

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
        talk = self.call("panel", hold=8.0)
        self.wait_talking(a)
        self.worker.tell(signal.SIGTERM)
        wait(lambda: self.worker.page("readyz")[0] == 503, what="a worker that takes no new calls to say so")
        self.world.phones.set(self.panel, Phone(answer_after=0.2))      # The flat's number, as Kamailio would know it.
        self.accounts.append(self.panel)
        self.call("panel", flat=self.panel, panel=self.new_panel(), records=1, hold=1.0).check()
        talk.check()
        self.assertEqual(self.worker.exit_status(), 0, self.worker.log())
        self.expect(self.record(), outcome="answered", ended_by="panel", answered_by=a)
        self.call("panel", flat=self.panel, panel=self.new_panel(), records=0, hold=1.0).check()
