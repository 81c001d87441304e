"""A part is taken only when it is whole and is what it should be; anything else is computed again."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_tasks import Drawn, Telling, lines

from placewise.errors import InputError
from placewise.sweep.parts import Parts, clear
from placewise.sweep.runner import HERE, Runner

NUMBERS = range(8, 12)
ROWS = np.array([Drawn()(number) for number in NUMBERS])


@pytest.fixture(scope="module")
def written():
    """Parts with one written, and its content."""
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts.of(Path(folder), "rows", "key", 4)
        parts.write(NUMBERS, ROWS)
        (file,) = parts.folder.iterdir()
        yield parts, file, file.read_bytes()


def computed_again(folder, spoil, **changed):
    """Compute ten rows, do something to their parts, and return the numbers that a second sweep computes."""
    ask = {"name": "rows", "key": "key", "block": 2, "count": 10}

    def sweep(task, name, key, block, count):
        return Runner(None, folder / "parts").rows(name, task, count, key=key, block=block)

    sweep(Drawn(), **ask)
    spoil(sorted((folder / "parts").rglob("*.part")))
    asked = ask | changed
    found = sweep(Telling(folder=folder), **asked)
    assert found.tobytes() == HERE.rows("rows", Drawn(), asked["count"], key="").tobytes()
    return lines(folder / "computed")


def test_a_part_comes_back_as_it_was(written):
    parts, file, _ = written
    assert parts.read(NUMBERS, 3).tobytes() == ROWS.tobytes()
    assert file.name == "00000002.part"


@given(st.data())
def test_a_part_with_anything_changed_is_none(written, data):
    parts, file, content = written
    at = data.draw(st.integers(0, len(content) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                content[:at],
                content + bytes(8 * (at + 1)),
                content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :],
                content[:at] + bytes(len(content) - at),
            ]
        )
    )
    try:
        file.write_bytes(changed)
        assert changed == content or parts.read(NUMBERS, 3) is None
    finally:
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("numbers", "width"), [(range(8, 11), 3), (range(8, 12), 4), (range(8, 14), 2), (range(8, 20), 1), (range(4, 8), 3)]
)
def test_a_part_of_other_numbers_is_none(written, numbers, width):
    assert written[0].read(numbers, width) is None


@given(st.tuples(st.text(), st.text(), st.integers(1, 9)), st.tuples(st.text(), st.text(), st.integers(1, 9)))
def test_sweeps_that_differ_have_folders_that_differ(one, other):
    assert (Parts.of(Path(), *one) == Parts.of(Path(), *other)) == (one == other)


def test_all_parts_are_taken(tmp_path):
    assert computed_again(tmp_path, lambda _: None) == []


def test_parts_that_are_gone_or_truncated_are_computed_again(tmp_path):
    def spoil(parts):
        parts[1].unlink()
        parts[3].write_bytes(parts[3].read_bytes()[:-1])

    assert computed_again(tmp_path, spoil) == [2, 3, 6, 7]


def test_a_part_in_the_place_of_another_is_computed_again(tmp_path):
    assert computed_again(tmp_path, lambda parts: parts[0].replace(parts[4])) == [0, 1, 8, 9]


def test_a_part_of_another_key_in_the_place_of_this_one_is_computed_again(tmp_path):
    def spoil(parts):
        Runner(None, tmp_path / "other").rows("rows", Drawn(seed=1), 10, key="other", block=2)
        foreign = sorted((tmp_path / "other").rglob("*.part"))
        foreign[2].replace(parts[2])

    assert computed_again(tmp_path, spoil) == [4, 5]


def test_what_cannot_be_read_as_a_part_is_computed_again(tmp_path):
    def spoil(parts):
        parts[0].write_text("something else")
        parts[1].unlink()
        parts[1].symlink_to(parts[1].with_name("nothing"))

    assert computed_again(tmp_path, spoil) == [0, 1, 2, 3]


def test_a_pipe_is_not_waited_for(tmp_path):
    def spoil(parts):
        parts[0].unlink()
        os.mkfifo(parts[0])

    with pytest.raises(InputError, match="cannot be written|neither a file nor a folder"):
        computed_again(tmp_path, spoil)
    assert lines(tmp_path / "computed") == [0, 1]


@pytest.mark.parametrize("changed", [{"name": "others"}, {"key": "kez"}, {"block": 5}])
def test_parts_of_another_sweep_are_left_alone(tmp_path, changed):
    before = {}

    def spoil(parts):
        before.update({part: part.read_bytes() for part in parts})

    assert computed_again(tmp_path, spoil, **changed) == list(range(10))
    assert {part: part.read_bytes() for part in before} == before


def test_another_count_takes_what_blocks_it_shares(tmp_path):
    assert computed_again(tmp_path, lambda _: None, count=13) == [10, 11, 12]


def test_a_place_that_cannot_be_written_to_is_one_error(tmp_path):
    (tmp_path / "parts").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        Runner(None, tmp_path / "parts").rows("rows", Drawn(), 2, key="key")


def test_clearing_removes_parts_and_nothing_else(tmp_path):
    parts = tmp_path / "parts"
    clear(parts)
    for key in ("one", "two"):
        Runner(None, parts).rows("rows", Drawn(), 9, key=key)
    clear(parts)
    assert not parts.exists()
    Runner(None, parts).rows("rows", Drawn(), 9, key="one")
    (parts / "notes.txt").write_text("mine")
    clear(parts)
    assert [path.name for path in parts.iterdir()] == ["notes.txt"]
