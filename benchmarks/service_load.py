"""Load a scheduler through the wire and print what it answers: calls a second, latencies, memory, processor time.

    python benchmarks/service_load.py [EXPERIMENT_FOLDER] [--callers 16] [--seconds 10] [--profile FILE]

Starts `placewise serve` on this machine with a SQLite file in a temporary folder, registers every cluster of the
folder (whole, by Placewise's protocol, and on a second server a call a subsystem, by rainbow's), and then asks: each
caller sends its next call when its last was answered, all from one process over one connection. Jobs have 18 to 24
requirements and a shape; every submitted jobspec is a text of its own. Without a folder, PLACEWISE_DATA/reliabuild
is taken, or ../shared/data/reliabuild, or else one is drawn from the profile that comes with Placewise.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import grpc

from placewise.formats.fleets.jgf.clusters import cluster_documents
from placewise.formats.jobs.jobspec import jobspec_document
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub
from placewise.service.wire.rainbow_pb2_grpc import RainbowSchedulerStub
from placewise.study.sources import draw, read_study

FEWEST, MOST = 18, 24
NODES, CORES = 4, 2
SHAPE = (ResourceRequest("node", 1, (ResourceRequest("core", 2),)),)
TOKEN = "benchmark-token"
SECRET = "benchmark-registration"
CALLERS_REGISTERING = 32


def inputs(folder):
    given = folder or Path(os.environ.get("PLACEWISE_DATA", "../shared/data")) / "reliabuild"
    return read_study(given) if given.is_dir() else draw(shipped_profile("reliabuild"), 100, 10_000, 0)


def texts(cluster):
    """Return a cluster's documents as texts: its nodes, and its subsystems by name, each on every node."""
    vertices = [Vertex("root", "cluster")]
    for node in range(NODES):
        vertices.append(Vertex(f"node{node}", "node", 0))
        above = len(vertices) - 1
        vertices += [Vertex(f"node{node}core{core}", "core", above) for core in range(CORES)]
    nodes = tuple(i for i, vertex in enumerate(vertices) if vertex.type == "node")
    subsystems = tuple(
        Subsystem(one.name, tuple(SubsystemVertex(vertex.properties, nodes) for vertex in one.vertices))
        for one in cluster.subsystems
    )
    documents = cluster_documents(Cluster(cluster.name, ResourceGraph(tuple(vertices)), subsystems))
    by_name = {name.removesuffix("-subsystem.json"): json.dumps(value) for name, value in documents.items()}
    return by_name.pop("nodes.json"), by_name


def jobspecs(workload, many):
    counts = workload.requirement_counts
    chosen = [job for job in range(len(workload)) if FEWEST <= counts[job] <= MOST][:many]
    jobs = (workload.job(job) for job in chosen)
    shaped = (Job(job.name, (ResourceGroup(SHAPE, job.requirements),), ("spack", "install", job.name)) for job in jobs)
    return [json.dumps(jobspec_document(job, "nextgen")) for job in shaped]


