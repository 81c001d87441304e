"""A damaged SQLite file is refused; a backup is whole, or not there; a restored one is what it was."""

import os
import random
import re
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from stocking import new_cluster, new_job, register, run, submit

from placewise.errors import InputError
from placewise.service.guard.refusals import Unavailable
from placewise.service.store.database import Database
from placewise.service.store.migrating import VERSION_TABLE
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import add_clusters, load_clusters
from placewise.service.store.rows.jobs import list_jobs
from placewise.service.store.sqlite import copying
from placewise.service.store.sqlite.copying import check, copy

FLIPS = 40


def jobs_of(database):
    return [job.id for job in database.read(lambda c: list_jobs(c, cluster_ids=None, limit=10_000))]


@pytest.fixture(scope="module")
def stocked_bytes(tmp_path_factory):
    """A file of a closed database with clusters and jobs in every table."""
    path = tmp_path_factory.mktemp("stocked") / "placewise.db"
    database = Database.open(str(path))
    database.write(lambda c: add_clusters(c, [new_cluster(f"c{n}", {"io": "{}"}) for n in range(20)], 1.0))
    database.write(lambda c: add_jobs(c, [new_job(n % 20 + 1, f"job{n}", f"r{n}") for n in range(300)], 2.0, 1000))
    run(database, 1)
    database.close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, stocked_bytes):
    path = tmp_path / "placewise.db"
    path.write_bytes(stocked_bytes)
    return path


def flip(path, seed):
    data, chance = bytearray(path.read_bytes()), random.Random(seed)
    for at in chance.sample(range(len(data)), FLIPS):
        data[at] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def overwrite_pages(path):
    """Make a leaf of every kind unreadable, past the header and the schema."""
    data = bytearray(path.read_bytes())
    for page in range(4096 * 4, len(data), 4096):
        data[page : page + 8] = b"\xff" * 8
    path.write_bytes(data)


@pytest.mark.parametrize("seed", range(5))
def test_a_file_with_flipped_bits_is_refused_and_left_as_it_is(path, seed):
    flip(path, seed)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"damaged.*placewise database restore"):
        Database.open(str(path))
    assert path.read_bytes()[100:] == before[100:]  # of the header SQLite may write that its log is ahead


@pytest.mark.parametrize("content", [b"not a database at all" * 400, b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged.*placewise database restore"):
        Database.open(str(path))


def test_damage_that_comes_while_it_is_open_is_said(path):
    database = Database.open(str(path))
    overwrite_pages(path)
    with pytest.raises(Unavailable, match="database is damaged"):
        for _ in range(3):
            database._engine.dispose()  # what SQLite remembers of the pages
            database.read(lambda c: c.exec_driver_sql("PRAGMA cache_size = 0"))
            database.read(
                lambda c: [
                    c.execute(sqlalchemy.text(f"SELECT * FROM {name}")).all()
                    for name in ("jobs", "job_events", "jobspecs", "clusters")
                ]
            )
    database.close()


def test_check_finds_nothing_in_a_whole_database_and_counts(path):
    found = check(path)
    assert (found.problems, found.clusters, found.jobs) == ((), 20, 300)
    assert found.size_bytes == path.stat().st_size


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE jobs SET state = 'assignee' WHERE id = 7", "job 7: its state 'assignee' is none"),
        ("UPDATE jobs SET state = 'finished' WHERE id = 7", "job 7: .* is not what its history ends with"),
        ("DELETE FROM job_events WHERE job_id = 7 AND number = 1", "job 7: its history is not of 2 changes"),
        ("DELETE FROM jobspecs WHERE job_id = 7", "job 7: its jobspec is missing"),
        ("UPDATE jobspecs SET command = '[' WHERE job_id = 7", "job 7: its command is not JSON"),
        ("UPDATE clusters SET state = '{' WHERE id = 7", "cluster 7: its state is not JSON"),
        ("DELETE FROM graphs WHERE cluster_id = 7", "cluster 7: its graph is missing"),
        ("UPDATE graphs SET nodes = '{' WHERE cluster_id = 7", "cluster 7: its graph is not JSON"),
        ("UPDATE subsystems SET document = '{' WHERE cluster_id = 7", "cluster 7: its subsystem 'io' is not JSON"),
        ("UPDATE jobs SET cluster_id = 77 WHERE id = 7", "row 7 of jobs refers to nothing in clusters"),
    ],
)
def test_check_finds_what_cannot_be(path, statement, problem):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    assert any(re.fullmatch(problem, one) for one in check(path).problems), check(path).problems


