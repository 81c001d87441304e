"""Interactive charts as data: Vega-Lite specifications, the words that go with them, and their numbers as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from placewise.report.cells import Table
from placewise.report.wording import shown

Spec: TypeAlias = Mapping[str, Any]
"""A Vega-Lite specification, without the look that all charts share."""

MOST_ROWS = 40
"""So many rows of names a reader can take in; tables hold the others."""
MOST_POINTS = 300
MOST_MARKS = 1500

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
        "labelLimit": 210,
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
    """A chart, and the words for it as in `picture.Picture`.

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


def chart_spec(title: str, alt: str, values: Sequence[Mapping[str, Any]], height: int, **parts: Any) -> dict[str, Any]:
    """Return the specification of a chart as wide as its place; height: in pixels."""
    return {
        "description": f"{title}. {alt}",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": list(values)},
        **parts,
    }


def share_x(field: str, title: str | None, **rest: Any) -> dict[str, Any]:
    """Return a channel of shares, written in percent."""
    axis = {"format": PERCENT, "title": title, "tickCount": 6}
    return {"field": field, "type": "quantitative", "axis": axis, **rest}


def quantity(field: str, title: str | None, **rest: Any) -> dict[str, Any]:
    """Return a channel of amounts."""
    return {"field": field, "type": "quantitative", "axis": {"title": title, "tickCount": 6}, **rest}


def names(field: str, order: Sequence[str]) -> dict[str, Any]:
    """Return a channel of names in a given order, from the top."""
    scale = {"domain": list(order)}
    return {"field": field, "type": "nominal", "sort": None, "scale": scale, "axis": {"title": None, "ticks": False}}


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
    """Return one line of what is told of a mark that is pointed at."""
    told: dict[str, Any] = {"field": field, "title": title}
    return told if form is None else {**told, "type": "quantitative", "format": form}


def only(field: str, value: Any) -> list[dict[str, Any]]:
    """Return the transform that keeps the rows that have a value in a field."""
    return [{"filter": {"field": field, "equal": value}}]


def told_apart(texts: Sequence[str], longest: int = 40) -> list[str]:
    """Return names fit to be shown, numbered where cutting them short makes them equal."""
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        name, number = shown(text, longest), 1
        label = name
        while label in taken:
            number += 1
            label = f"{name} ({number})"
        taken.add(label)
        found.append(label)
    return found


def thinned(count: int, most: int = MOST_POINTS) -> list[int]:
    """Return positions evenly among so many, first and last included; all where they are no more than `most`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist() if count else []
