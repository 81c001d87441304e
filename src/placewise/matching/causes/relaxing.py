"""What each cluster lacks of a job, and the fewest requirements that could be relaxed for it to match."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.causes.single_changes import Change, single_changes
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.few_nodes import FewNodes
from placewise.matching.limits.one_partition import hosted_by_one, limit_among
from placewise.matching.match import hosting, matching
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression

MOST_SETS_WIDENED = 20
"""Of more sets of least size the conditions are worked out for these many, those that gain most."""

MOST_WAYS = 3
"""Of more ways to widen one requirement these many are named, those that gain most."""

_MOST_TRIALS = 10_000


@dataclass(frozen=True, slots=True)
class Causes:
    """Clusters that do not match for the same causes.

    requirements : all that no node of theirs meets. scattered : they meet each one, but not together on the nodes
        needed. too_small : they could not host the shape even if every requirement held on every node.
    """

    requirements: tuple[Expression, ...]
    scattered: bool
    too_small: bool
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A wider requirement, None for none at all, and the clusters that then match and did not before."""

    relaxed: Expression | None
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask for less, step by step; each step gains clusters beyond those of the one before.

    In an expression one part alone is changed: a test is widened, or a part of an `and` is left out.
    """

    requirement: Expression
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RelaxedSet:
    """Requirements that, left out together, let clusters match.

    clusters : those that then match and did not before. ways : for each requirement how it could be widened
        instead, the others of the set left out; the way that gains most first.
    """

    requirements: tuple[Expression, ...]
    clusters: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Relaxations:
    """How far a job is from matching the clusters that it does not match.

    causes : of all those clusters, the causes that most share first.
    sets : all sets of requirements of the least size, such that to leave them out lets a further cluster match; the
        one that gains most first. Beyond MOST_SETS_WIDENED they have no ways.
    complete : whether every such set was looked for; a cluster of very many different nodes may have too many.
    """

    causes: tuple[Causes, ...]
    sets: tuple[RelaxedSet, ...]
    complete: bool

    @property
    def fewest(self) -> int | None:
        """How many requirements have to be relaxed at least; None where no cluster is gained by that."""
        return len(self.sets[0].requirements) if self.sets else None


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A job against a fleet.

    wanted : its requirements. unmet : (requirements, place classes). lacking : (requirements, clusters), on no
        place of the cluster. groups : the positions of each group's requirements. reachable : (clusters,) those that
        do not match and could if requirements were left out.
    """

    index: FleetIndex
    job: Job
    wanted: tuple[Expression, ...]
    unmet: NDArray[np.bool_]
    lacking: NDArray[np.bool_]
    groups: tuple[tuple[int, ...], ...]
    reachable: NDArray[np.bool_]


def relaxations(index: FleetIndex, job: Job) -> Relaxations:
    """Find every cause for which clusters do not match a job, and the fewest requirements to relax.

    Raises InputError as `match` does.
    """
    index = index.asked_by(job)
    names, wanted = index.names, job.requirements
    matched = bitset.from_number(matching(index, job), len(names))
    fitting = hosting(index, [(group.shape, index.everything) for group in job.groups])
    table = index.table(wanted)
    lacking = ~bitset.unpack(index.clusters_of(table), len(names))
    unmet = ~bitset.unpack(table, index.size)
    position = {requirement: number for number, requirement in enumerate(wanted)}
    groups = tuple(tuple(position[requirement] for requirement in group.requirements) for group in job.groups)
    asked = _Asked(index, job, wanted, unmet, lacking, groups, fitting & ~matched)
    found, complete = _least_sets(asked)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    sets = []
    for number, (chosen, clusters) in enumerate(ordered):
        ways = tuple(_ways(asked, chosen, clusters)) if number < MOST_SETS_WIDENED else ()
        named = tuple(names[cluster] for cluster in clusters)
        sets.append(RelaxedSet(tuple(wanted[one] for one in chosen), named, ways))
    return Relaxations(_causes(asked, matched, fitting), tuple(sets), complete)


