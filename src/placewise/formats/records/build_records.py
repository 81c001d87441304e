"""Build records from wherever they were collected: an experiment folder, CSV, Parquet, or an SQLite database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from placewise.errors import InputError, Words, locating
from placewise.formats import values
from placewise.formats.experiment_folder import read_experiment
from placewise.formats.reading import found_at, read_bytes
from placewise.formats.records.outcome_records import ROLES, outcomes_of
from placewise.formats.table_files.csv_reading import column_names, on_one_thread
from placewise.formats.table_files.parquet_files import dictionaries, listed, refuse_long_texts, refuse_too_large
from placewise.formats.table_files.sqlite_table import sqlite_columns
from placewise.model.jobs.records import Measurements

TABLE = "builds"
NAMES = {
    "package": ("package", "package_name", "pkg"),
    "memory": ("memory_mean_bytes", "memory_mean", "mem_mean", "memory_bytes", "memory"),
    "duration": ("duration_s", "duration", "duration_seconds", "runtime_s", "runtime"),
}

FACTS = {
    "arch": ("arch", "architecture"),
    "compiler": ("compiler", "compiler_name"),
    "compiler_version": ("compiler_version",),
}
"""What a build ran on, as far as there are columns of it."""
TIMES = ("submit_time", "start_time", "started_at", "built_at", "timestamp")
"""When a build ran, where no column is named."""

OUTCOMES = ROLES["outcome"]
"""Whether a build succeeded."""

_EXPECTED = ".csv, .parquet, .db, .sqlite, .sqlite3 or an experiment folder"

# Package, memory and duration, in this order, then facts and times, under the names that the source gives them.
Rows: TypeAlias = Mapping[str, Sequence[Any] | NDArray[np.float64]]


def read_build_records(path: Path, *, cache: Path | None, time: str | None = None) -> Measurements:
    """Return package, mean memory, duration, what it ran on, and when, of every build in a source, in its order.

    The source is an experiment folder of the kind spack-build (`cache` as in `read_experiment`), or a
    .csv, .parquet, .db, .sqlite or .sqlite3 file, the last three with a table or view ``builds``. Its
    columns are, by the first of these names: package (package_name, pkg); memory_mean_bytes (memory_mean,
    mem_mean, memory_bytes, memory), bytes; duration_s (duration, duration_seconds, runtime_s, runtime),
    seconds. There may be: arch (architecture), compiler (compiler_name), compiler_version, texts, empty where
    not known, and no fact where that is everywhere; and when each ran, under the name `time`, or one of submit_time,
    start_time, started_at, built_at and timestamp: seconds, or ISO 8601. Where there is an outcome (built, succeeded,
    success or outcome, as `read_outcome_records` reads it), builds that failed, and those without memory or duration,
    are left out and counted. Others are ignored. Databases are opened for reading only.

    Raises InputError naming file, row (the first of the data is row 1) and column.
    """
    found = found_at(path)
    if found == "folder":
        experiment = read_experiment(path, cache=cache)
        measured = experiment.jobs.measurements()
        if measured is None:
            problem = "holds an experiment of the kind reliabuild"
            raise InputError(problem, file=path, expected="builds with their memory and duration")
        if time is not None:
            raise InputError("an experiment folder holds no times of builds", file=path, found=time)
        return measured
    readers = {".csv": _csv, ".parquet": _parquet, ".db": _sqlite, ".sqlite": _sqlite, ".sqlite3": _sqlite}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        problem = "has no known extension" if found == "file" else "does not exist"
        raise InputError(problem, file=path, found=path.suffix, expected=_EXPECTED)
    with locating(file=path):
        table = dict(reader(path, time))
        outcome = next((name for name in OUTCOMES if name in table and name != time), None)
        ended = None if outcome is None else list(outcomes_of(table.pop(outcome), outcome))
        (package, packages), (memory, memories), (duration, durations), *others = table.items()
        if not len(packages):
            raise InputError("holds no builds", expected="one or more rows")
        known = {fact: _facts(column, name) for name, column in others if (fact := _fact_of(name)) and name != time}
        when = [_times(column, name) for name, column in others if name == time or not _fact_of(name)]
        facts = {fact: known[fact] for fact in FACTS if any(known.get(fact, ()))}
        times = when[0] if when else None
        names = _texts(packages, package)
        if ended is None:
            return Measurements(names, _amounts(memories, memory), _amounts(durations, duration), facts, times)
        kept = np.flatnonzero(np.array(ended) & ~_missing(memories) & ~_missing(durations))
        if not len(kept):
            problem = "holds no build that succeeded, with its memory and its duration"
            raise InputError(problem, found=Words(f"{len(ended):,} other builds"), expected="one or more")
        return Measurements(
            tuple(names[row] for row in kept),
            _amounts(_filled(memories), memory)[kept],
            _amounts(_filled(durations), duration)[kept],
            {fact: tuple(column[row] for row in kept) for fact, column in facts.items()},
            None if times is None else times[kept],
            len(ended) - len(kept),
        )


def _missing(column: Sequence[Any] | NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.array([value is None or value == "" or value != value for value in column], dtype=np.bool_)


def _filled(column: Sequence[Any] | NDArray[np.float64]) -> Sequence[Any]:
    """Return a column with some amount where there is none, so that the others can be looked at."""
    return [1.0 if missing else value for value, missing in zip(column, _missing(column).tolist(), strict=True)]


def _fact_of(column: str) -> str | None:
    return next((fact for fact, names in FACTS.items() if column in names), None)


def _chosen(columns: Sequence[str], time: str | None) -> list[str]:
    """Return the columns that give package, memory and duration, then those of facts and times that there are."""
    chosen = _needed(columns)
    outcomes = tuple(name for name in OUTCOMES if name != time)
    for what, names in [*FACTS.items(), ("time", TIMES if time is None else (time,)), ("outcome", outcomes)]:
        found = [name for name in columns if name in names]
        if len(found) > 1:
            raise InputError(
                f"several columns could be the {what}",
                found=Words(", ".join(found)),
                expected=f"one of {', '.join(names)}",
            )
        if what == "time" and time is not None and not found:
            raise InputError("has no column for the time", found=Words(", ".join(columns)), expected=time)
        if time is not None and what == "time" and time in chosen:
            raise InputError("the column for the time has another use already", found=time, expected="another column")
        chosen += found
    return chosen


def _needed(columns: Sequence[str]) -> list[str]:
    chosen = []
    for what, names in NAMES.items():
        found = [name for name in columns if name in names]
        if not found:
            raise InputError(
                f"has no column for the {what}", found=Words(", ".join(columns)), expected=" or ".join(names)
            )
        if len(found) > 1:
            raise InputError(
                f"several columns could be the {what}",
                found=Words(", ".join(found)),
                expected=f"one of {', '.join(names)}",
            )
        chosen += found
    return chosen


def _csv(path: Path, time: str | None) -> Rows:
    content = read_bytes(path)
    try:
        chosen = _chosen(column_names(content), time)
        options = pyarrow.csv.ConvertOptions(
            include_columns=chosen,
            # As text, so that a number that is none can be reported with its row.
            column_types=dict.fromkeys(chosen, pa.string()),
            strings_can_be_null=False,
        )
        table = pyarrow.csv.read_csv(pa.BufferReader(content), on_one_thread(), convert_options=options)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"is not valid CSV: {_one_line(error)}") from error
    return {
        name: _parsed(table[name]) if 0 < i < len(NAMES) else table[name].to_pylist() for i, name in enumerate(chosen)
    }


def _parsed(column: pa.ChunkedArray) -> Sequence[Any] | NDArray[np.float64]:
    try:
        return column.cast(pa.float64()).to_numpy()  # type: ignore[no-any-return]
    except pa.ArrowInvalid:
        return [_number(text) for text in column.to_pylist()]


def _number(text: str) -> float | str:
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text


def _parquet(path: Path, time: str | None) -> Rows:
    content = read_bytes(path)
    try:
        file = pyarrow.parquet.ParquetFile(pa.BufferReader(content))
        chosen = _chosen(file.schema_arrow.names, time)
        refuse_too_large(file.metadata, chosen)
        refuse_long_texts(pa.BufferReader(content), file.schema, chosen)
        texts = dictionaries(file.schema_arrow)
        table = pyarrow.parquet.ParquetFile(pa.BufferReader(content), read_dictionary=texts).read(
            columns=chosen, use_threads=False
        )
        return {name: _values(table[name], name) for name in chosen}
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"is not valid Parquet: {_one_line(error)}") from error


def _values(column: pa.ChunkedArray, name: str) -> Sequence[Any] | NDArray[np.float64]:
    kinds = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)
    if column.null_count == 0 and any(holds(column.type) for holds in kinds):
        return column.cast(pa.float64(), safe=False).to_numpy()  # type: ignore[no-any-return]
    return listed(column, name)


def _sqlite(path: Path, time: str | None) -> Rows:
    return sqlite_columns(path, TABLE, partial(_chosen, time=time))


def _texts(column: Sequence[Any] | NDArray[np.float64], name: str) -> tuple[str, ...]:
    for row, value in enumerate(column, start=1):
        if not isinstance(value, str) or not value:
            raise InputError("is not text", place=_place(row, name), found=value, expected="the name of a package")
    if values.any_control(set(column)):
        for row, value in enumerate(column, start=1):
            values.refuse_control(value, _place(row, name))
    return tuple(column)


def _facts(column: Sequence[Any] | NDArray[np.float64], name: str) -> tuple[str, ...]:
    """Return texts, empty where not known; versions may be written as numbers."""
    texts = tuple(
        "" if value is None or value != value else str(value) if isinstance(value, int | float) else value
        for value in column
    )
    for row, value in enumerate(texts, start=1):
        if not isinstance(value, str):
            raise InputError("is not text", place=_place(row, name), found=value, expected="text, or nothing")
        values.refuse_control(value, _place(row, name))
    return texts


def _times(column: Sequence[Any] | NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return seconds of numbers, and of dates and times by ISO 8601, which are of UTC where they do not say."""
    return np.array([_seconds(value, _place(row, name)) for row, value in enumerate(column, start=1)])


def _seconds(value: Any, place: str) -> float:
    try:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            value = (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = np.nan
    if not np.isfinite(seconds):
        raise InputError("is not a time", place=place, found=value, expected="seconds, or an ISO 8601 date and time")
    return seconds


def _amounts(column: Sequence[Any] | NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if isinstance(column, np.ndarray):
        if ((column > 0) & np.isfinite(column)).all():
            return column
        column = column.tolist()
    return np.array([values.amount(value, _place(row, name)) for row, value in enumerate(column, start=1)])


def _place(row: int, column: str) -> str:
    return f"row {row}, column {column}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
