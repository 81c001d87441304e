"""The store does what a few dictionaries would, whatever is asked of it in whatever order."""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import event, text
from stocking import LONG, new_cluster, new_job

from placewise.errors import InputError
from placewise.service.guard.refusals import ClusterGone, QueueFull, WrongState
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import (
    add_clusters,
    delete_cluster,
    load_clusters,
    put_subsystems,
    remove_subsystems,
    revisions,
)
from placewise.service.store.rows.job import OVER, JobState
from placewise.service.store.rows.jobs import (
    accept,
    cancel,
    get_job,
    list_jobs,
    queue_lengths,
    receive,
    report,
    return_expired,
)

NAMES = ("a", "A", "%", "'")
MOST_QUEUED = 4
LEASE_S = 10.0

NEXT = {
    None: {JobState.SUBMITTED},
    JobState.SUBMITTED: {JobState.ASSIGNED, JobState.REFUSED},
    JobState.ASSIGNED: {JobState.RECEIVED, JobState.CANCELLED},
    JobState.RECEIVED: {JobState.ACCEPTED, JobState.ASSIGNED, JobState.CANCELLED},
    JobState.ACCEPTED: {JobState.FINISHED, JobState.FAILED, JobState.CANCELLED},
}


@dataclass
class Job:
    cluster_id: int | None
    jobspec: str
    history: list[JobState]
    lease: str | None = None
    lease_until: float | None = None
    outcome: tuple | None = None

    @property
    def state(self):
        return self.history[-1]

    def to(self, *states):
        self.history.extend(states)
        self.lease = self.lease_until = None


@dataclass
class Model:
    live: dict[str, int] = field(default_factory=dict)  # name -> id
    subsystems: dict[int, dict[str, str]] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def of(self, cluster_id, *states):
        return [n for n, job in sorted(self.jobs.items()) if job.cluster_id == cluster_id and job.state in states]

    def queued(self, cluster_id):
        return len(self.of(cluster_id, JobState.ASSIGNED, JobState.RECEIVED))


cluster_ids = st.integers(1, 6)
job_ids = st.integers(0, 12)


