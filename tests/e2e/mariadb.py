"""A MariaDB of a test's own, with the database and the users of examples/mysql."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import lab

EXAMPLE = lab.CHECKOUT / "examples/mysql"


class MariaDb:
    admin, worker = "change-me-admin", "change-me-worker"     # as the example has them

    def __init__(self, scratch):
        self.scratch = pathlib.Path(scratch).resolve()
        self.scratch.mkdir(parents=True, exist_ok=True)
        for tool in ("mariadbd", "mariadb-install-db", "mariadb"):
            if not shutil.which(tool):
                raise RuntimeError(f"{tool} is missing: scripts/packages install test")
        self.port, self.process = lab.free_port(kind=lab.socket.SOCK_STREAM), None
        subprocess.run(["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={self.scratch}/data",
                        "--auth-root-authentication-method=normal", "--skip-test-db"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        with open(self.scratch / "mariadb.out", "ab") as out:
            self.process = subprocess.Popen(
                ["mariadbd", "--no-defaults", "--user=root", f"--datadir={self.scratch}/data", f"--port={self.port}",
                 "--bind-address=127.0.0.1", f"--socket={self.scratch}/s", f"--pid-file={self.scratch}/pid",
                 "--innodb-buffer-pool-size=32M", "--skip-log-bin"],
                stdout=out, stderr=out, preexec_fn=lab.die_with_parent)
        until = time.monotonic() + 180
        while self.sql("SELECT 1", check=False).strip() != "1":
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"MariaDB did not start: see {self.scratch}/mariadb.out")
            time.sleep(0.1)
        return self

    def sql(self, words, check=True):
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.scratch}/s", "-uroot", "-N", "-B", "-e", words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        if check and done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def run_example(self, name):
        self.sql((EXAMPLE / name).read_text(encoding="utf-8"))

    def url(self, user):
        return f"mysql://{user}@127.0.0.1:{self.port}/td"

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.go_on()
            lab.stop(self.process, gently_for=20)
