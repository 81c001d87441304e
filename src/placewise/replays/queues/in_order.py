"""First come, first served, and shortest job first: the first in order starts, or nobody does."""

from __future__ import annotations

from placewise.replays.state.line import Line, Waiting


def fcfs(line: Line, now: int) -> None:
    """Start jobs in the order of submission until one does not fit."""
    while line.waiting:
        found = line.room(line.waiting[0])
        if found is None:
            return
        line.start(line.waiting[0], *found, now)


def sjf(line: Line, now: int) -> None:
    """Start jobs by estimated runtime, then in the order of submission, until one does not fit."""
    while line.waiting:
        shortest = min(line.waiting, key=by_estimate)
        found = line.room(shortest)
        if found is None:
            return
        line.start(shortest, *found, now)


def by_estimate(waiting: Waiting) -> tuple[int, int]:
    """Return what jobs are ordered by where the shortest comes first."""
    return waiting.estimate_s, waiting.attempt
