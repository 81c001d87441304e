"""Questions that change nothing: what matches, why not, which clusters and jobs there are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import itemgetter

import numpy as np

from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.match import Match, clusters_meeting
from placewise.matching.why_not import WhyNot, why_not
from placewise.model.job import NODE, Job
from placewise.model.requirement import Requirement
from placewise.model.resources import ResourceGraph
from placewise.service.live.state import State

_FEW_PAIRS = 10_000


def match(state: State, job: Job, usable: frozenset[str] | None) -> Match:
    """Return the clusters, of those that may be used, that could ever run a job."""
    found = state.fleet.scheduler.match(job)
    if usable is None:
        return found
    kept = [pair for pair in zip(found.positions, found.names, strict=True) if pair[1] in usable]
    return Match(tuple(position for position, _ in kept), tuple(name for _, name in kept))


async def explain(state: State, job: Job, usable: frozenset[str] | None) -> WhyNot:
    """Say why the clusters that may be used and do not match a job do not."""
    index = state.fleet.scheduler.index
    # Where it takes no longer than to wake another thread, it is done here.
    small = len(index.names) * len(job.requirements) < _FEW_PAIRS
    why = why_not(index, job) if small else await state.beside(partial(why_not, index, job))
    return why if usable is None else _restricted(why, index, usable)


def most_failed(state: State, job: Job, usable: frozenset[str] | None) -> list[tuple[Requirement, int]]:
    """Return the requirements that fail on some of the clusters that may be used, and on how many: most first.

    A fraction of what `explain` takes.
    """
    index = state.fleet.scheduler.index
    usable_ones = bitset.to_number(
        index.clusters_of(index.everything)
        if usable is None
        else bitset.pack(np.fromiter((name in usable for name in index.names), np.bool_, count=len(index.names)))
    )
    total = usable_ones.bit_count()
    failed = []
    for requirement in job.requirements:
        failures = total - (clusters_meeting(index, requirement) & usable_ones).bit_count()
        if failures:
            failed.append((requirement, failures))
    return sorted(failed, key=itemgetter(1), reverse=True)


def in_words(why: WhyNot) -> list[str]:
    """Say line by line what keeps clusters from matching, the requirements that fail on most first."""
    lines = [f"{one.requirement} fails on {len(one.clusters)} of {why.total}" for one in why.blocked]
    if why.too_small:
        lines.append(f"{len(why.too_small)} of {why.total} cannot host the resources")
    if why.scattered:
        lines.append(f"{len(why.scattered)} of {why.total} meet the requirements only on different nodes")
    lines += [f"no cluster has a resource of type {kind!r}" for kind in why.unknown_types]
    return lines or ["no cluster is registered" if not why.total else "nothing keeps the clusters from matching now"]


def node_count(graph: ResourceGraph) -> int:
    """Return how many nodes a cluster has."""
    return sum(vertex.size for vertex in graph.vertices if vertex.type == NODE)


def _restricted(why: WhyNot, index: FleetIndex, usable: frozenset[str]) -> WhyNot:
    """Return an explanation without the clusters that may not be used."""

    def some(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in usable)

    def lacking(names: tuple[str, ...], subsystem: str) -> int:
        return sum(subsystem not in index.compiled(index.positions[name]).subsystems for name in names)

    blocked = [
        replace(one, clusters=names, lacking=lacking(names, one.requirement.subsystem))
        for one in why.blocked
        if (names := some(one.clusters))
    ]
    return replace(
        why,
        total=sum(name in index.positions for name in usable),
        matched=some(why.matched),
        blocked=tuple(sorted(blocked, key=lambda one: -len(one.clusters))),
        near_misses=tuple(near for near in why.near_misses if near.cluster in usable),
        scattered=some(why.scattered),
        too_small=some(why.too_small),
    )
