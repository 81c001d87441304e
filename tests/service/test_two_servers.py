"""Two servers on one database: what is changed at one is known at the other, and jobs are handed out once."""

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import pytest
from running import running_server
from talking import Talk, graph, jobspec, refused, subsystem, talking

from placewise.service.calls import receiving
from placewise.service.live import upkeep
from placewise.service.wire import placewise_pb2 as v1

DEADLINE_S = 60
JOBS = 120
RECEIVERS = 8


@dataclass(frozen=True)
class Pair:
    a: Talk
    b: Talk


@pytest.fixture
def two(postgresql_url, monkeypatch):
    # They learn from notices: nobody looks by himself.
    monkeypatch.setattr(upkeep, "_COMPARE_S", 600.0)
    monkeypatch.setattr(receiving, "_LOOK_AGAIN_S", 600.0)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(running_server(postgresql_url)) for _ in range(2)]
        yield Pair(*(stack.enter_context(talking(server)) for server in servers))


def soon(true):
    """Wait until something is true."""
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, "the other server does not know yet"
        time.sleep(0.01)


def owner_of(name, given):
    return v1.ClusterSecret(name=name, secret=given.secret)


def matched(talk, spec=None):
    request = v1.MatchRequest(jobspec=spec or jobspec(), credentials=talk.everything)
    return set(talk.v1.Match(request, timeout=DEADLINE_S).clusters)


def listed(talk, name):
    request = v1.ListClustersRequest(credentials=talk.everything)
    return next(one for one in talk.v1.ListClusters(request).clusters if one.name == name)


def test_a_cluster_is_registered_changed_and_deleted_at_either(two):
    given = two.a.register("gray", state='{"x": 1}')
    soon(lambda: matched(two.b) == {"gray"})
    owner = owner_of("gray", given)
    wants_zlib = jobspec([{"name": "zlib", "field": "version", "match": "1.2"}])
    documents = {"zlib": subsystem({"version": "1.2"})}
    two.b.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, subsystems=documents, state='{"y": 2}'))
    soon(lambda: list(listed(two.a, "gray").subsystems) == ["zlib"])
    assert matched(two.a, wants_zlib) == matched(two.b, wants_zlib) == {"gray"}
    assert json.loads(listed(two.a, "gray").state) == {"x": 1, "y": 2}
    two.a.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, nodes=graph(nodes=3)))
    soon(lambda: matched(two.b, jobspec(nodes=3)) == {"gray"})
    two.b.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, removed_subsystems=["zlib"]))
    soon(lambda: not listed(two.a, "gray").subsystems)
    two.a.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=owner))
    soon(lambda: not matched(two.b))
    assert refused(two.b.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=owner))[0] is grpc.StatusCode.UNAUTHENTICATED
    anew = two.b.register("gray")
    soon(lambda: matched(two.a) == {"gray"})
    two.a.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner_of("gray", anew)))


def test_a_secret_replaced_at_one_is_refused_at_the_other(two):
    given = two.a.register("gray")
    soon(lambda: matched(two.b) == {"gray"})
    old = owner_of("gray", given)
    new = two.a.v1.RotateCredentials(v1.RotateCredentialsRequest(cluster=old))

    def is_refused():
        try:
            two.b.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=old))
        except grpc.RpcError as error:
            return error.code() is grpc.StatusCode.UNAUTHENTICATED
        return False

    soon(is_refused)
    two.b.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner_of("gray", new)))
    for token, answered in ((given.token, False), (new.token, True)):
        credentials = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="gray", token=token)])
        request = v1.SubmitRequest(jobspec=jobspec(), credentials=credentials)
        if answered:
            assert two.b.v1.Submit(request).cluster == "gray"
        else:
            assert refused(two.b.v1.Submit, request)[0] is grpc.StatusCode.UNAUTHENTICATED


