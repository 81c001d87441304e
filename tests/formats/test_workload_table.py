from __future__ import annotations

import json
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.jobs import workload_table
from placewise.formats.jobs.workload_table import open_workload, write_workload
from placewise.model.jobs.job import ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement

ZLIB, CMAKE = version_requirement("zlib", None, "1.2"), version_requirement("cmake", "3.13", "3.16")
LISTED = [["zlib", None, "1.2"], ["cmake", "3.13", "3.16"]]


def workload(rows, first=0, requirements=(ZLIB, CMAKE)):
    offsets = np.cumsum([0, *map(len, rows)])
    return Workload(
        tuple(f"job-{first + number}" for number in range(len(rows))),
        requirements,
        offsets,
        np.array([i for row in rows for i in row], dtype=np.int32),
    )


def rows_of(chunk):
    return [chunk.ids[a:b].tolist() for a, b in zip(chunk.offsets[:-1], chunk.offsets[1:], strict=True)]


def made(path, rows=((0,), (0, 1)), *, names=None, kind=None, metadata=None, columns=(), **document):
    """Write a table as a stranger might."""
    document = {"format": "workload", "version": 1, "requirements": LISTED} | document
    arrays = {
        "name": pa.array([f"j{n}" for n in range(len(rows))] if names is None else names, pa.string()),
        "ids": pa.array(list(rows), kind or pa.list_(pa.int32())),
        **dict(columns),
    }
    content = {"placewise": json.dumps(document)} if metadata is None else metadata
    pq.write_table(pa.table(arrays).replace_schema_metadata(content), path)
    return path


def refused(path, *, read=True):
    with pytest.raises(InputError) as caught:
        table = open_workload(path)
        if read:
            for chunk in table.chunks(1000):
                chunk.names  # noqa: B018, reads them
    return caught.value


lists = st.lists(st.lists(st.integers(0, 1), max_size=2, unique=True), max_size=30)