def _causes(asked: _Asked, matched: NDArray[np.bool_], fitting: NDArray[np.bool_]) -> tuple[Causes, ...]:
    others = np.flatnonzero(~matched)
    profiles, alike = np.unique(np.vstack([~fitting, asked.lacking])[:, others].T, axis=0, return_inverse=True)
    members: list[list[str]] = [[] for _ in profiles]
    for cluster, number in zip(others.tolist(), alike.reshape(-1).tolist(), strict=True):
        members[number].append(asked.index.names[cluster])
    found = []
    for (too_small, *fails), clusters in zip(profiles.tolist(), members, strict=True):
        requirements = tuple(compress(asked.wanted, fails))
        found.append(Causes(requirements, not too_small and not requirements, too_small, tuple(clusters)))
    return tuple(sorted(found, key=lambda causes: (-len(causes.clusters), len(causes.requirements), causes.clusters)))


def _least_sets(asked: _Asked) -> tuple[dict[tuple[int, ...], list[int]], bool]:
    """Return the sets of requirements of least size, as positions, with the clusters that each lets match."""
    index = asked.index
    at_least = asked.lacking.sum(axis=0)
    classes = np.diff(index.firsts)
    found: dict[frozenset[int], list[int]] = {}
    reachable = np.flatnonzero(asked.reachable)
    # Where numbers of nodes are limited, so may be what hosts it though all is met.
    limit, shapes = limit_among(asked.wanted), [group.shape for group in asked.job.groups]
    limited = FewNodes.of(index, shapes, limit, Work.of(len(index.names))) is not None
    alike = reachable[(classes[reachable] == 1) & (not limited)]
    best = len(asked.wanted)
    if len(alike):
        # Where places are all alike, what is unmet on one is unmet on all, and leaving that out is enough.
        best = int(at_least[alike].min())
        for cluster in alike[at_least[alike] == best].tolist():
            found.setdefault(frozenset(np.flatnonzero(asked.lacking[:, cluster]).tolist()), []).append(cluster)
    trials = _MOST_TRIALS
    # A limit that holds everywhere may be in the way: nodes of two partitions are not used together.
    limits = {frozenset((row,)) for row, one in enumerate(asked.wanted) if limit_among([one])}
    several = reachable if limited else reachable[classes[reachable] > 1]
    for cluster in several[np.argsort(at_least[several], kind="stable")].tolist():
        failing = _failing(asked, cluster)
        causes = limits.union(*failing)
        for chosen in _sets_of(frozenset(np.flatnonzero(asked.lacking[:, cluster]).tolist()), causes, best):
            if len(chosen) > best or trials == 0:
                break
            trials -= 1
            if _hosts_without(asked, cluster, failing, chosen):
                if len(chosen) < best:
                    best = len(chosen)
                    found.clear()
                found.setdefault(chosen, []).append(cluster)
    return {tuple(sorted(chosen)): sorted(clusters) for chosen, clusters in found.items()}, trials > 0


def _failing(asked: _Asked, cluster: int) -> list[list[frozenset[int]]]:
    """Return, for each group and each place class of a cluster, the requirements of the group that fail there."""
    columns = range(int(asked.index.firsts[cluster]), int(asked.index.firsts[cluster + 1]))
    return [[frozenset(row for row in rows if asked.unmet[row, column]) for column in columns] for rows in asked.groups]


def _sets_of(first: frozenset[int], causes: set[frozenset[int]], most: int) -> Iterator[frozenset[int]]:
    """Yield sets of requirements, `first` and larger ones, up to `most`, that make more places usable."""
    queue, seen = [(len(first), sorted(first))], {first}
    while queue:
        chosen = frozenset(heapq.heappop(queue)[1])
        yield chosen
        for wider in {chosen | fails for fails in causes} - seen:
            if len(wider) > most:
                continue
            seen.add(wider)
            heapq.heappush(queue, (len(wider), sorted(wider)))


def _hosts_without(asked: _Asked, cluster: int, failing: list[list[frozenset[int]]], chosen: frozenset[int]) -> bool:
    """Whether a cluster hosts a job where these requirements are left out."""
    places = [sum(1 << kind for kind, fails in enumerate(causes) if fails <= chosen) for causes in failing]
    if not all(places):
        return False
    hosting_all = asked.index.hosting_of([group.shape for group in asked.job.groups])
    return asked.index.hosts(hosting_all, cluster, places) and _in_one_partition(asked, cluster, failing, chosen)


