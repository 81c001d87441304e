"""A database used by a command, whether or not servers run on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from placewise.errors import InputError
from placewise.formats.reading import found_at
from placewise.service.store.engines import parse_url, postgresql_engine, shown, sqlite_engine
from placewise.service.store.migrating import VERSION_TABLE, newest


@contextlib.contextmanager
def beside_servers(database: str) -> Iterator[Engine]:
    """Yield an engine on a database, given as for a server, that is neither made nor migrated.

    Raises InputError for a database that is not there, is of another version, or cannot be used within the block.
    """
    url = parse_url(database)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and found_at(Path(str(url.database))) != "file":
        raise InputError("there is no such database", file=shown(url), expected="that of a scheduler")
    engine = sqlite_engine(url) if sqlite else postgresql_engine(url)
    try:
        with engine.connect() as connection:
            _refuse_other_version(connection)
        yield engine
    except InputError as error:
        raise error.within(file=shown(url)) from None
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        reason = reason.replace(url.password, "***") if url.password else reason
        raise InputError(f"the database cannot be used: {reason}", file=shown(url)) from None
    finally:
        engine.dispose()


def _refuse_other_version(connection: Connection) -> None:
    version = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    if version != (newest(),):
        raise InputError("the database is not of this version", found=list(version), expected=newest())
