"""New credentials for a cluster whose own are lost, by whoever can write the database: no server is asked."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import TypeVar

from sqlalchemy import Connection

from placewise.errors import InputError
from placewise.service.guard.credentials import Issued, hash_of, issue
from placewise.service.store.engines import WRITES
from placewise.service.store.rows.clusters import identity, live_id, rotate
from placewise.service.store.using import beside_servers

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
    with beside_servers(database) as engine, engine.execution_options(**WRITES).begin() as connection:
        return act(connection)
