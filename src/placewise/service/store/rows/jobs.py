"""Jobs as they are kept: what state each is in, whose it is, and every change there was."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from math import isfinite
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, literal, or_, select, update

from placewise.errors import InputError
from placewise.service.guard.given import check_text
from placewise.service.guard.refusals import WrongState
from placewise.service.store.dialects import JOBS_CHANNEL, LeaseTime, among, notify
from placewise.service.store.rows.job import OVER, Event, JobState, Received, StoredJob
from placewise.service.store.rows.uses import forget_running
from placewise.service.store.tables import clusters, job_events, jobs, jobspecs, leased, waiting

# How many rows of a queue are read at a time: a message takes fewer than a long queue has.
_READ_AHEAD = 256

_LEASE_RAN_OUT = "the lease ran out"


def plain_size(job: Received) -> int:
    """Return how long a job's name, jobspec and command are together, in bytes."""
    return len(job.name.encode()) + len(job.jobspec.encode()) + len(job.command.encode())


def receive(
    connection: Connection,
    cluster_id: int,
    most: int,
    most_bytes: int,
    lease_s: float,
    now: float,
    *,
    size: Callable[[Received], int] = plain_size,
    lease_now: LeaseTime | None = None,
) -> list[Received]:
    """Give a cluster its oldest waiting jobs, under one lease of `lease_s` seconds.

    lease_now : the moment on the clock that leases are counted by, here and below; `now` if None.
    most : how many at most.
    most_bytes : how long they are together at most, by `size`; one job is given however long.
    Jobs whose lease ran out wait again. Rows that another transaction is giving away are passed over.
    """
    clock = now if lease_now is None else lease_now
    rows = (
        select(jobs.c.id, jobs.c.name, jobs.c.state, jobspecs.c.jobspec, jobspecs.c.command)
        .join(jobspecs)
        .where(jobs.c.cluster_id == cluster_id, waiting)
        .where(or_(jobs.c.state == JobState.ASSIGNED.value, jobs.c.lease_until <= clock))
        .order_by(jobs.c.id)
        .limit(most)
        .with_for_update(of=jobs, skip_locked=True)
        .execution_options(yield_per=_READ_AHEAD)
    )
    lease, lease_until = secrets.token_urlsafe(16), now + lease_s
    received: list[Received] = []
    expired: list[int] = []
    left = most_bytes
    with connection.execute(rows) as found:
        for number, name, state, jobspec, command in found:
            job = Received(number, name, jobspec, command, lease, lease_until)
            left -= size(job)
            if received and left < 0:
                break
            received.append(job)
            if state == JobState.RECEIVED:
                expired.append(number)
    change(connection, expired, JobState.ASSIGNED, now, _LEASE_RAN_OUT)
    ids = [job.id for job in received]
    change(connection, ids, JobState.RECEIVED, now, lease=lease, lease_until=clock + lease_s)
    return received


def accept(
    connection: Connection,
    cluster_id: int,
    items: Sequence[tuple[int, str | None]],
    now: float,
    agent: str | None = None,
    *,
    lease_now: LeaseTime | None = None,
) -> list[int]:
    """Accept jobs that a cluster received, given as id and lease, and return the ids of those accepted, in that order.

    agent : who runs them, if it sends heartbeats (see `agents.py`).

    Not accepted is what is not this cluster's, is not received, whose lease ran out, or, where a lease is given, has
    another; a job given twice is accepted once.
    """
    clock = now if lease_now is None else lease_now
    held = (
        select(jobs.c.id, jobs.c.lease)
        .where(among(connection, jobs.c.id, {number for number, _ in items}))
        .where(jobs.c.cluster_id == cluster_id, jobs.c.state == JobState.RECEIVED.value, jobs.c.lease_until > clock)
        .order_by(jobs.c.id)
        .with_for_update()
    )
    leases = dict(connection.execute(held).all())
    accepted: dict[int, None] = {}
    for number, lease in items:
        if number in leases and lease in (None, leases[number]):
            accepted[number] = None
    detail = None if agent is None else f"by the agent {agent}"
    attempts = func.coalesce(jobs.c.attempts, 0) + 1
    change(connection, accepted, JobState.ACCEPTED, now, detail, agent=agent, attempts=attempts)
    return list(accepted)


