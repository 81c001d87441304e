"""One database: its transactions, and what is done when one cannot be had."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, RootTransaction
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

from placewise.errors import InputError, PlacewiseError
from placewise.service.guard.refusals import Unavailable
from placewise.service.store.engines import (
    POSTGRESQL_CONNECTION,
    WRITES,
    parse_url,
    postgresql_engine,
    shown,
    sqlite_engine,
)
from placewise.service.store.migrating import migrate
from placewise.service.store.sqlite.checking import damaged, is_damage, refuse_damage
from placewise.service.store.sqlite.file_watch import FileWatch
from placewise.service.store.sqlite.sqlite_file import Claim, forget_name, note_name, refuse_log_elsewhere

T = TypeVar("T")

_ATTEMPTS = 8
_FIRST_WAIT_S = 0.02
_LONGEST_WAIT_S = 1.0
_LONGEST_S = 15.0

# Serialization failure, deadlock, a row that another transaction made first, too many connections, shutting down.
_PASSING = {"40001", "40P01", "23505", "53300", "57P01", "57P02", "57P03"}


def may_pass(error: BaseException) -> bool:
    """Whether the whole transaction may go through if it is tried again."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        # Extended codes keep the plain one in their low byte.
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    code = getattr(error.orig, "sqlstate", None)
    # PostgreSQL's client gives no code where it did not reach the server.
    return code in _PASSING or (code is None and isinstance(error, OperationalError))


class Database:
    """The database of one server; its methods may be called from any thread.

    Attributes
    ----------
    dialect : "sqlite" or "postgresql".
    url : its address, with the password; `str()` of a Database shows it without.
    path : of the file; None for PostgreSQL.
    """

    def __init__(self, engine: Engine, claim: Claim | None) -> None:
        self.dialect = engine.dialect.name
        self.url: URL = engine.url
        self.path = Path(str(engine.url.database)) if self.dialect == "sqlite" else None
        self._engine = engine
        self._claim = claim
        self._noted = False
        self._watch: FileWatch | None = None
        # SQLite takes one writer at a time and lets the others poll; among threads a lock is quicker and fair.
        self._turn: contextlib.AbstractContextManager[object] = (
            threading.Lock() if self.dialect == "sqlite" else contextlib.nullcontext()
        )
        self._writing = engine.execution_options(**WRITES)
        self._reading = (
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if self.dialect == "postgresql"
            else engine
        )
        self._retrying = Retrying(
            retry=retry_if_exception(may_pass),
            stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_LONGEST_S),
            wait=wait_random_exponential(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S),
            reraise=True,
        )

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a database, made anew if it is not there, and bring it to the newest form.

        url : of SQLite or PostgreSQL, or the path of a SQLite file.
        Raises InputError for a database that cannot be reached, read or written, that is in use by another server
        (SQLite), that is damaged (SQLite; the whole file is read), or that a newer version made.
        """
        where = parse_url(url)
        if where.get_backend_name() == "postgresql":
            database = cls(postgresql_engine(where), None)
        else:
            database = cls(sqlite_engine(where), Claim.of(Path(str(where.database))))
        try:
            if database.path is not None:
                refuse_log_elsewhere(database.path)
                database.read(refuse_damage)
            database.write(migrate)
            if database.path is not None:
                database._note_name(database.path)
                database._watch = FileWatch(database.path)
        except InputError as error:
            database.close()
            raise error.within(file=database) from None
        except (Unavailable, SQLAlchemyError, sqlite3.Error) as error:
            database.close()
            cause = error.__cause__ if isinstance(error, Unavailable) else error
            if cause is not None and is_damage(cause):
                raise damaged(cause).within(file=database) from None
            reason = error.problem if isinstance(error, Unavailable) else database._reason(error)
            raise InputError(f"the database cannot be opened: {reason}", file=database) from None
        except BaseException:
            database.close()
            raise
        return database

    def write(self, act: Callable[[Connection], T]) -> T:
        """Return what `act` returns, once all it did is committed; it may be called several times, the last one counts.

        Raises what `act` raises, with nothing kept, and Unavailable when the database stays out of reach.
        """
        return self._attempt(self._write_once, act)

    def read(self, act: Callable[[Connection], T]) -> T:
        """Return what `act` finds; it sees the database as it was at one moment. Raises as `write` does."""
        return self._attempt(self._read_once, act)

    def close(self) -> None:
        """Give back the connections, and the file to other servers."""
        if self._noted:
            self._noted = False
            with contextlib.suppress(PlacewiseError, SQLAlchemyError):  # where it stays, this name alone is taken again
                self.write(forget_name)
        self._engine.dispose()
        if self._watch is not None:
            self._watch.close()
        if self._claim is not None:
            self._claim.release()

    def lost(self) -> str:
        """Return which of its files was deleted or replaced while it was open, in words; empty for none (SQLite).

        What is written from then on is lost, unless the database is closed while its file still has its name.
        """
        return "" if self._watch is None else self._watch.lost()

    def connect_options(self) -> dict[str, Any]:
        """Return what PostgreSQL's driver is called with to connect, the password among it."""
        return {**self._engine.dialect.create_connect_args(self.url)[1], **POSTGRESQL_CONNECTION}

    def __str__(self) -> str:
        return shown(self.url)

    def _note_name(self, path: Path) -> None:
        self.write(lambda connection: note_name(connection, path))
        # Into the file itself, where it is seen under any name; the engine's own connections would begin a transaction.
        with contextlib.closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._noted = True

    def _attempt(self, once: Callable[[Callable[[Connection], T]], T], act: Callable[[Connection], T]) -> T:
        try:
            return self._retrying(once, act)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise Unavailable(f"the database fails: {self._reason(error)}") from error
        except DatabaseError as error:
            if is_damage(error):
                raise Unavailable(f"the database is damaged: {self._reason(error)}") from error
            raise
        except UnicodeDecodeError as error:
            raise Unavailable("the database is damaged: a text is none") from error

    def _write_once(self, act: Callable[[Connection], T]) -> T:
        with self._turn, self._writing.connect() as connection, connection.begin() as transaction:
            result = act(connection)
            self._commit(transaction)
        self._refuse_lost()
        return result

    def _refuse_lost(self) -> None:
        """Raise Unavailable where nobody may find again what was committed."""
        if lost := self.lost():
            raise Unavailable(f"the database is lost, and the change may be: {lost}")

    def _commit(self, transaction: RootTransaction) -> None:
        try:
            transaction.commit()
        except DBAPIError as error:
            if error.connection_invalidated:
                # Trying again could do everything twice.
                problem = (
                    f"the database went away while it committed; the change may have been kept: {self._reason(error)}"
                )
                raise Unavailable(problem) from error
            raise

    def _read_once(self, act: Callable[[Connection], T]) -> T:
        with self._reading.connect() as connection:
            return act(connection)

    def _reason(self, error: Exception) -> str:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        return reason.replace(self.url.password, "***") if self.url.password else reason
