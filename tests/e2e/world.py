"""The world of the stories: one real Asterisk, the residents' phones, a CRM, a push server, Redis and workers.

A World starts once per run and is shared. Each story has panels, flats and accounts of its own, so stories can run side
by side; after each the same promises are looked at: nothing of its calls is left in Asterisk, no phone of it still rings,
there is exactly one finished record a call, and its worker is up and ready.
"""

import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lab"))

import lab  # noqa: E402  (the folder must be known first)
import phones  # noqa: E402
import servers  # noqa: E402
import worker as workers  # noqa: E402

Phone = phones.Phone

# What the tests add to the panels' context. *N*flat and *NN*flat lead to the worker of the application TdCallHandlerN, and
# what comes back from there alive is rung by a plain Dial(); *9*N gives the worker arguments that no sane dialplan gives.
DIALPLAN = """\
exten => _*X*X!,1,Stasis(TdCallHandler${EXTEN:1:1},${CALLERID(num)},${EXTEN:3})
 same => n,Dial(PJSIP/${EXTEN:3}@kamailio,45)
 same => n,Hangup()
exten => _*XX*X!,1,Stasis(TdCallHandler${EXTEN:1:2},${CALLERID(num)},${EXTEN:4})
 same => n,Dial(PJSIP/${EXTEN:4}@kamailio,45)
 same => n,Hangup()
exten => _***X!,1,Goto(shared-doors,${EXTEN:3},1)
exten => ****112,1,Goto(shared-emergency,112,1)
exten => *9*0,1,Stasis(TdCallHandler)
exten => *9*1,1,Stasis(TdCallHandler,${CALLERID(num)})
exten => *9*2,1,Stasis(TdCallHandler,,12)
exten => *9*3,1,Set(long=0123456789012345678901234567890123456789012345678901234567890123)
 same => n,Set(long=${long}${long}${long}${long}${long}${long}${long}${long})
 same => n,Set(long=${long}${long}${long}${long}${long}${long}${long}${long})
 same => n,Stasis(TdCallHandler,${CALLERID(num)},${long})
exten => *9*4,1,Stasis(TdCallHandler,${CALLERID(num)},1\a2\x1b[2J)
exten => *9*5,1,Stasis(TdCallHandler,  ${CALLERID(num)}  , 12 ,and,more)
exten => *9*6,1,Stasis(TdCallHandler,${CALLERID(num)},-12)
exten => *9*7,1,Stasis(TdCallHandler,${CALLERID(num)},../12?x=1&y=2#%2e)
exten => *9*8,1,Stasis(TdCallHandler,${CALLERID(num)},кв 12)
"""


def wait(question, timeout=60, what="something"):
    """The first true answer to question(), asked again and again. The limit is for what never comes true."""
    until = time.monotonic() + timeout
    while not (answer := question()):
        if time.monotonic() > until:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.05)
    return answer


def over(question, timeout=30):
    """What question() still finds after a while; nothing as soon as it finds nothing."""
    until = time.monotonic() + timeout
    while (left := question()) and time.monotonic() < until:
        time.sleep(0.1)
    return left


