"""A call that is made again, or whose caller left, counts once and is known to the next."""

import contextlib
import sqlite3
import threading

import grpc
import pytest
from running import running_server
from server_process import server_process
from talking import jobspec, subsystem, talking

from placewise.service.client import Client, Credentials, ServiceError
from placewise.service.wire import placewise_pb2 as v1

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


def test_a_call_that_a_stopping_server_cannot_end_is_unavailable_and_may_be_made_again(tmp_path):
    with server_process(tmp_path, sweep_s=600.0) as server:
        request = v1.SubmitRequest(jobspec=jobspec(), request_id="nightly")
        with talking(server) as talk, contextlib.closing(sqlite3.connect(tmp_path / "placewise.db")) as other:
            talk.register("gray")
            request.credentials.CopyFrom(talk.everything)
            other.execute("BEGIN IMMEDIATE")
            submitted = talk.v1.Submit.future(request)
            talk.v1.Match(v1.MatchRequest(jobspec=jobspec()))  # on the same connection, so the submission is there
            server.process.terminate()
            failed = submitted.exception(DEADLINE_S)
            assert failed.code() is grpc.StatusCode.UNAVAILABLE
            assert "may have been done" in failed.details()
        server.process.wait(DEADLINE_S)
        server.start()
        with talking(server) as talk:
            assert talk.v1.Submit(request).job_id == talk.v1.Submit(request).job_id


def test_calls_that_a_stopping_server_has_not_begun_are_made_again(tmp_path):
    codes, asking = set(), threading.Semaphore(0)

    def ask(client):
        try:
            while True:
                client.match(jobspec(), Credentials())
                asking.release()
        except ServiceError as error:
            codes.add(error.code)

    with server_process(tmp_path) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server.target)) for _ in range(4)]
        threads = [threading.Thread(target=ask, args=(client,)) for client in clients for _ in range(20)]
        for thread in threads:
            thread.start()
        for _ in range(10 * len(threads)):
            assert asking.acquire(timeout=DEADLINE_S)
        server.process.terminate()
        for thread in threads:
            thread.join(DEADLINE_S)
    assert codes == {grpc.StatusCode.UNAVAILABLE}


def _size(name):
    return {"name": name, "field": "size", "min": 5, "max": 10}


def test_a_request_id_does_not_outlive_its_cluster(talk):
    former = talk.register("gray")
    request = v1.SubmitRequest(jobspec=jobspec(), request_id="nightly")
    request.credentials.CopyFrom(token_of("gray", former))
    job = talk.v1.Submit(request)
    talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=secret_of("gray", former)))
    request.credentials.CopyFrom(token_of("gray", talk.register("gray")))
    other = talk.v1.Submit(request)
    assert (other.job_id != job.job_id, other.state, other.cluster) == (True, v1.JOB_STATE_ASSIGNED, "gray")
    assert talk.v1.Submit(request).job_id == other.job_id


def test_a_request_id_of_several_clusters_lasts_as_long_as_they_all_do(talk):
    given = {name: talk.register(name) for name in ("gray", "blue")}

    def submit():
        shown = [v1.Credentials.ClusterToken(cluster=name, token=one.token) for name, one in given.items()]
        credentials = v1.Credentials(clusters=shown)
        return talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), request_id="1", credentials=credentials)).job_id

    first = submit()
    given = dict(reversed(given.items()))
    assert submit() == first
    talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=secret_of("blue", given["blue"])))
    given["blue"] = talk.register("blue")
    assert submit() != first


def test_a_cluster_that_takes_the_name_of_a_deleted_one_has_none_of_its_jobs(talk):
    # Several times over, with nothing between the two that would have the index brought up to date.
    given = talk.register("gray")
    talk.register("blue")
    for _ in range(3):
        for _ in range(4):
            talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), credentials=token_of("gray", given)))
        talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=secret_of("gray", given)))
        given = talk.register("gray")
    assert talk.submit(select_algorithm="least-loaded").cluster == "blue"
    assert talk.submit(select_algorithm="least-loaded").cluster == "gray"
