"""Several Asterisks with a worker each, as examples/systemd/tdctl-serve-ari@.service has them; Redis, RabbitMQ and the pool are
one for all."""

import os

import lab
import mariadb
from elsewhere import Elsewhere
from rabbitmq import RabbitMQ
from sos_run import FIAS, Crm
from world import Phone, Story, wait

NUMBERS = [f"7351200000{number}" for number in range(1, 9)]


class Node:
    """An Asterisk and its worker."""

    def __init__(self, world, name, shared):
        self.world = Elsewhere(world, f"asterisk-{name}")
        self.world.asterisk.start()
        self.worker = self.world.worker(name, {
            "door": {"ring_limit": "60s", "talk_limit": "120s"}, "sos": {"window": "60s", "guard": "5s", "default_route": "112"},
            **shared})
        self.phones, self.gateway = self.world.phones, self.world.gateway

    def call(self, scenario, panel, service, **options):
        return lab.Sipp(scenario, self.world.scratch / "sipp", target=self.world.asterisk.sip, service=service, timeout=90,
                        keys={"panel": panel}, name=f"{panel}-{scenario}-{service}-{self.worker.scratch.name}", **options)

    def close(self):
        if self.worker.process and self.worker.process.poll() is None:
            self.worker.process.kill()
            self.worker.process.wait()
        self.world.close()


