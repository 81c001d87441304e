"""Which clusters could ever run a job: one job, a whole workload, or every prefix of its requirements."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.bits.rows import Rows
from placewise.matching.fleet.askable import require_askable
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.fleet.meeting import Meeting
from placewise.matching.incomparable import Incomparable
from placewise.matching.limits.few_nodes import FewNodes
from placewise.matching.limits.one_partition import hosted_by_one, limit_among
from placewise.matching.shapes.hosting import inner_requirements
from placewise.matching.shapes.joint_groups import joint_groups
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import Job, Shape
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Expression

_Met: TypeAlias = list[list[Meeting]]


@dataclass(frozen=True, slots=True)
class Match:
    """The clusters that could run a job, as positions in the fleet, ascending; none is a value too.

    positions : in the fleet, ascending. names : of these clusters.
    unknown : the names of those that would match if what is not described there were as asked.
    incomparable : those of which a value decides that cannot be compared with what is asked.
    """

    positions: tuple[int, ...]
    names: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    incomparable: tuple[Incomparable[Expression], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.positions)


def match(index: FleetIndex, job: Job) -> Match:
    """Return the clusters that can host the job's shape on nodes at which its requirements hold.

    Raises InputError for a requirement that is not understood (see `FleetIndex.meeting`), for a type of resource that
    nobody has, and for a shape that takes too much work to place exactly (see `hosting`).
    """
    index = index.asked_by(job)
    work = Work.of(len(index.names))
    met = _met(index, job, work)
    able = _matching(index, job, met, work)
    found = match_of(index, able)
    if _certain(met) and not _requires_inside(job) and not _counts_nodes(index, job, work):
        return found
    undecided = _matching(index, job, met, work, possible=True) & ~able
    incomparable = incomparables(index, job, undecided)
    named = {one.cluster for one in incomparable}
    unknown = tuple(name for name in match_of(index, undecided).names if name not in named)
    return replace(found, unknown=unknown, incomparable=incomparable)


def match_of(index: FleetIndex, clusters: int) -> Match:
    """Return the match of a set of clusters that is given as a number (see `bitset.to_number`)."""
    positions = bitset.members(clusters)
    return Match(tuple(positions), tuple(index.names[position] for position in positions))


def matching(index: FleetIndex, job: Job, *, possible: bool = False, work: Work | None = None) -> int:
    """Return the clusters that match a job, as a number; raises what `match` does.

    possible : those that may match count as well: where what is not described, or not comparable, decides.
    work : the budget, that for one job if not given.
    """
    work = work or Work.of(len(index.names))
    index = index.asked_by(job, work)
    return _matching(index, job, _met(index, job, work), work, possible=possible)


def _matching(index: FleetIndex, job: Job, met: _Met, work: Work, *, possible: bool = False) -> int:
    usable = []
    for of_group in met:
        places = index.all_places
        for one in of_group:
            places &= one.possible_number if possible else one.yes_number
        usable.append(places)
    if len(usable) == 1 and index.size == len(index.names):
        # Where the places of a cluster are all alike they are usable together or not at all.
        (places,), (group,) = usable, job.groups
        if not places or not group.shape:
            return places
        # A shape that takes too much work on some cluster is no error where only others are left: looked at below.
        with contextlib.suppress(InputError):
            able = places & index.hosting_alone(group.shape, possible=possible, check=work.check)
            limit = limit_among(job.requirements)
            return hosted_by_one(index, [group.shape], limit, usable, able, possible=possible, work=work)
    sets = [bitset.pack(bitset.from_number(places, index.size)) for places in usable]
    asked = [(group.shape, places) for group, places in zip(job.groups, sets, strict=True)]
    able = bitset.to_number(bitset.pack(hosting(index, asked, possible=possible, work=work)))
    shapes, limit = [group.shape for group in job.groups], limit_among(job.requirements)
    return hosted_by_one(index, shapes, limit, usable, able, possible=possible, work=work)


def _met(index: FleetIndex, job: Job, work: Work) -> _Met:
    """Return where each requirement of each group holds.

    Whether a job is matched or may be is asked one after the other, so that the last answer is kept.
    """
    known = index.last_met
    if known is not None and known[0] is job:
        return known[1]
    for group in job.groups:
        index.require_types(group.shape)
    require_askable(index, (one for group in job.groups for one in group.requirements))
    met = [[index.meeting(requirement, work) for requirement in group.requirements] for group in job.groups]
    index.last_met = job, met
    return met


def _certain(met: _Met) -> bool:
    return all(one.certain for of_group in met for one in of_group)


def _requires_inside(job: Job) -> bool:
    return any(inner_requirements(group.shape) for group in job.groups)


def _counts_nodes(index: FleetIndex, job: Job, work: Work) -> bool:
    """Whether numbers of nodes are limited for a job that asks for none: where they cannot be counted it is unknown."""
    shapes = [group.shape for group in job.groups]
    return FewNodes.of(index, shapes, limit_among(job.requirements), work) is not None


def undecided_clusters(index: FleetIndex, job: Job, matched: int | None = None, work: Work | None = None) -> int:
    """Return the clusters of which it is unknown whether they match a job, as a number.

    matched : those that match, if known. work : the budget, that for one job if not given.
    """
    work = work or Work.of(len(index.names))
    index = index.asked_by(job, work)
    met = _met(index, job, work)
    if _certain(met) and not _requires_inside(job) and not _counts_nodes(index, job, work):
        return 0
    if matched is None:
        matched = _matching(index, job, met, work)
    return _matching(index, job, met, work, possible=True) & ~matched


def incomparables(index: FleetIndex, job: Job, clusters: int) -> tuple[Incomparable[Expression], ...]:
    """Return which of some clusters, given as a number, have values that cannot be compared, and with what."""
    index = index.asked_by(job)
    found: dict[int, Incomparable[Expression]] = {}
    for requirement in job.requirements:
        for problem, places in index.meeting(requirement).problems:
            seeing = bitset.to_number(index.clusters_of(places)) & clusters
            for position in bitset.members(seeing):
                name = index.names[position]
                found.setdefault(position, Incomparable(name, requirement, str(problem)))
    return tuple(found[position] for position in sorted(found))


def clusters_meeting(
    index: FleetIndex, requirement: Expression, *, possible: bool = False, work: Work | None = None
) -> int:
    """Return the clusters that meet a requirement somewhere, as a number.

    possible : those that may meet it count as well. work : see `FleetIndex.meeting`.
    """
    index = index.naming([requirement], work)
    met = index.meeting(requirement, work)
    if index.size == len(index.names):
        return met.possible_number if possible else met.yes_number
    return bitset.to_number(index.clusters_of(met.possible if possible else met.yes))


def hosting(
    index: FleetIndex,
    groups: Sequence[tuple[Shape, NDArray[np.uint64]]],
    *,
    possible: bool = False,
    work: Work | None = None,
) -> NDArray[np.bool_]:
    """Return (clusters,) whether each hosts all shapes at once, each on its (words,) usable place classes.

    possible, work : see `FleetIndex.clusters_of`.
    """
    work = work or Work.of(len(index.names))
    if len(groups) == 1:
        shape, places = groups[0]
        return bitset.unpack(index.clusters_of(places, shape, possible=possible, work=work), len(index.names))
    able = np.ones(len(index.names), dtype=np.bool_)
    for _, places in groups:
        able &= bitset.unpack(index.clusters_of(places), len(index.names))
    groups = joint_groups(groups, np.ndarray.tobytes)
    if len(groups) < 2:
        return able & hosting(index, groups, possible=possible, work=work) if groups else able
    usable = [bitset.to_number(places) for _, places in groups]
    asked_of = index.hosting_of([shape for shape, _ in groups], possible=possible, work=work)
    for cluster in np.flatnonzero(able).tolist():
        able[cluster] = index.hosts(asked_of, cluster, [index.layout.here(cluster, places) for places in usable])
    return able


def match_workload(
    index: FleetIndex, workload: Workload, kernels: Kernels | None = None, *, possible: bool = False
) -> NDArray[np.uint64]:
    """Return (jobs, words): the clusters that match each job, or may; equal jobs are computed once."""
    profiles = workload.profiles()
    return match_rows(index, workload.select(profiles.first), kernels, possible=possible)[profiles.of_job]


def match_rows(
    index: FleetIndex, workload: Workload, kernels: Kernels | None = None, *, possible: bool = False
) -> NDArray[np.uint64]:
    """Return (jobs, words): the clusters that match each job, or may, every job computed on its own."""
    index.require_types(workload.shape)
    if workload.shape and limit_among(workload.requirements):
        found = [matching(index, workload.job(job), possible=possible) for job in range(len(workload))]
        return bitset.pack(np.array([bitset.from_number(one, len(index.names)) for one in found]))
    table = index.table(workload.requirements, possible=possible)
    rows = Rows.of(workload.offsets, workload.ids)
    places = (kernels or NumpyKernels()).intersect(table, rows, index.everything)
    return index.clusters_of(places, workload.shape, possible=possible)


def count_matches(index: FleetIndex, workload: Workload, kernels: Kernels | None = None) -> NDArray[np.int64]:
    """Return (jobs,) how many clusters match each job, without keeping the sets where counting allows it."""
    if workload.shape or index.size != len(index.names):
        return bitset.size_of(match_rows(index, workload, kernels))
    table = index.table(workload.requirements)
    rows = Rows.of(workload.offsets, workload.ids)
    return (kernels or NumpyKernels()).count(table, rows, index.everything)
