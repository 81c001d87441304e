"""The search for near misses: one requirement relaxed in all jobs, or one subsystem of one cluster changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match_rows
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.progress import SILENT, Progress
from placewise.outcomes.judging import Judging
from placewise.outcomes.success import success_on
from placewise.worth.near_misses.changing_fleet import best_changes
from placewise.worth.near_misses.near_jobs import fewest_failing
from placewise.worth.near_misses.suggestions import (
    FleetChange,
    NearMisses,
    Relaxation,
    Success,
    changed_fleet,
    relaxed_workload,
)
from placewise.worth.near_misses.widening_jobs import best_relaxations

_MOST_JUDGED = 1_000
_ROUNDING = 1e-9


def near_misses(
    index: FleetIndex,
    workload: Workload,
    *,
    judging: Judging | None = None,
    top: int = 20,
    least: int = 1,
    numbers: bool = True,
    progress: Progress = SILENT,
) -> NearMisses:
    """Find what small change lets the most jobs succeed, or match, that match nothing, with all metadata.

    judging : what decides success, where it is not what jobs ask for; changes are then ranked by successes gained less
        successes lost, among the 1,000 of each kind that gain most matches, and those that gain none are left out.
        Without it every job that a change of the fleet gains succeeds.
    top : how many relaxations and changes to return at most, least : that gain so many jobs or more. numbers : see
        `best_changes`.

    Raises InputError for an empty fleet, no jobs, a subsystem that no cluster has, a `top` or `least` below 1.
    """
    for what, number in (("top", top), ("least", least)):
        if number < 1:
            raise InputError(f"{what} is not usable", found=number, expected="1 or more")
    if not index.names:
        raise InputError("the fleet has no clusters", expected="at least one")
    if not len(workload):
        raise InputError("there are no jobs", expected="at least one")
    profiles = workload.profiles()
    distinct, weights = workload.select(profiles.first), profiles.counts
    matches = match_rows(index, distinct)
    unmatched = np.flatnonzero(~matches.any(axis=1))
    tried = top if judging is None else max(top, _MOST_JUDGED)
    progress.advanced("relaxations", 0, 3)
    relaxations = best_relaxations(index, distinct, weights, unmatched, tried, least)
    progress.advanced("fleet changes", 1, 3)
    changes = best_changes(index, distinct, weights, matches, tried, least, numbers=numbers)
    progress.advanced("success", 2, 3)
    matches_only = 0
    if judging is not None:
        judge = _Judge.of(index, distinct, profiles.of_job, judging)
        relaxed = [_best_step(judge, index, distinct, one) for one in relaxations]
        changed = [replace(one, success=judge.success(_changed(index, one), distinct)) for one in changes]
        relaxations, changes = _by_success(relaxed), _by_success(changed)
        matches_only = len(relaxed) + len(changed) - len(relaxations) - len(changes)
    fewest = fewest_failing(index, distinct, unmatched)
    lost = int(weights[unmatched].sum())
    spread = () if fewest is None else _spread(fewest, weights[unmatched])
    too_large = lost if fewest is None else 0
    shown = tuple(relaxations[:top]), tuple(changes[:top])
    return NearMisses(len(workload), lost, spread, too_large, *shown, matches_only)


def _best_step(judge: _Judge, index: FleetIndex, distinct: Workload, one: Relaxation) -> Relaxation:
    """Return a relaxation as far as it nets most successes, the nearest such step."""
    ways = [
        replace(one, gained=step.gained, clusters_per_job=step.clusters_per_job, steps=one.steps[: at + 1])
        for at, step in enumerate(one.steps)
    ]
    judged = [replace(way, success=judge.success(index, relaxed_workload(distinct, way))) for way in ways]
    return max(judged, key=_net)


def _net(one: Relaxation | FleetChange) -> float:
    """Return the successes gained less those lost, to a millionth, so that rounding decides nothing."""
    assert one.success is not None
    return round(one.success.net, 6)


_Suggested = TypeVar("_Suggested", Relaxation, FleetChange)


def _by_success(found: list[_Suggested]) -> list[_Suggested]:
    """Return those that gain successes, the largest net gain first; of equals what comes first stays first."""
    gaining = [one for one in found if one.success is not None and one.success.gained > _ROUNDING]
    return sorted(gaining, key=lambda one: -_net(one))


def _spread(fewest: NDArray[np.int64], weights: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    found = np.bincount(fewest, weights).astype(np.int64)
    return tuple((number, jobs) for number, jobs in enumerate(found.tolist()) if jobs)


def _changed(index: FleetIndex, change: FleetChange) -> FleetIndex:
    alone = Fleet((index.compiled(index.positions[change.cluster]).cluster,))
    return index.changed({change.cluster: changed_fleet(alone, change).clusters[0]})


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """What decides success, and how it stands before any change.

    judging : what decides. kind, of_job : (pairs,) int64, the distinct pairs of what jobs ask for and what decides
        their success. weights : (pairs,) how many jobs each stands for. expected : (pairs,) the probability of success.
    """

    judging: Judging
    kind: NDArray[np.int64]
    of_job: NDArray[np.int64]
    weights: NDArray[np.int64]
    expected: NDArray[np.float64]

    @classmethod
    def of(cls, index: FleetIndex, distinct: Workload, of_job: NDArray[np.int64], judging: Judging) -> _Judge:
        """Judge the jobs as they are; `of_job` (jobs,) says which distinct one each job is like."""
        both = np.stack([of_job, judging.kind], axis=1)
        pairs, weights = np.unique(both, axis=0, return_counts=True)
        expected = _expected(index, distinct, judging, pairs[:, 0], pairs[:, 1])
        return cls(judging, pairs[:, 1], pairs[:, 0], weights, expected)

    def success(self, index: FleetIndex, distinct: Workload) -> Success:
        """Compare with the jobs and the fleet as they would be."""
        more = _expected(index, distinct, self.judging, self.of_job, self.kind) - self.expected
        return Success(float(self.weights @ np.maximum(more, 0.0)), float(self.weights @ np.maximum(-more, 0.0)))


def _expected(
    index: FleetIndex, distinct: Workload, judging: Judging, of_job: NDArray[np.int64], kind: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return (pairs,) the probability that each succeeds on one of its matches; 0 where it matches nothing."""
    matches = match_rows(index, distinct)[of_job]
    return success_on(matches, judging.on(index), kind).share
