import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from stocking import register, submit

from placewise.errors import InputError
from placewise.service.guard.refusals import Unavailable
from placewise.service.store.database import Database
from placewise.service.store.migrating import _MIGRATION_LOCK, VERSION_TABLE
from placewise.service.store.rows import clusters
from placewise.service.store.rows.clusters import load_clusters
from placewise.service.store.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgresql_url")
    return str(tmp_path / "new" / "placewise.db")


def test_an_empty_database_gets_all_tables_and_migrations_leave_what_the_code_describes(empty_url):
    database = Database.open(empty_url)
    try:

        def differences(connection):
            opts = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": False}
            found = compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)
            return found, set(sqlalchemy.inspect(connection).get_table_names())

        found, tables = database.read(differences)
        assert found == []
        assert tables == set(metadata.tables) | {VERSION_TABLE}
    finally:
        database.close()


def test_what_was_written_is_there_when_opened_again(empty_url):
    for ids in ([1], [None]):
        database = Database.open(empty_url)
        assert register(database, "aliceblue") == ids
        database.close()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(database_url):
    database = Database.open(database_url)
    database.write(lambda c: c.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")))
    database.close()
    with pytest.raises(InputError, match="newer version.*9999"):
        Database.open(database_url)


def test_tables_of_another_program_are_refused(empty_url):
    if "://" in empty_url:
        engine = sqlalchemy.create_engine(empty_url)
    else:
        Path(empty_url).parent.mkdir()
        engine = sqlalchemy.create_engine(f"sqlite:///{empty_url}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE jobs (id integer)"))
    engine.dispose()
    with pytest.raises(InputError, match=r"another program.*'jobs'"):
        Database.open(empty_url)


def test_servers_that_start_at_once_on_an_empty_postgresql_migrate_it_once(empty_postgresql_url):
    opened, failed = [], []

    def open_one():
        try:
            opened.append(Database.open(empty_postgresql_url))
        except Exception as error:  # noqa: BLE001, whatever it is, the test fails with it
            failed.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in opened:
        database.close()
    assert not failed
    assert len(opened) == 4


def test_a_second_server_on_one_sqlite_file_is_refused_until_the_first_is_gone(tmp_path):
    path = tmp_path / "placewise.db"
    first = Database.open(str(path))
    with pytest.raises(InputError, match="in use by another server"):
        Database.open(f"sqlite:///{path}")
    code = f"from placewise.service.store.database import Database\nDatabase.open({str(path)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "in use by another server" in other.stderr
    first.close()
    first.close()  # twice is once
    Database.open(str(path)).close()


def test_sqlite_is_for_its_owner_alone_writes_ahead_and_flushes_every_commit(tmp_path):
    path = tmp_path / "deep" / "placewise.db"
    database = Database.open(str(path))
    register(database)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    pragmas = database.read(
        lambda c: {
            name: c.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    )
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://root:hunter2@localhost/x", "\0"])
def test_what_names_no_database_of_ours_is_refused(url):
    with pytest.raises(InputError) as caught:
        Database.open(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2@127.0.0.1:1/name",
        "postgres://user:hunter2@127.0.0.1:1/name?connect_timeout=1",
        "postgresql://user:hunter2",
        "postgresql://user:hunter2@127.0.0.1:port/name",
        "postgresql://user:hunter2@127.0.0.1:1/name?no_such_option=hunter2",
        "postgresql://127.0.0.1:1/name?password=hunter2",
    ],
)
def test_a_server_out_of_reach_is_one_error_without_the_password(url, monkeypatch):
    monkeypatch.setattr("placewise.service.store.database._ATTEMPTS", 2)
    with pytest.raises(InputError) as caught:
        Database.open(url)
    error = caught.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = None if error.__suppress_context__ else error.__cause__ or error.__context__


def test_a_disk_that_is_full_at_the_last_step_of_opening_is_bad_input_as_at_others(tmp_path, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "_note_name", full)
        with pytest.raises(InputError, match=r"placewise\.db: the database cannot be opened: database or disk is full"):
            Database.open(str(tmp_path / "placewise.db"))
    Database.open(str(tmp_path / "placewise.db")).close()


def test_an_open_database_does_not_show_its_password(postgresql_url):
    url = sqlalchemy.make_url(postgresql_url).set(password="hunter2").render_as_string(hide_password=False)
    database = Database.open(url)
    assert "hunter2" not in str(database) + repr(database) + repr(database.url)
    database.close()


