"""Agents that send heartbeats: when each was last heard of, and what becomes of the jobs of one that is lost.

When is said on one clock for all servers: with a PostgreSQL that is the database's (see `State.heard_now`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, Select, and_, delete, exists, func, select, update

from placewise.service.guard.refusals import Exhausted
from placewise.service.store.dialects import JOBS_CHANNEL, LeaseTime, insert_or_replace, notify
from placewise.service.store.rows.job import JobState
from placewise.service.store.rows.jobs import change
from placewise.service.store.tables import agents, held, jobs

# A holder of a cluster's secret could invent names without end.
MOST_AGENTS = 4096
_AT_ONCE = 10_000
GIVEN_UP = "is given up: the agent"
"""What the reason of a job says that failed for its agent was lost, and of which nobody reported how it ended."""

_holds = and_(jobs.c.cluster_id == agents.c.cluster_id, jobs.c.agent == agents.c.name, held)


@dataclass(frozen=True, slots=True)
class StoredAgent:
    """An agent, when it was last heard of (seconds since the epoch), and how many accepted jobs it holds."""

    name: str
    heard_at: float
    running: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Jobs of one cluster that were taken from a lost agent; they are now all in one state."""

    cluster_id: int
    agent: str
    state: JobState
    ids: tuple[int, ...]


def heard(connection: Connection, cluster_id: int, name: str, now: LeaseTime) -> None:
    """Remember that an agent was heard of. Raises Exhausted where the cluster has as many agents as may be."""
    here = agents.c.cluster_id == cluster_id
    known = update(agents).where(here, agents.c.name == name).values(heard_at=now)
    if connection.execute(known).rowcount:
        return
    if connection.execute(select(func.count()).select_from(agents).where(here)).scalar_one() >= MOST_AGENTS:
        raise Exhausted("the cluster has too many agents", expected=f"at most {MOST_AGENTS}")
    new = insert_or_replace(connection, agents, "heard_at")
    connection.execute(new.values(cluster_id=cluster_id, name=name, heard_at=now))


def left(connection: Connection, cluster_id: int, name: str) -> None:
    """Forget an agent that goes, unless it still holds jobs."""
    own = agents.c.cluster_id == cluster_id, agents.c.name == name
    connection.execute(delete(agents).where(*own, ~exists().where(_holds)))


def forget(connection: Connection, before: float) -> None:
    """Forget the agents that were last heard of before a time and hold no jobs."""
    connection.execute(delete(agents).where(agents.c.heard_at < before, ~exists().where(_holds)))


def read_clock(connection: Connection, clock: LeaseTime) -> float:
    """Return what a clock says."""
    return clock if isinstance(clock, int | float) else connection.execute(select(clock)).scalar_one()


def not_later(connection: Connection, now: float) -> None:
    """Take agents that were heard of later than now as heard of now: the clock was set back since.

    One that is gone would otherwise count as living until the clock is there again.
    """
    connection.execute(update(agents).where(agents.c.heard_at > now).values(heard_at=now))


def list_agents(
    connection: Connection, now: float = 0.0, heard_now: LeaseTime | None = None
) -> dict[int, list[StoredAgent]]:
    """Return the agents by cluster id, those last heard of first.

    heard_now : the moment that is `now` on the clock that heartbeats are counted by; `now` if None.
    """
    ahead = now - read_clock(connection, now if heard_now is None else heard_now)
    running = select(func.count()).select_from(jobs).where(_holds).correlate(agents).scalar_subquery()
    rows = select(agents.c.cluster_id, agents.c.name, agents.c.heard_at, running)
    found: dict[int, list[StoredAgent]] = {}
    for cluster_id, name, heard_at, count in connection.execute(rows.order_by(agents.c.heard_at.desc(), agents.c.name)):
        found.setdefault(cluster_id, []).append(StoredAgent(name, heard_at + ahead, count))
    return found


def give_up(
    connection: Connection, lost_before: float, most_attempts: int, now: float, *, heard_now: float | None = None
) -> list[GivenUp]:
    """Take the accepted jobs from agents that were not heard of since a time, and return what became of them.

    heard_now : the moment that is `now` on the clock that heartbeats are counted by; `now` if None.
    They wait again, but those that were accepted `most_attempts` times or more have failed.
    """
    at = now if heard_now is None else heard_now
    given_up = list(_given_up(connection, lost_before, most_attempts, now, at))
    notify(connection, JOBS_CHANNEL, {one.cluster_id for one in given_up})
    return given_up


def _given_up(
    connection: Connection, lost_before: float, most_attempts: int, now: float, heard_now: float
) -> Iterator[GivenUp]:
    found = connection.execute(_orphaned(lost_before)).all()
    for _, group in groupby(found, key=lambda row: (row.cluster_id, row.agent, row.attempts)):
        rows = list(group)
        ids = tuple(row.id for row in rows)
        _, cluster_id, agent, heard_at, attempts = rows[0]
        why = f"attempt {attempts} {GIVEN_UP} {agent} was not heard of for {heard_now - heard_at:.0f} s"
        if attempts < most_attempts:
            state = JobState.ASSIGNED
            change(connection, ids, state, now, why)
        else:
            state = JobState.FAILED
            change(connection, ids, state, now, why, reason=why)
        yield GivenUp(cluster_id, agent, state, ids)


def _orphaned(lost_before: float) -> Select[int, int, str, float, int]:
    attempts = func.coalesce(jobs.c.attempts, 0).label("attempts")
    rows = select(jobs.c.id, jobs.c.cluster_id, jobs.c.agent, agents.c.heard_at, attempts).join(agents, _holds)
    lost = rows.where(agents.c.heard_at <= lost_before, jobs.c.state == JobState.ACCEPTED.value)
    in_groups = lost.order_by(jobs.c.cluster_id, jobs.c.agent, attempts, jobs.c.id)
    return in_groups.limit(_AT_ONCE).with_for_update(of=jobs, skip_locked=True)
