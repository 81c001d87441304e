"""What a Parquet file claims to hold is looked at before it is read."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from placewise.errors import InputError
from placewise.formats.records.build_records import read_build_records
from placewise.formats.records.outcome_records import read_outcome_records
from placewise.formats.table_files import parquet_files
from placewise.formats.table_files.parquet_files import MOST_VALUES, dictionaries, listed, refuse_too_large
from placewise.formats.table_files.records import read_records


def repeating(rows):
    return {
        "package": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["llvm"])),
        "memory": pa.array(np.ones(rows)),
        "duration": pa.array(np.ones(rows)),
    }


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file of a few kilobytes with more rows than are read."""
    path = tmp_path_factory.mktemp("large") / "large.parquet"
    table = pa.table(repeating(1 << 20))
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range((MOST_VALUES >> 20) + 1):
            writer.write_table(table)
    assert path.stat().st_size < 1 << 20
    return path


@pytest.mark.parametrize("read", [lambda p: read_build_records(p, cache=None), lambda p: read_records(p, {})])
def test_more_than_is_read_is_one_error_before_anything_is_read(large, read, monkeypatch):
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_, **__: pytest.fail("it is being read"))
    monkeypatch.setattr(pq, "read_table", lambda *_, **__: pytest.fail("it is being read"))
    with pytest.raises(InputError, match="the table is too large: rows") as caught:
        read(large)
    assert caught.value.file == str(large)


@pytest.mark.parametrize(("most", "what"), [("MOST_VALUES", "values"), ("MOST_BYTES", "bytes")])
def test_values_and_bytes_are_bounded_too(tmp_path, monkeypatch, most, what):
    pq.write_table(pa.table({"a": [[1, 2, 3], []], "b": [1, 2]}), tmp_path / "t.parquet")
    metadata = pq.read_metadata(tmp_path / "t.parquet")
    refuse_too_large(metadata)
    monkeypatch.setattr(parquet_files, most, 5)
    with pytest.raises(InputError, match=f"the table is too large: {what}"):
        refuse_too_large(metadata)
    monkeypatch.setattr(parquet_files, "MOST_BYTES", 1 << 20)
    refuse_too_large(metadata, ["b"])
    if most == "MOST_VALUES":
        with pytest.raises(InputError, match="too large: values"):
            refuse_too_large(metadata, ["a", "b"])


def test_a_text_that_repeats_is_kept_once(tmp_path):
    rows, text = 4096, "x" * (1 << 16)
    columns = repeating(rows)
    columns["package"] = pa.DictionaryArray.from_arrays(columns["package"].indices, pa.array([text]))
    # As plain strings in the schema, so that a reader would lay the text out for each row.
    schema = pa.schema([("package", pa.string()), ("memory", pa.float64()), ("duration", pa.float64())])
    with pq.ParquetWriter(tmp_path / "t.parquet", schema) as writer:
        for _ in range(4):
            writer.write_table(pa.table(columns).cast(schema))
    assert (tmp_path / "t.parquet").stat().st_size < 1 << 22
    before = pa.total_allocated_bytes()
    builds = read_build_records(tmp_path / "t.parquet", cache=None)
    assert len({id(one) for one in builds.packages}) <= 4
    assert pa.total_allocated_bytes() - before < 16 << 20
    assert len(builds.packages) == 4 * rows


def test_dictionaries_are_listed_as_what_they_hold():
    texts = pa.chunked_array([["a", None, "b"], ["b", "a"]])
    assert listed(texts.dictionary_encode(), "x") == listed(texts, "x") == ["a", None, "b", "b", "a"]
    assert dictionaries(pa.schema({"a": pa.string(), "b": pa.large_string(), "c": pa.int8()})) == ["a", "b"]


