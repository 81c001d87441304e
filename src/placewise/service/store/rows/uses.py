"""What each token uses of its quotas: jobs that wait or run, and bytes of the jobspecs that are kept for it.

A token is known by the id of its cluster, the global one by GLOBAL_TOKEN. Each change adds a row to a table whose sums
count, and rows are added up now and then. So servers on one PostgreSQL never wait for each other's counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Integer, Select, cast, delete, func, insert, literal, select, union_all

from placewise.service.guard.refusals import QuotaReached
from placewise.service.store.dialects import among, among_listed, listed
from placewise.service.store.tables import jobs, over, token_uses

GLOBAL_TOKEN = 0

_COUNT_LOCK = 0x706C6164
_AT_ONCE = 10_000
_COLUMNS = ("token", "jobs", "bytes")


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most that a token may use: jobs that wait or run, and bytes of jobspecs; None for no bound."""

    jobs: int | None = None
    bytes: int | None = None

    def __bool__(self) -> bool:
        return self.jobs is not None or self.bytes is not None


NO_QUOTAS = Quotas()


@dataclass(frozen=True, slots=True)
class Use:
    """What a token uses, or by how much that changes."""

    jobs: int = 0
    bytes: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(self.jobs + other.jobs, self.bytes + other.bytes)


def uses(connection: Connection, tokens: Collection[int] | None = None) -> dict[int, Use]:
    """Return what tokens use, these or all; those that use nothing may be left out."""
    rows = _sums()
    if tokens is not None:
        rows = rows.where(among(connection, token_uses.c.token, tokens))
    return {token: Use(max(0, int(count)), max(0, int(size))) for token, count, size in connection.execute(rows)}


def refusal(use: Use, more: Use, quotas: Quotas) -> QuotaReached | None:
    """Return which quota keeps a token that has some use from more of it; None for none."""
    if quotas.jobs is not None and more.jobs and use.jobs + more.jobs > quotas.jobs:
        return QuotaReached("jobs", found=use.jobs, expected=f"at most {quotas.jobs:,} that wait or run")
    if quotas.bytes is not None and use.bytes + more.bytes > quotas.bytes:
        asked = f"at most {quotas.bytes:,} of jobspecs and commands that are kept, with the {more.bytes:,} of this job"
        return QuotaReached("bytes", found=use.bytes, expected=asked)
    return None


def add_uses(connection: Connection, more: Mapping[int, Use]) -> None:
    """Count what tokens use more."""
    rows = [{"token": token, "jobs": use.jobs, "bytes": use.bytes} for token, use in more.items() if use != Use()]
    if rows:
        connection.execute(insert(token_uses), rows)


def forget_running(connection: Connection, ids: Collection[int]) -> None:
    """Count jobs, which are over from now on, no longer among those that wait or run."""
    connection.execute(_fewer(connection.dialect.name, kept=True), {"ids": listed(connection, ids)})


def forget_kept(connection: Connection, ids: Collection[int]) -> None:
    """Count the jobspecs of jobs that are over, and which are about to be deleted, no longer among those kept."""
    connection.execute(_fewer(connection.dialect.name, kept=False), {"ids": listed(connection, ids)})


def add_up(connection: Connection) -> None:
    """Make one row of the rows of each token; rows that another server is adding up are passed over."""
    rows = select(token_uses).order_by(token_uses.c.id).limit(_AT_ONCE).with_for_update(skip_locked=True)
    ids: list[int] = []
    sums: defaultdict[int, Use] = defaultdict(Use)
    for number, token, count, size in connection.execute(rows):
        ids.append(number)
        sums[token] += Use(count, size)
    if len(ids) > len(sums):
        connection.execute(delete(token_uses).where(among(connection, token_uses.c.id, ids)))
        add_uses(connection, sums)


def scattered(connection: Connection) -> bool:
    """Whether there are so many rows that they are worth adding up."""
    rows, tokens = connection.execute(select(func.count(), func.count(token_uses.c.token.distinct()))).one()
    return bool(rows > 2 * tokens + 64)


def count_anew(connection: Connection) -> None:
    """Put right what is counted by the jobs that there are.

    Servers of the version before the quotas end jobs without counting. What is wrong is added as rows of its own, found
    in one statement and so at one moment, and what others change meanwhile counts beside it.
    """
    if connection.dialect.name == "postgresql" and not connection.scalar(
        select(func.pg_try_advisory_xact_lock(_COUNT_LOCK))
    ):
        return  # another server is at it
    running = cast(~over, Integer)
    there = select(jobs.c.token, running.label("jobs"), func.coalesce(jobs.c.bytes, 0).label("bytes"))
    counted = select(token_uses.c.token, -token_uses.c.jobs, -token_uses.c.bytes)
    both = union_all(there.where(jobs.c.token.is_not(None)), counted).subquery()
    sums = func.sum(both.c.jobs), func.sum(both.c.bytes)
    wrong = select(both.c.token, *sums).group_by(both.c.token).having((sums[0] != 0) | (sums[1] != 0))
    connection.execute(insert(token_uses).from_select(_COLUMNS, wrong))


def together(items: Iterable[tuple[int | None, Use]]) -> dict[int, Use]:
    """Return what tokens use by all items together; an item of no token counts for none."""
    sums: defaultdict[int, Use] = defaultdict(Use)
    for token, use in items:
        if token is not None:
            sums[token] += use
    return dict(sums)


@cache
def _sums() -> Select[Any]:
    sums = func.sum(token_uses.c.jobs), func.sum(token_uses.c.bytes)
    return select(token_uses.c.token, *sums).group_by(token_uses.c.token)


@cache
def _fewer(dialect: str, *, kept: bool) -> Insert:
    """Return the statement that counts the jobs among `ids` as over (and still kept), or as over and forgotten."""
    fewer = (-func.count(), literal(0)) if kept else (literal(0), -func.coalesce(func.sum(jobs.c.bytes), 0))
    which = among_listed(dialect, jobs.c.id, "ids"), jobs.c.token.is_not(None)
    return insert(token_uses).from_select(_COLUMNS, select(jobs.c.token, *fewer).where(*which).group_by(jobs.c.token))
