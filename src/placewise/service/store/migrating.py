"""Brings a database to the newest form."""

from __future__ import annotations

import threading

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, literal, select

from placewise.errors import InputError
from placewise.service.store.tables import metadata

VERSION_TABLE = "placewise_version"
# Other servers wait behind a migration that waits for a lock (of a `pg_dump`, say); rather this server does not start.
LOCK_TIMEOUT = "5s"

# Any number will do, as long as every server takes the same.
_MIGRATION_LOCK = 0x706C6163
# Alembic keeps what it is working on in module globals.
_one_at_a_time = threading.Lock()


def migrate(connection: Connection) -> None:
    """Apply the migrations that a database has not seen, within the caller's transaction.

    Raises InputError for a database of a newer version, and for one that has tables of our names by another hand.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    config = config_of(connection)
    with _one_at_a_time:
        script = ScriptDirectory.from_config(config)
        current = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
        _refuse_unknown(connection, current, {step.revision for step in script.walk_revisions()})
        if current != (script.get_current_head(),):
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.set_config("lock_timeout", LOCK_TIMEOUT, literal(True))))
            command.upgrade(config, "head")


def known_revisions() -> set[str]:
    """Return the forms of a database that this version knows."""
    return {step.revision for step in ScriptDirectory.from_config(config_of(None)).walk_revisions()}


def config_of(connection: Connection | None) -> Config:
    """Return what Alembic is told: where the migrations are, and which connection to migrate."""
    config = Config()
    config.set_main_option("script_location", "placewise.service.store:migrations")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """Return the revision of a database in its newest form."""
    return str(ScriptDirectory.from_config(config_of(None)).get_current_head())


def _refuse_unknown(connection: Connection, current: tuple[str, ...], known: set[str]) -> None:
    unknown = sorted(set(current) - known)
    if unknown:
        raise InputError(
            "the database was made by a newer version", found=unknown[0], expected=f"at most revision {max(known)}"
        )
    if not current:
        foreign = set(inspect(connection).get_table_names()) & set(metadata.tables)
        if foreign:
            raise InputError("the database has tables of another program", found=min(foreign), expected="none")
