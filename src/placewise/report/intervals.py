"""The intervals of headline figures, where figures are told."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.quantities import CEILING, FLEET, SUCCESS, SUCCESS_OF_MATCHED
from placewise.model.results import Results
from placewise.model.worth import Interval
from placewise.report.cells import Cell, Row
from placewise.report.wording import shown
from placewise.report.worth_words import interval_words, level_words


def intervals_of(results: Results, experiment: str, quantity: str) -> tuple[Interval, ...]:
    """Return the intervals of a figure, each over something else; none where the results have none."""
    return next(
        (one.intervals for one in results.headlines if (one.experiment, one.quantity) == (experiment, quantity)), ()
    )


def ceiling_in_brackets(results: Results) -> str:
    """Write the intervals of the ceiling behind its figure."""
    return in_brackets(results, FLEET, CEILING)


def in_brackets(results: Results, experiment: str, quantity: str = SUCCESS) -> str:
    """Write the intervals of a figure as they stand behind it in a sentence; nothing where there are none.

    Over what they are is said once for all, by `brackets_explained`, unless these are over something else.
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
    return [f"In brackets behind a figure stands where the central 95 % lie: {which}{overs}."]


def _usual(results: Results) -> list[str]:
    """Return over what joint success of an experiment has its intervals, as most figures do."""
    found = next((one.intervals for one in results.headlines if one.quantity == SUCCESS and one.intervals), ())
    return [interval.over for interval in found[:2]]


def interval_rows(results: Results, experiments: list[str]) -> Iterator[Row]:
    """Yield rows of a table of scores: for build and joint success, the interval over each thing that was varied."""
    for quantity in (SUCCESS_OF_MATCHED, SUCCESS):
        known = {name: intervals_of(results, name, quantity) for name in experiments}
        for over in dict.fromkeys(interval.over for found in known.values() for interval in found):
            by_name = {name: next((i for i in found if i.over == over), None) for name, found in known.items()}
            some = next(interval for interval in by_name.values() if interval is not None)
            cells = [Cell("-") if one is None else Cell(interval_words(one), repr(one.low)) for one in by_name.values()]
            yield f"{quantity}, from and to", f"{level_words(some)} over {shown(over)}", cells
