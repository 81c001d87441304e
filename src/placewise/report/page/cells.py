"""Tables of a page: texts to read, with the exact values for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from placewise.report.words.numbers import MISSING, amount, number, share


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: the text to read and, for a number, its exact value for machines."""

    text: str
    value: str | None = None


Row: TypeAlias = tuple[str, str, list[Cell]]
"""A name, what it is a share of, and the cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: columns as (name, what it is a share of), `first` over the names of rows; folded until asked for."""

    caption: str
    first: str
    columns: list[tuple[str, str]]
    rows: list[Row]
    folded: bool = False


def share_cell(value: float | None, std: float | None = None, *, digits: int = 4) -> Cell:
    """Return a share in percent, with its standard deviation if there is one."""
    if value is None:
        return Cell(MISSING)
    return Cell(share(value, digits) + (f" ± {share(std)}" if std is not None else ""), repr(value))


def count_cell(value: float | None, std: float | None = None, of: float | None = None) -> Cell:
    """Return a number, with its standard deviation, and out of how many, if there are such."""
    text = number(value)
    if value is None or text == MISSING:
        return Cell(MISSING)
    text += "" if std is None else f" ± {number(std)}"
    return Cell(text if of is None else f"{text} of {of:,}", repr(value))


def part_cell(value: float, total: float) -> Cell:
    """Return a number, and what share of a total it is."""
    written = amount(value)
    return Cell(f"{written} ({share(value / total, 3)})" if total and value else written, repr(value))


def amount_cell(value: float | None) -> Cell:
    """Return an amount to four digits, whole numbers in full."""
    return Cell(MISSING) if value is None else Cell(amount(value), repr(value))
