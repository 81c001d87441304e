"""Changes worth making, as a table, or as records where a terminal is narrow."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.advice.suggestions.suggestion import Advice
from placewise.report.terminal.tables import PIPED_WIDTH, print_line, print_table
from placewise.report.words.advice import LONGEST, advice_columns, end_lines, now_lines
from placewise.report.words.numbers import shown

_TITLE = "Changes worth making, each alone"
_NARROW = 60


def print_advice(found: Advice, console: Console) -> None:
    """Print how jobs fare, which changes gain most, and by which rule."""
    for line in now_lines(found):
        print_line(shown(line, LONGEST), console)
    if found.suggestions:
        columns = advice_columns(found.suggestions)
        rows = list(zip(*columns.values(), strict=True))
        if console.is_terminal and console.width < _NARROW:
            _print_records(list(columns), rows, console)
        else:
            headings: dict[str, JustifyMethod] = dict.fromkeys(columns, "right")
            headings["change"] = "left"
            print_table(_TITLE, headings, rows, console, widest=PIPED_WIDTH)
    for line in end_lines(found):
        print_line(line, console)


def _print_records(headings: list[str], rows: list[tuple[str, ...]], console: Console) -> None:
    print_line(_TITLE, console)
    for number, change, *cells in rows:
        print_line(f"{number} {change}", console)
        print_line(
            "   " + "; ".join(f"{name}: {cell}" for name, cell in zip(headings[2:], cells, strict=True)), console
        )