def report(
    connection: Connection,
    cluster_id: int,
    job_id: int,
    succeeded: bool,
    duration_s: float | None,
    reason: str | None,
    now: float,
    agent: str | None = None,
) -> StoredJob | None:
    """Say how an accepted job ended, and return it; None where the cluster has no such job.

    agent : who says so; None for any.
    The same report again changes nothing. Raises WrongState for another report, a job that is not accepted, or one
    that another agent runs by now, and InputError for a duration that is none or a reason that cannot be kept.
    """
    if duration_s is not None and not (isfinite(duration_s) and duration_s >= 0):
        raise InputError("a job cannot have taken so long", found=duration_s, expected="seconds, 0 or more")
    check_text(reason, "a reason")
    job = _locked(connection, job_id)
    if job is None or job.cluster_id != cluster_id:
        return None
    ended = JobState.FINISHED if succeeded else JobState.FAILED
    if job.state == ended and job.duration_s == duration_s and job.reason == reason:
        return job
    if job.state != JobState.ACCEPTED:
        raise WrongState("the job cannot be reported on", found=job.state.value, expected="an accepted job")
    if agent not in (None, job.agent):
        raise WrongState("the job was given up, and is run anew", found=job.state.value, expected="the agent's own job")
    change(connection, [job_id], ended, now, reason, reason=reason, duration_s=duration_s)
    return _locked(connection, job_id)


def cancel(connection: Connection, job_id: int, reason: str | None, now: float) -> StoredJob | None:
    """Cancel a job and return it; None where there is no such job. Raises WrongState if it is over."""
    check_text(reason, "a reason")
    job = _locked(connection, job_id)
    if job is None:
        return None
    if job.state in OVER:
        raise WrongState("the job is over already", found=job.state.value, expected="a job that waits or runs")
    _cancelled(connection, [(job_id, job.cluster_id)], reason, now)
    return _locked(connection, job_id)


def cancel_all(connection: Connection, cluster_id: int, reason: str, now: float) -> list[int]:
    """Cancel the jobs of a cluster that are not over, and return their ids."""
    states = [state.value for state in JobState if state not in OVER]
    rows = select(jobs.c.id).where(jobs.c.cluster_id == cluster_id, jobs.c.state.in_(states)).order_by(jobs.c.id)
    ids = list(connection.scalars(rows.with_for_update()))
    _cancelled(connection, [(number, cluster_id) for number in ids], reason, now)
    return ids


def return_expired(connection: Connection, now: float, *, lease_now: LeaseTime | None = None) -> dict[int, int]:
    """Let the jobs whose lease ran out wait again, and return how many those were by the ids of their clusters."""
    rows = select(jobs.c.id, jobs.c.cluster_id).where(jobs.c.lease_until <= (now if lease_now is None else lease_now))
    expired = dict(connection.execute(rows.with_for_update(skip_locked=True)).all())
    change(connection, expired, JobState.ASSIGNED, now, _LEASE_RAN_OUT)
    owners = Counter(expired.values())
    notify(connection, JOBS_CHANNEL, owners)
    return owners


def get_job(connection: Connection, job_id: int) -> StoredJob | None:
    """Return a job with its jobspec, command and history; None where there is no such job."""
    rows = _selected(jobspecs.c.jobspec, jobspecs.c.command).join(jobspecs, jobspecs.c.job_id == jobs.c.id)
    row = connection.execute(rows.where(jobs.c.id == job_id)).one_or_none()
    if row is None:
        return None
    events = select(job_events.c.state, job_events.c.at, job_events.c.detail).where(job_events.c.job_id == job_id)
    history = tuple(
        Event(JobState(state), at, detail)
        for state, at, detail in connection.execute(events.order_by(job_events.c.number))
    )
    return _stored(row, history=history)


