"""The wrong secret, token, cluster, lease, job or peer: each is refused, and tells nothing."""

import socket
import time

import grpc
import pytest
from running import running_server
from talking import graph, jobspec, refused, subsystem, talking
from test_clocks import Clocks

from placewise.service.protocols.rainbow import REASON
from placewise.service.wire import memory_graph_pb2 as memory
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


def own(name, secret):
    return v1.ClusterSecret(name=name, secret=secret)


def received(talk, cluster):
    return talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=cluster)).assignments


def accepted(talk, cluster, *jobs):
    leases = [v1.AcceptJobsRequest.Accepted(job_id=number, lease=lease) for number, lease in jobs]
    return list(talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=cluster, jobs=leases)).accepted)


def test_the_wrong_registration_secret(talk):
    answer, call = talk.rainbow.Register.with_call(rainbow.RegisterRequest(name="gray", secret="wrong", nodes=graph()))
    assert (answer.status, answer.token, answer.secret) == (rainbow.RegisterResponse.REGISTER_DENIED, "", "")
    assert dict(call.trailing_metadata())[REASON] == "the registration secret is wrong"
    request = v1.RegisterClusterRequest(name="gray", registration_secret="wrong", nodes=graph())
    assert refused(talk.v1.RegisterCluster, request)[0] == UNAUTHENTICATED
    assert not talk.v1.ListClusters(v1.ListClustersRequest()).clusters


def test_a_wrong_secret_and_an_unknown_cluster_are_answered_alike(talk):
    secret = talk.register("gray").secret
    wrong, unknown = own("gray", "wrong"), own("nobody", secret)
    calls = [
        lambda who: refused(talk.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=who)),
        lambda who: refused(talk.v1.AcceptJobs, v1.AcceptJobsRequest(cluster=who)),
        lambda who: refused(talk.v1.UpdateCluster, v1.UpdateClusterRequest(cluster=who, state="{}")),
        lambda who: refused(talk.v1.DeleteCluster, v1.DeleteClusterRequest(cluster=who)),
        lambda who: refused(talk.v1.RotateCredentials, v1.RotateCredentialsRequest(cluster=who)),
        lambda who: refused(talk.v1.ReportOutcome, v1.ReportOutcomeRequest(cluster=who, job_id=1)),
        lambda who: refused(talk.v1.Heartbeat, v1.HeartbeatRequest(cluster=who, agent="a")),
        lambda who: refused(talk.v1.GetJob, v1.GetJobRequest(cluster=who, job_id=1)),
        lambda who: refused(talk.v1.ListJobs, v1.ListJobsRequest(cluster=who)),
        lambda who: refused(next, talk.v1.WatchAssignments(v1.WatchAssignmentsRequest(cluster=who))),
        lambda who: refused(
            talk.rainbow.UpdateState,
            rainbow.UpdateStateRequest(cluster=who.name, secret=who.secret, payload="{}"),
        ),
        lambda who: refused(
            talk.rainbow.AcceptJobs, rainbow.AcceptJobsRequest(cluster=who.name, secret=who.secret, jobids=[1])
        ),
    ]
    for call in calls:
        assert call(wrong) == call(unknown)
        assert call(wrong)[0] == UNAUTHENTICATED


def test_rainbow_answers_in_its_statuses(talk):
    secret = talk.register("gray").secret
    for name, given in (("gray", "wrong"), ("nobody", secret), ("", "")):
        register = rainbow.RegisterRequest(name=name, secret=given, subsystem="io", nodes=subsystem({"size": 1}))
        assert talk.rainbow.RegisterSubsystem(register).status == rainbow.RegisterResponse.REGISTER_DENIED
        receive = rainbow.ReceiveJobsRequest(cluster=name, secret=given)
        assert talk.rainbow.ReceiveJobs(receive).status == rainbow.ReceiveJobsResponse.REQUEST_JOBS_DENIED
        delete = rainbow.DeleteRequest(name=name, secret=given)
        assert talk.rainbow.Delete(delete).status == rainbow.DeleteResponse.DELETE_DENIED
        delete.subsytem = "io"
        assert talk.rainbow.DeleteSubsystem(delete).status == rainbow.DeleteResponse.DELETE_DENIED
        submit = rainbow.SubmitJobRequest(name="job", jobspec=jobspec())
        submit.clusters.add(name=name, token=given)
        assert talk.rainbow.SubmitJob(submit).status == rainbow.SubmitJobResponse.SUBMIT_DENIED
    none = rainbow.SubmitJobRequest(name="job", jobspec=jobspec())
    assert talk.rainbow.SubmitJob(none).status == rainbow.SubmitJobResponse.SUBMIT_DENIED


