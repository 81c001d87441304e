"""No request, however long, and no number of callers takes more than is allowed for."""

import time

import grpc
from running import running_server
from talking import jobspec, refused, talking

from placewise.service.calls.receiving import MOST_WATCHERS
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
