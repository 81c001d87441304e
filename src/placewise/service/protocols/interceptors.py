"""What every call goes through, in one interceptor: a request id, limits, errors as codes, a log line, metrics."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from inspect import isasyncgenfunction
from itertools import count
from typing import Any, cast

import grpc
import structlog

from placewise.errors import InputError, PlacewiseError
from placewise.service.guard.admission import Admission
from placewise.service.guard.limits import Limiter
from placewise.service.guard.reading_turns import Part
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
from placewise.service.observing.metrics import Metrics

REQUEST_ID = "x-request-id"
LONGEST_REQUEST_ID = 128
LONGEST_DETAILS = 4096
UNKNOWN_METHOD = "unknown"
HEALTH = "/grpc.health.v1.Health/"
NEED_NOTHING = (HEALTH, "/grpc.reflection.")
_LEAVING_S = 0.05

CODES: dict[type[BaseException], grpc.StatusCode] = {
    InputError: grpc.StatusCode.INVALID_ARGUMENT,
    Denied: grpc.StatusCode.PERMISSION_DENIED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    NotNow: grpc.StatusCode.FAILED_PRECONDITION,
    ClusterGone: grpc.StatusCode.ABORTED,
    QueueFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
    WrongState: grpc.StatusCode.FAILED_PRECONDITION,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    MemoryError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    RecursionError: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
"""The code of each kind of error, and of what derives from it; any other error is INTERNAL."""

# A number for each call would do, were there one server that never restarts; random bits for each take a system call.
_OURS = secrets.token_hex(6)
_numbers = count(1)
_NAMES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}


class Watched:
    """Wraps each handler with a request id, limits, codes, log, metrics.

    Services are added to it instead of to the server. gRPC's own interceptors would do the same, at the cost of a
    quarter of what a small call takes. The handlers are coroutines or asynchronous generators. The request id is the
    caller's (metadata ``x-request-id``, printable ASCII of at most 128 characters) or a new one. It is bound for the
    log, and returned in the initial metadata of streams and in the trailing metadata of the rest, where a message of
    its own would cost more than everything else here. Requests are parsed here, so that bytes that are no such message
    are INVALID_ARGUMENT. Health checks pass the limits.

    Each message is read when it is its caller's turn (`admission`).

    readers : by method, what reads its requests in place of what their message says.
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        metrics: Metrics,
        limiter: Limiter,
        admission: Admission | None = None,
        readers: Mapping[str, Callable[[bytes], Any]] | None = None,
    ) -> None:
        self._readers = readers or {}
        self._server = server
        self._to = _Reporting(metrics, limiter, admission or Admission())
        server.add_generic_rpc_handlers((_Unknown(metrics),))

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Add nothing: what adds these adds the same handlers by their methods as well."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Add the handlers of a service, watched."""
        watched = {name: self._watch(f"/{service}/{name}", handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, watched)

    def _watch(self, method: str, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:
        kind = ("stream" if handler.request_streaming else "unary", "stream" if handler.response_streaming else "unary")
        behaviour = getattr(handler, "_".join(kind))
        parse = self._readers.get(method, handler.request_deserializer) or bytes
        many = handler.request_streaming
        watch = self._watch_generator if isasyncgenfunction(behaviour) else self._watch_coroutine
        # A stream of one message is the same on the wire, and gRPC does not read it before it is asked for.
        make: Any = getattr(grpc, f"stream_{kind[1]}_rpc_method_handler")
        return make(  # type: ignore[no-any-return]
            watch(method, behaviour, parse, many=many, streams=handler.response_streaming),
            response_serializer=handler.response_serializer,
        )

    def _watch_coroutine(self, method: str, behaviour: Any, parse: Any, *, many: bool, streams: bool) -> Any:
        async def answer(_: Any, context: Any) -> Any:
            call = _Call(self._to, method, context, streams=streams)
            try:
                await call.begin()
                # No name for the request: gRPC keeps this frame in a cycle of references where the call fails.
                response = await behaviour(call.read_each(parse) if many else await call.read(parse), context)
                call.code = _code_of(context)
                return response  # noqa: TRY300, the code is asked for inside as well
            except asyncio.CancelledError:
                await call.told_to_leave()
                raise
            except Exception as error:  # noqa: BLE001, every failure is answered
                await call.fail(error)
            finally:
                call.end()

        return answer

    def _watch_generator(self, method: str, behaviour: Any, parse: Any, *, many: bool, streams: bool) -> Any:
        async def answer(_: Any, context: Any) -> AsyncIterator[Any]:
            call = _Call(self._to, method, context, streams=streams)
            try:
                await call.begin()
                async with contextlib.aclosing(
                    behaviour(call.read_each(parse) if many else await call.read(parse), context)
                ) as responses:
                    async for response in responses:
                        yield response
                call.code = _code_of(context)
            except asyncio.CancelledError:
                await call.told_to_leave()
                raise
            except Exception as error:  # noqa: BLE001, every failure is answered
                await call.fail(error)
            finally:
                call.end()

        return answer


class _Unknown(grpc.GenericRpcHandler):
    """Handles no method, and counts the calls of unknown ones."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def service(self, handler_call_details: Any) -> None:
        # The method's name is the caller's invention and would be one more series.
        self._metrics.answered(UNKNOWN_METHOD, grpc.StatusCode.UNIMPLEMENTED.name, None)


class _Reporting:
    """What a call reports to."""

    __slots__ = ("admission", "limiter", "log", "log_all", "metrics")

    def __init__(self, metrics: Metrics, limiter: Limiter, admission: Admission) -> None:
        self.admission = admission
        self.metrics = metrics
        self.limiter = limiter
        self.log = structlog.get_logger("placewise.calls").bind()
        # What the level filters out is not worked out first.
        self.log_all = self.log.is_enabled_for(logging.DEBUG)


class _Call:
    """One call from its first to its last moment."""

    __slots__ = ("_began", "_context", "_error", "_id", "_method", "_open", "_part", "_peer", "_streams", "_to", "code")

    def __init__(self, to: _Reporting, method: str, context: Any, *, streams: bool) -> None:
        self._began = time.perf_counter()
        self._to = to
        self._method = method
        self._context = context
        self._streams = streams
        self._id = _request_id(context)
        # Once the call is over, gRPC may have freed what this reads, and the process would crash.
        self._peer = context.peer()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is answered in a task")
        self._part = Part(self._peer, task)
        admission = to.admission
        needs_nothing = method.startswith(NEED_NOTHING)
        self._open = admission.calls if not streams else admission.open_streams if needs_nothing else admission.streams
        self._error: BaseException | None = None
        self.code = grpc.StatusCode.CANCELLED.name  # until something else is known
        structlog.contextvars.bind_contextvars(request_id=self._id)
        if streams:
            to.metrics.open_streams.inc()

    async def begin(self) -> None:
        metadata = ((REQUEST_ID, self._id),)
        if self._streams:
            await self._context.send_initial_metadata(metadata)
        else:
            self._context.set_trailing_metadata(metadata)
        self._to.admission.enter(self._part, self._open)
        limiter = self._to.limiter
        if not limiter.idle and not self._method.startswith(HEALTH):
            limiter.admit(self._peer)

    async def read(self, parse: Callable[[bytes], Any]) -> Any:
        """Return the call's one message. Raises InputError for what is none."""
        request = await self._to.admission.read(self._part, self._context.read)
        if request is grpc.aio.EOF:
            # Who left at once is seen here before gRPC says that the call is cancelled.
            await asyncio.sleep(_LEAVING_S)
            raise InputError("the call has no message")
        return _parsed(cast("bytes", request), parse)

    async def read_each(self, parse: Callable[[bytes], Any]) -> AsyncIterator[Any]:
        """Yield the call's messages. Raises InputError for what is none."""
        admission, read = self._to.admission, self._context.read
        request = await admission.read(self._part, read)
        while request is not grpc.aio.EOF:
            yield _parsed(cast("bytes", request), parse)
            admission.done(self._part)
            request = await admission.read_on(self._part, read)

    async def told_to_leave(self) -> None:
        """Answer a call that the server ended; return where it was cancelled by its caller."""
        if self._part.why and self._part.task.uncancel() == 0:
            await self.fail(self._part.kind(self._part.why))

    async def fail(self, error: Exception) -> None:
        """Answer with the error's code and end the call. Raises what ends it, always."""
        if isinstance(error, grpc.aio.AbortError):
            self.code = _code_of(self._context)
            raise error
        code = code_of(error)
        details = str(error)
        if code is grpc.StatusCode.INTERNAL:
            self._error = error
            details = f"internal error, request id {self._id}"
        elif not isinstance(error, PlacewiseError):
            details = "the request takes more memory, or is nested more deeply, than the service allows"
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Who asked is gone, or the server has stopped: there is no call left to answer.
            raise asyncio.CancelledError from error
        if isinstance(error, Unauthenticated):
            too_many = self._to.limiter.refused(self._peer)
            self._to.metrics.refused_credentials.inc()
            if too_many:
                code, details = grpc.StatusCode.RESOURCE_EXHAUSTED, too_many
        self.code = code.name
        if self._error is None:
            _forget_frames(error)
        await self._context.abort(code, safe_details(details))

    def end(self) -> None:
        to, seconds = self._to, time.perf_counter() - self._began
        to.admission.leave(self._part, self._open)
        to.metrics.answered(self._method, self.code, None if self._streams else seconds)
        if self._streams:
            to.metrics.open_streams.dec()
        if self._error is not None:
            write = to.log.error
        elif self.code not in ("OK", "CANCELLED"):
            write = to.log.info
        elif to.log_all:
            write = to.log.debug
        else:
            return
        write(
            "call",
            method=self._method,
            peer=self._peer,
            code=self.code,
            duration_ms=round(seconds * 1e3, 3),
            **({} if self._error is None else {"exc_info": self._error}),
        )
        if self._error is not None:
            _forget_frames(self._error)


def code_of(error: BaseException) -> grpc.StatusCode:
    """Return the code of an error: that of the nearest of its classes in `CODES`, or INTERNAL."""
    for kind in type(error).__mro__:
        if kind in CODES:
            return CODES[kind]
    return grpc.StatusCode.INTERNAL


def safe_details(text: str) -> str:
    """Return a text as a gRPC message: without control characters, at most 4 KiB as gRPC encodes it.

    gRPC writes each byte outside printable ASCII, and ``%``, as three. What is cut ends in ``...``.
    """
    text = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text[: LONGEST_DETAILS + 1])
    sizes = (1 if one.isascii() and one != "%" else 3 * len(one.encode()) for one in text)
    total = 0
    cut = len(text)
    for at, size in enumerate(sizes):
        total += size
        if total <= LONGEST_DETAILS - 3:
            cut = at + 1
        if total > LONGEST_DETAILS:
            return text[:cut] + "..."
    return text


def _forget_frames(error: BaseException) -> None:
    """Drop the frames that an error holds on to, and with them the request: gRPC keeps it in a cycle of references."""
    seen: BaseException | None = error
    while seen is not None and seen.__traceback__ is not None:
        seen.__traceback__ = None
        seen = seen.__cause__ or seen.__context__


def _parsed(request: bytes, parse: Callable[[bytes], Any]) -> Any:
    try:
        return parse(request)
    except Exception as error:
        raise InputError("the request is not a message of this method") from error


def _request_id(context: Any) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID:
            if (
                isinstance(value, str)
                and 0 < len(value) <= LONGEST_REQUEST_ID
                and value.isascii()
                and value.isprintable()
            ):
                return value
            break
    return f"{_OURS}-{next(_numbers):x}"


def _code_of(context: Any) -> str:
    code = context.code()
    return _NAMES.get(code, "UNKNOWN") if isinstance(code, int) else "OK" if code is None else code.name
