#!/usr/bin/env python3
"""tdctl sos-pool on real MariaDB and real Redis, with the users of examples/mysql.

    TDCTL_BINARY=build/tdctl tests/integration/sos_pool/sos_pool_test.py [-k WORD]
"""

import concurrent.futures
import ctypes
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/lab"))

import lab  # noqa: E402  (the folder must be known first)

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
BINARY = str(pathlib.Path(os.environ.get("TDCTL_BINARY", CHECKOUT / "build/tdctl")).resolve())
CITY = "a376e68d-724a-4472-be7c-891bdb09ae32"
HOUR = 3_600_000_000


def die_with_parent():
    """A test that is killed must not leave a server behind (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    """A server of the test's own, on a free port of loopback, stopped by its own process id."""

    def __init__(self, scratch):
        self.scratch, self.port, self.process = scratch, lab.free_port(kind=lab.socket.SOCK_STREAM), None
        scratch.mkdir()
        self.out = (scratch / "out").open("ab")

    def start(self):
        self.process = subprocess.Popen(self.words(), stdout=self.out, stderr=self.out, preexec_fn=die_with_parent)
        until = time.monotonic() + 180
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"{self.words()[0]} did not start:\n{(self.scratch / 'out').read_text()}")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(120)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        self.out.close()


class MariaDB(Server):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={scratch / 'data'}", f"--user={self.user}",
                        "--skip-test-db", "--auth-root-authentication-method=normal"], stdout=self.out,
                       stderr=self.out, check=True)
        self.start()
        self.sql((CHECKOUT / "examples/mysql/1-database.sql").read_text())

    def words(self):
        return ["mariadbd", "--no-defaults", f"--datadir={self.scratch / 'data'}", f"--user={self.user}",
                f"--port={self.port}", f"--socket={self.scratch / 'socket'}", f"--pid-file={self.scratch / 'pid'}",
                "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
                "--innodb-flush-log-at-trx-commit=2"]

    def client(self, *words, **more):
        return subprocess.run(["mariadb", "--no-defaults", f"--socket={self.scratch / 'socket'}", "--user=root",
                               *words], capture_output=True, text=True, check=False, timeout=120, **more)

    def answers(self):
        return self.client("-e", "SELECT 1").returncode == 0

    def sql(self, statements):
        done = self.client(input=statements)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def url(self, user):
        return f"mysql://{user}@127.0.0.1:{self.port}/td"


class Redis(Server):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.start()

    def words(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self.scratch)]

    def answers(self):
        return self.do("PING") == "PONG"

    def do(self, *words):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True, check=False,
                              timeout=60)
        return done.stdout.strip()


