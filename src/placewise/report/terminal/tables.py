"""Tables and lines on a terminal, and in a file or pipe, where each row is a line of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

MOST_ROWS = 20

PIPED_WIDTH = 100
"""So many columns wide is a table at most, in a file or pipe, where its printer says so."""


def print_first_rows(
    title: str,
    headings: Mapping[str, JustifyMethod],
    rows: Sequence[tuple[str, ...]],
    console: Console,
    *,
    widest: int | None = None,
) -> None:
    """Print a table if it has rows: the first of them on a terminal, all of them elsewhere. See `print_table`."""
    if not rows:
        return
    shown = rows[: MOST_ROWS if console.is_terminal else None]
    print_table(title, headings, shown, console, widest=widest)
    if rest := len(rows) - len(shown):
        print_text(Text(f"and {rest} more (--json lists all)"), console)


def print_table(
    title: str,
    headings: Mapping[str, JustifyMethod],
    rows: Sequence[tuple[str, ...]],
    console: Console,
    *,
    widest: int | None = None,
) -> None:
    """Print a table under its title, no wider than a terminal; in a file or pipe each row is a line of its own.

    widest : in a file or pipe too, the table is at most so wide, and a row that is wider takes several lines.
    """
    table = Table(box=None, pad_edge=False)
    for heading, justify in headings.items():
        table.add_column(heading, justify=justify, overflow="fold")
    for row in rows:
        # A plain string would be searched for codes such as :bug:.
        table.add_row(*map(Text, row))
    wanted = console.measure(table, options=console.options.update(width=sys.maxsize)).maximum
    if console.is_terminal:
        widest = console.width
    else:
        table.width = wanted
    if widest is not None and wanted > widest:
        table.width = widest
        for column, width in zip(table.columns, _widths(list(headings), rows, widest), strict=True):
            column.width = width
    print_text(Text(title, "italic"), console)
    print_text(table, console)


def _widths(headings: Sequence[str], rows: Sequence[tuple[str, ...]], widest: int) -> list[int]:
    """Return how wide each column is in a table that has to be narrower: words stay whole if they can."""
    columns = [[heading, *cells] for heading, cells in zip(headings, zip(*rows, strict=True), strict=True)]
    widths = [max(map(cell_len, cells)) for cells in columns]
    words = [max((cell_len(word) for cell in cells for word in cell.split()), default=1) for cells in columns]
    for least in (words, [1] * len(widths)):
        # Columns stand two blanks apart.
        while sum(widths) + 2 * (len(widths) - 1) > widest:
            spare = [width - keep for width, keep in zip(widths, least, strict=True)]
            if max(spare) <= 0:
                break
            at = max(range(len(widths)), key=lambda one: (spare[one] > 0, widths[one]))
            widths[at] -= 1
    return widths


def print_line(line: str, console: Console) -> None:
    """Print a line of text as it is, without looking for codes in it."""
    print_text(Text(line), console)


def print_text(line: Text | Table, console: Console) -> None:
    """Print a text or table; in a file or pipe no line is broken."""
    console.print(line, soft_wrap=not console.is_terminal)


def print_lines(lines: Sequence[str], console: Console) -> None:
    """Print lines that a terminal breaks where it ends."""
    for line in lines:
        console.print(line, markup=False, highlight=False)


def ruled_table(title: str | None = None) -> Table:
    """Return a table with a rule under its headings, as the summaries of runs have."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=title, title_style="")
