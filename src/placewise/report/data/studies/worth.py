"""The numbers of what metadata is worth: the ranking, the greedy path, and the levels on the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.results.results import Results
from placewise.model.results.worth import LevelPoint, SubsystemWorth, Sufficiency, Worth

MOST_ROWS = 40
"""A reader can take in so many rows of names; tables hold the others."""
MOST_RANKED = 24
_LEAST_RANKED, _FAINT = 10, 0.01
MOST_MARKS = 1500

KINDS = ("none", "single", "pair", "greedy", "swap", "set", "all")
"""The kinds of levels whose front is sought, as marks of their own."""

# A value that is nothing but the rounding of sums.
NOTHING = 1e-12


def ranking(results: Results) -> tuple[SubsystemWorth, ...]:
    """Return the most valuable subsystems, as many as a figure shows: without a tail of bars too short to be seen."""
    rows = () if results.worth is None else results.worth.subsystems[:MOST_RANKED]
    seen = [i for i, row in enumerate(rows) if row.value >= _FAINT * rows[0].value]
    return rows[: max(_LEAST_RANKED, max(seen, default=0) + 1)]


def has_intervals(rows: Sequence[SubsystemWorth]) -> bool:
    """Whether any value has an interval."""
    return any(row.interval is not None for row in rows)


def count_to(worth: Worth, goal: float) -> int | None:
    """Return how many of the most valuable subsystems it takes to reach a sum of values."""
    total = 0.0
    for count, row in enumerate(worth.subsystems, 1):
        total += row.value
        if total >= goal - NOTHING:
            return count
    return None


def goal(found: Sufficiency) -> float:
    """Return the success that a set has to reach."""
    return found.target * found.ceiling


def front(results: Results) -> list[LevelPoint]:
    """Return the levels on the Pareto front, the least successful first."""
    return sorted((point for point in results.front if point.on_front), key=lambda point: point.success)


def kept_levels(levels: Sequence[LevelPoint], most: int = MOST_MARKS) -> list[LevelPoint]:
    """Return the levels to be shown: those on the front, and of the others the most successful."""
    ordered = sorted(levels, key=lambda point: (not point.on_front, -point.success, point.cost))
    return sorted(ordered[:most], key=lambda point: (point.cost, point.success))


def costs_are_counts(results: Results) -> bool:
    """Whether the cost of every level is how many subsystems it has metadata on."""
    return all(point.cost == len(point.metadata) for point in results.front)
