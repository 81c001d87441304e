"""The search for near misses: one requirement relaxed in all jobs, or one subsystem of one cluster changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.index import FleetIndex
from placewise.matching.match import match_rows
from placewise.model.cluster import Fleet
from placewise.model.progress import SILENT, Progress
from placewise.model.workload import Workload
from placewise.outcomes.judging import Judging
from placewise.outcomes.success import success_on
from placewise.worth.near_misses.changing_fleet import best_changes
from placewise.worth.near_misses.near_jobs import fewest_failing
from placewise.worth.near_misses.suggestions import (
    FleetChange,
    NearMisses,
    Success,
    changed_fleet,
    relaxed_workload,
)
from placewise.worth.near_misses.widening_jobs import best_relaxations


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
    """Find what small change lets the most jobs match that match nothing, with all metadata.

    judging : what decides success, where it is not what jobs ask for; the best changes then say what they do to
        success. top : how many relaxations and changes to return at most, least : that
        gain so many jobs or more. numbers : see `best_changes`.

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
    progress.advanced("relaxations", 0, 3)
    relaxations = best_relaxations(index, distinct, weights, unmatched, top, least)
    progress.advanced("fleet changes", 1, 3)
    changes = best_changes(index, distinct, weights, matches, top, least, numbers=numbers)
    progress.advanced("success", 2, 3)
    if judging is not None:
        judge = _Judge.of(index, distinct, profiles.of_job, judging)
        relaxations = [
            replace(one, success=judge.success(index, relaxed_workload(distinct, one))) for one in relaxations
        ]
        changes = [replace(one, success=judge.success(_changed(index, one), distinct)) for one in changes]
    fewest = fewest_failing(index, distinct, unmatched)
    lost = int(weights[unmatched].sum())
    spread = () if fewest is None else _spread(fewest, weights[unmatched])
    return NearMisses(len(workload), lost, spread, lost if fewest is None else 0, tuple(relaxations), tuple(changes))


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
        their success. weights : (pairs,) how many jobs each stands for.
    unmatched : (pairs,) those that match nothing. expected : (pairs,) the probability of success.
    """

    judging: Judging
    kind: NDArray[np.int64]
    of_job: NDArray[np.int64]
    weights: NDArray[np.int64]
    unmatched: NDArray[np.bool_]
    expected: NDArray[np.float64]

    @classmethod
    def of(cls, index: FleetIndex, distinct: Workload, of_job: NDArray[np.int64], judging: Judging) -> _Judge:
        """Judge the jobs as they are; `of_job` (jobs,) says which distinct one each job is like."""
        both = np.stack([of_job, judging.kind], axis=1)
        pairs, weights = np.unique(both, axis=0, return_counts=True)
        unmatched, expected = _expected(index, distinct, judging, pairs[:, 0], pairs[:, 1])
        return cls(judging, pairs[:, 1], pairs[:, 0], weights, unmatched, expected)

    def success(self, index: FleetIndex, distinct: Workload) -> Success:
        """Compare with the jobs and the fleet as they would be."""
        unmatched, expected = _expected(index, distinct, self.judging, self.of_job, self.kind)
        gained = self.weights[self.unmatched & ~unmatched] @ expected[self.unmatched & ~unmatched]
        return Success(float(gained), float(self.weights @ (expected - self.expected)))


def _expected(
    index: FleetIndex, distinct: Workload, judging: Judging, of_job: NDArray[np.int64], kind: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return (pairs,) whether each matches nothing, and the probability that it succeeds on one of its matches."""
    matches = match_rows(index, distinct)[of_job]
    success, size, _ = success_on(matches, judging.on(index), kind)
    return size == 0, success
