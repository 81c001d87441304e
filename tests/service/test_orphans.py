"""Jobs of agents that are gone: kept, requeued or failed; and who is never taken for gone."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from itertools import pairwise

import grpc
import pytest
import sqlalchemy
from running import running_server
from scheduler_double import running_double
from talking import refused, talking
from test_agent import NODES, accepting, agent_at, job, run_once, waiting

from placewise.service.client import Client, ClusterSecret, Credentials, JobState, ServiceError
from placewise.service.client.agent.agent import Agent
from placewise.service.client.messages.cluster_documents import Documents
from placewise.service.store.engines import parse_url
from placewise.service.store.rows import agents
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

EVERYTHING = Credentials(global_token="the-global-token")
QUICK = {"agent_lost_s": 1.0, "sweep_s": 0.1}


@pytest.fixture
def serve(database_url):
    """Return what serves with settings as told: a server, a client and a registered cluster's secret."""

    @contextmanager
    def serving(**told):
        with running_server(database_url, **told) as server, Client(server.target) as client:
            documents = Documents(NODES)
            given = client.register_cluster(documents, registration_secret=server.registration_secret, name="gray")
            yield server, client, ClusterSecret("gray", given.secret)

    return serving


def submitted(client, script="true"):
    spec = {"version": 1, "task": {"command": ["sh", "-c", script], "resources": {}}}
    return client.submit(json.dumps(spec), EVERYTHING).job_id


def eventually(condition):
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
    return found


def agent_process(server, own, folder, *more):
    words = ["agent", "--exec", "env", "--cluster", "gray", "--server", server.target, "--poll", "0.1", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "placewise", *words],
        env=os.environ | {"PLACEWISE_SECRET": own.secret, "XDG_CONFIG_HOME": str(folder)},
        start_new_session=True,
    )


def states(client, number):
    return [str(event.state) for event in client.get_job(number, EVERYTHING).history]


@pytest.mark.slow
@pytest.mark.parametrize("orphans", ["requeue", "fail", "keep"])
def test_jobs_of_an_agent_that_was_killed(serve, tmp_path, orphans):
    with serve(orphans=orphans, **QUICK) as (server, client, own):
        number = submitted(client, f"test -e {tmp_path}/up || {{ touch {tmp_path}/up; exec sleep 5; }}")
        agent = agent_process(server, own, tmp_path)
        eventually((tmp_path / "up").exists)
        killed = client.get_job(number, EVERYTHING).agent
        assert killed
        agent.send_signal(signal.SIGKILL)
        agent.wait()
        if orphans == "keep":
            (cluster,) = eventually(
                lambda: [one for one in client.list_clusters(EVERYTHING) if not any(a.live for a in one.agents)]
            )
            assert [(one.name, one.running) for one in cluster.agents] == [(killed, 1)]
            time.sleep(0.5)
            assert states(client, number)[-1] == "accepted"
        elif orphans == "fail":
            ended = eventually(lambda: (one := client.get_job(number, EVERYTHING)).state == JobState.FAILED and one)
            assert ended.reason.startswith(f"attempt 1 is given up: the agent {killed} was not heard of for ")
        else:
            eventually(lambda: states(client, number)[-1] == "assigned")
            assert agent_process(server, own, tmp_path, "--once").wait(60) == 0
            ended = client.get_job(number, EVERYTHING)
            assert (ended.state, ended.attempts) == (JobState.FINISHED, 2)
            assert states(client, number) == [
                *("submitted", "assigned", "received", "accepted"),
                *("assigned", "received", "accepted", "finished"),
            ]
            assert ended.history[4].detail.startswith(f"attempt 1 is given up: the agent {killed} was not heard of")


def test_an_agent_that_lives_keeps_its_job_and_is_forgotten_when_it_leaves(serve, tmp_path):
    # Long enough that a busy machine sends one of four heartbeats in that time.
    with serve(orphans="requeue", agent_lost_s=4.0, sweep_s=0.1) as (server, client, own):
        number = submitted(client, f"touch {tmp_path}/up; exec sleep 6")
        agent = agent_process(server, own, tmp_path, "--once")
        eventually((tmp_path / "up").exists)
        (shown,) = client.list_clusters(EVERYTHING)
        assert [(one.live, one.running) for one in shown.agents] == [(True, 1)]
        assert agent.wait(60) == 0
        assert states(client, number)[-2:] == ["accepted", "finished"]
        (shown,) = client.list_clusters(EVERYTHING)
        assert shown.agents == ()


def test_clients_without_heartbeats_are_never_taken_for_gone(serve):
    with serve(orphans="fail", agent_lost_s=0.2, sweep_s=0.05) as (server, client, own), talking(server) as talk:
        ours, theirs = submitted(client), submitted(client)
        received = client.receive_jobs(own)
        assert client.accept_jobs(own, received[:1]) == {ours}
        answer = talk.rainbow.AcceptJobs(rainbow.AcceptJobsRequest(cluster="gray", secret=own.secret, jobids=[theirs]))
        assert answer.status == rainbow.AcceptJobsResponse.RESULT_TYPE_SUCCESS
        client.heartbeat(own, "somebody else")
        time.sleep(0.6)
        for number in (ours, theirs):
            assert states(client, number)[-1] == "accepted"
            assert client.report_outcome(own, number, succeeded=True).state == JobState.FINISHED


