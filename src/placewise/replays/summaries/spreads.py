"""How some jobs fared: spreads of waiting and slowdown, and means with intervals over weeks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import fsum

import numpy as np
from numpy.typing import NDArray

from placewise.model.traces.replay_summary import MeanInterval, Spread, Waits
from placewise.replays.summaries.fates import Fates, bounded_slowdown_of, slowdown_of
from placewise.replays.summaries.weeks import WeekSums

HOUR_S = 3600
SIZES = ((1, "1"), (4, "2 to 4"), (16, "5 to 16"), (64, "17 to 64"), (None, "65 or more"))
RUNTIMES = (
    (60, "to 1 min"),
    (600, "to 10 min"),
    (HOUR_S, "to 1 h"),
    (6 * HOUR_S, "to 6 h"),
    (24 * HOUR_S, "to 1 day"),
    (None, "over 1 day"),
)
QUANTITIES = ("wait_s", "turnaround_s", "slowdown", "bounded_slowdown")

_AT_ONCE = 1 << 16


def waits_of(started: Fates) -> Waits:
    """Sum up how jobs fared, all of which started."""
    return waits_from(started.wait_s, started.turnaround_s, started.runtime_s)


def waits_from(wait_s: NDArray[np.integer], turnaround_s: NDArray[np.integer], runtime_s: NDArray[np.integer]) -> Waits:
    """Sum up how jobs fared, all of which started, by (jobs,) columns of seconds."""
    slowdown = slowdown_of(turnaround_s, runtime_s)
    if not (positive := runtime_s > 0).all():
        slowdown = slowdown[positive]
    slow = _spread(slowdown)
    del slowdown
    return Waits(
        len(wait_s),
        _spread(wait_s.astype(np.int64)),
        _spread(turnaround_s.astype(np.int64)),
        slow,
        _spread(bounded_slowdown_of(turnaround_s, runtime_s)),
    )


def size_classes(processors: NDArray[np.integer], parts: int) -> NDArray[np.int64]:
    """Return (jobs,) positions in `SIZES`; jobs count processors in so many parts."""
    most = np.array([most for most, _ in SIZES if most is not None])
    return np.searchsorted(most, processors / parts)


def runtime_classes(runtime_s: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return (jobs,) positions in `RUNTIMES`."""
    return np.searchsorted(np.array([most for most, _ in RUNTIMES if most is not None]), runtime_s)


def by_job(started: Fates) -> NDArray[np.float64]:
    """Return (jobs, QUANTITIES) how each fared; infinite or NaN where a runtime is 0."""
    return np.stack([np.asarray(getattr(started, name), dtype=np.float64) for name in QUANTITIES], axis=1)


def means_of(started: Fates, waits: Waits, seed: int, resamples: int) -> tuple[MeanInterval, ...]:
    """Return the means of how jobs fared, all of which started, with intervals over weeks. waits : of these jobs."""
    sums = WeekSums(len(QUANTITIES))
    sums.add(by_job(started), started.weeks())
    return means_from(waits, sums, seed, resamples, with_slowdown=bool((started.runtime_s > 0).all()))


def means_from(
    waits: Waits, sums: WeekSums, seed: int, resamples: int, *, with_slowdown: bool
) -> tuple[MeanInterval, ...]:
    """Return means with intervals, of sums by week of what `by_job` gives.

    with_slowdown : whether all runtimes are positive; else the mean slowdown has other denominators, and no interval.
    """
    spreads = {name: getattr(waits, name) for name in QUANTITIES if name != "slowdown" or with_slowdown}
    if not waits.jobs:
        return ()
    intervals = sums.intervals(seed, resamples, [QUANTITIES.index(name) for name in spreads])
    return tuple(
        MeanInterval(name, spread.mean, interval)
        for (name, spread), interval in zip(spreads.items(), intervals, strict=True)
    )


def _spread(values: NDArray[np.int64] | NDArray[np.float64]) -> Spread | None:
    """Return the spread of an array that may be put in another order."""
    if not len(values):
        return None
    mean, most = _mean(values), float(values.max())
    median, p95, p99 = np.quantile(values, [0.5, 0.95, 0.99], overwrite_input=True).tolist()
    return Spread(mean, median, p95, p99, most)


def _mean(values: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """Return the mean, exactly rounded, so that it does not depend on the order of the jobs."""
    return fsum(chain.from_iterable(_lists(values))) / len(values)


def _lists(values: NDArray[np.int64] | NDArray[np.float64]) -> Iterator[list[float]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE].tolist()
