"""The agent: what it runs, what it reports, and how it lives through everything that can go wrong around it."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import running_server
from scheduler_double import running_double

from placewise.errors import InputError
from placewise.service.client import AsyncClient, Client, ClusterSecret, Credentials, JobState, ServiceError
from placewise.service.client.agent.agent import Agent, Orders
from placewise.service.client.agent.exec_template import fill_in, needs_command, parse_template
from placewise.service.client.agent.execution import Execution
from placewise.service.client.messages.cluster_documents import Documents
from placewise.service.wire import placewise_pb2 as wire

PLAIN = {"{jobspec}": "/tmp/7.json", "{id}": "7", "{name}": "solver"}
words = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=5)


@given(st.text(max_size=12), words)
def test_words_are_appended_as_they_are_where_no_place_stands(name, command):
    values = {**PLAIN, "{name}": name}
    assert fill_in(("flux", "submit"), tuple(command), values) == ["flux", "submit", *command]


@given(words)
def test_a_command_stands_as_one_word_that_a_shell_splits_again(command):
    filled = fill_in(parse_template("sh -c {command}"), tuple(command), PLAIN)
    assert filled[:2] == ["sh", "-c"]
    assert shlex.split(filled[2]) == command
    assert fill_in(parse_template("sh -c 'cd / && {command}'"), tuple(command), PLAIN)[2] == f"cd / && {filled[2]}"


@given(st.text(max_size=12))
def test_names_are_quoted_within_a_script_and_nowhere_else(name):
    values = {**PLAIN, "{name}": name}
    filled = fill_in(parse_template("sh {name} --name={name} {id}.out 'echo {name}' {jobspec}"), (), values)
    assert filled == ["sh", name, f"--name={name}", "7.out", f"echo {shlex.quote(name)}", "/tmp/7.json"]


def test_what_stands_in_a_name_is_no_place():
    assert fill_in(("sh", "{name}"), ("x",), {**PLAIN, "{name}": "{command}{id}"}) == ["sh", "{command}{id}"]
    assert fill_in(("sh", "${HOME}", "{other}"), ("x",), PLAIN) == ["sh", "${HOME}", "{other}", "x"]


def test_which_jobs_need_a_command():
    assert needs_command(("flux", "submit"))
    assert needs_command(("sh", "-c", "cd / && {command}"))
    assert not needs_command(("flux", "job", "submit", "{jobspec}"))


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("sh 'x", "quot"), ("no-such-program-here {id}", "program")])
def test_command_lines_that_cannot_be_used(text, said):
    with pytest.raises(InputError, match=said):
        parse_template(text)


def run(*command, environment=None):
    async def started():
        return await (await Execution.start(command, environment or dict(os.environ))).end()

    return asyncio.run(started())


def test_the_last_line_on_standard_error_is_the_reason(capfd):
    outcome = run("sh", "-c", "echo first >&2; echo 'out of memory' >&2; echo >&2; exit 7")
    assert (outcome.succeeded, outcome.reason) == (False, "exit code 7: out of memory")
    assert capfd.readouterr().err == "first\nout of memory\n\n"


def test_ends_by_signal_and_good_ends():
    assert run("sh", "-c", "kill -9 $$").reason == "ended by SIGKILL"
    good = run("sh", "-c", "echo warning >&2")
    assert (good.succeeded, good.reason) == (True, "")
    assert good.duration_s > 0


def test_much_on_standard_error_is_no_trouble(capfd):
    outcome = run(sys.executable, "-c", "import sys; sys.stderr.write('x' * 3_000_000 + '\\nthe end'); sys.exit(1)")
    assert outcome.reason == "exit code 1: the end"
    assert len(capfd.readouterr().err) > 3_000_000


def test_what_outlives_the_command_is_not_waited_for(tmp_path):
    begun = time.monotonic()
    assert run("sh", "-c", f"sleep 600 & echo $! > {tmp_path}/id; exit 3").reason == "exit code 3"
    assert time.monotonic() - begun < 300
    os.kill(int((tmp_path / "id").read_text()), signal.SIGKILL)


def test_a_command_that_does_not_listen_is_killed_with_what_it_started(tmp_path):
    async def stopped():
        command = f"trap '' TERM; sleep 600 & echo $! > {tmp_path}/id; echo > {tmp_path}/up; wait; sleep 600"
        execution = await Execution.start(("sh", "-c", command), dict(os.environ))
        await until((tmp_path / "up").exists)
        await execution.terminate(0.3)
        stat = Path("/proc", (tmp_path / "id").read_text().strip(), "stat")
        # Nobody may be there to collect it.
        await until(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX")
        return await execution.end()

    assert asyncio.run(stopped()).reason == "ended by SIGKILL"


@pytest.fixture
def double():
    with running_double() as running:
        yield running


@asynccontextmanager
async def agent_at(target, **orders):
    said, ended = [], []
    orders = {"cluster": "gray", "secret": lambda: "s", "template": ("sh", "-c", "{command}"), "poll_s": 0.05} | orders
    async with AsyncClient(target) as client:
        yield Agent(client, Orders(**orders), said.append, ended.append), said, ended


async def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.01)


def job(number, command="true", until_s=4e9):
    assignment = wire.Assignment(job_id=number, name=f"job{number}", command=shlex.split(command), lease=f"l{number}")
    assignment.lease_until.FromSeconds(int(until_s))
    return assignment


def accepting(double):
    double.says("AcceptJobs", lambda request: wire.AcceptJobsResponse(accepted=[one.job_id for one in request.jobs]))
    double.says("ReportOutcome", wire.Job(id=1, state="JOB_STATE_FINISHED"))
    double.says("GetJob", wire.Job(id=1, state="JOB_STATE_ACCEPTED"))


def waiting(*jobs):
    return [*(wire.ReceiveJobsResponse(assignments=[one]) for one in jobs), wire.ReceiveJobsResponse()]


def run_once(double, **orders):
    async def once():
        async with agent_at(double.target, once=True, **orders) as (agent, said, ended):
            await agent.run()
            return agent, said, ended

    return asyncio.run(once())


def test_what_waits_is_accepted_run_and_reported(double):
    accepting(double)
    double.says("ReceiveJobs", *waiting(job(1), job(2, "sh -c 'echo no >&2; exit 4'")))
    _, _, ended = run_once(double)
    assert [(one.job.job_id, one.state) for one in ended] == [(1, JobState.FINISHED), (2, JobState.FAILED)]
    reports = double.requests("ReportOutcome")
    assert [(r.job_id, r.succeeded, r.reason) for r in reports] == [(1, True, ""), (2, False, "exit code 4: no")]
    assert all(r.duration_s > 0 and r.cluster.secret == "s" for r in reports)
    assert [one.lease for r in double.requests("AcceptJobs") for one in r.jobs] == ["l1", "l2"]


def test_an_agent_whose_outcomes_nobody_reads_takes_no_more_jobs_and_reports_those_that_run(double):
    accepting(double)
    double.says("ReceiveJobs", *waiting(job(1), job(2, "sleep 0.2"), job(3)))

    def unread(_):
        raise BrokenPipeError

    async def once():
        orders = Orders(cluster="gray", secret=lambda: "s", template=("sh", "-c", "{command}"), at_once=2, once=True)
        async with AsyncClient(double.target) as client:
            await Agent(client, orders, ended=unread).run()

    with pytest.raises(BrokenPipeError):
        asyncio.run(once())
    accepted = {one.job_id for request in double.requests("AcceptJobs") for one in request.jobs}
    assert {report.job_id for report in double.requests("ReportOutcome")} == accepted


def test_the_command_finds_its_job_and_no_secrets(double, tmp_path, monkeypatch):
    accepting(double)
    monkeypatch.setenv("PLACEWISE_SECRET", "TOPSECRET")
    monkeypatch.setenv("PLACEWISE_TOKEN", "TOPSECRET")
    found = job(5, "x")
    found.jobspec = '{"version": 1}'
    double.says("ReceiveJobs", *waiting(found))
    script = tmp_path / "show"
    script.write_text(f'#!/bin/sh\n(env; cat "$1"; echo; stat -c %a "$1"; echo "$1") > {tmp_path}/shown\n')
    script.chmod(0o755)
    run_once(double, template=(str(script), "{jobspec}"))
    shown = (tmp_path / "shown").read_text()
    for line in ("PLACEWISE_JOB_ID=5", "PLACEWISE_JOB_NAME=job5", "PLACEWISE_CLUSTER=gray", '{"version": 1}'):
        assert line in shown.splitlines()
    assert "TOPSECRET" not in shown
    path = shown.splitlines()[-1]
    assert path.endswith("5.json")
    assert not Path(path).exists()


def test_jobs_that_cannot_be_started_have_failed(double):
    accepting(double)
    nothing = job(1)
    del nothing.command[:]
    double.says("ReceiveJobs", *waiting(nothing))
    run_once(double)
    double.says("ReceiveJobs", *waiting(job(2)))
    run_once(double, template=("/nonexistent/program",))
    assert [r.reason for r in double.requests("ReportOutcome")] == [
        "the job has no command",
        "cannot be started: No such file or directory",
    ]


def test_a_job_whose_lease_is_over_is_not_run(double):
    accepting(double)
    double.says("AcceptJobs", wire.AcceptJobsResponse())
    double.says("ReceiveJobs", *waiting(job(1)))
    _, said, ended = run_once(double)
    assert not ended
    assert not double.requests("ReportOutcome")
    assert "lease" in said[-1]


@pytest.mark.parametrize(("changed_at", "runs"), [(900, True), (1100, False)])
def test_an_acceptance_whose_answer_was_lost_counts_if_it_fell_under_our_lease(double, changed_at, runs):
    accepting(double)
    double.says("AcceptJobs", grpc.StatusCode.UNAVAILABLE, wire.AcceptJobsResponse())
    accepted = wire.Job(id=1, state="JOB_STATE_ACCEPTED")
    accepted.changed_at.FromSeconds(changed_at)
    double.says("GetJob", accepted)
    double.says("ReceiveJobs", *waiting(job(1, until_s=1000)))
    _, _, ended = run_once(double)
    assert bool(ended) == runs


def test_an_acceptance_under_our_name_is_ours_whatever_the_clock_was_set_to(double):
    accepting(double)
    double.says("Heartbeat", wire.HeartbeatResponse(lost_after_s=60))
    double.says("AcceptJobs", grpc.StatusCode.UNAVAILABLE, wire.AcceptJobsResponse())
    double.says("ReceiveJobs", *waiting(job(1, until_s=1000)))

    def known(_):
        accepted = wire.Job(id=1, state="JOB_STATE_ACCEPTED", agent=double.requests("AcceptJobs")[-1].agent)
        accepted.changed_at.FromSeconds(1_000_000)
        return accepted

    double.says("GetJob", known)
    _, _, ended = run_once(double)
    assert [one.state for one in ended] == [JobState.FINISHED]


def test_outcomes_are_reported_until_the_scheduler_answers(double):
    accepting(double)
    # Each report is tried five times by gRPC itself.
    lost = [grpc.StatusCode.UNAVAILABLE] * 7
    double.says("ReportOutcome", *lost, grpc.StatusCode.DEADLINE_EXCEEDED, wire.Job(id=1, state="JOB_STATE_FINISHED"))
    double.says("ReceiveJobs", *waiting(job(1)))
    agent, said, ended = run_once(double)
    assert len(double.requests("ReportOutcome")) == 9
    assert ended[0].state == JobState.FINISHED
    assert agent.unreported == []
    assert any("trying again" in line for line in said)


def test_outcomes_that_the_scheduler_refuses_are_told(double):
    accepting(double)
    double.says("ReportOutcome", grpc.StatusCode.UNAUTHENTICATED)
    double.says("ReceiveJobs", *waiting(job(3)))
    agent, said, _ = run_once(double)
    assert agent.unreported == [3]
    assert any("cannot be reported" in line for line in said)


def test_a_cancelled_job_is_ended_and_not_reported(double):
    accepting(double)
    double.says("GetJob", wire.Job(id=1, state="JOB_STATE_ACCEPTED"), wire.Job(id=1, state="JOB_STATE_CANCELLED"))
    double.says("ReceiveJobs", *waiting(job(1, "sleep 600")))
    _, _, ended = run_once(double)
    assert [(one.state, one.outcome.reason) for one in ended] == [(JobState.CANCELLED, "cancelled")]
    assert not double.requests("ReportOutcome")


def test_so_many_run_at_once_and_no_more(double, tmp_path):
    accepting(double)
    log = tmp_path / "log"
    command = f"sh -c 'echo + >> {log}; sleep 0.2; echo - >> {log}'"
    double.says("ReceiveJobs", *waiting(*(job(number, command) for number in range(1, 7))))
    run_once(double, at_once=3)
    running = most = 0
    for sign in log.read_text().split():
        running += 1 if sign == "+" else -1
        most = max(most, running)
    assert most == 3
    assert running == 0


def test_assignments_are_taken_from_the_stream_again_after_it_breaks(double):
    accepting(double)
    double.says("WatchAssignments", [job(1)], grpc.StatusCode.UNAVAILABLE, [job(2), None])

    async def watch():
        async with agent_at(double.target, at_once=2) as (agent, said, ended):
            running = asyncio.create_task(agent.run())
            await until(lambda: len(ended) >= 2)
            agent.stop()
            await running
            return said, ended

    said, ended = asyncio.run(watch())
    assert {one.job.job_id for one in ended} == {1, 2}
    assert any("trying again" in line for line in said)


def test_a_full_agent_holds_no_stream_that_would_keep_jobs_from_others(double, tmp_path):
    accepting(double)
    go = tmp_path / "go"
    double.says(
        "WatchAssignments", [job(1, f"sh -c 'while ! test -e {go}; do sleep 0.05; done'"), None], [job(2), None]
    )

    async def watch():
        async with agent_at(double.target) as (agent, _, ended):
            running = asyncio.create_task(agent.run())
            await until(lambda: double.requests("AcceptJobs"))
            await until(double.ended.is_set)
            assert len(double.requests("WatchAssignments")) == 1
            go.touch()
            await until(lambda: len(ended) >= 2)
            agent.stop()
            await running

    asyncio.run(watch())


def test_a_refusal_ends_the_agent_after_its_jobs(double):
    accepting(double)
    double.says("WatchAssignments", [job(1, "sleep 0.3")], grpc.StatusCode.UNAUTHENTICATED)

    async def watch():
        async with agent_at(double.target, at_once=2) as (agent, _, ended):
            with pytest.raises(ServiceError):
                await agent.run()
            return ended

    assert [one.state for one in asyncio.run(watch())] == [JobState.FINISHED]


@pytest.mark.parametrize(("times", "state"), [(1, JobState.FINISHED), (2, JobState.FAILED)])
def test_told_once_it_waits_for_what_runs_and_told_twice_it_ends_that(double, times, state):
    accepting(double)
    double.says("WatchAssignments", [job(1, "sleep 0.6" if times == 1 else "sleep 600"), None])

    async def stop():
        async with agent_at(double.target, at_once=2) as (agent, said, ended):
            running = asyncio.create_task(agent.run())
            await until(lambda: any("runs" in line for line in said))
            for _ in range(times):
                agent.stop()
            await running
            return ended

    (ended,) = asyncio.run(stop())
    assert ended.state == state
    (report,) = double.requests("ReportOutcome")
    assert report.succeeded == (times == 1)
    assert report.reason == ("" if times == 1 else "the agent was told to end")


def test_a_secret_that_was_replaced_is_met(double):
    accepting(double)
    secrets = iter(f"s{number}" for number in range(100))
    double.says("ReceiveJobs", *waiting(job(1)))
    run_once(double, secret=lambda: next(secrets))
    sent = [request.cluster.secret for _, request in double.asked]
    assert len(set(sent)) == len(sent)


NODES = '{"graph": {"nodes": {"a": {"metadata": {"type": "node"}}}}}'
LASTING = "version: 1\ntask: {command: [sh, -c, 'echo > %s; while ! test -e %s; do sleep 0.05; done'], resources: {}}"


def test_an_agent_outlives_a_restart_of_the_scheduler(tmp_path):
    def server(**told):
        return running_server(tmp_path / "db", **told)

    up, go = tmp_path / "up", tmp_path / "go"

    async def through():
        everything = Credentials(global_token="the-global-token")
        with server() as first, Client(first.target) as client:
            given = client.register_cluster(
                Documents(NODES), registration_secret=first.registration_secret, name="gray"
            )
            done = client.submit(LASTING % (up, go), everything)
            target = first.target
            own = ClusterSecret("gray", given.secret)
            agent = AsyncClient(target)
            said, ended = [], []
            orders = Orders(cluster="gray", secret=lambda: own.secret, template=("env",), at_once=2, poll_s=0.1)
            working = Agent(agent, orders, said.append, ended.append)
            running = asyncio.create_task(working.run())
            await until(up.exists)
        go.touch()
        await asyncio.sleep(0)
        with server(listen=target), Client(target) as client:
            await until(lambda: ended)
            second = client.submit("version: 1\ntask: {command: ['true'], resources: {}}", everything)
            await until(lambda: len(ended) == 2)
            found = [client.get_job(job, everything).state for job in (done.job_id, second.job_id)]
            working.stop()
            await running
            await agent.close()
        return found, said

    found, said = asyncio.run(through())
    assert found == [JobState.FINISHED, JobState.FINISHED]
    assert any("trying again" in line for line in said)
