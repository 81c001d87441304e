"""Quantiles, intervals and histograms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.results.results import UnmatchedJob

MOST_BINS = 60
FEWEST_FOR_CENTRAL = 40
"""With fewer numbers a central 95 % leaves out less than one of them at either end."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The median of some numbers and the interval that holds their central share; count: how many there were."""

    low: float
    median: float
    high: float
    share: float
    count: int

    @property
    def is_range(self) -> bool:
        """Whether it holds all the numbers: its ends are the least and the most."""
        return self.share == 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Numbers counted in bins that touch: edges (bins + 1,), counts (bins,)."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def central_interval(values: NDArray[np.float64], share: float = 0.95) -> Interval | None:
    """Return the median and the central interval of the values that are not NaN; None where all are.

    The ends are quantiles (type 6 of Hyndman and Fan, 1996) that hold the share of new draws on average.
    Raises InputError for a share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise InputError("the share of an interval is not usable", found=share, expected="0 to 1")
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return None
    tail = (1 - share) / 2
    low, median, high = np.quantile(known, [tail, 0.5, 1 - tail], method="weibull").tolist()
    return Interval(low, median, high, share, len(known))


def interval_or_range(values: NDArray[np.float64]) -> Interval | None:
    """Return the central 95 % of values, or the range of fewer than 40; None without any."""
    interval = central_interval(values)
    if interval is None or interval.count >= FEWEST_FOR_CENTRAL:
        return interval
    return central_interval(values, 1.0)


def whole_number_histogram(values: Sequence[int]) -> Histogram:
    """Count whole numbers in bins of equal whole width, 1 unless that takes more than 60; edges lie on halves.

    Raises InputError for no values.
    """
    if not len(values):
        raise InputError("there is nothing to count", expected="at least one number")
    numbers = np.asarray(values, dtype=np.int64)
    least, most = int(numbers.min()), int(numbers.max())
    width = -(-(most - least + 1) // MOST_BINS)
    counts = np.bincount((numbers - least) // width)
    return Histogram(least - 0.5 + width * np.arange(len(counts) + 1.0), counts)


def share_histogram(jobs: Sequence[UnmatchedJob], bins: int = 20) -> Histogram:
    """Count jobs by the share of their subsystems with metadata while something still matched, in equal bins.

    A share on an edge counts to the bin above it; this is decided in whole numbers, so rounding cannot move it.
    """
    counts = np.zeros(bins, dtype=np.int64)
    for job in jobs:
        counts[min(bins - 1, bins * (job.unmatched_at - 1) // job.needed)] += 1
    return Histogram(np.arange(bins + 1) / bins, counts)


def histogram(values: NDArray[np.float64], narrowest: float = 1e-3) -> Histogram:
    """Count numbers in about as many equal bins as the square root of how many there are, on round edges.

    Numbers that are all equal lie in the middle of one bin.

    narrowest : no bin is narrower. Raises InputError for no values.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        raise InputError("there is nothing to count", expected="at least one number")
    least, most = float(known.min()), float(known.max())
    if least == most:
        return Histogram(np.array([least - narrowest / 2, least + narrowest / 2]), np.array([len(known)]))
    width = _round_up(max(narrowest, (most - least) / max(1.0, math.sqrt(len(known)))))
    first = math.floor(least / width)
    place = np.floor(known / width).astype(np.int64) - first
    counts = np.bincount(place)
    return Histogram(width * (first + np.arange(len(counts) + 1.0)), counts)


def thinned(count: int, most: int) -> list[int]:
    """Return positions evenly among `count`, first and last included; all where they are no more than `most`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist() if count else []


def percentile_shares(percentiles: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares (bins,) that lie between edges (bins + 1,) of numbers known by their percentiles 0 to 100.

    Between two percentiles numbers are taken to lie evenly. A bin holds its upper edge.
    """
    if not len(percentiles):
        return np.zeros(len(edges) - 1)
    # As np.interp, whose slopes overflow between neighbours that are nearly equal.
    steps = max(len(percentiles) - 1, 1)
    upper = np.clip(np.searchsorted(percentiles, edges, side="right"), 1, steps)
    low, high = percentiles[upper - 1], percentiles[np.minimum(upper, len(percentiles) - 1)]
    gap = high - low
    between = np.divide(np.clip(edges, low, high) - low, gap, out=(edges >= low).astype(np.float64), where=gap > 0)
    below = (upper - 1 + between) / steps
    shares: NDArray[np.float64] = np.diff(below)
    return shares


def _round_up(width: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is not below a width."""
    power = 10.0 ** math.floor(math.log10(width))
    # A width that is round already may be a hair above itself after the division.
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= width * (1 - 1e-9))
