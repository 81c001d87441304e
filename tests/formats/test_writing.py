"""Whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from placewise.errors import InputError
from placewise.formats.folder_lock import new_stage
from placewise.formats.writing import replacing, staged, write_bytes, write_json


class Interrupted(Exception):
    pass


def test_a_file_is_replaced_at_the_end(tmp_path):
    path = tmp_path / "deep" / "f"
    write_bytes(path, b"old")
    with replacing(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [found.name for found in path.parent.iterdir()] == ["f"]


def test_a_file_survives_a_failure(tmp_path):
    path = tmp_path / "f"
    write_bytes(path, b"old")
    with pytest.raises(Interrupted), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise Interrupted
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["f"]


def test_results_are_as_readable_as_other_files(tmp_path):
    write_bytes(tmp_path / "f", b"")
    (tmp_path / "plain").touch()
    assert (tmp_path / "f").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_json(tmp_path / "file" / "x.json", 1)
    with pytest.raises(InputError, match="cannot be written"), staged(tmp_path / "file"):
        pytest.fail("nothing can be staged here")
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be written"):
        write_json(tmp_path / "folder", 1)
    with pytest.raises(ValueError):  # noqa: PT011, the words are the library's
        write_json(tmp_path / "nan.json", float("nan"))
    assert not (tmp_path / "nan.json").exists()


def test_a_stage_moves_up_at_the_end_and_keeps_what_else_is_there(tmp_path):
    out = tmp_path / "out"
    (out / "img").mkdir(parents=True)
    for name in ("old.txt", "both.txt", "img/old.png"):
        (out / name).write_text("old")
    with staged(out, force=True) as stage:
        (stage / "img").mkdir()
        for name in ("both.txt", "img/new.png"):
            (stage / name).write_text("new")
        assert (out / "both.txt").read_text() == "old"
    found = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert found == {"old.txt": "old", "both.txt": "new", "img/old.png": "old", "img/new.png": "new"}
    assert {path.name for path in out.iterdir()} == {"old.txt", "both.txt", "img"}


@pytest.mark.parametrize("existed", [True, False])
def test_a_stage_that_fails_leaves_nothing(tmp_path, existed):
    out = tmp_path / "out"
    if existed:
        out.mkdir()
        (out / "mine").write_text("mine")
    with pytest.raises(Interrupted), staged(out) as stage:
        (stage / "half").write_text("half")
        raise Interrupted
    assert out.exists() == existed
    assert not existed or [path.name for path in out.iterdir()] == ["mine"]


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def listing(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_what_is_owned_and_was_not_written_again_goes(tmp_path):
    write(tmp_path, "old.json", "both.json", "mine.json", "img/old.png", "img/both.png", "img/mine.png", "pages/one-1")
    owned = ("old.json", "both.json", "img", "img/old.png", "img/both.*", "pages", "pages/one-*")
    with staged(tmp_path, owned=owned, marks={"both.json": b"both"}) as s:
        write(s, "both.json", "img/both.png")
        assert (tmp_path / "old.json").exists()
    assert listing(tmp_path) == {"both.json", "mine.json", "img", "img/both.png", "img/mine.png"}


OWNED = ("report.html", "img", "img/*", "study.json")


@pytest.mark.parametrize("there", ["report.html", "img/mine.png", "study.json"])
def test_where_no_run_has_been_before_the_names_are_somebody_elses(tmp_path, there):
    write(tmp_path, there, "other")
    (tmp_path / there).write_text("somebody else's")
    before = listing(tmp_path)
    refused = pytest.raises(InputError, match="already exists; expected another place, or --force")
    with refused as caught, staged(tmp_path, owned=OWNED, marks={"study.json": b"study"}):
        pytest.fail("nothing can be staged here")
    assert caught.value.file == str(tmp_path / there)
    assert listing(tmp_path) == before
    with staged(tmp_path, owned=OWNED, marks={"study.json": b"study"}, force=True) as stage:
        write(stage, "study.json")
    assert listing(tmp_path) == {"study.json", "other"}


@pytest.mark.parametrize("marks", [{}, {"old.json": b"old"}])
def test_what_is_not_owned_is_not_replaced_where_a_run_has_been(tmp_path, marks):
    write(tmp_path, "old.json", "mine.json")
    with pytest.raises(InputError, match="already exists") as caught, staged(tmp_path, marks=marks) as stage:
        (stage / "mine.json").write_text("new")
    assert caught.value.file == str(tmp_path / "mine.json")
    assert (tmp_path / "mine.json").read_text() == "mine.json"


def test_what_is_owned_stays_when_the_run_fails(tmp_path):
    write(tmp_path, "old.json")
    with pytest.raises(Interrupted), staged(tmp_path, owned=("old.json",), marks={"old.json": b"old"}):
        raise Interrupted
    assert listing(tmp_path) == {"old.json"}


@pytest.mark.parametrize(
    ("there", "made", "named"),
    [
        ("img", "img/a.png", "img"),
        ("z.json/inside", "z.json", "z.json"),
        ("img/b.png/inside", "img/b.png", "img/b.png"),
    ],
)
def test_every_target_is_looked_at_before_anything_moves(tmp_path, there, made, named):
    write(tmp_path, there, "a.json")
    before = listing(tmp_path)
    with pytest.raises(InputError) as caught, staged(tmp_path, owned=("a.json",), marks={"a.json": b"a"}) as stage:
        write(stage, made)
        (stage / "a.json").write_text("new")
    assert caught.value.file == str(tmp_path / named)
    assert listing(tmp_path) == before
    assert (tmp_path / "a.json").read_text() == "a.json"


def test_an_error_names_the_place_that_was_meant(tmp_path):
    with pytest.raises(InputError) as caught, staged(tmp_path / "out") as stage:
        (stage / "x.json").mkdir()
        write_json(stage / "x.json", 1)
    assert caught.value.file == str(tmp_path / "out" / "x.json")


WRITER = """
import sys
from pathlib import Path
from placewise.formats.folder_lock import new_stage
from placewise.formats.writing import staged
import socket
socket.gethostname = lambda: "other"
with staged(Path(sys.argv[1]), force=True) as stage:
    (stage / "theirs").write_text("theirs")
    print("writing", flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def writer_elsewhere(folder, *launcher):
    """Another process in the middle of writing a folder, as its own machine or namespace sees it."""
    command = [*launcher, sys.executable, "-c", WRITER, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()
            if not process.stdout.closed:
                process.stdout.read()  # until the last that holds it is gone


NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child")
namespaces = shutil.which("unshare") and not subprocess.run([*NAMESPACE, "true"], check=False).returncode
LAUNCHERS = [
    pytest.param((), id="machine"),
    pytest.param(NAMESPACE, id="namespace", marks=pytest.mark.skipif(not namespaces, reason="no right to namespaces")),
]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_runs_do_not_write_into_one_folder_wherever_they_are(tmp_path, launcher):
    out = tmp_path / "out"
    with writer_elsewhere(out, *launcher) as other:
        during = listing(out)
        with pytest.raises(InputError, match="another run is writing here: process .* on other") as caught, staged(out):
            pytest.fail("nothing can be staged here")
        assert caught.value.file == str(out)
        assert listing(out) == during
        other.communicate("\n")
    assert listing(out) == {"theirs"}


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_what_killed_runs_left_behind_goes_at_once_wherever_they_were(tmp_path, launcher):
    with writer_elsewhere(tmp_path, *launcher):
        pass
    (tmp_path / ".unfinished-of-no-known-name").mkdir()
    assert len(listing(tmp_path)) > 2
    with staged(tmp_path) as stage:
        write(stage, "whole")
    assert listing(tmp_path) == {"whole"}


def test_one_process_does_not_write_a_folder_twice_at_once(tmp_path):
    with staged(tmp_path), pytest.raises(InputError, match="another run is writing here"), staged(tmp_path):
        pytest.fail("nothing can be staged here")
    assert listing(tmp_path) == set()


@pytest.fixture
def no_locks(monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)


def test_without_locks_processes_are_looked_for(tmp_path, no_locks, monkeypatch, caplog):
    stage = new_stage(tmp_path)
    with staged(tmp_path) as own:
        write(own, "whole")
    assert "without locks" in caplog.text
    mine, parents = str(os.getpid()), str(os.getppid())
    Path(str(stage).replace(mine, str(2**70))).mkdir()
    with staged(tmp_path):
        assert len(listing(tmp_path)) == 3
    assert listing(tmp_path) == {"whole"}
    Path(str(stage).replace(mine, parents)).mkdir()
    with pytest.raises(InputError, match=f"another run may be writing here: process {parents} on "), staged(tmp_path):
        pytest.fail("nothing can be staged here")
    # On another machine the same number is nobody's that can be asked.
    monkeypatch.setattr(socket, "gethostname", lambda: "other")
    with pytest.raises(InputError, match="another run may be writing here"), staged(tmp_path):
        pytest.fail("nothing can be staged here")


@pytest.mark.parametrize("force", [False, True])
def test_what_was_written_meanwhile_is_not_mixed_with_ours(tmp_path, no_locks, force):
    owned, marks = ("scores.json", "report.html"), {"scores.json": b"scores"}
    write(tmp_path, "scores.json")
    with (
        pytest.raises(InputError, match="another process wrote this meanwhile") as caught,
        staged(tmp_path, owned=owned, marks=marks, force=force) as stage,
    ):
        write(stage, "scores.json", "report.html")
        write_bytes(tmp_path / "scores.json", b"theirs")
    assert caught.value.file == str(tmp_path / "scores.json")
    assert listing(tmp_path) == {"scores.json"}
    assert (tmp_path / "scores.json").read_bytes() == b"theirs"


def test_a_pipe_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        write_bytes(tmp_path / "pipe", b"x")
    assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(InputError, match="/dev/null"):
        write_bytes(tmp_path.__class__("/dev/null"), b"x")


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    write(tmp_path, "elsewhere/file")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "file")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere" / "file").read_bytes() == b"new"
    with staged(tmp_path, force=True) as stage:
        (stage / "link").write_text("newer")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere" / "file").read_text() == "newer"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="loop"):
        write_bytes(tmp_path / "loop", b"x")
