"""The numbers of levels of metadata: their groups, who is assigned, what one job costs, which levels to compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from placewise.model.results.results import CostScore, LevelResult, Results
from placewise.model.studies.study import CONSTRAINTS

EXACT, AT_LEAST = "compiler-version", "compiler-at-least"
"""The questions of the shipped study that ask for the same compiler in one version, or in that or a newer one."""
ENOUGH_MEMORY = "memory"
BEST_MEMORY = "best-memory"
"""The reference of the prior work, and that of what single jobs take and cost more."""


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level, the words for it, and its group, from `group_of`."""

    level: LevelResult
    label: str
    group: int


def group_of(level: LevelResult) -> int:
    """Return the group in which a level is shown: 0 no metadata, 1 on one thing, 2 on several, 3 one cluster chosen."""
    return 3 if is_chosen(level) else min(len(level.metadata), 2)


def is_chosen(level: LevelResult) -> bool:
    """Whether a policy gives each job one of the clusters that match, rather than chance any of them."""
    return level.name in CONSTRAINTS


def reference_of(results: Results) -> str | None:
    """Return the reference runtime that the figures show: that of the prior work if it is there."""
    names = references(results)
    return BEST_MEMORY if BEST_MEMORY in names else next(iter(names), None)


def references(results: Results) -> tuple[str, ...]:
    """Return every reference runtime that some level has costs for."""
    return tuple(dict.fromkeys(name for level in results.levels for name in level.costs))


def assigned(level: LevelResult) -> int:
    """Return how many jobs were given a cluster: matched one that was neither full nor refused."""
    return level.score.total_jobs - level.score.unmatched - level.no_capacity - level.refused


def share_assigned(level: LevelResult) -> float | None:
    """Return the share of jobs that were given a cluster."""
    return assigned(level) / level.score.total_jobs if level.score.total_jobs else None


def failing(level: LevelResult) -> float:
    """Return the expected number of assigned jobs that fail."""
    return sum(level.reasons.together.values())


def runtime_each(cost: CostScore | None, *, successes: bool = False) -> float | None:
    """Return the additional runtime of one job in seconds, over those assigned or those that succeed."""
    if cost is None:
        return None
    total, count = (
        (cost.runtime_of_successes_s, cost.predicted_successes) if successes else (cost.runtime_s, cost.predicted)
    )
    return total / count if count > 0 else None


def cost_each(cost: CostScore | None, *, successes: bool = False) -> float | None:
    """Return the additional cost of one job, over those assigned or those that succeed."""
    if cost is None:
        return None
    total, count = (cost.cost_of_successes, cost.priced_successes) if successes else (cost.cost, cost.priced)
    return total / count if count > 0 else None


def by_cost(cost: CostScore) -> list[tuple[float, str]]:
    """List packages as (additional cost, name), the dearest first."""
    return sorted(((cost, name) for name, (_, cost) in cost.by_package.items()), key=lambda p: (-p[0], p[1]))


def clusters_taking(level: LevelResult, share: float) -> int | None:
    """Return the least number of clusters that together take a share of the assigned jobs; None without any."""
    jobs = np.sort(np.array(list(level.jobs_by_cluster.values()), dtype=np.float64))[::-1]
    total = jobs.sum()
    if not total > 0:
        return None
    # A hair less, because sums of expectations round.
    return int(np.searchsorted(np.cumsum(jobs), total * share * (1 - 1e-9))) + 1


def non_dominated(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which points (cost, success) no other beats: none is as cheap and as good, and better in one."""
    return [
        i
        for i, (cost, success) in enumerate(points)
        if not any(other <= cost and good >= success and (other, good) != (cost, success) for other, good in points)
    ]


def best_row(rows: Iterable[LevelRow]) -> LevelRow | None:
    """Return the level of the highest success, the first of equals."""
    known = [row for row in rows if row.level.score.success is not None]
    return max(known, key=lambda row: row.level.score.success or 0.0, default=None)


def growing(rows: Sequence[LevelRow]) -> list[LevelRow]:
    """Follow the levels from no metadata, each with one thing more, as far as they go; [] without the first."""
    found = [row for row in rows if not row.level.metadata][:1]
    while found:
        before = set(found[-1].level.metadata)
        more = (row for row in rows if not is_chosen(row.level) and before < set(row.level.metadata))
        following = next((row for row in more if len(row.level.metadata) == len(before) + 1), None)
        if following is None:
            break
        found.append(following)
    return found


def exact_beside_at_least(rows: Sequence[LevelRow]) -> tuple[LevelRow, LevelRow] | None:
    """Find two levels that differ only in the form of the compiler's version, the fullest without memory first."""
    by_metadata = {row.level.metadata: row for row in rows if not is_chosen(row.level)}
    for row in (row for row in rows if row.group == 2):
        metadata = row.level.metadata
        other = by_metadata.get(tuple(AT_LEAST if name == EXACT else name for name in metadata))
        if EXACT in metadata and other is not None:
            return row, other
    return None


def same_metadata_by_chance(rows: Sequence[LevelRow], chosen: LevelRow) -> LevelRow | None:
    """Find the level with the same metadata as a chosen one at which chance picks among the clusters that match."""
    same = (row for row in rows if row.level.metadata == chosen.level.metadata)
    return next((row for row in same if not is_chosen(row.level)), None)


def cost_points(rows: Sequence[LevelRow], reference: str | None) -> list[tuple[float, float, LevelRow]]:
    """Return (cost of one job, success, row) of every level that has both."""
    return [
        (cost, row.level.score.success, row)
        for row in rows
        if (cost := cost_each(row.level.costs.get(reference or ""))) is not None and row.level.score.success is not None
    ]


def matchability_points(rows: Sequence[LevelRow]) -> list[tuple[float, float, LevelRow]]:
    """Return (share assigned, success of matched jobs, row) of every level that has both."""
    return [
        (part, success, row)
        for row in rows
        if (part := share_assigned(row.level)) is not None
        and (success := row.level.score.success_of_matched.mean) is not None
    ]