@pytest.mark.parametrize("kind", ["text", "number", "version"])
def test_records_of_texts_are_read_as_before(tmp_path, kind):
    pq.write_table(pa.table({"x": ["1.5", "2", "1.5"]}), tmp_path / "t.parquet")
    found = read_records(tmp_path / "t.parquet", {"x": kind}).columns["x"]
    assert list(found) == ([1.5, 2.0, 1.5] if kind == "number" else ["1.5", "2", "1.5"])
    pq.write_table(pa.table({"x": ["one"]}), tmp_path / "t.parquet")
    if kind == "number":
        with pytest.raises(InputError, match="not a column of numbers; expected numbers; found string"):
            read_records(tmp_path / "t.parquet", {"x": kind})


ROWS = 20


def table_with(**columns):
    usual = {"built": [True, False] * 10, "package": ["a", "b"] * 10, "memory": [1.0] * ROWS, "duration": [1.0] * ROWS}
    return pa.table({**usual, **columns})


READERS = {
    "outcomes": read_outcome_records,
    "builds": lambda path: read_build_records(path, cache=None),
    "records": lambda path: read_records(path, {}),
}
NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), ROWS, [None, pa.array(range(ROWS + 1), pa.int32()).buffers()[1], pa.py_buffer(b"\xff" * ROWS)]
)
ODD = {
    "not UTF-8": NOT_UTF8,
    "keys that are not UTF-8": pa.MapArray.from_arrays(range(ROWS + 1), NOT_UTF8, pa.array(["v"] * ROWS)),
    "a date after the year 9999": pa.array([1 << 30] * ROWS, pa.int32()).cast(pa.date32()),
    "a moment after the year 9999": pa.array([1 << 60] * ROWS, pa.timestamp("us")),
    "an unknown time zone": pa.array([1] * ROWS, pa.timestamp("us", "Nowhere/City")),
    "nanoseconds in a struct": pa.array([{"a": 1}] * ROWS, pa.struct([("a", pa.timestamp("ns"))])),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("column", ["extra", "package", "built", "memory", "version"])
@pytest.mark.parametrize("reader", READERS)
def test_values_that_python_has_none_for_are_one_error(tmp_path, reader, column, odd):
    pq.write_table(table_with(**{column: ODD[odd]}), path := tmp_path / "t.parquet")
    if (reader, column) in (("builds", "extra"), ("builds", "version")):
        assert len(READERS[reader](path)) == ROWS // 2  # the others failed; what is not needed is not read
        return
    with pytest.raises(InputError) as caught:
        READERS[reader](path)
    assert caught.value.file == str(path)
    assert "column" in str(caught.value)


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("ns", "UTC"), pa.duration("ns"), pa.time64("ns")])
def test_nanoseconds_which_pandas_writes_are_cut_to_microseconds(kind):
    finer = pa.chunked_array([pa.array([1_000_001, None], kind)])
    usual = {pa.duration("ns"): pa.duration("us"), pa.time64("ns"): pa.time64("us")}.get(kind)
    expected = pa.array([1000, None], usual or pa.timestamp("us", kind.tz)).to_pylist()
    assert listed(finer, "x") == expected


@pytest.mark.parametrize("nested", [pa.map_(pa.string(), pa.string()), pa.list_(pa.string()), pa.list_(pa.binary())])
@pytest.mark.parametrize("reader", ["outcomes", "records"])
def test_long_texts_that_repeat_in_lists_are_refused_before_they_are_unfolded(tmp_path, monkeypatch, reader, nested):
    text = "x" * 4096
    cells = [[("k", text)] if pa.types.is_map(nested) else [text]] * ROWS
    pq.write_table(table_with(dependencies=pa.array(cells, nested)), path := tmp_path / "t.parquet")
    monkeypatch.setattr(parquet_files, "MOST_BYTES", ROWS * 4096 - 1)
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_, **__: pytest.fail("it is being read"))
    with pytest.raises(InputError, match="column dependencies: the texts of a column are too long"):
        READERS[reader](path)


def test_bytes_that_repeat_are_kept_once_too():
    assert dictionaries(pa.schema({"a": pa.binary(), "b": pa.large_binary(), "c": pa.binary(4)})) == ["a", "b"]
