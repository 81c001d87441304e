"""Workloads as Parquet: read and written piece by piece, so that they may be larger than the memory.

A row is a job: `name` (string) and `ids` (list of int32), positions in the table of distinct requirements,
which stands in the metadata of the file under the key ``placewise``, as JSON::

    {"format": "workload", "version": 1, "requirements": [["cmake", "3.13", "3.16"], ["zlib", null, "1.2"], ...]}

A requirement is a subsystem with the lowest and the highest version, both included, null where that end is open;
any other is ``{"requires": [...]}``, with entries as in a jobspec.
A folder of such files, by name, is one workload; each of them has a table of its own. Jobs of one name are
repeats of it, which nobody checks here. There is no shape: what jobs ask of the nodes has no place in this format.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from placewise.errors import InputError, Words, locating
from placewise.formats import values
from placewise.formats.reading import decode, entries_of, found_at, parse_json
from placewise.formats.requirements.rows import requirement_of, requirement_row
from placewise.formats.table_files.parquet_files import reading_parquet
from placewise.formats.writing import replacing
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Expression

SUFFIX = ".parquet"
ROW_GROUP = 1 << 16

_KEY = b"placewise"
_FORMAT, _VERSION = "workload", 1
_FIELDS = frozenset(("format", "version", "requirements"))
_COLUMNS = {"name": pa.string(), "ids": pa.list_(pa.int32())}
# What one row group may hold, since it is read as a whole: so many jobs, ids, and bytes of a column.
_MOST_JOBS = 1 << 22
_MOST_IDS = 1 << 26
_MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class _RowGroup:
    """Some jobs of a workload: the first of them and how many, and where they stand."""

    file: int
    number: int
    first: int
    jobs: int


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadTable:
    """A workload on disk. It can be pickled, and read in another process where the same files are.

    files : the Parquet files, each with the (its requirements,) int32 positions of its own in `requirements`.
    requirements : the distinct requirements of all files.
    groups : the row groups, in the order of the jobs.
    """

    path: Path
    files: tuple[tuple[Path, NDArray[np.int32]], ...]
    requirements: tuple[Expression, ...]
    groups: tuple[_RowGroup, ...]

    def __len__(self) -> int:
        return self.groups[-1].first + self.groups[-1].jobs

    def chunks(self, jobs: int) -> Iterator[WorkloadChunk]:
        """Yield the workload in chunks of at most `jobs` jobs; raises what `chunk` does."""
        for start in range(0, len(self), jobs):
            yield self.chunk(start, min(start + jobs, len(self)))

    def chunk(self, start: int, stop: int) -> WorkloadChunk:
        """Return the jobs from `start` up to `stop`, a part of the workload.

        Raises InputError naming file and job for a file that is damaged or has changed, and for ids that are null,
        no positions in the table, or more than there are requirements.
        """
        lengths, ids = [np.zeros(1, dtype=np.int64)], []
        for group, column, first in self._columns("ids", start, stop):
            path, positions = self.files[group.file]
            of_job, found = _ids(column, len(positions), path, group.first + first)
            lengths.append(of_job)
            ids.append(positions[found])
        offsets = np.cumsum(np.concatenate(lengths))
        return WorkloadChunk(self, start, offsets, np.concatenate(ids) if ids else np.empty(0, dtype=np.int32))

    def names(self, start: int, stop: int) -> pa.Array:
        """Return the names of these jobs as Arrow strings. Raises InputError as `chunk`, and for a null or no text."""
        found = []
        for group, column, first in self._columns("name", start, stop):
            bad = np.flatnonzero(pc.fill_null(pc.binary_length(column), 0).to_numpy() == 0)
            if len(bad):
                raise InputError(
                    "a job has no name",
                    file=self.files[group.file][0],
                    place=f"job {group.first + first + int(bad[0]) + 1}, name",
                    found=column[int(bad[0])].as_py(),
                    expected="text",
                )
            found.append(column)
        return pa.concat_arrays(found)

    def _columns(self, name: str, start: int, stop: int) -> Iterator[tuple[_RowGroup, pa.Array, int]]:
        """Yield the parts of a column, each with its row group and its first job, counted in that group."""
        with contextlib.ExitStack() as opened:
            file, number = None, -1
            for group in self.groups:
                first, end = max(start, group.first), min(stop, group.first + group.jobs)
                if first >= end:
                    continue
                path = self.files[group.file][0]
                with locating(file=path), reading_parquet():
                    if file is None or number != group.file:
                        opened.close()
                        file, number = (
                            opened.enter_context(pq.ParquetFile(path, page_checksum_verification=True)),
                            group.file,
                        )
                    if group.number >= file.num_row_groups:
                        raise InputError("has changed since it was opened", expected="the same row groups")
                    column = _column(file, group.number, name)
                    if len(column) != group.jobs:
                        raise InputError(
                            "has changed since it was opened", found=len(column), expected=f"{group.jobs} rows"
                        )
                yield group, column.slice(first - group.first, end - first), first - group.first


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadChunk:
    """Some jobs of a workload on disk, one after the other.

    first : the number of the first of them in the workload.
    offsets : (jobs + 1,) int64; job j has `ids[offsets[j]:offsets[j + 1]]`.
    ids : int32, positions in the requirements of the table, in the file's order.
    """

    table: WorkloadTable
    first: int
    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def names(self) -> pa.Array:
        """The names of the jobs, read when they are asked for; raises what `WorkloadTable.names` does."""
        return self.table.names(self.first, self.first + len(self))


def open_workload(path: Path) -> WorkloadTable:
    """Return the workload of a Parquet file, or of a folder of such files, of which only the metadata is read.

    Raises InputError naming file and place: for what is no Parquet file, has other columns, no or another version
    of this format, requirements that are no ranges of versions, row groups beyond what is read at once, or no jobs.
    """
    found = found_at(path)
    if found == "nothing":
        raise InputError("does not exist", file=path, expected=f"a {SUFFIX} file or a folder of them")
    paths = [path] if found == "file" else [entry for entry in entries_of(path) if entry.suffix == SUFFIX]
    if not paths:
        raise InputError("holds no workload", file=path, expected=f"one or more {SUFFIX} files")
    known: dict[Expression, int] = {}
    files: list[tuple[Path, NDArray[np.int32]]] = []
    groups: list[_RowGroup] = []
    jobs = 0
    for number, one in enumerate(paths):
        with locating(file=one):
            if found_at(one) != "file":
                raise InputError("is a folder", expected="a Parquet file")
            with reading_parquet(), pq.ParquetFile(one) as file:
                wanted, sizes = _requirements(file.schema_arrow), _group_sizes(file.metadata)
        positions = [known.setdefault(requirement, len(known)) for requirement in wanted]
        files.append((one, np.array(positions, dtype=np.int32)))
        for group, size in enumerate(sizes):
            if size:
                groups.append(_RowGroup(number, group, jobs, size))
                jobs += size
    if not jobs:
        raise InputError("holds no jobs", file=path, expected="one or more rows")
    return WorkloadTable(path, tuple(files), tuple(known), tuple(groups))


def write_workload(path: Path, workloads: Iterable[Workload]) -> int:
    """Write workloads that share their requirements one after the other as one Parquet file; return how many jobs.

    The file is written whole or not at all, and the workloads are taken one by one. Raises InputError for jobs with
    a shape, for requirements that no entries can say or that differ between workloads, and for no jobs.
    """
    jobs = 0
    writer: pq.ParquetWriter | None = None
    requirements: Sequence[Expression] = ()
    with contextlib.ExitStack() as open_files:
        temporary = open_files.enter_context(replacing(path))
        for workload in workloads:
            if workload.shape:
                raise InputError(
                    "a Parquet workload cannot hold jobs that ask for counts of resources",
                    file=path,
                    expected="jobs with requirements only",
                )
            if writer is None:
                requirements = workload.requirements
                with locating(file=path):
                    schema = _schema(requirements)
                # Names differ, so a dictionary of them would only cost.
                options = {"compression": "zstd", "use_dictionary": ["ids.list.element"], "write_page_checksum": True}
                # Opened here, since Arrow takes only names that are UTF-8.
                file = open_files.enter_context(temporary.open("wb"))
                writer = open_files.enter_context(pq.ParquetWriter(file, schema, **options))
            elif workload.requirements != requirements:
                raise InputError("the workloads have different requirements", file=path, expected="one table for all")
            jobs += len(workload)
            for start in range(0, len(workload), ROW_GROUP):
                writer.write_table(_rows(workload, start, min(start + ROW_GROUP, len(workload)), writer.schema))
        if not jobs:
            raise InputError("a workload without jobs cannot be written", file=path, expected="at least one job")
    return jobs


def _schema(requirements: Sequence[Expression]) -> pa.Schema:
    listed = [requirement_row(requirement) for requirement in requirements]
    document = {"format": _FORMAT, "version": _VERSION, "requirements": listed}
    fields = [pa.field(name, kind, nullable=False) for name, kind in _COLUMNS.items()]
    return pa.schema(fields, metadata={_KEY: json.dumps(document)})


def _rows(workload: Workload, start: int, stop: int, schema: pa.Schema) -> pa.Table:
    offsets = workload.offsets[start : stop + 1]
    ids = workload.ids[offsets[0] : offsets[-1]]
    lists = pa.ListArray.from_arrays(pa.array((offsets - offsets[0]).astype(np.int32)), pa.array(ids))
    return pa.table([pa.array(workload.names[start:stop], pa.string()), lists.cast(_COLUMNS["ids"])], schema=schema)


def _requirements(schema: pa.Schema) -> list[Expression]:
    """Return the requirements of a file with this schema."""
    columns = {field.name: field.type for field in schema}
    if columns != _COLUMNS or len(schema) != len(_COLUMNS):
        found = Words(", ".join(f"{field.name}: {field.type}" for field in schema))
        raise InputError(
            "is not a workload: it has other columns", found=found, expected="name: string, ids: list<int32>"
        )
    content = (schema.metadata or {}).get(_KEY)
    if content is None:
        raise InputError(
            f"is not a workload: the file's metadata has no key {_KEY.decode()!r}", expected="a workload's metadata"
        )
    place = "metadata"
    with locating(place=place):
        document = values.mapping(parse_json(decode(content, None), None), "document")
        if document.get("format") != _FORMAT:
            raise InputError("is not a workload", place="format", found=document.get("format"), expected=_FORMAT)
        version = document.get("version")
        if isinstance(version, bool) or version != _VERSION:
            raise InputError("is of an unknown version", place="version", found=version, expected=f"{_VERSION}")
        values.refuse_unknown(document, _FIELDS, "document")
        listed = values.sequence(document.get("requirements"), "requirements")
        return [requirement_of(entry, f"requirement {number}") for number, entry in enumerate(listed)]


def _group_sizes(metadata: pq.FileMetaData) -> list[int]:
    """Return the number of jobs of each row group."""
    sizes = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = [group.column(column) for column in range(group.num_columns)]
        for what, size, most in (
            ("jobs", group.num_rows, _MOST_JOBS),
            ("ids", max((column.num_values for column in columns), default=0), _MOST_IDS),
            ("bytes", max((column.total_uncompressed_size for column in columns), default=0), _MOST_BYTES),
        ):
            if not 0 <= size <= most:
                raise InputError(
                    f"a row group is too large: {what}",
                    place=f"row group {number}",
                    found=size,
                    expected=f"0 to {most}",
                )
        sizes.append(group.num_rows)
    return sizes


def _column(file: pq.ParquetFile, group: int, name: str) -> pa.Array:
    """Return a column of a row group, with what Arrow leaves unchecked looked at: texts that are not UTF-8."""
    column = file.read_row_group(group, columns=[name], use_threads=False)[name]
    if column.type != _COLUMNS[name]:
        raise InputError("has changed since it was opened", found=Words(column.type), expected=str(_COLUMNS[name]))
    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    whole.validate(full=True)
    return whole


def _ids(
    column: pa.ListArray, requirements: int, path: Path, first: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (jobs,) lengths of the lists and the ids laid end to end. Raises InputError for what is no such list."""

    def refuse(problem: str, job: int, found: object, expected: str) -> InputError:
        return InputError(problem, file=path, place=f"job {first + job + 1}, ids", found=found, expected=expected)

    if column.null_count:
        job = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise refuse("the list is null", job, None, "a list, empty where nothing is required")
    ends = column.offsets.to_numpy().astype(np.int64)
    lengths = np.diff(ends)
    longest = int(np.argmax(lengths)) if len(lengths) else 0
    if len(lengths) and lengths[longest] > requirements:
        expected = f"at most {requirements}, as many as there are requirements"
        raise refuse("the list is too long", longest, int(lengths[longest]), expected)
    flat = column.flatten()
    if flat.null_count:
        at = int(np.flatnonzero(flat.is_null().to_numpy(zero_copy_only=False))[0])
        raise refuse("an id is null", _job_at(ends, at), None, f"a position below {requirements}")
    ids = flat.to_numpy()
    if len(ids) and not (ids.min() >= 0 and ids.max() < requirements):
        at = int(np.flatnonzero((ids < 0) | (ids >= requirements))[0])
        raise refuse(
            "there is no such requirement", _job_at(ends, at), int(ids[at]), f"a position below {requirements}"
        )
    return lengths, ids


def _job_at(ends: NDArray[np.int64], at: int) -> int:
    """Return which list an id at a position of all of them is in."""
    return int(np.searchsorted(ends - ends[0], at, side="right")) - 1
