"""Many jobs as columns: each distinct requirement once, a job as a short row of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.jobs.job import Job, ResourceGroup, Shape
from placewise.model.requirements.requirement import Expression

PACKAGE = "package"
"""The column of the root package of each job."""


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """The distinct requirement sets of a workload.

    first : (profiles,) int64, the first job of each, ascending.
    of_job : (jobs,) int64, the profile of each job.
    counts : (profiles,) int64, how many jobs have it.
    """

    first: NDArray[np.int64]
    of_job: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """Jobs that share one shape of resources, stored as columns.

    names : (jobs,) names; repeats stand for repeated jobs.
    requirements : the distinct requirements.
    offsets : (jobs + 1,) int64; job j has `ids[offsets[j]:offsets[j + 1]]`.
    ids : (sum of requirements of the jobs,) int32, positions in `requirements`; within a job by subsystem name.
    columns : further facts, each of length jobs: package, package_version, ...
    shape : what every job asks of the nodes; empty when the documents say nothing of it.

    Raises InputError for offsets or columns of the wrong length, and when two jobs of one name ask for
    different things.
    """

    names: tuple[str, ...]
    requirements: tuple[Expression, ...]
    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    shape: Shape = ()

    def __post_init__(self) -> None:
        offsets = np.ascontiguousarray(self.offsets, dtype=np.int64)
        ids = np.ascontiguousarray(self.ids, dtype=np.int32)
        for array in (offsets, ids):
            array.flags.writeable = False
        object.__setattr__(self, "offsets", offsets)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        if len(offsets) != len(self.names) + 1:
            raise InputError("names and offsets disagree", found=len(offsets), expected=str(len(self.names) + 1))
        for name, column in self.columns.items():
            if len(column) != len(self.names):
                raise InputError(
                    f"the column {name!r} has the wrong length", found=len(column), expected=str(len(self))
                )

    @classmethod
    def from_rows(
        cls,
        names: Iterable[str],
        rows: Iterable[Sequence[Expression]],
        columns: Mapping[str, Sequence[Any]] | None = None,
        shape: Shape = (),
    ) -> Workload:
        """Build a workload from one sequence of requirements a job."""
        interned: dict[Expression, int] = {}
        ids = [[interned.setdefault(r, len(interned)) for r in row] for row in rows]
        return cls.from_ids(tuple(names), tuple(interned), ids, columns or {}, shape)

    @classmethod
    def from_ids(
        cls,
        names: tuple[str, ...],
        requirements: tuple[Expression, ...],
        rows: Sequence[Sequence[int]],
        columns: Mapping[str, Sequence[Any]],
        shape: Shape = (),
    ) -> Workload:
        """Build a workload from rows of positions in `requirements`; rows are put in canonical order."""
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        ids = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(lengths.sum()))
        workload = cls.from_flat(names, requirements, lengths, ids, columns, shape)
        _refuse_conflicts(workload)
        return workload

    @classmethod
    def from_flat(
        cls,
        names: tuple[str, ...],
        requirements: tuple[Expression, ...],
        lengths: NDArray[np.int64],
        ids: NDArray[np.int32],
        columns: Mapping[str, Sequence[Any]],
        shape: Shape = (),
    ) -> Workload:
        """Build a workload from all rows laid end to end; rows are put in canonical order.

        `lengths` is (jobs,), `ids` is (sum of lengths,). Whether jobs of one name agree is left to the
        caller, who can name their documents (see `first_conflict`).
        """
        in_order = sorted(range(len(requirements)), key=lambda i: (requirements[i].subsystem, i))
        by_rank = np.array(in_order, dtype=np.int32)
        rank = np.empty(len(requirements), dtype=np.int64)
        rank[by_rank] = np.arange(len(requirements))
        offsets = _offsets(lengths)
        if not _rows_ascend(rank[ids], offsets):
            job = np.repeat(np.arange(len(lengths)), lengths)
            keys = np.sort(job * len(requirements) + rank[ids])
            # A requirement given twice to one job is one requirement.
            once = np.append(True, keys[1:] != keys[:-1])
            ids = by_rank[(keys - job * len(requirements))[once]]
            offsets = _offsets(np.bincount(job[once], minlength=len(lengths)))
        return cls(names, requirements, offsets, ids, columns, shape)

    def __reduce__(self) -> tuple[Any, ...]:
        """Send it to another process whole; the read-only view of the columns cannot be."""
        return Workload, (self.names, self.requirements, self.offsets, self.ids, dict(self.columns), self.shape)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def requirement_counts(self) -> NDArray[np.int64]:
        """(jobs,) how many requirements each job has."""
        return np.diff(self.offsets)

    def row(self, job: int) -> NDArray[np.int32]:
        """Return the requirement positions of one job."""
        return self.ids[self.offsets[job] : self.offsets[job + 1]]

    def job(self, job: int) -> Job:
        """Return one job as a value of its own."""
        wanted = tuple(self.requirements[i] for i in self.row(job))
        facts = tuple((name, column[job]) for name, column in self.columns.items() if column[job] is not None)
        return Job(self.names[job], (ResourceGroup(self.shape, wanted),), attributes=facts)

    def profiles(self) -> Profiles:
        """Return the distinct requirement sets, in the order of their first job."""
        seen: dict[bytes, int] = {}
        data = self.ids.tobytes()
        width = self.ids.itemsize
        edges = (self.offsets * width).tolist()
        of_job = np.fromiter(
            (seen.setdefault(data[a:b], len(seen)) for a, b in pairwise(edges)),
            dtype=np.int64,
            count=len(self),
        )
        first = np.full(len(seen), len(self), dtype=np.int64)
        np.minimum.at(first, of_job, np.arange(len(self)))
        return Profiles(first, of_job, np.bincount(of_job, minlength=len(seen)))

    def root_packages(self) -> tuple[str, ...] | None:
        """Return the package that each job builds or runs, its column `package`; None where some job names none."""
        names = self.columns.get(PACKAGE, ())
        return tuple(names) if len(names) and all(isinstance(name, str) for name in names) else None

    def measurements(self) -> None:
        """Return None: a workload says nothing of what its jobs used and took."""
        return

    def select(self, jobs: NDArray[np.integer[Any]]) -> Workload:
        """Return the workload of these jobs (positions), in the order given."""
        jobs = np.asarray(jobs, dtype=np.int64)
        lengths = self.requirement_counts[jobs]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        take = np.repeat(self.offsets[jobs] - offsets[:-1], lengths) + np.arange(offsets[-1])
        chosen = jobs.tolist()
        return Workload(
            tuple(self.names[j] for j in chosen),
            self.requirements,
            offsets,
            self.ids[take],
            {name: [column[j] for j in chosen] for name, column in self.columns.items()},
            self.shape,
        )


def first_conflict(workload: Workload) -> tuple[int, int] | None:
    """Return the first job that asks for other things than an earlier one of its name, after that one; or None."""
    if len(set(workload.names)) == len(workload.names):
        return None
    wanted = workload.profiles().of_job.tolist()
    first_of: dict[str, int] = {}
    for job, name in enumerate(workload.names):
        first = first_of.setdefault(name, job)
        if wanted[first] != wanted[job]:
            return first, job
    return None


def _refuse_conflicts(workload: Workload) -> None:
    conflict = first_conflict(workload)
    if conflict is not None:
        first, job = conflict
        raise InputError(
            f"two jobs are named {workload.names[job]!r} and ask for different things",
            place=f"jobs {first + 1} and {job + 1}",
            expected="a name of its own for each set of requirements (equal jobs may share one, and all count)",
        )


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _rows_ascend(values: NDArray[np.int64], offsets: NDArray[np.int64]) -> bool:
    ascends = values[1:] > values[:-1]
    starts = offsets[1:-1]
    # From one row to the next the values may fall.
    ascends[starts[(starts > 0) & (starts < len(values))] - 1] = True
    return bool(ascends.all())
