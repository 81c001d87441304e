"""What a change gains for the jobs of a workload."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.results.worth import Interval


@dataclass(frozen=True, slots=True)
class Saved:
    """How much less there is of something, all jobs together; below 0 it is more. interval : over weeks, if known."""

    amount: float
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Gains:
    """What is different once a change is applied; below 0 it is lost.

    success : how many more jobs are expected to succeed. matches : how many more match some cluster; of a trace, start.
    moved : how many go to another cluster, of those that have one before and after; None where nothing says which.
    waiting_h : hours that jobs wait, of those that start before and after. wasted_h : processor-hours of attempts that
    fail. cost : what jobs pay, of those of which it is known before and after. None for what is not known.
    """

    success: float
    matches: int
    moved: int | None = None
    waiting_h: Saved | None = None
    wasted_h: Saved | None = None
    cost: Saved | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """How jobs fare before any change.

    jobs : how many there are. success : how many are expected to succeed. matches : how many match some cluster; of a
    trace, start. waiting_h : hours that jobs wait, added up. wasted_h : processor-hours of attempts that fail.
    cost : what all jobs pay, in the unit of the fleet's prices. None for what is not known.
    """

    jobs: int
    success: float
    matches: int
    waiting_h: float | None = None
    wasted_h: float | None = None
    cost: float | None = None