class SosPool(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="tdctl-sos-pool-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        cls.mariadb = MariaDB(cls.scratch / "mariadb")
        cls.addClassCleanup(cls.mariadb.close)
        cls.redis = Redis(cls.scratch / "redis")
        cls.addClassCleanup(cls.redis.close)
        cls.environment = {"PATH": os.environ["PATH"], "SUDO_USER": "anna", "TDCTL_CONFIG": str(cls.scratch / "t.toml"),
                           "TDCTL_POOL_PASSWORD": "change-me-worker"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                cls.environment[name] = os.environ[name]
        (cls.scratch / "t.toml").write_text(
            f'[pool]\nurl = "{cls.mariadb.url("td_worker")}"\n'
            f'[callback_map]\nurl = "redis://127.0.0.1:{cls.redis.port}/0"\n'
            '[sos]\nwindow = "180m"\nguard = "60m"\n')
        cls.as_admin = {"TDCTL_POOL_URL": cls.mariadb.url("td_admin"), "TDCTL_POOL_PASSWORD": "change-me-admin"}
        done = cls.ran("migrate", more=cls.as_admin)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        cls.mariadb.sql((CHECKOUT / "examples/mysql/2-worker.sql").read_text())

    @classmethod
    def ran(cls, *words, more=None):
        return subprocess.run([BINARY, "--json", "sos-pool", *words], env=cls.environment | (more or {}),
                              capture_output=True, text=True, check=False, timeout=180)

    def setUp(self):
        self.mariadb.sql("USE td; DELETE FROM sos_number; DELETE FROM sos_lease; DELETE FROM sos_city;")
        self.redis.do("FLUSHALL")
        self.run_ok("city", "add", CITY, "--name", "Челябинск", "--route", "73512000112")

    def run_with(self, status, *words, more=None):
        done = self.ran(*words, more=more)
        self.assertEqual(status, done.returncode, f"{words}\n{done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def run_ok(self, *words):
        return self.run_with(0, *words)[0]

    def lease(self, panel):
        return self.run_ok("lease", "--panel", panel, "--city", "Челябинск")[0]["number"]

    def findings(self, status, *words):
        return [(each["finding"], each["number"]) for each in self.run_with(status, "verify", *words)[0]]

    def let_pass(self, hours):
        past = f"- {hours * HOUR}"
        self.mariadb.sql(f"USE td; UPDATE sos_number SET until = until {past}, guard_until = guard_until {past}, "
                         f"free_at = free_at {past}, led_until = led_until {past}; "
                         f"UPDATE sos_lease SET leased_at = leased_at {past}, ended_at = ended_at {past}, "
                         f"window_until = window_until {past};")

    def test_a_number_goes_its_way_and_the_callback_map_with_it(self):
        self.run_ok("add", "73512000001-73512000002", "--city", CITY)
        number = self.lease("5001")
        route = f"td:sos:route:{number}"
        self.assertEqual("5001", self.redis.do("GET", route))
        self.run_ok("end", number)
        left = int(self.redis.do("PTTL", route))
        self.assertTrue(179 * 60_000 < left <= 180 * 60_000, left)
        self.assertEqual("5001", self.run_ok("who", number)[0]["panel"])
        self.assertEqual("5001", json.loads(self.redis.do("GET", f"td:sos:site:{number}"))["panel"])
        self.run_with(12, "release", number)
        self.assertEqual("5001", self.redis.do("GET", route))
        self.assertEqual("guard", self.run_ok("release", number, "--force", "--why", "ticket 812")[0]["state"])
        self.assertEqual("", self.redis.do("GET", route))
        self.run_with(10, "who", number)
        self.assertEqual([], self.findings(0))
        audit = self.run_ok("audit", number, "--limit", "1")[0]
        self.assertEqual(("release", "ticket 812"), (audit["act"], audit["why"]))
        self.assertTrue(audit["who"].startswith("anna@"))

    def test_time_is_written_down_and_the_routes_go(self):
        self.run_ok("add", "73512000001", "--city", CITY)
        number = self.lease("5001")
        self.run_ok("end", number)
        self.let_pass(3)
        self.assertEqual("guard", self.run_ok("show", number)[0]["state"])
        self.assertEqual([("stale", number)], self.findings(4))
        self.assertEqual("guard", self.run_ok("expire")[0]["state"])
        self.assertEqual("", self.redis.do("GET", f"td:sos:route:{number}"))
        self.run_with(9, "expire")
        self.assertEqual([], self.findings(0))

    def test_a_rehearsal_leaves_no_trace(self):
        self.run_ok("add", "73512000001", "--city", CITY)
        self.assertTrue(self.run_ok("lease", "--panel", "5001", "--city", CITY, "--dry-run")[0]["dry_run"])
        self.assertEqual("free", self.run_ok("show", "73512000001")[0]["state"])
        self.assertEqual("", self.redis.do("KEYS", "*"))
        number = self.lease("5001")
        self.assertEqual("guard", self.run_ok("release", number, "--force", "--dry-run")[0]["state"])
        self.assertEqual("5001", self.redis.do("GET", f"td:sos:route:{number}"))

    def test_a_map_that_was_emptied_or_spoilt_is_found_and_repaired(self):
        self.run_ok("add", "73512000001-73512000004", "--city", CITY)
        first, second, third = (self.lease(panel) for panel in ("5001", "5002", "5003"))
        self.assertEqual([], self.findings(0))
        self.redis.do("DEL", f"td:sos:route:{first}", f"td:sos:site:{first}", f"td:sos:lease:{first}")
        self.redis.do("SET", f"td:sos:route:{second}", "5009")
        self.redis.do("SET", f"td:sos:lease:{third}", "1000000", "KEEPTTL")
        self.redis.do("SET", "td:sos:route:73512000004", "5004")
        wrong = [("missing", first), ("wrong_panel", second), ("newer_lease", third), ("stale", "73512000004")]
        self.assertEqual(wrong, self.findings(4))
        self.assertEqual(wrong, self.findings(4, "--repair", "--dry-run"))
        self.assertEqual(wrong, self.findings(0, "--repair"))
        self.assertEqual([], self.findings(0))
        routes = [self.redis.do("GET", f"td:sos:route:7351200000{n}") for n in range(1, 5)]
        self.assertEqual(["5001", "5002", "5003", ""], routes)

    def test_a_map_that_was_lost_is_rebuilt(self):
        self.run_ok("add", "73512000001-73512000020", "--city", CITY)
        with concurrent.futures.ThreadPoolExecutor(4) as hands:
            numbers = list(hands.map(self.lease, (str(5000 + n) for n in range(20))))
        self.redis.do("FLUSHALL")
        self.redis.do("SET", "td:sos:route:73519999999", "5001")
        self.run_ok("rebuild", "--dry-run")
        self.assertEqual("", self.redis.do("GET", f"td:sos:route:{numbers[0]}"))
        done = self.run_ok("rebuild")[0]
        self.assertEqual((20, 1), (done["written"], done["removed"]))
        for place, number in enumerate(numbers):
            self.assertEqual(str(5000 + place), self.redis.do("GET", f"td:sos:route:{number}"))
        self.assertEqual([], self.findings(0))

    def test_many_at_once_never_get_one_number(self):
        self.run_ok("add", "73512000001-73512000030", "--city", CITY)
        with concurrent.futures.ThreadPoolExecutor(10) as hands:
            numbers = list(hands.map(self.lease, (str(5000 + n) for n in range(30))))
        self.assertEqual(30, len(set(numbers)))
        self.run_with(4, "lease", "--panel", "6000", "--city", CITY)

    def test_a_worker_has_no_right_to_remove(self):
        self.run_ok("add", "73512000001", "--city", CITY)
        _, said = self.run_with(12, "remove", "73512000001")
        self.assertNotIn("change-me", said)
        self.run_with(0, "remove", "73512000001", more=self.as_admin)

    def test_a_wrong_password_is_no_reason_to_try_again_and_is_never_shown(self):
        _, said = self.run_with(12, "list", more={"TDCTL_POOL_PASSWORD": "hunter2"})
        self.assertNotIn("hunter2", said)

    def test_without_the_database_nothing_is_done_and_said_so(self):
        self.run_ok("add", "73512000001", "--city", CITY)
        self.mariadb.stop()
        try:
            self.run_with(5, "lease", "--panel", "5001", "--city", CITY)
        finally:
            self.mariadb.start()
        self.assertEqual("free", self.run_ok("show", "73512000001")[0]["state"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
