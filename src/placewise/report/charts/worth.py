"""Charts of what subsystems are worth, how few suffice, and which levels nothing beats."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.results import Results
from placewise.model.worth import LevelPoint, Sufficiency, Worth
from placewise.report.cells import Table, count_cell, share_cell
from placewise.report.charts.chart import (
    BLUE,
    GREEN,
    GROUND,
    INK,
    MOST_MARKS,
    MOST_POINTS,
    MOST_ROWS,
    ORANGE,
    PERCENT_EXACT,
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
from placewise.report.worth_words import (
    FRONT_TITLE,
    KIND_WORDS,
    SUFFICIENCY_TITLE,
    WORTH_TITLE,
    cost_unit,
    front_alt,
    front_caption,
    sufficiency_alt,
    sufficiency_caption,
    told_of,
    worth_alt,
    worth_caption,
)

_MEASURES = (
    ("Shapley value", SKY, "square"),
    ("single lift", INK, "diamond"),
    ("drop-one loss", VERMILLION, "triangle-up"),
)
_KIND_LOOKS = {
    "none": (INK, "square"),
    "single": (SKY, "circle"),
    "pair": (ORANGE, "diamond"),
    "greedy": (GREEN, "triangle-up"),
    "all": (VERMILLION, "cross"),
}


def worth_charts(results: Results) -> list[Chart]:
    """Return the ranking of subsystems by what they are worth."""
    return [] if results.worth is None or not results.worth.subsystems else [_ranking(results.worth)]


def sufficiency_charts(results: Results) -> list[Chart]:
    """Return joint success by how many subsystems are told."""
    return [] if results.sufficiency is None else [_sufficiency(results.sufficiency)]


def front_charts(results: Results) -> list[Chart]:
    """Return every level by its cost and its success, and by its matches and its success."""
    return _front(results) if results.front else []


def _ranking(worth: Worth) -> Chart:
    rows = worth.subsystems[:MOST_ROWS]
    labels = told_apart([row.name for row in rows])
    values = []
    for label, row in zip(labels, rows, strict=True):
        known = zip(_MEASURES, (row.value, row.single_lift, row.drop_one_loss), strict=True)
        values += [{"subsystem": label, "measure": measure, "share": share} for (measure, _, _), share in known]
        values[-3] |= {} if row.interval is None else {"low": row.interval.low, "high": row.interval.high}
    colour = legend("measure", [(name, colour) for name, colour, _ in _MEASURES])
    shape = legend("measure", [(name, shape) for name, _, shape in _MEASURES])
    told = [tip("subsystem", "subsystem"), tip("measure", "measure"), tip("share", "of all jobs", PERCENT_EXACT)]
    x = share_x("share", "joint success that it adds, of all jobs")
    layer = [
        {
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "transform": only("measure", "Shapley value"),
            "encoding": {"x": x, "color": colour, "tooltip": told},
        },
        {
            "mark": {"type": "point", "size": 75, "filled": True, "opacity": 1, "stroke": GROUND, "strokeWidth": 1},
            "transform": [{"filter": {"field": "measure", "oneOf": [name for name, _, _ in _MEASURES[1:]]}}],
            "encoding": {"x": x, "color": colour, "shape": shape, "tooltip": told},
        },
    ]
    if any(row.interval is not None for row in rows):
        layer.insert(
            1,
            {
                "mark": {"type": "rule", "aria": False, "strokeWidth": 2},
                "transform": [{"filter": {"field": "low", "valid": True}}],
                "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
        )
    alt = worth_alt(worth)
    parts = {"encoding": {"y": names("subsystem", labels)}, "layer": layer}
    spec = chart_spec(WORTH_TITLE, alt, values, 20 * len(rows), **parts)
    return Chart("value-ranking", WORTH_TITLE, worth_caption(worth, MOST_ROWS), alt, spec, "value-ranking")


def _sufficiency(found: Sufficiency) -> Chart:
    places = thinned(len(found.greedy))
    values = [
        {
            "count": i,
            "added": "nothing" if i == 0 else told_apart([found.path[i - 1]])[0],
            "greedy": float(found.greedy[i]),
            "low": float(found.random[0, i]),
            "median": float(found.random[1, i]),
            "high": float(found.random[2, i]),
        }
        for i in places
    ]
    greedy, band, middle = "best next one first", "central 95 % of random orders", "median of random orders"
    goal, chosen = f"target: {100 * found.target:g} % of the ceiling", "the set found"
    looks = [(greedy, GREEN), (band, SKY), (middle, BLUE), (goal, VERMILLION), (chosen, INK)]
    channel = {key: value for key, value in legend("series", looks).items() if key != "field"}

    def coloured(name: str) -> dict[str, object]:
        return {"datum": name, **channel}

    x = quantity("count", "subsystems told (count)")
    y = "joint success, of all jobs"
    told = [
        tip("count", "subsystems told"),
        tip("added", "last one, best first"),
        tip("greedy", "best first", PERCENT_EXACT),
        tip("median", "random, median", PERCENT_EXACT),
        tip("low", "random, 2.5 % of orders below", PERCENT_EXACT),
        tip("high", "random, 97.5 % of orders below", PERCENT_EXACT),
    ]
    band_encoding = {"x": x, "y": share_x("low", y), "y2": {"field": "high"}, "color": coloured(band)}
    layer = [
        {"mark": {"type": "area", "aria": False, "opacity": 0.35, "line": False}, "encoding": band_encoding},
        {
            "mark": {"type": "line", "strokeDash": [5, 4]},
            "encoding": {"x": x, "y": share_x("median", y), "color": coloured(middle)},
        },
        {
            "mark": {"type": "line"},
            "encoding": {"x": x, "y": share_x("greedy", y), "color": coloured(greedy)},
        },
        {
            "mark": {"type": "circle", "size": 26, "opacity": 1},
            "encoding": {"x": x, "y": share_x("greedy", y), "color": coloured(greedy), "tooltip": told},
        },
        {
            "mark": {"type": "rule", "aria": False, "strokeDash": [2, 3], "strokeWidth": 1.6},
            "data": {"values": [{"goal": found.target * found.ceiling}]},
            "encoding": {"y": share_x("goal", y), "color": coloured(goal)},
        },
        {
            "mark": {"type": "point", "shape": "diamond", "size": 150, "strokeWidth": 2.5, "filled": False},
            "data": {"values": [{"count": len(found.metadata), "reached": found.reached}]},
            "encoding": {
                "x": x,
                "y": share_x("reached", y),
                "color": coloured(chosen),
                "tooltip": [tip("count", "subsystems in the set"), tip("reached", "joint success", PERCENT_EXACT)],
            },
        },
    ]
    alt = sufficiency_alt(found)
    caption = sufficiency_caption(found)
    if len(places) < len(found.greedy):
        caption += f" The chart draws {len(places):,} of {len(found.greedy):,} points; the table has all."
    table = Table(
        "Joint success by how many subsystems are told.",
        "subsystem added, best first",
        [
            ("told", "count"),
            ("best first", "of all jobs"),
            ("random, 2.5 %", "of all jobs"),
            ("random, median", "of all jobs"),
            ("random, 97.5 %", "of all jobs"),
        ],
        [
            (
                "nothing" if i == 0 else told_of([found.path[i - 1]]),
                "",
                [
                    count_cell(i),
                    share_cell(float(found.greedy[i])),
                    *(share_cell(float(row[i])) for row in found.random),
                ],
            )
            for i in range(len(found.greedy))
        ],
        folded=True,
    )
    spec = chart_spec(SUFFICIENCY_TITLE, alt, values, 360, layer=layer)
    return Chart("sufficiency", SUFFICIENCY_TITLE, caption, alt, spec, "sufficiency", table)


def _front(results: Results) -> list[Chart]:
    points = kept_levels(results.front, MOST_MARKS)
    values = [
        {
            "level": told_of(point.metadata),
            "kind": KIND_WORDS.get(point.kind, point.kind),
            "cost": point.cost,
            "matched": point.matched,
            "success": point.success,
            "front": "beaten by none" if point.on_front else "beaten",
        }
        for point in points
    ]
    unit = cost_unit(results)
    kinds = [kind for kind in _KIND_LOOKS if any(point.kind == kind for point in points)]
    told = [
        tip("level", "told"),
        tip("cost", f"cost ({unit})", ",.4~g"),
        tip("matched", "match some cluster", PERCENT_EXACT),
        tip("success", "joint success", PERCENT_EXACT),
        tip("front", "by others"),
    ]
    shared = {
        "color": legend("kind", [(KIND_WORDS[kind], _KIND_LOOKS[kind][0]) for kind in kinds]),
        "shape": legend("kind", [(KIND_WORDS[kind], _KIND_LOOKS[kind][1]) for kind in kinds]),
        "tooltip": told,
        "description": {"field": "level", "type": "nominal"},
    }
    alt, caption = front_alt(results.front), front_caption(results, len(points))
    marks = [
        ("beaten", {"type": "point", "size": 60, "strokeWidth": 1.6, "filled": False, "opacity": 0.6}),
        ("beaten by none", {"type": "point", "size": 80, "filled": True, "opacity": 1}),
    ]
    y = share_x("success", "joint success, of all jobs")
    charts = []
    for name, title, x in (
        ("pareto-levels", FRONT_TITLE, quantity("cost", f"cost of telling ({unit})")),
        ("pareto-matched", "What matches, and what succeeds", share_x("matched", "match some cluster, of all jobs")),
    ):
        layer = [{"mark": mark, "transform": only("front", which)} for which, mark in marks]
        spec = chart_spec(title, alt, values, 340, encoding={"x": x, "y": y, **shared}, layer=layer)
        charts.append(Chart(name, title, caption, alt, spec, "pareto-levels" if name == "pareto-levels" else None))
        caption = "The same levels by how many jobs still match some cluster; up and to the right is better."
    return charts


def kept_levels(levels: Sequence[LevelPoint], most: int = MOST_POINTS) -> list[LevelPoint]:
    """Return the levels to be shown: those that nothing beats, and of the others the most successful."""
    ordered = sorted(levels, key=lambda point: (not point.on_front, -point.success, point.cost))
    return sorted(ordered[:most], key=lambda point: (point.cost, point.success))
