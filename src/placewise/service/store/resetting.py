"""New credentials for a cluster whose own are lost, by whoever can write the database: no server is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time
from typing import TypeVar

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from placewise.errors import InputError
from placewise.formats.reading import found_at
from placewise.service.guard.credentials import Issued, hash_of, issue
from placewise.service.store.clusters import identity, live_id, rotate
from placewise.service.store.engines import WRITES, parse_url, postgresql_engine, shown, sqlite_engine
from placewise.service.store.migrating import VERSION_TABLE, newest

T = TypeVar("T")


def identity_in(database: str) -> str:
    """Return whose database this is (see `clusters.identity`). Raises as `reset_credentials` does."""
    return _in(database, identity)


def reset_credentials(database: str, cluster: str, *, keep_secret: bool, keep_token: bool) -> Issued:
    """Replace a cluster's secret, token or both in a database, and return the new ones, empty where one is kept.

    A server may run on the database meanwhile, and takes it over within seconds. Raises InputError for a database
    that is not there, cannot be read or written or is of another version, and for a cluster that it does not have.
    """
    issued = issue()
    given = Issued("" if keep_secret else issued.secret, "" if keep_token else issued.token)

    def act(connection: Connection) -> None:
        number = live_id(connection, cluster)
        if number is None:
            raise InputError("no such cluster is registered", found=cluster)
        secret_hash, token_hash = (hash_of(one) if one else None for one in (given.secret, given.token))
        rotate(connection, number, secret_hash=secret_hash, token_hash=token_hash, now=time())

    _in(database, act)
    return given


def _in(database: str, act: Callable[[Connection], T]) -> T:
    url = parse_url(database)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and found_at(Path(str(url.database))) != "file":
        raise InputError("there is no such database", file=shown(url), expected="that of a scheduler")
    engine = sqlite_engine(url) if sqlite else postgresql_engine(url)
    try:
        with engine.execution_options(**WRITES).begin() as connection:
            _refuse_other_version(connection)
            return act(connection)
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
