"""The jobs that match nothing, and where they would match if something were left out of what they ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.workload import Workload

_BLOCK_BYTES = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """What jobs ask, one entry for each job and thing asked.

    offsets : (jobs + 1,) int64; job j asks `ids[offsets[j]:offsets[j + 1]]`, positions in `table`.
    table : (things, words) the place classes at which each is met.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int64]
    table: NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """Entries of demands whose job would do with the others alone.

    job : (entries,) int64, positions in the workload. demand : (entries,) int64, the one left out.
    places : (entries, words), where all the others are met.
    """

    job: NDArray[np.int64]
    demand: NDArray[np.int64]
    places: NDArray[np.uint64]


def by_subsystem(index: FleetIndex, workload: Workload) -> tuple[Demands, list[tuple[int, ...]]]:
    """Return what is asked of each subsystem together, and the requirements that each such demand consists of."""
    position: dict[str, int] = {}
    subject = [position.setdefault(one.subsystem, len(position)) for one in workload.requirements]
    subjects = np.array(subject, dtype=np.int64)[workload.ids]
    job = np.repeat(np.arange(len(workload)), workload.requirement_counts)
    # Within a job requirements stand by subsystem, so those on one are neighbours.
    opens = np.ones(len(job), dtype=np.bool_)
    opens[1:] = (np.diff(job) != 0) | (np.diff(subjects) != 0)
    starts = np.flatnonzero(opens)
    table = index.table(workload.requirements)
    if opens.all():
        made: list[tuple[int, ...]] = [(number,) for number in range(len(workload.requirements))]
        return Demands(workload.offsets, workload.ids.astype(np.int64), table), made
    merged: dict[tuple[int, ...], int] = {}
    runs = np.split(workload.ids, starts[1:])
    ids = [merged.setdefault(tuple(run.tolist()), len(merged)) for run in runs]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(job[starts], minlength=len(workload)))))
    rows = np.array([np.bitwise_and.reduce(table[list(run)], axis=0) for run in merged])
    return Demands(offsets, np.array(ids, dtype=np.int64), rows), list(merged)


def without_each(
    index: FleetIndex, demands: Demands, jobs: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]]:
    """Yield, for each entry of some jobs, job, demand and the (words,) places that meet all others, in blocks."""
    lengths = np.diff(demands.offsets)[jobs]
    table = np.vstack([demands.table, index.everything])
    longest = int(lengths.max(initial=0))
    step = max(1, _BLOCK_BYTES // max(1, 8 * index.words * longest))
    for start in range(0, len(jobs) if longest else 0, step):
        chosen, length = jobs[start : start + step], lengths[start : start + step]
        columns = np.arange(int(length.max()))
        there = columns < length[:, None]
        at = np.where(there, demands.offsets[chosen][:, None] + columns, 0)
        ids = np.where(there, demands.ids[at], len(table) - 1)
        others = np.empty((len(columns), len(chosen), index.words), dtype=np.uint64)
        seen = np.broadcast_to(index.everything, others.shape[1:]).copy()
        for column in columns:
            others[column] = seen
            seen &= table[ids[:, column]]
        seen[:] = index.everything
        for column in columns[::-1]:
            others[column] &= seen
            seen &= table[ids[:, column]]
        yield np.repeat(chosen, length), ids[there], others.transpose(1, 0, 2)[there]


def nearly_matching(index: FleetIndex, workload: Workload, demands: Demands, jobs: NDArray[np.int64]) -> Alone:
    """Return the entries of some jobs without which the job would match some cluster."""
    found = []
    for job, demand, places in without_each(index, demands, jobs):
        near = index.clusters_of(places, workload.shape).any(axis=1)
        found.append((job[near], demand[near], places[near]))
    none = np.zeros(0, dtype=np.int64)
    found.append((none, none, np.zeros((0, index.words), dtype=np.uint64)))
    return Alone(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def fewest_failing(index: FleetIndex, workload: Workload, jobs: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return (jobs,) how many requirements each job fails where it fails fewest; None if no cluster is large enough.

    A requirement fails on a cluster on no node of which it is met; only clusters that could host the shape count.
    """
    fitting = bitset.from_number(index.hosting_alone(workload.shape), len(index.names))
    if not fitting.any():
        return None
    unmet = ~bitset.unpack(index.clusters_of(index.table(workload.requirements)), len(index.names))[:, fitting]
    found = np.zeros(len(jobs), dtype=np.int64)
    for number, job in enumerate(jobs.tolist()):
        found[number] = unmet[workload.row(job)].sum(axis=0, dtype=np.int64).min()
    return found
