"""What the service does by itself: leases that run out, old jobs, and what other servers changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from placewise.errors import PlacewiseError
from placewise.service.live.loading import learn_from_others, load
from placewise.service.live.retention import add_up_uses, count_uses, measure, prune
from placewise.service.live.state import State
from placewise.service.store.dialects import CLUSTERS_CHANNEL
from placewise.service.store.notices import Listener
from placewise.service.store.rows import agents, clusters, jobs
from placewise.service.store.rows.job import JobState

_COMPARE_S = 5.0
# Notices come in bursts; one look at the database serves all that came meanwhile.
_GATHER_S = 0.02
# How long an agent without jobs that went without a word is still shown.
_REMEMBERED_S = 86_400.0

_log = structlog.get_logger()


async def compare(state: State) -> None:
    """Take over what differs in the store: clusters by their revisions, and how many jobs each has."""
    revisions = await state.read(clusters.revisions)
    known = {member.id: member.revision for member in state.fleet.members()}
    changed = {one for one, revision in revisions.items() if known.get(one, 0) < revision} | (known.keys() - revisions)
    if changed:
        await load(state, changed)
    await learn_from_others(state)
    lengths = await state.read(jobs.queue_lengths)
    loads = {member.name: sum(lengths.get(member.id, (0, 0))) for member in state.fleet.members()}
    state.fleet.scheduler.set_loads(loads)
    for cluster_id, (queued, _) in lengths.items():
        if queued:  # a notice may have been lost
            state.ring(cluster_id, perhaps_more=True)
    waiting = [one for one, _ in lengths.values()]
    metrics, index = state.metrics, state.fleet.scheduler.index
    metrics.jobs_waiting.set(sum(waiting))
    metrics.jobs_running.set(sum(one for _, one in lengths.values()))
    metrics.longest_queue.set(max(waiting, default=0))
    now, heard_now = state.now(), state.heard_now()
    known_agents = await state.read(lambda connection: agents.list_agents(connection, now, heard_now))
    lost_before = now - state.settings.agent_lost_s
    metrics.agents.set(sum(one.heard_at > lost_before for some in known_agents.values() for one in some))
    metrics.clusters.set(len(index.names))
    metrics.subsystems.set(sum(len(state.fleet.cluster(name).subsystems) for name in index.names))
    metrics.index_bytes.set(index.size_bytes)
    metrics.index_rows.set(index.rows)
    await measure(state)


@contextlib.asynccontextmanager
async def upkeep(state: State) -> AsyncIterator[None]:
    """Keep the service up to date while the block runs."""
    anything = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_notice(channel: str, payload: str) -> None:
        loop.call_soon_threadsafe(_noticed, channel, payload)

    def on_connected() -> None:
        loop.call_soon_threadsafe(anything.set)

    def _noticed(channel: str, payload: str) -> None:
        if channel == CLUSTERS_CHANNEL:
            anything.set()
        else:
            # Whoever may connect to the database may send any text, which here is at worst an error in the log.
            # Equal notices of one transaction come once, so this may be for many jobs.
            state.ring(int(payload), perhaps_more=True)

    async def take_over() -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(anything.wait(), _COMPARE_S)
            await asyncio.sleep(_GATHER_S)
            anything.clear()
            await _tried("compare with the store", compare(state))

    # Apart from the rest: what there is to forget or to count at first may take minutes.
    works = take_over(), _sweep(state), _forget(state), _tried("count what tokens use", count_uses(state))
    tasks = [asyncio.create_task(one) for one in works]
    listener = Listener(state.database, on_notice, on_connected)
    try:
        yield
    finally:
        await asyncio.to_thread(listener.close)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _sweep(state: State) -> None:
    while not _ends_as_lost(state):
        await asyncio.sleep(state.settings.sweep_s)
        await _tried("return jobs whose leases ran out", _return_expired(state))
        await _tried("give up the jobs of lost agents", give_up_orphans(state))
        await _tried("add up what tokens use", add_up_uses(state))


async def _forget(state: State) -> None:
    while True:
        await _tried("forget jobs that are over for long", prune(state))
        await asyncio.sleep(state.settings.sweep_s)


def _ends_as_lost(state: State) -> bool:
    """Look whether the database still has its files, and have the service end where it has not."""
    lost = state.database.lost()
    if lost:
        _log.error("the database is lost, and the server stops", why=lost)
        state.failed.set_result(lost)
    return bool(lost)


async def _return_expired(state: State) -> None:
    now, lease_now = state.now(), state.lease_now()
    grown = await state.write(lambda connection: jobs.return_expired(connection, now, lease_now=lease_now))
    for cluster_id, leases in grown.items():
        state.metrics.lease_expiries.inc(leases)
        state.watches.lapsed(cluster_id, state.clock.steady())
        state.ring(cluster_id, leases)


async def give_up_orphans(state: State) -> None:
    """Requeue or fail the jobs of agents that were not heard of for too long, as the settings say.

    Nobody is lost for the time in which nobody could be heard: this server was down or asleep, the database was away,
    the clock leapt.
    """
    settings, now, clock, swept_at = state.settings, state.now(), state.heard_now(), state.swept_at
    most_silent_s = max(settings.agent_lost_s / 4, 3 * settings.sweep_s)

    def act(connection: Connection) -> tuple[float, float, list[agents.GivenUp]]:
        at = agents.read_clock(connection, clock)
        heard_all = swept_at is not None and 0 <= at - swept_at <= most_silent_s
        listening_since = state.listening_since if heard_all else at
        agents.not_later(connection, at)
        agents.forget(connection, at - _REMEMBERED_S)
        lost_before = at - settings.agent_lost_s
        if listening_since > lost_before or settings.orphans == "keep":
            return at, listening_since, []
        most_attempts = settings.most_attempts if settings.orphans == "requeue" else 0
        return at, listening_since, agents.give_up(connection, lost_before, most_attempts, now, heard_now=at)

    at, listening_since, given_up = await state.write(act)
    if state.swept_at == swept_at:  # and no heartbeat was lost meanwhile
        state.swept_at, state.listening_since = at, listening_since
    for one in given_up:
        requeued = one.state == JobState.ASSIGNED
        name = state.fleet.name_of(one.cluster_id)
        _log.warning("an agent is lost", cluster=name, agent=one.agent, jobs=len(one.ids), requeued=requeued)
        state.metrics.orphans.labels("requeued" if requeued else "failed").inc(len(one.ids))
        if requeued:
            state.ring(one.cluster_id, len(one.ids))
        elif name is not None:
            for _ in one.ids:
                state.fleet.scheduler.ended(name)


async def _tried(what: str, work: Coroutine[Any, Any, None]) -> None:
    """Run work that is tried again later anyway; log what goes wrong with it instead of raising."""
    try:
        await work
    except (SQLAlchemyError, PlacewiseError) as error:
        _log.warning(f"could not {what}", error=str(error))
    except Exception:  # noqa: BLE001, whatever it is, the next time may go well
        _log.exception(f"could not {what}")
