"""database check, backup and restore, beside a server that runs and one that does not."""

import json
import os
import sqlite3
from contextlib import closing

import pytest
from running_scheduler import ended, started, until

from placewise.service.store.database import Database

DAMAGE = "UPDATE jobs SET state = 'lost'"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "service" / "placewise.db"


@pytest.fixture
def served(path, tmp_path):
    """A server on the database, while the test runs."""
    process = _serve(path, tmp_path)
    yield process
    ended(process)


@pytest.fixture
def closed(path):
    """A database that no server has."""
    Database.open(str(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, state, changes, submitted_at, changed_at) VALUES (1, 'j', 'refused', 0, 0, 0)"
        )
        connection.execute("INSERT INTO jobspecs VALUES (1, 'resources: []', '[]')")
        connection.execute("INSERT INTO job_events VALUES (1, 1, 0, 'submitted', NULL), (1, 2, 0, 'refused', NULL)")
        connection.execute("UPDATE jobs SET changes = 2")
        connection.commit()
    return path


def _serve(path, folder):
    log = folder / "log"
    process = started(
        *("serve", "--database", path, "--listen", "127.0.0.1:0", "--http", "none", "--log-format", "json"), log=log
    )
    until(lambda: '"serving"' in log.read_text() or process.poll() is not None)
    assert process.poll() is None, log.read_text()
    return process


def damage(path, statement=DAMAGE):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_check_of_a_whole_database(placewise, closed):
    done = placewise("database", "check", "--database", closed, "--json")
    assert (done.code, done.err) == (0, "")
    document = json.loads(done.out)
    assert document.pop("seconds") >= 0
    assert document == {
        "database": str(closed),
        "ok": True,
        "size_bytes": closed.stat().st_size,
        "clusters": 0,
        "jobs": 1,
        "problems": [],
    }
    done = placewise("database", "check", "--database", closed)
    assert (done.code, done.out) == (0, "")
    assert "whole" in done.err
    assert "1 jobs" in done.err


def test_check_of_a_damaged_database_names_each_problem_and_ends_with_3(placewise, closed):
    damage(closed)
    done = placewise("database", "check", "--database", closed)
    assert done.code == 3
    assert done.out.splitlines()[0] == "job 1: its state 'lost' is none"
    done = placewise("database", "check", "--database", closed, "--json")
    assert done.code == 3
    assert json.loads(done.out)["ok"] is False


def test_a_backup_beside_a_running_server_and_a_restore_after_it(placewise, path, served, tmp_path, monkeypatch):
    copy = tmp_path / "copy.db"
    monkeypatch.setenv("PLACEWISE_SERVE_DATABASE", str(path))
    assert placewise("database", "check").code == 0
    done = placewise("database", "backup", copy, "--json")
    assert done.code == 0
    assert json.loads(done.out) | {"seconds": 0} == {
        "from": str(path),
        "to": str(copy),
        "size_bytes": copy.stat().st_size,
        "seconds": 0,
        "clusters": 0,
        "jobs": 0,
        "problems": [],
    }
    again = placewise("database", "backup", copy)
    assert again.code == 2
    assert "already exists" in again.err
    assert placewise("database", "backup", copy, "--force").code == 0
    refused = placewise("database", "restore", copy, "--force")
    assert refused.code == 2
    assert "in use by another server" in refused.err
    ended(served)
    assert placewise("database", "restore", copy).code == 2
    restored = placewise("database", "restore", copy, "--force")
    assert restored.code == 0, restored.err
    assert "restored" in restored.out
    ended(_serve(path, tmp_path))


def test_a_second_server_under_another_name_ends_with_2_and_the_first_goes_on(path, served, tmp_path):
    os.link(path, tmp_path / "other.db")  # tests/service/store/test_store_names.py has all kinds of names
    log = tmp_path / "other-log"
    addresses = ["--listen", "127.0.0.1:0", "--http", "none"]
    second = started("serve", "--database", tmp_path / "other.db", *addresses, log=log)
    assert second.wait(60) == 2
    assert "in use by another server" in log.read_text()
    assert served.poll() is None


def test_a_damaged_database_is_not_served_and_the_message_says_what_to_do(closed, tmp_path):
    data = bytearray(closed.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 8] = b"\xff" * 8
    closed.write_bytes(data)
    log = tmp_path / "log"
    process = started("serve", "--database", closed, "--listen", "127.0.0.1:0", "--http", "none", log=log)
    assert process.wait(60) == 2
    assert "damaged" in log.read_text()
    assert "placewise database restore" in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("command", [["check"], ["backup", "x.db"], ["restore", "x.db"]])
def test_a_postgresql_has_tools_of_its_own(placewise, command):
    done = placewise("database", *command, "--database", "postgresql://user:hunter2@host/name")
    assert done.code == 2
    assert "pg_dump" in done.err
    assert "hunter2" not in done.err


def test_what_is_not_there(placewise, path, tmp_path):
    assert placewise("database", "check", "--database", path).code == 2
    assert not path.exists()
    assert placewise("database", "backup", tmp_path / "x", "--database", path).code == 2
    assert placewise("database", "restore", tmp_path / "x", "--database", path).code == 2
    assert not path.exists()
