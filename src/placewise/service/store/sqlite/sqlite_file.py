"""The file of a SQLite database: held by one process under whatever name, and opened beside its own log alone.

SQLite names its log after the name that a file is opened by (symbolic links resolved). A file with two names, by a hard
link or a mount, has two logs then, of which each name sees one: what the other holds is lost, or ruins the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, delete, insert

from placewise.errors import InputError
from placewise.service.store.tables import served_as

LOGS = ("-wal", "-shm", "-journal")

# A descriptor of a file that is closed drops all the locks that SQLite has on it in this process, so a file that is
# held here is not opened a second time to find that out.
_held: set[tuple[int, int]] = set()
_gate = threading.Lock()


class Claim:
    """The right to use a SQLite file, as long as this process lives and does not release it.

    The lock is the system's (flock) on the file itself, so every name of the file has the same one; SQLite's own are of
    another kind (fcntl), which Linux keeps apart on local disks.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._key = _key(os.fstat(descriptor))
        _held.add(self._key)

    @classmethod
    def of(cls, path: Path, *, make: bool = True) -> Self:
        """Take the right to use a file, which is made for its owner alone if it is not there and `make`.

        Raises InputError when another server has it, or when there can be no such file.
        """
        try:
            if make:
                path.parent.mkdir(parents=True, exist_ok=True)
            with _gate:
                while True:
                    descriptor = _locked(path, os.O_RDWR | (os.O_CREAT if make else 0))
                    # Somebody may have put another file in its place before it was locked.
                    if _is_named(path, descriptor):
                        return cls(descriptor)
                    os.close(descriptor)
        except BlockingIOError:
            raise InputError(
                "the database is in use by another server",
                file=path,
                expected="one server a file, whatever its name (PostgreSQL takes more)",
            ) from None
        except OSError as error:
            raise InputError(f"the database cannot be opened: {error.strerror}", file=path) from error

    def release(self) -> None:
        """Give the file back, once no connection of this process is open on it."""
        if self._descriptor >= 0:
            with _gate:
                _held.discard(self._key)
                os.close(self._descriptor)
            self._descriptor = -1


def real_path(path: Path) -> Path:
    """Return the name that SQLite opens a file by, and names its log after."""
    return Path(os.path.realpath(path))


def refuse_log_elsewhere(path: Path) -> None:
    """Raise InputError where a file was served under another name, not closed, and its log is not beside this name.

    A copy is another file, and is taken as it is.
    """
    own = real_path(path)
    served = _served(own)
    if served is None or served[0] != str(own.stat().st_ino) or served[1] == str(own):
        return
    other = Path(served[1])
    log, other_log = (Path(f"{name}{LOGS[0]}") for name in (own, other))
    elsewhere = _same(own, other) and other_log.exists() and not _same(log, other_log)
    if elsewhere or not log.exists():
        raise InputError(
            "the database was served under another name and not closed; the log beside that name holds what was "
            "committed last",
            file=path,
            expected=f"{other} (its log is {other_log}), or both moved together",
        )


def note_name(connection: Connection, path: Path) -> None:
    """Write down, within the caller's transaction, which name a file is served under from now on."""
    own = real_path(path)
    forget_name(connection)
    connection.execute(insert(served_as), {"path": str(own), "inode": str(own.stat().st_ino)})


def forget_name(connection: Connection) -> None:
    """Write down, within the caller's transaction, that a file is served no more."""
    connection.execute(delete(served_as))


def _served(path: Path) -> tuple[str, str] | None:
    """Return the inode and name in the file itself, without any log; None where there are none, or it is damaged."""
    # A connection of this kind takes no locks, and drops those of others in this process when it is closed: there are
    # none yet, since this is asked before any other is opened.
    uri = f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            row = connection.execute(f"SELECT inode, path FROM {served_as.name}").fetchone()  # noqa: S608, our own name
    except (sqlite3.Error, UnicodeDecodeError):
        return None  # a new file, or one of an older form; whether it is whole is looked at when it is opened
    return None if row is None else (str(row[0]), str(row[1]))


def _locked(path: Path, flags: int) -> int:
    with contextlib.suppress(FileNotFoundError):
        if _key(path.stat()) in _held:
            raise BlockingIOError
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        return _key(path.stat()) == _key(os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _key(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
