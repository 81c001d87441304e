"""Whole or not at all."""

from __future__ import annotations

import pytest

from placewise.errors import InputError
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
        pass
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be written"):
        write_json(tmp_path / "folder", 1)
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "nan.json", float("nan"))
    assert not (tmp_path / "nan.json").exists()


def test_a_stage_moves_up_at_the_end_and_keeps_what_else_is_there(tmp_path):
    out = tmp_path / "out"
    (out / "img").mkdir(parents=True)
    for name in ("old.txt", "both.txt", "img/old.png"):
        (out / name).write_text("old")
    with staged(out) as stage:
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
