"""What every call works with: the live fleet, the store, the settings, the time and chance."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from sqlalchemy import Connection

from placewise.service.beside.readers import Readers
from placewise.service.beside.turns import Heavy
from placewise.service.guard.credentials import hash_of
from placewise.service.guard.limits import Limiter
from placewise.service.live.acts import Acts
from placewise.service.live.clock import Clock
from placewise.service.live.forecasts import Forecasts
from placewise.service.live.live_fleet import LiveFleet
from placewise.service.live.watching import Watches
from placewise.service.observing.metrics import Metrics
from placewise.service.settings import Settings
from placewise.service.store.database import Database
from placewise.service.store.dialects import DATABASE_CLOCK, LeaseTime
from placewise.service.store.writer import Writer

T = TypeVar("T")

_READERS = 4


@dataclass(slots=True)
class State:
    """The running service, less its sockets. The event loop owns it.

    watches : who watches the jobs of which cluster.
    forecasts : what models say, asked by who holds `forecasting`.
    listening_since : since when heartbeats of agents can be heard; who was not heard of before is not lost for that.
    swept_at : when lost agents were last looked for; None where the next look is to begin listening anew. Both are
    on the clock that heartbeats are counted by.
    heavy : does what others cannot wait for. reading : reads long documents for it.
    identity : the name that the database was given when it was made.
    stopping, stopped : whether calls that wait for something shall end, and what wakes them then.
    failed : says why, once the service cannot go on.
    """

    settings: Settings
    database: Database
    writer: Writer
    acts: Acts
    fleet: LiveFleet
    metrics: Metrics
    limiter: Limiter
    random: Random
    clock: Clock
    forecasts: Forecasts = field(default_factory=Forecasts)
    forecasting: asyncio.Lock = field(default_factory=asyncio.Lock)
    readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_READERS, "placewise-reader"))
    heavy: Heavy = field(init=False)
    reading: Readers = field(default_factory=Readers)
    watches: Watches = field(default_factory=Watches)
    identity: str = ""
    stopping: bool = False
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    failed: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    listening_since: float = math.inf
    swept_at: float | None = None
    registration_hash: bytes = field(init=False)
    global_hash: bytes | None = field(init=False)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.heavy = Heavy(self.settings.work_s, self.metrics.heavy_work)
        self.registration_hash = hash_of(self.settings.registration_secret)
        self.global_hash = None if self.settings.global_token is None else hash_of(self.settings.global_token)

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self.clock.now()

    def lease_now(self) -> LeaseTime:
        """Return the moment on the clock that leases are counted by.

        Of a SQLite file this server is the only one, and counts on its own steady clock. Servers on one PostgreSQL
        have no steady clock in common, but the database's: whatever theirs say, a lease is as long at each of them.
        """
        return DATABASE_CLOCK if self.database.dialect == "postgresql" else self.clock.steady()

    def heard_now(self) -> LeaseTime:
        """Return the moment on the clock that heartbeats of agents are counted by.

        Of a SQLite file it is this server's time of day: that, unlike a steady clock, means something after a restart.
        """
        return DATABASE_CLOCK if self.database.dialect == "postgresql" else self.now()

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Return what a transaction that only reads returns, run beside the event loop."""
        return await self.beside(lambda: self.database.read(act))

    async def beside(self, act: Callable[[], T]) -> T:
        """Return what a function returns, run on a thread beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, act)

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Return what a transaction returns, once it is committed."""

        def alone(connection: Connection, items: Sequence[Callable[[Connection], T]]) -> Sequence[T]:
            return [one(connection) for one in items]

        return await self.writer.do(alone, act)

    @contextlib.asynccontextmanager
    async def changing(self, name: str) -> AsyncIterator[None]:
        """Hold the right to change a cluster: what was read of it stays true until it is written."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            # Names come from strangers, so locks that nobody holds or waits for are not kept.
            if not lock.locked() and self._locks.get(name) is lock and not lock._waiters:  # noqa: SLF001, no other way to ask
                del self._locks[name]

    def ring(self, cluster_id: int, jobs: int = 1, *, perhaps_more: bool = False) -> None:
        """Wake as many of those who watch a cluster as so many new jobs are for."""
        self.watches.ring(cluster_id, jobs, perhaps_more=perhaps_more)

    def stop(self) -> None:
        """End the calls that wait for something, and what is worked out beside the event loop."""
        self.stopping = True
        self.heavy.close()
        self.reading.close()
        self.stopped.set()
        self.watches.wake_everybody()
