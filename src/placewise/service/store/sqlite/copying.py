"""Backups of a SQLite database: checked, copied while it is served, and put back while it is not."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.reading import found_at
from placewise.formats.writing import made, refuse_existing
from placewise.service.store.engines import parse_url
from placewise.service.store.migrating import VERSION_TABLE, known_revisions
from placewise.service.store.sqlite.checking import UNREADABLE, damaged, is_damage, problems
from placewise.service.store.sqlite.sqlite_file import LOGS, Claim, real_path, refuse_log_elsewhere
from placewise.service.store.tables import served_as

_BUSY_S = 5.0


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a database: nothing wrong if there are no `problems`; jobs and clusters are None if unknown."""

    size_bytes: int
    seconds: float
    clusters: int | None
    jobs: int | None
    problems: tuple[str, ...]


def file_of(database: str) -> Path:
    """Return the file of a database, given as for a server. Raises InputError for a PostgreSQL."""
    url = parse_url(database)
    if url.get_backend_name() != "sqlite":
        raise InputError(
            "is not for a PostgreSQL, which has tools of its own",
            place="--database",
            expected="a file of SQLite (for PostgreSQL: pg_dump, pg_restore and pg_amcheck)",
        )
    return Path(str(url.database))


def check(path: Path) -> Checked:
    """Look for everything that is wrong with a database, which may be served meanwhile.

    Raises InputError for a file that is not there or is no database of ours.
    """
    with locating(file=path), _reading(path) as connection:
        return _checked(connection, path)


def copy(source: Path, target: Path, *, force: bool = False) -> Checked:
    """Copy a database as it is at one moment, look at the copy, and only then give it its name.

    The source may be served meanwhile, and goes on being written to; the target may not. A target that is there is
    replaced, with its logs, only by `force`. Raises InputError, with the target as it was, for a source that is
    damaged, that a newer version made or that is no database of ours, and for a target that is in use.
    """
    if found_at(target) == "folder":
        raise InputError("is a folder", file=target, expected="a file")
    refuse_existing(target, force=force)
    for log in _logs(target):
        refuse_existing(log, force=force)
    with _writing(target), contextlib.ExitStack() as stack:
        if target.exists():
            if source.exists() and target.samefile(source):
                raise InputError("is the database itself", file=target, expected="another file")
            stack.callback(Claim.of(target, make=False).release)
        with locating(file=source):
            connection = stack.enter_context(_reading(source))
            _refuse_newer(connection)
        temporary = stack.enter_context(_beside(target))
        checked = _copied(connection, source, temporary, target)
        try:
            for log in _logs(target):
                log.unlink(missing_ok=True)  # it would be taken for the copy's
            if force:
                temporary.replace(real_path(target))
            else:
                os.link(temporary, real_path(target))  # unlike a renaming, it does not replace what came meanwhile
            _flush(real_path(target).parent)
        except FileExistsError:
            refuse_existing(target, force=False)
            raise
    return checked


_NOT_WRITTEN = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=target) from error


def _copied(connection: sqlite3.Connection, source: Path, temporary: Path, target: Path) -> Checked:
    try:
        with contextlib.closing(sqlite3.connect(temporary)) as copied:
            connection.backup(copied)
            # One file without a log, which no server has yet.
            copied.execute("PRAGMA journal_mode = DELETE")
            with contextlib.suppress(sqlite3.OperationalError):  # an older form has no such table
                copied.execute(f"DELETE FROM {served_as.name}")  # noqa: S608, our own name
                copied.commit()
            checked = _checked(copied, temporary)
    except UNREADABLE as error:
        if getattr(error, "sqlite_errorcode", None) in _NOT_WRITTEN:  # nothing else is written to
            raise InputError(f"cannot be written: {error}", file=target) from error
        raise _unreadable(error).within(file=source) from error
    if checked.problems:
        raise damaged(checked.problems[0]).within(file=source)
    _flush(temporary)
    return checked


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if found_at(path) != "file":
        raise InputError("there is no such database", expected="a file of SQLite")
    refuse_log_elsewhere(path)
    try:
        with contextlib.closing(
            sqlite3.connect(f"{real_path(path).as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)
        ) as connection:
            versions = connection.execute("SELECT name FROM sqlite_master WHERE name = ?", [VERSION_TABLE]).fetchone()
            if versions is None:
                raise InputError(
                    "is not a database of Placewise", expected=f"an SQLite file with the table {VERSION_TABLE}"
                )
            yield connection
    except UNREADABLE as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> InputError:
    return damaged(error) if is_damage(error) else InputError(f"the database cannot be read: {error}")


def _refuse_newer(connection: sqlite3.Connection) -> None:
    known = known_revisions()
    for (revision,) in connection.execute(f"SELECT version_num FROM {VERSION_TABLE}"):  # noqa: S608, our own name
        if revision not in known:
            raise InputError("the database was made by a newer version", found=revision, expected="one that is known")


def _checked(connection: sqlite3.Connection, path: Path) -> Checked:
    started = time.monotonic()
    found = tuple(problems(connection))
    counts: list[int | None] = []
    for query in ("SELECT count(*) FROM clusters WHERE deleted_at IS NULL", "SELECT count(*) FROM jobs"):
        try:
            counts.append(int(connection.execute(query).fetchone()[0]))
        except UNREADABLE:
            counts.append(None)
    return Checked(path.stat().st_size, time.monotonic() - started, counts[0], counts[1], found)


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Make an empty file beside the target for its owner alone, and remove it and its logs after the block."""
    real = real_path(target)
    with made(real.parent):
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        os.close(handle)
        try:
            yield Path(name)
        finally:
            for one in (Path(name), *_logs(Path(name))):
                one.unlink(missing_ok=True)


def _logs(path: Path) -> list[Path]:
    return [Path(f"{real_path(path)}{ending}") for ending in LOGS]


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
