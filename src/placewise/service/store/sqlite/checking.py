"""Looks for damage in a SQLite database: what SQLite can tell of its file, and what cannot be among what we keep."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from placewise.errors import InputError, Words
from placewise.service.store.rows.job import JobState

MOST_PROBLEMS = 100
WHAT_TO_DO = (
    "a whole one: restore a backup (placewise database restore), or save what can be read (sqlite3 FILE .recover); "
    "placewise database check lists what is wrong"
)
# Python cannot show what SQLite says of a file where that quotes the damage.
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_STATES = ", ".join(f"'{state.value}'" for state in JobState)
# Each gives a row of the columns that its message names for each thing that is wrong.
_CONTENT: dict[str, str] = {
    "job {}: its state {!r} is none": f"SELECT id, state FROM jobs WHERE state NOT IN ({_STATES})",  # noqa: S608, ours
    "job {}: its state {!r} is not what its history ends with": (
        "SELECT id, state FROM jobs WHERE state IS NOT "
        "(SELECT state FROM job_events WHERE job_id = jobs.id AND number = jobs.changes)"
    ),
    "job {}: its history is not of {} changes": (
        "SELECT id, changes FROM jobs WHERE changes != (SELECT count(*) FROM job_events WHERE job_id = jobs.id)"
    ),
    "job {}: its jobspec is missing": "SELECT id FROM jobs WHERE id NOT IN (SELECT job_id FROM jobspecs)",
    "job {}: its command is not JSON": "SELECT job_id FROM jobspecs WHERE NOT json_valid(command)",
    "cluster {}: its state is not JSON": "SELECT id FROM clusters WHERE NOT json_valid(state)",
    "cluster {}: its graph is missing": (
        "SELECT id FROM clusters WHERE deleted_at IS NULL AND id NOT IN (SELECT cluster_id FROM graphs)"
    ),
    "cluster {}: its graph is not JSON": "SELECT cluster_id FROM graphs WHERE NOT json_valid(nodes)",
    "cluster {}: its subsystem {!r} is not JSON": (
        "SELECT cluster_id, name FROM subsystems WHERE NOT json_valid(document)"
    ),
    "vocabulary: what is known of the subsystem {!r} is not JSON": (
        "SELECT subsystem FROM vocabulary WHERE NOT json_valid(document)"
    ),
}


def refuse_damage(connection: Connection) -> None:
    """Raise InputError for a SQLite file whose pages or rows are not as they can be (``PRAGMA quick_check``).

    The whole file is read. Another letter in a text, or a lost entry of an index, is not seen.
    """
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise damaged(str(found))


def damaged(found: str | BaseException) -> InputError:
    """Return what is said of a damaged database, given what SQLite says or raised."""
    cause = found.orig if isinstance(found, DBAPIError) else found
    beginning = getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB
    problem = "the file is no SQLite database, or its beginning is damaged" if beginning else "the database is damaged"
    return InputError(problem, found=Words(" ".join(str(cause).split())), expected=WHAT_TO_DO)


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that a file is damaged, or none of its own."""
    if isinstance(error, DBAPIError):
        error = error.orig
    if isinstance(error, UnicodeDecodeError):
        return True
    # Extended codes keep the plain one in their low byte.
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return everything that is wrong with a database, up to MOST_PROBLEMS.

    Looked at are its pages and indexes, what refers to what, and what we keep in it.

    What cannot be told from the database itself is another letter in a name or jobspec that is still one.
    """
    found: list[str] = []
    try:
        for problem in _problems(connection):
            found.append(problem)
            if len(found) == MOST_PROBLEMS:
                break
    except UNREADABLE as error:
        found.append(f"it cannot be read further: {error}")
    return found


def _problems(connection: sqlite3.Connection) -> Iterator[str]:
    pages = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MOST_PROBLEMS})")]
    if pages != ["ok"]:
        yield from (" ".join(page.split()) for page in pages)
        return
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} refers to nothing in {parent}"
    for message, query in _CONTENT.items():
        for row in connection.execute(query):
            yield message.format(*row)