def list_jobs(
    connection: Connection,
    *,
    cluster_ids: Collection[int] | None,
    states: Collection[JobState] = (),
    before_id: int | None = None,
    limit: int,
) -> list[StoredJob]:
    """Return at most `limit` jobs, the newest first, without jobspec, command and history.

    cluster_ids : whose jobs; None for all, the refused among them.
    states : in which states; none for any.
    before_id : only jobs with smaller ids.
    """
    rows = _selected()
    if cluster_ids is not None:
        rows = rows.where(among(connection, jobs.c.cluster_id, cluster_ids))
    if states:
        rows = rows.where(jobs.c.state.in_(sorted(JobState(state).value for state in states)))
    if before_id is not None:
        rows = rows.where(jobs.c.id < before_id)
    return [_stored(row) for row in connection.execute(rows.order_by(jobs.c.id.desc()).limit(limit))]


def renew_leases(connection: Connection, lease_until: LeaseTime) -> None:
    """Let all leases end at one moment; whoever holds one need not know."""
    connection.execute(update(jobs).where(leased).values(lease_until=lease_until))


def held(connection: Connection, ids: Collection[int], now: LeaseTime) -> set[int]:
    """Return those of the jobs that are received and not accepted, under a lease that lasts."""
    rows = select(jobs.c.id).where(among(connection, jobs.c.id, ids), jobs.c.state == JobState.RECEIVED.value)
    return set(connection.scalars(rows.where(jobs.c.lease_until > now)))


def queue_lengths(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return by cluster id how many jobs wait (or are received) and how many run; clusters without are left out."""
    lengths: dict[int, tuple[int, int]] = {}
    running = jobs.c.state == JobState.ACCEPTED.value
    for cluster_id, count in connection.execute(_counted(waiting)):
        lengths[cluster_id] = count, 0
    for cluster_id, count in connection.execute(_counted(running)):
        lengths[cluster_id] = lengths.get(cluster_id, (0, 0))[0], count
    return lengths


def _counted(which: Any) -> Select[int, int]:
    return select(jobs.c.cluster_id, func.count()).where(which).group_by(jobs.c.cluster_id)


def change(
    connection: Connection, ids: Collection[int], state: JobState, now: float, detail: str | None = None, **values: Any
) -> None:
    """Bring jobs to a state and add that to their histories; a lease or agent that is not given anew is gone."""
    if not ids:
        return
    which = among(connection, jobs.c.id, ids)
    values = {"lease": None, "lease_until": None, "agent": None} | values
    changing = update(jobs).where(which)
    connection.execute(changing.values(state=state.value, changed_at=now, changes=jobs.c.changes + 1, **values))
    events = select(jobs.c.id, jobs.c.changes, literal(now), jobs.c.state, literal(detail)).where(which)
    connection.execute(insert(job_events).from_select(["job_id", "number", "at", "state", "detail"], events))
    if state in OVER:
        forget_running(connection, ids)


def _cancelled(
    connection: Connection, cancelled: Collection[tuple[int, int | None]], reason: str | None, now: float
) -> None:
    change(connection, [number for number, _ in cancelled], JobState.CANCELLED, now, reason, reason=reason)
    notify(connection, JOBS_CHANNEL, {owner for _, owner in cancelled if owner is not None})


def _selected(*more: Any) -> Select[Any]:
    columns = (
        jobs.c.id,
        jobs.c.name,
        jobs.c.cluster_id,
        clusters.c.name.label("cluster"),
        jobs.c.state,
        jobs.c.submitted_at,
        jobs.c.changed_at,
        jobs.c.reason,
        jobs.c.duration_s,
        jobs.c.agent,
        func.coalesce(jobs.c.attempts, 0).label("attempts"),
    )
    return select(*columns, *more).select_from(jobs.outerjoin(clusters))


def _locked(connection: Connection, job_id: int) -> StoredJob | None:
    row = connection.execute(_selected().where(jobs.c.id == job_id).with_for_update(of=jobs)).one_or_none()
    return None if row is None else _stored(row)


def _stored(row: Row[Any], **more: Any) -> StoredJob:
    return StoredJob(**row._asdict() | {"state": JobState(row.state)} | more)
