"""Intervals in words: their ends, and the brackets behind figures in sentences."""

from __future__ import annotations

from placewise.model.quantities import SUCCESS
from placewise.model.results import Results
from placewise.model.worth import Interval
from placewise.report.data.uncertainty import intervals_of
from placewise.report.words.names import quantity_text
from placewise.report.words.numbers import shown


def interval_words(interval: Interval, quantity: str = SUCCESS) -> str:
    """Write the ends of an interval."""
    return f"{quantity_text(quantity, interval.low)} to {quantity_text(quantity, interval.high)}"


def central_words(interval: Interval) -> str:
    """Write which share an interval holds: central 95 %."""
    return f"central {100 * interval.level:g} %"


def in_brackets(results: Results, experiment: str, quantity: str = SUCCESS) -> str:
    """Write the intervals of a figure behind it in a sentence; nothing where there are none.

    `brackets_explained` says once what they are over; only those over something else say it themselves.
    """
    found = intervals_of(results, experiment, quantity)
    usual = [interval.over for interval in found] == _usual(results)
    parts = [
        interval_words(interval) if usual else f"{interval_words(interval)} over {shown(interval.over)}"
        for interval in found
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def brackets_explained(results: Results) -> list[str]:
    """Say over what the intervals in brackets are, in their order; nothing where there are none."""
    usual = _usual(results)
    if not usual:
        return []
    overs = "; the second over ".join(map(shown, usual))
    which = "the first over " if len(usual) > 1 else "over "
    return [f"Brackets behind a figure hold its central 95 %: {which}{overs}."]


def _usual(results: Results) -> list[str]:
    """Return over what the success of an experiment has its intervals, as most figures do."""
    found = next((one.intervals for one in results.headlines if one.quantity == SUCCESS and one.intervals), ())
    return [interval.over for interval in found[:2]]
