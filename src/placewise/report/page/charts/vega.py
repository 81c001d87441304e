"""Interactive charts as data: Vega-Lite specifications, the words that go with them, and their numbers as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from placewise.report.page.cells import Table
from placewise.report.words.figures import FigureWords

Spec: TypeAlias = Mapping[str, Any]
"""A Vega-Lite specification, without the look that all charts share."""

MOST_POINTS = 300

# Custom properties of the page, each with a value for light, dark and paper.
BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE = (
    f"var(--{name})" for name in ("blue", "orange", "green", "vermillion", "sky", "purple")
)
INK, MUTED, LINE, GROUND = (f"var(--{name})" for name in ("ink", "muted", "line", "ground"))
PERCENT = ".1~%"
PERCENT_EXACT = ".2~%"

_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
CONFIG: Mapping[str, Any] = {
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": LINE,
        "domainColor": MUTED,
        "tickColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelLimit": 330,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 420,
        "orient": "top",
        "direction": "horizontal",
        "columnPadding": 16,
        "symbolSize": 110,
        "symbolStrokeWidth": 2,
        "symbolOpacity": 1,
        "title": None,
        "offset": 10,
    },
    "line": {"strokeWidth": 2.2},
    "rule": {"color": INK},
    "text": {"color": INK, "fontSize": 12},
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the words for it as in `FigureWords`.

    picture : the name of the picture shown where scripts do not run; None where there is none. table : the same
        numbers, None where a table of the section has them.
    """

    name: str
    title: str
    caption: str
    alt: str
    spec: Spec
    picture: str | None = None
    table: Table | None = None


def chart(
    words: FigureWords,
    values: Sequence[Mapping[str, Any]],
    height: int,
    parts: Mapping[str, Any],
    *,
    picture: str | None = None,
    table: Table | None = None,
) -> Chart:
    """Return a chart as wide as its place. height : in pixels. parts : the rest of its specification."""
    spec = {
        "description": f"{words.title}. {words.alt}",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": list(values)},
        **parts,
    }
    return Chart(*words, spec=spec, picture=picture, table=table)


def share_x(field: str, title: str | None, **rest: Any) -> dict[str, Any]:
    """Return a channel of shares, written in percent."""
    axis = {"format": PERCENT, "title": title, "tickCount": 6}
    return {"field": field, "type": "quantitative", "axis": axis, **rest}


def quantity(field: str, title: str | None, **rest: Any) -> dict[str, Any]:
    """Return a channel of amounts."""
    return {"field": field, "type": "quantitative", "axis": {"title": title, "tickCount": 6}, **rest}


def count(field: str, title: str | None, **rest: Any) -> dict[str, Any]:
    """Return a channel of counts, whose ticks are whole."""
    axis = {"title": title, "tickCount": 6, "tickMinStep": 1, "format": ",d"}
    return {"field": field, "type": "quantitative", "axis": axis, **rest}


def names(field: str, order: Sequence[str]) -> dict[str, Any]:
    """Return a channel of names in a given order, from the top."""
    # Marks at zero do not touch the names.
    axis = {"title": None, "ticks": False, "labelPadding": 9}
    return {"field": field, "type": "nominal", "sort": None, "scale": {"domain": list(order)}, "axis": axis}


def legend(field: str, looks: Sequence[tuple[str, Any]], *, lines: bool = False) -> dict[str, Any]:
    """Return a channel whose values each have a look of their own: a colour, a shape or dashes.

    lines : whether the legend shows them as lines.
    """
    scale = {"domain": [value for value, _ in looks], "range": [look for _, look in looks]}
    # As many beside each other as there is room for, at about seven pixels a letter.
    widest = 48 + 7 * max((len(value) for value, _ in looks), default=0)
    shown: dict[str, Any] = {"columns": {"signal": f"max(1, floor(width / {widest}))"}}
    if lines:
        shown |= {"symbolType": "stroke", "symbolSize": 500, "symbolStrokeWidth": 2.4}
    return {"field": field, "type": "nominal", "scale": scale, "title": None, "legend": shown}


def tip(field: str, title: str, form: str | None = None) -> dict[str, Any]:
    """Return one line of what a mark says when it is pointed at."""
    line: dict[str, Any] = {"field": field, "title": title}
    return line if form is None else {**line, "type": "quantitative", "format": form}


def number_axis(field: str) -> dict[str, Any]:
    """Return a channel of numbers on an axis that another layer describes."""
    return {"field": field, "type": "quantitative"}


def only(field: str, value: Any) -> list[dict[str, Any]]:
    """Return the transform that keeps the rows that have a value in a field."""
    return [{"filter": {"field": field, "equal": value}}]
