"""How sure the figures are, and what other circumstances would give, as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from placewise.model.quantities import CEILING, LAST, MACRO, SUCCESS
from placewise.model.results import Results
from placewise.model.worth import Headline, Interval, SensitivityPoint
from placewise.report.explanation import print_table
from placewise.report.wording import experiment_word, share, shown, told_at
from placewise.study.vary.sensitivity import CLUSTERS, MISSING, RANGES, WRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, JustifyMethod

_WORDS = {SUCCESS: "joint success", LAST: "joint success at the last level", MACRO: "build success", CEILING: "ceiling"}
_WHAT = {
    CLUSTERS: ("clusters, drawn from the profile", "clusters"),
    RANGES: ("version ranges, wider at both ends by so many versions on offer", "versions"),
    WRONG: ("metadata of the clusters replaced by another cluster's, unknown to the scheduler", "share"),
    MISSING: ("metadata of the clusters missing in what the scheduler sees", "share"),
}


def interval_table(results: Results) -> Table | None:
    """Return the intervals of joint success, of single and of the ceiling; None where there are none.

    A column for each thing varied, but for orders of telling, of which the summary has a line of its own.
    """
    known = [one for one in results.headlines if one.quantity in _WORDS and one.intervals]
    overs = list(dict.fromkeys(interval.over for one in known for interval in one.intervals if _has_column(interval)))
    # Of single, what the table above shows; its joint success is a matter of jobs with many subsystems.
    known = [one for one in known if (one.quantity, experiment_word(one.experiment)) != (SUCCESS, "single")]
    if not known or not overs:
        return None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title="central 95% over", title_style="")
    table.add_column("")
    for over in overs:
        table.add_column(escape(shown(over)), justify="right")
    for one in known:
        cells = {interval.over: interval for interval in one.intervals}
        table.add_row(escape(_label(results, one)), *(_ends(cells.get(over)) for over in overs))
    return table


def left_out_lines(results: Results) -> list[str]:
    """Say what was asked for and could not be, and why."""
    found = results.study.get("left_out")
    return [f"left out: {shown(str(line), 200)}" for line in found] if isinstance(found, list) else []


def print_sensitivity(points: Sequence[SensitivityPoint], left_out: Sequence[str], console: Console) -> None:
    """Print a table for each thing that was changed, and what was left out."""
    for setting in dict.fromkeys(point.setting for point in points):
        title, heading = _WHAT.get(setting, (setting, "amount"))
        headings: dict[str, JustifyMethod] = {
            heading: "right",
            "nothing told": "right",
            "everything told": "right",
            "95 % of draws": "right",
            "matched": "right",
            "ceiling": "right",
            "draws": "right",
        }
        rows = [_row(point) for point in points if point.setting == setting]
        print_table(f"Joint success by {title}", headings, rows, console)
    for line in left_out:
        console.print(f"left out: {line}", markup=False, highlight=False)


def _row(point: SensitivityPoint) -> tuple[str, ...]:
    amount = share(point.amount, space="") if point.setting in (WRONG, MISSING) else f"{point.amount:,.0f}"
    ends = _ends(Interval(point.low, point.high, "")) if point.draws > 1 else ""
    figures = (share(value, 3, space="") for value in (point.matched, point.ceiling))
    told = (share(value, 3, space="") for value in (point.nothing, point.everything))
    return (amount, *told, ends, *figures, f"{point.draws:,}")


def _has_column(interval: Interval) -> bool:
    return "order" not in interval.over


def _label(results: Results, one: Headline) -> str:
    if one.quantity == CEILING:
        return CEILING
    word = told_at(results, one.experiment)
    return word if one.quantity == SUCCESS else f"{word}: {_WORDS[one.quantity]}"


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{share(interval.low, 3, space='')} to {share(interval.high, 3, space='')}"
