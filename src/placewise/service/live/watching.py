"""Who watches a cluster's jobs, and which of them is woken: as many as there are new jobs for, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Watcher:
    """Somebody who waits for a cluster's jobs.

    most : how many he may hold. held : the jobs handed to him and not yet accepted, each with the moment at which its
    lease ends, on the steady clock. woken : set when he shall look. promised : how many new jobs he was woken for.
    perhaps_more : whether others may wait beside those.
    """

    most: int
    held: dict[int, float] = field(default_factory=dict)
    promised: int = 0
    perhaps_more: bool = True
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def room(self) -> int:
        """How many more jobs he may be given."""
        return self.most - len(self.held)

    def looks(self) -> tuple[int, bool]:
        """Return what he was woken for, how many jobs and whether there may be more, and forget it."""
        told = self.promised, self.perhaps_more
        self.promised, self.perhaps_more = 0, False
        self.woken.clear()
        return told


class Watches:
    """The watchers of each cluster, by its id, in the order in which they are woken."""

    def __init__(self) -> None:
        self._watchers: dict[int, dict[Watcher, None]] = {}

    def count(self, cluster_id: int) -> int:
        """Return how many watch a cluster."""
        return len(self._watchers.get(cluster_id, ()))

    def add(self, cluster_id: int, watcher: Watcher) -> None:
        """Add a watcher, the last to be woken; one that is there already goes behind the others."""
        watchers = self._watchers.setdefault(cluster_id, {})
        watchers.pop(watcher, None)
        watchers[watcher] = None

    def remove(self, cluster_id: int, watcher: Watcher) -> None:
        """Remove a watcher; what he was woken for and has not looked for yet goes to the next."""
        watchers = self._watchers[cluster_id]
        del watchers[watcher]
        if not watchers:
            del self._watchers[cluster_id]
        elif watcher.woken.is_set():
            self.ring(cluster_id, max(1, watcher.promised), perhaps_more=True)

    def ring(self, cluster_id: int, jobs: int = 1, *, perhaps_more: bool = False) -> None:
        """Wake as many as take so many new jobs; who has no room looks by himself once he has.

        perhaps_more : whoever is filled by these jobs shall have the next one look as well.
        """
        for watcher in self._watchers.get(cluster_id, ()):
            free = watcher.room - watcher.promised
            if free > 0:
                watcher.promised += min(free, jobs)
                watcher.perhaps_more |= perhaps_more
                watcher.woken.set()
                jobs -= free
                if jobs <= 0:
                    return

    def accepted(self, cluster_id: int, jobs: Collection[int]) -> None:
        """Wake the watchers that held some of these jobs and could not be given more."""
        for watcher in self._watchers.get(cluster_id, ()):
            full = watcher.room <= 0
            known = watcher.held.keys() & jobs
            for job in known:
                del watcher.held[job]
            if full and known:
                watcher.perhaps_more = True
                watcher.woken.set()

    def lapsed(self, cluster_id: int, now: float) -> None:
        """Wake the watchers that hold a job whose lease has ended."""
        for watcher in self._watchers.get(cluster_id, ()):
            if any(until <= now for until in watcher.held.values()):
                watcher.woken.set()

    def wake_all(self, cluster_id: int) -> None:
        """Wake everybody who watches a cluster: something else than new jobs happened to it."""
        for watcher in self._watchers.get(cluster_id, ()):
            watcher.woken.set()

    def wake_everybody(self) -> None:
        """Wake the watchers of all clusters."""
        for cluster_id in self._watchers:
            self.wake_all(cluster_id)
