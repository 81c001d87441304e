"""No request, however long, and no number of callers takes more than is allowed for."""

import time

import grpc
import pytest
from running import running_server
from sqlalchemy import insert, text
from talking import jobspec, refused, talking

from placewise.service.calls.receiving import MOST_WATCHERS
from placewise.service.store.database import Database
from placewise.service.store.tables import LARGEST_JOB_ID, jobs
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
MANY = 1_000_000
DEADLINE_S = 30


def secret_of(name, issued):
    return v1.ClusterSecret(name=name, secret=issued.secret)


def test_more_tokens_than_there_can_be_clusters_are_not_looked_at(talk):
    tokens = v1.Credentials.FromString(b"\x12\x00" * MANY)
    assert refused(talk.v1.Match, v1.MatchRequest(jobspec=jobspec(), credentials=tokens))[0] == EXHAUSTED
    shown = rainbow.SubmitJobRequest.FromString(b"\x12\x00" * MANY)
    assert refused(talk.rainbow.SubmitJob, shown)[0] == EXHAUSTED


def test_long_lists_are_refused_before_they_are_read(talk):
    owner = secret_of("gray", talk.register("gray"))
    removed = v1.UpdateClusterRequest(cluster=owner, removed_subsystems=[""] * MANY)
    assert refused(talk.v1.UpdateCluster, removed)[0] == EXHAUSTED
    accepted = v1.AcceptJobsRequest(cluster=owner, jobs=[v1.AcceptJobsRequest.Accepted()] * MANY)
    assert refused(talk.v1.AcceptJobs, accepted)[0] == EXHAUSTED
    ids = rainbow.AcceptJobsRequest(cluster=owner.name, secret=owner.secret, jobids=range(MANY))
    assert refused(talk.rainbow.AcceptJobs, ids)[0] == EXHAUSTED


def test_states_asked_for_a_million_times_are_asked_for_once(talk):
    talk.register("gray")
    job = talk.submit().job_id
    states = [v1.JOB_STATE_ASSIGNED] * MANY
    listed = talk.v1.ListJobs(v1.ListJobsRequest(credentials=talk.everything, states=states))
    assert [one.id for one in listed.jobs] == [job]


@pytest.mark.slow
def test_a_backlog_that_grows_as_it_is_quoted_is_still_received(talk):
    secret = talk.register("gray").secret
    spec = jobspec() + "\n#" + '"' * 250_000
    jobs = {talk.submit(spec).job_id for _ in range(12)}
    received = set()
    while received != jobs:
        answer = talk.rainbow.ReceiveJobs(rainbow.ReceiveJobsRequest(cluster="gray", secret=secret))
        assert answer.jobs
        received |= set(answer.jobs)


def test_a_cluster_is_watched_by_so_many(talk, monkeypatch):
    monkeypatch.setattr("placewise.service.calls.receiving.MOST_WATCHERS", 2)
    assert MOST_WATCHERS > 2
    owner = secret_of("gray", talk.register("gray"))
    request = v1.WatchAssignmentsRequest(cluster=owner, most=1)
    watching = [talk.v1.WatchAssignments(request) for _ in range(2)]
    for one in watching:
        one.initial_metadata()  # the server has begun
    assert refused(next, talk.v1.WatchAssignments(request))[0] == EXHAUSTED
    watching[0].cancel()
    talk.submit()
    talk.submit()
    end = time.monotonic() + DEADLINE_S
    while True:  # who left is counted off when the server hears of it
        third = talk.v1.WatchAssignments(request)
        try:
            assert next(third).job_id
            break
        except grpc.RpcError as error:
            assert error.code() == EXHAUSTED
            assert time.monotonic() < end
    for one in (watching[1], third):
        one.cancel()


def test_full_queues_are_never_called_deleted_clusters(tmp_path):
    with running_server(tmp_path / "placewise.db", most_queued=1) as server, talking(server) as talk:
        for number in range(7):
            talk.register(f"c{number}")
        codes = set()
        for _ in range(30):
            try:
                talk.submit()
            except grpc.RpcError as error:
                codes.add(error.code())
        assert codes == {EXHAUSTED}


def test_when_the_job_ids_are_used_up_the_error_says_so_and_the_last_job_runs(database_url):
    database = Database.open(database_url)
    if database.dialect == "postgresql":
        database.write(lambda c: c.execute(text(f"SELECT setval('jobs_id_seq', {LARGEST_JOB_ID - 1})")))
    else:
        fill = insert(jobs).values(
            id=LARGEST_JOB_ID - 1, name="job", state="refused", changes=0, submitted_at=1.0, changed_at=1.0
        )
        database.write(lambda c: c.execute(fill))
    database.close()
    with running_server(database_url) as server, talking(server) as talk:
        owner = secret_of("gray", talk.register("gray"))
        assert talk.submit().job_id == LARGEST_JOB_ID
        shown = rainbow.SubmitJobRequest(
            name="job",
            jobspec=jobspec(),
            clusters=[rainbow.SubmitJobRequest.Cluster(name="gray", token=server.global_token)],
        )
        many = v1.SubmitManyRequest(
            credentials=talk.everything, jobs=[v1.SubmitManyRequest.NewJob(jobspec=jobspec()) for _ in range(3)]
        )
        for call in (
            talk.submit,
            lambda: talk.rainbow.SubmitJob(shown),
            lambda: list(talk.v1.SubmitMany(iter([many]))),
        ):
            code, details = refused(call)
            assert code is EXHAUSTED
            assert "no job ids left" in details
        [got] = talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner, most=9)).assignments
        lease = v1.AcceptJobsRequest.Accepted(job_id=got.job_id, lease=got.lease)
        assert talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=owner, jobs=[lease])).accepted == [LARGEST_JOB_ID]
        talk.v1.ReportOutcome(v1.ReportOutcomeRequest(cluster=owner, job_id=LARGEST_JOB_ID, succeeded=True))
        assert talk.job(LARGEST_JOB_ID).state == v1.JOB_STATE_FINISHED
