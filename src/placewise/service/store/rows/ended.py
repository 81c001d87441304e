"""Jobs that ended, as their clusters reported it: by batches for an export, and counted for the web page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, and_, func, not_, or_, select

from placewise.service.store.rows.agents import GIVEN_UP
from placewise.service.store.rows.job import JobState
from placewise.service.store.tables import clusters, jobs, jobspecs

BATCH = 500
MOST_COUNTED = 10_000
"""How many of the newest jobs are looked at for a count: their rows lie side by side."""

_ENDED = jobs.c.state.in_([JobState.FINISHED.value, JobState.FAILED.value])
_UNREPORTED = and_(jobs.c.state == JobState.FAILED.value, jobs.c.reason.like(f"attempt %{GIVEN_UP}%"))
_REPORTED = or_(jobs.c.reason.is_(None), not_(_UNREPORTED))


@dataclass(frozen=True, slots=True)
class EndedJob:
    """A job whose cluster reported how it ended. Times are seconds since the epoch; duration_s is None if not said.

    cluster_changed_at : when its cluster last changed, or was deleted.
    """

    id: int
    name: str
    cluster_id: int
    cluster: str
    cluster_changed_at: float
    succeeded: bool
    submitted_at: float
    ended_at: float
    duration_s: float | None
    jobspec: str


def ended_jobs(engine: Engine) -> Iterator[list[EndedJob]]:
    """Yield the jobs that were reported on, by batches in the order of their ids.

    Each batch is read at a moment of its own, so that no server waits and none that prunes its history is kept from it;
    a job that ends meanwhile may or may not be among them, and none is twice.
    """
    after = 0
    while True:
        rows = (
            select(
                jobs.c.id,
                jobs.c.name,
                jobs.c.cluster_id,
                clusters.c.name.label("cluster"),
                clusters.c.updated_at.label("cluster_changed_at"),
                jobs.c.state,
                jobs.c.submitted_at,
                jobs.c.changed_at,
                jobs.c.duration_s,
                jobspecs.c.jobspec,
            )
            .join(clusters, clusters.c.id == jobs.c.cluster_id)
            .join(jobspecs, jobspecs.c.job_id == jobs.c.id)
            .where(jobs.c.id > after, _ENDED, _REPORTED)
            .order_by(jobs.c.id)
            .limit(BATCH)
        )
        with engine.connect() as connection:
            found = connection.execute(rows).all()
        if not found:
            return
        after = found[-1].id
        yield [
            EndedJob(
                row.id,
                row.name,
                row.cluster_id,
                row.cluster,
                row.cluster_changed_at,
                row.state == JobState.FINISHED,
                row.submitted_at,
                row.changed_at,
                row.duration_s,
                row.jobspec,
            )
            for row in found
        ]


def ended_counts(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return by cluster id how many of the newest `MOST_COUNTED` jobs were reported as finished, and as failed."""
    newest = select(func.coalesce(func.max(jobs.c.id), 0)).scalar_subquery()
    rows = (
        select(jobs.c.cluster_id, jobs.c.state, func.count())
        .where(jobs.c.id > newest - MOST_COUNTED, _ENDED, _REPORTED, jobs.c.cluster_id.is_not(None))
        .group_by(jobs.c.cluster_id, jobs.c.state)
    )
    found: dict[int, tuple[int, int]] = {}
    for cluster_id, state, count in connection.execute(rows):
        finished, failed = found.get(cluster_id, (0, 0))
        found[cluster_id] = (count, failed) if state == JobState.FINISHED else (finished, count)
    return found
