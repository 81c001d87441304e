"""The numbers of experiments: their order, the curve of `expanding`, its random orders, and single subsystems."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.quantities import CEILING, FLEET, LAST
from placewise.model.results import worth as intervals
from placewise.model.results.results import Results, Score, SubsystemScore
from placewise.model.studies.study import EXPANDING, EXPERIMENTS, folder_name
from placewise.report.data.statistics import Histogram, Interval, histogram, interval_or_range


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure: its key, and its values where it has any."""

    key: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Success of matched jobs over random orders: (orders,) values, their bins and interval, and the main order's."""

    values: NDArray[np.float64]
    bins: Histogram
    interval: Interval
    main: float | None


def in_order(scores: Mapping[str, Score]) -> list[tuple[str, Score]]:
    """List experiments as (name, score): the known ones as they build on each other, then the others."""
    known = [name for name in map(folder_name, EXPERIMENTS) if name in scores]
    return [(name, scores[name]) for name in (*known, *(name for name in scores if name not in known))]


def total_jobs(results: Results) -> int | None:
    """Return how many jobs took part, from an experiment that submits each once; None where none did."""
    return next((results.scores[name].total_jobs for name in ("none", "all") if name in results.scores), None)


def trade_off(results: Results) -> tuple[Line, ...]:
    """Return the lines of the trade-off by how many subsystems have metadata, without those that have no values."""
    levels = [float(point.level) for point in results.curve]
    lines = (
        ("matched success", [point.success_of_matched for point in results.curve]),
        ("matched", [point.share_matched for point in results.curve]),
        ("success", [point.success for point in results.curve]),
        ("ceiling", [results.ceiling] * len(levels)),
    )
    found = []
    for key, values in lines:
        # Where nothing matches, matched jobs have no success.
        known = [(x, y) for x, y in zip(levels, values, strict=True) if y is not None]
        if known:
            found.append(Line(key, tuple(x for x, _ in known), tuple(y for _, y in known)))
    return tuple(found)


def ends_with_intervals(results: Results) -> dict[str, intervals.Interval]:
    """Return the first interval of the last value of success, and of the ceiling, by the keys of `trade_off`.

    Success at the last level with a match is another quantity than the end of the line where jobs run out of clusters.
    """
    if not results.curve:
        return {}
    ends = {
        "success": (folder_name(EXPANDING), LAST, results.curve[-1].success),
        "ceiling": (FLEET, CEILING, results.ceiling),
    }
    return {
        key: one.intervals[0]
        for key, (experiment, quantity, value) in ends.items()
        for one in results.headlines
        if (one.experiment, one.quantity) == (experiment, quantity)
        and one.intervals
        and value is not None
        and math.isclose(one.value, value, rel_tol=1e-9)
    }


def interval_over_orders(results: Results) -> Interval | None:
    """Return how success of matched jobs varies over random orders: central 95 %, or the range of under 40."""
    return None if results.orders is None else interval_or_range(results.orders.success_of_matched)


def orders(results: Results) -> Orders | None:
    """Return the random orders as a histogram; None where no order matched anything."""
    interval = interval_over_orders(results)
    if results.orders is None or interval is None:
        return None
    values = results.orders.success_of_matched[~np.isnan(results.orders.success_of_matched)]
    main = results.scores.get(folder_name(EXPANDING))
    return Orders(values, histogram(values), interval, None if main is None else main.success_of_matched.mean)


def single_without_metadata(results: Results) -> float | None:
    """Return the success without metadata of the very submissions of `single`; None where it was not recorded."""
    known = [(s.baseline, s.score.total_jobs) for s in results.subsystems if s.baseline is not None]
    total = sum(jobs for _, jobs in known)
    return sum(success * jobs for success, jobs in known) / total if total and results.single is not None else None


def by_gain(subsystems: Sequence[SubsystemScore]) -> list[tuple[SubsystemScore, float]]:
    """Pair each subsystem with what metadata on it alone adds to success, the largest gain first.

    Success of all its jobs, because a gain that comes from refusing jobs is none.
    """
    gains = [(s, (s.score.success or 0.0) - (s.baseline or 0.0)) for s in subsystems]
    return sorted(gains, key=lambda pair: (-pair[1], pair[0].subsystem))


def by_failures(scores: Sequence[Score]) -> list[str]:
    """List every subsystem on which a submission fails, the most frequent first."""
    total: dict[str, float] = {}
    for score in scores:
        for name, count in score.failures.items():
            total[name] = total.get(name, 0.0) + count
    return sorted(total, key=lambda name: (-total[name], name))
