"""Axes with a row for each level of metadata, and columns of numbers beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from placewise.model.results.results import Results
from placewise.report.data.studies.levels import LevelRow
from placewise.report.drawn import style
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import GROUPS, scoring_line

WIDTH = 9.4  # inches, as all here
_PITCH = 0.235
_HEADING = 0.27
_BETWEEN = 0.09
_INDENT = 0.12
_BESIDE = 0.16
_WIDEST_LABELS = 3.7
_GUTTER = 0.3
_LINE = 0.17
_BOTTOM = 0.85


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers beside the axes: a heading of one or more lines, a text for each row, and their colour."""

    heading: str
    texts: Sequence[str]
    colour: str = style.INK

    @property
    def width(self) -> float:
        """The room it takes, in inches."""
        widest = max([style.text_width(text) for text in self.texts], default=0.0)
        return max(widest, *(style.text_width(line, bold=True) for line in self.heading.split("\n"))) + _BESIDE


@dataclass(frozen=True, slots=True)
class LevelPlot:
    """A figure with panels side by side whose y runs down the rows in inches; heights: (rows,) the middle of each.

    headings : the height of the headings of columns above the panels.
    """

    figure: Figure
    panels: tuple[Axes, ...]
    heights: tuple[float, ...]
    headings: float

    @property
    def axes(self) -> Axes:
        """The first panel, beside the names of the rows."""
        return self.panels[0]


def level_plot(
    results: Results,
    words: FigureWords,
    subtitle: str,
    rows: Sequence[LevelRow],
    columns: Sequence[Column],
    *,
    top: float = 1.1,
    panels: int = 1,
) -> LevelPlot:
    """Return a figure with a named row for each level, in groups, and columns of numbers at the right.

    top : margin in inches, without the headings of the columns. panels : of equal width.
    """
    heights, headings, y = _places(rows)
    above = _LINE * max((column.heading.count("\n") + 1 for column in columns), default=0)
    labels = [style.fitting(row.label, _WIDEST_LABELS - _INDENT) for row in rows]
    indent = style.MARGIN + _INDENT
    names = [*((style.MARGIN, text) for _, text in headings), *((indent, text) for text in labels)]
    left = max(start + style.text_width(text) for start, text in names) + 0.16
    across = WIDTH - left - sum(column.width for column in columns) - 0.22
    each = (across - _GUTTER * (panels - 1)) / panels
    figure = style.sheet(words.title, subtitle, scoring_line(results), WIDTH, top + above + y + _BOTTOM)
    parts = [style.axes_at(figure, left + i * (each + _GUTTER), _BOTTOM, each, y) for i in range(panels)]
    for part in parts:
        part.set_ylim(y, 0)
        part.set_yticks([])
        part.spines["left"].set_visible(False)
        part.hlines(heights, 0, 1, transform=part.get_yaxis_transform(), color=style.RULE, linewidth=0.8, zorder=0)
    beside: dict[str, Any] = {"transform": parts[0].get_yaxis_transform(), "fontsize": style.SMALL, "va": "center"}
    for place, text in headings:
        parts[0].text((style.MARGIN - left) / each, place, text, color=style.MUTED, style="italic", **beside)
    for place, text in zip(heights, labels, strict=True):
        parts[0].text((indent - left) / each, place, text, **beside)
    _write_columns(parts[-1], columns, heights, each)
    return LevelPlot(figure, tuple(parts), tuple(heights), above)


def _write_columns(axes: Axes, columns: Sequence[Column], heights: Sequence[float], width: float) -> None:
    """Write columns right of axes of a width in inches, their headings above."""
    edge = 1.0
    beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": style.SMALL, "va": "center"}
    for column in columns:
        edge += column.width / width
        for place, text in zip(heights, column.texts, strict=True):
            axes.text(edge, place, text, ha="right", color=column.colour, **beside)
        how = {"ha": "right", "va": "baseline", "fontweight": "bold", "color": column.colour, "annotation_clip": False}
        for line, text in enumerate(reversed(column.heading.split("\n"))):
            style.write_at(axes, text, (edge, 1), (0, 5 + 72 * _LINE * line), xycoords="axes fraction", **how)


def _places(rows: Sequence[LevelRow]) -> tuple[list[float], list[tuple[float, str]], float]:
    """Return how far down each row and each heading of a group lies, and the height of all."""
    heights, headings, y = [], [], 0.0
    for i, row in enumerate(rows):
        if i == 0 or rows[i - 1].group != row.group:
            y += _BETWEEN
            if GROUPS[row.group]:
                headings.append((y + _HEADING / 2, GROUPS[row.group]))
                y += _HEADING
        heights.append(y + _PITCH / 2)
        y += _PITCH
    return heights, headings, y
