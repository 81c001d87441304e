"""Records in tables: CSV and Parquet files with any columns, whose kinds are declared or inferred."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from placewise.errors import InputError, Words, locating, one_of
from placewise.formats import values
from placewise.formats.reading import read_bytes
from placewise.formats.table_files.csv_reading import column_names, on_one_thread
from placewise.formats.table_files.parquet_files import dictionaries, listed, refuse_long_texts, refuse_too_large
from placewise.model.jobs.records import Column, Kind, Records
from placewise.model.versions.version import parse_version

_NAMES = ("name", "names", "job", "id")


def read_records(path: Path, kinds: Mapping[str, Kind]) -> Records:
    """Return the rows of a .csv or .parquet file.

    kinds : of some columns; a column of numbers is inferred to hold numbers, and any other texts. Of numbers an empty
    cell is not known. The names of the jobs are in a column name, names, job or id, or else the numbers of the rows.

    Raises InputError naming file, row (the first of the data is row 1) and column.
    """
    with locating(file=path):
        # A version such as 1.10 is no number, and is not to be read as one first.
        texts = {name for name, kind in kinds.items() if kind != "number"}
        table = read_table(path, texts.intersection)
        if not table.num_rows:
            raise InputError("holds no records", expected="one or more rows")
        for name in kinds:
            if name not in table.column_names:
                raise InputError("has no such column", found=name, expected=one_of(name, table.column_names))
        named = next((name for name in _NAMES if name in table.column_names and name not in kinds), None)
        names = [str(row) for row in range(1, table.num_rows + 1)] if named is None else listed(table[named], named)
        columns = {
            name: _column(table[name], kinds.get(name, _inferred(table[name])), name)
            for name in table.column_names
            if name != named
        }
        versions = frozenset(name for name, kind in kinds.items() if kind == "version")
        return Records(_texts(names, named or "name", version=False), columns, versions)


def read_table(path: Path, texts: Callable[[Sequence[str]], Iterable[str]]) -> pa.Table:
    """Return the table of a .csv or .parquet file. texts : which columns of a CSV file are texts, whatever is in them.

    Raises InputError for anything else, and for a table that is too large.
    """
    read = read_bytes(path)
    content = pa.BufferReader(read)
    try:
        if path.suffix.lower() == ".csv":
            options = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(texts(column_names(read)), pa.string()))
            table = pyarrow.csv.read_csv(content, on_one_thread(), convert_options=options)
            return _with_one_column_a_name(table)
        if path.suffix.lower() == ".parquet":
            file = pyarrow.parquet.ParquetFile(content)
            refuse_too_large(file.metadata)
            refuse_long_texts(content, file.schema)
            repeating = dictionaries(file.schema_arrow)
            whole = pyarrow.parquet.ParquetFile(content, read_dictionary=repeating)
            return _with_one_column_a_name(whole.read(use_threads=False))
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"is not a readable table: {' '.join(str(error).split())}") from error
    raise InputError("has no known extension", found=path.suffix, expected=".csv or .parquet")


def _with_one_column_a_name(table: pa.Table) -> pa.Table:
    names = table.column_names
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("two columns have the same name", found=twice, expected="names that differ")
    return table


def _inferred(column: pa.ChunkedArray) -> Kind:
    kind = column.type
    holds = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal, pa.types.is_boolean)
    return "number" if any(is_number(kind) for is_number in holds) else "text"


def _column(column: pa.ChunkedArray, kind: Kind, name: str) -> Column:
    if kind == "number":
        try:
            numbers = np.array(_numbers(column).to_numpy(zero_copy_only=False), dtype=np.float64)
        except (pa.ArrowException, ValueError) as error:
            found = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
            raise InputError(
                "is not a column of numbers", place=f"column {name}", found=Words(found), expected="numbers"
            ) from error
        endless = np.flatnonzero(np.isinf(numbers))
        if len(endless):
            place = f"row {endless[0] + 1}, column {name}"
            raise InputError(
                "is not a usable number", place=place, found=float(numbers[endless[0]]), expected="a finite number"
            )
        return numbers
    return _texts(listed(column, name), name, version=kind == "version")


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.float64())
    chunks = [chunk.dictionary.cast(pa.float64()).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, pa.float64())


def _texts(column: Sequence[Any], name: str, *, version: bool) -> tuple[str, ...]:
    known: dict[Any, str] = {}
    for row, value in enumerate(column, start=1):
        place = f"row {row}, column {name}"
        if isinstance(value, list | dict):
            raise InputError("is not one value", place=place, found=value, expected="a text or a number")
        if value not in known:
            text = _text(value, place, version=version)
            values.refuse_control(text, place)
            if version:
                with locating(place=place):
                    parse_version(text)
            known[value] = text
    return tuple(known[value] for value in column)


def _text(value: Any, place: str, *, version: bool) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text", place=place, found=value) from error
    if isinstance(value, float):
        if version:
            return values.version_text(value, place)
        raise InputError("is a number in a column of text", place=place, found=value, expected="text")
    return "" if value is None and not version else str(value)
