"""What keeps the database from growing for ever: jobs over for long are forgotten, and tokens have quotas."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

import structlog
from sqlalchemy import Connection

from placewise.service.live.state import State
from placewise.service.store.rows import pruning, uses
from placewise.service.store.rows.uses import GLOBAL_TOKEN, Use

# So many jobs are a transaction of some 25 ms; others wait for it where the database is a SQLite file.
_AT_ONCE = 500
_COUNT_ANEW_S = 3600.0

_Forget = Callable[[Connection, float, int], int]

_log = structlog.get_logger()


async def prune(state: State) -> None:
    """Forget jobs that are over for longer than they are kept, then clusters that were deleted and have none left."""
    jobs = gone = 0
    oldest = await state.read(pruning.over_since)
    async for found in _batches(state, oldest, pruning.prune):
        state.metrics.pruned.inc(found)
        jobs += found
    if jobs:
        oldest = await state.read(pruning.over_since)
    state.metrics.oldest_over_s.set(0.0 if oldest is None else max(0.0, state.now() - oldest))
    if state.settings.keep_s is not None:
        async for found in _batches(state, await state.read(pruning.deleted_since), pruning.prune_clusters):
            gone += found
    if jobs or gone:
        _log.debug("pruned", jobs=jobs, clusters=gone)


async def _batches(state: State, oldest: float | None, forget: _Forget) -> AsyncIterator[int]:
    """Forget by batches what is older than it is kept, taking at most half of the time, and yield how much each was.

    oldest : when the oldest that may go was over, or deleted; None where there is none.
    """
    keep_s = state.settings.keep_s
    while keep_s is not None and oldest is not None and oldest < state.now() - keep_s and not state.stopping:
        before = state.now() - keep_s
        # Not through the writer: where the database takes several at a time, nobody waits for this.
        found, took_s = await state.beside(partial(state.database.write, partial(_batch, forget=forget, before=before)))
        yield found
        if found < _AT_ONCE:
            break
        await asyncio.sleep(took_s)


def _batch(connection: Connection, forget: _Forget, before: float) -> tuple[int, float]:
    """Return how much was forgotten, and how long that took, without the wait for the right to write."""
    start = time.perf_counter()
    return forget(connection, before, _AT_ONCE), time.perf_counter() - start


async def count_uses(state: State) -> None:
    """Put right what is counted of tokens at the start, and each hour where servers without quotas may run beside."""
    while True:
        await state.beside(partial(state.database.write, uses.count_anew))
        if state.database.dialect == "sqlite":
            return
        await asyncio.sleep(_COUNT_ANEW_S)


async def add_up_uses(state: State) -> None:
    """Keep few rows of what tokens use."""
    if await state.read(uses.scattered):
        await state.beside(partial(state.database.write, uses.add_up))


async def measure(state: State) -> None:
    """Set the metrics of room and quotas."""
    metrics, settings = state.metrics, state.settings
    room, used = await state.read(lambda connection: (pruning.room(connection), uses.uses(connection)))
    metrics.database_bytes.set(room.bytes)
    metrics.database_free_bytes.set(room.free_bytes or 0)
    metrics.keep_s.set(settings.keep_s or 0)
    for quota, most in (("jobs", settings.quota_jobs), ("bytes", settings.quota_bytes)):
        if most is not None:
            metrics.quota.labels(quota).set(most)
    metrics.used(by_name(state, used))


def by_name(state: State, used: Mapping[int, Use]) -> list[tuple[str, int, int]]:
    """Return what tokens use, as the names of their clusters, jobs and bytes; what use most bytes first.

    Clusters that are deleted are one name, and so is the global token.
    """
    sums: dict[str, Use] = {}
    for token, use in used.items():
        name = "(global)" if token == GLOBAL_TOKEN else state.fleet.name_of(token) or "(deleted)"
        sums[name] = sums.get(name, Use()) + use
    found = [(name, use.jobs, use.bytes) for name, use in sums.items() if use != Use()]
    return sorted(found, key=lambda one: (-one[2], -one[1], one[0]))
