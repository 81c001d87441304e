"""Charts of what subsystems are worth, how few suffice, and which levels are on the Pareto front."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from placewise.model.results.results import Results
from placewise.model.results.worth import Sufficiency
from placewise.report.data.statistics import thinned
from placewise.report.data.studies import worth as numbers
from placewise.report.data.studies.steps import BESIDE, DOWN, MOST_LETTERS, last_shown, named_steps, top_of
from placewise.report.page.cells import Table, count_cell, share_cell
from placewise.report.page.charts import vega
from placewise.report.words.figures import FigureWords, front_words, ranking_words, sufficiency_words
from placewise.report.words.names import KIND_WORDS, LIFT_ALONE, LOSS_IF_DROPPED, subsystems_label
from placewise.report.words.numbers import distinct, share
from placewise.report.words.studies.worth import cost_unit

_SUCCESS = "success (share of all jobs)"
_MEASURES = (
    ("Shapley value", vega.SKY, "square"),
    (LIFT_ALONE, vega.INK, "diamond"),
    (LOSS_IF_DROPPED, vega.VERMILLION, "triangle-up"),
)
_HEIGHT, _LETTER, _LETTER_WIDTH = 360, 12, 7.2
_WIDTHS = (0, 300, 400, 520, 640, 760)
"""From these widths on a chart has other names beside its steps, all in pixels."""
_WIDE_ENOUGH = "datum.from <= width && width < datum.to"
_KIND_LOOKS = {
    "none": (vega.INK, "square"),
    "single": (vega.SKY, "circle"),
    "pair": (vega.ORANGE, "diamond"),
    "greedy": (vega.GREEN, "triangle-up"),
    "swap": (vega.PURPLE, "triangle-down"),
    "set": (vega.BLUE, "triangle-right"),
    "all": (vega.VERMILLION, "cross"),
}


def ranking_chart(results: Results) -> vega.Chart:
    """Return the ranking of subsystems by what metadata on them is worth."""
    rows = numbers.ranking(results)
    labels = distinct([row.name for row in rows])
    values: list[dict[str, Any]] = []
    for label, row in zip(labels, rows, strict=True):
        amounts = (row.value, row.single_lift, row.drop_one_loss)
        found = zip(_MEASURES, amounts, strict=True)
        values += [{"subsystem": label, "measure": measure, "share": amount} for (measure, _, _), amount in found]
        values[-3] |= {} if row.interval is None else {"low": row.interval.low, "high": row.interval.high}
    shared = {
        "x": vega.share_x("share", "success added, or lost without it (share of all jobs)"),
        "color": vega.legend("measure", [(name, colour) for name, colour, _ in _MEASURES]),
        "tooltip": [
            vega.tip("subsystem", "subsystem"),
            vega.tip("measure", "measure"),
            vega.tip("share", "of all jobs", vega.PERCENT_EXACT),
        ],
    }
    shape = vega.legend("measure", [(name, shape) for name, _, shape in _MEASURES])
    point = {"type": "point", "size": 75, "filled": True, "opacity": 1, "stroke": vega.GROUND, "strokeWidth": 1}
    layer = [
        {
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "transform": vega.only("measure", "Shapley value"),
            "encoding": shared,
        },
        {
            "mark": point,
            "transform": [{"filter": {"field": "measure", "oneOf": [name for name, _, _ in _MEASURES[1:]]}}],
            "encoding": {**shared, "shape": shape},
        },
    ]
    if numbers.has_intervals(rows):
        interval = {
            "mark": {"type": "rule", "aria": False, "strokeWidth": 2},
            "transform": [{"filter": {"field": "low", "valid": True}}],
            "encoding": {"x": vega.number_axis("low"), "x2": {"field": "high"}},
        }
        layer.insert(1, interval)
    parts = {"encoding": {"y": vega.names("subsystem", labels)}, "layer": layer}
    return vega.chart(ranking_words(results), values, 20 * len(rows), parts, picture="value-ranking")


def sufficiency_chart(found: Sufficiency) -> vega.Chart:
    """Return success by how many subsystems have metadata."""
    last, top = last_shown(found), top_of(found)
    places = thinned(last + 1, vega.MOST_POINTS)
    labels = ["nothing", *distinct(found.path[:last])]
    values = [
        {
            "count": i,
            "added": labels[i],
            "greedy": float(found.greedy[i]),
            **{name: float(row[i]) for name, row in zip(("low", "median", "high"), found.random, strict=True)},
        }
        for i in places
    ]
    looks = [
        ("greedy order", vega.GREEN),
        ("95 % of random orders", vega.SKY),
        ("median of random orders", vega.BLUE),
        (f"target: {share(found.target, 3)} of the ceiling", vega.VERMILLION),
        (f"the set found: {share(found.reached, 3)} with {len(found.metadata):,}", vega.INK),
    ]
    channel = {key: value for key, value in vega.legend("series", looks).items() if key != "field"}
    greedy, band, median, goal, chosen = ({"datum": name, **channel} for name, _ in looks)
    x = vega.count("count", "subsystems with metadata (count)", scale={"domain": [0, max(last, 1)], "nice": False})
    y_scale = {"domain": [0, top], "nice": False}

    def drawn(mark: dict[str, Any], field: str, colour: dict[str, Any], **rest: Any) -> dict[str, Any]:
        return {
            "mark": mark,
            "encoding": {"x": x, "y": vega.share_x(field, _SUCCESS, scale=y_scale), "color": colour, **rest},
        }

    tips = [
        vega.tip("count", "subsystems with metadata"),
        vega.tip("added", "last one in greedy order"),
        vega.tip("greedy", "greedy order", vega.PERCENT_EXACT),
        vega.tip("median", "random, median", vega.PERCENT_EXACT),
        vega.tip("low", "random, 2.5 % of orders below", vega.PERCENT_EXACT),
        vega.tip("high", "random, 97.5 % of orders below", vega.PERCENT_EXACT),
    ]
    set_tips = [vega.tip("count", "subsystems in the set"), vega.tip("reached", "success", vega.PERCENT_EXACT)]
    diamond = {"type": "point", "shape": "diamond", "size": 150, "strokeWidth": 2.5, "filled": False}
    area = {"type": "area", "aria": False, "opacity": 0.35, "line": False}
    layer = [
        drawn(area, "low", band, y2={"field": "high"}),
        drawn({"type": "line", "strokeDash": [5, 4]}, "median", median),
        drawn({"type": "line"}, "greedy", greedy),
        drawn({"type": "circle", "size": 26, "opacity": 1}, "greedy", greedy, tooltip=tips),
        {
            "mark": {"type": "rule", "aria": False, "strokeDash": [2, 3], "strokeWidth": 1.6},
            "data": {"values": [{"goal": numbers.goal(found)}]},
            "encoding": {"y": vega.share_x("goal", _SUCCESS, scale=y_scale), "color": goal},
        },
        {
            "data": {"values": [{"count": len(found.metadata), "reached": found.reached}]},
            **drawn(diamond, "reached", chosen, tooltip=set_tips),
        },
        {
            "mark": {
                "type": "text",
                "aria": False,
                "align": {"expr": "datum.side > 0 ? 'left' : 'right'"},
                "dx": {"expr": f"datum.side * {BESIDE * _LETTER:g}"},
                "dy": {"expr": f"datum.side * {DOWN * _LETTER:g}"},
            },
            "data": {"values": _step_names(found)},
            "encoding": {
                "x": x,
                "y": vega.share_x("greedy", _SUCCESS, scale=y_scale),
                "text": {"condition": {"test": _WIDE_ENOUGH, "field": "name"}, "value": ""},
            },
        },
    ]
    words = sufficiency_words(found)
    if len(places) <= last:
        some = f" The chart draws {len(places):,} of {last + 1:,} points; the table has all."
        words = words._replace(caption=words.caption + some)
    table = Table(
        "Success by how many subsystems have metadata.",
        "subsystem added, in greedy order",
        [
            ("subsystems", "count"),
            *((name, "success") for name in ("greedy order", "random, 2.5 %", "random, median", "random, 97.5 %")),
        ],
        [
            (
                "nothing" if i == 0 else subsystems_label([found.path[i - 1]]),
                "",
                [count_cell(i), *(share_cell(float(row[i])) for row in (found.greedy, *found.random))],
            )
            for i in range(len(found.greedy))
        ],
        folded=True,
    )
    return vega.chart(words, values, _HEIGHT, {"layer": layer}, picture="sufficiency", table=table)


def _step_names(found: Sufficiency) -> list[dict[str, Any]]:
    """Return the names that find room beside their steps, for each of some widths of the chart."""
    last = last_shown(found)
    names = dict(zip(found.path[:last], distinct(found.path[:last], MOST_LETTERS), strict=True))
    rows: list[dict[str, Any]] = []
    for width, wider in pairwise((*_WIDTHS, math.inf)):
        steps = named_steps(found, max(width, 240), _HEIGHT, _LETTER, lambda name: _LETTER_WIDTH * len(names[name]))
        rows += [
            {
                "count": step,
                "greedy": float(found.greedy[step]),
                "name": names[found.path[step - 1]],
                "side": 1 if right else -1,
                "from": width,
                "to": min(wider, 1e9),
            }
            for step, right in steps
        ]
    return rows


def front_charts(results: Results) -> list[vega.Chart]:
    """Return every level by its cost and its success, and by its waste and its success."""
    points = numbers.kept_levels(results.front)
    values = [
        {
            "level": subsystems_label(point.metadata),
            "kind": KIND_WORDS.get(point.kind, point.kind),
            "cost": point.cost,
            "matched": point.matched,
            "waste": point.waste,
            "success": point.success,
            "front": "Pareto-optimal" if point.on_front else "not Pareto-optimal",
        }
        for point in points
    ]
    unit = cost_unit(results)
    kinds = [kind for kind in numbers.KINDS if any(point.kind == kind for point in points)]
    shared = {
        "y": vega.share_x("success", _SUCCESS),
        "color": vega.legend("kind", [(KIND_WORDS[kind], _KIND_LOOKS[kind][0]) for kind in kinds]),
        "shape": vega.legend("kind", [(KIND_WORDS[kind], _KIND_LOOKS[kind][1]) for kind in kinds]),
        "tooltip": [
            vega.tip("level", "metadata on"),
            vega.tip("cost", f"cost ({unit})", ",.4~g"),
            vega.tip("matched", "matched jobs", vega.PERCENT_EXACT),
            vega.tip("waste", "waste", vega.PERCENT_EXACT),
            vega.tip("success", "success", vega.PERCENT_EXACT),
            vega.tip("front", "which is"),
        ],
        "description": {"field": "level", "type": "nominal"},
    }
    marks = {
        "not Pareto-optimal": {"type": "point", "size": 60, "strokeWidth": 1.6, "filled": False, "opacity": 0.6},
        "Pareto-optimal": {"type": "point", "size": 80, "filled": True, "opacity": 1},
    }
    layer = [{"mark": mark, "transform": vega.only("front", which)} for which, mark in marks.items()]
    words = front_words(results, points)
    by_waste = FigureWords(
        "pareto-waste",
        "What succeeds, and what is wasted",
        "The same levels by how many jobs match some cluster and fail there; up and to the left is better.",
        words.alt,
    )
    axis = vega.count if numbers.costs_are_counts(results) else vega.quantity
    cost = axis("cost", f"cost of metadata ({unit})")
    waste = vega.share_x("waste", "waste: jobs that match and fail (share of all jobs)", scale={"domain": [0, 1]})
    return [
        vega.chart(words, values, 340, {"encoding": {"x": cost, **shared}, "layer": layer}, picture=words.name),
        vega.chart(by_waste, values, 340, {"encoding": {"x": waste, **shared}, "layer": layer}),
    ]
