"""Calls wait where each caller has a line, and what a refused call sent is not kept."""

import asyncio
from collections import Counter

import grpc
import pytest
import strangers
from one_loop import run
from server_process import server_process
from talking import talking

from placewise.service.guard.admission import Admission
from placewise.service.guard.reading_turns import Part
from placewise.service.guard.refusals import Unavailable
from placewise.service.wire import placewise_pb2 as v1

CALLERS, EACH = 8, 32


class Clock:
    """The time of the running loop, its timers included, which passes where a test says so."""

    def __init__(self, monkeypatch):
        loop = asyncio.get_running_loop()
        self.now_s = loop.time()
        self.asked = 0
        monkeypatch.setattr(loop, "time", lambda: self.now_s)

    def __call__(self):
        self.asked += 1
        return self.now_s


async def pass_time(clock, seconds, step_s=0.0002):
    """Let the loop turn while time passes: no turn is so long that it counts as work."""
    for _ in range(round(seconds / step_s)):
        clock.now_s += step_s
        await asyncio.sleep(0)


def crowd(admission, begun, gate, message=b"small", *, callers=CALLERS, each=EACH, name="caller"):
    """Start many calls of many callers, one of each in turn."""

    async def call(caller):
        part = Part(caller, asyncio.current_task())
        admission.enter(part, admission.calls)

        async def read():
            begun[caller] += 1
            await gate.wait()
            return message

        try:
            return await admission.read(part, read)
        finally:
            admission.leave(part, admission.calls)

    return [asyncio.ensure_future(call(f"{name}-{caller}")) for _ in range(each) for caller in range(callers)]


def test_no_more_is_handed_over_than_is_read_and_callers_come_in_turn(monkeypatch):
    async def check():
        clock, begun, gate = Clock(monkeypatch), Counter(), asyncio.Event()
        admission = Admission(clock=clock)
        calls = crowd(admission, begun, gate)
        await pass_time(clock, 0.008)
        # Some came before anybody knew that there would be many; of the others no more than 16.
        first = begun.total()
        assert first < CALLERS * EACH / 2
        gate.set()
        late = Part("honest", asyncio.current_task())
        admission.enter(late, admission.calls)

        async def read():
            begun["honest"] += 1
            return b"small"

        asked = asyncio.ensure_future(admission.read(late, read))
        before = begun.total()
        while not asked.done():
            await pass_time(clock, 0.0002)
        # One who comes last waits for a call or two of each other caller, not for all of them.
        assert begun.total() - before <= 2 * 16 + 1
        while not all(call.done() for call in calls):
            await pass_time(clock, 0.01)
        assert {call.result() for call in calls} == {b"small"}
        assert begun.total() == CALLERS * EACH + 1

    run(check())


def test_closed_it_refuses_calls_until_none_come_and_not_for_ever(monkeypatch):
    async def check():
        clock = Clock(monkeypatch)

        async def closed(coming):
            admission = Admission(clock=clock)
            closing, began = asyncio.ensure_future(admission.close("the end", 2.0)), clock.now_s
            while not closing.done():
                await pass_time(clock, 0.005)
                if coming(clock.now_s - began):
                    with pytest.raises(Unavailable, match="the end"):
                        admission.enter(Part("late", asyncio.current_task()), admission.calls)
                    assert not len(admission.calls)
            return clock.now_s - began

        assert await closed(lambda _: False) < 0.1
        assert 0.5 < await closed(lambda passed: passed < 0.5) < 0.6
        assert 2.0 <= await closed(lambda _: True) < 2.1

    run(check())


def test_a_moment_in_which_the_loop_had_no_processor_does_not_count_as_quiet(monkeypatch):
    async def check():
        clock = Clock(monkeypatch)
        closing = asyncio.ensure_future(Admission(clock=clock).close("the end", 2.0))
        await asyncio.sleep(0)
        for _ in range(20):
            clock.now_s += 0.05
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not closing.done()
        await pass_time(clock, 0.1)
        assert closing.done()

    run(check())


