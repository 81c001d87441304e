"""What strangers open is bounded, and who sends the worst waits alone: real servers, real sockets."""

import asyncio
import socket
import time
from operator import attrgetter

import pytest
import strangers
from hypothesis import given
from hypothesis import strategies as st
from one_loop import run
from running import running_server
from server_process import server_process
from talking import jobspec, talking

from placewise.service.guard.connections import shares
from placewise.service.guard.reading_turns import Open, Part, Turns
from placewise.service.wire import placewise_pb2 as v1

SOON_S = 60


class Task:
    def __init__(self):
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


def part(caller):
    return Part(caller, Task())


def asks(server, path="/", host="localhost"):
    """Return the status of the web page."""
    with socket.create_connection(strangers.address_of(server.http), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(connection.recv(100).split()[1])


def closed_after(connection, seconds):
    """Return how long the other side keeps a connection open, at most so many seconds."""
    began = time.monotonic()
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            connection.settimeout(max(0.01, seconds - (time.monotonic() - began)))
    except ConnectionError:
        pass
    return time.monotonic() - began


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=80), st.integers(1, 8))
def test_never_more_is_open_than_may_be_and_only_the_heaviest_loses(calls, most):
    opened, parts = Open(most, "calls"), []
    for caller, leaves in calls:
        if leaves and parts:
            opened.remove(parts.pop(0))
        new = part(caller)
        before = {one: sum(1 for other in parts if other.caller == one) for one in "abcd"}
        refused = opened.add(new)
        if refused:
            assert before[caller] + 1 >= max(before.values())
        else:
            parts.append(new)
        for one in [other for other in parts if other.task.cancelled]:
            assert before[one.caller] == max(before.values())
            assert before[one.caller] > before[caller] + 1 - (one.caller == caller)
            parts.remove(one)
        assert len(opened) == len(parts) <= most


@given(
    st.lists(st.tuples(st.sampled_from("aaab"), st.integers(1, 4)), min_size=1, max_size=40),
    st.integers(1, 6),
    st.integers(1, 3),
    st.booleans(),
)
def test_turns_are_bounded_and_everybody_gets_one(callers, most, most_of_one, weighed):
    # Another may begin while there is less than the bound: what there is then goes beyond it by one turn.
    beyond = max(weight for _, weight in callers) - 1 if weighed else 0

    async def work():
        turns = Turns(most, most_of_one, weigh=attrgetter("bytes")) if weighed else Turns(most, most_of_one)
        now, holds = {"all": 0, "a": 0, "b": 0}, []

        async def one(caller, weight):
            mine = part(caller)
            mine.bytes = weight
            if not turns.take(mine):
                await turns.wait(mine)
            for key in ("all", caller):
                now[key] += weight if weighed else 1
            holds.append((now["all"], now[caller]))
            await asyncio.sleep(0)
            for key in ("all", caller):
                now[key] -= weight if weighed else 1
            turns.give_back(mine)

        async with asyncio.timeout(10):
            await asyncio.gather(*(one(caller, weight) for caller, weight in callers))
        assert len(holds) == len(callers)
        assert all(count <= most + beyond and own <= most_of_one + beyond for count, own in holds)
        assert not turns.busy

    run(work())


def test_one_who_is_waited_for_loses_the_turn_and_comes_last_from_then_on():
    async def work():
        now = [0.0]
        turns = Turns(1, 1, clock=lambda: now[0])
        slow, honest = part("slow"), part("honest")
        assert turns.take(slow)
        waiting = asyncio.create_task(turns.wait(honest))
        await asyncio.sleep(0)
        now[0] = 0.05
        turns.end_slow(0.1, 1.0, "others wait")
        assert not slow.task.cancelled
        now[0] = 0.2
        turns.end_slow(0.1, 1.0, "others wait")
        assert slow.task.cancelled
        turns.give_back(slow)
        await waiting
        order = []

        async def again(caller):
            mine = part(caller)
            await turns.wait(mine)
            order.append(caller)
            turns.give_back(mine)

        tasks = [asyncio.create_task(again(caller)) for caller in ("slow", "new")]
        await asyncio.sleep(0)
        turns.give_back(honest)
        await asyncio.gather(*tasks)
        assert order == ["new", "slow"]

    run(work())


def test_all_calls_of_one_who_was_slow_come_last():
    async def work():
        now, order = [0.0], []
        turns = Turns(1, 1, clock=lambda: now[0])
        slow = part("slow")
        assert turns.take(slow)

        async def wait(caller):
            mine = part(caller)
            await turns.wait(mine)
            order.append(caller)
            turns.give_back(mine)

        tasks = [asyncio.create_task(wait(caller)) for caller in ("slow", "slow", "new")]
        await asyncio.sleep(0)
        now[0] = 0.2
        assert turns.end_slow(0.1, 1.0, "others wait") == {"slow"}
        turns.give_back(slow)
        await asyncio.gather(*tasks)
        assert order == ["new", "slow", "slow"]

    run(work())


@given(st.integers(0, 1 << 20), st.integers(1, 1 << 20), st.integers(1, 4096))
def test_connections_leave_descriptors_for_the_rest(descriptors, most, most_web):
    grpcs, web = shares(descriptors, most, most_web)
    assert 1 <= grpcs <= most
    assert 1 <= web <= max(4, most_web)
    if descriptors >= 256:
        assert grpcs + web <= descriptors - 100


