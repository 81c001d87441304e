"""What a schedule comes to: waiting, slowdown, use, cost and waste (defined in `model.traces.replay_summary`)."""

from __future__ import annotations

from math import fsum

import numpy as np
from numpy.typing import NDArray

from placewise.model.fleets.cluster import Fleet
from placewise.model.traces.replay import ReplaySettings, Schedule
from placewise.model.traces.replay_summary import (
    ClassSummary,
    ClusterSummary,
    MeanInterval,
    ReplaySummary,
    Spread,
    UserSummary,
    Waits,
    Work,
)
from placewise.model.traces.trace import UNKNOWN, Trace
from placewise.replays.fates import Fates, fates_of
from placewise.replays.sites import processor_price
from placewise.replays.weeks import RESAMPLES, mean_intervals

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


def summary_of(
    trace: Trace, fleet: Fleet, settings: ReplaySettings, schedule: Schedule, *, resamples: int = RESAMPLES
) -> ReplaySummary:
    """Sum up a replay over the jobs first submitted between warm-up and cool-down.

    Warm-up is counted from the first submission, cool-down back from the last one; the window of the utilisation ends
    with the last end, less the cool-down.
    """
    everything = fates_of(trace, schedule)
    window = _window(everything, settings)
    counted = counted_jobs(everything, settings)
    fates = everything.of(counted)
    started = fates.of(fates.started)
    parts = trace.processor_parts
    prices = processor_prices(fleet)
    rows = counted[schedule.job] & (schedule.start_s >= 0)
    busy = _busy(schedule, window)
    there = schedule.capacity * max(0, window[1] - window[0])
    return ReplaySummary(
        jobs=len(fates),
        succeeded=int(fates.succeeded.sum()),
        failed=int((fates.started & ~fates.succeeded).sum()),
        never_started=int((~fates.started).sum()),
        resubmissions=int(np.maximum(fates.attempts - 1, 0).sum()),
        waits=waits_of(started),
        means=means_of(started, settings.seed, resamples),
        weeks=len(np.unique(started.weeks())),
        work=_work(schedule, rows, prices, parts),
        makespan_s=int(everything.end_s.max(initial=0) - everything.submit_s.min()) if everything.started.any() else 0,
        utilisation=float(busy.sum() / there.sum()) if there.sum() else None,
        clusters=tuple(
            ClusterSummary(
                name,
                schedule.capacity[place].item() / parts,
                waits_of(started.of(started.cluster == place)),
                _work(schedule, rows & (schedule.cluster == place), prices, parts),
                float(busy[place] / there[place]) if there[place] else None,
            )
            for place, name in enumerate(schedule.clusters)
        ),
        fairness=_fairness(trace, started),
        by_user=_by_user(trace, started),
        by_class=_by_class(started, parts),
    )


def counted_jobs(fates: Fates, settings: ReplaySettings) -> NDArray[np.bool_]:
    """Return (jobs,) which were first submitted between warm-up and cool-down."""
    if not len(fates):
        return np.zeros(0, dtype=np.bool_)
    submit = fates.submit_s
    first, last = submit.min() + settings.warm_up_s, submit.max() - settings.cool_down_s
    found: NDArray[np.bool_] = (submit >= first) & (submit <= last)
    return found


def waits_of(started: Fates) -> Waits:
    """Sum up how jobs fared, all of which started."""
    return Waits(
        len(started),
        _spread(started.wait_s),
        _spread(started.turnaround_s),
        _spread(started.slowdown[started.runtime_s > 0]),
        _spread(started.bounded_slowdown),
    )


def processor_prices(fleet: Fleet) -> NDArray[np.float64]:
    """Return (clusters,) the price of a processor for an hour, NaN where it is not known (see `processor_price`)."""
    return np.array([processor_price(cluster) for cluster in fleet.clusters], dtype=np.float64)


