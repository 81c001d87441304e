"""Makes a SQLAlchemy engine of what an operator writes as `--database`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from placewise.errors import InputError

# The transaction is to write: SQLite then waits for its turn at once, not halfway, where it could only give up.
WRITES = {"placewise_writes": True}

# A lost server is noticed within a minute, also by who only listens.
POSTGRESQL_CONNECTION = {
    "application_name": "placewise",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# Errors are logged; what jobs and credentials a statement was about is not.
_POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 0, "pool_timeout": 10, "hide_parameters": True}

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


def parse_url(text: str) -> URL:
    """Return the address of a database: a URL of SQLite or PostgreSQL, or the plain path of a SQLite file.

    Raises InputError, which never shows the text of a URL: it may hold a password.
    """
    expected = "a path, sqlite:///PATH or postgresql://USER@HOST/NAME"
    if "://" not in text:
        if not text or "\0" in text:
            raise InputError("the database has no usable path", found=text, expected=expected)
        return URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    kind = text.partition("://")[0].partition("+")[0]
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InputError("the database's URL cannot be read", expected=expected) from None
    if kind == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise InputError("a database in memory would forget", expected="sqlite:///PATH")
        return URL.create("sqlite", database=str(Path(str(url.database)).absolute()))
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise InputError("the database's URL is of an unknown kind", found=kind, expected=expected)


def shown(url: URL) -> str:
    """Return an address for messages: a path, or a URL without what a password may hide in."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(query={}).render_as_string(hide_password=True)


def sqlite_engine(url: URL) -> Engine:
    """Return an engine on a SQLite file: write-ahead log, every commit flushed to the disk, transactions ours."""
    engine = create_engine(url, **_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def postgresql_engine(url: URL) -> Engine:
    """Return an engine on a PostgreSQL server. Raises InputError when its driver is not installed."""
    try:
        return create_engine(url, **_POOL, pool_pre_ping=True, connect_args=POSTGRESQL_CONNECTION)
    except ImportError as error:
        raise InputError(f"PostgreSQL cannot be used: {error}", expected="pip install 'placewise[postgres]'") from None


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("placewise_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
