"""Tables of records from strangers: what cannot be meant is one error that names row and column."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet
import pytest

from placewise.errors import InputError
from placewise.formats.table_files.records import read_records


def parquet(path, **columns):
    pa.parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts the threads that Linux shows")
def test_reading_tables_starts_no_pool_of_threads(tmp_path):
    """A process that ends while they start is aborted by pyarrow, whatever it wrote: exit code 134."""
    rows = 100_000
    parquet(tmp_path / "t.parquet", **{name: list(range(rows)) for name in "abc"})
    (tmp_path / "t.csv").write_text("a,b,c\n" + "1,2,3\n" * rows)
    (tmp_path / "t.swf").write_text("; MaxProcs: 8\n" + "1 0 -1 10 8 -1 -1 8 9 -1 1 1 1 -1 1 -1 -1 -1\n" * rows)
    code = """
import os, sys
from pathlib import Path
import pyarrow
from placewise.formats.table_files.records import read_table
from placewise.formats.traces.read_trace import read_trace
pyarrow.set_cpu_count(8)
before = len(os.listdir("/proc/self/task"))
folder = Path(sys.argv[1])
assert len(read_table(folder / "t.csv", lambda names: names[:1])) == 100_000
assert len(read_table(folder / "t.parquet", lambda names: ())) == 100_000
assert len(read_trace(folder / "t.swf")) == 100_000
# One of the pool that waits for files is always there.
assert len(os.listdir("/proc/self/task")) <= before + 1
"""
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, timeout=60)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'id,"' + b"c" * 200_000 + b'"\n1,a\n', "is not valid CSV: field larger"),
        (b"id,cc,cc\n1,a,b\n", "two columns have the same name; expected names that differ; found 'cc'"),
        (b"id,arch\n1,x86\n2,\xe9\n", "row 1, column arch: is not UTF-8|row 2, column arch: is not UTF-8"),
        (b"id,memory\n1,4\n2,inf\n", "row 2, column memory: is not a usable number"),
        (b"id,memory\n1,1e400\n", "row 1, column memory: is not a usable number"),
    ],
)
def test_csv_that_cannot_be_meant(tmp_path, content, said):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_records(path, {})
    assert caught.value.file == str(path)


@pytest.mark.parametrize(
    ("column", "kinds", "said"),
    [
        ([["a"], ["b"]], {}, "row 1, column x: is not one value"),
        ([{"a": 1}, {"a": 2}], {}, "row 1, column x: is not one value"),
        ([b"\xff", b"a"], {}, "row 1, column x: is not UTF-8 text"),
        ([1.5, 2.0], {"x": "text"}, "row 1, column x: is a number in a column of text"),
        ([1.1, 2.0], {"x": "version"}, "row 1, column x"),
        ([1.0, float("-inf")], {}, "row 2, column x: is not a usable number"),
    ],
)
def test_parquet_that_cannot_be_meant(tmp_path, column, kinds, said):
    with pytest.raises(InputError, match=said):
        read_records(parquet(tmp_path / "t.parquet", x=column), kinds)


def test_bytes_that_are_text_are_read_as_text(tmp_path):
    records = read_records(parquet(tmp_path / "t.parquet", arch=[b"x86", "\u00e9".encode()]), {})
    assert records.texts("arch") == ("x86", "\u00e9")