def test_a_token_is_no_secret_and_a_secret_no_token(talk):
    given = talk.register("gray")
    assert refused(talk.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=own("gray", given.token)))[0] == UNAUTHENTICATED
    credentials = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="gray", token=given.secret)])
    assert refused(talk.v1.Submit, v1.SubmitRequest(jobspec=jobspec(), credentials=credentials))[0] == UNAUTHENTICATED
    assert refused(talk.v1.Submit, v1.SubmitRequest(jobspec=jobspec()))[0] == UNAUTHENTICATED
    wrong = v1.Credentials(global_token="wrong")
    assert refused(talk.v1.Submit, v1.SubmitRequest(jobspec=jobspec(), credentials=wrong))[0] == UNAUTHENTICATED


def test_one_wrong_token_among_right_ones_refuses_all(talk):
    right = talk.register("gray").token
    talk.register("blue")
    tokens = [v1.Credentials.ClusterToken(cluster=name, token=right) for name in ("gray", "blue")]
    request = v1.SubmitRequest(jobspec=jobspec(), credentials=v1.Credentials(clusters=tokens))
    assert refused(talk.v1.Submit, request)[0] == UNAUTHENTICATED


def test_a_job_goes_only_where_a_token_was_shown(talk):
    token = talk.register("gray").token
    talk.register("blue")
    credentials = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="gray", token=token)])
    for _ in range(20):
        answer = talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), credentials=credentials))
        assert (answer.cluster, answer.total_clusters) == ("gray", 1)


def test_a_foreign_job_is_neither_handed_out_nor_accepted_nor_seen_nor_reported(talk):
    gray, blue = (own(name, talk.register(name).secret) for name in ("gray", "blue"))
    job = talk.submit()
    owner, other = (gray, blue) if job.cluster == "gray" else (blue, gray)
    assert not received(talk, other)
    ((mine),) = received(talk, owner)
    assert accepted(talk, other, (mine.job_id, mine.lease)) == []
    partial = rainbow.AcceptJobsRequest(cluster=other.name, secret=other.secret, jobids=[mine.job_id])
    assert talk.rainbow.AcceptJobs(partial).status == rainbow.AcceptJobsResponse.RESULT_TYPE_PARTIAL
    report = v1.ReportOutcomeRequest(cluster=other, job_id=mine.job_id, succeeded=True)
    assert refused(talk.v1.ReportOutcome, report)[0] == grpc.StatusCode.NOT_FOUND
    assert refused(talk.v1.GetJob, v1.GetJobRequest(cluster=other, job_id=mine.job_id))[0] == grpc.StatusCode.NOT_FOUND
    assert talk.job(mine.job_id).state == v1.JOB_STATE_RECEIVED


def test_a_replayed_accept_and_another_lease(talk):
    gray = own("gray", talk.register("gray").secret)
    talk.submit()
    (job,) = received(talk, gray)
    assert accepted(talk, gray, (job.job_id, "another lease")) == []
    assert accepted(talk, gray, (job.job_id, "")) == []
    assert accepted(talk, gray, (job.job_id, job.lease), (job.job_id, job.lease)) == [job.job_id]
    assert accepted(talk, gray, (job.job_id, job.lease)) == []
    again = rainbow.AcceptJobsRequest(cluster="gray", secret=gray.secret, jobids=[job.job_id])
    assert talk.rainbow.AcceptJobs(again).status == rainbow.AcceptJobsResponse.RESULT_TYPE_PARTIAL


def test_an_expired_lease(tmp_path):
    clocks = Clocks()
    with running_server(tmp_path / "p.db", clocks.clock, lease_s=60, sweep_s=0.05) as server, talking(server) as talk:
        gray = own("gray", talk.register("gray").secret)
        talk.submit()
        (job,) = received(talk, gray)
        assert not received(talk, gray)
        clocks.lasted += 61
        deadline = time.monotonic() + 60
        while talk.job(job.job_id).state != v1.JOB_STATE_ASSIGNED:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert accepted(talk, gray, (job.job_id, job.lease)) == []
        late = rainbow.AcceptJobsRequest(cluster="gray", secret=gray.secret, jobids=[job.job_id])
        assert talk.rainbow.AcceptJobs(late).status == rainbow.AcceptJobsResponse.RESULT_TYPE_PARTIAL
        (again,) = received(talk, gray)
        assert again.job_id == job.job_id
        assert again.lease != job.lease
        assert accepted(talk, gray, (job.job_id, job.lease)) == []


