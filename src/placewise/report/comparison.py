"""Two runs compared, for a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from placewise.report.explanation import print_line, print_table
from placewise.report.wording import MISSING, counted, jobs, share, shown
from placewise.study.compare.compare import Comparison, PairedDifference

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

    from placewise.model.worth import Interval


def print_comparison(found: Comparison, first: Path, second: Path, console: Console) -> None:
    """Print what differs between two runs: what they were, and what came of it, the first less the second."""
    print_line(f"A is {shown(str(first))}, B is {shown(str(second))}", console)
    if found.unlike:
        rows = [(shown(one.what), _shown(one.first), _shown(one.second)) for one in found.unlike]
        print_table("What differs between the studies", {"what": "left", "A": "left", "B": "left"}, rows, console)
    else:
        print_line("their study.json record no difference", console)
    overs: list[str] = list(dict.fromkeys(interval.over for one in found.differences for interval in one.intervals))
    headings: dict[str, JustifyMethod] = {"experiment": "left", "quantity": "left"}
    headings |= dict.fromkeys(("A", "B", "A less B", *(f"95 % over {over}" for over in overs)), "right")
    figures = [_row(one, overs) for one in found.differences]
    print_table(f"{jobs(found.jobs)} that both have", headings, figures, console)
    print_line(
        f"{jobs(found.only_first)} only in A, {jobs(found.only_second)} only in B, left out;"
        f" drawn again: {counted(found.units, found.unit)}, the same ones in both",
        console,
    )
    for note in found.notes:
        print_line(note, console)


def _row(one: PairedDifference, overs: list[str]) -> tuple[str, ...]:
    intervals = {interval.over: interval for interval in one.intervals}
    return (
        shown(one.experiment),
        one.quantity,
        share(one.first),
        share(one.second),
        _signed(one.difference),
        *(_between(intervals.get(over)) for over in overs),
    )


def _signed(change: float | None) -> str:
    if change is None:
        return share(None)
    # The same sum in another order may differ in the last digits.
    rounded = round(change, 12) + 0.0
    return f"{'+' if rounded > 0 else ''}{share(rounded)}"


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f"{_signed(interval.low)} to {_signed(interval.high)}"


def _shown(value: str | None) -> str:
    return MISSING if value is None else shown(value)
