"""What is written in batches: the store's functions, each bound to the clock, so that equal acts are one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection

from placewise.service.store import clusters
from placewise.service.store.adding import add_jobs
from placewise.service.store.clusters import NewCluster
from placewise.service.store.job import AddedJob, NewJob

A = TypeVar("A")
R = TypeVar("R")
Act: TypeAlias = Callable[[Connection, Sequence[A]], Sequence[R]]


class Acts:
    """The acts that many callers ask for at once, for one clock and one bound on queues."""

    def __init__(self, now: Callable[[], float], most_queued: int) -> None:
        self.add_clusters: Act[NewCluster, int | None] = lambda connection, items: clusters.add_clusters(
            connection, items, now()
        )
        # As id, revision, name and document: of one cluster there is never more than one here at a time.
        self.put_subsystems: Act[tuple[int, int, str, str], int | None] = lambda connection, items: (
            clusters.put_subsystems(
                connection,
                [(cluster_id, name, text) for cluster_id, _, name, text in items],
                now(),
                at={cluster_id: revision for cluster_id, revision, _, _ in items},
            )
        )
        self.add_jobs: Act[NewJob, AddedJob | Exception] = lambda connection, items: add_jobs(
            connection, items, now(), most_queued
        )
