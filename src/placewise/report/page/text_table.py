"""Tables of words, which become a list of cards where the page is narrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placewise.model.scalar import counted
from placewise.report.words.numbers import shown

MOST_ROWS = 500
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Column:
    """A column : its name, and whether it holds numbers, which are to the right."""

    name: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of words.

    rows : the lines of each cell; the first cell names the row. notes : what is said under it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    notes: tuple[str, ...] = ()


def text_table(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[str | Sequence[str]]], notes: Sequence[str] = ()
) -> TextTable | None:
    """Return a table, a text or several lines a cell; None where there is no row. Of very many the first are shown."""
    found = list(rows)
    if not found:
        return None
    said = list(notes)
    if len(found) > MOST_ROWS:
        said.append(f"{counted(len(found) - MOST_ROWS, 'more row')} not shown; --json lists all.")
    cells = tuple(
        tuple(tuple(shown(line, _LONGEST) for line in ([cell] if isinstance(cell, str) else cell)) for cell in row)
        for row in found[:MOST_ROWS]
    )
    return TextTable(title, tuple(columns), cells, tuple(said))
