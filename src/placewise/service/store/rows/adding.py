"""Adds jobs: many at a time, each kept once however often it is submitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection, Insert, Select, func, insert, literal, null, select, union_all

from placewise.errors import InputError
from placewise.service.guard.refusals import ClusterGone, QueueFull
from placewise.service.store.dialects import (
    JOBS_CHANNEL,
    among,
    among_listed,
    insert_rows,
    listed,
    new_job_ids,
    notify,
)
from placewise.service.store.rows.job import AddedJob, JobState, NewJob
from placewise.service.store.rows.uses import NO_QUOTAS, Quotas, Use, add_uses, refusal, together, uses
from placewise.service.store.tables import clusters, job_events, jobs, jobspecs, live, waiting

_COLUMNS = (
    "id",
    "name",
    "cluster_id",
    "state",
    "changes",
    "request_id",
    "reason",
    "submitted_at",
    "changed_at",
    "token",
    "bytes",
)


def add_jobs(
    connection: Connection, items: Sequence[NewJob], now: float, most_queued: int, quotas: Quotas = NO_QUOTAS
) -> list[AddedJob | Exception]:
    """Keep jobs, as assigned or as refused, and answer one for one.

    quotas : what each token may use; servers on one PostgreSQL that add at one moment may go over by what they add.
    Answers are ClusterGone where the cluster is not registered, QueueFull where `most_queued` jobs wait for it (or are
    received), QuotaReached where the job would take its token over a quota, and InputError for a request that was made
    before with another jobspec.
    """
    requests = _made_before(connection, {item.request_id for item in items if item.request_id is not None})
    room = _room(connection, items, most_queued)
    used = uses(connection, {item.token for item in items if item.token is not None}) if quotas else {}
    # A job, a place among the new jobs, or what is wrong.
    found: list[AddedJob | int | Exception] = []
    new: list[NewJob] = []
    for item in items:
        if item.request_id in requests:
            jobspec, made = requests[item.request_id]
            found.append(made if jobspec == item.jobspec else _other_request(item))
        elif refused := _over_quota(item, used, quotas) or _refusal(item, room):
            found.append(refused)
        else:
            found.append(len(new))
            if item.request_id is not None:
                requests[item.request_id] = item.jobspec, len(new)
            new.append(item)
            if quotas and item.token is not None:
                used[item.token] = used.get(item.token, Use()) + _use_of(item)
    added = _keep(connection, new, now) if new else []
    answers: list[AddedJob | Exception] = []
    fresh = set(range(len(new)))
    for one in found:
        if isinstance(one, int):
            answers.append(added[one] if one in fresh else replace(added[one], known=True))
            fresh.discard(one)
        else:
            answers.append(one)
    return answers


def _made_before(connection: Connection, requests: Collection[str]) -> dict[str | None, tuple[str, AddedJob | int]]:
    """Return the jobspec and the job of each request that has been made."""
    if not requests:
        return {}
    columns = (jobs.c.request_id, jobspecs.c.jobspec, jobs.c.id, jobs.c.cluster_id, jobs.c.state, jobs.c.reason)
    rows = select(*columns).join(jobspecs).where(among(connection, jobs.c.request_id, requests))
    return {
        request: (jobspec, AddedJob(number, cluster_id, JobState(state), reason, known=True))
        for request, jobspec, number, cluster_id, state, reason in connection.execute(rows)
    }


def _other_request(item: NewJob) -> InputError:
    return InputError(
        "the request was made before with another jobspec",
        place=f"job {item.name!r}",
        expected="a request id of its own",
    )


def _use_of(item: NewJob) -> Use:
    return Use(int(item.cluster_id is not None), item.size_bytes)


def _over_quota(item: NewJob, used: Mapping[int, Use], quotas: Quotas) -> Exception | None:
    if not quotas or item.token is None:
        return None
    return refusal(used.get(item.token, Use()), _use_of(item), quotas)


def _refusal(item: NewJob, room: dict[int, int]) -> Exception | None:
    """Return why a job cannot be added, or take its place in its cluster's queue."""
    if item.cluster_id is None:
        return None
    if item.cluster_id not in room:
        return ClusterGone("the cluster is not registered any more", place=f"job {item.name!r}")
    if room[item.cluster_id] <= 0:
        return QueueFull("the cluster's queue is full", place=f"job {item.name!r}")
    room[item.cluster_id] -= 1
    return None


