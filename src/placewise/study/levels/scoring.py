"""Outcomes summed up to scores, with equal jobs counted as often as they occur."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from placewise.model.results.results import CurvePoint, Moments, Score, SingleSummary, SubsystemScore
from placewise.outcomes.metadata import Submissions
from placewise.outcomes.outcomes import Outcomes

# Expected counts below this are rounding errors of zero.
ROUNDING = 1e-9


def score(outcomes: Outcomes, weights: NDArray[np.int64], clusters: int, names: tuple[str, ...]) -> Score:
    """Sum up submissions.

    weights : (submissions,) how many equal submissions each stands for.
    names : of the subsystems, as `outcomes.failures` counts them.
    """
    matched = outcomes.matched > 0
    total, given = int(weights.sum()), weights * (outcomes.assigned > 0)
    success_of_matched = _mean(outcomes.success, given)
    share = np.divide(outcomes.points, outcomes.possible, out=np.zeros(len(matched)), where=outcomes.possible > 0)
    share_squared = np.divide(
        outcomes.points_squared, outcomes.possible**2, out=np.zeros(len(matched)), where=outcomes.possible > 0
    )
    pairs_matched, pairs_good = int(weights @ outcomes.matched), float(weights @ outcomes.good)
    hits = float(weights @ outcomes.hits)
    counts = outcomes.matched.astype(np.float64)
    return Score(
        total_jobs=total,
        unmatched=total - int((weights * matched).sum()),
        success_of_matched=_of_outcome(success_of_matched),
        success=_mean(outcomes.success, weights),
        best_possible=_mean(outcomes.best, weights),
        marginal_score=_moments(share, share_squared, given * (outcomes.possible > 0)),
        versions_correct=float((given * outcomes.points).sum()),
        versions_possible=int(given @ outcomes.possible),
        matched_clusters=_moments(counts, counts**2, weights),
        clusters=clusters,
        precision=hits / pairs_matched if pairs_matched else None,
        recall=hits / pairs_good if pairs_good else None,
        clusters_used=float((1.0 - outcomes.unused).sum()) if len(outcomes.unused) else None,
        failures={name: float(count) for name, count in zip(names, outcomes.failures, strict=True) if count > ROUNDING},
    )


def curve(
    submissions: Submissions, outcomes: Outcomes, nothing: NDArray[np.float64], weights: NDArray[np.int64]
) -> list[CurvePoint]:
    """Follow all jobs as metadata is added; a job with nothing left to add stays as it is.

    nothing : (jobs,) the success of each job without metadata. weights : (jobs,).
    """
    starts = np.searchsorted(submissions.job, np.arange(len(weights)))
    reached = np.diff(np.append(starts, len(submissions.job)))
    total = weights.sum()
    points = [CurvePoint(0, 1.0, *([_mean(nothing, weights) or 0.0] * 2))]
    for level in range(1, int(reached.max(initial=0)) + 1):
        at = starts + np.minimum(level, reached) - 1
        matched = weights * (outcomes.matched[at] > 0)
        success = float((matched * outcomes.success[at]).sum())
        points.append(
            CurvePoint(
                level,
                float(matched.sum() / total),
                success / float(matched.sum()) if matched.sum() else None,
                float(success / total),
            )
        )
    return points


def last_level(
    job: NDArray[np.int64], success: NDArray[np.float64], matched: NDArray[np.bool_], jobs: int
) -> NDArray[np.float64]:
    """Return (jobs,) the success of each at its last level with a match; 0 where the first matched nothing."""
    result = np.zeros(jobs)
    # Later levels overwrite earlier ones: assignment with repeated indices keeps the last.
    result[job[matched]] = success[matched]
    return result


def ran_out(submissions: Submissions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the jobs that ran out of clusters, and on how many subsystems each had metadata by then."""
    empty = ~submissions.matches.any(axis=1)
    return submissions.job[empty], submissions.level[empty].astype(np.int64)


def by_subsystem(
    submissions: Submissions,
    outcomes: Outcomes,
    weights: NDArray[np.int64],
    nothing: NDArray[np.float64],
    names: tuple[str, ...],
    clusters: int,
) -> list[SubsystemScore]:
    """Score `single` subsystem by subsystem. weights : (jobs,). nothing : (jobs,) success without metadata."""
    scores = []
    order = np.argsort(submissions.last, kind="stable")
    edges = np.searchsorted(submissions.last[order], np.arange(len(names) + 1))
    for position, name in enumerate(names):
        rows = order[edges[position] : edges[position + 1]]
        if not len(rows):
            continue
        jobs = submissions.job[rows]
        part = outcomes.of(rows)
        one = score(part, weights[jobs], clusters, ())
        scores.append(SubsystemScore(name, one, _mean(nothing[jobs], weights[jobs]) or 0.0))
    return scores


def single_summary(scores: list[SubsystemScore], pooled: Score) -> SingleSummary:
    """Average over subsystems; one whose every job is unmatched has no success to average and is left out."""
    means = [s.score.success_of_matched.mean for s in scores if s.score.success_of_matched.mean is not None]
    return SingleSummary(
        macro=math.fsum(means) / len(means) if means else None,
        baseline=math.fsum(s.baseline or 0.0 for s in scores) / len(scores) if scores else None,
        pooled=pooled.success_of_matched.mean,
        subsystems=len(means),
    )


def _mean(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float | None:
    total = weights.sum()
    return float((weights * values).sum() / total) if total else None


def _of_outcome(mean: float | None) -> Moments:
    """Return the moments of an outcome that is 1 with this mean probability and 0 otherwise."""
    return Moments(mean, None if mean is None else math.sqrt(max(0.0, mean * (1 - mean))))


def _moments(values: NDArray[np.float64], squares: NDArray[np.float64], weights: NDArray[np.int64]) -> Moments:
    mean, square = _mean(values, weights), _mean(squares, weights)
    if mean is None or square is None:
        return Moments(None, None)
    return Moments(mean, math.sqrt(max(0.0, square - mean * mean)))