@given(parts=st.lists(lists, min_size=1, max_size=4), group=st.integers(1, 9), chunk=st.integers(1, 40))
def test_what_was_written_is_read_whatever_the_chunks(tmp_path_factory, parts, group, chunk):
    path = tmp_path_factory.mktemp("table") / "w.parquet"
    rows = [row for part in parts for row in part]
    starts = np.cumsum([0, *map(len, parts)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workload_table, "ROW_GROUP", group)
        chunks = (workload(part, int(start)) for part, start in zip(parts, starts, strict=False))
        if not rows:
            with pytest.raises(InputError, match="without jobs"):
                write_workload(path, chunks)
            assert list(path.parent.iterdir()) == []
            return
        assert write_workload(path, chunks) == len(rows)
    table = pickle.loads(pickle.dumps(open_workload(path)))
    assert len(table) == len(rows)
    assert table.requirements == (ZLIB, CMAKE)
    read = list(table.chunks(chunk))
    assert [len(one) for one in read[:-1]] == [chunk] * (len(read) - 1)
    assert [one.first for one in read] == list(range(0, len(rows), chunk))
    assert [row for one in read for row in rows_of(one)] == rows
    assert [name for one in read for name in one.names.to_pylist()] == [f"job-{n}" for n in range(len(rows))]
    assert all(one.ids.dtype == np.int32 and one.offsets.dtype == np.int64 for one in read)


def test_any_requirement_has_a_place(tmp_path):
    either = Requirement("arch", (Condition("value", Equals("zen")),)) | ~Requirement("gpu")
    write_workload(tmp_path / "w.parquet", [workload([[1], [0, 1]], 2, (CMAKE, either))])
    assert open_workload(tmp_path / "w.parquet").requirements == (CMAKE, either)


def test_a_folder_of_files_is_one_workload_and_tables_are_joined(tmp_path):
    write_workload(tmp_path / "b.parquet", [workload([[1], [0, 1]], 2, (CMAKE, ZLIB))])
    write_workload(tmp_path / "a.parquet", [workload([[0], []], 0, (ZLIB,))])
    (tmp_path / "note.txt").write_text("not a part")
    table = open_workload(tmp_path)
    assert table.requirements == (ZLIB, CMAKE)
    (chunk,) = table.chunks(9)
    assert rows_of(chunk) == [[0], [], [0], [1, 0]]
    assert chunk.names.to_pylist() == ["job-0", "job-1", "job-2", "job-3"]
    assert rows_of(table.chunk(1, 3)) == [[], [0]]


def test_an_empty_file_among_others_has_no_jobs(tmp_path):
    made(tmp_path / "a.parquet", [])
    made(tmp_path / "b.parquet")
    assert len(open_workload(tmp_path)) == 2
    assert "holds no jobs" in str(refused(tmp_path / "a.parquet"))


def test_what_a_table_cannot_hold_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "w.parquet"
    shaped = Workload(("a",), (), np.array([0, 0]), np.array([]), shape=(ResourceRequest("node"),))
    other = Requirement("gcc", (Condition("version", Equals("9:10")),))
    for workloads, said in (
        ([shaped], "counts of resources"),
        ([workload([[0]], 0, (other,))], "cannot express"),
        ([workload([[0]]), workload([[0]], 1, (CMAKE,))], "different requirements"),
        ([], "without jobs"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            write_workload(path, workloads)
        assert caught.value.file == str(path)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("document", "said", "place"),
    [
        ({"format": "placements"}, "is not a workload", "metadata, format"),
        ({"version": 2}, "unknown version", "metadata, version"),
        ({"version": True}, "unknown version", "metadata, version"),
        ({"extra": 1}, "unknown field", "metadata, document"),
        ({"requirements": None}, "is not a list", "metadata, requirements"),
        ({"requirements": ["zlib"]}, "is not a requirement", "metadata, requirement 0"),
        ({"requirements": [["zlib", "1"]]}, "is not a requirement", "metadata, requirement 0"),
        ({"requirements": [LISTED[0], ["zlib", 1.1, None]]}, "written as a number", "metadata, requirement 1"),
        ({"requirements": [["zlib", "2", "1"]]}, "exceeds the maximum", "metadata, requirement 0"),
        ({"requirements": [["zlib", "", None]]}, "is not text", "metadata, requirement 0"),
        ({"requirements": [["", "1", None]]}, "is not text", "metadata, requirement 0, subsystem"),
        ({"requirements": [["zl\nib", "1", None]]}, "control character", "metadata, requirement 0, subsystem"),
    ],
)
def test_bad_metadata(tmp_path, document, said, place):
    error = refused(made(tmp_path / "w.parquet", **document), read=False)
    assert said in error.problem
    assert (error.file, error.place) == (str(tmp_path / "w.parquet"), place)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, "no key"),
        ({"placewise": "{"}, "not valid JSON"),
        ({"placewise": b"\xff"}, "UTF-8"),
        ({"placewise": ""}, "empty"),
    ],
)
def test_metadata_that_is_none(tmp_path, metadata, said):
    assert said in refused(made(tmp_path / "w.parquet", metadata=metadata), read=False).problem


@pytest.mark.parametrize(
    "change",
    [
        {"kind": pa.list_(pa.int64())},
        {"kind": pa.large_list(pa.int32())},
        {"columns": {"extra": pa.array([1, 2])}},
        {"columns": {"name": pa.array([1, 2])}},
    ],
)
def test_other_columns(tmp_path, change):
    error = refused(made(tmp_path / "w.parquet", **change), read=False)
    assert "other columns" in error.problem
    assert error.expected == "name: string, ids: list<int32>"
    assert error.found is not None


@pytest.mark.parametrize(
    ("rows", "said", "place", "found"),
    [
        ([[0], None], "list is null", "job 2, ids", None),
        ([[0], [], [1, None]], "id is null", "job 3, ids", None),
        ([[0], [], [1, 2]], "no such requirement", "job 3, ids", 2),
        ([[0], [-1], [1]], "no such requirement", "job 2, ids", -1),
        ([[], [0, 1, 0]], "too long", "job 2, ids", 3),
    ],
)
def test_bad_ids(tmp_path, rows, said, place, found):
    error = refused(made(tmp_path / "w.parquet", rows))
    assert said in error.problem
    assert (error.file, error.place, error.found) == (str(tmp_path / "w.parquet"), place, found)
    assert error.expected


