"""Starts a server from its settings, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import grpc
import structlog
from aiohttp.web import AppRunner
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary.reading import read_vocabulary
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.service.calls.choosing import policy_of
from placewise.service.calls.matchers import check_matcher
from placewise.service.guard.admission import Admission, CallBounds
from placewise.service.guard.connections import grpc_bounds, raise_limit, shares
from placewise.service.guard.limits import Limiter
from placewise.service.guard.own_process import end_after, give_back_memory
from placewise.service.guard.refusals import Unavailable
from placewise.service.live.acts import Acts
from placewise.service.live.clock import Clock
from placewise.service.live.forecasts import read_forecasts
from placewise.service.live.live_fleet import LiveFleet
from placewise.service.live.loading import load, write_down
from placewise.service.live.state import State
from placewise.service.live.upkeep import compare, upkeep
from placewise.service.observing.logs import configure
from placewise.service.observing.metrics import Metrics
from placewise.service.observing.repeats import Repeats
from placewise.service.observing.tracing import start_tracing
from placewise.service.protocols.interceptors import Watched
from placewise.service.protocols.memory_graph import MemoryGraph
from placewise.service.protocols.placewise_v1 import READERS, PlacewiseV1
from placewise.service.protocols.rainbow import Rainbow
from placewise.service.settings import Settings
from placewise.service.store.database import Database
from placewise.service.store.rows import clusters
from placewise.service.store.rows.jobs import renew_leases
from placewise.service.store.rows.uses import Quotas
from placewise.service.store.writer import Writer
from placewise.service.tls import server_context, server_credentials
from placewise.service.web.app import http_log, make_app
from placewise.service.web.listening import Bounds, Listening
from placewise.service.web.pages import StatePages
from placewise.service.wire import memory_graph_pb2, placewise_pb2, rainbow_pb2
from placewise.service.wire.memory_graph_pb2_grpc import add_MemoryGraphServicer_to_server
from placewise.service.wire.placewise_pb2_grpc import add_SchedulerServicer_to_server
from placewise.service.wire.rainbow_pb2_grpc import add_RainbowSchedulerServicer_to_server

# How long a thread that works keeps the one that answers waiting (Python's own is 5 ms).
_SWITCH_S = 0.0005
_LEAVE_S = 0.3
# Of the time that calls have to end: for how much new ones are refused before gRPC stops, and after how much those that
# have not ended are told so.
_CLOSING, _TOLD = 0.6, 0.8
_LONGEST_CLOSING_S = 2.0
_END_S = 0.8
_SAY_S = 10.0
_COLLECT_AFTER = 50_000
_SERVICES = (
    rainbow_pb2.DESCRIPTOR.services_by_name["RainbowScheduler"].full_name,
    memory_graph_pb2.DESCRIPTOR.services_by_name["MemoryGraph"].full_name,
    placewise_pb2.DESCRIPTOR.services_by_name["Scheduler"].full_name,
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server listens; the HTTP address is None where it has none.

    failed : says why, once the server cannot go on.
    """

    grpc: str
    http: str | None
    failed: asyncio.Future[str]


def run(settings: Settings, beside: Callable[[Addresses, asyncio.Event], None] = lambda *_: None) -> None:
    """Serve until SIGTERM or SIGINT.

    beside : called once it serves, with an event that ends it as well.
    Raises InputError for settings that cannot be served, Unavailable where a SQLite database lost its files meanwhile.
    """
    give_back_memory()
    repeats = configure(settings.log_level, settings.log_format)
    asyncio.run(_until_signalled(settings, repeats, beside))


async def _until_signalled(
    settings: Settings, repeats: Repeats, beside: Callable[[Addresses, asyncio.Event], None]
) -> None:
    signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled.set)
    sys.setswitchinterval(_SWITCH_S)
    async with serving(settings) as addresses:
        # What was loaded stays: to look through it again and again would cost more than the calls do.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        _log.info("serving", grpc=addresses.grpc, http=addresses.http, name=settings.name)
        if settings.registration_secret_file is not None:
            _log.info("clusters register with the secret in a file", file=str(settings.registration_secret_file))
        if settings.global_token is not None:
            _log.warning("a global token works as the token of every cluster: whoever has it may submit everywhere")
        beside(addresses, signalled)
        addresses.failed.add_done_callback(lambda _: signalled.set())
        saying = loop.create_task(_say_left_out(repeats))
        await signalled.wait()
        _log.info("stopping")
        saying.cancel()
        # Whatever holds on to the process: what was acknowledged is committed, and the rest is as after a kill.
        end_after(settings.stop_s + _END_S, code=1 if addresses.failed.done() else 0)
    if addresses.failed.done():
        raise Unavailable(f"the database is lost: {addresses.failed.result()}")


async def _say_left_out(repeats: Repeats) -> None:
    while True:
        await asyncio.sleep(_SAY_S)
        for one in repeats.overdue():
            _log.warning("lines left out of the log", **one)


