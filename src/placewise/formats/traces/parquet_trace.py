"""Traces as Parquet: a row a job, read and written by row groups, so that a trace may be larger than the memory.

The columns are those of `Trace`, with null for what is not said. `user`, `group` and `queue` are texts; `requires` is
JSON, a list of requirements each of which must hold (`requirements.rows`), null where nothing is required; `after` is
the row of the preceding job; `ran_on` a list of the numbers of nodes. What is said of the whole trace is in the
metadata of the file under the key ``placewise``, as JSON.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codecs
from placewise.formats.reading import STANDARD_INPUT, decode, found_at, parse_json
from placewise.formats.requirements.rows import requirement_of, requirement_row
from placewise.formats.table_files.parquet_files import MOST_BYTES, listed, reading_parquet
from placewise.formats.writing import replacing
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.trace import UNKNOWN, Ints, Labels, Machine, Trace, joined

MAGIC = b"PAR1"
ROW_GROUP = 1 << 17
"""So many jobs a row group has as it is written."""

_KEY = b"placewise"
_FORMAT, _VERSION = "trace", 1
_MOST_JOBS = 1 << 22
_MOST_WHOLE = 1 << 25
_MOST = 1 << 60
_NUMBERS = (
    "runtime_s",
    "requested_s",
    "processors",
    "requested_processors",
    "nodes",
    "memory_bytes",
    "gpus_milli",
    "after",
    "think_s",
    "waited_s",
)
_LABELS = ("user", "group", "queue")
_TEXTS = ["name", *_LABELS, "requires"]
_FIXED = {
    "submit_s": pa.int64(),
    **dict.fromkeys(_NUMBERS, pa.int64()),
    "exclusive": pa.bool_(),
    **dict.fromkeys(_LABELS, pa.string()),
    "requires": pa.string(),
    "ran_on": pa.list_(pa.int32()),
}
_NAMES = (pa.string(), pa.int64())
_codecs = Codecs()


@dataclass(frozen=True, slots=True)
class _Whole:
    """What is said of the whole trace."""

    machines: tuple[Machine, ...]
    start_unix_s: int | None
    submits_are_starts: bool
    processor_parts: int
    left_out: Mapping[str, int]
    source: str | None
    notes: tuple[str, ...]


def write_parquet_trace(path: Path, batches: Iterable[Trace]) -> int:
    """Write the parts of a trace one after the other as one file, whole or not at all; return how many jobs.

    The parts are taken one by one. `after` counts rows from the beginning of the whole trace. What is said of the
    whole trace is that of the first part. Raises InputError for requirements that no entries can say, for parts that
    are not in order of submission, and for no jobs.
    """
    jobs, last = 0, -_MOST
    with contextlib.ExitStack() as opened:
        temporary = opened.enter_context(replacing(path))
        writer: pq.ParquetWriter | None = None
        for batch in batches:
            if writer is None:
                file = opened.enter_context(temporary.open("wb"))
                options = {"compression": "zstd", "write_page_checksum": True, "use_dictionary": [*_LABELS, "requires"]}
                writer = opened.enter_context(pq.ParquetWriter(file, _schema(batch), **options))
            if len(batch):
                if batch.submit_s[0] < last:
                    raise InputError("the parts are not in order of submission", file=path, place=f"job {jobs + 1}")
                last = int(batch.submit_s[-1])
            jobs += len(batch)
            with locating(file=path):
                for start in range(0, len(batch), ROW_GROUP):
                    writer.write_table(_rows(batch, slice(start, start + ROW_GROUP), writer.schema))
        if not jobs:
            raise InputError("a trace without jobs cannot be written", file=path, expected="at least one job")
    return jobs


def read_parquet_trace(path: Path) -> Trace:
    """Return the trace of a file, as a whole. Raises InputError as `read_batches` does, and for too many jobs."""
    if (jobs := jobs_in(path)) > _MOST_WHOLE:
        problem = "the trace is too long to be read as a whole"
        raise InputError(problem, file=path, found=jobs, expected=f"at most {_MOST_WHOLE:,} jobs")
    return joined(list(read_batches(path)))


def jobs_in(path: Path) -> int:
    """Return how many jobs a file has. Raises InputError for what is no trace in Parquet."""
    with locating(file=path), _opened(path) as file:
        return int(file.metadata.num_rows)


def says(path: Path, name: str) -> bool:
    """Whether any job of a file says something in a column, such as a time limit; of a number, more than 0.

    Raises InputError for what is no trace in Parquet.
    """
    with locating(file=path), _opened(path) as file:
        _check_columns(file.schema_arrow)
        _check_sizes(file.metadata)
        for number in range(file.num_row_groups):
            with reading_parquet():
                column = file.read_row_group(number, columns=[name], use_threads=False)[name].drop_null()
            if len(column) and (name not in _NUMBERS or (column.to_numpy() > 0).any()):
                return True
    return False


def read_batches(path: Path) -> Iterator[Trace]:
    """Yield a trace by its row groups, each as a trace; never none.

    `after` counts from the beginning of the whole trace. The labels and sets of requirements of a part begin with
    those of the part before, so that positions in them mean the same in every part.

    Raises InputError naming file and row for what is no trace, is damaged, out of order or out of bounds.
    """
    with locating(file=path), _opened(path) as file:
        state = _State(_whole(file.schema_arrow))
        names = _check_columns(file.schema_arrow)
        _check_sizes(file.metadata)
        for number in range(file.num_row_groups):
            with reading_parquet():
                table = file.read_row_group(number, use_threads=False)
                table.validate(full=True)
            if table.num_rows:
                yield state.batch(table, names)
        if not state.jobs:
            raise InputError("the trace has no jobs", expected="one or more rows")


@dataclass(slots=True)
class _State:
    """What the parts of a file share, while they are read."""

    whole: _Whole
    jobs: int = 0
    last_s: int = -_MOST
    labels: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in _LABELS})
    sets: dict[tuple[Expression, ...], int] = field(default_factory=lambda: {(): 0})
    read: dict[str, int] = field(default_factory=dict)

    def batch(self, table: pa.Table, names: pa.DataType) -> Trace:
        first = self.jobs
        columns: dict[str, Any] = {name: _ints(table[name], name, first) for name in _NUMBERS}
        submits = _ints(table["submit_s"], "submit_s", first, least=-_MOST)
        said = np.concatenate([[self.last_s], submits])
        if len(wrong := np.flatnonzero(np.diff(said) < 0)):
            raise InputError("is not in order of submission", place=f"row {first + int(wrong[0]) + 1}")
        rows = np.arange(first, first + len(submits))
        if len(wrong := np.flatnonzero(columns["after"] >= rows)):
            place = f"row {first + int(wrong[0]) + 1}, after"
            raise InputError(
                "is not an earlier row",
                place=place,
                found=int(columns["after"][wrong[0]]),
                expected="a row before this one, counted from 0",
            )
        waited = columns.pop("waited_s")
        self.jobs, self.last_s = first + len(submits), int(submits[-1])
        ran_on = _lists(table["ran_on"], first)
        ask = self._codes(table["requires"], self.read, self._set, first, "requires")
        return Trace(
            names=_names(table["name"], names, first),
            submit_s=submits,
            **columns,
            exclusive=_flags(table["exclusive"]),
            user=self._labels(table["user"], "user", first),
            group=self._labels(table["group"], "group", first),
            queue=self._labels(table["queue"], "queue", first),
            asks=tuple(self.sets),
            ask=np.where(ask == UNKNOWN, 0, ask).astype(np.int32),
            ran_on=ran_on,
            waited_s=None if (waited == UNKNOWN).all() else waited,
            machines=self.whole.machines,
            start_unix_s=self.whole.start_unix_s,
            submits_are_starts=self.whole.submits_are_starts,
            processor_parts=self.whole.processor_parts,
            left_out=tuple(self.whole.left_out.items()),
            source=self.whole.source or "",
            notes=self.whole.notes,
        )

    def _labels(self, column: pa.ChunkedArray, name: str, first: int) -> Labels:
        known = self.labels[name]
        codes = self._codes(column, known, lambda text: _checked(text, name, len(known)), first, name)
        return Labels(tuple(known), codes)

    def _set(self, text: str) -> int:
        listed = values.sequence(parse_json(text, None), "requires")
        asked = tuple(requirement_of(entry, f"requirement {number}") for number, entry in enumerate(listed))
        return self.sets.setdefault(asked, len(self.sets))

    def _codes(
        self, column: pa.ChunkedArray, known: dict[str, int], make: Callable[[str], int], first: int, name: str
    ) -> NDArray[np.int32]:
        """Return for each row what its text is known as; UNKNOWN for null. New texts come in order of appearance."""
        whole = column.combine_chunks()
        codes = np.full(len(whole.dictionary) + 1, UNKNOWN, dtype=np.int32)
        used = whole.indices.drop_null().unique()
        for at, text in zip(used.to_pylist(), whole.dictionary.take(used).to_pylist(), strict=True):
            if text not in known:
                with locating(place=f"{name}, in rows from {first + 1}"):
                    known[text] = make(text)
            codes[at] = known[text]
        found: NDArray[np.int32] = codes[whole.indices.fill_null(len(whole.dictionary)).to_numpy()]
        return found


def _checked(text: str, name: str, code: int) -> int:
    values.text(text, name)
    return code


def _schema(trace: Trace) -> pa.Schema:
    whole = _Whole(
        trace.machines,
        trace.start_unix_s,
        trace.submits_are_starts,
        trace.processor_parts,
        dict(trace.left_out),
        trace.source or None,
        trace.notes,
    )
    document = {"format": _FORMAT, "version": _VERSION, **_codecs.write(whole)}
    name = pa.int64() if isinstance(trace.names, np.ndarray) else pa.string()
    fields = [pa.field("name", name, nullable=False), *(pa.field(name, kind) for name, kind in _FIXED.items())]
    return pa.schema(fields, metadata={_KEY: json.dumps(document)})


def _rows(trace: Trace, rows: slice, schema: pa.Schema) -> pa.Table:
    columns: dict[str, Any] = {"submit_s": trace.submit_s[rows], "exclusive": trace.exclusive[rows]}
    columns["name"] = pa.array(trace.names[rows], schema.field("name").type)
    count = len(columns["submit_s"])
    for name in _NUMBERS:
        column = getattr(trace, name)
        column = np.full(count, UNKNOWN) if column is None else column[rows]
        columns[name] = pa.array(column, pa.int64(), mask=column == UNKNOWN)
    for name in _LABELS:
        labels: Labels = getattr(trace, name)
        columns[name] = _taken(labels.names, labels.codes[rows])
    sets = [json.dumps([requirement_row(one) for one in asks]) for asks in trace.asks[1:]]
    columns["requires"] = _taken(sets, trace.ask[rows] - 1)
    ran_on = [None] * count if trace.ran_on is None else [list(nodes) or None for nodes in trace.ran_on[rows]]
    columns["ran_on"] = pa.array(ran_on, pa.list_(pa.int32()))
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _taken(texts: Iterable[str], codes: NDArray[np.int32]) -> pa.Array:
    """Return the texts at these positions, null for UNKNOWN."""
    indices = pa.array(codes, pa.int32(), mask=codes == UNKNOWN)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(texts), pa.string())).cast(pa.string())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    if path == STANDARD_INPUT or found_at(path) != "file":
        raise InputError("is not a file", expected="a trace in Parquet, as a file")
    with contextlib.ExitStack() as stack:
        with reading_parquet():
            # As dictionaries, since a long text that repeats is in the file once.
            schema = pq.read_metadata(path).schema
            texts = [column.path for column in map(schema.column, range(len(schema))) if column.path in _TEXTS]
            options = {"page_checksum_verification": True, "read_dictionary": texts}
            file = stack.enter_context(pq.ParquetFile(path, **options))
        yield file


def _whole(schema: pa.Schema) -> _Whole:
    content = (schema.metadata or {}).get(_KEY)
    if content is None:
        raise InputError(
            f"is not a trace: the file's metadata has no key {_KEY.decode()!r}", expected="a trace's metadata"
        )
    with locating(place="metadata"):
        document = values.mapping(parse_json(decode(content, None), None), "document")
        if document.pop("format", None) != _FORMAT:
            raise InputError("is not a trace", place="format", expected=_FORMAT)
        version = document.pop("version", None)
        if isinstance(version, bool) or version != _VERSION:
            raise InputError("is of an unknown version", place="version", found=version, expected=f"{_VERSION}")
        whole = _codecs.read(_Whole, document, "document")
        if whole.processor_parts < 1 or any(machine.processors < 1 for machine in whole.machines):
            raise InputError("processors are not counted", expected="whole numbers of 1 or more")
        return whole


def _check_columns(schema: pa.Schema) -> pa.DataType:
    """Return the type of the names. Raises InputError for other columns than those of a trace."""
    found = {field.name: _type_of(field) for field in schema}
    names = found.pop("name", None)
    if names not in _NAMES or found != _FIXED or len(schema) != len(_FIXED) + 1:
        shown = ", ".join(f"{field.name}: {field.type}" for field in schema)
        raise InputError("is not a trace: it has other columns", found=shown, expected=", ".join(_FIXED))
    return names


def _type_of(field: pa.Field) -> pa.DataType:
    folded = field.name in _TEXTS and pa.types.is_dictionary(field.type) and field.type.value_type == pa.string()
    return pa.string() if folded else field.type


def _check_sizes(metadata: pq.FileMetaData) -> None:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        sizes = [group.column(column).total_uncompressed_size for column in range(group.num_columns)]
        counts = [group.column(column).num_values for column in range(group.num_columns)]
        for what, found, most in (
            ("jobs", group.num_rows, _MOST_JOBS),
            ("values", max(counts, default=0), 16 * _MOST_JOBS),
            ("bytes", sum(sizes), MOST_BYTES),
        ):
            if not 0 <= found <= most:
                place = f"row group {number}"
                raise InputError(
                    f"the size of a row group is not usable: {what}",
                    place=place,
                    found=found,
                    expected=f"0 to {most:,}",
                )


def _ints(column: pa.ChunkedArray, name: str, first: int, least: int = 0) -> Ints:
    """Return a column with UNKNOWN for null. Raises InputError for numbers below `least`, and too large ones."""
    unsaid = name == "submit_s"
    if unsaid and column.null_count:
        raise InputError("a submission time is missing", place=f"rows from {first + 1}, {name}", expected="seconds")
    numbers = column.combine_chunks()
    found: Ints = numbers.fill_null(0).to_numpy()
    if len(wrong := np.flatnonzero((found < least) | (found > _MOST))):
        place = f"row {first + int(wrong[0]) + 1}, {name}"
        raise InputError("is not a usable number", place=place, found=int(found[wrong[0]]), expected="0 or more")
    return np.where(numbers.is_null().to_numpy(zero_copy_only=False), UNKNOWN, found)


def _flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = column.combine_chunks().fill_null(False).to_numpy(zero_copy_only=False)
    return found


def _names(column: pa.ChunkedArray, kind: pa.DataType, first: int) -> tuple[str, ...] | Ints:
    if column.null_count:
        raise InputError("a job has no name", place=f"rows from {first + 1}, name", expected="a name")
    if kind == pa.int64():
        numbers: Ints = column.to_numpy()
        return numbers
    names = tuple(listed(column, "name"))
    if values.any_control(names):
        raise InputError("a name holds a control character", place=f"rows from {first + 1}, name")
    return names


def _lists(column: pa.ChunkedArray, first: int) -> tuple[tuple[int, ...], ...] | None:
    if column.null_count == len(column):
        return None
    found = [tuple(nodes or ()) for nodes in column.to_pylist()]
    for row, nodes in enumerate(found, first + 1):
        if any(node is None or node < 0 for node in nodes):
            raise InputError(
                "is not a list of node numbers",
                place=f"row {row}, ran_on",
                found=nodes,
                expected="numbers of 0 or more",
            )
    return tuple(found)