def _in_one_partition(asked: _Asked, cluster: int, failing: list[list[frozenset[int]]], chosen: frozenset[int]) -> bool:
    limit = limit_among(one for row, one in enumerate(asked.wanted) if row not in chosen)
    first = int(asked.index.firsts[cluster])
    usable = [sum(1 << number for number, fails in enumerate(of, first) if fails <= chosen) for of in failing]
    shapes = [group.shape for group in asked.job.groups]
    return bool(hosted_by_one(asked.index, shapes, limit, usable, 1 << cluster))


def _ways(asked: _Asked, chosen: tuple[int, ...], clusters: list[int]) -> Iterator[Way]:
    """Yield how each requirement of a set could be widened, the others of the set left out."""
    index = asked.index
    gained = np.zeros(len(index.names), dtype=np.bool_)
    gained[clusters] = True
    there = bitset.pack(np.repeat(gained, np.diff(index.firsts)))
    usable = []
    for rows in asked.groups:
        places = there.copy()
        for row in rows:
            if row not in chosen:
                places &= index.meeting(asked.wanted[row]).yes
        usable.append(places)
    kept = [one for row, one in enumerate(asked.wanted) if row not in chosen]
    for row in chosen:
        requirement = asked.wanted[row]
        seen = np.bitwise_or.reduce([places for places, rows in zip(usable, asked.groups, strict=True) if row in rows])

        def offered(subsystem: str, seen: NDArray[np.uint64] = seen) -> list[Properties]:
            return [properties for properties, where in index.offered(subsystem) if (where & seen).any()]

        changes = single_changes(requirement, offered, index.vocabulary)
        tried = [(change, tuple(_steps(asked, row, change.steps, usable, kept))) for change in changes]
        found = [Way(requirement, steps) for _, steps in _least(tried)]
        found.sort(key=lambda way: (-len(way.steps[-1].clusters), str(way.steps[-1].relaxed)))
        yield from found[:MOST_WAYS]
        if not found or len(found[0].steps[-1].clusters) < len(clusters):
            yield Way(requirement, (Step(None, tuple(index.names[cluster] for cluster in clusters)),))


def _least(tried: Sequence[tuple[Change, tuple[Step, ...]]]) -> Iterator[tuple[Change, tuple[Step, ...]]]:
    """Yield the changes that gain something, but none that leaves out what a smaller change inside does as well for."""
    kept: list[tuple[Change, tuple[Step, ...]]] = []
    for change, steps in tried:
        if not steps:
            continue
        inside = (others for one, others in kept if one.path[: len(change.path)] == change.path)
        if change.left_out and any(others[-1].clusters == steps[-1].clusters for others in inside):
            continue
        kept.append((change, steps))
        yield change, steps


def _steps(
    asked: _Asked,
    row: int,
    direction: Iterable[Expression],
    usable: list[NDArray[np.uint64]],
    kept: list[Expression],
) -> Iterator[Step]:
    index = asked.index
    before = np.zeros(len(index.names), dtype=np.bool_)
    held = index.meeting(asked.wanted[row]).yes
    for relaxed in direction:
        meeting = index.meeting(relaxed).yes
        if (held & ~meeting).any():
            # A bound that elsewhere cannot be compared; what matched there would be lost.
            continue
        asks = [
            (group.shape, places & meeting if row in rows else places)
            for group, places, rows in zip(asked.job.groups, usable, asked.groups, strict=True)
        ]
        able = hosting(index, asks)
        if limit := limit_among([*kept, relaxed]):
            shapes, places_of = [shape for shape, _ in asks], [bitset.to_number(places) for _, places in asks]
            found = hosted_by_one(index, shapes, limit, places_of, bitset.to_number(bitset.pack(able)))
            able = bitset.from_number(found, len(index.names))
        if able.sum() > before.sum() and not (before & ~able).any():
            before = able
            yield Step(relaxed, tuple(compress(index.names, able.tolist())))
