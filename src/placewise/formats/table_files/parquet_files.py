"""Parquet files of strangers: how much one claims to hold is looked at before it is read.

A few megabytes can hold a value that repeats some hundred million times: what reading costs, the size of the file does
not tell. Readers pass `use_threads=False`, as `csv_reading` does and for its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from placewise.errors import InputError, Words

MOST_VALUES = 1 << 26
MOST_BYTES = 1 << 31


@contextmanager
def reading_parquet() -> Iterator[None]:
    """Turn what Arrow raises for a file that it cannot read into an InputError."""
    try:
        yield
    except MemoryError as error:
        raise InputError("does not fit into memory", expected="smaller row groups") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"is not readable Parquet: {' '.join(str(error).split())}") from error


def refuse_too_large(metadata: pq.FileMetaData, columns: Sequence[str] | None = None) -> None:
    """Raise InputError for a file with more values, or more bytes of them, than are read as a whole.

    columns : those to be read, each with all that is in it; all if None.
    """
    wanted = None if columns is None else set(columns)
    numbers, size = 0, 0
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            if wanted is None or column.path_in_schema.partition(".")[0] in wanted or column.path_in_schema in wanted:
                # A list of nothing has a row and no value.
                numbers += max(column.num_values, group.num_rows)
                size += column.total_uncompressed_size
    for what, found, most in (
        ("rows", metadata.num_rows, MOST_VALUES),
        ("values", numbers, MOST_VALUES),
        ("bytes", size, MOST_BYTES),
    ):
        if not 0 <= found <= most:
            raise InputError(f"the table is too large: {what}", found=found, expected=f"at most {most:,}")


def dictionaries(schema: pa.Schema) -> list[str]:
    """Return the columns of texts, to be read as dictionaries: what repeats is then kept once, as in the file."""
    return [field.name for field in schema if any(is_text(field.type) for is_text in _TEXTS)]


def refuse_long_texts(source: pa.BufferReader, schema: pq.ParquetSchema, columns: Sequence[str] | None = None) -> None:
    """Raise InputError for lists, maps and structs whose texts are too long once each stands where it is used.

    A text that repeats is in the file once, and a list cannot be read as a dictionary and unfolded here and there.
    columns : those to be read; all if None.
    """
    leaves = map(schema.column, range(len(schema)))
    nested = [leaf.path for leaf in leaves if "." in leaf.path and leaf.physical_type == "BYTE_ARRAY"]
    names = dict.fromkeys(path.partition(".")[0] for path in nested)
    size = 0
    for name in names if columns is None else [name for name in names if name in columns]:
        file = pq.ParquetFile(source, read_dictionary=nested)
        for group in range(file.num_row_groups):
            for column in file.read_row_group(group, columns=[name], use_threads=False).columns:
                size += sum(map(_unfolded, column.chunks))
            if size > MOST_BYTES:
                expected = f"at most {MOST_BYTES:,} bytes"
                raise InputError("the texts of a column are too long", place=f"column {name}", expected=expected)


def _unfolded(array: pa.Array) -> int:
    """Return how many bytes the texts in an array take once each stands where it is used."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        import pyarrow.compute as pc  # noqa: PLC0415, makes a function of each of hundreds, and no writer needs one

        lengths = pc.binary_length(array.dictionary).cast(pa.int64())
        return pc.sum(lengths.take(array.indices)).as_py() or 0
    if pa.types.is_map(kind):
        return _unfolded(array.keys) + _unfolded(array.items)
    if pa.types.is_struct(kind):
        return sum(map(_unfolded, array.flatten()))
    if any(is_list(kind) for is_list in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)):
        return _unfolded(array.flatten())
    return 0


_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)


def listed(column: pa.ChunkedArray, name: str) -> list[Any]:
    """Return the values of a column; of a dictionary, what repeats is one object.

    Moments are cut to microseconds, which is all that Python has. Raises InputError for what Python has no value for,
    and texts that are not UTF-8.
    """
    try:
        if not pa.types.is_dictionary(column.type):
            return _to_microseconds(column).to_pylist()  # type: ignore[no-any-return]
        found: list[Any] = []
        for chunk in column.chunks:
            values = [*chunk.dictionary.to_pylist(), None]
            found += map(values.__getitem__, chunk.indices.fill_null(len(values) - 1).to_pylist())
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", place=f"column {name}") from error
    except (pa.ArrowException, ValueError, OverflowError) as error:
        problem = "holds values that cannot be read"
        raise InputError(problem, place=f"column {name}", found=Words(column.type), expected="usual values") from error
    return found


def _to_microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if getattr(kind, "unit", None) != "ns":
        return column
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.cast(pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us"), safe=False)
