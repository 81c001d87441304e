"""The numbers of a replay's figures: who runs where and when, what is used, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.traces.replay import Schedule
from placewise.model.traces.replay_allocation import allocations
from placewise.model.traces.replay_summary import ReplaySummary
from placewise.model.traces.replayed import Replayed
from placewise.replays.summaries.spreads import RUNTIMES, SIZES

MOST_BARS = 2000
"""So many attempts can be told apart as bars; of more, the use over time is shown."""
BINS = 480
DAY_S = 86400


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Attempts as rectangles, (bars,) each: days since the first submission, and processors from `low` up to `high`.

    An attempt on processors that are not side by side has several bars.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    failed: NDArray[np.bool_]
    job: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class OverTime:
    """Means over equally long bins of time.

    edges : (bins + 1,) days since the first submission. used : (clusters, bins) processors in use. waiting : (bins,)
    jobs that wait. demanded : (bins,) processors that these ask for.
    """

    edges: NDArray[np.float64]
    used: NDArray[np.float64]
    waiting: NDArray[np.float64]
    demanded: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassWaits:
    """Mean waits by class, (sizes, runtimes); NaN where none are. jobs : how many. sizes, runtimes : labels."""

    sizes: tuple[str, ...]
    runtimes: tuple[str, ...]
    wait_s: NDArray[np.float64]
    jobs: NDArray[np.int64]


def bars_of(replayed: Replayed) -> Bars | None:
    """Return the bars of a replay's attempts, None where there are none or too many."""
    schedule = replayed.schedule
    started = np.flatnonzero((schedule.start_s >= 0) & (schedule.end_s > schedule.start_s))
    if not 0 < len(started) <= MOST_BARS:
        return None
    held = allocations(schedule)
    rows = [(row, low, high) for row in started.tolist() for low, high in held[row]]
    which, low, high = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    first = _first(schedule)
    return Bars(
        (schedule.start_s[which] - first) / DAY_S,
        (schedule.end_s[which] - first) / DAY_S,
        low,
        high + 1,
        schedule.failed[which],
        schedule.job[which],
    )


def over_time(replayed: Replayed, bins: int = BINS) -> OverTime | None:
    """Return what is used and what waits over time; None for a replay in which no time passes."""
    return over_time_of(lambda: [replayed.schedule], replayed.trace.processor_parts, bins)


def over_time_of(schedules: Callable[[], Iterable[Schedule]], parts: int, bins: int = BINS) -> OverTime | None:
    """Return what `over_time` does of a schedule that comes part by part, anew each time it is asked for.

    parts : into how many parts a processor is divided.
    """
    first, last = np.iinfo(np.int64).max, 0
    for schedule in schedules():
        first = int(schedule.submit_s.min(initial=first))
        last = int(schedule.end_s.max(initial=last))
    if last <= first:
        return None
    edges = np.linspace(first, last, bins + 1)
    found: list[NDArray[np.float64]] = []
    for schedule in schedules():
        # A mean over spans is the sum of the means over parts of them.
        means = _means(schedule, parts, edges)
        found = means if not found else [one + other for one, other in zip(found, means, strict=True)]
    used, waiting, demanded = found
    return OverTime((edges - first) / DAY_S, used, waiting, demanded)


def _means(schedule: Schedule, parts: int, edges: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the columns of `OverTime` for some attempts."""
    started = schedule.start_s >= 0
    used = []
    for cluster in range(len(schedule.clusters)):
        rows = started & (schedule.cluster == cluster)
        used.append(_mean(schedule.start_s[rows], schedule.end_s[rows], schedule.processors[rows] / parts, edges))
    submit, start = schedule.submit_s[started], schedule.start_s[started]
    waiting = _mean(submit, start, np.ones(len(submit)), edges)
    return [np.stack(used), waiting, _mean(submit, start, schedule.processors[started] / parts, edges)]


def class_waits(summary: ReplaySummary) -> ClassWaits | None:
    """Return the mean waits by class; None where no job started."""
    if not summary.by_class:
        return None
    sizes = tuple(words for _, words in SIZES if any(one.size == words for one in summary.by_class))
    runtimes = tuple(words for _, words in RUNTIMES if any(one.runtime == words for one in summary.by_class))
    waits = np.full((len(sizes), len(runtimes)), np.nan)
    jobs = np.zeros(waits.shape, dtype=np.int64)
    for one in summary.by_class:
        at = sizes.index(one.size), runtimes.index(one.runtime)
        jobs[at] = one.waits.jobs
        waits[at] = np.nan if one.waits.wait_s is None else one.waits.wait_s.mean
    return ClassWaits(sizes, runtimes, waits, jobs)


def _first(schedule: Schedule) -> int:
    return int(schedule.submit_s.min(initial=np.iinfo(np.int64).max)) if len(schedule) else 0


def _mean(
    begin: NDArray[np.int64], end: NDArray[np.int64], weight: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (bins,) the mean over each bin of the summed weights of the spans that cover a moment."""
    time = np.concatenate([begin, end]).astype(np.float64)
    change = np.concatenate([weight, -weight])
    order = np.argsort(time, kind="stable")
    time, change = time[order], change[order]
    # The integral up to t is t times the weights that began, less the sum of weights times their beginnings.
    level = np.concatenate([[0.0], np.cumsum(change)])
    moment = np.concatenate([[0.0], np.cumsum(change * (time - edges[0]))])
    place = np.searchsorted(time, edges, side="right")
    integral = (edges - edges[0]) * level[place] - moment[place]
    found: NDArray[np.float64] = np.maximum(np.diff(integral) / np.diff(edges), 0.0)
    return found
