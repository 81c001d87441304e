"""Why the clusters that do not match a job do not: every reason, not the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.match import match
from placewise.model.job import SLOT, Job, ResourceGroup
from placewise.model.requirement import Requirement, scalar_text


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
        none in the unit asked for, the unit too, as in "memory in MB".
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
    names = index.fleet.names
    matched = set(match(index, job).names)
    wanted = job.requirements
    met = np.ones((len(wanted), len(names)), dtype=np.bool_)
    for row, requirement in enumerate(wanted):
        met[row] = _met_somewhere(index, requirement)
    bare = Job(job.name, tuple(ResourceGroup(group.shape) for group in job.groups))
    fitting = set(match(index, bare).names)
    blocked = [
        Blocked(requirement, tuple(names[c] for c in np.flatnonzero(~held)), _lacking(index, requirement, ~held))
        for requirement, held in zip(wanted, met, strict=True)
        if not held.all()
    ]
    near = []
    for row, requirement in enumerate(wanted):
        alone = ~met[row] & np.logical_and.reduce(np.delete(met, row, axis=0), axis=0)
        enough = set(match(index, _without(job, requirement)).positions) if alone.any() else set()
        near += [
            NearMiss(names[cluster], requirement, _offered(index, cluster, requirement))
            for cluster in np.flatnonzero(alone).tolist()
            if cluster in enough
        ]
    all_met = np.logical_and.reduce(met, axis=0)
    return WhyNot(
        job.name,
        len(names),
        tuple(name for name in names if name in matched),
        tuple(sorted(blocked, key=lambda b: (-len(b.clusters), str(b.requirement)))),
        tuple(near),
        tuple(n for c, n in enumerate(names) if all_met[c] and n in fitting and n not in matched),
        tuple(name for name in names if name not in fitting),
        () if fitting else _unknown_types(index, job),
    )


def _without(job: Job, requirement: Requirement) -> Job:
    groups = ((group.shape, tuple(r for r in group.requirements if r != requirement)) for group in job.groups)
    return Job(job.name, tuple(ResourceGroup(shape, rest) for shape, rest in groups))


def _met_somewhere(index: FleetIndex, requirement: Requirement) -> NDArray[np.bool_]:
    flags = bitset.unpack(index.meeting(requirement), len(index.classes))
    held = np.zeros(len(index.fleet), dtype=np.bool_)
    held[index.class_cluster[flags]] = True
    return held


def _lacking(index: FleetIndex, requirement: Requirement, failing: NDArray[np.bool_]) -> int:
    clusters = index.fleet.clusters
    return sum(
        all(subsystem.name != requirement.subsystem for subsystem in clusters[c].subsystems)
        for c in np.flatnonzero(failing)
    )


def _unknown_types(index: FleetIndex, job: Job) -> tuple[str, ...]:
    vertices = {(v.type, v.unit) for cluster in index.fleet.clusters for v in cluster.graph.vertices}
    known = {kind for kind, _ in vertices}
    unknown, stack = set(), [request for group in job.groups for request in group.shape]
    while stack:
        request = stack.pop()
        stack.extend(request.contents)
        if request.type == SLOT:
            continue
        if request.type not in known:
            unknown.add(request.type)
        elif request.unit and (request.type, request.unit) not in vertices:
            unknown.add(f"{request.type} in {request.unit}")
    return tuple(sorted(unknown))


def _offered(index: FleetIndex, cluster: int, requirement: Requirement) -> str:
    """Write what the places of a cluster see of the fields that a requirement asks about."""
    asked = dict.fromkeys(condition.field for condition in requirement.conditions)
    seeing = index.tree(cluster).seeing
    seen: list[str] = []
    unseen: list[str] = []
    for subsystem in index.fleet.clusters[cluster].subsystems:
        if subsystem.name == requirement.subsystem:
            for vertex in subsystem.vertices:
                values = dict(vertex.properties)
                text = " ".join(f"{name} {scalar_text(values[name])}" for name in asked if name in values)
                if text or not asked:
                    (unseen if seeing.isdisjoint(vertex.attached_to) else seen).append(text or requirement.subsystem)
    if unseen and not seen:
        unseen.append("attached where no node sees it")
    return ", ".join(dict.fromkeys(seen or unseen)) or f"no {requirement.subsystem}"
