"""Intervals in words: their ends, what they are, and the brackets behind figures in sentences."""

from __future__ import annotations

from placewise.model.quantities import SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.report.data.uncertainty import intervals_of
from placewise.report.words.names import quantity_text
from placewise.report.words.numbers import shown


def interval_words(interval: Interval, quantity: str = SUCCESS) -> str:
    """Write the ends of an interval."""
    return f"{quantity_text(quantity, interval.low)} to {quantity_text(quantity, interval.high)}"


def interval_kind(interval: Interval) -> str:
    """Write what an interval is: of a share of draws, or of all of a few."""
    return "range" if interval.is_range else f"{100 * interval.level:g} % interval"


def interval_over(interval: Interval) -> str:
    """Write what an interval is, and of what: range of 20 fleets."""
    return f"{interval_kind(interval)} {'of' if interval.is_range else 'over'} {shown(interval.over)}"


def in_brackets(results: Results, experiment: str, quantity: str = SUCCESS) -> str:
    """Write the intervals of a figure behind it in a sentence; nothing where there are none.

    `brackets_explained` says once what they are; only those over something else say it themselves.
    """
    found = intervals_of(results, experiment, quantity)
    usual = [interval_over(interval) for interval in found] == _usual(results)
    parts = [
        interval_words(interval) if usual else f"{interval_words(interval)}, the {interval_over(interval)}"
        for interval in found
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def brackets_explained(results: Results) -> list[str]:
    """Say what the intervals in brackets are, in their order; nothing where there are none."""
    usual = _usual(results)
    return [f"Brackets behind a figure hold its {'; then its '.join(usual)}."] if usual else []


def _usual(results: Results) -> list[str]:
    """Return what the intervals of the success of an experiment are, as those of most figures."""
    found = next((one.intervals for one in results.headlines if one.quantity == SUCCESS and one.intervals), ())
    return [interval_over(interval) for interval in found[:2]]
