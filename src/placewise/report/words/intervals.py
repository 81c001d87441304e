"""Intervals in words: their ends, what they are, and the brackets behind figures in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.model.quantities import SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.report.data.studies.uncertainty import intervals_of
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


def interval_heading(interval: Interval) -> str:
    """Write in a few words what an interval is, and of what, without how many: range over fleets."""
    what = interval.over if interval.varied is None else f"{interval.varied}s"
    return f"{'range' if interval.is_range else f'{100 * interval.level:g} %'} over {shown(what)}"


def in_brackets(results: Results, experiment: str, quantity: str = SUCCESS, *, whole: bool = False) -> str:
    """Write the intervals of a figure behind it in a sentence; nothing where there are none.

    whole : whether to say over what each interval is, as the first sentence of several does; those over something
        else than most say it themselves.
    """
    found = intervals_of(results, experiment, quantity)
    usual = not whole and [interval_over(interval) for interval in found] == _usual(results)
    parts = [
        f"{interval_kind(interval)} {interval_words(interval)}"
        if usual
        else f"{interval_over(interval)}: {interval_words(interval)}"
        for interval in found
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def intervals_explained(intervals: Iterable[Interval]) -> str:
    """Say what the kinds of some intervals mean, as a reader meets the first; empty without any."""
    found = list(intervals)
    level = next((100 * one.level for one in found if not one.is_range), None)
    said = [] if level is None else [f"About {level:g} of 100 such {level:g} % intervals hold the true number."]
    said += ["A range reaches from the least to the most of its draws."] * any(one.is_range for one in found)
    return " ".join(said)


def _usual(results: Results) -> list[str]:
    """Return what the intervals of the success of an experiment are, as those of most figures."""
    found = next((one.intervals for one in results.headlines if one.quantity == SUCCESS and one.intervals), ())
    return [interval_over(interval) for interval in found[:2]]