def class_positions(fates: Fates, parts: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (jobs,) positions in `SIZES` and in `RUNTIMES`; jobs count processors in so many parts."""
    sizes = np.array([most for most, _ in SIZES if most is not None])
    runtimes = np.array([most for most, _ in RUNTIMES if most is not None])
    return np.searchsorted(sizes, fates.processors / parts), np.searchsorted(runtimes, fates.runtime_s)


def _window(fates: Fates, settings: ReplaySettings) -> tuple[int, int]:
    if not len(fates):
        return 0, 0
    return int(fates.submit_s.min()) + settings.warm_up_s, int(fates.end_s.max()) - settings.cool_down_s


def _busy(schedule: Schedule, window: tuple[int, int]) -> NDArray[np.float64]:
    """Return (clusters,) the processor-seconds used in a window."""
    rows = schedule.start_s >= 0
    within = np.minimum(schedule.end_s[rows], window[1]) - np.maximum(schedule.start_s[rows], window[0])
    seconds = np.maximum(within, 0) * schedule.processors[rows]
    return np.bincount(schedule.cluster[rows], seconds, minlength=len(schedule.clusters)).astype(np.float64)


def _work(schedule: Schedule, rows: NDArray[np.bool_], prices: NDArray[np.float64], parts: int) -> Work:
    seconds = (schedule.end_s - schedule.start_s)[rows] * schedule.processors[rows]
    paid = seconds / (parts * HOUR_S) * prices[schedule.cluster[rows]]
    cost = float(paid.sum()) if len(paid) else 0.0
    return Work(
        int(rows.sum()),
        seconds.sum().item() / parts,
        seconds[schedule.failed[rows]].sum().item() / parts,
        None if np.isnan(cost) or np.isnan(prices).all() else cost,
    )


def _spread(values: NDArray[np.int64] | NDArray[np.float64]) -> Spread | None:
    if not len(values):
        return None
    median, p95, p99 = np.quantile(values, [0.5, 0.95, 0.99]).tolist()
    return Spread(_mean(values), median, p95, p99, float(values.max()))


def _mean(values: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """Return the mean, exactly rounded, so that it does not depend on the order of the jobs."""
    return fsum(values.tolist()) / len(values)


def means_of(started: Fates, seed: int, resamples: int) -> tuple[MeanInterval, ...]:
    """Return the means of how jobs fared, all of which started, with intervals over weeks."""
    if not len(started):
        return ()
    # The mean slowdown has other denominators where runtimes are 0, and then no interval.
    names = [name for name in QUANTITIES if name != "slowdown" or (started.runtime_s > 0).all()]
    values = np.stack([np.asarray(getattr(started, name), dtype=np.float64) for name in names], axis=1)
    intervals = mean_intervals(values, started.weeks(), seed, resamples)
    return tuple(
        MeanInterval(name, _mean(column), interval)
        for name, column, interval in zip(names, values.T, intervals, strict=True)
    )


def _by_user(trace: Trace, started: Fates) -> tuple[UserSummary, ...]:
    codes = trace.user.codes[started.job]
    said = codes != UNKNOWN
    some, codes = started.of(said), codes[said]
    users, place = np.unique(codes, return_inverse=True)
    jobs = np.bincount(place, minlength=len(users))
    wait, turnaround, bounded, used = (
        np.bincount(place, column, minlength=len(users))
        for column in (some.wait_s, some.turnaround_s, some.bounded_slowdown, some.used_s)
    )
    found = [
        UserSummary(trace.user.names[user], int(n), w / n, t / n, b / n, u / trace.processor_parts)
        for user, n, w, t, b, u in zip(
            users.tolist(), *(one.tolist() for one in (jobs, wait, turnaround, bounded, used)), strict=True
        )
    ]
    return tuple(sorted(found, key=lambda one: (-one.used_processor_s, one.name)))


def _fairness(trace: Trace, started: Fates) -> float | None:
    slow = np.array([one.bounded_slowdown for one in _by_user(trace, started)])
    return float(slow.sum() ** 2 / (len(slow) * (slow**2).sum())) if len(slow) else None


def _by_class(started: Fates, parts: int) -> tuple[ClassSummary, ...]:
    size, runtime = class_positions(started, parts)
    found = []
    for row, (_, size_words) in enumerate(SIZES):
        for column, (_, runtime_words) in enumerate(RUNTIMES):
            rows = (size == row) & (runtime == column)
            if rows.any():
                found.append(ClassSummary(size_words, runtime_words, waits_of(started.of(rows))))
    return tuple(found)