class Redis:
    """A Redis of its own; it says so if there is none."""

    def __init__(self, scratch):
        self.port = lab.free_port(kind=lab.socket.SOCK_STREAM)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.scratch = scratch
        self.start()

    def start(self):
        with open(self.scratch / "redis.out", "ab") as out:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                 "--dir", str(self.scratch)], stdout=out, stderr=out, preexec_fn=lab.die_with_parent)
        wait(lambda: self.do("PING") == "PONG", what="Redis to answer")

    def do(self, *words):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, timeout=60)
        return done.stdout.strip()

    def crash(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        lab.stop(self.process)


class World:
    current = None             # the stories of a run share it

    def __init__(self, version, scratch):
        for tool in ("sipp", "tshark", "redis-server", "redis-cli", "zstdcat"):
            if not shutil.which(tool):
                raise RuntimeError(f"{tool} is missing: scripts/packages install test")
        if not os.access(os.environ.get("TDCTL_BINARY", ""), os.X_OK):
            raise RuntimeError("TDCTL_BINARY must name the tdctl to be tested")
        self.version, self.scratch = version, pathlib.Path(scratch)
        self.numbers = itertools.count(50001)
        self.calls = {}        # (worker, panel) -> how many finished records there must be
        self.phones = phones.Phones("127.0.0.3")
        self.crm, self.push = servers.Crm(), servers.Push()
        self.redis = Redis(self.scratch)
        self.asterisk = lab.AsteriskServer(version, self.scratch / "asterisk", phones=self.phones.address,
                                           edits=[("extensions.conf", "[from-panels]\n",
                                                   "#include several-workers.conf\n[from-panels]\n" + DIALPLAN),
                                                  # A user who may look at everything and change nothing.
                                                  ("ari.conf", "[tdctl]\n", "[reader]\ntype = user\nread_only = yes\n"
                                                   f"password_format = plain\npassword = {lab.AsteriskServer.password}\n\n[tdctl]\n"),
                                                  # Many an operator loads every module: no key may get lost by this one.
                                                  ("modules.conf", "load = bridge_simple.so\n",
                                                   "load = bridge_simple.so\nload = bridge_native_rtp.so\n")])
        self.workers = []
        self.tolerated = set()  # words of error lines that a story caused on purpose
        self.unwatched = set()  # workers that are meant to fail

    def start(self):
        self.asterisk.start()
        # The ring and talk limits are as short as the stories allow; a machine that is busy must still manage.
        self.main = self.worker("main", {"panels": {"busy": self.redis.url}}).start()
        # Here a decline ends the call, and a phone that was not there is dialled again only when it registers.
        self.strict = self.worker("strict", {
            "door": {"app": "TdCallHandler2", "on_decline": "end_call", "late_dial": "30s", "ring_limit": "40s"},
            "panels": {"busy": self.redis.url}}).start()
        self.main.wait_ready()
        self.strict.wait_ready()
        World.current = self
        return self

    def worker(self, name, changes):
        """A worker that knows this world; `changes` are laid over the stories' usual settings."""
        door = changes.get("door", {}).get("app", "TdCallHandler")
        made = workers.Worker(self.scratch / name, workers.merged({
            "ari": {"url": self.asterisk.url},
            "sos": {"app": door.replace("TdCallHandler", "TdCallSos")},
            "door": {"ring_limit": "15s", "talk_limit": "12s", "late_dial": "1s"},
            "crm": {"url": self.crm.url, "fresh": "0s", "timeout": "5s"},
            "push": {"url": self.push.url, "timeout": "5s", "repeat": "2s"},
        }, changes), password=self.asterisk.password)
        self.workers.append(made)
        return made

    def close(self):
        World.current = None
        for each in self.workers:
            if each.process and each.process.poll() is None:
                each.process.kill()
                each.process.wait()
        self.asterisk.stop()
        self.phones.close()
        self.crm.close()
        self.push.close()
        self.redis.close()

    def left_of(self, panels, calls):
        """What Asterisk still holds of these panels or of these calls."""
        ours = tuple(f"td.{call}" for call in calls)
        channels = [each["name"] + " " + each["id"] for each in self.asterisk.ari("GET", "channels")
                    if each["caller"]["number"] in panels or each["id"].startswith(ours)]
        return channels + [each["id"] for each in self.asterisk.ari("GET", "bridges") if each["id"].startswith(ours)]

    def panel_talks(self, panel):
        """Whether the panel's leg is answered and stands in a bridge with somebody else."""
        up = {each["id"] for each in self.asterisk.ari("GET", "channels")
              if each["caller"]["number"] == panel and each["state"] == "Up"}
        return any(len(each["channels"]) > 1 and up & set(each["channels"]) for each in self.asterisk.ari("GET", "bridges"))


class Story(unittest.TestCase):
    """One story. The worker is the main one unless `setUp` of the story says otherwise.

    `alone` stories run by themselves, before or after the others.
    """

    alone = False
    releases = ("16", "22")    # of Asterisk that have what the story is about; the others do not count it as told
    maxDiff = None

    def setUp(self):
        self.world = World.current
        self.worker, self.prefix = self.world.main, ""
        self.panel = self.new_panel()
        self.runs, self.accounts = [], []

    def new_panel(self):
        self.panels = getattr(self, "panels", set())
        panel = str(next(self.world.numbers))
        self.panels.add(panel)
        return panel

    def use(self, worker, prefix):
        """The story's calls go to this worker, by way of the dialplan's *N*."""
        self.worker, self.prefix = worker, prefix

    # Who lives there, who calls.

    def flat(self, *residents, flat="12", devices=None, **words):
        """Puts a flat behind the panel; each resident is a Phone, or None for one that is not registered."""
        names = [f"79{self.panel}{number:04}" for number in range(1, len(residents) + 1)]
        for name, phone in zip(names, residents):
            if phone:
                self.world.phones.set(name, phone)
        self.accounts += names
        self.world.crm.set(self.panel, flat, {name: (devices or {}).get(number, [f"d-{name}"])
                                              for number, name in enumerate(names)}, **words)
        return names

    def call_112(self, hold):
        """A panel calls 112, which answers: the panel's name and its run."""
        panel = str(next(self.world.numbers))
        self.world.gateway.set("112", Phone(answer_after=0.2))
        run = lab.Sipp("panel", self.world.scratch / "sipp", target=self.world.asterisk.sip, service="112", hold=hold,
                       keys={"panel": panel}, name=f"{panel}-sos", timeout=90)
        self.addCleanup(run.stop)
        return panel, run

    def call(self, scenario="panel-waits", flat="12", panel=None, records=1, **options):
        """A panel calls. `records` is how many finished records must come of it."""
        panel = panel or self.panel
        self.world.calls[self.worker, panel] = self.world.calls.get((self.worker, panel), 0) + records
        options = {"keys": {"panel": panel}, **options}
        run = lab.Sipp(scenario, self.world.scratch / "sipp", target=self.world.asterisk.sip, service=self.prefix + flat,
                       name=f"{panel}-{len(self.runs) + 1}-{scenario}", **options)
        self.runs.append(run)
        self.addCleanup(run.stop)
        return run

    def capture(self):
        return lab.Capture(self.world.scratch / "wire", f"udp and not portrange 0-1023", name=self.panel)

    # What came of it.

    def record(self, panel=None, timeout=60):
        """The first finished record of the panel."""
        return wait(lambda: self.worker.records_of(panel or self.panel), timeout, f"the record of panel {panel or self.panel}")[0]

    def expect(self, record, **words):
        self.assertEqual({word: record[word] for word in words}, words, record)

    def why(self, record):
        """Account to the reason why its leg ended."""
        return {leg["account"]: leg["why"] for leg in record["legs"]}

    def messages(self, account):
        """All messages of the account's legs, in and out, in order."""
        with self.world.phones.lock:
            legs = {name for name, leg in self.world.phones.legs.items() if leg.invite.user == account}
            return [message for message in self.world.phones.messages if message.call_id in legs]

    def requests(self, account, method):
        """The requests Asterisk sent in the account's legs."""
        return [m for m in self.messages(account) if m.status is None and m.method == method and m.source != self.world.phones.address]

    def told(self, account, method):
        """The same once there is one. Asterisk says it by a thread of its own, and may be later than the record of the call."""
        return self.world.phones.wait(lambda: self.requests(account, method), what=f"{method} for {account}")

    def dialled(self, account):
        """How many legs the account had. An INVITE that is repeated because nobody was quick enough to answer it is none."""
        return len({m.call_id for m in self.requests(account, "INVITE")})

    def wait_talking(self, account, timeout=60):
        self.world.phones.wait(lambda: self.world.phones.states().get(account) == "talking", timeout, f"{account} to talk")

    def tearDown(self):
        for run in self.runs:
            self.assertIsNotNone(run.process.poll(), f"SIPp {run.name} still runs")
        for panel in self.panels:
            wanted = self.world.calls.get((self.worker, panel), 0)
            wait(lambda: len(self.worker.records_of(panel)) >= wanted, 60, f"{wanted} records of panel {panel}")
            self.assertEqual(len(self.worker.records_of(panel)), wanted, f"finished records of panel {panel}")
        calls = [record["call"] for panel in self.panels for record in self.worker.records_of(panel)]
        wait(lambda: not self.world.left_of(self.panels, calls), 60, "Asterisk to let go of everything")
        for account in self.accounts:
            wait(lambda: account not in self.world.phones.live(), 60, f"{account} to stop ringing")
        for call in calls:
            kinds = [request.body["kind"] for request in list(self.world.push.requests) if request.body["call"] == call]
            self.assertLessEqual(kinds.count("ended"), 1, kinds)
            self.assertNotIn("ring", kinds[kinds.index("ended"):] if "ended" in kinds else [], "a ring after the end")
        if self.worker.process.poll() is None:
            self.assertEqual(self.worker.page("readyz")[0], 200)
