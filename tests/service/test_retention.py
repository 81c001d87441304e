"""Servers that forget, and that refuse who uses too much: from settings to the answers, the page and the metrics."""

import contextlib
import time
import urllib.request
from types import SimpleNamespace

import grpc
import pytest
import sqlalchemy
from prometheus_client.parser import text_string_to_metric_families
from running import running_server
from sqlalchemy import select
from talking import jobspec, refused, talking

from placewise.service.calls import submitting as submitting_call
from placewise.service.guard.refusals import QuotaReached
from placewise.service.store.rows.job import JobState, NewJob
from placewise.service.store.tables import clusters
from placewise.service.web.filling import decimal_size
from placewise.service.wire import placewise_pb2 as v1

SOON_S = 20.0


def soon(true):
    deadline = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def page(server, path="/"):
    with urllib.request.urlopen(f"http://{server.http}{path}", timeout=SOON_S) as answer:
        return answer.read().decode()


def metric(server, name, **labels):
    families = text_string_to_metric_families(page(server, "/metrics"))
    found = [one.value for family in families for one in family.samples if (one.name, one.labels) == (name, labels)]
    return found[0] if found else None


def owner_of(name, given):
    return v1.ClusterSecret(name=name, secret=given.secret)


def finish(talk, owner):
    """Have a cluster take, accept and finish all that waits."""
    got = talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner, most=100)).assignments
    leases = [v1.AcceptJobsRequest.Accepted(job_id=one.job_id, lease=one.lease) for one in got]
    accepted = talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=owner, jobs=leases)).accepted
    for number in accepted:
        talk.v1.ReportOutcome(v1.ReportOutcomeRequest(cluster=owner, job_id=number, succeeded=True))
    return list(accepted)


def known(talk, number):
    try:
        return talk.job(number).id == number
    except grpc.RpcError as error:
        assert error.code() is grpc.StatusCode.NOT_FOUND
        return False


def token_of(name, given):
    return v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster=name, token=given.token)])


def test_servers_forget_what_is_over_and_keep_the_rest(database_url):
    many = 2 if database_url.startswith("postgresql") else 1
    with contextlib.ExitStack() as stack:
        told = {"keep_s": "0.5s", "sweep_s": 0.05}
        servers = [stack.enter_context(running_server(database_url, **told)) for _ in range(many)]
        talk = stack.enter_context(talking(servers[0]))
        owner = owner_of("gray", talk.register("gray"))
        for _ in range(20):
            talk.submit()
        over = finish(talk, owner)
        waiting = [talk.submit().job_id for _ in range(3)]
        assert len(over) == 20
        soon(lambda: not any(known(talk, number) for number in over))
        time.sleep(0.3)  # some sweeps more, and those that wait are older than what is kept by now
        assert all(known(talk, number) for number in waiting)
        assert sum(metric(server, "placewise_pruned_total") for server in servers) == 20
        assert metric(servers[0], "placewise_keep_seconds") == 0.5
        assert metric(servers[0], "placewise_database_bytes") > 10_000
        assert "0.5 seconds" in page(servers[0])


def test_servers_forget_deleted_clusters_and_name_them_while_a_job_is_kept(database_url):
    def names():
        url = database_url if "://" in database_url else f"sqlite:///{database_url}"
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            return set(connection.scalars(select(clusters.c.name)))

    with running_server(database_url, keep_s="0.5s", sweep_s=0.05) as server, talking(server) as talk:
        given = {name: talk.register(name) for name in ("gone", "kept", "newest")}
        gone, kept = (submitting(talk, token_of(name, given[name]))().job_id for name in ("gone", "kept"))
        for name in ("gone", "kept"):
            talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=owner_of(name, given[name])))
        soon(lambda: names() == {"kept", "newest"})
        assert not known(talk, gone)
        assert talk.job(kept).cluster == "kept"  # the newest job, which is always kept


