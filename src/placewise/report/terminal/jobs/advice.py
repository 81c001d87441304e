"""Changes worth making, as a table and sentences."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.advice.suggestions.suggestion import Advice
from placewise.report.terminal.tables import print_line, print_table
from placewise.report.words.jobs.advice import LONGEST, advice_columns, end_lines, now_lines
from placewise.report.words.numbers import shown


def print_advice(found: Advice, console: Console) -> None:
    """Print how jobs fare, which changes gain most, and by which rule."""
    for line in now_lines(found):
        print_line(shown(line, LONGEST), console)
    if found.suggestions:
        columns = advice_columns(found.suggestions)
        rows = list(zip(*columns.values(), strict=True))
        headings: dict[str, JustifyMethod] = dict.fromkeys(columns, "right")
        headings["change"] = "left"
        print_table("Changes worth making, each alone", headings, rows, console)
    for line in end_lines(found):
        print_line(line, console)
