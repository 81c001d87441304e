"""A part of a page: what it says, its charts, its tables, its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.report.page.cells import Table
from placewise.report.page.charts.vega import Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: what it says, its charts, its picture, its tables.

    lines : sentences above the tables, the last full stop left out. figure : the name of the picture under them.
    charts : between the two. beside : whether they are beside each other.
    """

    name: str
    title: str
    text: str
    tables: list[Table]
    lines: Sequence[str] = ()
    figure: str | None = None
    charts: Sequence[Chart] = ()
    beside: bool = False