@pytest.mark.parametrize("what", ["a folder", "no database", "a damaged database", "below a file"])
def test_a_path_that_is_no_database_is_one_error(tmp_path, what):
    path = tmp_path / "placewise.db"
    if what == "a folder":
        path.mkdir()
    elif what == "no database":
        path.write_text("clusters:\n" * 1000)
    elif what == "below a file":
        path.write_text("")
        path = path / "placewise.db"
    else:
        Database.open(str(path)).close()
        content = path.read_bytes()
        path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    said = {"no database": "the file is no SQLite", "a damaged database": "the database is damaged"}
    problem = rf"placewise\.db: {said.get(what, 'the database cannot be opened')}"
    with pytest.raises(InputError, match=problem):
        Database.open(str(path))
    # Nothing is kept open: the lock can be had.
    if path.parent.is_dir():
        with pytest.raises(InputError, match=problem):
            Database.open(str(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_only_be_read_is_one_error(tmp_path):
    path = tmp_path / "placewise.db"
    Database.open(str(path)).close()
    path.chmod(0o400)
    with pytest.raises(InputError, match="cannot be opened"):
        Database.open(str(path))


def test_an_act_that_raises_leaves_nothing(database):
    register(database)

    def act(connection):
        connection.execute(text("UPDATE clusters SET name = 'changed'"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(act)
    assert [one.name for one in database.read(load_clusters)] == ["aliceblue"]


def test_sqlite_locked_by_another_program_is_waited_for_then_unavailable(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    sqlalchemy.event.listen(
        database._engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 10")
    )
    database._engine.dispose()
    other = sqlite3.connect(tmp_path / "placewise.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        register(database)
    refused = []

    def end(context):
        refused.append(context)
        if len(refused) == 2:
            other.execute("ROLLBACK")

    sqlalchemy.event.listen(database._engine, "handle_error", end)
    assert register(database) == [1]
    assert len(refused) == 2
    other.close()
    database.close()


def test_a_writer_of_sqlite_has_its_turn_before_it_reads(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    other = sqlite3.connect(tmp_path / "placewise.db", isolation_level=None, timeout=0)

    def act(_):
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("BEGIN IMMEDIATE")
        assert caught.value.sqlite_errorcode == sqlite3.SQLITE_BUSY

    database.write(act)
    other.close()
    database.close()


def test_what_the_driver_says_is_told_without_the_password(postgresql_url, monkeypatch):
    monkeypatch.setattr("placewise.service.store.database._ATTEMPTS", 1)
    url = sqlalchemy.make_url(postgresql_url).set(password="hunter2").render_as_string(hide_password=False)
    database = Database.open(url)

    def act(_):
        raise sqlalchemy.exc.OperationalError("", {}, OSError("password=hunter2 is wrong"))

    with pytest.raises(Unavailable, match=r"password=\*\*\* is wrong"):
        database.write(act)
    database.close()


def test_a_server_waits_while_another_migrates(empty_postgresql_url):
    other = sqlalchemy.create_engine(empty_postgresql_url)
    opened = []
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with other.connect() as connection:
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        thread = threading.Thread(target=lambda: opened.append(Database.open(empty_postgresql_url)))
        thread.start()
        deadline = time.monotonic() + 60
        while connection.execute(waiting).scalar() == 0:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert not opened
    thread.join(60)
    other.dispose()
    opened[0].close()


def test_readers_go_on_while_somebody_writes(database):
    register(database)

    def write(connection):
        connection.execute(text("UPDATE clusters SET name = 'other'"))
        return [one.name for one in database.read(load_clusters)]

    assert database.write(write) == ["aliceblue"]
    assert [one.name for one in database.read(load_clusters)] == ["other"]


def test_a_read_sees_one_moment(database):
    register(database)

    def read(connection):
        before = load_clusters(connection)
        register(database, "gray")
        return before, load_clusters(connection)

    before, after = database.read(read)
    assert before == after
    assert len(database.read(load_clusters)) == 2


def test_a_lost_connection_is_made_again(postgresql_url):
    database = Database.open(postgresql_url)
    other = Database.open(postgresql_url)
    [cluster_id] = register(database)
    killed = []

    def act(connection):
        if not killed:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
            killed.append(pid)
            other.write(lambda c: c.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid}))
        return connection.execute(text("UPDATE clusters SET revision = revision + 1 RETURNING revision")).scalar()

    assert database.write(act) == 2
    assert submit(database, cluster_id) == [1]
    database.close()
    other.close()


def test_a_connection_lost_while_committing_is_not_tried_again(postgresql_url):
    database = Database.open(postgresql_url)
    other = Database.open(postgresql_url)
    register(database)
    acts = []

    def act(connection):
        acts.append(1)
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        other.write(lambda c: c.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))

    with pytest.raises(Unavailable, match="may have been kept"):
        database.write(act)
    assert len(acts) == 1
    database.close()
    other.close()


def test_a_deadlock_is_tried_again(postgresql_url):
    database = Database.open(postgresql_url)
    register(database, "a", "b")
    meeting = threading.Barrier(2)
    tries = []

    def crosswise(first, second):
        def act(connection):
            tries.append(first)
            connection.execute(text("UPDATE clusters SET state = 'x' WHERE id = :id"), {"id": first})
            if len(tries) <= 2:
                meeting.wait(60)
            connection.execute(text("UPDATE clusters SET revision = revision + 1 WHERE id = :id"), {"id": second})

        return act

    threads = [threading.Thread(target=database.write, args=[crosswise(*ids)]) for ids in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) >= 3  # one may meet the other again
    assert [one.revision for one in database.read(load_clusters)] == [2, 2]
    database.close()


def test_errors_of_the_database_do_not_show_what_a_statement_was_about(database):
    def twice(connection):
        for _ in range(2):
            connection.execute(clusters.insert(clusters.graphs), {"cluster_id": -1, "nodes": "a-lease-or-a-jobspec"})

    with pytest.raises(sqlalchemy.exc.IntegrityError) as caught:
        database.write(twice)
    assert "a-lease-or-a-jobspec" not in str(caught.value)
