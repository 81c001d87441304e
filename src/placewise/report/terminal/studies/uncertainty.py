"""How sure the figures are, and what other circumstances would give, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.model.quantities import CEILING, LAST, MACRO, SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import ORDER, Interval, SensitivityPoint
from placewise.report.data.studies.uncertainty import different
from placewise.report.terminal.tables import print_line, print_lines, print_table
from placewise.report.words.intervals import interval_over, intervals_explained
from placewise.report.words.names import experiment_word, figure_label, setting_words
from placewise.report.words.numbers import share

_SHOWN = (SUCCESS, LAST, MACRO, CEILING)
_HEADINGS = ("without metadata", "with all metadata", "range of draws", "matched jobs", "ceiling", "draws")


def print_intervals(results: Results, console: Console) -> None:
    """Print the intervals of success, of single and of the ceiling, if there are any.

    A column for each thing varied, but for orders of metadata, of which the summary has a line of its own.
    """
    known = [one for one in results.headlines if one.quantity in _SHOWN and one.intervals]
    varied = [interval for interval in different(one.intervals for one in known) if interval.varied != ORDER]
    # Of single its mean over subsystems; its success is a matter of jobs with many subsystems.
    known = [one for one in known if (one.quantity, experiment_word(one.experiment)) != (SUCCESS, "single")]
    if not known or not varied:
        return
    headings: dict[str, JustifyMethod] = {"success": "left"}
    headings |= {interval_over(interval): "right" for interval in varied}
    rows = []
    for one in known:
        cells = {interval.over: interval for interval in one.intervals}
        label = figure_label(results, one.experiment, one.quantity)
        rows.append((label, *(_ends(cells.get(interval.over)) for interval in varied)))
    print_line("", console)
    print_table("", headings, rows, console, ruled=True)
    print_line(intervals_explained(varied), console)
    print_line("", console)


def print_sensitivity(points: Sequence[SensitivityPoint], left_out: Sequence[str], console: Console) -> None:
    """Print a table for each thing that was changed, and what was left out."""
    for setting in dict.fromkeys(point.setting for point in points):
        word, unit = setting_words(setting)
        headings: dict[str, JustifyMethod] = dict.fromkeys((unit, *_HEADINGS), "right")
        rows = [_row(point) for point in points if point.setting == setting]
        print_table(f"Success by {word}", headings, rows, console)
    print_lines([f"left out: {line}" for line in left_out], console)


def _row(point: SensitivityPoint) -> tuple[str, ...]:
    is_share = setting_words(point.setting)[1].startswith("share")
    amount = share(point.amount) if is_share else f"{point.amount:,.0f}"
    ends = _ends(Interval(point.low, point.high, "")) if point.draws > 1 else ""
    success = (share(value, 3) for value in (point.nothing, point.everything))
    return (amount, *success, ends, share(point.matched, 3), share(point.ceiling, 3), f"{point.draws:,}")


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{share(interval.low, 3)} to {share(interval.high, 3)}"
