"""Where SQLite and PostgreSQL differ in a statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Double,
    Insert,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    extract,
    func,
    insert,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from placewise.service.guard.refusals import Exhausted
from placewise.service.store.tables import LARGEST_JOB_ID, jobs

CLUSTERS_CHANNEL = "placewise_clusters"
JOBS_CHANNEL = "placewise_jobs"


LeaseTime: TypeAlias = float | ColumnElement[float]
"""A moment on the clock that leases are counted by, in seconds: a number, or what the database reads off its own."""

# When the statement began, which unlike the very moment is one value for all rows, so that an index can be used.
DATABASE_CLOCK: ColumnElement[float] = cast(extract("epoch", func.statement_timestamp()), Double)
"""PostgreSQL's own clock, in seconds since the epoch."""


def among(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column` is one of `values`, as one parameter however many they are (both databases bound parameters)."""
    return _among(connection.dialect.name, column, bindparam(None, listed(connection, values)))


def among_listed(dialect: str, column: Column[Any], name: str) -> ColumnElement[bool]:
    """Return `column` is one of the values that are `listed` in the parameter of a name.

    For statements that are made once: SQLAlchemy takes longer to make one than SQLite to run it.
    """
    return _among(dialect, column, bindparam(name))


def listed(connection: Connection, values: Collection[Any]) -> Any:
    """Return values as one parameter."""
    return list(values) if connection.dialect.name == "postgresql" else json.dumps(list(values))


def _among(dialect: str, column: Column[Any], parameter: BindParameter[Any]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return column == func.any(type_coerce(parameter, ARRAY(column.type)))
    rows = func.json_each(type_coerce(parameter, Text)).table_valued("value")
    return column.in_(select(rows.c.value))


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, given as their values in the columns' order; numbers with fractions may lose their last digit.

    In SQLite all are one step: between steps the driver gives up the interpreter, and where another thread is busy, to
    get it back takes longer than the step.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
        return
    text = json.dumps(rows, ensure_ascii=False)
    connection.execute(_insert_of_rows(table, tuple(columns)), {"rows": text})


@cache
def _insert_of_rows(table: Table, columns: tuple[str, ...]) -> Insert:
    rows = func.json_each(bindparam("rows", type_=Text)).table_valued("value")
    values = [func.json_extract(rows.c.value, f"$[{position}]") for position in range(len(columns))]
    return insert(table).from_select(list(columns), select(*values))


def insert_unless(
    connection: Connection, table: Table, key: Sequence[Column[Any]], where: ColumnElement[bool]
) -> Insert:
    """Return an insert that passes over rows whose key is there already, in the partial unique index on `where`."""
    passing: Insert = _own_insert(connection, table).on_conflict_do_nothing(index_elements=key, index_where=where)
    return passing


def insert_missing(connection: Connection, table: Table) -> Insert:
    """Return an insert that passes over rows whose primary key is there already."""
    passing: Insert = _own_insert(connection, table).on_conflict_do_nothing(index_elements=list(table.primary_key))
    return passing


def insert_or_replace(connection: Connection, table: Table, replaced: str) -> Insert:
    """Return an insert that replaces one column where the primary key is there already."""
    own = _own_insert(connection, table)
    replacing: Insert = own.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={replaced: own.excluded[replaced]}
    )
    return replacing


def _own_insert(connection: Connection, table: Table) -> Any:
    """Return the insert of the database's own dialect, which can say what to do on a conflict."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def new_job_ids(connection: Connection, count: int) -> list[int]:
    """Return ids that no job has or will have, ascending.

    SQLite has one writer at a time and the newest job is never deleted, so the next numbers are free; PostgreSQL has a
    sequence. Raises Exhausted where there are none left: both protocols have 31 bits for them.
    """
    if connection.dialect.name == "postgresql":
        try:
            return sorted(connection.scalars(select(_NEXT_ID).select_from(func.generate_series(1, count))))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _SEQUENCE_AT_ITS_END:
                raise _no_ids_left() from error
            raise
    last: int = connection.execute(_LAST_ID).scalar_one()
    if last + count > LARGEST_JOB_ID:
        raise _no_ids_left()
    return list(range(last + 1, last + 1 + count))


def _no_ids_left() -> Exhausted:
    expected = f"at most {LARGEST_JOB_ID:,} jobs in the life of a database; begin a new one"
    return Exhausted("the database has no job ids left", expected=expected)


_SEQUENCE_AT_ITS_END = "2200H"
_LAST_ID = select(func.coalesce(func.max(jobs.c.id), 0))
_NEXT_ID = func.nextval("jobs_id_seq", type_=Integer)


def notify(connection: Connection, channel: str, ids: Collection[int]) -> None:
    """Tell the other servers on a PostgreSQL, when this transaction commits, that something of these ids changed.

    PostgreSQL sends equal notices of one transaction once.
    """
    if ids and connection.dialect.name == "postgresql":
        listed = bindparam(None, sorted(ids), type_=ARRAY(Integer))
        connection.execute(select(func.pg_notify(literal(channel, Text), cast(func.unnest(listed), Text))))
