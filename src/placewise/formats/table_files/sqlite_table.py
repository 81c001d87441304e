"""A table of an SQLite database that may be a stranger's, opened for reading only and within bounds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats.reading import LARGEST_BYTES, found_at
from placewise.formats.table_files.parquet_files import MOST_VALUES

# What a database may take to be read: so many steps of SQLite's machine, and so many more a byte of its file.
_STEPS = 100_000_000
_STEPS_A_BYTE = 100
_STEPS_AT_ONCE = 100_000
_MOST_VALUE_BYTES = 1 << 24


def sqlite_columns(
    path: Path, table: str, chosen: Callable[[Sequence[str]], Sequence[str]]
) -> dict[str, Sequence[Any]]:
    """Return columns of a table or view, those that a function chooses of the names that there are, in its order.

    Raises InputError for anything that is no such database, or takes too long or too much room to read.
    """
    if found_at(path) != "file":
        raise InputError("does not exist")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            _bound(database, path.stat().st_size)
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({_quoted(table)})")]
            if not columns:
                raise InputError(f"has no table {table}", expected=f"a table or view {table}")
            names = list(chosen(columns))
            asked = ", ".join(map(_quoted, names))
            rows = _fetched(database.execute(f"SELECT {asked} FROM {_quoted(table)}"), table)  # noqa: S608, quoted
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            problem = f"reading {table} takes too long for a database of its size"
            raise InputError(problem, expected="a plain table") from error
        raise InputError(f"is not a readable SQLite database: {_one_line(error)}") from error
    except (sqlite3.Error, UnicodeError) as error:
        raise InputError(f"is not a readable SQLite database: {_one_line(error)}") from error
    return dict(zip(names, zip(*rows, strict=True) if rows else ((),) * len(names), strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _bound(database: sqlite3.Connection, size: int) -> None:
    """Keep what a stranger's views compute from lasting for ever or filling the memory, and from changing anything."""
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE_BYTES)
    database.execute("PRAGMA query_only = ON")
    database.execute("PRAGMA trusted_schema = OFF")
    left = (_STEPS + _STEPS_A_BYTE * size) // _STEPS_AT_ONCE

    def more() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    database.set_progress_handler(more, _STEPS_AT_ONCE)


def _fetched(rows: sqlite3.Cursor, table: str) -> list[tuple[Any, ...]]:
    """Return the rows, of which there may be so many, and so much text in them."""
    found: list[tuple[Any, ...]] = []
    size = 0
    for row in rows:
        found.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(found) > MOST_VALUES // len(row) or size > LARGEST_BYTES:
            raise InputError(f"{table} is too large", expected=f"at most {MOST_VALUES // len(row):,} rows")
    return found


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
