"""Gives clusters their jobs: received under a lease, accepted, and reported when over."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from placewise.errors import InputError
from placewise.service.calls.permission import require_cluster
from placewise.service.guard.given import LONGEST_REASON, check_name, kept_reason
from placewise.service.guard.refusals import Exhausted, NotFound, Unavailable
from placewise.service.live.live_fleet import Member
from placewise.service.live.state import State
from placewise.service.live.watching import Watcher
from placewise.service.store.rows import agents
from placewise.service.store.rows import jobs as store
from placewise.service.store.rows.job import Received, StoredJob

# An answer has to pass through clients whose largest message is gRPC's default of 4 MiB.
MOST_BYTES = 3 << 20
MOST_JOBS = 10_000
MOST_WATCHERS = 256
_LOOK_AGAIN_S = 5.0


async def receive(
    state: State, member: Member, most: int, size: Callable[[Received], int] = store.plain_size
) -> list[Received]:
    """Give a cluster its waiting jobs under leases: at most `most`, or all that fit into one message if that is 0.

    size : returns how many bytes a job takes in the message.
    """
    now, lease_now = state.now(), state.lease_now()
    wanted = min(most, MOST_JOBS) if most > 0 else MOST_JOBS
    most_bytes = min(MOST_BYTES, state.settings.message_bytes * 3 // 4)
    received = await state.write(
        lambda connection: store.receive(
            connection, member.id, wanted, most_bytes, state.settings.lease_s, now, size=size, lease_now=lease_now
        )
    )
    return list(received)


async def accept(state: State, member: Member, leases: Sequence[tuple[int, str | None]], agent: str = "") -> list[int]:
    """Accept received jobs and return the ids of those that were; None accepts under whatever lease lives.

    agent : who runs them, and sends heartbeats by this name; empty for somebody who sends none.
    """
    now, lease_now, heard_now = state.now(), state.lease_now(), state.heard_now()
    if agent:
        check_name(agent, "the agent's name")

    def act(connection: Connection) -> list[int]:
        if agent:
            agents.heard(connection, member.id, agent, heard_now)
        return store.accept(connection, member.id, leases, now, agent or None, lease_now=lease_now)

    accepted = await state.write(act)
    state.watches.accepted(member.id, frozenset(accepted))
    return list(accepted)


async def heartbeat(state: State, member: Member, agent: str, *, leaving: bool) -> None:
    """Remember that an agent lives, or that it goes."""
    check_name(agent, "the agent's name")
    now = state.heard_now()
    try:
        await state.write(
            lambda connection: (
                agents.left(connection, member.id, agent)
                if leaving
                else agents.heard(connection, member.id, agent, now)
            )
        )
    except Unavailable:
        # It lives, and so may all others of which nothing can be written down.
        state.swept_at = None
        raise


async def watch(state: State, name: str, secret: str, most: int) -> AsyncIterator[Received]:
    """Hand jobs out as they come, never more than `most` at a time that are not accepted and whose leases last.

    Raises Unauthenticated when the cluster's secret is wrong, at first or later, and Exhausted for a cluster that is
    watched by as many as may be.
    """
    cluster_id = require_cluster(state, name, secret).id
    if state.watches.count(cluster_id) >= MOST_WATCHERS:
        raise Exhausted("too many watch this cluster's jobs", expected=f"at most {MOST_WATCHERS}")
    watcher = Watcher(most)
    watcher.woken.set()
    state.watches.add(cluster_id, watcher)
    try:
        async for job in _watch(state, name, secret, watcher):
            yield job
    finally:
        state.watches.remove(cluster_id, watcher)


async def _watch(state: State, name: str, secret: str, watcher: Watcher) -> AsyncIterator[Received]:
    while not state.stopping:
        member = require_cluster(state, name, secret)
        if watcher.held:
            still = await state.read(partial(store.held, ids=list(watcher.held), now=state.lease_now()))
            if watcher.room <= 0 and len(still) < len(watcher.held):
                watcher.woken.set()  # there is room again, and jobs may wait for it
            watcher.held = {job: until for job, until in watcher.held.items() if job in still}
        if watcher.woken.is_set() and watcher.room > 0:
            for job in await _next_jobs(state, member, watcher):
                yield job
        soonest = min(watcher.held.values(), default=math.inf) - state.clock.steady()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(watcher.woken.wait(), max(0.05, min(_LOOK_AGAIN_S, soonest)))


async def _next_jobs(state: State, member: Member, watcher: Watcher) -> list[Received]:
    """Give a watcher his next jobs, and what he has no room for to the next one."""
    promised, perhaps_more = watcher.looks()
    wanted = watcher.room
    try:
        jobs = await receive(state, member, wanted)
    except BaseException:
        state.ring(member.id, max(1, promised), perhaps_more=True)
        raise
    for job in jobs:
        watcher.held[job.id] = state.clock.steady() + state.settings.lease_s
    state.watches.add(member.id, watcher)
    if len(jobs) == wanted and (perhaps_more or promised > wanted):
        state.ring(member.id, max(1, promised - wanted), perhaps_more=perhaps_more)
    return jobs


async def report(
    state: State, member: Member, job_id: int, *, succeeded: bool, duration_s: float, reason: str, agent: str = ""
) -> StoredJob:
    """Record how a cluster's job ended.

    Raises NotFound for a job that is not this cluster's, InputError for a duration that is none, and
    WrongState for a job that is not running, or not run by the agent that says so any more.
    """
    if not (0 <= duration_s < math.inf):
        raise InputError("is not a duration", place="duration_s", found=duration_s, expected="seconds, 0 or more")
    now = state.now()
    known = duration_s or None
    ended = await state.write(
        lambda connection: store.report(
            connection, member.id, job_id, succeeded, known, kept_reason(reason) or None, now, agent or None
        )
    )
    if ended is None:
        raise NotFound("this cluster has no such job", found=job_id)
    if ended.changed_at == now:  # and not before: the same report may come again
        state.fleet.ended(member.id)
    return ended


async def cancel(state: State, job: StoredJob, reason: str) -> StoredJob:
    """Cancel a job. Raises WrongState for one that is over."""
    now = state.now()
    cancelled = await state.write(
        lambda connection: store.cancel(connection, job.id, reason[:LONGEST_REASON] or None, now)
    )
    if cancelled is None:
        raise NotFound("no such job", found=job.id)
    state.fleet.ended(cancelled.cluster_id)
    return cancelled