def test_history_is_kept_for_ever_unless_told(tmp_path):
    with running_server(tmp_path / "placewise.db", sweep_s=0.05) as server, talking(server) as talk:
        talk.register("gray")
        number = talk.submit(jobspec(nodes=99)).job_id
        talk.submit()
        time.sleep(0.5)
        assert known(talk, number)
        assert "for ever" in page(server)


@pytest.fixture
def quoted(database_url):
    """A server whose tokens have quotas, with the database of either kind."""
    with running_server(database_url, quota_jobs=3, quota_bytes=5000, sweep_s=0.05) as server, talking(server) as talk:
        yield server, talk


def submitting(talk, credentials, spec=None):
    return lambda: talk.v1.Submit(v1.SubmitRequest(jobspec=spec or jobspec(), credentials=credentials))


def test_a_token_has_so_many_jobs_and_no_more(quoted):
    server, talk = quoted
    gray, blue = talk.register("gray"), talk.register("blue")
    submit = submitting(talk, token_of("gray", gray))
    for _ in range(3):
        assert submit().cluster == "gray"
    code, details = refused(submit)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "the token of 'gray'" in details
    assert "quota of jobs" in details
    assert "found 3" in details
    assert "at most 3" in details
    # Whoever shows another token too is placed there, and the global token has a quota of its own.
    both = v1.Credentials(clusters=[*token_of("gray", gray).clusters, *token_of("blue", blue).clusters])
    assert {submitting(talk, both)().cluster for _ in range(3)} == {"blue"}
    assert refused(submitting(talk, both))[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert talk.submit().job_id
    finish(talk, owner_of("gray", gray))
    assert submit().cluster == "gray"
    assert metric(server, "placewise_quota_refusals_total", quota="jobs") == 2
    assert metric(server, "placewise_quota", quota="jobs") == 3
    soon(lambda: metric(server, "placewise_token_jobs", token="blue") == 3)
    html = page(server)
    assert "5.0 kB" in html
    assert "(global)" in html


def test_a_token_has_so_many_bytes_of_jobspecs_kept_be_they_refused(quoted):
    _, talk = quoted
    gray = token_of("gray", talk.register("gray"))
    nowhere = submitting(talk, gray, jobspec(nodes=99, command=("x" * 1900,)))
    assert not nowhere().cluster
    code, details = refused(nowhere)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "the token of 'gray'" in details
    assert "quota of bytes" in details
    assert "at most 5,000" in details
    assert submitting(talk, gray)().cluster == "gray"
    spec = jobspec(command=("x" * 1900,))
    assert submitting(talk, talk.everything, spec)().cluster == "gray"
    code, details = refused(submitting(talk, talk.everything, spec))
    assert "the global token" in details


@pytest.mark.parametrize("allowed", [None, {"gray": 7}])
def test_a_submission_that_a_quota_refuses_is_no_load_of_the_cluster(allowed):
    ended = []
    state = SimpleNamespace(fleet=SimpleNamespace(ended=ended.append))
    pending = submitting_call._Pending(SimpleNamespace(allowed=allowed))
    answer = submitting_call.Submitted(0, "gray", JobState.ASSIGNED, 1, 1)
    decided = submitting_call._Decided(NewJob("job", 7, "x", "[]"), answer)
    submitting_call._settle(state, [(pending, decided)], [QuotaReached("jobs", found=3, expected="at most 3")])
    if allowed is None:
        assert isinstance(pending.answer, QuotaReached)
        assert "quota of jobs" in str(pending.answer)
    else:
        assert pending.answer is None
        assert pending.full == {"gray"}
        assert "the token of 'gray'" in str(pending.last)
    assert ended == [7]


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (5e9, "5.0 GB"),
        (2e15, "2000.0 TB"),
    ],
)
def test_sizes_are_written_in_decimal_units(size, written):
    assert decimal_size(size) == written


def test_names_of_tokens_are_shown_as_text(server):
    with talking(server) as talk:
        talk.v1.Submit(v1.SubmitRequest(jobspec=jobspec(), credentials=token_of("<b>gray", talk.register("<b>gray"))))
        html = page(server)
    assert "&lt;b&gt;gray" in html
    assert "<b>gray" not in html
