"""Charts of uncertainty and of other circumstances: intervals, paired differences, fleets drawn anew, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewise.model.quantities import CEILING, LAST, SUCCESS
from placewise.model.results import Results
from placewise.model.worth import Difference, FleetSpread, Headline, SensitivityPoint
from placewise.report.cells import Cell, Table, share_cell
from placewise.report.charts.chart import (
    BLUE,
    GREEN,
    INK,
    MOST_ROWS,
    ORANGE,
    PERCENT_EXACT,
    PURPLE,
    SKY,
    VERMILLION,
    Chart,
    chart_spec,
    legend,
    names,
    only,
    quantity,
    share_x,
    thinned,
    tip,
    told_apart,
)
from placewise.report.statistics import central_interval
from placewise.report.wording import counted, number, share, shown, told_at
from placewise.report.worth_words import (
    DIFFERENCES_TITLE,
    FLEETS_TITLE,
    HEADLINES_TITLE,
    difference_words,
    interval_words,
    is_share,
    level_words,
    over_decades,
    quantity_word,
    setting_words,
)

_OVERS = ((BLUE, "circle"), (ORANGE, "square"), (GREEN, "diamond"), (PURPLE, "triangle-up"), (VERMILLION, "cross"))
_SERIES = (
    ("ceiling", INK, [2, 3]),
    ("all told, still matched", ORANGE, [7, 3]),
    ("all told, joint success", BLUE, [1, 0]),
    ("nothing told, joint success", VERMILLION, [5, 3]),
)
_OF_ALL_JOBS = (SUCCESS, LAST, CEILING)
_MOST_FLEETS = 300
_BETWEEN = 15  # pixels


def headline_charts(results: Results) -> list[Chart]:
    """Return the figures that are shares, each with its intervals."""
    # What counts all jobs; what is over those that match stands in the table.
    known = [one for one in results.headlines if one.intervals and one.quantity in _OF_ALL_JOBS]
    if not known:
        return []
    labels = told_apart([_headline_label(results, one) for one in known], 60)
    values = _interval_values(labels, known)
    alt = "Marks with intervals: " + "; ".join(
        f"{label} {share(one.value)} ({interval_words(one.intervals[0])} over {shown(one.intervals[0].over)})"
        for label, one in list(zip(labels, known, strict=True))[:6]
    )
    caption = f"{_parts(known)} Each interval says over what: other draws of it would give other figures."
    spec = _whiskers(HEADLINES_TITLE, f"{alt}.", labels, values, "share")
    return [Chart("headlines", HEADLINES_TITLE, caption, f"{alt}.", spec)]


def difference_charts(results: Results) -> list[Chart]:
    """Return the differences of shares between two experiments, each with its intervals."""
    known = [one for one in results.differences if is_share(one.quantity)]
    if not known:
        return []
    labels = told_apart([difference_label(results, one) for one in known], 60)
    values = _interval_values(labels, known, 100.0)
    alt = "Marks with intervals beside zero: " + "; ".join(
        f"{label} {difference_words(one.quantity, one.value)}"
        for label, one in list(zip(labels, known, strict=True))[:6]
    )
    caption = (
        f"{_parts(known)} Both are computed on the same draws, so that what they share cancels out; an interval that "
        "leaves out zero is a difference that the draws do not explain."
    )
    spec = _whiskers(DIFFERENCES_TITLE, f"{alt}.", labels, values, "difference (percentage points)", zero=True)
    return [Chart("differences", DIFFERENCES_TITLE, caption, f"{alt}.", spec)]


def _headline_label(results: Results, one: Headline) -> str:
    if one.quantity == CEILING:
        return CEILING
    word = told_at(results, one.experiment)
    return word if one.quantity == SUCCESS else f"{word}: {quantity_word(one.quantity)}"


def difference_label(results: Results, one: Difference) -> str:
    """Name a difference: all less none."""
    label = f"{told_at(results, one.experiment)} less {told_at(results, one.than)}"
    return label if one.quantity == SUCCESS else f"{label}: {quantity_word(one.quantity)}"


def fleet_charts(results: Results) -> list[Chart]:
    """Return joint success on every fleet drawn anew."""
    return [] if results.fleets is None or not len(results.fleets.ceiling) else [_fleets(results, results.fleets)]


def sensitivity_charts(results: Results) -> list[Chart]:
    """Return a chart for each thing that was changed."""
    settings = dict.fromkeys(point.setting for point in results.sensitivity)
    return [
        _sensitivity(place, setting, [point for point in results.sensitivity if point.setting == setting])
        for place, setting in enumerate(settings)
    ]


def fleet_columns(
    results: Results, fleets: FleetSpread
) -> list[tuple[str, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    """Return what was told, and the joint success on each fleet; the ceiling last."""
    labels = told_apart([told_at(results, name) for name in fleets.experiments], 60)
    return [*((label, fleets.success[:, i]) for i, label in enumerate(labels)), ("ceiling", fleets.ceiling)]


def _interval_values(
    labels: Sequence[str], known: Sequence[Headline | Difference], scale: float = 1.0
) -> list[dict[str, object]]:
    return [
        {
            "figure": label,
            "value": scale * one.value,
            "low": scale * interval.low,
            "high": scale * interval.high,
            "over": f"over {shown(interval.over)}",
            "part": level_words(interval),
        }
        for label, one in zip(labels, known, strict=True)
        for interval in one.intervals
    ]


def _parts(known: Sequence[Headline | Difference]) -> str:
    levels = dict.fromkeys(level_words(interval) for one in known for interval in one.intervals)
    return f"Lines: the {' or '.join(levels)} of what was found." if levels else ""


def _whiskers(
    title: str, alt: str, labels: Sequence[str], values: Sequence[dict[str, object]], axis: str, *, zero: bool = False
) -> dict[str, object]:
    """Return marks with their intervals, a row each, apart where there are several over different things."""
    overs = list(dict.fromkeys(str(value["over"]) for value in values))
    looks = [(over, *_OVERS[i % len(_OVERS)]) for i, over in enumerate(overs)]
    rows = list(labels[:MOST_ROWS])
    values = [value for value in values if value["figure"] in set(rows)]
    colour = legend("over", [(over, colour) for over, colour, _ in looks])
    shape = legend("over", [(over, shape) for over, _, shape in looks])
    form = ".3~f" if zero else PERCENT_EXACT
    told = [
        tip("figure", "figure"),
        tip("value", axis, form),
        tip("low", "from", form),
        tip("high", "to", form),
        tip("part", "interval"),
        tip("over", "varied"),
    ]
    x = quantity if zero else share_x
    layer: list[dict[str, object]] = []
    if zero:
        rule = {"type": "rule", "aria": False, "strokeDash": [4, 3], "color": INK}
        layer.append({"mark": rule, "data": {"values": [{}]}, "encoding": {"x": {"datum": 0}, "y": None}})
    for i, (over, _, _) in enumerate(looks):
        # Intervals of one figure stand above each other.
        down = _BETWEEN * (i - (len(looks) - 1) / 2)
        layer += [
            {
                "mark": {"type": "rule", "aria": False, "strokeWidth": 2.2, "yOffset": down},
                "transform": only("over", over),
                "encoding": {"x": x("low", axis), "x2": {"field": "high"}, "color": colour, "tooltip": told},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 75, "yOffset": down},
                "transform": only("over", over),
                "encoding": {"x": x("value", axis), "color": colour, "shape": shape, "tooltip": told},
            },
        ]
    y = names("figure", rows)
    y["axis"] = {**y["axis"], "labelLimit": 330, "grid": True}
    height = (_BETWEEN * len(overs) + 14) * len(rows)
    return chart_spec(title, alt, values, height, encoding={"y": y}, layer=layer)


def _fleets(results: Results, fleets: FleetSpread) -> Chart:
    columns = fleet_columns(results, fleets)
    kept = thinned(len(fleets.ceiling), _MOST_FLEETS)
    values: list[dict[str, object]] = []
    summary = []
    rows = []
    for label, success in columns:
        values += [{"told": label, "fleet": i + 1, "success": float(success[i])} for i in kept]
        interval = central_interval(success)
        if interval is not None:
            summary.append({"told": label, "low": interval.low, "median": interval.median, "high": interval.high})
            ends = (float(np.min(success)), interval.low, interval.median, interval.high, float(np.max(success)))
            rows.append((label, "", [share_cell(value) for value in ends]))
    rows_of_names = [label for label, _ in columns]
    told = [tip("told", "told"), tip("fleet", "fleet"), tip("success", "joint success", PERCENT_EXACT)]
    whole = [
        tip("told", "told"),
        tip("median", "median", PERCENT_EXACT),
        tip("low", "2.5 % of fleets below", PERCENT_EXACT),
        tip("high", "97.5 % of fleets below", PERCENT_EXACT),
    ]
    axis = "share of jobs, on one fleet each"
    layer = [
        {
            "mark": {"type": "tick", "aria": False, "thickness": 1.2, "opacity": 0.55, "color": SKY, "size": 18},
            "encoding": {"x": share_x("success", axis), "tooltip": told},
        },
        {
            "mark": {"type": "rule", "aria": False, "strokeWidth": 3, "color": BLUE},
            "data": {"values": summary},
            "encoding": {"x": share_x("low", axis), "x2": {"field": "high"}, "tooltip": whole},
        },
        {
            "mark": {"type": "circle", "size": 130, "opacity": 1, "color": BLUE},
            "data": {"values": summary},
            "encoding": {"x": share_x("median", axis), "tooltip": whole},
        },
    ]
    count = counted(len(fleets.ceiling), "fleet")
    alt = (
        f"One mark for each of {count}, by what is told: "
        + "; ".join(f"{one['told']} median {share(float(str(one['median'])), 3)}" for one in summary)
        + "."
    )
    caption = (
        f"Joint success on {count} drawn anew from the profile of the fleet: thin marks are single fleets, the line "
        "holds the central 95 % of them, the dot is their median."
    )
    if len(kept) < len(fleets.ceiling):
        caption += f" Drawn are {len(kept)} fleets, evenly picked; line and dot are of all."
    table = Table(
        f"Joint success over {count}.",
        "told",
        [
            ("least", "of fleets"),
            ("2.5 %", "of fleets"),
            ("median", "of fleets"),
            ("97.5 %", "of fleets"),
            ("most", "of fleets"),
        ],
        rows,
    )
    encoding = {"y": names("told", rows_of_names)}
    spec = chart_spec(FLEETS_TITLE, alt, values, 46 * len(columns), encoding=encoding, layer=layer)
    return Chart("fleet-spread", FLEETS_TITLE, caption, alt, spec, "fleet-spread", table)


def _sensitivity(place: int, setting: str, points: Sequence[SensitivityPoint]) -> Chart:
    word, unit = setting_words(setting)
    points = sorted(points, key=lambda point: point.amount)
    values = []
    for point in points:
        shares = (point.ceiling, point.matched, point.everything, point.nothing)
        values += [
            {"amount": point.amount, "line": line, "share": value, "low": low, "high": high}
            for (line, _, _), value, low, high in zip(
                _SERIES, shares, (None, None, point.low, None), (None, None, point.high, None), strict=True
            )
        ]
    wide = over_decades([point.amount for point in points])
    scale = {"nice": False, "padding": 8} | ({"type": "log"} if wide else {"zero": False})
    x = quantity("amount", f"{word} ({unit})", scale=scale)
    x["axis"] |= {"format": ",d" if unit == "count" else "~g"}
    if unit.startswith("share"):
        x["axis"] |= {"format": PERCENT_EXACT}
    y = share_x("share", "share of jobs", scale={"domain": [0, 1]})
    colour = legend("line", [(name, colour) for name, colour, _ in _SERIES], lines=True)
    dash = legend("line", [(name, dash) for name, _, dash in _SERIES], lines=True)
    told = [tip("amount", word), tip("line", "line"), tip("share", "mean of the draws", PERCENT_EXACT)]
    layer = [
        {
            "mark": {"type": "area", "aria": False, "opacity": 0.22, "color": BLUE},
            "transform": [{"filter": {"field": "low", "valid": True}}],
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": {"type": "line"}, "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash}},
        {
            "mark": {"type": "circle", "size": 42, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": told},
        },
    ]
    draws = counted(max(point.draws for point in points), "draw")
    title = f"By {word}"
    written = share if unit.startswith("share") else number
    first, last = points[0], points[-1]
    alt = (
        f"Lines by {word}, from {written(first.amount)} to {written(last.amount)}: joint success with all told from "
        f"{share(first.everything, 3)} to {share(last.everything, 3)}, ceiling from {share(first.ceiling, 3)} to "
        f"{share(last.ceiling, 3)}."
    )
    band = "" if draws == "1 draw" else " the band holds the central 95 % of them with all told."
    caption = f"Means of up to {draws} each;{band}" if band else "One draw each."
    table = Table(
        f"{title}.",
        unit,
        [
            ("nothing told", "joint success"),
            ("all told", "joint success"),
            ("2.5 %", "of draws, all told"),
            ("97.5 %", "of draws, all told"),
            ("still matched", "all told, of all jobs"),
            ("ceiling", "of all jobs"),
            ("draws", "count"),
        ],
        [
            (
                written(point.amount),
                "",
                [
                    *map(share_cell, (point.nothing, point.everything, point.low, point.high)),
                    *map(share_cell, (point.matched, point.ceiling)),
                    Cell(f"{point.draws:,}", str(point.draws)),
                ],
            )
            for point in points
        ],
        folded=True,
    )
    spec = chart_spec(title, alt, values, 260, layer=layer)
    return Chart(f"sensitivity-{place + 1}", title, caption, alt, spec, "sensitivity" if place == 0 else None, table)
