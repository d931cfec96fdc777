"""A RabbitMQ of a test's own on loopback: free ports, an epmd of its own, a scratch directory.

    with RabbitMQ(scratch) as broker:
        broker.url               # amqp://tdctl@127.0.0.1:PORT/, the user of examples/rabbitmq, whose password is broker.password
        broker.crash(); broker.start()
        broker.drain("calls")    # every message of a queue, as parsed bodies
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import lab

CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
USERS = """U = <<"t">>,
rabbit_auth_backend_internal:put_user(#{name => <<"lab">>, password => <<"lab">>, tags => <<>>}, U),
rabbit_auth_backend_internal:set_permissions(<<"lab">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, U),
rabbit_auth_backend_internal:change_password(<<"tdctl">>, <<"secret">>, U)."""


class RabbitMQ:
    password = "secret"

    def __init__(self, scratch):
        self.scratch = pathlib.Path(scratch).resolve()
        self.port, self.epmd_port, self.distribution = [lab.free_port(kind=socket.SOCK_STREAM) for _ in range(3)]
        self.url = f"amqp://tdctl@127.0.0.1:{self.port}/"
        self.process = None
        home = self.scratch / "home"
        home.mkdir(parents=True, exist_ok=True)
        (home / ".erlang.cookie").write_text("THECOOKIEOFTHETEST", encoding="ascii")
        (home / ".erlang.cookie").chmod(0o400)
        (self.scratch / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nload_definitions = {lab.CHECKOUT}/examples/rabbitmq/definitions.json\n",
            encoding="utf-8")
        self.around = {
            "PATH": os.environ["PATH"], "HOME": str(home), "RABBITMQ_NODENAME": f"td{self.port}@localhost",
            "ERL_EPMD_PORT": str(self.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_MNESIA_BASE": f"{self.scratch}/data",
            "RABBITMQ_LOG_BASE": f"{self.scratch}/log", "RABBITMQ_PID_FILE": f"{self.scratch}/pid",
            "RABBITMQ_DIST_PORT": str(self.distribution), "RABBITMQ_CONFIG_FILE": f"{self.scratch}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.scratch}/plugins", "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}", "ERL_CRASH_DUMP_SECONDS": "0"}
        self.epmd = self._run("epmd", "-port", self.epmd_port, "-address", "127.0.0.1")

    def _run(self, *words):
        with open(self.scratch / "output", "ab") as out:
            return subprocess.Popen([str(word) for word in words], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                    env=self.around, preexec_fn=lab.die_with_parent)

    def start(self, timeout=400):
        """Returns when it lets people in."""
        self.process = self._run("/usr/lib/rabbitmq/bin/rabbitmq-server")
        until = time.monotonic() + timeout
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError(f"RabbitMQ did not start: see {self.scratch}/output") from None
                time.sleep(0.1)
        self.control("eval", USERS)
        return self

    def control(self, *words):
        done = subprocess.run([CONTROL, "-q", *words], env=self.around, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=180, check=False)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {words[0]}: {done.stdout}")
        return done.stdout

    def pid(self):
        return int((self.scratch / "pid").read_text())

    def crash(self):
        """kill -9; what was confirmed is on disk."""
        os.kill(self.pid(), signal.SIGKILL)
        self.process.wait()

    def drain(self, queue, limit=180):
        """The bodies of all messages that stand in a queue."""
        standing = dict(line.split("\t") for line in self.control("list_queues", "--no-table-headers", "name", "messages").splitlines())
        left = int(standing[queue])
        reader = subprocess.Popen(["amqp-consume", f"--url=amqp://lab:lab@127.0.0.1:{self.port}", "-q", queue, "-p", "100", "--",
                                   "sh", "-c", "cat; echo"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        os.set_blocking(reader.stdout.fileno(), False)
        text, until = b"", time.monotonic() + limit
        while (came := sum(bool(line.strip()) for line in text.split(b"\n")[:-1])) < left:
            if reader.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"amqp-consume gave {came} of {left} messages, its status: {reader.returncode}")
            text += reader.stdout.read() or b""
            time.sleep(0.05)
        reader.kill()
        reader.wait()
        return [json.loads(line) for line in text.decode().splitlines() if line.strip()]

    def close(self):
        if self.process and self.process.poll() is None:
            self.crash()
        lab.stop(self.epmd)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
