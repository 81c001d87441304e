"""Charts of uncertainty and of other circumstances: intervals, paired differences, fleets drawn anew, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, Headline, SensitivityPoint
from placewise.model.scalar import counted
from placewise.report.data.statistics import FEWEST_FOR_CENTRAL, thinned
from placewise.report.data.studies import uncertainty
from placewise.report.data.studies.worth import MOST_ROWS
from placewise.report.page.cells import Cell, Table, share_cell
from placewise.report.page.charts import vega
from placewise.report.words import figures
from placewise.report.words.figures import FigureWords
from placewise.report.words.intervals import interval_kind
from placewise.report.words.names import setting_amount, setting_words
from placewise.report.words.numbers import shown

_OVERS = (
    (vega.BLUE, "circle"),
    (vega.ORANGE, "square"),
    (vega.GREEN, "diamond"),
    (vega.PURPLE, "triangle-up"),
    (vega.VERMILLION, "cross"),
)
_LINES = {
    "ceiling": (vega.INK, [2, 3]),
    "matched": (vega.ORANGE, [7, 3]),
    "everything": (vega.BLUE, [1, 0]),
    "nothing": (vega.VERMILLION, [5, 3]),
}
_BETWEEN = 15  # pixels
_LONG = 50


def headline_charts(results: Results) -> list[vega.Chart]:
    """Return the figures that count all jobs, each with its intervals."""
    known = uncertainty.drawn_headlines(results)
    return [_whiskers(results, figures.headline_words(results, known), known, "share")] if known else []


def difference_charts(results: Results) -> list[vega.Chart]:
    """Return the differences of shares between two experiments, each with its intervals."""
    known, axis = uncertainty.drawn_differences(results), "difference (percentage points)"
    return [_whiskers(results, figures.difference_words(results, known), known, axis, zero=True)] if known else []


def _whiskers(
    results: Results, words: FigureWords, known: Sequence[Headline | Difference], axis: str, *, zero: bool = False
) -> vega.Chart:
    """Return marks with their intervals, a row each, apart where there are several over different things."""
    labels, scale = figures.interval_labels(results, known), 100.0 if zero else 1.0
    values: list[dict[str, Any]] = [
        {
            "figure": label,
            "value": scale * one.value,
            "low": scale * interval.low,
            "high": scale * interval.high,
            "over": f"over {shown(interval.over)}",
            "part": interval_kind(interval),
        }
        for label, one in zip(labels, known, strict=True)
        for interval in one.intervals
    ]
    overs = list(dict.fromkeys(value["over"] for value in values))
    looks = [(over, *_OVERS[i % len(_OVERS)]) for i, over in enumerate(overs)]
    rows = list(labels[:MOST_ROWS])
    values = [value for value in values if value["figure"] in set(rows)]
    form = ".3~f" if zero else vega.PERCENT_EXACT
    shared = {
        "color": vega.legend("over", [(over, colour) for over, colour, _ in looks]),
        "tooltip": [
            vega.tip("figure", "figure"),
            *(vega.tip(field, title, form) for field, title in (("value", axis), ("low", "from"), ("high", "to"))),
            vega.tip("part", "interval"),
            vega.tip("over", "varied"),
        ],
    }
    shape = vega.legend("over", [(over, shape) for over, _, shape in looks])
    x = vega.quantity if zero else vega.share_x
    layer: list[dict[str, Any]] = []
    if zero:
        rule = {"type": "rule", "aria": False, "strokeDash": [4, 3], "color": vega.INK}
        layer.append({"mark": rule, "data": {"values": [{}]}, "encoding": {"x": {"datum": 0}, "y": None}})
    for i, over in enumerate(overs):
        # Intervals of one figure lie above each other.
        down = _BETWEEN * (i - (len(looks) - 1) / 2)
        layer += [
            {
                "mark": {"type": "rule", "aria": False, "strokeWidth": 2.2, "yOffset": down},
                "transform": vega.only("over", over),
                "encoding": {"x": x("low", axis), "x2": {"field": "high"}, **shared},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 75, "yOffset": down},
                "transform": vega.only("over", over),
                "encoding": {"x": x("value", axis), "shape": shape, **shared},
            },
        ]
    y = vega.names("figure", rows)
    y["axis"] |= {"grid": True}
    # A long name takes up to three lines.
    long = any(len(label) > _LONG for label in rows)
    height = max(_BETWEEN * len(overs) + 14, 3 * _BETWEEN if long else 0) * len(rows)
    return vega.chart(words, values, height, {"encoding": {"y": y}, "layer": layer})


def fleet_charts(results: Results) -> list[vega.Chart]:
    """Return success on every fleet drawn anew."""
    columns = uncertainty.fleet_columns(results)
    if not columns:
        return []
    labels = figures.fleet_labels(results, columns)
    fleets = len(columns[0].values)
    kept = thinned(fleets, vega.MOST_POINTS)
    values: list[dict[str, Any]] = [
        {"metadata": label, "fleet": i + 1, "success": float(column.values[i])}
        for label, column in zip(labels, columns, strict=True)
        for i in kept
    ]
    ends = [(column.interval.low, column.interval.median, column.interval.high) for column in columns]
    summary = [
        {"metadata": label, "low": low, "median": median, "high": high}
        for label, (low, median, high) in zip(labels, ends, strict=True)
    ]
    metadata, axis = vega.tip("metadata", "metadata"), "share of jobs, on one fleet each"
    single = [metadata, vega.tip("fleet", "fleet"), vega.tip("success", "success", vega.PERCENT_EXACT)]
    whole = [
        metadata,
        vega.tip("median", "median", vega.PERCENT_EXACT),
        vega.tip("low", "least" if columns[0].interval.is_range else "2.5 % of fleets below", vega.PERCENT_EXACT),
        vega.tip("high", "most" if columns[0].interval.is_range else "97.5 % of fleets below", vega.PERCENT_EXACT),
    ]
    layer = [
        {
            "mark": {"type": "tick", "aria": False, "thickness": 1.2, "opacity": 0.55, "color": vega.SKY, "size": 18},
            "encoding": {"x": vega.share_x("success", axis), "tooltip": single},
        },
        {
            "mark": {"type": "rule", "aria": False, "strokeWidth": 3, "color": vega.BLUE},
            "data": {"values": summary},
            "encoding": {"x": vega.share_x("low", axis), "x2": {"field": "high"}, "tooltip": whole},
        },
        {
            "mark": {"type": "circle", "size": 130, "opacity": 1, "color": vega.BLUE},
            "data": {"values": summary},
            "encoding": {"x": vega.share_x("median", axis), "tooltip": whole},
        },
    ]
    words = figures.fleet_words(results, columns)
    if len(kept) < fleets:
        some = f" Drawn are {len(kept)} fleets, evenly picked; line and dot are of all."
        words = words._replace(caption=words.caption + some)
    names: Sequence[str] = ("least", "median", "most")
    rows: Sequence[Sequence[float]] = ends
    if not columns[0].interval.is_range:
        names = ("least", "2.5 %", "median", "97.5 %", "most")
        rows = [(np.min(one.values), *three, np.max(one.values)) for one, three in zip(columns, ends, strict=True)]
    table = Table(
        f"Success over {counted(fleets, 'fleet')}.",
        "metadata",
        [(name, "of fleets") for name in names],
        [(label, "", [share_cell(float(v)) for v in row]) for label, row in zip(labels, rows, strict=True)],
    )
    parts = {"encoding": {"y": vega.names("metadata", labels)}, "layer": layer}
    return [vega.chart(words, values, 46 * len(columns), parts, picture="fleet-spread", table=table)]


def sensitivity_charts(results: Results) -> list[vega.Chart]:
    """Return a chart for each thing that was changed."""
    settings = uncertainty.by_setting(results)
    return [_sensitivity(place, *setting) for place, setting in enumerate(settings.items())]


def _sensitivity(place: int, setting: str, points: Sequence[SensitivityPoint]) -> vega.Chart:
    word, unit = setting_words(setting)
    values: list[dict[str, Any]] = [
        {"amount": point.amount, "line": figures.SENSITIVITY_LINES[name], "share": getattr(point, name)}
        | ({"low": point.low, "high": point.high} if name == "everything" else {"low": None, "high": None})
        for point in points
        for name in _LINES
    ]
    scale: dict[str, Any] = {"nice": False, "padding": 8}
    scale |= {"type": "log"} if uncertainty.over_decades(points) else {"zero": False}
    x = vega.quantity("amount", f"{word} ({unit})", scale=scale)
    form = vega.PERCENT_EXACT if unit.startswith("share") else ",d" if unit == "count" else "~g"
    x["axis"] |= {"format": form}
    y = vega.share_x("share", "share of jobs", scale={"domain": [0, 1]})
    looks = [(figures.SENSITIVITY_LINES[name], *look) for name, look in _LINES.items()]
    colour = vega.legend("line", [(name, colour) for name, colour, _ in looks], lines=True)
    dash = vega.legend("line", [(name, dash) for name, _, dash in looks], lines=True)
    tips = [vega.tip("amount", word), vega.tip("line", "line")]
    tips.append(vega.tip("share", "mean of the draws", vega.PERCENT_EXACT))
    layer = [
        {
            "mark": {"type": "area", "aria": False, "opacity": 0.22, "color": vega.BLUE},
            "transform": [{"filter": {"field": "low", "valid": True}}],
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": {"type": "line"}, "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash}},
        {
            "mark": {"type": "circle", "size": 42, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
        },
    ]
    words = figures.setting_figure_words(place, setting, points)
    few = max(point.draws for point in points) < FEWEST_FOR_CENTRAL
    ends = ("least", "most") if few else ("2.5 %", "97.5 %")
    table = Table(
        f"{words.title}.",
        unit,
        [
            ("success without metadata", "of all jobs"),
            ("success with all metadata", "of all jobs"),
            (ends[0], "of draws, with all metadata"),
            (ends[1], "of draws, with all metadata"),
            ("matched jobs", "with all metadata, of all jobs"),
            ("ceiling", "of all jobs"),
            ("draws", "count"),
        ],
        [(setting_amount(setting, point.amount), "", _sensitivity_cells(point)) for point in points],
        folded=True,
    )
    picture = "sensitivity" if place == 0 else None
    return vega.chart(words, values, 260, {"layer": layer}, picture=picture, table=table)


def _sensitivity_cells(point: SensitivityPoint) -> list[Cell]:
    shares = (point.nothing, point.everything, point.low, point.high, point.matched, point.ceiling)
    return [*map(share_cell, shares), Cell(f"{point.draws:,}", str(point.draws))]