@contextlib.asynccontextmanager
async def serving(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Addresses]:
    """Serve while the block runs; calls under way at its end get a second to finish.

    clock : in place of this machine's.
    """
    clock = clock or Clock()
    check_matcher(settings.match_algorithm)
    policy = policy_of(settings.select_algorithm, settings.select_options)
    own = Vocabulary() if settings.vocabulary is None else read_vocabulary(settings.vocabulary)
    forecasts = read_forecasts(settings.models)
    async with contextlib.AsyncExitStack() as stack:
        database = Database.open(settings.database)
        stack.callback(database.close)
        metrics = Metrics()
        writer = Writer(database, metrics.commit_batches.observe)
        stack.push_async_callback(writer.close)
        random = Random(settings.seed)  # noqa: S311, it chooses clusters, not secrets
        acts = Acts(clock.now, settings.most_queued, Quotas(settings.quota_jobs, settings.quota_bytes))
        limiter = Limiter(settings.rate_limit, settings.most_denied)
        state = State(
            settings, database, writer, acts, LiveFleet(policy, own), metrics, limiter, random, clock, forecasts
        )
        stack.callback(state.readers.shutdown)
        stack.callback(state.stop)
        if database.dialect == "sqlite":
            # A steady clock means nothing across a restart; whoever holds a lease is given its full length again.
            await state.write(partial(renew_leases, lease_until=clock.steady() + settings.lease_s))
        state.identity = await state.read(clusters.identity)
        await load(state)
        await write_down(state)
        await compare(state)
        await stack.enter_async_context(upkeep(state))
        most, most_web = shares(raise_limit(), settings.most_connections, settings.most_web_connections)
        http = await _serve_http(state, stack, most_web)
        address = await _serve_grpc(state, stack, most)
        yield Addresses(address, http, state.failed)


async def _serve_http(state: State, stack: contextlib.AsyncExitStack, most: int) -> str | None:
    settings = state.settings
    if settings.http is None:
        return None
    host, _, port = settings.http.rpartition(":")
    cert, key = settings.tls_cert, settings.tls_key
    tls = None if cert is None or key is None else server_context(cert, key, settings.tls_ca)
    bounds = Bounds(most=most, handshake_s=settings.handshake_s)
    listening = Listening(bounds, tls)
    hosts = (*settings.http_hosts, host.lower().rstrip("."))
    app = make_app(StatePages(state), state.metrics, clock=state.now, hosts=hosts, answering=listening.answering)
    runner = AppRunner(app, access_log=None, logger=http_log, shutdown_timeout=0.1, lingering_time=0.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    bound = await stack.enter_async_context(listening.at(host.strip("[]"), int(port), runner.server))
    return f"{host}:{bound}"


async def _serve_grpc(state: State, stack: contextlib.AsyncExitStack, most: int) -> str:
    settings = state.settings
    traced: tuple[grpc.aio.ServerInterceptor, ...] = ()
    if settings.tracing:
        tracing = start_tracing(settings.name)
        traced = tracing.interceptors
        stack.callback(tracing.close)
    server = grpc.aio.server(
        interceptors=traced,
        options=[
            ("grpc.max_receive_message_length", settings.message_bytes),
            ("grpc.max_send_message_length", settings.message_bytes),
            ("grpc.max_metadata_size", settings.metadata_bytes),
            ("grpc.absolute_max_metadata_size", settings.metadata_bytes),
            *grpc_bounds(most, settings.most_streams_of_one, settings.handshake_s, settings.idle_s),
            # Two servers on one port would each take half of the calls, and nobody would notice.
            # Processes of one server do share it.
            ("grpc.so_reuseport", int(settings.processes > 1)),
        ],
    )
    admission = Admission(
        CallBounds(calls=settings.most_calls, streams=settings.most_streams, message_s=settings.message_s)
    )
    watched: Any = Watched(server, state.metrics, state.limiter, admission, READERS)
    add_RainbowSchedulerServicer_to_server(Rainbow(state), watched)
    add_MemoryGraphServicer_to_server(MemoryGraph(state), watched)
    add_SchedulerServicer_to_server(PlacewiseV1(state), watched)
    healthy = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, watched)
    for name in ("", *_SERVICES):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    reflection.enable_server_reflection((*_SERVICES, reflection.SERVICE_NAME, SERVICE_NAME), server)
    cert, key = settings.tls_cert, settings.tls_key
    try:
        if cert is None or key is None:
            port = server.add_insecure_port(settings.listen)
        else:
            port = server.add_secure_port(settings.listen, server_credentials(cert, key, settings.tls_ca))
    except RuntimeError as error:
        raise InputError("cannot listen", place="listen", found=settings.listen, expected="a free port") from error
    await server.start()

    async def stop() -> None:
        await healthy.enter_graceful_shutdown()
        state.stop()
        # When gRPC stops it cancels the calls that it has not handed over, and in the end those under way. Clients do
        # not ask again what was cancelled, so all are told before that the server is unavailable.
        loop = asyncio.get_running_loop()
        ends = loop.time() + settings.stop_s
        loop.call_later(_TOLD * settings.stop_s, admission.end, "the server stops; what was asked may have been done")
        await admission.close("the server stops", min(_LONGEST_CLOSING_S, _CLOSING * settings.stop_s))
        # gRPC itself waits for connections whose handshake is not over, too.
        stopping = asyncio.ensure_future(server.stop(max(0.0, ends - loop.time())))
        await asyncio.wait([stopping], timeout=ends + _LEAVE_S - loop.time())

    stack.push_async_callback(stop)
    return f"{settings.listen.rpartition(':')[0]}:{port}"
