"""`jobs.parquet` of a replay: a row an attempt, in the order in which attempts were submitted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from placewise.errors import InputError, Words, locating, one_of
from placewise.formats.reading import found_at
from placewise.formats.table_files.parquet_files import reading_parquet, refuse_too_large
from placewise.formats.writing import replacing
from placewise.model.traces.replay import Schedule, attempt_numbers
from placewise.model.traces.replayed import Attempts
from placewise.model.traces.trace import UNKNOWN, Labels, Trace

ROW_GROUP = 1 << 17
_NAMES = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = {
    "job": (pa.string(), "what the trace calls the job"),
    "position": (pa.int64(), "of the job in the trace as replayed, from 0"),
    "attempt": (pa.int32(), "1 for the job's first submission; 0: it was never submitted"),
    "user": (_NAMES, "as the trace names the user"),
    "cluster": (_NAMES, "where it was sent (null: nowhere)"),
    "processors": (pa.int64(), "that it holds, in the parts that the trace counts in"),
    "parts": (pa.int32(), "in how many parts the trace divides a processor"),
    "submit_s": (pa.int64(), "submission, in virtual time"),
    "start_s": (pa.int64(), "start (null: never)"),
    "end_s": (pa.int64(), "end (null: never)"),
    "reserved_s": (pa.int64(), "the first reservation that it had (null: none)"),
    "failed": (pa.bool_(), "whether it ended without success"),
    "runtime_s": (pa.int64(), "of the job, as replayed"),
    "requested_s": (pa.int64(), "its time limit (null: not said)"),
}
_SCHEMA = pa.schema([pa.field(name, kind, metadata={"description": about}) for name, (kind, about) in _COLUMNS.items()])


@contextlib.contextmanager
def writing_replay_jobs(path: Path) -> Iterator[Callable[[Attempts], None]]:
    """Yield what takes attempts in, in their order; they are written by row groups, as a whole or not at all."""
    options = {"compression": "zstd", "use_dictionary": ["user", "cluster"]}
    waiting: list[pa.Table] = []
    # Opened here, since Arrow takes only names that are UTF-8.
    with replacing(path) as temporary, temporary.open("wb") as file, pq.ParquetWriter(file, _SCHEMA, **options) as to:

        def take(attempts: Attempts) -> None:
            for part in _tables(attempts):
                waiting.append(part)
                if sum(len(one) for one in waiting) >= ROW_GROUP:
                    joined = pa.concat_tables(waiting).combine_chunks()
                    to.write_table(joined.slice(0, ROW_GROUP))
                    waiting[:] = [joined.slice(ROW_GROUP)]

        yield take
        if any(len(one) for one in waiting):
            to.write_table(pa.concat_tables(waiting).combine_chunks())


def replay_table(trace: Trace, schedule: Schedule) -> pa.Table:
    """Return the content of `jobs.parquet`; each field says in its metadata what it is."""
    parts = [table for attempts in attempts_of(trace, schedule) for table in _tables(attempts)]
    return pa.concat_tables(parts) if parts else _SCHEMA.empty_table()


def attempts_of(trace: Trace, schedule: Schedule) -> Iterator[Attempts]:
    """Yield the attempts of a replay, and then the jobs that were never submitted."""
    yield Attempts(trace, schedule, attempt_numbers(schedule))
    left = np.ones(len(trace), dtype=np.bool_)
    left[schedule.job] = False
    if not left.any():
        return
    never = np.flatnonzero(left)
    given = np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors)
    nothing = np.full(len(never), UNKNOWN, dtype=np.int64)
    nobody = Schedule(
        job=never,
        cluster=nothing.astype(np.int32),
        submit_s=trace.submit_s[never],
        start_s=nothing,
        end_s=nothing,
        reserved_s=nothing,
        failed=np.zeros(len(never), dtype=np.bool_),
        processors=given[never],
        clusters=schedule.clusters,
        capacity=schedule.capacity,
    )
    yield Attempts(trace, nobody, np.zeros(len(never), dtype=np.int64))


def _tables(attempts: Attempts) -> Iterator[pa.Table]:
    trace, schedule = attempts.trace, attempts.schedule
    users = pa.array(list(trace.user.names), pa.string())
    clusters = pa.array(list(schedule.clusters), pa.string())
    for start in range(0, len(schedule), ROW_GROUP):
        rows = slice(start, start + ROW_GROUP)
        of = schedule.job[rows]
        given = np.where(trace.requested_processors[of] > 0, trace.requested_processors[of], trace.processors[of])
        table = [
            _texts(trace, of),
            pa.array(of + attempts.first),
            pa.array(attempts.number[rows].astype(np.int32)),
            _named(trace.user.codes[of], users),
            _named(schedule.cluster[rows], clusters),
            pa.array(given),
            pa.array(np.full(len(of), trace.processor_parts, dtype=np.int32)),
            pa.array(schedule.submit_s[rows]),
            *(_known(getattr(schedule, name)[rows]) for name in ("start_s", "end_s", "reserved_s")),
            pa.array(schedule.failed[rows]),
            pa.array(trace.runtime_s[of]),
            pa.array(trace.requested_s[of], mask=trace.requested_s[of] <= 0),
        ]
        yield pa.table(table, schema=_SCHEMA)


def read_schedules(path: Path, clusters: Sequence[str]) -> Iterator[Schedule]:
    """Yield the attempts of a file that was written just now, by row groups. clusters : names."""
    times = ("submit_s", "start_s", "end_s", "reserved_s")
    places = {name: place for place, name in enumerate(clusters)}
    with locating(file=path), reading_parquet(), pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, [*times, "position", "attempt", "cluster", "processors", "failed"])
            table = table.filter(pa.array(table["attempt"].to_numpy() > 0)).combine_chunks()
            named = table["cluster"].combine_chunks()
            codes = np.array([places[name] for name in named.dictionary.to_pylist()] + [UNKNOWN], dtype=np.int32)
            yield Schedule(
                job=table["position"].to_numpy(),
                cluster=codes[named.indices.fill_null(len(codes) - 1).to_numpy()],
                **{name: table[name].fill_null(UNKNOWN).to_numpy() for name in times},
                failed=table["failed"].to_numpy(),
                processors=table["processors"].to_numpy(),
                clusters=tuple(clusters),
                capacity=np.zeros(len(clusters), dtype=np.int64),  # which is not said there
            )


def read_replay_jobs(path: Path, clusters: Sequence[tuple[str, float]], source: str) -> tuple[Trace, Schedule]:
    """Return the trace, as far as the file has it, and the schedule. clusters : names and processors.

    Raises InputError for a file that is not as `writing_replay_jobs` writes it.
    """
    if found_at(path) != "file":
        raise InputError("is not a file", file=path, expected="the jobs of a replay")
    with locating(file=path):
        with reading_parquet(), path.open("rb") as file:
            opened = pq.ParquetFile(file)
            missing = [name for name in _COLUMNS if name not in opened.schema_arrow.names]
            if missing:
                raise InputError(
                    "lacks a column", found=Words(", ".join(opened.schema_arrow.names)), expected=missing[0]
                )
            refuse_too_large(opened.metadata, list(_COLUMNS))
            table = opened.read(list(_COLUMNS), use_threads=False).cast(_SCHEMA)
        return _parts_of(table, clusters, source)


def _parts_of(table: pa.Table, clusters: Sequence[tuple[str, float]], source: str) -> tuple[Trace, Schedule]:
    column = {
        name: table[name].fill_null(UNKNOWN).to_numpy() for name in _COLUMNS if pa.types.is_integer(table[name].type)
    }
    position, attempt, parts = column["position"], column["attempt"], int(column["parts"].max(initial=1))
    count = int(position.max(initial=-1)) + 1
    firsts = np.flatnonzero(attempt <= 1)
    if parts < 1 or not np.array_equal(np.sort(position[firsts]), np.arange(count)):
        raise InputError("lacks the first attempt of a job", expected="the jobs of a replay")
    places = {name: place for place, (name, _) in enumerate(clusters)}
    sent = table["cluster"].to_pylist()
    unknown = next((name for name in sent if name is not None and name not in places), None)
    if unknown is not None:
        raise InputError("names a cluster that the summary lacks", found=unknown, expected=one_of(unknown, places))
    rows = np.flatnonzero(attempt >= 1)
    cluster = np.array([UNKNOWN if name is None else places[name] for name in sent], dtype=np.int32)
    schedule = Schedule(
        job=position[rows].astype(np.int64),
        cluster=cluster[rows],
        **{name: column[name][rows] for name in ("submit_s", "start_s", "end_s", "reserved_s")},
        failed=table["failed"].to_numpy().astype(np.bool_)[rows],
        processors=column["processors"][rows],
        clusters=tuple(places),
        capacity=np.array([round(processors * parts) for _, processors in clusters], dtype=np.int64),
    )
    return _trace(table, column, firsts[np.argsort(position[firsts])], parts, source), schedule


def _trace(
    table: pa.Table, column: dict[str, NDArray[np.int64]], rows: NDArray[np.int64], parts: int, source: str
) -> Trace:
    count = len(rows)
    nothing = np.full(count, UNKNOWN, dtype=np.int64)
    users = table["user"].combine_chunks()
    codes = users.indices.fill_null(UNKNOWN).to_numpy()[rows].astype(np.int32)
    names = table["job"].to_pylist()
    return Trace(
        names=tuple(str(names[row]) for row in rows.tolist()),
        submit_s=column["submit_s"][rows],
        runtime_s=column["runtime_s"][rows],
        requested_s=column["requested_s"][rows],
        processors=nothing,
        requested_processors=column["processors"][rows],
        nodes=nothing,
        memory_bytes=nothing,
        gpus_milli=nothing,
        exclusive=np.zeros(count, dtype=np.bool_),
        user=Labels(tuple(map(str, users.dictionary.to_pylist())), codes),
        group=Labels.none(count),
        queue=Labels.none(count),
        asks=((),),
        ask=np.zeros(count, dtype=np.int32),
        after=nothing,
        think_s=nothing,
        processor_parts=parts,
        source=source,
    )


def _texts(trace: Trace, jobs: NDArray[np.int64]) -> pa.Array:
    if isinstance(trace.names, np.ndarray):
        return pa.array(trace.names[jobs]).cast(pa.string())
    return pa.array([trace.names[job] for job in jobs.tolist()], pa.string())


def _known(values: NDArray[np.int64]) -> pa.Array:
    return pa.array(values, mask=values == UNKNOWN)


def _named(numbers: NDArray[np.integer], names: pa.Array) -> pa.DictionaryArray:
    numbers = numbers.astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers < 0), names)
