"""What a reviewer found that a caller, or another server, could do to the service."""

import asyncio
import contextlib
import sqlite3
import time
from types import SimpleNamespace

import grpc
import pytest
import structlog
from running import running_server
from talking import graph, jobspec, refused, subsystem, talking

from placewise.service.calls import registering
from placewise.service.calls.receiving import MOST_WATCHERS
from placewise.service.guard.refusals import Unauthenticated
from placewise.service.live import upkeep
from placewise.service.live.live_fleet import LiveFleet, Member
from placewise.service.live.loading import load
from placewise.service.store import clusters as store
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
MANY = 1_000_000
DEADLINE_S = 30


def token_of(name, issued):
    return v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster=name, token=issued.token)])


def secret_of(name, issued):
    return v1.ClusterSecret(name=name, secret=issued.secret)


def test_a_request_id_is_ones_own(talk):
    gray, blue = (token_of(name, talk.register(name)) for name in ("gray", "blue"))
    first, again, other = (
        talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), credentials=shown, request_id="1"))
        for shown in (gray, gray, blue)
    )
    assert first.job_id == again.job_id
    assert (other.job_id != first.job_id, other.cluster) == (True, "blue")


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


def test_the_same_report_again_counts_no_other_job_off(talk):
    spec = jobspec()
    gray = secret_of("gray", talk.register("gray"))
    jobs = [talk.submit(spec).job_id for _ in range(3)]
    given = talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=gray, most=1)).assignments[0]
    accepted = [v1.AcceptJobsRequest.Accepted(job_id=given.job_id, lease=given.lease)]
    talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=gray, jobs=accepted))
    talk.register("blue")
    for _ in jobs:
        talk.v1.ReportOutcome(v1.ReportOutcomeRequest(cluster=gray, job_id=given.job_id, succeeded=True))
    # Gray has two jobs left, so the next two are blue's.
    placed = [talk.submit(spec, select_algorithm="least-loaded").cluster for _ in range(2)]
    assert placed == ["blue", "blue"]


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


def test_a_subsystem_that_another_server_left_without_its_vertex_keeps_nobody_from_starting(tmp_path):
    path = tmp_path / "placewise.db"
    with running_server(path) as server, talking(server) as talk:
        talk.register("gray", subsystems={"io": subsystem({"size": 7}), "old": subsystem({"size": 7})})
        talk.register("blue", subsystems={"old": subsystem({"size": 7})})
    with sqlite3.connect(path) as connection:
        lost = subsystem({"size": 7}, on=("nowhere",))
        connection.execute("UPDATE subsystems SET document = ? WHERE name = 'old' AND cluster_id = 1", [lost])
    connection.close()
    with running_server(path) as server, talking(server) as talk:
        matched = {
            name: list(talk.v1.Match(v1.MatchRequest(jobspec=jobspec([_size(name)]))).clusters)
            for name in ("io", "old")
        }
        assert matched == {"io": ["gray"], "old": ["blue"]}
        assert sorted(talk.v1.Match(v1.MatchRequest(jobspec=jobspec())).clusters) == ["blue", "gray"]


def test_errors_of_the_database_do_not_show_what_a_statement_was_about(database):
    def twice(connection):
        for _ in range(2):
            connection.execute(store.insert(store.graphs), {"cluster_id": -1, "nodes": "a-lease-or-a-jobspec"})

    with pytest.raises(Exception, match="graphs") as caught:
        database.write(twice)
    assert "a-lease-or-a-jobspec" not in str(caught.value)


def test_credentials_of_a_cluster_that_is_gone_do_not_bring_it_back():
    fleet = LiveFleet(None)
    member = Member(1, "gray", 1, b"", b"", 0.0, 0.0)
    fleet.put(member, object(), {})
    fleet.drop(1)
    fleet.update(member)
    assert (fleet.member("gray"), len(fleet)) == (None, 0)


def test_a_name_taken_over_is_not_dropped_with_its_old_owner():
    fleet = LiveFleet(None)
    for number in (1, 2):
        fleet.put(Member(number, "gray", 1, b"", b"", 0.0, 0.0), object(), {})
    fleet.drop(2)
    fleet.drop(1)
    assert len(fleet) == 0


def test_a_stranger_does_not_wait_for_a_change_of_a_cluster_under_way():
    fleet = LiveFleet(None)
    fleet.put(Member(1, "gray", 1, b"", b"", 0.0, 0.0), object(), {})
    nobody_waits = SimpleNamespace(fleet=fleet)  # there is no lock to wait for
    with pytest.raises(Unauthenticated):
        asyncio.run(registering.delete(nobody_waits, "gray", "wrong"))
    with pytest.raises(Unauthenticated):
        asyncio.run(registering.rotate(nobody_waits, "gray", "wrong", keep_secret=False, keep_token=False))


def test_a_cluster_deleted_while_it_is_read_does_not_come_back(monkeypatch):
    fleet = LiveFleet(None)
    fleet.put(Member(1, "gray", 1, b"", b"", 0.0, 0.0), object(), {})
    stored = store.StoredCluster(1, "gray", b"", b"", graph(), {}, "{}", 2, 0.0, 0.0)
    monkeypatch.setattr(store, "load_clusters", lambda _connection, _ids: [stored])

    async def beside(read):
        found = read()
        fleet.drop(1)
        return found

    asyncio.run(load(SimpleNamespace(fleet=fleet, database=SimpleNamespace(read=lambda act: act(None)), beside=beside)))
    assert fleet.member("gray") is None


def test_what_goes_wrong_once_does_not_end_the_upkeep():
    async def fail():
        raise KeyError("gray")

    with structlog.testing.capture_logs() as lines:
        asyncio.run(upkeep._tried("compare", fail()))
    assert [line["log_level"] for line in lines] == ["error"]


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


def test_a_change_whose_caller_left_is_known_to_the_next(tmp_path):
    # Without sweeps, whose writes would come between the two changes.
    with running_server(tmp_path / "placewise.db", sweep_s=600.0) as server, talking(server) as talk:
        _leave_while_committing(server, talk)


def _leave_while_committing(server, talk):
    owner = secret_of("gray", talk.register("gray"))

    def put(name):
        return v1.UpdateClusterRequest(cluster=owner, subsystems={name: subsystem({"size": 7})})

    with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        request = v1.SubmitRequest(jobspec=jobspec(), credentials=talk.everything)
        submitted = talk.v1.Submit.future(request)  # keeps the writer busy, so that the two changes wait together
        with pytest.raises(grpc.RpcError):
            talk.v1.UpdateCluster(put("io"), timeout=0.5)
        changed = talk.v1.UpdateCluster.future(put("net"))
        with pytest.raises(grpc.FutureTimeoutError):
            changed.result(timeout=0.5)
        other.execute("ROLLBACK")
        submitted.result(DEADLINE_S)
        changed.result(DEADLINE_S)
    both = v1.MatchRequest(jobspec=jobspec([_size("io"), _size("net")]))
    assert list(talk.v1.Match(both).clusters) == ["gray"]


def _size(name):
    return {"name": name, "field": "size", "min": 5, "max": 10}
