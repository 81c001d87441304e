"""Which requirements, asked for less strictly by all jobs, would gain the most jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.causes.relaxing import MOST_WAYS
from placewise.matching.causes.single_changes import single_changes
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Expression
from placewise.worth.near_misses.near_jobs import Demands, nearly_matching
from placewise.worth.near_misses.ranking import Ranking
from placewise.worth.near_misses.suggestions import Relaxation, WiderStep


def best_relaxations(
    index: FleetIndex,
    workload: Workload,
    weights: NDArray[np.int64],
    unmatched: NDArray[np.int64],
    top: int,
    least: int,
) -> list[Relaxation]:
    """Return the relaxations of one requirement that gain the most jobs, at most `top` that gain `least` or more.

    Of one requirement the best MOST_WAYS ways count.

    weights : (jobs,) how many equal jobs each stands for. unmatched : the jobs that match nothing, by position.
    """
    demands = Demands(workload.offsets, workload.ids.astype(np.int64), index.table(workload.requirements))
    near = nearly_matching(index, workload, demands, unmatched)
    order = np.argsort(near.demand, kind="stable")
    count = len(workload.requirements)
    edges = np.searchsorted(near.demand[order], np.arange(count + 1))
    most = np.bincount(near.demand, weights[near.job], minlength=count).astype(np.int64)
    jobs = np.bincount(workload.ids, np.repeat(weights, workload.requirement_counts), minlength=count).astype(np.int64)
    ranking: Ranking[Relaxation] = Ranking(top, least)
    for number in np.argsort(-most, kind="stable").tolist():
        if not ranking.could_hold(int(most[number])):
            break
        entries = order[edges[number] : edges[number + 1]]
        weight, places = weights[near.job[entries]], near.places[entries]
        requirement = workload.requirements[number]
        ways = sorted(
            _ways(index, workload, requirement, places, weight), key=lambda way: (-way[-1][1], str(way[-1][0]))
        )
        for found in ways[:MOST_WAYS]:
            steps = tuple(WiderStep(relaxed, gained, clusters / gained) for relaxed, gained, clusters in found)
            gained = steps[-1].gained
            relaxation = Relaxation(requirement, int(jobs[number]), gained, steps[-1].clusters_per_job, steps)
            ranking.add(gained, (str(requirement), str(relaxation.relaxed)), relaxation)
    return ranking.best()


def _ways(
    index: FleetIndex,
    workload: Workload,
    requirement: Expression,
    places: NDArray[np.uint64],
    weight: NDArray[np.int64],
) -> Iterator[list[tuple[Expression | None, int, int]]]:
    """Yield the steps of each way to widen a requirement: what is asked, the jobs gained, and clusters of all those."""
    seen = np.bitwise_or.reduce(places, axis=0)

    def offered(subsystem: str) -> list[Properties]:
        return [properties for properties, where in index.offered(subsystem) if (where & seen).any()]

    any_gain = False
    for change in single_changes(requirement, offered, index.vocabulary):
        steps = list(_steps(index, workload, requirement, change.steps, places, weight))
        if steps:
            any_gain = True
            yield steps
    if not any_gain:
        matches = bitset.size_of(index.clusters_of(places, workload.shape))
        yield [(None, int(weight.sum()), int(matches @ weight))]


def _steps(
    index: FleetIndex,
    workload: Workload,
    requirement: Expression,
    direction: Iterable[Expression],
    places: NDArray[np.uint64],
    weight: NDArray[np.int64],
) -> Iterator[tuple[Expression | None, int, int]]:
    before = 0
    for relaxed in direction:
        meeting = index.meeting(relaxed).yes
        if (index.meeting(requirement).yes & ~meeting).any():
            # What is on offer where no such job is near may be of a kind that the wider one does not understand.
            return
        matches = bitset.size_of(index.clusters_of(places & meeting, workload.shape))
        gained = int(weight[matches > 0].sum())
        if gained > before:
            before = gained
            yield relaxed, gained, int(matches @ weight)