def test_what_was_rotated_is_refused(talk):
    given = talk.register("gray")
    fresh = talk.v1.RotateCredentials(v1.RotateCredentialsRequest(cluster=own("gray", given.secret)))
    assert len({given.secret, given.token, fresh.secret, fresh.token}) == 4
    for what in (given.secret, given.token):
        assert refused(talk.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=own("gray", what)))[0] == UNAUTHENTICATED
    kept = talk.v1.RotateCredentials(v1.RotateCredentialsRequest(cluster=own("gray", fresh.secret), keep_secret=True))
    assert (kept.secret, bool(kept.token)) == ("", True)
    old = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="gray", token=fresh.token)])
    assert refused(talk.v1.Submit, v1.SubmitRequest(jobspec=jobspec(), credentials=old))[0] == UNAUTHENTICATED
    new = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="gray", token=kept.token)])
    assert talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), credentials=new)).cluster == "gray"


def test_credentials_survive_a_restart_and_are_kept_as_hashes_only(tmp_path):
    path = tmp_path / "p.db"
    with running_server(path) as server, talking(server) as talk:
        given = talk.register("gray")
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (given.secret, given.token, server.registration_secret, server.global_token):
        assert secret.encode() not in content
    with running_server(path) as server, talking(server) as talk:
        assert not received(talk, own("gray", given.secret))


def test_too_many_wrong_secrets_do_not_shut_out_who_has_the_right_one(tmp_path):
    with running_server(tmp_path / "p.db", most_denied=5) as server, talking(server) as talk:
        given = talk.register("gray")
        for _ in range(5):
            code, _ = refused(talk.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=own("gray", "wrong")))
            assert code == grpc.StatusCode.UNAUTHENTICATED
        code, _ = refused(talk.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=own("gray", "wrong")))
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        wrong = rainbow.ReceiveJobsRequest(cluster="gray", secret="wrong")
        assert refused(talk.rainbow.ReceiveJobs, wrong)[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
        # The same address, with right credentials, and with none where none are asked for.
        talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=own("gray", given.secret)))
        talk.rainbow.ReceiveJobs(rainbow.ReceiveJobsRequest(cluster="gray", secret=given.secret))
        token = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="gray", token=given.token)])
        assert talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), credentials=token)).cluster == "gray"
        assert talk.v1.Match(v1.MatchRequest(jobspec=jobspec())).clusters == ["gray"]
        # A short secret, chosen by the operator, could be guessed.
        code, reason = refused(talk.submit)
        assert (code, "refused credentials" in reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)


@pytest.fixture
def address():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # of a block for documentation; nothing is sent
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return probe.getsockname()[0]


def test_satisfy_without_credentials_is_for_this_machine(tmp_path, address):
    asks = [
        lambda talk: (talk.memory.Satisfy, memory.SatisfyRequest(payload=jobspec())),
        lambda talk: (talk.v1.Match, v1.MatchRequest(jobspec=jobspec())),
        lambda talk: (talk.v1.Explain, v1.ExplainRequest(jobspec=jobspec())),
        lambda talk: (talk.v1.ListClusters, v1.ListClustersRequest()),
    ]
    told = {"listen": f"{address}:0", "insecure": True}
    with running_server(tmp_path / "p.db", **told) as server, talking(server) as talk:
        for ask in asks:
            code, reason = refused(*ask(talk))
            assert code == grpc.StatusCode.PERMISSION_DENIED
            assert "--open-satisfy" in reason
        assert talk.v1.Match(v1.MatchRequest(jobspec=jobspec(), credentials=talk.everything)).total_clusters == 0
    with running_server(tmp_path / "p.db", open_satisfy=True, **told) as server, talking(server) as talk:
        for ask in asks:
            call, request = ask(talk)
            call(request)


def test_the_graph_database_registers_nobody(talk):
    request = memory.RegisterRequest(name="gray", payload=graph())
    assert refused(talk.memory.Register, request)[0] == grpc.StatusCode.PERMISSION_DENIED
