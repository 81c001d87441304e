"""Clocks that are set while a server runs: a lease lasts as long as it lasts, and no time is an internal error."""

import time
import urllib.request

import pytest
from running import running_server
from talking import jobspec, refused, talking

from placewise.service.live.clock import Clock
from placewise.service.wire import placewise_pb2 as v1

DAY_S = 86_400.0
LEASE_S = 60.0
DEADLINE_S = 60


class Clocks:
    """Both clocks of a server, standing still until they are set."""

    def __init__(self, now=None):
        self.time = time.time() if now is None else now
        self.lasted = 1000.0
        self.clock = Clock(lambda: self.time, lambda: self.lasted)


@pytest.fixture
def clocks():
    return Clocks()


def owner_of(talk, name="gray"):
    return v1.ClusterSecret(name=name, secret=talk.register(name).secret)


def received(talk, owner):
    return list(talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner), timeout=DEADLINE_S).assignments)


def accepted(talk, owner, job, agent=""):
    jobs = [v1.AcceptJobsRequest.Accepted(job_id=job.job_id, lease=job.lease)]
    return list(talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=owner, jobs=jobs, agent=agent)).accepted)


def longest_silence(beat, seconds):
    """Send heartbeats for so long, and return the longest time that one may have come after another."""
    longest_s, until, sent = 0.0, time.monotonic() + seconds, time.monotonic()
    while sent < until:
        before = sent
        time.sleep(0.1)
        sent = time.monotonic()
        beat()
        longest_s = max(longest_s, time.monotonic() - before)
    return longest_s


def until_waiting(talk, job):
    deadline = time.monotonic() + DEADLINE_S
    while talk.job(job.job_id).state != v1.JOB_STATE_ASSIGNED:
        assert time.monotonic() < deadline, "the lease does not run out"
        time.sleep(0.02)


@pytest.mark.parametrize("days", [-1, 1, 365 * 8000])
def test_a_clock_that_is_set_neither_voids_nor_prolongs_a_lease(tmp_path, clocks, days):
    with (
        running_server(tmp_path / "p.db", clocks.clock, lease_s=LEASE_S, sweep_s=0.02) as server,
        talking(server) as talk,
    ):
        owner = owner_of(talk)
        talk.submit()
        talk.submit()
        mine, late = received(talk, owner)
        clocks.time += days * DAY_S
        time.sleep(0.2)  # some sweeps
        assert received(talk, owner) == []
        clocks.lasted += LEASE_S - 0.001
        assert accepted(talk, owner, mine) == [mine.job_id]
        clocks.lasted += 0.002
        assert accepted(talk, owner, late) == []
        until_waiting(talk, late)
        (again,) = received(talk, owner)
        assert again.job_id == late.job_id


def test_who_watches_is_given_the_next_job_when_a_lease_runs_out_and_not_when_the_clock_is_set(tmp_path, clocks):
    with (
        running_server(tmp_path / "p.db", clocks.clock, lease_s=LEASE_S, sweep_s=0.02) as server,
        talking(server) as talk,
    ):
        owner = owner_of(talk)
        jobs = [talk.submit().job_id for _ in range(2)]
        stream = talk.v1.WatchAssignments(v1.WatchAssignmentsRequest(cluster=owner, most=1), timeout=DEADLINE_S)
        assert next(stream).job_id == jobs[0]
        clocks.time += DAY_S
        time.sleep(0.3)
        assert talk.job(jobs[0]).state == v1.JOB_STATE_RECEIVED
        assert talk.job(jobs[1]).state == v1.JOB_STATE_ASSIGNED
        clocks.lasted += LEASE_S
        assert next(stream).job_id == jobs[0]
        stream.cancel()


def test_a_restart_renews_leases_for_their_full_length(tmp_path, clocks):
    given = {"lease_s": LEASE_S, "sweep_s": 0.02}
    with running_server(tmp_path / "p.db", clocks.clock, **given) as server, talking(server) as talk:
        owner = owner_of(talk)
        talk.submit()
        talk.submit()
        mine, late = received(talk, owner)
        clocks.lasted += LEASE_S / 2
    clocks.lasted = 3.0  # the machine was started anew as well
    with running_server(tmp_path / "p.db", clocks.clock, **given) as server, talking(server) as talk:
        clocks.lasted += LEASE_S - 0.001
        time.sleep(0.2)
        assert accepted(talk, owner, mine) == [mine.job_id]
        clocks.lasted += 0.002
        assert accepted(talk, owner, late) == []
        until_waiting(talk, late)