def _room(connection: Connection, items: Sequence[NewJob], most_queued: int) -> dict[int, int]:
    """Return at least how many jobs may be added, up to all of the items, for each of their registered clusters.

    Counting a long queue takes long. It is at most as long as the ids from its oldest job to the newest job of all,
    which is told from two ends of indexes; so only where that could be too long is it counted.
    """
    ids = {item.cluster_id for item in items if item.cluster_id is not None}
    if not ids:
        return {}
    rows = _bounds(connection.dialect.name)
    room = {
        cluster_id: most_queued - bound
        for cluster_id, bound in connection.execute(rows, {"ids": listed(connection, ids)})
    }
    close = [cluster_id for cluster_id, places in room.items() if places < len(items)]
    if close:
        room |= dict.fromkeys(close, most_queued)
        lengths = select(jobs.c.cluster_id, func.count()).where(among(connection, jobs.c.cluster_id, close), waiting)
        for cluster_id, length in connection.execute(lengths.group_by(jobs.c.cluster_id)):
            room[cluster_id] = most_queued - length
    return room


def _keep(connection: Connection, items: Sequence[NewJob], now: float) -> list[AddedJob]:
    ids = new_job_ids(connection, len(items))
    added = [
        AddedJob(
            number,
            item.cluster_id,
            JobState.REFUSED if item.cluster_id is None else JobState.ASSIGNED,
            item.reason,
        )
        for number, item in zip(ids, items, strict=True)
    ]
    rows = [
        (
            job.id,
            item.name,
            job.cluster_id,
            job.state.value,
            2,
            item.request_id,
            job.reason,
            now,
            now,
            item.token,
            item.size_bytes,
        )
        for job, item in zip(added, items, strict=True)
    ]
    insert_rows(connection, jobs, _COLUMNS, rows)
    texts = [(number, item.jobspec, item.command) for number, item in zip(ids, items, strict=True)]
    insert_rows(connection, jobspecs, ("job_id", "jobspec", "command"), texts)
    connection.execute(_beginnings(connection.dialect.name), {"ids": listed(connection, ids)})
    add_uses(connection, together((item.token, _use_of(item)) for item in items))
    notify(connection, JOBS_CHANNEL, {item.cluster_id for item in items if item.cluster_id is not None})
    return added


@cache
def _bounds(dialect: str) -> Select[int, int]:
    """Return the statement for the registered clusters among `ids`, each with how long its queue is at most."""
    queued = (jobs.c.cluster_id == clusters.c.id) & waiting
    oldest = select(func.min(jobs.c.id)).where(queued).scalar_subquery()
    newest = select(func.max(jobs.c.id)).scalar_subquery()
    rows = select(clusters.c.id, func.coalesce(newest - oldest + 1, 0)).where(
        among_listed(dialect, clusters.c.id, "ids"), live
    )
    # The lock keeps the clusters from being deleted meanwhile, and is in nobody else's way.
    return rows.order_by(clusters.c.id).with_for_update(read=True, key_share=True, of=clusters)


@cache
def _beginnings(dialect: str) -> Insert:
    """Return the statement that begins the histories of the jobs among `ids`."""
    new = among_listed(dialect, jobs.c.id, "ids")
    history = union_all(
        select(jobs.c.id, literal(1), jobs.c.submitted_at, literal(JobState.SUBMITTED.value), null()).where(new),
        select(jobs.c.id, jobs.c.changes, jobs.c.changed_at, jobs.c.state, jobs.c.reason).where(new),
    )
    return insert(job_events).from_select(["job_id", "number", "at", "state", "detail"], history)
