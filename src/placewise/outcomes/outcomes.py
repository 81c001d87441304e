"""What becomes of submissions: exact expectations over the clusters a job may be assigned to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.outcomes.metadata import Submissions
from placewise.outcomes.success import success_on
from placewise.outcomes.truth import Truth

# (submission, cluster) pairs handled at a time: few enough to stay in the processor's cache.
_BLOCK_PAIRS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What is expected of submissions.

    Arrays of (submissions,), zero where nothing matched:
    matched : how many clusters match. assigned : among how many of them it is drawn; fewer when a policy
    chose one, none where all were full. hits : the sum of p over the matches. good : the sum of p over the fleet. By
    rules these count clusters that would succeed. feasible : how many clusters of the fleet have p above 0.
    best : the largest p. success : the probability of success.
    points, points_squared : the mean, over the assigned clusters, of the number of outcome rules that
    hold, and of its square. possible : the number of outcome rules.

    Over all submissions, equal jobs counted as often as they occur:
    failures : (subjects of rules,) the expected number whose rule on the subject fails.
    unused : (clusters,) the probability that a cluster is given no job.
    sent : (jobs, clusters) the expected number of times that each job is assigned to each cluster.
    """

    matched: NDArray[np.int64]
    assigned: NDArray[np.int64]
    hits: NDArray[np.integer] | NDArray[np.float64]
    good: NDArray[np.integer] | NDArray[np.float64]
    feasible: NDArray[np.integer]
    best: NDArray[np.float64]
    success: NDArray[np.float64]
    points: NDArray[np.float64]
    points_squared: NDArray[np.float64]
    possible: NDArray[np.int64]
    failures: NDArray[np.float64]
    unused: NDArray[np.float64]
    sent: NDArray[np.float64]

    def of(self, rows: NDArray[np.int64]) -> Outcomes:
        """Return the outcomes of some submissions; what is summed over all is left empty."""
        return Outcomes(
            self.matched[rows],
            self.assigned[rows],
            self.hits[rows],
            self.good[rows],
            self.feasible[rows],
            self.best[rows],
            self.success[rows],
            self.points[rows],
            self.points_squared[rows],
            self.possible[rows],
            failures=np.zeros(0),
            unused=np.zeros(0),
            sent=np.zeros((0, len(self.unused))),
        )


@dataclass(frozen=True, eq=False)
class Scene:
    """What submissions are evaluated against; weights : (jobs,) how many equal jobs each job stands for."""

    truth: Truth
    weights: NDArray[np.int64]

    @cached_property
    def points(self) -> NDArray[np.int32]:
        """(jobs, clusters) how many of each job's rules hold on each cluster."""
        truth = self.truth
        held = bitset.unpack(truth.holds, truth.clusters)
        points = np.zeros((len(self.weights), truth.clusters), dtype=np.int32)
        jobs = np.flatnonzero(truth.per_job)
        step = _rows_at_a_time(truth.clusters, truth.ids.size, len(self.weights))
        for block in np.split(jobs, range(step, len(jobs), step)) if len(jobs) else ():
            first, last = truth.offsets[block[0]], truth.offsets[block[-1] + 1]
            starts = truth.offsets[block] - first
            points[block] = np.add.reduceat(held[truth.ids[first:last]], starts, axis=0, dtype=np.int32)
        return points


def outcomes_of(submissions: Submissions, scene: Scene, weights: NDArray[np.int64] | None = None) -> Outcomes:
    """Evaluate submissions, which must be in the order of their jobs.

    weights : (submissions,) how many equal submissions each stands for; those of the jobs if not given.
    """
    truth, job, clusters = scene.truth, submissions.job, scene.truth.clusters
    success, assigned, good = success_on(submissions.assigned, truth.chances, job)
    share = np.divide(1.0, assigned, out=np.zeros(len(job)), where=assigned > 0)
    sampled = submissions.assigned is not submissions.matches
    points = np.zeros(len(job))
    squared = np.zeros(len(job))
    sent = np.zeros((len(scene.weights), clusters))
    every_weight = scene.weights[job] if weights is None else weights
    idle = np.zeros(clusters)
    step = max(1, _BLOCK_PAIRS // max(1, clusters))
    for start in range(0, len(job), step):
        block = slice(start, start + step)
        jobs, weight = job[block], every_weight[block]
        flags = bitset.unpack(submissions.assigned[block], clusters)
        earned = np.where(flags, scene.points[jobs], 0)
        points[block] = earned.sum(axis=1) * share[block]
        squared[block] = np.einsum("sc,sc->s", earned, earned) * share[block]
        # Submissions are in the order of their jobs, so those of one job stand together.
        firsts = np.flatnonzero(np.diff(jobs, prepend=-1))
        chance = flags * (share[block] * weight)[:, None]
        sent[jobs[firsts]] += np.add.reduceat(chance, firsts, axis=0)
        with np.errstate(divide="ignore"):
            stays_idle = np.log1p(-share[block]) * weight
        idle += np.where(flags, stays_idle[:, None], 0.0).sum(axis=0)
    return Outcomes(
        matched=bitset.size_of(submissions.matches) if sampled else assigned,
        assigned=assigned,
        hits=truth.chances.summed(submissions.matches, job) if sampled else good,
        good=truth.chances.total[job],
        feasible=truth.chances.able[job],
        best=truth.chances.best[job],
        success=success,
        points=points,
        points_squared=squared,
        possible=truth.per_job[job],
        failures=_failures(sent, truth),
        unused=np.exp(idle),
        sent=sent,
    )


def _failures(sent: NDArray[np.float64], truth: Truth) -> NDArray[np.float64]:
    """Sum, for each subject of rules, the expected jobs on clusters where their rule on it fails."""
    failing = ~bitset.unpack(truth.holds, truth.clusters)
    pairs = np.repeat(np.arange(len(sent)), truth.per_job)
    total = np.zeros(len(truth.names))
    step = max(1, _BLOCK_PAIRS // max(1, truth.clusters))
    for start in range(0, len(pairs), step):
        ids = truth.ids[start : start + step]
        expected = np.einsum("pc,pc->p", sent[pairs[start : start + step]], failing[ids])
        total += np.bincount(truth.subject[ids], expected, minlength=len(truth.names))
    return total


def _rows_at_a_time(clusters: int, pairs: int, jobs: int) -> int:
    return max(1, int(_BLOCK_PAIRS / max(1, clusters) / max(1.0, pairs / max(1, jobs))))
