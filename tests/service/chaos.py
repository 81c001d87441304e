"""A server, its database, its agents and their connections in chaos, and what must hold once all is quiet.

Nothing acknowledged is lost, nothing is doubled, nothing that was over goes on, and nothing is stuck.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chaos_faults import Faults, filling, killing, setting
from chaos_load import CLUSTER, EVERYTHING, Load
from chaos_places import Disk, PostgreSQL, SetClock
from chaos_proxy import Proxy
from running import DEADLINE_S
from server_process import ServerProcess

from placewise.errors import PlacewiseError
from placewise.service.client import Client, JobState
from placewise.service.client.messages.cluster_documents import Documents
from placewise.service.store.rows.job import OVER

AGENTS = 3
AGENT_LOST_S = 4.0
MOST_ATTEMPTS = 50
ROUND_S = 20.0
QUIET_S = 120
SLOW_S = 20
_TOLD = {
    "lease_s": 3.0,
    "sweep_s": 0.3,
    "agent_lost_s": AGENT_LOST_S,
    "orphans": "requeue",
    "most_attempts": MOST_ATTEMPTS,
}
_NODES = '{"graph": {"nodes": {"0": {"metadata": {"type": "cluster"}}}, "edges": []}}'
_TRACEBACK = re.compile(r"Traceback.*?\n(?=\S)[^\n]*\n", re.DOTALL)
_INTERNAL = re.compile("internal error|the agent failed|exc_info")
FAULTS = ("server kills", "PostgreSQL kills", "agent kills", "cut connections", "full disks", "clock jumps")
BAD = ("lost", "doubled", "resurrected", "stuck", "otherwise wrong")


@dataclass
class Figures:
    """What came of a run on one database; what is `BAD` is to be 0."""

    counts: Counter = field(default_factory=Counter)
    problems: list = field(default_factory=list)

    def found(self, kind, problems):
        self.counts[kind] += len(problems)
        self.problems += [f"{kind}: {one}" for one in problems]

    @property
    def bad(self):
        return sum(self.counts[kind] for kind in BAD)


def chaos(kind, seconds, seed, say=lambda _: None, pace=1.0):
    """Let chaos rule for so many seconds on a kind of database, sqlite or postgresql, and return the figures."""
    # Not private to this user: a PostgreSQL that root starts is another.
    folder = Path(tempfile.mkdtemp(prefix="placewise-chaos-"))
    try:
        return _Run(kind, folder, seed, say, pace).run(seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Server(ServerProcess):
    def kill(self, _=None):
        super().kill()


class _Agent:
    """`placewise agent` as a process of its own."""

    def __init__(self, folder, number, target, secret, clock):
        self.log = folder / f"agent-{number}.log"
        self._words = ["agent", "--exec", "env", "--cluster", CLUSTER, "--server", target]
        self._words += ["--poll", "0.5", "--grace", "1", "--jobs", "2"]
        own = {"PLACEWISE_SECRET": secret, "XDG_CONFIG_HOME": str(folder)}
        self._environment = os.environ | own | clock.environment
        self._process = None

    @property
    def alive(self):
        return self._process is not None and self._process.poll() is None

    def start(self):
        with self.log.open("ab") as log:
            words = [sys.executable, "-m", "placewise", *self._words]
            self._process = subprocess.Popen(words, stdout=log, stderr=log, env=self._environment)

    def kill(self, _=None):
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_S)


class _Run:
    def __init__(self, kind, folder, seed, say, pace):
        self._pace = pace
        self._kind = kind
        self._folder = folder
        self._seed = seed
        self._say = say
        self._figures = Figures()
        self._executions = folder / "executions"
        self._executions.touch()

    def run(self, seconds):
        with contextlib.ExitStack() as stack:
            disk = Disk(self._folder / "disk")
            stack.callback(disk.close)
            clocks = [SetClock(self._folder, name) for name in ("server", "agents")]
            faults = Faults(self._seed, self._pace)
            database = disk.folder / "placewise.db"
            if self._kind == "postgresql":
                postgresql = PostgreSQL(disk.folder)
                stack.callback(postgresql.stop)
                database = postgresql.url
                faults.keep(postgresql)
                faults.add("PostgreSQL kills", 12, killing(postgresql))
            server = self._server = _started(self._folder, database, clocks[0])
            stack.callback(server.kill)
            proxy = stack.enter_context(Proxy(lambda: server.target))
            secret = _registered(server)
            agents = [_Agent(self._folder, number, proxy.target, secret, clocks[1]) for number in range(AGENTS)]
            for thing in (server, *agents):
                faults.keep(thing)
            for agent in agents:
                stack.callback(agent.kill)
                faults.add("agent kills", 6 * AGENTS, killing(agent))
            faults.add("server kills", 12, killing(server))
            faults.add("cuts", 1, lambda random: proxy.cut(random) is None)
            if disk.can_be_full:
                faults.add("full disks", 20, filling(disk, faults.wait, 4.0), disk.free)
            if clocks[0].can_be_set:
                faults.add("clock jumps", 4, setting(clocks), lambda: [clock.set(0) for clock in clocks])
            load = Load(self._seed, proxy.target, lambda: server.target, self._executions)
            with faults.running():
                until = time.monotonic() + seconds
                with load.running():
                    while time.monotonic() < until:
                        self._rage(min(until - time.monotonic(), ROUND_S), load, faults, proxy)
                        with faults.pausing():
                            if not self._calm(load):
                                break
                with faults.pausing():
                    jobs = self._quiet(load)
                    self._count(load, faults, proxy)
                    self._judge(load, jobs)
            self._figures.found("otherwise wrong", [*load.told.wrong, *faults.wrong])
            self._read_logs(server, agents)
        return self._figures

    def _rage(self, seconds, load, faults, proxy):
        time.sleep(seconds)
        done = ", ".join(f"{name} {count}" for name, count in sorted(faults.done.items()) if name != "cuts")
        over, told = len(load.told.over), len(load.told.submitted)
        self._say(f"{self._kind}: acknowledged {told}, over {over}, cuts {proxy.cuts}, {done}")

    def _calm(self, load):
        """Wait for a bounded time until what was submitted so far is over, and say whether it is."""
        before = set(load.told.submitted.values())
        began = time.monotonic()
        deadline = began + QUIET_S
        while left := before - load.told.over.keys():
            if time.monotonic() > deadline:
                self._say(f"{self._kind}: these do not end: {sorted(left)[:20]}")
                return False
            last = left
            time.sleep(0.2)
        if (took_s := time.monotonic() - began) > SLOW_S:
            self._say(f"{self._kind}: {sorted(last)[:20]} ended {took_s:.0f} s after the storm")
        return True

    def _quiet(self, load):
        """Wait until every job is over, for a bounded time, and return the jobs."""
        self._say(f"{self._kind}: all is quiet, {load.waiting} jobs are not over")
        deadline = time.monotonic() + QUIET_S
        jobs = {}
        while time.monotonic() < deadline:
            time.sleep(1)
            with contextlib.suppress(PlacewiseError), Client(self._server.target) as client:
                jobs = load.look(client)
                if all(job.state in OVER for job in jobs.values()):
                    # What was given up still runs to its end somewhere, and may be reported.
                    time.sleep(AGENT_LOST_S)
                    return load.look(client)
        return jobs

    def _count(self, load, faults, proxy):
        counts = self._figures.counts
        counts["acknowledged submissions"] = len(load.told.submitted)
        counts["submissions sent again"] = load.told.repeated
        counts["acknowledged cancellations"] = len(load.told.cancelled)
        counts |= Counter({name: count for name, count in faults.done.items() if name != "cuts"})
        counts["cut connections"] = proxy.cuts

    def _judge(self, load, jobs):
        told, figures = load.told, self._figures
        begun, ended = _executed(self._executions)
        figures.counts["executions"] = sum(begun.values())
        for job in jobs.values():
            figures.counts[str(job.state)] += 1
            figures.counts["attempts given up"] += max(0, job.attempts - 1)
        by_name = Counter(job.name for job in jobs.values())
        doubled = [f"{name} is {count} jobs" for name, count in by_name.items() if count > 1]
        doubled += [
            f"{one.name} ran {begun[one.name]} times in {one.attempts} attempts"
            for one in jobs.values()
            if begun[one.name] > one.attempts
        ]
        figures.found("doubled", doubled + told.doubled)
        lost, resurrected, wrong = [], list(told.resurrected), []
        with Client(self._server.target) as client:
            for name, number in told.submitted.items():
                known = client.get_job(number, EVERYTHING) if number in jobs else None
                if known is None or (known.name, known.cluster, known.jobspec) != (
                    name,
                    CLUSTER,
                    told.asked[name].jobspec,
                ):
                    lost.append(f"{name}, {known}")
                    continue
                states = [event.state for event in known.history]
                if OVER & set(states[:-1]) or states[-1] != known.state:
                    resurrected.append(f"{name}: {states}")
                wrong += _of_outcome(known, told, begun[name], ended[name])
        figures.found("lost", lost)
        figures.found("resurrected", resurrected)
        stuck = [job for job in jobs.values() if job.state not in OVER]
        if stuck:
            with Client(self._server.target) as client:
                stuck = [client.get_job(job.id, EVERYTHING) for job in stuck]
        figures.found("stuck", [f"{job}\n{self._of_agent(job)}" for job in stuck])
        figures.found("otherwise wrong", wrong)

    def _of_agent(self, job):
        return subprocess.run(
            ["grep", "-h", f"job {job.id}:", *map(str, self._folder.glob("agent-*.log"))],
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    def _read_logs(self, server, agents):
        logs = {"the server": server.logged(), **{one.log.name: one.log.read_text(errors="replace") for one in agents}}
        for name, text in logs.items():
            found = {one[0][-1500:].strip().rpartition("\n")[2]: one[0] for one in _TRACEBACK.finditer(text)}
            problems = [f"{name}: {one[-3000:]}" for one in found.values()]
            problems += [f"{name}: {line}" for line in text.splitlines() if _INTERNAL.search(line)][:5]
            self._figures.found("otherwise wrong", problems)


def _started(folder, database, clock):
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            return _Server(folder, database, clock.environment, **_TOLD)
        except AssertionError:  # the database comes up as well
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _registered(server):
    with Client(server.target) as client:
        given = client.register_cluster(Documents(_NODES), registration_secret=server.registration_secret, name=CLUSTER)
    return given.secret


def _executed(path):
    """Return how often each job began and ended, by name."""
    begun, ended = Counter(), Counter()
    for line in path.read_text().splitlines():
        name, _, what = line.split()
        (begun if what == "begins" else ended)[name] += 1
    return begun, ended


def _of_outcome(job, told, begun, ended):
    """Say what is wrong with how a job that is over ended."""
    succeeds = told.asked[job.name].succeeds
    given_up = job.attempts >= MOST_ATTEMPTS and "is given up" in job.reason
    if job.name in told.cancelled and job.state != JobState.CANCELLED:
        return [f"{job.name} was cancelled and is {job}"]
    right = {
        JobState.FINISHED: succeeds and ended > 0,
        JobState.FAILED: given_up or (not succeeds and ended > 0 and job.reason == "exit code 1"),
        JobState.CANCELLED: job.name in told.cancelling,
    }
    return [] if right.get(job.state, True) else [f"began {begun} times, ended {ended} times: {job}"]


def table(by_kind):
    """Return figures by database as lines of one table."""
    rows = ["acknowledged submissions", "submissions sent again", "acknowledged cancellations", *FAULTS, "executions"]
    rows += ["attempts given up", *(str(one) for one in sorted(OVER)), *BAD]
    columns = {**by_kind, "all": Figures(sum((one.counts for one in by_kind.values()), Counter()))}
    lines = [" " * 28 + "".join(f"{name:>12}" for name in columns)]
    lines += [f"{row:<28}" + "".join(f"{one.counts[row]:>12}" for one in columns.values()) for row in rows]
    return "\n".join(lines)
