"""A SQLite file has one server, whatever names it has, and is opened beside its own log alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from stocking import register

from placewise.errors import InputError
from placewise.service.store.database import Database
from placewise.service.store.rows.clusters import load_clusters

OPEN = "import sys\nfrom placewise.service.store.database import Database\nDatabase.open(sys.argv[1]).close()"
KILLED = """
import os, sys
from placewise.service.store.rows.clusters import NewCluster, add_clusters
from placewise.service.store.database import Database
database = Database.open(sys.argv[1])
database.write(lambda c: add_clusters(c, [NewCluster("gray", b"s", b"t", "{}", {}, "{}")], 1.0))
os._exit(9)
"""


def python(code, *arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )


def names(database):
    return [one.name for one in database.read(load_clusters)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "one" / "placewise.db"


@pytest.fixture
def other(tmp_path):
    """Another folder for another name."""
    (tmp_path / "other").mkdir()
    return tmp_path / "other" / "name.db"


def hard_link(path, other):
    os.link(path, other)
    return other


def symbolic_link(path, other):
    other.symlink_to(path)
    return other


def linked_folder(path, other):
    folder = other.with_name("folder")
    folder.symlink_to(path.parent)
    return folder / path.name


@pytest.mark.parametrize("named", [hard_link, symbolic_link, linked_folder])
def test_a_file_has_one_server_whatever_it_is_called(path, other, named):
    first = Database.open(str(path))
    second = named(path, other)
    with pytest.raises(InputError, match="in use by another server"):
        Database.open(str(second))
    assert "in use by another server" in python(OPEN, second).stderr
    assert "in use by another server" in python(OPEN, os.path.relpath(second, other.parent), cwd=other.parent).stderr
    register(first, "gray")
    first.close()
    again = Database.open(str(second))
    assert names(again) == ["gray"]
    again.close()


def test_a_file_has_one_server_under_a_mount_too(path, other):
    first = Database.open(str(path))
    other.touch()
    script = f'mount --bind {path} {other} && exec "$@"'
    mounted = ["unshare", "--mount", "sh", "-c", script, "sh"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode
    ):
        first.close()
        pytest.skip("this user may not mount")
    ended = subprocess.run([*mounted, sys.executable, "-c", OPEN, other], capture_output=True, text=True, check=False)
    assert "in use by another server" in ended.stderr
    first.close()


def test_a_refused_second_server_takes_no_lock_from_the_first(path, other):
    # Closing any descriptor of a file drops SQLite's locks on it in that process.
    first = Database.open(str(path))
    os.link(path, other)

    def act(connection):
        register_row = "INSERT INTO served_as VALUES ('x', 'y')"
        connection.exec_driver_sql(register_row)
        with pytest.raises(InputError, match="in use by another server"):
            Database.open(str(other))
        code = "import sqlite3, sys\nsqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        assert "locked" in python(code, path).stderr

    first.write(act)
    first.close()


@pytest.mark.parametrize("named", [hard_link, Path.rename])
def test_a_file_whose_log_lies_beside_another_name_is_refused(path, other, named):
    assert python(KILLED, path).returncode == 9
    named(path, other)
    before = other.read_bytes()
    with pytest.raises(InputError, match="served under another name and not closed") as caught:
        Database.open(str(other))
    assert str(path) in str(caught.value)
    assert other.read_bytes() == before
    assert not Path(f"{other}-wal").exists()
    if path.exists():
        database = Database.open(str(path))
    else:
        Path(f"{path}-wal").rename(f"{other}-wal")
        database = Database.open(str(other))
    assert names(database) == ["gray"]
    database.close()


def test_two_logs_of_one_file_are_refused(path, other):
    assert python(KILLED, path).returncode == 9
    os.link(path, other)
    Path(f"{other}-wal").touch()
    with pytest.raises(InputError, match="served under another name"):
        Database.open(str(other))


def test_a_killed_servers_file_is_taken_up_again_under_its_own_name_and_by_a_link_and_so_is_a_copy(path, other):
    assert python(KILLED, path).returncode == 9
    other.symlink_to(path)
    for name in (other, path):
        database = Database.open(str(name))
        assert names(database) == ["gray"]
        database.close()
    assert python(KILLED.replace("gray", "blue"), path).returncode == 9
    copy = shutil.copy(path, other.with_name("copy.db"))
    Database.open(str(copy)).close()


def test_a_file_that_is_replaced_while_it_is_locked_is_not_taken_for_the_new_one(path, tmp_path, monkeypatch):
    import fcntl  # noqa: PLC0415, only here

    Database.open(str(path)).close()
    new = tmp_path / "new.db"
    shutil.copy(path, new)
    real, replaced = fcntl.flock, []

    def flock(descriptor, how):
        real(descriptor, how)
        if not replaced:
            replaced.append(os.fstat(descriptor).st_ino)
            new.rename(path)

    monkeypatch.setattr(fcntl, "flock", flock)
    database = Database.open(str(path))
    monkeypatch.undo()
    assert path.stat().st_ino not in replaced
    with pytest.raises(InputError, match="in use by another server"):
        Database.open(str(path))
    database.close()