class Server:
    """`placewise serve` as a process of its own, with its addresses."""

    def __init__(self, scratch, name, profile=None, database=None, environment=None, arguments=()):
        self.log = (scratch / f"{name}.log").open("w+")
        self.database = database or scratch / f"{name}.db"
        environment = (environment or {}) | {
            "PLACEWISE_SERVE_GLOBAL_TOKEN": TOKEN,
            "PLACEWISE_SERVE_REGISTRATION_SECRET": SECRET,
        }
        profiler = ["-m", "cProfile", "-o", str(profile)] if profile else []
        command = [sys.executable, *profiler, "-m", "placewise", "serve", "--database", str(self.database)]
        command += ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "info", "--log-format", "json"]
        command += arguments
        # Elsewhere, so that Python finds the modules that the environment names.
        self.process = subprocess.Popen(
            command, stderr=self.log, stdout=self.log, env=os.environ | environment, cwd=scratch
        )
        self.target = self._target()

    def _target(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            found = re.search(r'"grpc": "([^"]+)"', Path(self.log.name).read_text())
            if found:
                return found[1]
            time.sleep(0.02)
        raise SystemExit(f"the server did not start:\n{Path(self.log.name).read_text()}")

    def memory_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def processor_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


async def in_turn(callers, work):
    """Do pieces of work, so many at a time."""
    waiting = list(reversed(work))

    async def caller():
        while waiting:
            await waiting.pop()()

    await asyncio.gather(*(caller() for _ in range(callers)))


async def register_one_by_one(target, clusters):
    async with grpc.aio.insecure_channel(target) as channel:
        stub = RainbowSchedulerStub(channel)

        def piece(name, nodes, subsystems):
            async def register():
                answer = await stub.Register(rainbow.RegisterRequest(name=name, secret=SECRET, nodes=nodes))
                for subsystem, text in subsystems.items():
                    request = rainbow.RegisterRequest(name=name, secret=answer.secret, nodes=text, subsystem=subsystem)
                    assert (await stub.RegisterSubsystem(request)).status == 1

            return register

        await in_turn(CALLERS_REGISTERING, [piece(name, *documents) for name, documents in clusters.items()])


async def register_whole(target, clusters):
    async with grpc.aio.insecure_channel(target) as channel:
        stub = SchedulerStub(channel)
        for name, (nodes, subsystems) in clusters.items():
            request = v1.RegisterClusterRequest(
                name=name, registration_secret=SECRET, nodes=nodes, subsystems=subsystems
            )
            await stub.RegisterCluster(request)


async def ask(target, callers, seconds, call):
    """Return the latencies of calls, in seconds, and how long all took."""
    latencies = []
    async with grpc.aio.insecure_channel(target) as channel:
        stub = SchedulerStub(channel)
        for number in range(100):
            await call(stub, number)
        stop = time.perf_counter() + seconds
        count = iter(range(100, 1 << 60))

        async def caller():
            while (start := time.perf_counter()) < stop:
                await call(stub, next(count))
                latencies.append(time.perf_counter() - start)

        start = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(callers)))
        return latencies, time.perf_counter() - start


def said(what, server, latencies, took, before):
    ordered = sorted(latencies)
    p50, p99, worst = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3 for share in (0.5, 0.99, 1.0))
    busy = (server.processor_s() - before) / took
    print(
        f"{what:<34} {len(ordered) / took:8,.0f} /s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   "
        f"max {worst:6.1f} ms   server {busy:4.0%} of a core, {server.memory_mb():4.0f} MB at most",
        flush=True,
    )
    return len(ordered) / took, p99


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", type=Path, help="write cProfile's record of the server here")
    asked = parser.parse_args()
    given = inputs(asked.folder)
    clusters = {cluster.name: texts(cluster) for cluster in given.fleet.clusters}
    specs = jobspecs(given.jobs, 2000)
    credentials = v1.Credentials(global_token=TOKEN)
    pieces = sum(len(subsystems) for _, subsystems in clusters.values())
    print(f"{len(clusters)} clusters, {pieces:,} subsystems, {len(specs):,} jobs of {FEWEST} to {MOST} requirements")

    def submission(number):
        return specs[number % len(specs)].replace('"name": "', f'"name": "{number}-', 1)

    async def submit(stub, number):
        request = v1.SubmitRequest(jobspec=submission(number), credentials=credentials, no_explanation=True)
        assert (await stub.Submit(request)).job_id

    async def match(stub, number):
        await stub.Match(v1.MatchRequest(jobspec=submission(number), credentials=credentials))

    async def explain(stub, number):
        await stub.Explain(v1.ExplainRequest(jobspec=submission(number), credentials=credentials))

    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        server = Server(scratch, "whole")
        start = time.perf_counter()
        asyncio.run(register_whole(server.target, clusters))
        print(f"register, a call a cluster          {time.perf_counter() - start:6.1f} s")
        server.stop()
        server = Server(scratch, "load", asked.profile)
        start = time.perf_counter()
        asyncio.run(register_one_by_one(server.target, clusters))
        took = time.perf_counter() - start
        print(f"register, a call a subsystem        {took:6.1f} s   {pieces / took:,.0f} /s")
        for what, call in (("Match", match), ("Submit", submit), ("Explain", explain)):
            rates, tails = [], []
            for _ in range(asked.runs):
                before = server.processor_s()
                latencies, took = asyncio.run(ask(server.target, asked.callers, asked.seconds, call))
                rate, tail = said(what, server, latencies, took, before)
                rates.append(rate)
                tails.append(tail)
            rate, tail = statistics.median(rates), statistics.median(tails)
            print(f"{what}, median of {asked.runs} runs: {rate:,.0f} /s, p99 {tail:.1f} ms")
        server.stop()
        start = time.perf_counter()
        server = Server(scratch, "again", database=scratch / "load.db")
        print(f"start again on that database        {time.perf_counter() - start:6.1f} s")
        server.stop()


if __name__ == "__main__":
    main()
