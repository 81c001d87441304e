"""Tables of records from strangers: what cannot be meant is one error that names row and column."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from placewise.errors import InputError
from placewise.formats.tables import read_records


def parquet(path, **columns):
    pa.parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,cc,cc\n1,a,b\n", "two columns have one name; expected names that differ; found 'cc'"),
        (b"id,arch\n1,x86\n2,\xe9\n", "row 1, column arch: is not UTF-8|row 2, column arch: is not UTF-8"),
        (b"id,memory\n1,4\n2,inf\n", "row 2, column memory: is no usable number"),
        (b"id,memory\n1,1e400\n", "row 1, column memory: is no usable number"),
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
        ([1.5, 2.0], {"x": "text"}, "row 1, column x: is a number where texts are"),
        ([1.1, 2.0], {"x": "version"}, "row 1, column x"),
        ([1.0, float("-inf")], {}, "row 2, column x: is no usable number"),
    ],
)
def test_parquet_that_cannot_be_meant(tmp_path, column, kinds, said):
    with pytest.raises(InputError, match=said):
        read_records(parquet(tmp_path / "t.parquet", x=column), kinds)


def test_bytes_that_are_text_are_read_as_text(tmp_path):
    records = read_records(parquet(tmp_path / "t.parquet", arch=[b"x86", "\u00e9".encode()]), {})
    assert records.texts("arch") == ("x86", "\u00e9")
