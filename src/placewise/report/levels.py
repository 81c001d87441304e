"""Levels of metadata in the order and the groups in which they are shown, and numbers made from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from placewise.model.results import CostScore, LevelResult, Results
from placewise.report.wording import AT_LEAST, EXACT, is_chosen, level_word, policy_word, shown

GROUPS = ("", "one thing told", "told together", "everything told, then one chosen")
PER_BUILD_REFERENCE = "best-memory"
"""The reference of what single builds take and cost more."""
_PREFERRED_REFERENCE = "best-memory"  # the one of the prior work
_REFERENCES = {
    "best-memory": "the runtime predicted at the memory of the package's fastest build",
    "fastest": "the mean of the fastest 10 % of the package's builds",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A level, the words for it, and its group, a position in `GROUPS`."""

    level: LevelResult
    label: str
    group: int


def level_rows(results: Results) -> tuple[Row, ...]:
    """List the levels group by group, else in the order of the study, each under words of its own."""
    policy = policy_word(results)
    words = [level_word(level, policy) for level in results.levels]
    rows = [
        Row(level, word if words.count(word) == 1 else f"{word} ({shown(level.name)})", _group(level))
        for level, word in zip(results.levels, words, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.group))


def reference_of(results: Results) -> str | None:
    """Return the reference runtime that the figures show: that of the prior work if it is there."""
    names = references(results)
    return _PREFERRED_REFERENCE if _PREFERRED_REFERENCE in names else next(iter(names), None)


def references(results: Results) -> tuple[str, ...]:
    """Return every reference runtime that some level has costs for."""
    return tuple(dict.fromkeys(name for level in results.levels for name in level.costs))


def reference_words(reference: str) -> str:
    """Say what runtime a reference is."""
    return _REFERENCES.get(reference, f"the reference {shown(reference)}")


def assigned(level: LevelResult) -> int:
    """Return how many builds were given a cluster: matched one that was neither full nor refused."""
    return level.score.total_jobs - level.score.unmatched - level.no_capacity - level.refused


def share_assigned(level: LevelResult) -> float | None:
    """Return the share of builds that were given a cluster."""
    return assigned(level) / level.score.total_jobs if level.score.total_jobs else None


def failing(level: LevelResult) -> float:
    """Return the expected number of assigned builds that fail."""
    return sum(level.reasons.together.values())


def runtime_each(cost: CostScore | None, *, successes: bool = False) -> float | None:
    """Return the additional runtime of one build in seconds, over those assigned or those that succeed."""
    if cost is None:
        return None
    total, count = (
        (cost.runtime_of_successes_s, cost.predicted_successes) if successes else (cost.runtime_s, cost.predicted)
    )
    return total / count if count > 0 else None


def cost_each(cost: CostScore | None, *, successes: bool = False) -> float | None:
    """Return the additional cost of one build, over those assigned or those that succeed."""
    if cost is None:
        return None
    total, count = (cost.cost_of_successes, cost.priced_successes) if successes else (cost.cost, cost.priced)
    return total / count if count > 0 else None


def clusters_taking(level: LevelResult, share: float) -> int | None:
    """Return the least number of clusters that together take a share of the assigned builds; None without any."""
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


def best_row(rows: Iterable[Row]) -> Row | None:
    """Return the level of the highest joint success, the first of equals."""
    known = [row for row in rows if row.level.score.success is not None]
    return max(known, key=lambda row: row.level.score.success or 0.0, default=None)


def growing(rows: Sequence[Row]) -> list[Row]:
    """Follow what is told from nothing, one more at a time, while some level tells one more; [] without the first."""
    found = [row for row in rows if not row.level.metadata][:1]
    while found:
        told = set(found[-1].level.metadata)
        more = (row for row in rows if not is_chosen(row.level) and told < set(row.level.metadata))
        following = next((row for row in more if len(row.level.metadata) == len(told) + 1), None)
        if following is None:
            break
        found.append(following)
    return found


def exact_beside_at_least(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """Find two levels that differ only in the form of the compiler's version, the fullest without memory first."""
    by_told = {row.level.metadata: row for row in rows if not is_chosen(row.level)}
    for row in (row for row in rows if row.group == 2):
        told = row.level.metadata
        other = by_told.get(tuple(AT_LEAST if name == EXACT else name for name in told))
        if EXACT in told and other is not None:
            return row, other
    return None


def _group(level: LevelResult) -> int:
    if is_chosen(level):
        return 3
    return min(len(level.metadata), 2)
