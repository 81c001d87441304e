"""The figures of what subsystems are worth, how few suffice, and which levels are on the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.results.results import Results
from placewise.model.results.worth import LevelPoint
from placewise.report.data import worth as numbers
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import front_words, ranking_words, sufficiency_words
from placewise.report.words.names import KIND_WORDS
from placewise.report.words.numbers import counted, distinct, jobs, share
from placewise.report.words.worth import cost_unit, how_found

_PITCH = 0.2  # inches
_WIDEST_NAME = 2.2
_LOOKS = {
    "none": (style.INK, "s"),
    "single": (style.SKY, "o"),
    "pair": (style.ORANGE, "D"),
    "greedy": (style.GREEN, "^"),
    "swap": (style.PURPLE, "v"),
    "set": (style.BLUE, "p"),
    "all": (style.VERMILLION, "P"),
}


def draw_value_ranking(results: Results) -> Drawing | None:
    """Draw the Shapley values, the largest first, with single lift and drop-one loss beside them."""
    rows = numbers.ranking(results)
    if results.worth is None or not rows:
        return None
    words = ranking_words(results)
    labels = [style.fitting(label, _WIDEST_NAME) for label in distinct([row.name for row in rows])]
    left = max(0.85, max(style.text_width(label) for label in labels) + 0.35)
    subtitle = (
        f"success of {jobs(results.worth.jobs)} that metadata on a subsystem adds: averaged over all orders (Shapley "
        f"value, {how_found(results.worth)}),\nalone (single lift), and lost when it alone is left out (drop-one loss)"
    )
    height = 2.05 + _PITCH * max(len(rows), 6)
    figure, axes = style.canvas(results, words, subtitle, left=left, top=1.2, height=height)
    places = np.arange(len(rows))
    axes.barh(places, [row.value for row in rows], height=0.66, color=style.SKY, zorder=2)
    ends = {i: (row.interval.low, row.interval.high) for i, row in enumerate(rows) if row.interval is not None}
    for place, interval in ends.items():
        axes.plot(interval, [place, place], color=style.INK, linewidth=1.3, zorder=3)
    edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8, "zorder": 4, "clip_on": False}
    single, drop = style.dot(style.BLUE, 6.5, "D"), style.dot(style.VERMILLION, 7.5, "^")
    axes.plot([row.single_lift for row in rows], places, **single, **edge)
    axes.plot([row.drop_one_loss for row in rows], places, **drop, **edge)
    shown = [value for row in rows for value in (row.value, row.single_lift, row.drop_one_loss)]
    style.from_zero(axes, np.array([*shown, *(end for interval in ends.values() for end in interval)]), steps=7)
    style.share_axis(axes.xaxis)
    style.name_rows(axes, labels, at_least=6)
    axes.tick_params(axis="y", pad=7)
    axes.set_xlabel("success added (share of all jobs)")
    handles: list[Artist] = [Patch(color=style.SKY, label="Shapley value")]
    handles += [Line2D([], [], label="single lift", **single), Line2D([], [], label="drop-one loss", **drop)]
    if ends:
        handles.append(Line2D([], [], color=style.INK, linewidth=1.3, label="interval of the value"))
    style.legend_above(axes, handles, 4)
    return Drawing(words, figure)


def draw_sufficiency(results: Results) -> Drawing | None:
    """Draw success by how many subsystems have metadata: in greedy order, and in random orders."""
    found = results.sufficiency
    if found is None:
        return None
    last, goal = len(found.greedy) - 1, numbers.goal(found)
    subtitle = (
        f"success by how many of {counted(last, 'subsystem')} have metadata; the ceiling is {share(found.ceiling)}"
    )
    words = sufficiency_words(found)
    figure, axes = style.canvas(results, words, subtitle, top=1.2)
    counts = np.arange(last + 1)
    marker: dict[str, Any] = {"marker": "o", "markersize": 4.5} if last <= 40 else {}
    median: dict[str, Any] = {"color": style.BLUE, "linewidth": 1.8, "linestyle": style.DASHED}
    target: dict[str, Any] = {"color": style.VERMILLION, "linewidth": 1.4, "linestyle": style.DOTTED}
    axes.fill_between(counts, found.random[0], found.random[2], color=style.SKY, alpha=0.35, linewidth=0)
    axes.plot(counts, found.random[1], **median)
    axes.plot(counts, found.greedy, color=style.GREEN, linewidth=2.4, zorder=3, **marker)
    axes.axhline(goal, zorder=2, **target)
    chosen = style.dot("none", 10, "D") | {"markeredgecolor": style.INK, "markeredgewidth": 1.8}
    axes.plot([len(found.metadata)], [found.reached], zorder=4, clip_on=False, **chosen)
    axes.set_xlim(0, max(last, 1))
    style.success_axes(axes, max(float(found.greedy.max()), float(found.random.max()), goal, found.reached))
    axes.set_xlabel("subsystems with metadata (count)")
    style.count_axis(axes.xaxis)
    handles: list[Artist] = [
        Line2D([], [], color=style.GREEN, linewidth=2.4, label="greedy order"),
        Patch(color=style.SKY, alpha=0.35, label="central 95 % of random orders"),
        Line2D([], [], label="median of random orders", **median),
        Line2D([], [], label=f"the set found: {share(found.reached, 3)} with {len(found.metadata):,}", **chosen),
        Line2D([], [], label=f"target: {share(found.target, 3)} of the ceiling", **target),
    ]
    style.legend_above(axes, handles, 3)
    return Drawing(words, figure)


def draw_pareto_levels(results: Results) -> Drawing | None:
    """Draw every level by its cost, and by its matches, against its success."""
    if not results.front:
        return None
    points = numbers.kept_levels(results.front)
    words = front_words(results, points)
    subtitle = (
        "one mark a level of metadata; filled marks are on the Pareto front: no other level found costs as little,\n"
        "succeeds as often and wastes as little, and is better in one of the three"
    )
    figure, axes = style.canvas(results, words, subtitle, top=1.3, right=4.3)
    box = axes.get_position()
    beside = figure.add_axes((box.x1 + 0.35 / figure.get_figwidth(), box.y0, box.width, box.height))
    costs = np.array([point.cost for point in points])
    top = max(point.success for point in points)
    for panel, x in ((axes, costs), (beside, np.array([point.waste for point in points]))):
        _scatter(panel, points, x)
        style.success_axes(panel, top)
    style.from_zero(axes, costs)
    axes.set_xlabel(f"cost of metadata ({cost_unit(results)})")
    beside.set_xlim(-0.02, 1.04)
    beside.set_xlabel("waste: jobs that match and fail (share of all jobs)")
    beside.set_ylabel("")
    beside.grid(axis="x")
    style.share_axis(beside.xaxis)
    beside.tick_params(axis="y", labelleft=False)
    handles = [
        Line2D([], [], label=KIND_WORDS[kind], **style.dot(_LOOKS[kind][0], 7, _LOOKS[kind][1]))
        for kind in numbers.KINDS
        if any(point.kind == kind for point in points)
    ]
    style.legend_above(axes, handles, 5)
    return Drawing(words, figure)


def _scatter(axes: Axes, points: Sequence[LevelPoint], x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    for kind in dict.fromkeys(point.kind for point in points):
        colour, marker = _LOOKS.get(kind, (style.INK, "x"))
        for best in (False, True):
            some = [i for i, point in enumerate(points) if point.kind == kind and point.on_front == best]
            look = style.dot(colour if best else "none", 6.5 if best else 5.5, marker) | {"markeredgecolor": colour}
            success = [points[i].success for i in some]
            axes.plot(x[some], success, zorder=3 + best, alpha=1 if best else 0.55, clip_on=False, **look)
