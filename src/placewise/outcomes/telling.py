"""What the scheduler is told of each job: nothing, one subsystem, more and more, or everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.matching.rows import Rows
from placewise.model.job import Shape
from placewise.model.workload import Workload


class Places(Protocol):
    """The places of a fleet at which needs are met or not, such as those of a `FleetIndex`."""

    @property
    def everything(self) -> NDArray[np.uint64]:
        """(words,) the set of all of them."""
        ...

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Turn (..., words) sets of usable places into (..., words) sets of clusters that can host the shape."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """The subsystems that each job needs, and where what it needs of each is met.

    offsets : (jobs + 1,); the needs of job j are `ids[offsets[j]:offsets[j + 1]]`, one a subsystem.
    ids : positions in `table`. subsystem : (needs in the table,) positions in `names`.
    table : (distinct needs, words) the place classes at which all that is asked of the subsystem holds.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]
    table: NDArray[np.uint64]
    subsystem: NDArray[np.int32]
    names: tuple[str, ...]
    shape: Shape

    @classmethod
    def of(cls, index: FleetIndex, workload: Workload) -> Needs:
        """Gather a workload's requirements by subsystem."""
        return cls.of_table(workload, index.table(workload.requirements))

    @classmethod
    def of_table(cls, workload: Workload, table: NDArray[np.uint64]) -> Needs:
        """Gather them when (requirements, words) the places at which each requirement holds are known."""
        names = tuple(sorted({requirement.subsystem for requirement in workload.requirements}))
        position = {name: i for i, name in enumerate(names)}
        subsystem = np.array([position[r.subsystem] for r in workload.requirements], dtype=np.int32)
        offsets, ids = workload.offsets, workload.ids
        job = np.repeat(np.arange(len(workload)), workload.requirement_counts)
        # Within a job requirements stand by subsystem, so those on one subsystem are neighbours.
        opens = np.ones(len(ids), dtype=np.bool_)
        opens[1:] = (np.diff(job) != 0) | (np.diff(subsystem[ids]) != 0)
        if opens.all():
            return cls(offsets, ids, table, subsystem, names, workload.shape)
        merged: dict[tuple[int, ...], int] = {}
        numbers = [merged.setdefault(tuple(run), len(merged)) for run in np.split(ids, np.flatnonzero(opens)[1:])]
        lengths = np.bincount(job[opens], minlength=len(workload))
        return cls(
            np.concatenate(([0], np.cumsum(lengths))),
            np.array(numbers, dtype=np.int32),
            np.array([np.bitwise_and.reduce(table[list(run)], axis=0) for run in merged]).reshape(-1, table.shape[1]),
            np.array([subsystem[run[0]] for run in merged], dtype=np.int32),
            names,
            workload.shape,
        )

    @property
    def per_job(self) -> NDArray[np.int64]:
        """(jobs,) how many subsystems each job needs."""
        return np.diff(self.offsets)

    @property
    def job(self) -> NDArray[np.int64]:
        """(needs,) the job of each entry of `ids`."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.per_job)

    def in_order(self, rank: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return `ids` with each job's needs sorted by the rank of their subsystem, a permutation of (names,)."""
        keys = self.job * len(self.names) + rank[self.subsystem[self.ids]]
        return self.ids[np.argsort(keys, kind="stable")]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Submissions before assignment: job, level, the subsystem told last (-1: none), and the matches."""

    job: NDArray[np.int64]
    level: NDArray[np.int32]
    subsystem: NDArray[np.int32]
    matches: NDArray[np.uint64]


def tell_nothing(index: Places, needs: Needs) -> Told:
    """Submit every job with its shape alone."""
    jobs = len(needs.offsets) - 1
    everywhere = index.clusters_of(index.everything[None, :], needs.shape)
    return Told(
        np.arange(jobs), np.zeros(jobs, dtype=np.int32), np.full(jobs, -1, np.int32), np.repeat(everywhere, jobs, 0)
    )


def tell_one(index: Places, needs: Needs) -> Told:
    """Submit every job once for each subsystem that it needs, told that one alone."""
    matches = index.clusters_of(needs.table, needs.shape)[needs.ids]
    return Told(needs.job, np.ones(len(needs.ids), dtype=np.int32), needs.subsystem[needs.ids], matches)


def tell_all(index: Places, needs: Needs, kernels: Kernels) -> Told:
    """Submit every job once, told everything."""
    return tell_some(index, needs, kernels, np.ones(len(needs.names), dtype=np.bool_))


def tell_some(index: Places, needs: Needs, kernels: Kernels, chosen: NDArray[np.bool_]) -> Told:
    """Submit every job once, told what it needs of some subsystems; chosen : (names,)."""
    jobs = len(needs.offsets) - 1
    told = chosen[needs.subsystem[needs.ids]]
    levels = np.bincount(needs.job[told], minlength=jobs)
    offsets = np.concatenate(([0], np.cumsum(levels)))
    places = kernels.intersect(needs.table, Rows.of(offsets, needs.ids[told]), index.everything)
    matches = index.clusters_of(places, needs.shape)
    return Told(np.arange(jobs), levels.astype(np.int32), np.full(jobs, -1, np.int32), matches)


def tell_more_and_more(index: Places, needs: Needs, kernels: Kernels, rank: NDArray[np.int64]) -> Told:
    """Submit every job with one subsystem, with two, ... in order of rank, until nothing matches any more."""
    ids = needs.in_order(rank)
    prefixes = kernels.prefixes(needs.table, Rows.of(needs.offsets, ids))
    matches = index.clusters_of(prefixes.bits, needs.shape)
    job = np.repeat(np.arange(len(prefixes.reached)), prefixes.reached)
    starts = np.cumsum(prefixes.reached) - prefixes.reached
    level = np.arange(len(job)) - np.repeat(starts, prefixes.reached)
    subsystem = needs.subsystem[ids[needs.offsets[job] + level]]
    if matches is not prefixes.bits:
        # A shape may fit nowhere while single nodes still qualify: stop at the first such level.
        empty_before = _empties_before(matches, starts, prefixes.reached)
        keep = empty_before == 0
        job, level, subsystem, matches = job[keep], level[keep], subsystem[keep], matches[keep]
    return Told(job, (level + 1).astype(np.int32), subsystem, matches)


def _empties_before(
    matches: NDArray[np.uint64], starts: NDArray[np.int64], reached: NDArray[np.int64]
) -> NDArray[np.int64]:
    empty = ~matches.any(axis=1)
    so_far: NDArray[np.int64] = np.cumsum(empty) - empty
    at_start: NDArray[np.int64] = so_far[np.minimum(starts, max(0, len(so_far) - 1))] if len(so_far) else so_far
    return so_far - np.repeat(at_start, reached)
