"""Axes with a row for each level of metadata, and columns of numbers beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from placewise.report.levels import GROUPS, Row
from placewise.report.style import INK, MARGIN, MUTED, RULE, SMALL, canvas, fitting, text_width

WIDTH = 9.4  # inches, as all here
_PITCH = 0.235
_HEADING = 0.27
_BETWEEN = 0.09
_INDENT = 0.12
_BESIDE = 0.16
_WIDEST_LABELS = 3.7
_GUTTER = 0.3
_LINE = 0.17


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers beside the axes: a heading of one or two lines, its colour, and a text for each row."""

    heading: str
    texts: Sequence[str]
    colour: str = INK

    @property
    def width(self) -> float:
        """The room it takes, in inches."""
        widest = max([text_width(text) for text in self.texts], default=0.0)
        return max(widest, *(text_width(line, bold=True) for line in self.heading.split("\n"))) + _BESIDE


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
    title: str,
    subtitle: str,
    note: str,
    rows: Sequence[Row],
    columns: Sequence[Column] = (),
    *,
    top: float = 1.1,
    bottom: float = 0.85,
    panels: int = 1,
) -> LevelPlot:
    """Return a figure with a named row for each level, in groups, and columns of numbers at the right.

    top, bottom : margins in inches, the first without the headings of the columns. panels : of equal width.
    """
    heights, headings, y = _places(rows)
    lines = max((column.heading.count("\n") + 1 for column in columns), default=0)
    above = _LINE * lines
    top += above
    labels = [fitting(row.label, _WIDEST_LABELS - _INDENT) for row in rows]
    names = [*((MARGIN, text) for _, text in headings), *((MARGIN + _INDENT, text) for text in labels)]
    left = max(start + text_width(text) for start, text in names) + 0.16
    right = sum(column.width for column in columns) + 0.22
    figure, axes = canvas(
        title, subtitle, note, left=left, right=right, top=top, bottom=bottom, width=WIDTH, height=top + y + bottom
    )
    across = WIDTH - left - right
    each = (across - _GUTTER * (panels - 1)) / panels
    box = axes.get_position()
    parts = [axes, *(figure.add_axes((0, 0, 1, 1)) for _ in range(panels - 1))]
    for i, part in enumerate(parts):
        part.set_position((box.x0 + i * (each + _GUTTER) / WIDTH, box.y0, each / WIDTH, box.height))
        part.set_ylim(y, 0)
        part.set_yticks([])
        part.spines["left"].set_visible(False)
        part.hlines(heights, 0, 1, transform=part.get_yaxis_transform(), color=RULE, linewidth=0.8, zorder=0)
    beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": SMALL, "va": "center"}
    for place, text in headings:
        axes.text((MARGIN - left) / each, place, text, color=MUTED, style="italic", **beside)
    for place, text in zip(heights, labels, strict=True):
        axes.text((MARGIN + _INDENT - left) / each, place, text, **beside)
    last, edge = parts[-1], 1.0
    beside["transform"] = last.get_yaxis_transform()
    for column in columns:
        edge += column.width / each
        for place, text in zip(heights, column.texts, strict=True):
            last.text(edge, place, text, ha="right", color=column.colour, **beside)
        for line, text in enumerate(reversed(column.heading.split("\n"))):
            last.annotate(
                text,
                (edge, 1),
                (0, 5 + 72 * _LINE * line),
                xycoords="axes fraction",
                textcoords="offset points",
                ha="right",
                fontsize=SMALL,
                fontweight="bold",
                color=column.colour,
                annotation_clip=False,
            )
    return LevelPlot(figure, tuple(parts), tuple(heights), above)


def _places(rows: Sequence[Row]) -> tuple[list[float], list[tuple[float, str]], float]:
    """Return how far down each row and each heading of a group stands, and the height of all."""
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
