"""No secret is shown on a connection before it is known who is at the other end."""

import asyncio
import json
import os
import subprocess
import sys

import grpc
import pytest
from running import free_port
from scheduler_double import running_double
from test_agent import accepting, job, until

from placewise.service.client import ClusterSecret, Credentials, ServiceError
from placewise.service.client.agent.agent import Agent, Orders
from placewise.service.client.errors import OtherServerError
from placewise.service.client.messages.values import Registration
from placewise.service.client.saved_credentials import credentials_file, prepare, refuse_other_server, save
from placewise.service.client.wary_client import WaryClient
from placewise.service.wire import placewise_pb2 as wire

OURS, OTHERS = "ours", "another's"
SECRET = "the-saved-secret"


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def named(double, server):
    double.says("Identify", wire.IdentifyResponse(server=server))
    accepting(double)


def free_target():
    return f"127.0.0.1:{free_port()}"


def shown(double):
    """Return the methods that were called with a secret."""
    return [method for method, request in double.asked if b"-secret" in request.SerializeToString()]


def meet(server):
    if server not in ("", OURS):
        raise OtherServerError("these credentials are of another server")


def said(log):
    """Return what a log says, in one line."""
    return " ".join(log.read_text().split())


def working(client):
    return Agent(client, Orders(cluster="gray", secret=lambda: SECRET, template=("env",), poll_s=0.05))


@pytest.mark.slow
def test_an_agent_that_starts_while_the_server_is_away_asks_who_comes(tmp_path):
    target = free_target()
    prepare(target, OURS)
    save(target, "gray", Registration("token", SECRET))
    log = tmp_path / "log"
    with (
        log.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-m", "placewise", "agent", "--exec", "true", "--server", target],
            stderr=out,
            env={name: value for name, value in os.environ.items() if name != "PLACEWISE_SECRET"},
        ) as agent,
    ):
        try:
            asyncio.run(until(lambda: "trying again" in said(log) or agent.poll() is not None))
            with running_double(target) as double:
                named(double, OTHERS)
                assert agent.wait(60) == 2
                assert {method for method, _ in double.asked} == {"Identify"}
        finally:
            agent.kill()
    assert "these credentials are of another server" in said(log)
    assert json.loads(credentials_file(target).read_text())["clusters"]["gray"]["secret"] == SECRET


def test_who_comes_back_in_place_of_the_server_is_shown_nothing():
    target = free_target()

    async def through():
        async with WaryClient(target, meet) as client:
            agent = working(client)
            running = asyncio.create_task(agent.run())
            with running_double(target) as first:
                named(first, OURS)
                first.says("WatchAssignments", lambda _: iter([None]))
                await until(lambda: first.requests("WatchAssignments") and first.requests("Heartbeat"))
                assert len(first.requests("Identify")) == 1
            with running_double(target) as second:
                named(second, OTHERS)
                with pytest.raises(OtherServerError):
                    await asyncio.wait_for(running, 60)
                return second

    second = asyncio.run(through())
    assert {method for method, _ in second.asked} == {"Identify"}


def test_an_outcome_is_not_reported_to_another_server(tmp_path):
    target = free_target()
    up, go = tmp_path / "up", tmp_path / "go"

    async def through():
        async with WaryClient(target, meet) as client:
            agent = working(client)
            running = asyncio.create_task(agent.run())
            with running_double(target) as first:
                named(first, OURS)
                lasting = f"sh -c 'echo > {up}; while ! test -e {go}; do sleep 0.05; done'"
                first.says("WatchAssignments", lambda _: iter([job(7, lasting), None]))
                await until(up.exists)
            with running_double(target) as second:
                named(second, OTHERS)
                go.touch()
                await until(lambda: agent.unreported)
                agent.stop()
                agent.stop()
                await asyncio.gather(running, return_exceptions=True)
                return agent.unreported, second

    unreported, second = asyncio.run(through())
    assert unreported == [7]
    assert shown(second) == []


EVERYTHING = Credentials(global_token="the-global-secret")


def test_one_connection_is_asked_once_and_an_older_server_is_no_other():
    async def through(double):
        met = []
        async with WaryClient(double.target, met.append) as client:
            await asyncio.gather(*(client.get_job(1, EVERYTHING) for _ in range(5)))
            return met

    with running_double() as double:
        named(double, OURS)
        assert asyncio.run(through(double)) == [OURS]
        assert [method for method, _ in double.asked] == ["Identify", *["GetJob"] * 5]
        double.says("Identify", grpc.StatusCode.UNIMPLEMENTED)
        assert asyncio.run(through(double)) == [""]
        double.says("Identify", grpc.StatusCode.UNAVAILABLE)
        double.asked.clear()
        with pytest.raises(ServiceError):
            asyncio.run(through(double))
        assert shown(double) == []


def test_grpc_repeats_no_call_on_a_connection_that_nobody_asked_on():
    async def through(double):
        async with WaryClient(double.target, meet) as client:
            with pytest.raises(ServiceError):
                await client.get_job(1, EVERYTHING)

    with running_double() as double:
        named(double, OURS)
        double.says("GetJob", grpc.StatusCode.UNAVAILABLE)
        asyncio.run(through(double))
        assert [method for method, _ in double.asked] == ["Identify", "GetJob"]


def test_closing_a_stream_ends_its_call_at_once():
    async def through(double):
        async with WaryClient(double.target, meet) as client:
            stream = client.watch_assignments(ClusterSecret("gray", SECRET))
            await anext(stream)
            await stream.aclose()
            await until(double.ended.is_set)

    with running_double() as double:
        named(double, OURS)
        double.says("WatchAssignments", lambda _: iter([job(1), None]))
        asyncio.run(through(double))


def test_what_is_saved_of_an_unknown_server_is_not_refused():
    save("127.0.0.1:1", "gray", Registration("token", SECRET))
    refuse_other_server("127.0.0.1:1", OTHERS)
