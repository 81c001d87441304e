"""Where SQLite and PostgreSQL differ in a statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Insert,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from placewise.service.store.tables import jobs

CLUSTERS_CHANNEL = "placewise_clusters"
JOBS_CHANNEL = "placewise_jobs"


def among(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column` is one of `values`, as one parameter however many they are (both databases bound parameters)."""
    if connection.dialect.name == "postgresql":
        return column == func.any(bindparam(None, list(values), type_=ARRAY(column.type)))
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def insert_unless(
    connection: Connection, table: Table, key: Sequence[Column[Any]], where: ColumnElement[bool]
) -> Insert:
    """Return an insert that passes over rows whose key is there already, in the partial unique index on `where`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=key, index_where=where)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=key, index_where=where)


def insert_or_replace(connection: Connection, table: Table, replaced: str) -> Insert:
    """Return an insert that replaces one column where the primary key is there already."""
    key = list(table.primary_key)
    if connection.dialect.name == "postgresql":
        to_postgresql = postgresql.insert(table)
        return to_postgresql.on_conflict_do_update(
            index_elements=key, set_={replaced: to_postgresql.excluded[replaced]}
        )
    to_sqlite = sqlite.insert(table)
    return to_sqlite.on_conflict_do_update(index_elements=key, set_={replaced: to_sqlite.excluded[replaced]})


def new_job_ids(connection: Connection, count: int) -> list[int]:
    """Return ids that no job has or will have, ascending.

    SQLite has one writer at a time and jobs are never deleted, so the next numbers are free; PostgreSQL has a
    sequence.
    """
    if connection.dialect.name == "postgresql":
        return sorted(connection.scalars(select(_NEXT_ID).select_from(func.generate_series(1, count))))
    first = 1 + connection.execute(select(func.coalesce(func.max(jobs.c.id), 0))).scalar_one()
    return list(range(first, first + count))


_NEXT_ID = func.nextval("jobs_id_seq", type_=Integer)


def notify(connection: Connection, channel: str, ids: Collection[int]) -> None:
    """Tell the other servers on a PostgreSQL, when this transaction commits, that something of these ids changed.

    PostgreSQL sends equal notices of one transaction once.
    """
    if ids and connection.dialect.name == "postgresql":
        listed = bindparam(None, sorted(ids), type_=ARRAY(Integer))
        connection.execute(select(func.pg_notify(literal(channel, Text), cast(func.unnest(listed), Text))))
