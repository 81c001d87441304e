"""A SQLite database whose files are deleted or replaced under it acknowledges nothing more, and keeps what it can."""

import os
import re
import shutil
import sqlite3
from contextlib import closing

import grpc
import pytest
from server_process import server_process
from stocking import register
from talking import refused, talking

from placewise.service.guard.refusals import Unavailable
from placewise.service.store.database import Database
from placewise.service.store.rows.clusters import load_clusters

LOG = "placewise.db-wal"
FILES = ("placewise.db", LOG, "placewise.db-shm")


def deleted(path):
    path.unlink()


def replaced(path):
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def names(database):
    return sorted(one.name for one in database.read(load_clusters))


@pytest.mark.parametrize("happens", [deleted, replaced])
@pytest.mark.parametrize("name", FILES)
def test_nothing_is_acknowledged_once_a_file_is_lost(tmp_path, name, happens):
    database = Database.open(str(tmp_path / "placewise.db"))
    register(database, "kept")
    assert database.lost() == ""
    happens(tmp_path / name)
    assert database.lost() == f"{tmp_path / name} was {happens.__name__} while it was in use"
    with pytest.raises(Unavailable, match=happens.__name__):
        register(database, "not-acknowledged")
    database.close()


@pytest.mark.parametrize("happens", [deleted, replaced])
def test_what_stood_in_a_lost_log_is_in_the_file_once_it_is_closed(tmp_path, happens):
    database = Database.open(str(tmp_path / "placewise.db"))
    register(database, "acknowledged")
    happens(tmp_path / LOG)
    database.close()
    assert sorted(one.name for one in tmp_path.glob("placewise.db*")) == ["placewise.db"]
    again = Database.open(str(tmp_path / "placewise.db"))
    assert names(again) == ["acknowledged"]
    again.close()


def test_a_file_that_took_its_place_is_left_alone(tmp_path):
    path, other = tmp_path / "placewise.db", tmp_path / "other.db"
    with closing(Database.open(str(other))) as made:
        register(made, "others")
    database = Database.open(str(path))
    register(database, "ours")
    other.replace(path)
    (tmp_path / LOG).unlink()
    before = path.read_bytes()
    database.close()
    assert path.read_bytes() == before
    with closing(Database.open(str(path))) as found:
        assert names(found) == ["others"]


def test_who_reads_or_writes_beside_the_server_does_not_count_as_loss(tmp_path):
    path = tmp_path / "placewise.db"
    database = Database.open(str(path))
    register(database, "one")
    for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "UPDATE clusters SET revision = revision + 1", "VACUUM"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()
    database._engine.dispose()
    assert database.lost() == ""
    register(database, "two")
    assert names(database) == ["one", "two"]
    database.close()


def test_a_link_to_the_file_may_change(tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "placewise.db")
    database = Database.open(str(link))
    link.unlink()
    assert register(database, "one")
    database.close()


@pytest.mark.parametrize("name", FILES)
def test_a_server_refuses_changes_before_it_stops(tmp_path, name):
    with server_process(tmp_path, sweep_s=600) as server, talking(server) as talk:
        talk.register("gray")
        os.rename(tmp_path / name, tmp_path / "away")  # noqa: PTH104, as a shell's mv
        code, details = refused(talk.register, "blue")
        assert code is grpc.StatusCode.UNAVAILABLE
        assert "gray" not in details


@pytest.mark.parametrize("name", FILES)
def test_a_server_stops_and_says_why(tmp_path, name):
    with server_process(tmp_path, sweep_s=0.2) as server, talking(server) as talk:
        talk.register("gray")
        os.rename(tmp_path / name, tmp_path / "away")  # noqa: PTH104, as a shell's mv
        assert server.process.wait(60) == 1
        log = server.logged()
        assert log.count("the database is lost, and the server stops") == 1
        # A connection that is opened before the server looks makes a log again.
        assert re.search(rf"{re.escape(str(tmp_path / name))} was (deleted|replaced) while it was in use", log)
        assert "Traceback" not in log
