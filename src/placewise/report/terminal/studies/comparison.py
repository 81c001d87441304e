"""Two runs compared, as tables and lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, JustifyMethod

from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.report.data.studies.uncertainty import different
from placewise.report.terminal.tables import print_line, print_table
from placewise.report.words.intervals import interval_heading, interval_over
from placewise.report.words.names import experiment_word, quantity_word
from placewise.report.words.numbers import MISSING, jobs, share, shown, signed_share
from placewise.study.compare.compare import Comparison, PairedDifference
from placewise.study.compare.study_differences import Unlike

_LONGEST_PATH = 4096


def print_comparison(found: Comparison, first: Path, second: Path, console: Console) -> None:
    """Print what differs between two runs: what they were, and what came of it, the first less the second."""
    # Folders are given whole: a name cut off is no place.
    print_line(f"A is {shown(str(first), _LONGEST_PATH)}, B is {shown(str(second), _LONGEST_PATH)}", console)
    print_unlike(found.unlike, "What differs between the studies", console)
    if not found.unlike:
        print_line("Their study.json files record no difference.", console)
    varied = different(one.intervals for one in found.differences)
    headings: dict[str, JustifyMethod] = {"experiment": "left", "quantity": "left"}
    headings |= dict.fromkeys(("A", "B", "A less B", *map(interval_heading, varied)), "right")
    figures = [_row(one, [interval.over for interval in varied]) for one in found.differences]
    print_table(f"{jobs(found.jobs)} that both have", headings, figures, console)
    print_line(
        f"Not compared: {jobs(found.only_first)} only in A, {jobs(found.only_second)} only in B. "
        f"Resampled: {counted(found.units, found.unit)}, the same in A and B.",
        console,
    )
    for one in varied:
        print_line(f"{interval_heading(one)}: the {interval_over(one)}", console)
    for note in found.notes:
        print_line(note, console)


def print_unlike(unlike: Sequence[Unlike], title: str, console: Console) -> None:
    """Print what differs in how two runs were made, if anything does."""
    if unlike:
        texts = [(one.what, _plain(one.first), _plain(one.second)) for one in unlike]
        print_table(
            title, {"what": "left", "A": "left", "B": "left"}, [tuple(map(shown, one)) for one in texts], console
        )


def _plain(of: str | None) -> str:
    """Write what a study records for people, a list without its brackets."""
    if of is None:
        return MISSING
    is_list = of.startswith("[") and of.endswith("]") and "{" not in of
    return (of[1:-1].replace('"', "") or "nothing") if is_list else of


def _row(one: PairedDifference, varied: list[str]) -> tuple[str, ...]:
    by_over = {interval.over: interval for interval in one.intervals}
    figures = (share(one.first), share(one.second), signed_share(one.difference))
    ends = (_ends(by_over.get(over)) for over in varied)
    return experiment_word(one.experiment), quantity_word(one.quantity), *figures, *ends


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{signed_share(interval.low)} to {signed_share(interval.high)}"
