import asyncio
import io
import json
import logging
import time
from contextlib import asynccontextmanager
from urllib.parse import quote

import grpc
import pytest
import structlog
from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import given
from hypothesis import strategies as st
from one_loop import run

from placewise.errors import InputError, PlacewiseError
from placewise.service.guard.limits import Limiter
from placewise.service.guard.refusals import (
    ClusterGone,
    Denied,
    Exhausted,
    NotFound,
    NotNow,
    QueueFull,
    Unauthenticated,
    Unavailable,
    WrongState,
)
from placewise.service.observing import logs
from placewise.service.observing.metrics import Metrics
from placewise.service.protocols.interceptors import (
    CODES,
    LONGEST_DETAILS,
    Watched,
    code_of,
    safe_details,
)

Code = grpc.StatusCode
SECRET_TEXT = "what only the server may know"


@pytest.fixture
def log_state():
    """Logging as it was, afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


@pytest.fixture
def logged(log_state):
    """The log, as its lines of JSON."""
    stream = io.StringIO()
    logs.configure("debug", "json", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@asynccontextmanager
async def serving(*, metrics=None, limiter=None, **behaviours):
    """Serve methods of /test.Service; the name of each tells its kind: one_x, many_x, each_x, all_x."""
    kinds = {
        "one": grpc.unary_unary_rpc_method_handler,
        "many": grpc.unary_stream_rpc_method_handler,
        "each": grpc.stream_stream_rpc_method_handler,
        "all": grpc.stream_unary_rpc_method_handler,
    }
    handlers = {
        name: kinds[name.partition("_")[0]](behaviour, StringValue.FromString, StringValue.SerializeToString)
        for name, behaviour in behaviours.items()
    }
    server = grpc.aio.server()
    watched = Watched(server, metrics or Metrics(), limiter or Limiter(0, 60))
    watched.add_registered_method_handlers("test.Service", handlers)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)


def watched_handler(metrics, name, handler, limiter=None):
    """Return what a server is given in place of a handler."""
    given = {}

    class Server:
        def add_generic_rpc_handlers(self, handlers):
            pass

        def add_registered_method_handlers(self, _service, handlers):
            given.update(handlers)

    watched = Watched(Server(), metrics, limiter or Limiter(0, 60))
    watched.add_registered_method_handlers("test.Service", {name: handler})
    return given[name]


def unary(channel, name, *, raw=False):
    serialize = None if raw else StringValue.SerializeToString
    return channel.unary_unary(f"/test.Service/{name}", serialize, StringValue.FromString)


def many(channel, name):
    return channel.unary_stream(f"/test.Service/{name}", StringValue.SerializeToString, StringValue.FromString)


async def until(condition):
    while not condition():  # noqa: ASYNC110, what is waited for sets no event
        await asyncio.sleep(0.005)


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def count(metrics, method, code):
    labels = {"method": f"/test.Service/{method}", "code": code}
    return metrics.registry.get_sample_value("placewise_requests_total", labels) or 0


async def echo(request, _context):
    return request


def raising(error):
    async def fail(_request, _context):
        raise error

    return fail


def test_all_four_kinds_are_answered_counted_and_told_their_request_id(logged):
    async def many_words(request, _context):
        for word in request.value.split():
            yield StringValue(value=word)

    async def many_written(request, context):
        await context.write(request)

    async def each_word(requests, _context):
        async for request in requests:
            yield request

    async def all_words(requests, _context):
        return StringValue(value=" ".join([request.value async for request in requests]))

    async def work():
        metrics = Metrics()
        behaviours = {"one_x": echo, "many_x": many_words, "many_y": many_written, "each_x": each_word}
        async with serving(metrics=metrics, **behaviours, all_x=all_words) as channel:
            request = StringValue(value="a b")
            call = unary(channel, "one_x")(request, metadata=(("x-request-id", "mine"),))
            assert (await call).value == "a b"
            assert dict(await call.trailing_metadata())["x-request-id"] == "mine"
            for name, words in (("many_x", ["a", "b"]), ("many_y", ["a b"])):
                call = many(channel, name)(request, metadata=(("x-request-id", name),))
                assert dict(await call.initial_metadata())["x-request-id"] == name
                assert [one.value async for one in call] == words
            pair = (StringValue.SerializeToString, StringValue.FromString)
            call = channel.stream_stream("/test.Service/each_x", *pair)([request, request])
            assert [one.value async for one in call] == ["a b", "a b"]
            call = channel.stream_unary("/test.Service/all_x", *pair)([request, request])
            assert (await call).value == "a b a b"
            names = (*behaviours, "all_x")
            await until(lambda: all(count(metrics, name, "OK") == 1 for name in names))
        sample = metrics.registry.get_sample_value
        for name, seen in (("one_x", 1), ("all_x", 1), ("many_x", None)):
            found = sample("placewise_request_seconds_count", {"method": f"/test.Service/{name}"})
            assert found == seen
        assert sample("placewise_open_streams") == 0

    run(work())
    lines = {line["method"].rpartition("/")[2]: line for line in logged() if line["event"] == "call"}
    assert len(lines) == 5
    assert lines["one_x"]["request_id"] == "mine"
    assert lines["one_x"]["peer"].startswith("ipv4:127.0.0.1:")
    assert lines["one_x"]["duration_ms"] > 0
    assert all(line["level"] == "debug" and line["code"] == "OK" for line in lines.values())


@pytest.mark.parametrize("given_id", ["", "x" * 129])
def test_a_request_id_that_could_not_be_shown_is_replaced(given_id, logged):
    async def work():
        async with serving(one_x=echo) as channel:
            call = unary(channel, "one_x")(StringValue(), metadata=(("x-request-id", given_id),))
            await call
            shown = dict(await call.trailing_metadata())["x-request-id"]
            assert shown != given_id
            assert 8 <= len(shown) <= 128

    run(work())


def test_request_ids_of_calls_at_once_are_not_mixed_up():
    async def one_x(_request, _context):
        await asyncio.sleep(0)
        return StringValue(value=structlog.contextvars.get_contextvars()["request_id"])

    async def work():
        async with serving(one_x=one_x) as channel:
            ids = [f"id-{number}" for number in range(50)]
            calls = [unary(channel, "one_x")(StringValue(), metadata=(("x-request-id", one),)) for one in ids]
            assert [answer.value for answer in await asyncio.gather(*calls)] == ids

    run(work())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("is wrong", place="job 3", found=0, expected="1"), Code.INVALID_ARGUMENT),
        (Denied("no"), Code.PERMISSION_DENIED),
        (Unauthenticated("who?"), Code.UNAUTHENTICATED),
        (NotFound("no such job"), Code.NOT_FOUND),
        (Exhausted("too many"), Code.RESOURCE_EXHAUSTED),
        (NotNow("is over"), Code.FAILED_PRECONDITION),
        (Unavailable("later"), Code.UNAVAILABLE),
        (QueueFull("full"), Code.RESOURCE_EXHAUSTED),
        (WrongState("finished"), Code.FAILED_PRECONDITION),
        (ClusterGone("gone"), Code.ABORTED),
        (Unavailable("away"), Code.UNAVAILABLE),
    ],
)
def test_an_error_foreseen_is_its_code_with_its_text(error, code, logged):
    async def work():
        metrics = Metrics()

        async def many_x(request, _context):
            yield request
            raise error

        async with serving(metrics=metrics, one_x=raising(error), many_x=many_x) as channel:
            found = await refused(unary(channel, "one_x")(StringValue(), metadata=(("x-request-id", "r"),)))
            assert (found.code(), found.details()) == (code, str(error))
            assert dict(found.trailing_metadata())["x-request-id"] == "r"
            answers = many(channel, "many_x")(StringValue(value="first"))
            assert (await answers.read()).value == "first"
            found = await refused(answers.read())
            assert (found.code(), found.details()) == (code, str(error))
            await until(lambda: count(metrics, "one_x", code.name) == count(metrics, "many_x", code.name) == 1)

    run(work())
    calls = [line for line in logged() if line["event"] == "call"]
    assert [(line["level"], line["code"]) for line in calls] == [("info", code.name)] * 2
    assert not any("exception" in line for line in logged())


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("maximum recursion depth exceeded")])
def test_running_out_of_memory_or_stack_is_the_requests_fault(error):
    async def work():
        async with serving(one_x=raising(error)) as channel:
            found = await refused(unary(channel, "one_x")(StringValue()))
            assert found.code() is Code.RESOURCE_EXHAUSTED
            assert "recursion" not in found.details()

    run(work())


@pytest.mark.parametrize("error", [ValueError(SECRET_TEXT), PlacewiseError(SECRET_TEXT), KeyError(SECRET_TEXT)])
def test_any_other_error_tells_the_caller_an_id_and_the_log_its_traceback(error, logged):
    async def work():
        metrics = Metrics()
        async with serving(metrics=metrics, one_x=raising(error)) as channel:
            found = await refused(unary(channel, "one_x")(StringValue(), metadata=(("x-request-id", "abc"),)))
            assert (found.code(), found.details()) == (Code.INTERNAL, "internal error, request id abc")
            await until(lambda: count(metrics, "one_x", "INTERNAL"))

    run(work())
    (line,) = [line for line in logged() if line["level"] == "error"]
    assert line["request_id"] == "abc"
    assert SECRET_TEXT in line["exception"]
    assert "Traceback" in line["exception"]


def test_bytes_that_are_no_such_message_are_the_callers_fault(logged):
    async def many_x(request, _context):
        yield request

    async def work():
        metrics = Metrics()
        async with serving(metrics=metrics, one_x=echo, many_x=many_x) as channel:
            found = await refused(unary(channel, "one_x", raw=True)(b"\xff\xff\xff"))
            assert found.code() is Code.INVALID_ARGUMENT
            call = channel.unary_stream("/test.Service/many_x", None, None)(b"\xff\xff\xff")
            assert (await refused(call.read())).code() is Code.INVALID_ARGUMENT
            await until(lambda: all(count(metrics, name, "INVALID_ARGUMENT") for name in ("one_x", "many_x")))

    run(work())
    assert not any(line["level"] in ("warning", "error") for line in logged())


def test_a_handlers_own_abort_and_code_stay(logged):
    async def one_x(_request, context):
        await context.abort(Code.OUT_OF_RANGE, "so far and no further")

    async def one_y(request, context):
        context.set_code(Code.DATA_LOSS)
        return request

    async def work():
        metrics = Metrics()
        async with serving(metrics=metrics, one_x=one_x, one_y=one_y) as channel:
            found = await refused(unary(channel, "one_x")(StringValue()))
            assert (found.code(), found.details()) == (Code.OUT_OF_RANGE, "so far and no further")
            assert (await refused(unary(channel, "one_y")(StringValue()))).code() is Code.DATA_LOSS
            await until(lambda: count(metrics, "one_x", "OUT_OF_RANGE") == count(metrics, "one_y", "DATA_LOSS") == 1)

    run(work())


def test_a_method_that_is_not_there_makes_one_series_only():
    async def work():
        metrics = Metrics()
        async with serving(metrics=metrics, one_x=echo) as channel:
            for name in ("one_a", "one_b"):
                assert (await refused(unary(channel, name)(StringValue()))).code() is Code.UNIMPLEMENTED
        labels = {"method": "unknown", "code": "UNIMPLEMENTED"}
        assert metrics.registry.get_sample_value("placewise_requests_total", labels) == 2
        assert b"one_a" not in metrics.render()[0]

    run(work())


def test_a_caller_who_leaves_ends_the_handler(logged):
    async def work():
        metrics, ended, begun = Metrics(), [], asyncio.Event()

        async def one_x(_request, _context):
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("one")

        async def many_x(request, _context):
            try:
                yield request
                await asyncio.Event().wait()
            finally:
                ended.append("many")

        async with serving(metrics=metrics, one_x=one_x, many_x=many_x) as channel:
            call = unary(channel, "one_x")(StringValue())
            await asyncio.wait(
                [asyncio.create_task(begun.wait()), asyncio.ensure_future(call.code())], return_when="FIRST_COMPLETED"
            )
            call.cancel()
            stream = many(channel, "many_x")(StringValue())
            await stream.read()
            assert metrics.registry.get_sample_value("placewise_open_streams") == 1
            stream.cancel()
            await until(lambda: count(metrics, "one_x", "CANCELLED") == count(metrics, "many_x", "CANCELLED") == 1)
        assert sorted(ended) == ["many", "one"]
        assert metrics.registry.get_sample_value("placewise_open_streams") == 0

    run(work())
    assert not any(line["level"] in ("warning", "error") for line in logged())


@pytest.mark.parametrize(("error", "level"), [(NotFound("no such job"), "debug"), (KeyError("a bug"), "error")])
def test_what_fails_once_its_caller_has_left_is_answered_to_nobody(error, level, logged):
    async def work():
        metrics, begun = Metrics(), asyncio.Event()

        async def one_x(_request, _context):
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise error from None

        async with serving(metrics=metrics, one_x=one_x) as channel:
            call = unary(channel, "one_x")(StringValue())
            _, waiting = await asyncio.wait(
                [asyncio.create_task(begun.wait()), asyncio.create_task(call.code())], return_when="FIRST_COMPLETED"
            )
            call.cancel()
            await asyncio.wait(waiting)
            await until(lambda: count(metrics, "one_x", "CANCELLED"))

    run(work())
    assert [(line["level"], line["code"]) for line in logged() if line["event"] == "call"] == [(level, "CANCELLED")]
    # gRPC itself has nothing to complain about.
    assert all(line["event"] == "call" for line in logged() if line["level"] in ("warning", "error"))


def test_a_caller_is_asked_for_while_the_call_is_there(log_state):
    """Asked of a call that is over, gRPC reads what it has freed and the process ends."""

    class Context:
        over = False

        def peer(self):
            assert not self.over
            return "ipv4:127.0.0.1:1"

        def invocation_metadata(self):
            return ()

        async def read(self):
            return b"x"

        async def send_initial_metadata(self, metadata):
            pass

    async def many_x(request, _context):
        yield request
        yield request

    async def work():
        stream = io.StringIO()
        logs.configure("debug", "json", stream=stream)
        metrics, context = Metrics(), Context()

        handler = watched_handler(metrics, "many_x", grpc.unary_stream_rpc_method_handler(many_x))
        answers = handler.stream_stream(None, context)
        assert await anext(answers) == b"x"
        context.over = True
        await answers.aclose()
        assert count(metrics, "many_x", "CANCELLED") == 1
        assert json.loads(stream.getvalue())["peer"] == "ipv4:127.0.0.1:1"

    run(work())


def test_calls_over_the_rate_are_refused_until_the_second_is_over():
    async def work():
        now = [0.0]
        async with serving(limiter=Limiter(3, 60, clock=lambda: now[0]), one_x=echo) as channel:
            call = unary(channel, "one_x")
            for _ in range(3):
                await call(StringValue())
            found = await refused(call(StringValue()))
            assert found.code() is Code.RESOURCE_EXHAUSTED
            assert "at most 3 a second" in found.details()
            now[0] = 1.0
            await call(StringValue())

    run(work())


def test_wrong_credentials_are_counted_and_past_the_bound_said_to_be_too_many():
    async def work():
        now, metrics = [0.0], Metrics()
        limiter = Limiter(0, 2, clock=lambda: now[0])
        async with serving(
            metrics=metrics, limiter=limiter, one_x=echo, one_y=raising(Unauthenticated("no"))
        ) as channel:
            right, wrong = unary(channel, "one_x"), unary(channel, "one_y")
            for _ in range(2):
                await right(StringValue())
                assert (await refused(wrong(StringValue()))).code() is Code.UNAUTHENTICATED
            await right(StringValue())
            found = await refused(wrong(StringValue()))
            assert found.code() is Code.RESOURCE_EXHAUSTED
            assert "refused credentials" in found.details()
            assert metrics.registry.get_sample_value("placewise_refused_credentials_total") == 3
            now[0] = 60.0
            await right(StringValue())

    run(work())


def test_no_content_of_a_request_is_logged(logged):
    async def work():
        metrics = Metrics()
        async with serving(metrics=metrics, one_x=echo) as channel:
            await unary(channel, "one_x")(StringValue(value="wish"), metadata=(("authorization", "Bearer wish"),))
            await until(lambda: count(metrics, "one_x", "OK"))

    run(work())
    assert logged()
    assert "wish" not in json.dumps(logged())


def test_every_refusal_has_a_code_and_its_descendants_too():
    class Further(NotFound):
        pass

    assert code_of(Further("x")) is Code.NOT_FOUND
    assert code_of(PlacewiseError("x")) is Code.INTERNAL
    for kind in PlacewiseError.__subclasses__():
        if kind.__module__.startswith("placewise.service.") and kind.__module__.endswith(("refusals", "store.errors")):
            assert kind in CODES


@given(st.text(max_size=200), st.integers(1, 200))
def test_a_message_is_safe_to_send_and_begins_as_it_did(text, times):
    safe = safe_details(text * times)
    assert all(one.isprintable() for one in safe)
    encoded = quote(safe, safe="".join(chr(code) for code in range(32, 127) if chr(code) != "%"))
    assert len(encoded) <= LONGEST_DETAILS
    whole = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text * times)
    assert safe == whole or (
        safe.endswith("...") and whole.startswith(safe[:-3]) and len(encoded) > LONGEST_DETAILS - 20
    )


def test_a_long_message_arrives():
    async def work():
        async with serving(one_x=raising(InputError("ü%\n" * 9000))) as channel:
            found = await refused(unary(channel, "one_x")(StringValue()))
            assert found.code() is Code.INVALID_ARGUMENT
            assert found.details().endswith("...")

    run(work())


def test_what_is_filtered_out_of_the_log_costs_little(log_state):
    """The interceptor's own time a unary call, apart from gRPC's."""
    logs.configure("info", "json", stream=io.StringIO())

    class Context:
        def peer(self):
            return "ipv4:127.0.0.1:4000"

        def invocation_metadata(self):
            return (("user-agent", "grpc"), ("x-request-id", "abc"))

        async def read(self):
            return b""

        def set_trailing_metadata(self, metadata):
            pass

        def code(self):
            return 0

    async def work():
        handler = watched_handler(Metrics(), "echo", grpc.unary_unary_rpc_method_handler(echo), Limiter(1_000_000, 60))
        context = Context()
        best = 1.0
        for _ in range(20):
            began = time.thread_time()  # others may have the processor
            for _ in range(200):
                await handler.stream_unary(None, context)
            best = min(best, (time.thread_time() - began) / 200)
        assert best < 40e-6  # about 5 us; gRPC takes some hundred

    run(work())
