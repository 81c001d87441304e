"""Which processors each attempt holds: the lowest that are free, counted through the clusters.

A pool of processors does not say which ones a job has; these are one way to lay a schedule out, for charts by time and
processor and for files that have to name them.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from placewise.model.traces.replay import Schedule

MOST_ATTEMPTS = 1 << 20
"""Of longer schedules nothing is laid out."""

Held = list[tuple[int, int]]
"""First and last processor of each run, in order."""


def allocations(schedule: Schedule) -> list[Held]:
    """Return for each attempt the processors that it holds; none where it never started or took no time.

    The processors of a cluster are numbered after those of the clusters before it. Nothing is laid out of a schedule
    with more than `MOST_ATTEMPTS` attempts.
    """
    held: list[Held] = [[] for _ in range(len(schedule))]
    if len(schedule) > MOST_ATTEMPTS:
        return held
    offsets = np.cumsum(schedule.capacity) - schedule.capacity
    lasting = np.flatnonzero((schedule.start_s >= 0) & (schedule.end_s > schedule.start_s))
    # Ends come before starts of the same second, since what ends then is free.
    row = np.concatenate([lasting, lasting])
    begins = np.repeat([False, True], len(lasting))
    time = np.concatenate([schedule.end_s[lasting], schedule.start_s[lasting]])
    order = np.lexsort((row, begins, time))
    free = [
        [(first, first + size - 1)] for first, size in zip(offsets.tolist(), schedule.capacity.tolist(), strict=True)
    ]
    processors, cluster = schedule.processors.tolist(), schedule.cluster.tolist()
    for attempt, starts in zip(row[order].tolist(), begins[order].tolist(), strict=True):
        if starts:
            held[attempt] = _taken(free[cluster[attempt]], processors[attempt])
        else:
            for low, high in held[attempt]:
                _give(free[cluster[attempt]], low, high)
    return held


def _taken(free: Held, count: int) -> Held:
    """Take the lowest processors."""
    found: Held = []
    whole = 0
    for low, high in free:
        if count <= high - low:
            break
        found.append((low, high))
        count -= high - low + 1
        whole += 1
    del free[:whole]
    if count:
        low, high = free[0]
        found.append((low, low + count - 1))
        free[0] = (low + count, high)
    return found


def _give(free: Held, low: int, high: int) -> None:
    at = bisect_left(free, (low, high))
    if at < len(free) and free[at][0] == high + 1:
        high = free.pop(at)[1]
    if at and free[at - 1][1] == low - 1:
        at -= 1
        low = free.pop(at)[0]
    free.insert(at, (low, high))
