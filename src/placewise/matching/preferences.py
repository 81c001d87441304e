"""What a job's wishes count on each cluster: which of them hold there, and their sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import matching
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import Job
from placewise.model.requirements.preference import Preference, score_of


@dataclass(frozen=True, slots=True)
class ClusterScore:
    """What a job's wishes count on one cluster.

    cluster : its name. score : the sum of the weights of the wishes that hold there. holds : (wishes,) flags.
    """

    cluster: str
    score: float
    holds: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """The wishes of a job, and what they count on some clusters, those with the highest score first.

    wishes : each once. clusters : the highest score first.
    """

    wishes: tuple[Preference, ...]
    clusters: tuple[ClusterScore, ...]

    def held(self, one: ClusterScore) -> tuple[Preference, ...]:
        """Return the wishes that hold on a cluster."""
        return tuple(wish for wish, holds in zip(self.wishes, one.holds, strict=True) if holds)


def scores(
    index: FleetIndex, job: Job, clusters: int | None = None, check: Callable[[int], None] | None = None
) -> Scores:
    """Return what a job's wishes count on clusters, as a number (see `bitset.to_number`); on those that match if None.

    A wish holds where the job would still match if the wish were a requirement: of all its resources, or of the one
    in which it stands. What is unknown counts nothing. check : see `Work`. Raises InputError as `match` does.
    """
    found = matching(index, job) if clusters is None else clusters
    held = wishes_held(index, job, found, check)
    positions = bitset.members(found)
    scored = []
    for position in positions:
        holds = tuple([bool(one >> position & 1) for one in held])
        scored.append(ClusterScore(index.names[position], _sum(job.wishes, holds), holds))
    return Scores(job.wishes, tuple(sorted(scored, key=lambda one: -one.score)))


def score_numbers(index: FleetIndex, job: Job, check: Callable[[int], None] | None = None) -> NDArray[np.float64]:
    """Return (clusters,) the score of each cluster of a fleet; 0 for all where the job has no wishes.

    check : see `Work`.
    """
    numbers = np.zeros(len(index.names))
    if job.wishes:
        held = wishes_held(index, job, check=check)
        sums: dict[tuple[bool, ...], float] = {}
        flags = np.array([bitset.from_number(one, len(index.names)) for one in held])
        for position, holds in enumerate(map(tuple, flags.T.tolist())):
            if holds not in sums:
                sums[holds] = _sum(job.wishes, holds)
            numbers[position] = sums[holds]
    return numbers


def wishes_held(
    index: FleetIndex, job: Job, clusters: int | None = None, check: Callable[[int], None] | None = None
) -> list[int]:
    """Return for each wish of a job the clusters where it holds, as a number; of those given, which match, if any."""
    work = Work.besides(len(index.names), check)
    index = index.asked_by(job, work)
    able = matching(index, job, work=Work.of(len(index.names), check)) if clusters is None else clusters
    asked = [(one, tuple(range(len(job.groups)))) for one in job.preferences]
    asked += [(one, (number,)) for number, group in enumerate(job.groups) for one in group.preferences]
    return [_held(index, job, able, wish, groups, work) for wish, groups in asked]


def _held(index: FleetIndex, job: Job, able: int, wish: Preference, groups: tuple[int, ...], work: Work) -> int:
    """Return the clusters, of those that match, that still do with a wish required; most need not be asked again."""
    met, partly = index.meeting(wish.expression, work).yes, 0
    for number in groups:
        usable = reduce(
            np.bitwise_and, (index.meeting(one).yes for one in job.groups[number].requirements), index.everything
        )
        able &= _clusters(index, usable & met)
        partly |= _clusters(index, usable & ~met)
    if able & partly:
        able &= ~partly | matching(index, _requiring(job, wish, groups), work=work)
    return able


def _clusters(index: FleetIndex, places: NDArray[np.uint64]) -> int:
    return bitset.to_number(index.clusters_of(places))


def _requiring(job: Job, wish: Preference, groups: tuple[int, ...]) -> Job:
    changed = [
        replace(group, requirements=(*group.requirements, wish.expression)) if number in groups else group
        for number, group in enumerate(job.groups)
    ]
    return replace(job, groups=tuple(changed))


def _sum(wishes: tuple[Preference, ...], holds: tuple[bool, ...]) -> float:
    return score_of(wish for wish, one in zip(wishes, holds, strict=True) if one)
