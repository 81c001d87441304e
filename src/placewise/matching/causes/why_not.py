"""Why the clusters that do not match a job do not: every reason, not the first."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import compress
from operator import or_

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.causes.cause import UNDESCRIBED, Blocked, Cause, CausesThere, NearMiss, Unknown
from placewise.matching.causes.causes import Causes, too_few
from placewise.matching.causes.inside_causes import inside_causes, which_untold
from placewise.matching.causes.node_causes import NodeCauses
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.incomparable import Incomparable
from placewise.matching.match import hosting, incomparables, matching, undecided_clusters
from placewise.matching.shapes.asks import measured
from placewise.matching.shapes.hosting import inner_requirements
from placewise.matching.shapes.work import Work
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.jobs.job import SLOTS, Job, ResourceRequest, Shape
from placewise.model.requirements.requirement import Expression, Requirement, tests_of
from placewise.model.scalar import scalar_text


@dataclass(frozen=True, slots=True)
class WhyNot:
    """How a fleet answers one job.

    job : its name. total : how many clusters the fleet has. matched : the clusters that match.
    blocked : per requirement the clusters that fail it, most failed first; met everywhere are left out.
    near_misses : the clusters that fail exactly one requirement and nothing else.
    scattered : the clusters that meet each requirement somewhere, but not together on the nodes needed.
    too_small : the clusters that could not host the shape even if every requirement held on every node, and all that
        is unknown of what is required inside the shape; none where that takes too much work to say, and those that meet
        each requirement are among the scattered ones then.
    unknown_types : the types asked for that no cluster of the fleet has, sorted; where some have the type but
        none in a unit that converts to the one asked for, the unit too, as in "memory in MB".
    unknown : the clusters that would match if what is not described there were as asked.
    incomparable : those of which a value decides that cannot be compared with what is asked.
    apart : why the scattered ones do not match, and those of the too small ones that what is required inside the
        shape keeps from matching.
    """

    job: str
    total: int
    matched: tuple[str, ...]
    blocked: tuple[Blocked[Expression], ...]
    near_misses: tuple[NearMiss[Expression], ...]
    scattered: tuple[str, ...]
    too_small: tuple[str, ...]
    unknown_types: tuple[str, ...]
    unknown: tuple[Unknown, ...] = ()
    incomparable: tuple[Incomparable[Expression], ...] = ()
    apart: tuple[CausesThere, ...] = ()


def why_not(index: FleetIndex, job: Job, check: Callable[[int], None] | None = None) -> WhyNot:
    """Explain a match. Raises InputError as `match` does. check : see `Work`."""
    work = Work.of(len(index.names), check)
    index = index.asked_by(job, work)
    names, wanted = index.names, job.requirements
    found = matching(index, job, work=work)
    undecided = undecided_clusters(index, job, found, work)
    matched = bitset.from_number(found, len(names))
    work, fitting = Work.besides(len(names), check), np.ones(len(names), dtype=np.bool_)
    inside = list(dict.fromkeys([one for group in job.groups for one in inner_requirements(group.shape)]))
    # What takes too much work to say is left out: a job that can be matched is explained.
    with contextlib.suppress(InputError):
        everywhere = [(group.shape, index.everything) for group in job.groups]
        fitting = hosting(index, everywhere, possible=bool(inside), work=work)
    places = index.table(wanted)
    unmet = ~bitset.unpack(index.clusters_of(places), len(names))
    failures = unmet.sum(axis=0)
    causes = Causes(index, check)
    # Those that most fail first, as causes are looked for within a budget.
    order = sorted(np.flatnonzero(unmet.any(axis=1)).tolist(), key=lambda row: -int(unmet[row].sum()))
    blocked = [_blocked(index, causes, wanted[row], unmet[row]) for row in order]
    near = []
    for row in np.flatnonzero((unmet & (failures == 1)).any(axis=1)).tolist():
        alone, requirement = unmet[row] & (failures == 1), wanted[row]
        able = np.zeros_like(alone)
        with contextlib.suppress(InputError):
            able = alone & hosting(index, _without(index, job, requirement, alone), work=work)
        near += [
            NearMiss(names[cluster], requirement, _offered(index, causes, cluster, requirement))
            for cluster in np.flatnonzero(able).tolist()
        ]
    of_nodes = NodeCauses(index, job, work)

    def untold_of(cluster: int) -> tuple[Cause, ...]:
        attached = _facts(index, causes, cluster, [(one,) for one in inside])
        return *of_nodes.untold(cluster), *attached, *which_untold(index, causes, cluster, job)

    untold = {one: facts for one in bitset.members(undecided) if (facts := untold_of(one))}
    scattered = (failures == 0) & fitting & ~matched
    scattered[bitset.members(undecided) if inside else list(untold)] = False
    groups = [group.requirements for group in job.groups]
    incomparable = incomparables(index, job, undecided) if undecided else ()
    uncompared = {one.cluster for one in incomparable}
    return WhyNot(
        job.name,
        len(names),
        _named(names, matched),
        tuple(sorted(blocked, key=lambda b: (-len(b.clusters), str(b.requirement)))),
        tuple(near),
        _named(names, scattered),
        _named(names, ~fitting),
        () if fitting.any() else _unknown_types(index, job),
        tuple(
            Unknown(
                names[cluster],
                (*_facts(index, causes, cluster, groups), *untold.get(cluster, ())),
            )
            for cluster in bitset.members(undecided)
            if names[cluster] not in uncompared
        ),
        incomparable,
        _grouped(
            [
                *(
                    (names[one], of_nodes.failing(one) or (too_few(index, one, groups),))
                    for one in np.flatnonzero(scattered).tolist()
                ),
                *inside_causes(index, job, ~fitting, work),
            ]
        ),
    )


def _blocked(
    index: FleetIndex, causes: Causes, requirement: Expression, failed: NDArray[np.bool_]
) -> Blocked[Expression]:
    """Return where a requirement fails and why, which is the same for all jobs; what was spent on it counts again."""
    kept: tuple[Blocked[Expression], int] | None = index.explained.get(requirement)
    if kept is not None and causes.spend(kept[1]):
        return kept[0]
    before = causes.left
    blocked = _found_blocked(index, causes, requirement, failed)
    # Of these alone no cause is asked for once more.
    if isinstance(requirement, Requirement) and not isinstance(requirement, SiteLimit) and not causes.exhausted:
        told = sum(len(one.clusters) * 64 + sum(400 + len(c.line) for c in one.causes) for one in blocked.causes)
        index.explained.keep(requirement, (blocked, before - causes.left), 400 + told)
    return blocked


def _found_blocked(
    index: FleetIndex, causes: Causes, requirement: Expression, failed: NDArray[np.bool_]
) -> Blocked[Expression]:
    names = tuple(dict.fromkeys(test.subsystem for test in tests_of(requirement)))
    clusters = np.flatnonzero(failed).tolist()
    lacking = len(clusters)
    if any(index.clusters_with(name) for name in names):
        lacking = int((failed & ~reduce(or_, map(index.having, names))).sum())
    found = (
        ()
        if causes.exhausted
        else _grouped((index.names[cluster], causes.of(cluster, requirement)) for cluster in clusters)
    )
    return Blocked(requirement, _named(index.names, failed), lacking, found)


def _grouped(causes: Iterable[tuple[str, tuple[Cause, ...]]]) -> tuple[CausesThere, ...]:
    clusters: defaultdict[tuple[Cause, ...], list[str]] = defaultdict(list)
    for cluster, found in causes:
        clusters[found].append(cluster)
    there = [CausesThere(found, tuple(names)) for found, names in clusters.items()]
    return tuple(sorted(there, key=lambda one: (-len(one.clusters), one.clusters)))


def _facts(
    index: FleetIndex, causes: Causes, cluster: int, groups: Iterable[tuple[Expression, ...]]
) -> tuple[Cause, ...]:
    """Return what is not described of a cluster and decides whether places of it are usable."""
    found: dict[Cause, None] = {}
    for requirements in () if causes.exhausted else groups:
        possible = causes.places(cluster)
        for requirement in requirements:
            possible &= index.meeting(requirement).possible_number
        for requirement in requirements:
            if causes.exhausted:
                break
            if where := possible & ~index.meeting(requirement).yes_number:
                found.update(dict.fromkeys(causes.at(cluster, requirement, where)))
    return tuple(cause for cause in found if cause.kind == UNDESCRIBED)


def _named(names: tuple[str, ...], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(compress(names, chosen.tolist()))


def _without(
    index: FleetIndex, job: Job, requirement: Expression, among: NDArray[np.bool_]
) -> list[tuple[Shape, NDArray[np.uint64]]]:
    """Return the shape of each group with the (words,) place classes at which all its other requirements hold.

    among : (clusters,) those whose places count.
    """
    groups = []
    for group in job.groups:
        places = bitset.pack(np.repeat(among, np.diff(index.firsts)))
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


def _offered(index: FleetIndex, causes: Causes, cluster: int, requirement: Expression) -> str:
    """Write what a cluster's places see of the fields that a requirement asks about.

    Of an expression, and of a limit, its causes.
    """
    if not isinstance(requirement, Requirement) or isinstance(requirement, SiteLimit):
        return "; ".join(dict.fromkeys(map(str, causes.of(cluster, requirement))))
    asked = dict.fromkeys(condition.field for condition in requirement.conditions)
    compiled = index.compiled(cluster)
    seeing = compiled.tree.seeing
    seen: list[str] = []
    unseen: list[str] = []
    subsystem = index.subsystem(cluster, requirement.subsystem)
    for vertex in subsystem.vertices if subsystem else ():
        values = dict(vertex.properties)
        text = " ".join(f"{name} {scalar_text(values[name])}" for name in asked if name in values)
        if text or not asked:
            (unseen if seeing.isdisjoint(vertex.attached_to) else seen).append(text or requirement.subsystem)
    if unseen and not seen:
        unseen.append("attached where no node sees it")
    known = index.vocabulary.is_complete(compiled.cluster.name, requirement.subsystem)
    nothing = f"no {requirement.subsystem}" if known else f"no {requirement.subsystem} that is described"
    return ", ".join(dict.fromkeys(seen or unseen)) or nothing