class Nodes(Story):
    alone = True               # two Asterisks, a broker and a database are much for two cores

    def setUp(self):
        super().setUp()
        self.crm = Crm()
        self.addCleanup(self.crm.close)
        database, broker = mariadb.MariaDb(self.world.scratch / "nodes-mariadb"), RabbitMQ(self.world.scratch / "nodes-rabbitmq")
        self.addCleanup(database.stop)
        self.addCleanup(broker.close)
        database.start()
        self.broker = broker.start()
        database.run_example("1-database.sql")
        os.environ["NODES_FEED"] = broker.password
        shared = {"crm": {"url": self.crm.url, "fresh": "0s", "timeout": "10s"}, "panels": {"busy": self.world.redis.url},
                  "pool": {"url": database.url("td_admin"), "timeout": "10s"}, "callback_map": {"url": self.world.redis.url},
                  "feed": {"url": broker.url, "password": "env:NODES_FEED"}}
        self.nodes = [Node(self.world, name, shared) for name in ("ast1", "ast2")]
        for node in self.nodes:
            self.addCleanup(node.close)
            node.worker.pool_password = database.admin
            self.world.unwatched.add(node.worker)         # RabbitMQ takes its records out of the spool
        self.nodes[0].worker.run("sos-pool", "migrate")
        database.run_example("2-worker.sql")
        self.nodes[0].worker.run("sos-pool", "city", "add", FIAS, "--name", "Chelyabinsk", "--route", "112")
        self.nodes[0].worker.run("sos-pool", "add", f"{NUMBERS[0]}-{NUMBERS[-1]}", "--city", FIAS)
        for node in self.nodes:
            node.worker.pool_password = database.worker   # from here on with least rights
            node.worker.configure({"pool": {"url": database.url("td_worker")}})
            node.worker.start().wait_ready()
            wait(lambda node=node: node.worker.metrics()["tdctl_pool_up"] == 1, 30, "the pool to be reached")
        self.panels = set()                               # counted here, over both workers
        self.worker = self.nodes[0].worker

    def call_in_redis(self, panel):
        return self.world.redis.do("GET", f"td:panel:{panel}:call")

    def talks(self, node, account, panel):
        node.phones.wait(lambda: node.phones.states().get(account) == "talking", 30, f"{account} to talk")
        wait(lambda: node.world.panel_talks(panel), 30, "the panel to talk")

    def test_the_same_panel_calls_by_both_asterisks_at_once(self):
        panel, account = str(next(self.world.numbers)), "79001112233"
        self.crm.set(panel, "12", [account])
        runs = []
        for node in self.nodes:
            node.phones.set(account, Phone(answer_after=0.3))
            runs.append(node.call("panel-waits", panel, "12"))
            self.addCleanup(runs[-1].stop)
        for node in self.nodes:
            self.talks(node, account, panel)
        calls = [wait(lambda node=node: self.arrived(node, panel), 30, "the journal") for node in self.nodes]
        newest = wait(lambda: self.call_in_redis(panel), 30, "Redis to know of the panel")
        self.assertIn(newest, calls)
        first = calls.index(newest) ^ 1                   # the call that Redis does not name
        self.nodes[first].phones.hang_up(account)
        runs[first].check()
        wait(lambda: self.nodes[first].worker.metrics()["tdctl_calls_active"] == 0, 30, "the first call to end")
        self.assertEqual(self.call_in_redis(panel), newest, "the other call has the panel still")
        self.assertEqual(self.nodes[first ^ 1].worker.metrics()["tdctl_calls_active"], 1)
        self.nodes[first ^ 1].phones.hang_up(account)
        runs[first ^ 1].check()
        wait(lambda: not self.call_in_redis(panel), 30, "the panel to be free")
        self.emergency_calls_of_both()
        self.records_of_both(panel, calls)

    def arrived(self, node, panel):
        return next((line["call"] for line in node.worker.journal() if line.get("fact") == "panel_arrived" and line["panel"] == panel),
                    None)

    def emergency_calls_of_both(self):
        """Two panels at once, two numbers of one pool; the callback of one comes by the other's Asterisk."""
        self.callers = [str(next(self.world.numbers)) for _ in self.nodes]
        runs = []
        for node, panel in zip(self.nodes, self.callers):
            node.gateway.set("112", Phone(answer_after=0.3))
            runs.append(node.call("panel", panel, "112", hold=1.0))
            self.addCleanup(runs[-1].stop)
        invites = [node.gateway.wait(lambda node=node: node.gateway.requests("INVITE", "112"), 30, "the INVITE")[0] for node in self.nodes]
        self.numbers = [invite.header("From").partition("sip:")[2].partition("@")[0] for invite in invites]
        for run in runs:
            run.check()
        self.assertEqual(len(set(self.numbers) & set(NUMBERS)), 2, f"each has a number of its own: {self.numbers}")
        for panel, number in zip(self.callers, self.numbers):
            self.assertEqual(self.world.redis.do("GET", f"td:sos:route:{number}"), panel)
        there = self.nodes[1]
        there.phones.set(self.callers[0], Phone(answer_after=0.3))
        back = there.call("callback", self.callers[0], self.numbers[0], address="127.0.0.3", hold=0.5)
        self.addCleanup(back.stop)
        back.check()

    def sent(self, metrics):
        return metrics["tdctl_feed_confirmed_total"] == metrics["tdctl_feed_records_total"]

    def records_of_both(self, panel, calls):
        """RabbitMQ has the records of both nodes, each once, and nothing else."""
        for node in self.nodes:
            wait(lambda node=node: node.worker.metrics()["tdctl_calls_active"] == 0, 30, "all calls to be over")
            wait(lambda node=node: self.sent(node.worker.metrics()), 60, "all records to be at the broker")
            self.assertEqual(node.worker.stop(), 0, node.worker.log())
        bodies = [each for each in self.broker.drain("td.calls") if "outcome" in each]     # the others are alerts
        doors = [each for each in bodies if each.get("flat") == "12"]
        self.assertEqual(sorted(each["call"] for each in doors), sorted(calls))
        for each in doors:
            self.expect(each, panel=panel, outcome="answered", ended_by="account", answered_by="79001112233")
        emergencies = {each["panel"]: each["number"] for each in bodies if "attempts" in each}
        self.assertEqual(emergencies, dict(zip(self.callers, self.numbers)))
        backs = [each for each in bodies if "called" in each]
        self.assertEqual([(each["number"], each["panel"], each["outcome"]) for each in backs],
                         [(self.numbers[0], self.callers[0], "answered")])
        self.assertEqual(len(bodies), 5, bodies)