def test_check_finds_flipped_bits(path):
    flip(path, 1)
    try:
        assert check(path).problems
    except InputError as error:
        assert "damaged" in str(error)  # so far that nothing of it can be read


def test_a_backup_of_a_served_database_has_all_that_was_acknowledged_and_starts(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    [cluster] = register(database, "gray")
    submit(database, cluster, 10)
    done, acknowledged = threading.Event(), []

    def go_on():
        while not done.is_set():
            acknowledged.extend(submit(database, cluster))

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        while len(acknowledged) < 5:
            pass
        before = acknowledged[-1]
        made = tmp_path / "deep" / "copy.db"
        copied = copying.copy(database.path, made)
    finally:
        done.set()
        writer.join()
    assert copied.problems == ()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [one.name for one in made.parent.iterdir()] == ["copy.db"]
    database.close()
    backup = Database.open(str(made))
    assert set(range(1, before + 1)) <= set(jobs_of(backup))
    backup.close()


def test_nothing_is_replaced_unless_asked_and_a_folder_never(path, tmp_path):
    other = tmp_path / "other.db"
    other.write_bytes(b"somebody's")
    with pytest.raises(InputError, match="already exists.*--force"):
        copy(path, other)
    with pytest.raises(InputError, match="folder"):
        copy(path, tmp_path, force=True)
    assert other.read_bytes() == b"somebody's"
    copy(path, other, force=True)
    assert check(other).jobs == 300
    with pytest.raises(InputError, match="is the database itself"):
        copy(path, path, force=True)


def test_a_log_that_lies_there_is_not_taken_for_the_copys(path, tmp_path):
    made = tmp_path / "made.db"
    log = Path(f"{made}-wal")
    log.write_bytes(b"of a former database")
    with pytest.raises(InputError, match="already exists"):
        copy(path, made)
    copy(path, made, force=True)
    assert not log.exists()


def test_a_served_database_is_not_replaced(path, tmp_path):
    backup = tmp_path / "backup.db"
    copy(path, backup)
    database = Database.open(str(path))
    other = tmp_path / "link.db"
    os.link(path, other)
    before = path.read_bytes()
    for name in (path, other):
        with pytest.raises(InputError, match="in use by another server"):
            copy(backup, name, force=True)
    assert path.read_bytes() == before
    submit(database, 1)
    database.close()


def test_a_restored_database_is_what_it_was_whatever_came_since(path, tmp_path):
    backup = tmp_path / "backup.db"
    copy(path, backup)
    database = Database.open(str(path))
    submit(database, 1, 5)
    assert len(jobs_of(database)) == 305
    database.close()
    Path(f"{path}-wal").write_bytes(b"left by a server that was killed")
    copy(backup, path, force=True)
    database = Database.open(str(path))
    assert len(jobs_of(database)) == 300
    database.close()


def test_a_database_that_a_damaged_one_was_replaced_by(path, tmp_path):
    backup = tmp_path / "backup.db"
    copy(path, backup)
    flip(path, 1)
    copy(backup, path, force=True)
    Database.open(str(path)).close()


def _empty(_):
    pass


def _of_something_else(connection):
    connection.execute("CREATE TABLE x (y)")


def _newer(connection):
    connection.execute(f"CREATE TABLE {VERSION_TABLE} (version_num)")
    connection.execute(f"INSERT INTO {VERSION_TABLE} VALUES ('9999')")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_empty, "not a database of Placewise"),
        (_of_something_else, "not a database of Placewise"),
        (_newer, "newer version"),
    ],
)
def test_what_is_no_backup_of_ours_is_not_restored(path, tmp_path, make, problem):
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        make(connection)
        connection.commit()
    other.touch()
    before = path.read_bytes()
    with pytest.raises(InputError, match=problem):
        copy(other, path, force=True)
    with pytest.raises(InputError, match="no such database"):
        copy(tmp_path / "nothing.db", path, force=True)
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_backup_is_not_restored(path, tmp_path, seed):
    backup = tmp_path / "backup.db"
    copy(path, backup)
    flip(backup, seed)
    before = path.read_bytes()
    with pytest.raises(InputError, match="damaged"):
        copy(backup, path, force=True)
    assert path.read_bytes() == before
    database = Database.open(str(path))
    assert len(database.read(load_clusters)) == 20
    database.close()


def test_a_copy_that_cannot_be_finished_leaves_nothing(path, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying, "_flush", full)
    target = tmp_path / "deep" / "copy.db"
    with pytest.raises(InputError, match="cannot be written: No space left"):
        copy(path, target)
    assert not target.parent.exists()
