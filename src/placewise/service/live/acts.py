"""What is written in batches: the store's functions, each bound to the clock, so that equal acts are one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection

from placewise.model.fleets.vocabulary import Vocabulary
from placewise.service.store.rows import clusters
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import NewCluster
from placewise.service.store.rows.job import AddedJob, NewJob
from placewise.service.store.rows.uses import NO_QUOTAS, Quotas
from placewise.service.store.rows.vocabulary import grow_vocabulary

A = TypeVar("A")
R = TypeVar("R")
Act: TypeAlias = Callable[[Connection, Sequence[A]], Sequence[R]]


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of a change of a cluster.

    number : the new cluster's id, or the changed one's revision. vocabulary : what is known now of the subsystems
    concerned.
    """

    number: int
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A subsystem of a cluster that is at a revision, and what it teaches."""

    cluster_id: int
    revision: int
    name: str
    document: str
    taught: Vocabulary


class Acts:
    """The acts that many callers ask for at once, for one clock, one bound on queues and one on tokens."""

    def __init__(self, now: Callable[[], float], most_queued: int, quotas: Quotas = NO_QUOTAS) -> None:
        def add_clusters(
            connection: Connection, items: Sequence[tuple[NewCluster, Vocabulary]]
        ) -> Sequence[Taught | None]:
            ids = clusters.add_clusters(connection, [cluster for cluster, _ in items], now())
            return _taught(connection, ids, [taught for _, taught in items])

        def put_subsystems(connection: Connection, items: Sequence[NewDocument]) -> Sequence[Taught | None]:
            # Of one cluster there is never more than one here at a time.
            revisions = clusters.put_subsystems(
                connection,
                [(one.cluster_id, one.name, one.document) for one in items],
                now(),
                at={one.cluster_id: one.revision for one in items},
            )
            return _taught(connection, revisions, [one.taught for one in items])

        def add_all_jobs(
            connection: Connection, items: Sequence[Sequence[NewJob]]
        ) -> Sequence[list[AddedJob | Exception]]:
            asked = [job for jobs in items for job in jobs]
            answers = iter(add_jobs(connection, asked, now(), most_queued, quotas))
            return [list(islice(answers, len(jobs))) for jobs in items]

        self.add_clusters: Act[tuple[NewCluster, Vocabulary], Taught | None] = add_clusters
        self.put_subsystems: Act[NewDocument, Taught | None] = put_subsystems
        self.add_jobs: Act[Sequence[NewJob], list[AddedJob | Exception]] = add_all_jobs


def _taught(connection: Connection, numbers: Sequence[int | None], taught: Sequence[Vocabulary]) -> list[Taught | None]:
    """Keep what the changes that were made teach, where two differ what the first does."""
    together = Vocabulary()
    for number, one in zip(numbers, taught, strict=True):
        if number is not None and one != Vocabulary():
            together = together.over(one)
    known = grow_vocabulary(connection, together)
    return [None if number is None else Taught(number, known) for number in numbers]
