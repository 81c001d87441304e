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

from placewise.errors import InputError

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
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def listed(column: pa.ChunkedArray) -> list[Any]:
    """Return the values of a column; of a dictionary, what repeats is one object."""
    if not pa.types.is_dictionary(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]
    found: list[Any] = []
    for chunk in column.chunks:
        values = [*chunk.dictionary.to_pylist(), None]
        found += map(values.__getitem__, chunk.indices.fill_null(len(values) - 1).to_pylist())
    return found