@pytest.mark.parametrize("days", [-1, 1])
def test_servers_whose_clocks_differ_by_a_day_agree_on_a_lease(postgresql_url, clocks, days):
    other = Clocks(clocks.time + days * DAY_S)
    with (
        running_server(postgresql_url, clocks.clock, lease_s=LEASE_S, sweep_s=0.02) as one,
        running_server(postgresql_url, other.clock, lease_s=LEASE_S, sweep_s=0.02) as two,
        talking(one) as a,
        talking(two) as b,
    ):
        owner = owner_of(a)
        a.submit()
        (job,) = received(a, owner)
        deadline = time.monotonic() + DEADLINE_S
        while not any(one.name == "gray" for one in clusters(b)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.2)
        assert received(b, owner) == []
        assert accepted(b, owner, job) == [job.job_id]


@pytest.mark.parametrize("days", [-1, pytest.param(1, marks=pytest.mark.slow)])
def test_servers_whose_clocks_differ_by_a_day_agree_on_who_lives(postgresql_url, clocks, days):
    other = Clocks(clocks.time + days * DAY_S)
    told = {"agent_lost_s": 1.0, "sweep_s": 0.02, "orphans": "fail"}
    with (
        running_server(postgresql_url, clocks.clock, **told) as one,
        running_server(postgresql_url, other.clock, **told) as two,
        talking(one) as a,
        talking(two) as b,
    ):
        owner = owner_of(a)
        longest_s = told["agent_lost_s"]
        while longest_s >= told["agent_lost_s"]:  # a machine so busy may come to be lost
            a.submit()
            (job,) = received(a, owner)
            accepted(a, owner, job, agent="here")
            longest_s = longest_silence(lambda: a.v1.Heartbeat(v1.HeartbeatRequest(cluster=owner, agent="here")), 2.0)
            state = a.job(job.job_id).state
        assert state == v1.JOB_STATE_ACCEPTED
        assert [[one.live for one in cluster.agents] for talk in (a, b) for cluster in clusters(talk)] == [[True]] * 2
        deadline = time.monotonic() + DEADLINE_S
        while b.job(job.job_id).state != v1.JOB_STATE_FAILED:
            assert time.monotonic() < deadline, "who is gone is not given up"
            time.sleep(0.05)


def test_a_lease_ends_by_the_databases_clock(postgresql_url, clocks):
    with (
        running_server(postgresql_url, clocks.clock, lease_s=0.3, sweep_s=0.02) as server,
        talking(server) as talk,
    ):
        owner = owner_of(talk)
        talk.submit()
        (job,) = received(talk, owner)
        until_waiting(talk, job)  # though the server's own clocks stand still
        assert accepted(talk, owner, job) == []


@pytest.mark.parametrize("now", [-1e12, -1.0, 8000 * 365.25 * DAY_S + 1.8e9, 1e15])
def test_no_time_of_a_clock_is_an_internal_error(database_url, now):
    clocks = Clocks(now)
    with running_server(database_url, clocks.clock) as server, talking(server) as talk:
        owner = owner_of(talk)
        job = talk.submit()
        assert talk.job(job.job_id).history[0].state == v1.JOB_STATE_SUBMITTED
        (given,) = received(talk, owner)
        assert accepted(talk, owner, given) == [job.job_id]
        report = v1.ReportOutcomeRequest(cluster=owner, job_id=job.job_id, succeeded=True, duration_s=1.0)
        assert talk.v1.ReportOutcome(report).state == v1.JOB_STATE_FINISHED
        assert [one.id for one in talk.v1.ListJobs(v1.ListJobsRequest(credentials=talk.everything)).jobs] == [1]
        assert [one.name for one in clusters(talk)] == ["gray"]
        assert refused(talk.v1.CancelJob, v1.CancelJobRequest(job_id=1, credentials=talk.everything))
        talk.submit(jobspec(nodes=99))
        for page in ("", "jobs/1", "jobs/2", "metrics"):
            with urllib.request.urlopen(f"http://{server.http}/{page}", timeout=DEADLINE_S) as answer:
                assert answer.status == 200


def clusters(talk):
    return talk.v1.ListClusters(v1.ListClustersRequest(credentials=talk.everything)).clusters