def test_jobs_submitted_at_both_are_received_once(two):
    owner = owner_of("gray", two.a.register("gray"))
    soon(lambda: matched(two.b) == {"gray"})
    done, submitted, received, accepted = threading.Event(), [], [], []
    deadline = time.monotonic() + DEADLINE_S

    def submit(talk):
        submitted.extend(talk.submit().job_id for _ in range(JOBS // 4))

    def receive(talk):
        while not done.is_set() and time.monotonic() < deadline:
            jobs = talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner, most=3)).assignments
            received.extend(job.job_id for job in jobs)
            leases = [v1.AcceptJobsRequest.Accepted(job_id=job.job_id, lease=job.lease) for job in jobs]
            if leases:
                answer = talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=owner, jobs=leases))
                accepted.extend(answer.accepted)
            if len(accepted) >= JOBS:
                done.set()

    sides = [two.a, two.b]
    with ThreadPoolExecutor(4 + RECEIVERS) as pool:
        calls = [pool.submit(submit, sides[number % 2]) for number in range(4)]
        calls += [pool.submit(receive, sides[number % 2]) for number in range(RECEIVERS)]
        for call in calls:
            call.result(2 * DEADLINE_S)
    assert len(set(submitted)) == JOBS
    assert sorted(received) == sorted(submitted)
    assert sorted(accepted) == sorted(submitted)
    states = {job.state for job in two.b.v1.ListJobs(v1.ListJobsRequest(credentials=two.b.everything, limit=1000)).jobs}
    assert states == {v1.JOB_STATE_ACCEPTED}


def test_a_submission_sent_again_at_the_other_is_the_same_job(two):
    two.a.register("gray")
    soon(lambda: matched(two.b) == {"gray"})
    with ThreadPoolExecutor(8) as pool:
        sides = [two.a, two.b] * 4
        answers = list(pool.map(lambda talk: talk.submit(name="one", request_id="once").job_id, sides))
    assert len(set(answers)) == 1


def test_a_job_submitted_at_one_wakes_who_watches_at_the_other(two):
    given = two.a.register("gray")
    soon(lambda: matched(two.b) == {"gray"})
    stream = two.b.v1.WatchAssignments(
        v1.WatchAssignmentsRequest(cluster=owner_of("gray", given), most=2), timeout=DEADLINE_S
    )
    stream.initial_metadata()
    for _ in range(2):
        job = two.a.submit().job_id
        assert next(stream).job_id == job
    stream.cancel()


def test_changes_of_one_cluster_at_both_at_once_are_all_kept(two):
    owner = owner_of("gray", two.a.register("gray"))
    soon(lambda: matched(two.b) == {"gray"})
    names = {"a": [f"a{number}" for number in range(8)], "b": [f"b{number}" for number in range(8)]}

    def change(talk, mine):
        for name in mine:
            documents = {name: subsystem({"version": "1"})}
            talk.v1.UpdateCluster(
                v1.UpdateClusterRequest(cluster=owner, subsystems=documents, state=f'{{"{name}": 1}}')
            )

    with ThreadPoolExecutor(2) as pool:
        for call in [pool.submit(change, two.a, names["a"]), pool.submit(change, two.b, names["b"])]:
            call.result(DEADLINE_S)
    union = {*names["a"], *names["b"]}
    for talk in (two.a, two.b):
        soon(lambda talk=talk: set(listed(talk, "gray").subsystems) == union)
        soon(lambda talk=talk: set(json.loads(listed(talk, "gray").state)) == union)
        for name in union:
            spec = jobspec([{"name": name, "field": "version", "match": "1"}])
            assert matched(talk, spec) == {"gray"}


def test_a_cluster_is_registered_once(two):
    def register(talk):
        try:
            return talk.register("gray").secret
        except grpc.RpcError as error:
            return error.code()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(register, [two.a, two.b] * 4))
    assert answers.count(grpc.StatusCode.ALREADY_EXISTS) == 7
