"""Which clusters could ever run a job: one job, a whole workload, or every prefix of its requirements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.hosting import hosts
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.matching.kernels_numpy import NumpyKernels
from placewise.matching.rows import Rows
from placewise.model.job import Job, ResourceGroup
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
    if len(job.groups) == 1:
        places = places_meeting(index, job.groups[0])
        clusters = index.clusters_of(places, job.groups[0].shape)
        positions = np.flatnonzero(bitset.unpack(clusters, len(index.fleet))).tolist()
    else:
        usable = [bitset.unpack(places_meeting(index, group), len(index.classes)) for group in job.groups]
        positions = [c for c in range(len(index.fleet)) if _hosts_all(index, c, job.groups, usable)]
    return Match(tuple(positions), tuple(index.fleet.clusters[c].name for c in positions))


def places_meeting(index: FleetIndex, group: ResourceGroup) -> NDArray[np.uint64]:
    """Return the (words,) place classes at which every requirement of a group holds."""
    places = bitset.full(len(index.classes))
    for requirement in group.requirements:
        places &= index.meeting(requirement)
    return places


def _hosts_all(
    index: FleetIndex, cluster: int, groups: tuple[ResourceGroup, ...], usable: list[NDArray[np.bool_]]
) -> bool:
    mine = np.flatnonzero(index.class_cluster == cluster)
    asks = [
        (group.shape, [place for kind in mine if flags[kind] for place in index.classes[kind].places])
        for group, flags in zip(groups, usable, strict=True)
    ]
    return hosts(index.tree(cluster), asks)


def match_workload(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.uint64]:
    """Return (jobs, words): the clusters that match each job; equal jobs are computed once."""
    profiles = workload.profiles()
    return match_rows(index, workload.select(profiles.first), kernels)[profiles.of_job]


def match_rows(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.uint64]:
    """Return (jobs, words): the clusters that match each job, every job computed on its own."""
    table = index.table(workload.requirements)
    rows = Rows.of(workload.offsets, workload.ids)
    places = (kernels or NumpyKernels()).intersect(table, rows, bitset.full(len(index.classes)))
    return index.clusters_of(places, workload.shape)


def count_matches(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.int64]:
    """Return (jobs,) how many clusters match each job, without keeping the sets where counting allows it."""
    if workload.shape or len(index.classes) != len(index.fleet):
        return bitset.size_of(match_rows(index, workload, kernels))
    table = index.table(workload.requirements)
    rows = Rows.of(workload.offsets, workload.ids)
    return (kernels or NumpyKernels()).count(table, rows, bitset.full(len(index.fleet)))