def test_connections_that_say_nothing_or_half_are_closed_and_honest_callers_answered(tmp_path):
    bounds = {"handshake_s": 0.3, "message_s": 0.5}
    with running_server(tmp_path / "p.db", **bounds) as server, talking(server) as talk:
        talk.register("gray")
        silent = socket.create_connection(strangers.address_of(server.target))
        half = socket.create_connection(strangers.address_of(server.target))
        half.sendall(strangers.opening() + strangers.slow_messages(0, 20))
        with silent, half:
            for _ in range(5):
                assert talk.v1.Match(v1.MatchRequest(jobspec=jobspec()), timeout=SOON_S).clusters == ["gray"]
            assert closed_after(silent, 5) < 4  # less than the default
            half.settimeout(SOON_S)
            answered = b""
            while b"did not come" not in answered:  # the status of a message that was begun
                answered += (got := half.recv(65536))
                assert got


def test_the_heaviest_of_those_with_streams_loses_them(tmp_path):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        secret = talk.register("gray").secret
        owner = v1.ClusterSecret(name="gray", secret=secret)
        honest = talk.v1.WatchAssignments(v1.WatchAssignmentsRequest(cluster=owner, most=1))
        path = "/grpc.health.v1.Health/Watch"
        with socket.create_connection(strangers.address_of(server.target)) as other:
            other.sendall(strangers.opening() + b"".join(
                strangers.request(2 * one + 1, b"", path) for one in range(200)))  # fmt: skip
            talk.submit()
            assert next(honest).job_id
        honest.cancel()


def test_a_message_of_one_call_is_read_while_another_connection_sends_none(tmp_path):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        held = [socket.create_connection(strangers.address_of(server.target)) for _ in range(10)]
        for one in held:
            one.sendall(strangers.opening() + strangers.slow_messages(0, 20))
        took = []
        for _ in range(20):
            began = time.monotonic()
            talk.v1.Identify(v1.IdentifyRequest(), timeout=SOON_S)
            took.append(time.monotonic() - began)
        for one in held:
            one.close()
        assert sorted(took)[10] < 0.5


def test_a_connection_of_many_calls_at_once_is_answered_each_of_them(tmp_path):
    with server_process(tmp_path) as server, talking(server) as talk:
        for _ in range(5):
            unknown = v1.GetJobRequest(job_id=10**6, credentials=talk.everything)
            failing = [talk.v1.GetJob.future(unknown, timeout=20) for _ in range(100)]
            assert {call.code().name for call in failing} == {"NOT_FOUND"}
            right = [talk.v1.Identify.future(v1.IdentifyRequest(), timeout=20) for _ in range(100)]
            assert {call.code().name for call in right} == {"OK"}


def test_headers_that_grpc_cannot_read_do_not_fill_the_log(tmp_path, monkeypatch):
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    path = "/placewise.v1.Scheduler/Identify"
    with server_process(tmp_path) as server, talking(server) as talk:
        with socket.create_connection(strangers.address_of(server.target), timeout=20) as stranger:
            stranger.sendall(strangers.opening() + b"".join(
                strangers.frame(1, 5, 2 * one + 1, strangers.headers(path, **{"grpc-timeout": "x", "te": "y"}))
                for one in range(200)) + strangers.frame(6, 0, 0, b"finished"))  # fmt: skip
            answered = b""
            while b"finished" not in answered:  # the answer to the ping, after all that came before it
                answered += (got := stranger.recv(65536))
                assert got
        assert talk.v1.Identify(v1.IdentifyRequest(), timeout=20).server
        assert server.stop() == 0
        assert len(server.logged().splitlines()) < 20


def test_the_page_is_shown_under_its_own_names_only(tmp_path):
    with running_server(tmp_path / "p.db", http_hosts=["scheduler.example"]) as server:
        for host in ("localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:50052", "[::1]:1", "Scheduler.example."):
            assert asks(server, host=host) == 200
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "scheduler.example.evil", ""):
            assert asks(server, host=host) == 421
            assert asks(server, "/metrics", host) == 421
            assert asks(server, "/healthz", host) == 200


def test_whoever_waits_longest_makes_room_on_the_web_port(tmp_path):
    with running_server(tmp_path / "p.db", most_web_connections=8) as server:
        silent = [socket.create_connection(strangers.address_of(server.http)) for _ in range(30)]
        assert asks(server) == 200
        assert closed_after(silent[0], 5) < 4  # less than until one that says nothing is closed anyway
        for one in silent:
            one.close()


def test_where_no_descriptors_are_left_the_log_stays_short_and_honest_callers_come_in_again(tmp_path):
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("no limit of another process can be set here")
    with server_process(tmp_path) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (60, 60))
        for target in (server.target, server.http):
            held = []
            for _ in range(80):
                try:
                    held.append(socket.create_connection(strangers.address_of(target), timeout=1))
                except OSError:
                    break
            for one in held:
                one.close()
        with talking(server) as talk:
            assert talk.v1.Identify(v1.IdentifyRequest(), timeout=20, wait_for_ready=True).server
        assert asks(server) == 200
        assert len(server.logged().splitlines()) < 100
        # And it ends in time, whatever is open.
        held = [socket.create_connection(strangers.address_of(server.target)) for _ in range(10)]
        for one in held[::2]:
            one.sendall(strangers.opening() + strangers.slow_messages(0, 5))
        held += [socket.create_connection(strangers.address_of(server.http)) for _ in range(4)]
        held[-1].sendall(b"GET / HTTP/1.1\r\n")
        time.sleep(0.2)
        assert server.stop() == 0
        for one in held:
            one.close()