def test_whoever_has_no_answer_in_the_end_is_told_that_it_is_unavailable():
    async def check():
        admission, told = Admission(), []

        async def call(opened):
            part = Part("one", asyncio.current_task())
            admission.enter(part, opened)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told.append((part.kind, part.why))

        calls = [asyncio.ensure_future(call(one)) for one in (admission.calls, admission.streams, admission.calls)]
        await asyncio.sleep(0)
        admission.end("the end")
        await asyncio.gather(*calls)
        assert told == 3 * [(Unavailable, "the end")]

    run(check())


def test_while_the_loop_works_nobody_counts_as_waiting_for_long(monkeypatch):
    """Where each turn of the loop takes 10 ms, calls that came in between are taken in before more is handed over."""

    async def check():
        clock, begun, gate = Clock(monkeypatch), Counter(), asyncio.Event()
        admission = Admission(clock=clock)
        calls = crowd(admission, begun, gate)
        await asyncio.sleep(0)
        before = begun.total()
        for _ in range(20):  # of work
            clock.now_s += 0.01
            await asyncio.sleep(0)
        assert begun.total() == before
        gate.set()
        while not all(call.done() for call in calls):
            await pass_time(clock, 0.01)
        assert begun.total() == CALLERS * EACH

    run(check())


def test_who_waits_in_line_costs_nothing_until_somebody_may_be_handed_over(monkeypatch):
    async def check():
        clock, begun, gate = Clock(monkeypatch), Counter(), asyncio.Event()
        admission = Admission(clock=clock)
        calls = crowd(admission, begun, gate)
        await pass_time(clock, 0.002)
        before, asked = begun.total(), clock.asked
        for _ in range(1000):  # turns of the loop while no time passes
            await asyncio.sleep(0)
        assert begun.total() == before < CALLERS * EACH
        assert clock.asked == asked
        gate.set()
        while not all(call.done() for call in calls):
            await pass_time(clock, 0.01)

    run(check())


def test_a_new_caller_does_not_wait_for_those_who_were_slow(monkeypatch):
    async def check():
        clock, begun, never = Clock(monkeypatch), Counter(), asyncio.Event()
        admission = Admission(clock=clock)
        slow = crowd(admission, begun, never, callers=200)
        while len(begun) < 200:
            await pass_time(clock, 0.01)
        await pass_time(clock, 0.3)
        began, new = clock.now_s, crowd(admission, begun, never, callers=1, each=1, name="new")
        while not begun["new-0"]:
            await pass_time(clock, 0.001)
        assert clock.now_s - began < 0.015  # one round of the line, of a dozen and more
        for call in slow + new:
            call.cancel()
        await asyncio.gather(*slow, *new, return_exceptions=True)

    run(check())


@pytest.mark.parametrize(("size", "together"), [(4_000_000, 1), (1 << 20, 3)])
def test_large_messages_share_the_bytes_at_work(size, together, monkeypatch):
    message = bytes(size)

    async def check():
        clock, begun, gate = Clock(monkeypatch), Counter(), asyncio.Event()
        gate.set()
        admission = Admission(clock=clock)
        at_work = most = 0

        async def call(caller):
            nonlocal at_work, most
            part = Part(caller, asyncio.current_task())
            admission.enter(part, admission.calls)

            async def read():
                begun[caller] += 1
                return message

            try:
                await admission.read(part, read)
                at_work += 1
                most = max(most, at_work)
                for _ in range(200):
                    await asyncio.sleep(0)
                at_work -= 1
            finally:
                admission.leave(part, admission.calls)

        calls = [asyncio.ensure_future(call(f"caller-{number % 4}")) for number in range(40)]
        while not all(one.done() for one in calls):
            await pass_time(clock, 0.01)
        assert begun.total() == 40
        assert most == together

    run(check())


def test_what_a_refused_call_sent_is_freed_at_once(tmp_path):
    """gRPC keeps a failed call in a cycle of references until Python collects garbage, which a server does seldom."""
    long = strangers.placewise_match(b"x" * 4_000_000)
    with server_process(tmp_path) as server, talking(server) as talk:
        talk.v1.Identify(v1.IdentifyRequest())
        with grpc.insecure_channel(server.target) as channel:
            match = channel.unary_unary(strangers.MATCH)

            def refused(times):
                for _ in range(times):
                    with pytest.raises(grpc.RpcError) as error:
                        match(long)
                    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT

            refused(5)
            before = server.memory_mb()
            refused(25)
            if before is not None:
                assert server.memory_mb() - before < 60
