"""Why the clusters that do not match a job do not: every reason, not the first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.asks import measured
from placewise.matching.index import FleetIndex
from placewise.matching.match import hosting, matching
from placewise.model.job import SLOTS, Job, ResourceRequest, Shape
from placewise.model.requirement import Requirement
from placewise.model.scalar import scalar_text


@dataclass(frozen=True, slots=True)
class Blocked:
    """One requirement, and the clusters on no node of which it holds."""

    requirement: Requirement
    clusters: tuple[str, ...]
    lacking: int
    """How many of them have no such subsystem at all."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A cluster that one requirement alone keeps from matching, and what it offers instead."""

    cluster: str
    requirement: Requirement
    offered: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """How a fleet answers one job.

    matched : the clusters that match.
    blocked : per requirement the clusters that fail it, most failed first; met everywhere are left out.
    near_misses : the clusters that fail exactly one requirement and nothing else.
    scattered : the clusters that meet each requirement somewhere, but not together on the nodes needed.
    too_small : the clusters that could not host the shape even if every requirement held on every node.
    unknown_types : the types asked for that no cluster of the fleet has, sorted; where some have the type but
        none in a unit that converts to the one asked for, the unit too, as in "memory in MB".
    """

    job: str
    total: int
    matched: tuple[str, ...]
    blocked: tuple[Blocked, ...]
    near_misses: tuple[NearMiss, ...]
    scattered: tuple[str, ...]
    too_small: tuple[str, ...]
    unknown_types: tuple[str, ...]


def why_not(index: FleetIndex, job: Job) -> WhyNot:
    """Explain a match. Raises InputError as `match` does."""
    names, wanted = index.names, job.requirements
    matched = bitset.from_number(matching(index, job), len(names))
    fitting = hosting(index, [(group.shape, index.everything) for group in job.groups])
    places = index.table(wanted)
    unmet = ~bitset.unpack(index.clusters_of(places), len(names))
    failures = unmet.sum(axis=0)
    blocked = [
        Blocked(requirement, _named(names, failed), len(names) - index.clusters_with(requirement.subsystem))
        for requirement, failed in zip(wanted, unmet, strict=True)
        if failed.any()
    ]
    near = []
    for row, requirement in enumerate(wanted):
        alone = unmet[row] & (failures == 1)
        if alone.any():
            near += [
                NearMiss(names[cluster], requirement, _offered(index, cluster, requirement))
                for cluster in np.flatnonzero(alone & hosting(index, _without(index, job, requirement))).tolist()
            ]
    return WhyNot(
        job.name,
        len(names),
        _named(names, matched),
        tuple(sorted(blocked, key=lambda b: (-len(b.clusters), str(b.requirement)))),
        tuple(near),
        _named(names, (failures == 0) & fitting & ~matched),
        _named(names, ~fitting),
        () if fitting.any() else _unknown_types(index, job),
    )


def _named(names: tuple[str, ...], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(compress(names, chosen.tolist()))


def _without(index: FleetIndex, job: Job, requirement: Requirement) -> list[tuple[Shape, NDArray[np.uint64]]]:
    """Return the shape of each group with the (words,) place classes at which all its other requirements hold."""
    groups = []
    for group in job.groups:
        places = index.everything.copy()
        for other in group.requirements:
            if other != requirement:
                places &= index.meeting(other).yes
        groups.append((group.shape, places))
    return groups


def _unknown_types(index: FleetIndex, job: Job) -> tuple[str, ...]:
    vertices = {pair for cluster in range(len(index.names)) for pair in index.compiled(cluster).types}
    known = {kind for kind, _ in vertices}
    unknown, stack = set(), [request for group in job.groups for request in group.shape]
    while stack:
        request = stack.pop()
        stack.extend(request.contents)
        if request.type in SLOTS:
            continue
        if request.type not in known:
            unknown.add(request.type)
        elif request.unit and not _in_unit(request, vertices):
            unknown.add(f"{request.type} in {request.unit}")
    return tuple(sorted(unknown))


def _in_unit(request: ResourceRequest, vertices: set[tuple[str, str]]) -> bool:
    """Whether some vertices have the unit asked for, or one that converts to it."""
    if request.contents:
        return (request.type, request.unit) in vertices
    measure, _ = measured(request.unit)
    return any(unit and measured(unit)[0] == measure for kind, unit in vertices if kind == request.type)


def _offered(index: FleetIndex, cluster: int, requirement: Requirement) -> str:
    """Write what the places of a cluster see of the fields that a requirement asks about."""
    asked = dict.fromkeys(condition.field for condition in requirement.conditions)
    compiled = index.compiled(cluster)
    seeing = compiled.tree.seeing
    seen: list[str] = []
    unseen: list[str] = []
    subsystem = compiled.subsystems.get(requirement.subsystem)
    for vertex in subsystem.vertices if subsystem else ():
        values = dict(vertex.properties)
        text = " ".join(f"{name} {scalar_text(values[name])}" for name in asked if name in values)
        if text or not asked:
            (unseen if seeing.isdisjoint(vertex.attached_to) else seen).append(text or requirement.subsystem)
    if unseen and not seen:
        unseen.append("attached where no node sees it")
    return ", ".join(dict.fromkeys(seen or unseen)) or f"no {requirement.subsystem}"
