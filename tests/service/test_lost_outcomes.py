"""How a job ended reaches the scheduler, whatever the job wrote and whatever else goes wrong."""

import asyncio

import grpc
import pytest
from running import running_server
from scheduler_double import running_double
from talking import talking
from test_agent import NODES, accepting, agent_at, job, run_once, until, waiting

from placewise.service.client import Client, ClusterSecret, Credentials, JobState
from placewise.service.client.messages.cluster_documents import Documents
from placewise.service.guard.given import LONGEST_REASON, kept_reason
from placewise.service.wire import placewise_pb2 as wire

EVERYTHING = Credentials(global_token="the-global-token")
# What a shell writes on standard error, and what is kept of it.
WRITTEN = [
    (r"a\000b", "a\ufffdb"),
    (r"a\377\376b", "a\ufffd\ufffdb"),
    (r"a\355\240\200b", "a\ufffd\ufffd\ufffdb"),  # half of a surrogate pair
    ("x" * 9000, "x" * 4000),
]


@pytest.fixture
def own(database_url):
    """A server, a client, and a registered cluster's secret."""
    with running_server(database_url) as server, Client(server.target) as client:
        given = client.register_cluster(Documents(NODES), registration_secret=server.registration_secret, name="gray")
        yield server, client, ClusterSecret("gray", given.secret)


def submitted(client, *command):
    words = ", ".join(f"'{word}'" for word in command)
    return client.submit(f"version: 1\ntask: {{command: [{words}], resources: {{}}}}", EVERYTHING).job_id


def accepted(client, own):
    number = submitted(client, "true")
    client.accept_jobs(own, client.receive_jobs(own))
    return number


def test_whatever_a_job_writes_its_outcome_is_kept(own):
    server, client, secret = own
    numbers = [submitted(client, "true") for _ in WRITTEN]
    script = "case {id} in " + " ".join(
        f"{number}) printf '{text}' >&2; exit 1;;" for number, (text, _) in zip(numbers, WRITTEN, strict=True)
    )

    async def through():
        template = ("sh", "-c", script + " esac")
        async with agent_at(server.target, secret=lambda: secret.secret, template=template, once=True) as (agent, *_):
            await agent.run()
            return agent.unreported

    assert asyncio.run(through()) == []
    for number, (_, kept) in zip(numbers, WRITTEN, strict=True):
        found = client.get_job(number, EVERYTHING)
        assert found.state == JobState.FAILED
        assert kept in found.reason
        assert found.history[-1].detail == found.reason


@pytest.mark.parametrize("reason", ["a\0b", "\ufffe\U0010ffff\x1b\u202e", "\0" * 9000, "\0"])
def test_a_report_is_not_refused_for_its_reason(own, reason):
    server, client, secret = own
    number = accepted(client, secret)
    cluster = wire.ClusterSecret(name=secret.name, secret=secret.secret)
    report = wire.ReportOutcomeRequest(cluster=cluster, job_id=number, reason=reason)
    with talking(server) as stubs:
        for _ in range(2):  # repeated, it is the same report
            assert stubs.v1.ReportOutcome(report).state == wire.JOB_STATE_FAILED
    assert client.get_job(number, EVERYTHING).reason == reason[:LONGEST_REASON].replace("\0", "\ufffd")


def test_a_report_is_taken_whatever_bytes_its_reason_has(own):
    server, client, secret = own
    number = accepted(client, secret)
    cluster = wire.ClusterSecret(name=secret.name, secret=secret.secret)
    raw = wire.RawReport(cluster=cluster, job_id=number, duration_s=2.5, reason=b"a\xff\0b")
    with grpc.insecure_channel(server.target) as channel:
        report = channel.unary_unary("/placewise.v1.Scheduler/ReportOutcome")
        wire.Job.FromString(report(raw.SerializeToString()))
        with pytest.raises(grpc.RpcError) as caught:
            report(b"\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    found = client.get_job(number, EVERYTHING)
    assert (found.state, found.reason, found.duration_s) == (JobState.FAILED, "a\ufffd\ufffdb", 2.5)


def test_half_of_a_surrogate_pair_is_replaced():
    assert kept_reason("a\ud800\udfffb") == "a\ufffd\ufffdb"
    assert kept_reason("\U0001f600") == "\U0001f600"


@pytest.fixture
def double():
    with running_double() as running:
        accepting(running)
        yield running


def test_a_report_that_is_refused_for_its_text_is_made_without_it_and_the_next_job_runs(double):
    refusals = [grpc.StatusCode.INVALID_ARGUMENT, wire.Job(id=1, state="JOB_STATE_FAILED")]
    double.says("ReportOutcome", *refusals, grpc.StatusCode.INVALID_ARGUMENT)
    double.says("ReceiveJobs", *waiting(job(1, "sh -c 'echo no >&2; exit 4'"), job(2), job(3)))
    agent, said, ended = run_once(double)
    assert [(r.job_id, r.reason) for r in double.requests("ReportOutcome")][:2] == [(1, "exit code 4: no"), (1, "")]
    assert [one.job.job_id for one in ended] == [1, 2, 3]
    assert agent.unreported == [2, 3]
    assert sum("cannot be reported" in line for line in said) == 2


def test_an_agent_that_watches_goes_on_after_a_refused_report(double):
    double.says("ReportOutcome", grpc.StatusCode.INVALID_ARGUMENT)
    double.says("WatchAssignments", [job(1), job(2), None])

    async def watch():
        async with agent_at(double.target, at_once=3) as (agent, _, ended):
            running = asyncio.create_task(agent.run())
            await until(lambda: len(ended) == 2)
            agent.stop()
            await running

    asyncio.run(watch())


def test_what_fails_in_the_agent_itself_is_reported_too(double, monkeypatch):
    def nothing_works(*_):
        raise RuntimeError("half \ud800 a pair")

    monkeypatch.setattr("placewise.service.client.agent.agent.fill_in", nothing_works)
    double.says("ReceiveJobs", *waiting(job(1)))
    run_once(double)
    (report,) = double.requests("ReportOutcome")
    assert (report.succeeded, report.reason) == (False, "the agent failed: RuntimeError: half \ufffd a pair")


def test_an_outcome_is_reported_though_nobody_hears_what_the_agent_says(double):
    double.says("ReceiveJobs", *waiting(job(1)))

    def broken(_):
        raise BrokenPipeError

    async def once():
        async with agent_at(double.target, once=True) as (agent, *_):
            agent._tell = broken
            await agent.run()

    asyncio.run(once())
    assert len(double.requests("ReportOutcome")) == 1
