"""The parts of what a report begins with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from placewise.model.results.worth import Interval
from placewise.report.words.intervals import interval_kind, interval_over
from placewise.report.words.numbers import share

DIGITS = 3
"""So many significant digits have the numbers of an answer; tables have more."""


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number that is shown large. text : as it is read. ends : its interval, as it is read.

    low, high : the ends, None where there is no interval. top : where its scale ends, which begins at 0; top_text : as
    it is read.
    """

    label: str
    text: str
    value: float
    ends: str
    low: float | None
    high: float | None
    top: float
    top_text: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What a report begins with. figure : the name of its main picture or chart, empty for none.

    note : what the intervals of the numbers are.
    """

    sentence: str
    figure: str = ""
    numbers: tuple[KeyNumber, ...] = ()
    note: str = ""


def explained(interval: Interval | None) -> str:
    """Say what an interval is, where a reader meets the first; nothing without one."""
    if interval is None:
        return ""
    if interval.is_range:
        return f"Each bar is the {interval_over(interval)}: it reaches from the least to the most of them."
    return (
        f"Each bar is the {interval_over(interval)}: about {100 * interval.level:g} of 100 such bars hold the true "
        "number. A wide bar means an uncertain number."
    )


def ends_text(interval: Interval | None, written: Callable[[float], str]) -> str:
    """Write an interval under its number: 95 % interval 0.96 % to 2.4 %."""
    return "" if interval is None else f"{interval_kind(interval)} {written(interval.low)} to {written(interval.high)}"


def share_number(label: str, value: float, interval: Interval | None, top: float) -> KeyNumber:
    """Return a share as a key number. top : where its scale ends."""
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    ends = ends_text(interval, lambda end: share(end, DIGITS))
    return KeyNumber(label, share(value, DIGITS), value, ends, low, high, top, share(top, DIGITS))


def scale_end(largest: float) -> float:
    """Return a round number that is no less than the largest of some numbers: 1, 2, 5, 10, 20, ...

    >>> scale_end(0.43), scale_end(3.0)
    (0.5, 5.0)
    """
    if not (largest > 0 and math.isfinite(largest)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= largest * (1 - 1e-12))