class Store(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database.open(str(Path(self.folder.name) / "placewise.db"))
        # What is tested is what is kept, not whether a disk keeps it.
        event.listen(self.database._engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
        self.database._engine.dispose()
        self.model = Model()
        self.now = 1.0
        self.leases = []
        self.revisions = {}

    def teardown(self):
        self.database.close()
        self.folder.cleanup()

    def write(self, act, *arguments):
        return self.database.write(lambda c: act(c, *arguments))

    @initialize()
    def begin(self):
        self.register([NAMES[0]])

    @rule(seconds=st.sampled_from([1.0, LEASE_S - 1, LEASE_S, 100.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    def register(self, names):
        ids = self.write(add_clusters, [new_cluster(name) for name in names], self.now)
        for name, cluster_id in zip(names, ids, strict=True):
            assert (cluster_id is None) == (name in self.model.live)
            if cluster_id is not None:
                assert cluster_id not in self.model.subsystems
                self.model.live[name] = cluster_id
                self.model.subsystems[cluster_id] = {}

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name):
        cluster_id = self.model.live.pop(name, 99)
        cancelled = self.write(delete_cluster, cluster_id, self.now)
        if cluster_id == 99:
            assert cancelled is None
            return
        expected = self.model.of(cluster_id, *set(JobState) - OVER)
        assert cancelled == expected
        for number in expected:
            self.model.jobs[number].to(JobState.CANCELLED)

    @rule(items=st.lists(st.tuples(cluster_ids, st.sampled_from(NAMES), st.sampled_from(["1", "2"])), max_size=3))
    def put(self, items):
        live = set(self.model.live.values())
        answers = self.write(put_subsystems, items, self.now)
        now = self.database.read(revisions)
        assert answers == [now.get(one[0]) for one in items]
        assert all(now[number] > self.revisions.get(number, 0) for number, _, _ in items if number in live)
        for cluster_id, name, document in items:
            if cluster_id in live:
                self.model.subsystems[cluster_id][name] = document

    @rule(cluster_id=cluster_ids, name=st.sampled_from(NAMES))
    def remove(self, cluster_id, name):
        live = cluster_id in self.model.live.values()
        there = live and self.model.subsystems[cluster_id].pop(name, None) is not None
        assert self.write(remove_subsystems, [(cluster_id, name)], self.now) == [there]

    @rule(
        items=st.lists(
            st.tuples(
                st.none() | cluster_ids,
                st.sampled_from(["x", "y"]),
                st.none() | st.sampled_from(["r", "R", "%"]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def submit(self, items):
        new = [new_job(c, jobspec=spec, request_id=request) for c, spec, request in items]
        for (cluster_id, spec, request), answer in zip(
            items, self.write(add_jobs, new, self.now, MOST_QUEUED), strict=True
        ):
            if request in self.model.requests:
                number = self.model.requests[request]
                if self.model.jobs[number].jobspec != spec:
                    assert isinstance(answer, InputError)
                else:
                    assert (answer.id, answer.known) == (number, True)
                    assert answer.state == self.model.jobs[number].state
            elif cluster_id is not None and cluster_id not in self.model.live.values():
                assert isinstance(answer, ClusterGone)
            elif cluster_id is not None and self.model.queued(cluster_id) >= MOST_QUEUED:
                assert isinstance(answer, QueueFull)
            else:
                assert answer.id == len(self.model.jobs) + 1
                assert not answer.known
                state = JobState.REFUSED if cluster_id is None else JobState.ASSIGNED
                assert answer.state == state
                self.model.jobs[answer.id] = Job(cluster_id, spec, [JobState.SUBMITTED, state])
                if request is not None:
                    self.model.requests[request] = answer.id

    @rule(cluster_id=cluster_ids, most=st.integers(1, 3))
    def receive(self, cluster_id, most):
        got = self.write(receive, cluster_id, most, LONG, LEASE_S, self.now)
        waiting = [
            n
            for n in self.model.of(cluster_id, JobState.ASSIGNED, JobState.RECEIVED)
            if self.model.jobs[n].lease_until is None or self.model.jobs[n].lease_until <= self.now
        ]
        assert [job.id for job in got] == waiting[:most]
        for one in got:
            job = self.model.jobs[one.id]
            if job.state == JobState.RECEIVED:
                job.to(JobState.ASSIGNED)
            job.to(JobState.RECEIVED)
            job.lease, job.lease_until = one.lease, one.lease_until
            assert one.lease_until == self.now + LEASE_S
            self.leases.append((one.id, one.lease))

    @rule(cluster_id=cluster_ids, which=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=4))
    def accept(self, cluster_id, which):
        # Leases that were ever given, stale ones too, or ids alone.
        items = [
            (number, lease if with_lease else None)
            for place, with_lease in which
            if place < len(self.leases)
            for number, lease in [self.leases[-1 - place]]
        ]
        expected = []
        for number, lease in items:
            job = self.model.jobs[number]
            holds = job.state == JobState.RECEIVED and job.cluster_id == cluster_id and job.lease_until > self.now
            if holds and lease in (None, job.lease):
                job.to(JobState.ACCEPTED)
                expected.append(number)
        assert self.write(accept, cluster_id, items, self.now) == expected

    @rule(number=job_ids, own=st.booleans(), succeeded=st.booleans(), duration_s=st.sampled_from([None, 1.5]))
    def report(self, number, own, succeeded, duration_s):
        job = self.model.jobs.get(number)
        cluster_id = job.cluster_id if own and job and job.cluster_id else 99
        outcome = (succeeded, duration_s)
        try:
            answer = self.write(report, cluster_id, number, succeeded, duration_s, None, self.now)
        except WrongState as error:
            assert error.found == job.state
            assert job.state != JobState.ACCEPTED
            assert outcome != job.outcome
            return
        if cluster_id == 99:
            assert answer is None
            return
        if job.outcome is None:
            assert job.state == JobState.ACCEPTED
            job.to(JobState.FINISHED if succeeded else JobState.FAILED)
            job.outcome = outcome
        assert outcome == job.outcome
        assert answer.state == job.state

    @rule(number=job_ids)
    def cancel(self, number):
        job = self.model.jobs.get(number)
        try:
            answer = self.write(cancel, number, "why", self.now)
        except WrongState as error:
            assert error.found == job.state
            assert job.state in OVER
            return
        if job is None:
            assert answer is None
            return
        assert job.state not in OVER
        job.to(JobState.CANCELLED)

    @rule()
    def sweep(self):
        expired = [
            job for job in self.model.jobs.values() if job.lease_until is not None and job.lease_until <= self.now
        ]
        assert self.write(return_expired, self.now) == Counter(job.cluster_id for job in expired)
        for job in expired:
            job.to(JobState.ASSIGNED)

    @rule()
    def restart(self):
        path = str(self.database)
        self.database.close()
        self.database = Database.open(path)

    @invariant()
    def every_job_is_as_the_model_has_it(self):
        for number, job in self.model.jobs.items():
            stored = self.database.read(lambda c, n=number: get_job(c, n))
            assert (stored.cluster_id, stored.jobspec) == (job.cluster_id, job.jobspec)
            assert [event.state for event in stored.history] == job.history
            assert stored.state == job.state
            assert stored.history[-1].at == stored.changed_at
            assert stored.history[0].at == stored.submitted_at
            times = [event.at for event in stored.history]
            assert times == sorted(times)
            for before, after in zip([None, *job.history], job.history, strict=False):
                assert after in NEXT[before]
        listed = self.database.read(lambda c: list_jobs(c, cluster_ids=None, limit=LONG))
        assert [job.id for job in listed] == sorted(self.model.jobs, reverse=True)

    @invariant()
    def leases_are_with_the_jobs_that_are_received(self):
        rows = self.database.read(
            lambda c: c.execute(text("SELECT id, lease, lease_until FROM jobs WHERE lease IS NOT NULL")).all()
        )
        expected = {n: (j.lease, j.lease_until) for n, j in self.model.jobs.items() if j.state == JobState.RECEIVED}
        assert {number: (lease, until) for number, lease, until in rows} == expected

    @invariant()
    def queues_are_as_long_as_they_should_be(self):
        expected = {}
        for cluster_id in {job.cluster_id for job in self.model.jobs.values()} - {None}:
            lengths = self.model.queued(cluster_id), len(self.model.of(cluster_id, JobState.ACCEPTED))
            if any(lengths):
                expected[cluster_id] = lengths
        assert self.database.read(queue_lengths) == expected

    @invariant()
    def clusters_are_as_the_model_has_them(self):
        stored = self.database.read(load_clusters)
        assert {one.name: one.id for one in stored} == self.model.live
        assert {one.id: one.subsystems for one in stored} == {
            number: self.model.subsystems[number] for number in self.model.live.values()
        }
        now = self.database.read(revisions)
        assert all(now[number] >= self.revisions.get(number, 1) for number in now)
        self.revisions = now


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=settings.default.max_examples // 2, stateful_step_count=30)
