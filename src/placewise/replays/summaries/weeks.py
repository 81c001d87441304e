"""Means over jobs, and what they come to when whole weeks are drawn again (block bootstrap).

Jobs of one week are not independent of each other: they stood in one queue, and users submit in bursts. So the unit is
the week, in which all its jobs come along (Künsch, 1989, with blocks that do not overlap). A replicate draws as many
weeks as there are, with replacement. What waits at the end of a week belongs to the week in which it was submitted,
so that long queues that reach from week to week make intervals somewhat too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.model import streams
from placewise.model.results.worth import Interval

RESAMPLES = 2000
LEAST_WEEKS = 4
"""With fewer, an interval would lie between a handful of possible values."""

_LEVEL = 0.95


def mean_intervals(
    values: NDArray[np.float64], week: NDArray[np.int64], seed: int, resamples: int = RESAMPLES
) -> tuple[Interval | None, ...]:
    """Return the interval of the mean of each column of (jobs, columns) values, over weeks drawn again.

    week : (jobs,) of each job. None for fewer than `LEAST_WEEKS` weeks with jobs, or without resamples.
    """
    _, place = np.unique(week, return_inverse=True)
    count = int(place.max(initial=-1)) + 1
    jobs = np.bincount(place, minlength=count).astype(np.float64)
    sums = np.stack([np.bincount(place, column, minlength=count) for column in values.T], axis=1)
    return _intervals(jobs, sums.astype(np.float64), seed, resamples)


@dataclass(slots=True)
class WeekSums:
    """Sums by week of quantities of jobs that come part by part, added up in their order.

    jobs : (weeks,) how many. sums : (weeks, columns).
    """

    columns: int
    jobs: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    sums: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.sums = np.zeros((0, self.columns))

    def add(self, values: NDArray[np.float64], week: NDArray[np.int64]) -> None:
        """Take in (jobs, columns) values. week : (jobs,) of each job, 0 or more."""
        self.jobs = added(self.jobs, week, np.ones(len(week)))
        self.sums = np.stack([added(self.sums[:, at], week, values[:, at]) for at in range(self.columns)], axis=1)

    @property
    def weeks(self) -> int:
        """How many weeks have jobs."""
        return int(np.count_nonzero(self.jobs))

    def intervals(self, seed: int, resamples: int, columns: Sequence[int]) -> tuple[Interval | None, ...]:
        """Return the interval of the mean of some columns, as `mean_intervals` does."""
        some = self.jobs > 0
        return _intervals(self.jobs[some], np.ascontiguousarray(self.sums[some][:, columns]), seed, resamples)


def added(sums: NDArray[np.float64], place: NDArray[np.integer], values: NDArray[Any]) -> NDArray[np.float64]:
    """Return sums by place with more values added one by one, so that they are the same however values are cut."""
    places = np.concatenate([np.arange(len(sums)), place])
    return np.bincount(places, np.concatenate([sums, values]), minlength=len(sums)).astype(np.float64)


def _intervals(
    jobs: NDArray[np.float64], sums: NDArray[np.float64], seed: int, resamples: int
) -> tuple[Interval | None, ...]:
    """Return the interval of each column of (weeks, columns) sums over so many jobs a week."""
    count = len(jobs)
    if count < LEAST_WEEKS or not resamples:
        return (None,) * int(sums.shape[1])
    drawn = np.stack([_times(seed, number, count) for number in range(resamples)])
    means = (drawn @ sums) / (drawn @ jobs)[:, None]
    ends = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    over = f"{count} weeks drawn again, {resamples:,} times"
    found: tuple[Interval, ...] = tuple(Interval(low, high, over, _LEVEL, "week") for low, high in ends.T.tolist())
    return found


def _times(seed: int, number: int, weeks: int) -> NDArray[np.float64]:
    """Return (weeks,) how often each is drawn in a replicate."""
    generator = streams.generator(seed, streams.WEEKS, number)
    return np.bincount(generator.integers(weeks, size=weeks), minlength=weeks).astype(np.float64)
