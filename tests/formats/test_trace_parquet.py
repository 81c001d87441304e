from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_traces import plain, traces
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.requirements.rows import requirement_row
from placewise.formats.traces import parquet_trace
from placewise.formats.traces.parquet_trace import jobs_in, read_batches, write_parquet_trace
from placewise.formats.traces.read_trace import read_trace
from placewise.formats.traces.swf.reading import read_swf
from placewise.model.requirements.predicates import Within
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.synthesis.traces import synthetic_trace

LINE = "{0} {0} 5 60 4 -1 -1 8 100 1024 1 3 2 -1 7 -1 -1 -1\n"


@given(traces(), st.data())
def test_what_is_written_is_read_again_in_any_parts(tmp_path_factory, trace, data):
    path = tmp_path_factory.mktemp("trace") / "a.parquet"
    cuts = sorted(data.draw(st.lists(st.integers(1, len(trace)), max_size=3)))
    edges = [0, *cuts, len(trace)]
    after = trace.after
    parts = []
    for first, end in pairwise(edges):
        part = trace.of(np.arange(first, end))
        # `of` counts in the part; a written part counts in the whole.
        part.after[:] = after[first:end]
        part.think_s[:] = trace.think_s[first:end]
        parts.append(part)
    assert write_parquet_trace(path, parts) == len(trace) == jobs_in(path)
    assert plain(read_trace(path)) == plain(trace)


@given(traces())
def test_batches_are_the_whole_and_count_alike(tmp_path_factory, trace):
    path = tmp_path_factory.mktemp("trace") / "a.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_trace, "ROW_GROUP", 2)
        write_parquet_trace(path, [trace])
    batches = list(read_batches(path))
    whole = read_trace(path)
    assert [len(batch) for batch in batches] == [min(2, len(trace) - start) for start in range(0, len(trace), 2)]
    assert plain(whole) == plain(trace)
    for name in ("user", "group", "queue"):
        codes = np.concatenate([getattr(batch, name).codes for batch in batches])
        assert codes.tolist() == getattr(whole, name).codes.tolist()
        for one, next_one in pairwise(batches):
            assert getattr(next_one, name).names[: len(getattr(one, name).names)] == getattr(one, name).names
    assert np.concatenate([batch.ask for batch in batches]).tolist() == whole.ask.tolist()
    assert np.concatenate([batch.after for batch in batches]).tolist() == trace.after.tolist()


def small():
    return read_swf("".join(map(LINE.format, range(5))).encode(), "a.swf")


def test_the_same_trace_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_parquet_trace(tmp_path / name, [small()])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_parts_out_of_order_and_no_jobs_leave_nothing(tmp_path):
    trace = small()
    for parts in ([trace, trace], [], [trace.of(np.arange(0))]):
        with pytest.raises(InputError):
            write_parquet_trace(tmp_path / "a.parquet", parts)
    assert list(tmp_path.iterdir()) == []


def changed(path, column=None, values=None, **said):
    """Write a file as a stranger might."""
    write_parquet_trace(path, [small()])
    table = pq.read_table(path)
    document = json.loads(table.schema.metadata[b"placewise"])
    if column is not None:
        at = table.schema.get_field_index(column)
        table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    pq.write_table(table.replace_schema_metadata({b"placewise": json.dumps({**document, **said})}), path)


@pytest.mark.parametrize(
    ("column", "values", "place"),
    [
        ("submit_s", [0, 1, 0, 3, 4], "row 3"),
        ("submit_s", [0, 1, None, 3, 4], "rows from 1, submit_s"),
        ("submit_s", [0, 1, 2, 3, 2**62], "row 5, submit_s"),
        ("runtime_s", [0, 1, -7, 3, 4], "row 3, runtime_s"),
        ("after", [None, 1, None, None, None], "row 2, after"),
        ("requires", [None, "x", None, None, None], "requires, in rows from 1"),
        ("requires", [None, '[["a", "2", "1"]]', None, None, None], "requires, in rows from 1, requirement 0"),
        ("user", ["a", "b\n", "c", "d", "e"], "user, in rows from 1"),
        ("ran_on", [[1], [-2], None, None, None], "row 2, ran_on"),
    ],
)
def test_a_bad_row_is_named(tmp_path, column, values, place):
    path = tmp_path / "a.parquet"
    changed(path, column, values)
    with pytest.raises(InputError) as error:
        read_trace(path)
    assert error.value.file == str(path)
    assert error.value.place.startswith(place)


@pytest.mark.parametrize(
    "said",
    [
        {"format": "workload"},
        {"version": 2},
        {"machines": [{"name": "a", "processors": 0}]},
        {"machines": [{"name": "a", "processors": "x"}]},
        {"processor_parts": 0},
        {"more": 1},
    ],
)
def test_what_is_said_of_the_whole_is_checked(tmp_path, said):
    changed(tmp_path / "a.parquet", **said)
    with pytest.raises(InputError):
        read_trace(tmp_path / "a.parquet")


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InputError):
        read_trace(path)
    write_parquet_trace(path, [small()])
    whole = path.read_bytes()
    for cut in (3, 50, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError):
            read_trace(path)


def test_a_file_larger_than_a_part_is_read_part_by_part(tmp_path):
    path = tmp_path / "a.parquet"
    trace = synthetic_trace(parquet_trace.ROW_GROUP + 1, 0)
    write_parquet_trace(path, [trace])
    assert [len(batch) for batch in read_batches(path)] == [parquet_trace.ROW_GROUP, 1]


def test_a_bound_that_json_cannot_hold_is_refused_before_anything_is_written():
    with pytest.raises(InputError, match="infinite bound"):
        requirement_row(Requirement("io", (Condition("size", Within(float("-inf"), None)),)))


def test_a_long_text_that_repeats_is_in_memory_once(tmp_path, monkeypatch):
    """One text of the file, used by all of its jobs, would take rows times its length if it were unfolded."""
    lines = "".join(LINE.format(number) for number in range(1, 5))
    write_parquet_trace(path := tmp_path / "a.parquet", [read_swf(f"; MaxProcs: 64\n{lines}".encode(), "a.swf")])
    table = pq.read_table(path)
    users = pa.DictionaryArray.from_arrays(pa.array([1, 1, 0, None], pa.int32()), pa.array(["x" * (1 << 20), "y"]))
    at = table.column_names.index("user")
    pq.write_table(table.set_column(at, "user", users.cast(pa.string())), path)
    before = pa.total_allocated_bytes()
    (batch,) = read_batches(path)
    assert pa.total_allocated_bytes() - before < 1 << 20
    assert [batch.user.names[code][0] for code in batch.user.codes[:3]] == ["y", "y", "x"]
    assert batch.user.names[0] == "y"  # in the order in which they appear
    assert batch.user.codes[3] == -1


def test_a_trace_of_more_jobs_than_are_read_whole_is_refused_before_it_is_read(tmp_path, monkeypatch):
    lines = "".join(LINE.format(number) for number in range(1, 5))
    write_parquet_trace(path := tmp_path / "a.parquet", [read_swf(f"; MaxProcs: 64\n{lines}".encode(), "a.swf")])
    monkeypatch.setattr(parquet_trace, "_MOST_WHOLE", 3)
    with pytest.raises(InputError, match="too long to be read as a whole; expected at most 3 jobs; found 4"):
        read_trace(path)
    assert sum(map(len, read_batches(path))) == 4
