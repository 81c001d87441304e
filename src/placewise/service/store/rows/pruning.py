"""Forgets what has been over for long, and says how much room the database takes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, exists, func, select

from placewise.service.store.dialects import among
from placewise.service.store.rows.uses import forget_kept
from placewise.service.store.tables import agents, clusters, job_events, jobs, jobspecs, over

_unused = and_(
    clusters.c.deleted_at.is_not(None),
    clusters.c.id != select(func.max(clusters.c.id)).scalar_subquery(),
    ~exists().where(jobs.c.cluster_id == clusters.c.id),
    ~exists().where(agents.c.cluster_id == clusters.c.id),
)


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes a database takes, and how many of them are free for what comes next (None: it does not say)."""

    bytes: int
    free_bytes: int | None


def prune(connection: Connection, before: float, most: int) -> int:
    """Delete jobs that were over before a time, with their texts and histories, and return how many.

    most : how many at most, those that were over first. Rows that another server is deleting are passed over.
    The newest job of all stays: SQLite counts ids on from it.
    """
    newest = select(func.max(jobs.c.id)).scalar_subquery()
    rows = select(jobs.c.id).where(over, jobs.c.changed_at < before)
    rows = rows.where(jobs.c.id != newest).order_by(jobs.c.changed_at).limit(most)
    ids = list(connection.scalars(rows.with_for_update(of=jobs, skip_locked=True)))
    if ids:
        forget_kept(connection, ids)
        for column in (job_events.c.job_id, jobspecs.c.job_id, jobs.c.id):
            connection.execute(delete(column.table).where(among(connection, column, ids)))
    return len(ids)


def prune_clusters(connection: Connection, before: float, most: int) -> int:
    """Delete the rows of clusters that were deleted before a time, and return how many.

    A cluster stays while a job of it is kept, which shows its name. So does the newest of all: SQLite counts ids on
    from it, and what is kept for an id is never another cluster's. most : as in `prune`.
    """
    rows = select(clusters.c.id).where(_unused, clusters.c.deleted_at < before).order_by(clusters.c.deleted_at)
    ids = list(connection.scalars(rows.limit(most).with_for_update(of=clusters, skip_locked=True)))
    if ids:
        connection.execute(delete(clusters).where(among(connection, clusters.c.id, ids)))
    return len(ids)


def deleted_since(connection: Connection) -> float | None:
    """Return when the first of the clusters that may be pruned was deleted; None where there is none."""
    oldest: float | None = connection.scalar(select(func.min(clusters.c.deleted_at)).where(_unused))
    return oldest


def over_since(connection: Connection) -> float | None:
    """Return when the job that has been over for longest was (seconds since the epoch); None where none is over."""
    oldest: float | None = connection.scalar(select(func.min(jobs.c.changed_at)).where(over))
    return oldest


def room(connection: Connection) -> Room:
    """Return how much room the database takes."""
    if connection.dialect.name == "postgresql":
        return Room(connection.scalar(select(func.pg_database_size(func.current_database()))) or 0, None)
    size, pages, free = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_size", "page_count", "freelist_count")
    )
    return Room(size * pages, size * free)
