"""Outcomes of jobs as Parquet, which `outcome_records` and `build_records` read by the names of the columns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from placewise.errors import InputError
from placewise.formats.records.outcome_records import DURATION, MEMORY, TIME
from placewise.formats.writing import replacing

ROW_GROUP = 1 << 16
_NAME = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = {
    "id": (pa.string(), "the scheduler's number of the job"),
    "succeeded": (pa.bool_(), "whether its cluster reported it as finished; else as failed"),
    "package": (_NAME, "the attribute package of the job"),
    "version": (_NAME, "its attribute package_version (null: not said)"),
    "compiler": (_NAME, "of the cluster (null: not described, or several)"),
    "compiler_version": (_NAME, "likewise"),
    "arch": (_NAME, "likewise"),
    "dependencies": (
        pa.map_(pa.string(), pa.string()),
        "what the job asked for: each subsystem with the version that the cluster has of it",
    ),
    "cluster": (_NAME, "where it ran"),
    DURATION: (pa.float64(), "seconds, as reported (null: not)"),
    MEMORY: (pa.float64(), "the memory of the cluster, as its state says (null: it does not)"),
    TIME: (pa.float64(), "when it was submitted, seconds since the epoch"),
}
_SCHEMA = pa.schema([pa.field(name, kind, metadata={"description": about}) for name, (kind, about) in _COLUMNS.items()])


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How a job ended; the fields are the columns of the file, None where nothing is known."""

    id: str
    succeeded: bool
    package: str
    version: str | None
    compiler: str | None
    compiler_version: str | None
    arch: str | None
    dependencies: Mapping[str, str]
    cluster: str
    duration_s: float | None
    memory_bytes: float | None
    submit_time: float


@contextlib.contextmanager
def writing_outcomes(path: Path) -> Iterator[Callable[[Sequence[OutcomeRow]], None]]:
    """Yield what takes rows in, in their order; they are written by row groups, as a whole or not at all.

    Raises InputError, at the end and with nothing written, where there was no row.
    """
    waiting: list[OutcomeRow] = []
    written = 0
    options = {"compression": "zstd"}
    # Opened here, since Arrow takes only names that are UTF-8.
    with replacing(path) as temporary:
        with temporary.open("wb") as file, pq.ParquetWriter(file, _SCHEMA, **options) as to:

            def take(rows: Sequence[OutcomeRow]) -> None:
                nonlocal waiting, written
                waiting += rows
                written += len(rows)
                while len(waiting) >= ROW_GROUP:
                    to.write_table(_table(waiting[:ROW_GROUP]))
                    waiting = waiting[ROW_GROUP:]

            yield take
            if waiting:
                to.write_table(_table(waiting))
        if not written:
            raise InputError(
                "there are no outcomes to write", expected="at least one job with a package and a reported outcome"
            )


def _table(rows: Sequence[OutcomeRow]) -> pa.Table:
    columns = {name: [getattr(row, name) for row in rows] for name in _COLUMNS}
    columns["dependencies"] = [list(one.items()) for one in columns["dependencies"]]
    return pa.table(columns, schema=_SCHEMA)
