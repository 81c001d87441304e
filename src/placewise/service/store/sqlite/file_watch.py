"""Sees whether the files of an open SQLite database are still those that stand under its name.

SQLite goes on writing to files that were deleted or replaced under it. Whoever opens the name later finds none of that.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from placewise.service.store.sqlite.sqlite_file import LOGS, real_path

_ROLLBACK_JOURNAL = "-journal"  # made and deleted by every transaction of a database that has no log


class FileWatch:
    """Knows a database's file and its log as they were at first.

    It holds a connection, since SQLite deletes the log when the last one is closed.
    """

    def __init__(self, path: Path) -> None:
        own = real_path(path)
        self._connection = sqlite3.connect(own, check_same_thread=False)
        try:
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            endings = ["", *(one for one in LOGS if one != _ROLLBACK_JOURNAL)]
            found = {name: _key(name) for name in (f"{own}{ending}" for ending in endings)}
            self._first = {name: key for name, key in found.items() if key is not None}
        except BaseException:
            self._connection.close()
            raise

    def lost(self) -> str:
        """Return which file is another one by now, or gone, in words; empty if none is."""
        for name, first in self._first.items():
            now = _key(name)
            if now != first:
                return f"{name} was {'deleted' if now is None else 'replaced'} while it was in use"
        return ""

    def close(self) -> None:
        """Close the connection; the last one of a file that still has its name moves the log into it."""
        self._connection.close()


def _key(name: str) -> tuple[int, int] | None:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