def test_who_was_taken_for_gone_cannot_report_on_what_another_runs(serve):
    with serve(orphans="requeue", agent_lost_s=0.3, sweep_s=0.05) as (_, client, own):
        number = submitted(client)
        client.accept_jobs(own, client.receive_jobs(own), agent="first")
        eventually(lambda: states(client, number)[-1] == "assigned")
        client.accept_jobs(own, client.receive_jobs(own))
        for agent in ("first", "third"):
            with pytest.raises(ServiceError) as caught:
                client.report_outcome(own, number, succeeded=False, agent=agent)
            assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
        assert client.report_outcome(own, number, succeeded=True).state == JobState.FINISHED


def test_a_job_that_ends_every_agent_is_not_run_for_ever(serve):
    with serve(orphans="requeue", most_attempts=2, agent_lost_s=0.3, sweep_s=0.05) as (_, client, own):
        number = submitted(client)
        for attempt in (1, 2):
            received = eventually(lambda: client.receive_jobs(own))
            client.accept_jobs(own, received, agent=f"agent {attempt}")
        ended = eventually(lambda: (one := client.get_job(number, EVERYTHING)).state == JobState.FAILED and one)
        assert ended.attempts == 2
        assert ended.reason.startswith("attempt 2 is given up: the agent agent 2 ")


def test_the_page_and_status_show_who_lives(serve):
    with serve() as (server, client, own):
        client.heartbeat(own, "<gone>")
        client.heartbeat(own, "here")
        engine = sqlalchemy.create_engine(parse_url(server.database))
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("UPDATE agents SET heard_at = heard_at - 3600 WHERE name = '<gone>'"))
        engine.dispose()
        (cluster,) = client.list_clusters(EVERYTHING)
        assert [(one.name, one.live) for one in cluster.agents] == [("here", True), ("<gone>", False)]
        with urllib.request.urlopen(f"http://{server.http}/") as page:
            text = page.read().decode()
        assert re.search(r"here: heard \d+ s ago, 0 running", text)
        assert '&lt;gone&gt;: <strong class="failed">lost</strong>, last heard' in text


def test_who_may_send_heartbeats_and_by_which_names(serve, monkeypatch):
    monkeypatch.setattr(agents, "MOST_AGENTS", 2)
    with serve() as (server, client, own), talking(server) as talk:
        for name, secret in (("gray", "guess"), ("other", own.secret)):
            request = v1.HeartbeatRequest(cluster=v1.ClusterSecret(name=name, secret=secret), agent="a")
            assert refused(talk.v1.Heartbeat, request)[0] is grpc.StatusCode.UNAUTHENTICATED
        secret = v1.ClusterSecret(name="gray", secret=own.secret)
        for name in ("", "a\0", "a" * 257):
            request = v1.HeartbeatRequest(cluster=secret, agent=name)
            assert refused(talk.v1.Heartbeat, request)[0] is grpc.StatusCode.INVALID_ARGUMENT
        for name in ("a", "b", "a"):
            assert client.heartbeat(own, name) == 60.0
        with pytest.raises(ServiceError) as caught:
            client.heartbeat(own, "c")
        assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        client.heartbeat(own, "a", leaving=True)
        client.heartbeat(own, "c")


@pytest.fixture
def double():
    with running_double() as running:
        accepting(running)
        yield running


def test_the_agent_names_itself_where_it_is_heard_and_nowhere_else(double):
    double.says("ReceiveJobs", *waiting(job(1)))
    agent, *_ = run_once(double)
    (accepted,), (reported,) = double.requests("AcceptJobs"), double.requests("ReportOutcome")
    assert (accepted.agent, reported.agent) == ("", "")
    double.says("Heartbeat", v1.HeartbeatResponse(lost_after_s=60))
    double.says("ReceiveJobs", *waiting(job(2)))
    agent, *_ = run_once(double)
    assert double.requests("AcceptJobs")[1].agent == double.requests("ReportOutcome")[1].agent == agent.name
    assert {one.agent for one in double.requests("Heartbeat")[-2:]} == {agent.name}
    assert double.requests("Heartbeat")[-1].leaving


def test_heartbeats_are_sent_several_times_in_the_time_that_the_scheduler_waits(double, tmp_path):
    heard = []

    def hear(_):
        heard.append(time.monotonic())
        if len(heard) == 6:
            (tmp_path / "go").touch()
        return v1.HeartbeatResponse(lost_after_s=1.0)

    double.says("Heartbeat", hear)
    double.says("ReceiveJobs", *waiting(job(1, f"sh -c 'while ! test -e {tmp_path}/go; do sleep 0.05; done'")))
    run_once(double)
    # A busy machine may delay some of them. The first comes where the agent starts, and the last where it leaves.
    between = sorted(after - before for before, after in pairwise(heard[1:6]))
    assert between[0] < 0.5


@pytest.mark.parametrize(
    "given_up",
    [v1.Job(id=1, state="JOB_STATE_ASSIGNED"), v1.Job(id=1, state="JOB_STATE_ACCEPTED", agent="another")],
)
def test_a_job_that_was_given_up_is_ended(double, given_up):
    double.says("Heartbeat", v1.HeartbeatResponse(lost_after_s=60))
    double.says("GetJob", v1.Job(id=1, state="JOB_STATE_ACCEPTED"), given_up)
    double.says("ReceiveJobs", *waiting(job(1, "sleep 600")))
    _, _, ended = run_once(double)
    assert [one.outcome.reason for one in ended] == ["the scheduler gave this attempt up"]
    assert not double.requests("ReportOutcome")


def test_a_job_that_still_ends_here_is_not_accepted_again(double):
    async def twice():
        async with agent_at(double.target) as (agent, said, _):
            agent._held.add(1)
            await Agent._handle(agent, job(1))
            return said

    assert "not accepted again" in asyncio.run(twice())[-1]
    assert not double.requests("AcceptJobs")
