"""A part of a page: what it says, its charts, its tables, its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from placewise.report.page.cells import Table
from placewise.report.page.charts.vega import Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: what it says, its charts, its picture, its tables.

    title : a question, which the section answers. lines : sentences after the text. figure : the name of the picture
    under them. charts : between the two. beside : whether they are beside each other.
    """

    name: str
    title: str
    text: str
    tables: list[Table]
    lines: Sequence[str] = ()
    figure: str | None = None
    charts: Sequence[Chart] = ()
    beside: bool = False

    def without(self, figure: str) -> Section:
        """Return the section without a chart or a picture that is shown elsewhere."""
        if self.figure != figure and all(chart.name != figure for chart in self.charts):
            return self
        charts = [chart for chart in self.charts if chart.name != figure]
        return replace(self, figure=None if self.figure == figure else self.figure, charts=charts)