def test_ids_are_placed_in_the_whole_file(tmp_path):
    path = tmp_path / "w.parquet"
    rows = [[0]] * 10 + [[7]]
    table = pa.table({"name": [f"j{n}" for n in range(11)], "ids": pa.array(rows, pa.list_(pa.int32()))})
    document = {"format": "workload", "version": 1, "requirements": LISTED}
    pq.write_table(table.replace_schema_metadata({"placewise": json.dumps(document)}), path, row_group_size=3)
    for start in (0, 5, 10):
        with pytest.raises(InputError) as caught:
            open_workload(path).chunk(start, 11)
        assert caught.value.place == "job 11, ids"


@pytest.mark.parametrize("names", [["a", None], ["a", ""]])
def test_jobs_have_names(tmp_path, names):
    error = refused(made(tmp_path / "w.parquet", names=names))
    assert "no name" in error.problem
    assert (error.place, error.found) == ("job 2, name", names[1])


def test_names_are_text(tmp_path):
    path = tmp_path / "w.parquet"
    broken = pa.StringArray.from_buffers(1, pa.array([b"\xff\xfe"]).buffers()[1], pa.array([b"\xff\xfe"]).buffers()[2])
    document = {"format": "workload", "version": 1, "requirements": LISTED}
    table = pa.table({"name": broken, "ids": pa.array([[0]], pa.list_(pa.int32()))})
    pq.write_table(table.replace_schema_metadata({"placewise": json.dumps(document)}), path)
    assert "UTF8" in refused(path).problem


@pytest.mark.parametrize(("what", "most"), [("jobs", "_MOST_JOBS"), ("ids", "_MOST_IDS"), ("bytes", "_MOST_BYTES")])
def test_row_groups_that_would_not_fit_are_not_read(tmp_path, monkeypatch, what, most):
    made(tmp_path / "w.parquet")
    monkeypatch.setattr(workload_table, most, 1)
    error = refused(tmp_path / "w.parquet", read=False)
    assert error.problem == f"a row group is too large: {what}"
    assert error.place == "row group 0"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"name,ids\n1,2\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_not_parquet(tmp_path, content):
    path = tmp_path / "w.parquet"
    path.write_bytes(content)
    error = refused(path, read=False)
    assert "is not readable Parquet" in error.problem
    assert error.file == str(path)


def test_places_without_a_workload(tmp_path):
    assert "does not exist" in refused(tmp_path / "none").problem
    assert "holds no workload" in refused(tmp_path).problem
    (tmp_path / "sub.parquet").mkdir()
    assert "is a folder" in refused(tmp_path).problem


def test_files_cut_off_or_changed_anywhere_give_an_error_or_a_workload(tmp_path):
    """Never another exception, and never a job that asks for what is not in the table."""
    path = tmp_path / "w.parquet"
    write_workload(path, [workload([[n % 2] for n in range(200)])])
    whole = path.read_bytes()
    random = np.random.default_rng(5)
    expected = [row for chunk in open_workload(path).chunks(64) for row in rows_of(chunk)]
    told = 0
    for trial in range(600):
        changed = bytearray(whole)
        if trial % 3 == 0:
            changed = changed[: random.integers(0, len(whole))]
        else:
            for at in random.integers(0, len(whole), trial % 4 + 1):
                changed[at] = random.integers(0, 256)
        path.write_bytes(changed)
        try:
            table = open_workload(path)
            chunks = list(table.chunks(64))
            for chunk in chunks:
                assert len(chunk.ids) == 0 or (chunk.ids.min() >= 0 and chunk.ids.max() < len(table.requirements))
                assert len(chunk.names) == len(chunk)
            # What is in the pages has a checksum; what is about them has none.
            if len(table) == len(expected):
                assert [row for chunk in chunks for row in rows_of(chunk)] == expected
        except InputError as error:
            assert error.file == str(path)
            told += 1
    assert told > 200


def test_a_file_that_changes_after_it_was_opened_is_noticed(tmp_path):
    path = made(tmp_path / "w.parquet", [[0]] * 5)
    table = open_workload(path)
    made(path, [[0]] * 4)
    with pytest.raises(InputError, match="has changed"):
        table.chunk(0, 5)
    path.unlink()
    with pytest.raises(InputError, match="not readable"):
        table.chunk(0, 5)
