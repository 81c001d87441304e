"""Replays of one trace side by side, written down: `scenarios.json`, and `scenario-jobs.parquet` with a row a job.

The first says what came of each scenario, what differs job by job, and what metadata is worth in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from placewise.errors import InputError, Words, locating
from placewise.formats import values
from placewise.formats.codec import Codecs, Layout
from placewise.formats.reading import found_at, read_json
from placewise.formats.results.results_names import SCENARIO_JOBS, SCENARIOS
from placewise.formats.table_files.parquet_files import listed, reading_parquet, refuse_too_large
from placewise.formats.writing import replacing, write_json
from placewise.model.traces.replayed import TraceRecord
from placewise.model.traces.scenarios import Paired, PieceWorth, ScenarioResult, Timed

Columns: TypeAlias = Mapping[str, NDArray[Any]]
"""What became of the jobs in a scenario, by the names of JOB_COLUMNS."""

_CODECS = Codecs(
    {
        TraceRecord: Layout(by_name=frozenset({"dropped", "left_out"})),
        ScenarioResult: Layout(derived={"success": "success"}),
        Paired: Layout(description="over the jobs that started in both; difference: the first less the second"),
        PieceWorth: Layout(
            description="Shapley values summed over jobs: job-seconds of waiting, of waiting and failed attempts, and "
            "processor-seconds of failed attempts, that metadata on the piece takes away"
        ),
    }
)

JOB_COLUMNS = {
    "submit_s": (pa.int64(), "first submission, in virtual time"),
    "end_s": (pa.int64(), "last end; means nothing where the job never started"),
    "wait_s": (pa.int64(), "from each submission to the start, added up over attempts"),
    "runtime_s": (pa.int64(), "of the job, as replayed"),
    "started": (pa.bool_(), "whether any attempt did"),
    "succeeded": (pa.bool_(), "whether the last attempt did"),
    "cluster": (pa.int64(), "where the last attempt that started ran, a position in the fleet; -1 for none"),
    "attempts": (pa.int64(), "that were submitted"),
    "processors": (pa.int64(), "that it holds, in the parts that the trace counts in"),
    "parts": (pa.int32(), "in how many parts the trace divides a processor"),
    "used_s": (pa.int64(), "seconds x processors of all attempts, in these parts"),
    "wasted_s": (pa.int64(), "the same of attempts that failed"),
}
_NAMES = pa.dictionary(pa.int32(), pa.string())
_TEXTS = {"scenario": (_NAMES, "its name"), "job": (pa.string(), "what the trace calls the job")}
_SCHEMA = pa.schema(
    [pa.field(name, kind, metadata={"description": about}) for name, (kind, about) in (_TEXTS | JOB_COLUMNS).items()]
)


def timed_document(timed: Timed) -> dict[str, Any]:
    """Return the content of `scenarios.json`."""
    return {
        "replay": {"trace": _CODECS.write(timed.record)},
        "scenarios": _CODECS.write(timed.results),
        "comparisons": _CODECS.write(timed.comparisons),
        "values": _CODECS.write(timed.values),
    }


_SCENARIO_COLUMNS = {
    "scenario": (pa.string(), "its name"),
    "policy": (pa.string(), "queue policy"),
    "level": (pa.string(), "level of metadata (null: scenarios are not levels crossed with policies)"),
    "jobs": (pa.int64(), "that are summed up"),
    "success": (pa.float64(), "share of all jobs that ended well"),
    "never_started": (pa.int64(), "jobs that no cluster could ever start"),
    "wait_s": (pa.float64(), "mean over the jobs that started"),
    "turnaround_s": (pa.float64(), "likewise"),
    "bounded_slowdown": (pa.float64(), "likewise"),
    "utilisation": (pa.float64(), "share of processor time used"),
    "used_processor_s": (pa.float64(), "processor-seconds of all attempts"),
    "wasted_processor_s": (pa.float64(), "processor-seconds of attempts that failed"),
    "cost": (pa.float64(), "in price units (null: not known)"),
}


def scenarios_table(timed: Timed) -> pa.Table:
    """Return what came of each scenario as a flat table, a row a scenario."""
    rows = [
        {
            "scenario": one.name,
            "policy": one.settings.policy,
            "level": one.level,
            **{name: getattr(one, name) for name in ("jobs", "success", "never_started", "utilisation")},
            **{mean.quantity: mean.mean for mean in one.means if mean.quantity in _SCENARIO_COLUMNS},
            **{name: getattr(one.work, name) for name in ("used_processor_s", "wasted_processor_s", "cost")},
        }
        for one in timed.results
    ]
    fields = [pa.field(name, kind, metadata={"description": said}) for name, (kind, said) in _SCENARIO_COLUMNS.items()]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def write_timed(folder: Path, timed: Timed, jobs: Sequence[str], columns: Iterable[Columns]) -> None:
    """Write `scenarios.json` and `scenario-jobs.parquet`. jobs : names. columns : those of each scenario."""
    write_json(folder / SCENARIOS, timed_document(timed))
    names = pa.array([one.name for one in timed.results], pa.string())
    texts = pa.array(list(jobs), pa.string())
    options = {"compression": "zstd", "use_dictionary": ["scenario"]}
    # Opened here, since Arrow takes only names that are UTF-8.
    with (
        replacing(folder / SCENARIO_JOBS) as temporary,
        temporary.open("wb") as file,
        pq.ParquetWriter(file, _SCHEMA, **options) as writer,
    ):
        for number, one in enumerate(columns):
            scenario = pa.DictionaryArray.from_arrays(pa.array(np.full(len(jobs), number, dtype=np.int32)), names)
            arrays = [pa.array(np.asarray(one[name])).cast(kind) for name, (kind, _) in JOB_COLUMNS.items()]
            writer.write_table(pa.table([scenario, texts, *arrays], schema=_SCHEMA))


def is_timed(folder: Path) -> bool:
    """Whether a folder holds replays side by side."""
    return found_at(folder / SCENARIOS) == "file"


def read_timed(folder: Path) -> Timed:
    """Read `scenarios.json`. Raises InputError for another shape."""
    path = folder / SCENARIOS
    with locating(file=path):
        document = values.exactly(read_json(path), ("replay", "scenarios", "comparisons", "values"), "the document")
        about = values.exactly(document["replay"], ("trace",), "replay")
        return Timed(
            _CODECS.read(TraceRecord, about["trace"], "replay.trace"),
            _CODECS.of(tuple[ScenarioResult, ...]).read(document["scenarios"], "scenarios"),
            _CODECS.of(tuple[Paired, ...]).read(document["comparisons"], "comparisons"),
            _CODECS.of(tuple[PieceWorth, ...]).read(document["values"], "values"),
        )


def read_scenario_jobs(folder: Path) -> dict[str, tuple[list[str], Columns]]:
    """Return the names of the jobs of each scenario, and what became of them. Raises InputError for another shape."""
    path = folder / SCENARIO_JOBS
    if found_at(path) != "file":
        raise InputError("is not a file", file=path, expected="the jobs of replays side by side")
    with locating(file=path), reading_parquet(), path.open("rb") as file:
        opened = pq.ParquetFile(file)
        missing = [name for name in _SCHEMA.names if name not in opened.schema_arrow.names]
        if missing:
            raise InputError("lacks a column", found=Words(", ".join(opened.schema_arrow.names)), expected=missing[0])
        refuse_too_large(opened.metadata, _SCHEMA.names)
        table = opened.read(_SCHEMA.names, use_threads=False).cast(_SCHEMA)
        if any(table[name].null_count for name in _SCHEMA.names):
            raise InputError("some rows lack a value", expected="a value in every column")
        scenario = listed(table["scenario"].combine_chunks().cast(pa.string()), "scenario")
        jobs = table["job"].to_pylist()
        columns = {name: table[name].to_numpy() for name in JOB_COLUMNS}
    places: dict[str, list[int]] = {}
    for row, name in enumerate(scenario):
        places.setdefault(name, []).append(row)
    return {
        name: ([jobs[row] for row in rows], {key: column[rows] for key, column in columns.items()})
        for name, rows in places.items()
    }
