"""Very many jobs through their whole lives on a server that forgets: what memory and database come to meanwhile."""

import asyncio
import re
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import grpc
from server_process import server_process
from talking import graph, jobspec

from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

CLUSTERS = 4
SUBMITTERS = 256
AT_ONCE = 250
MOST_WAITING = 4000
LOOK_S = 0.02
HEAD = "finished     kept   pruned      s  jobs/s  RSS MB database MB  free MB"


@dataclass(frozen=True)
class Point:
    """A server after so many jobs; kept : those in the database."""

    finished: int
    kept: int
    pruned: int
    seconds: float
    rate: float
    memory_mb: float
    database_mb: float
    free_mb: float

    def __str__(self):
        parts = f"{self.finished:8,} {self.kept:8,} {self.pruned:8,} {self.seconds:6.0f} {self.rate:7.0f}"
        return f"{parts} {self.memory_mb:7.0f} {self.database_mb:11.1f} {self.free_mb:8.1f}"


def flat(curve, tolerance=0.1):
    """Return whether the last third of a curve is as high as the third before it, or lower."""
    third = max(1, len(curve) // 3)
    last, before = curve[-third:], curve[-2 * third : -third]
    return all(
        max(getattr(one, name) for one in last) <= (1 + tolerance) * max(getattr(one, name) for one in before)
        for name in ("memory_mb", "database_mb")
    )


def soak(folder, jobs, every, keep, database, say):
    """Run jobs through a server that keeps those that are over for so long, and return a point for every so many."""
    with server_process(folder, database, keep_s=keep) as server:
        say(HEAD)
        return asyncio.run(_Soak(server, jobs).run(every, say))


class _Soak:
    def __init__(self, server, jobs):
        self.server, self.jobs = server, jobs
        self.submitted = self.done = 0
        self.start, self.curve = time.monotonic(), []
        self.http = re.search(r'"http": "([^"]+)"', server.logged())[1]
        self.credentials = v1.Credentials(global_token=server.global_token)

    async def run(self, every, say):
        async with grpc.aio.insecure_channel(self.server.target) as channel:
            stub = SchedulerStub(channel)
            owners = [await self._owner(stub, f"cluster-{number}") for number in range(CLUSTERS)]
            async with asyncio.TaskGroup() as group:
                for number in range(SUBMITTERS):
                    group.create_task(self._submit(stub, number))
                for owner in owners:
                    group.create_task(self._pull(stub, owner))
                group.create_task(self._watch(every, say))
        return self.curve

    async def _owner(self, stub, name):
        given = await stub.RegisterCluster(
            v1.RegisterClusterRequest(
                name=name, registration_secret=self.server.registration_secret, nodes=graph(nodes=4)
            )
        )
        return v1.ClusterSecret(name=name, secret=given.secret)

    async def _until(self, true):
        while not true():  # noqa: ASYNC110, many wait for a number that grows
            await asyncio.sleep(LOOK_S)

    async def _submit(self, stub, first):
        for number in range(first, self.jobs, SUBMITTERS):
            await self._until(lambda: self.submitted - self.done <= MOST_WAITING)
            spec = jobspec(command=("solve", "--input", f"data-{number}.nc", "--steps", "1000" * 20))
            await stub.Submit(v1.SubmitRequest(jobspec=spec, credentials=self.credentials, request_id=f"r{number}"))
            self.submitted += 1

    async def _pull(self, stub, owner):
        while self.done < self.jobs:
            got = (await stub.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner, most=AT_ONCE))).assignments
            if not got:
                await asyncio.sleep(LOOK_S)
                continue
            leases = [v1.AcceptJobsRequest.Accepted(job_id=one.job_id, lease=one.lease) for one in got]
            accepted = (await stub.AcceptJobs(v1.AcceptJobsRequest(cluster=owner, jobs=leases))).accepted
            ends = [
                v1.ReportOutcomeRequest(cluster=owner, job_id=one, succeeded=one % 10 > 0, duration_s=1.0)
                for one in accepted
            ]
            await asyncio.gather(*map(stub.ReportOutcome, ends))
            self.done += len(accepted)

    async def _watch(self, every, say):
        for count in range(every, self.jobs + 1, every):
            await self._until(lambda count=count: self.done >= count)
            self.curve.append(await asyncio.to_thread(self._point))
            say(self.curve[-1])

    def _point(self):
        text = urllib.request.urlopen(f"http://{self.http}/metrics", timeout=60).read().decode()
        found = {name: float(one) for name, one in re.findall(r"^(placewise_\w+) (\S+)$", text, re.MULTILINE)}
        seconds = time.monotonic() - self.start
        last = self.curve[-1] if self.curve else Point(0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
        pruned = int(found["placewise_pruned_total"])
        files = [Path(self.server.database + end) for end in ("", "-wal")]
        size = sum(one.stat().st_size for one in files if one.exists()) or found["placewise_database_bytes"]
        return Point(
            self.done,
            self.submitted - pruned,
            pruned,
            seconds,
            (self.done - last.finished) / (seconds - last.seconds),
            self.server.memory_mb(),
            size / 1e6,
            found["placewise_database_free_bytes"] / 1e6,
        )
