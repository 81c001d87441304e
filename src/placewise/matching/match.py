"""Which clusters could ever run a job: one job, a whole workload, or every prefix of its requirements."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.hosting import hosts
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.matching.kernels_numpy import NumpyKernels
from placewise.matching.rows import Rows
from placewise.model.job import Job, ResourceGroup, Shape
from placewise.model.requirement import Requirement
from placewise.model.workload import Workload


@dataclass(frozen=True, slots=True)
class Match:
    """The clusters that could run a job, as positions in the fleet, ascending; none is a value too."""

    positions: tuple[int, ...]
    names: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.positions)


def match(index: FleetIndex, job: Job) -> Match:
    """Return the clusters that can host the job's shape on nodes at which its requirements hold.

    Raises InputError for a requirement on a subsystem that no cluster has, and for a shape that cannot
    be counted exactly (see `hosting`).
    """
    return match_of(index, matching(index, job))


def match_of(index: FleetIndex, clusters: int) -> Match:
    """Return the match of a set of clusters that is given as a number (see `bitset.to_number`)."""
    positions = bitset.members(clusters)
    return Match(tuple(positions), tuple(index.names[position] for position in positions))


def matching(index: FleetIndex, job: Job) -> int:
    """Return the clusters that match a job, as a number; raises what `match` does."""
    if len(job.groups) == 1 and index.size == len(index.names):
        # Where the places of a cluster are all alike they are usable together or not at all.
        (group,) = job.groups
        places = _places_meeting(index, group)
        if not places or not group.shape:
            return places
        # A shape that cannot be counted on some cluster is no error where only others are left: looked at below.
        with contextlib.suppress(InputError):
            return places & index.hosting_alone(group.shape)
    sets = [(group.shape, bitset.from_number(_places_meeting(index, group), index.size)) for group in job.groups]
    able = hosting(index, [(shape, bitset.pack(flags)) for shape, flags in sets])
    return bitset.to_number(bitset.pack(able))


def clusters_meeting(index: FleetIndex, requirement: Requirement) -> int:
    """Return the clusters that meet a requirement somewhere, as a number."""
    if index.size == len(index.names):
        return index.meeting_number(requirement)
    return bitset.to_number(index.clusters_of(index.meeting(requirement)))


def _places_meeting(index: FleetIndex, group: ResourceGroup) -> int:
    places = index.all_places
    for requirement in group.requirements:
        places &= index.meeting_number(requirement)
    return places


def hosting(index: FleetIndex, groups: Sequence[tuple[Shape, NDArray[np.uint64]]]) -> NDArray[np.bool_]:
    """Return (clusters,) whether each hosts all shapes at once, each on its (words,) usable place classes."""
    if len(groups) == 1:
        shape, places = groups[0]
        return bitset.unpack(index.clusters_of(places, shape), len(index.names))
    able = np.ones(len(index.names), dtype=np.bool_)
    for _, places in groups:
        able &= bitset.unpack(index.clusters_of(places), len(index.names))
    usable = [(shape, bitset.unpack(places, index.size)) for shape, places in groups]
    for cluster in np.flatnonzero(able).tolist():
        asks = [(shape, index.places_of(cluster, flags)) for shape, flags in usable]
        able[cluster] = hosts(index.compiled(cluster).tree, asks)
    return able


def match_workload(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.uint64]:
    """Return (jobs, words): the clusters that match each job; equal jobs are computed once."""
    profiles = workload.profiles()
    return match_rows(index, workload.select(profiles.first), kernels)[profiles.of_job]


def match_rows(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.uint64]:
    """Return (jobs, words): the clusters that match each job, every job computed on its own."""
    table = index.table(workload.requirements)
    rows = Rows.of(workload.offsets, workload.ids)
    places = (kernels or NumpyKernels()).intersect(table, rows, index.everything)
    return index.clusters_of(places, workload.shape)


def count_matches(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.int64]:
    """Return (jobs,) how many clusters match each job, without keeping the sets where counting allows it."""
    if workload.shape or index.size != len(index.names):
        return bitset.size_of(match_rows(index, workload, kernels))
    table = index.table(workload.requirements)
    rows = Rows.of(workload.offsets, workload.ids)
    return (kernels or NumpyKernels()).count(table, rows, index.everything)
