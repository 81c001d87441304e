"""The figures of what subsystems are worth, how few suffice, and which levels are on the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.results.results import Results
from placewise.model.results.worth import LevelPoint, Sufficiency
from placewise.model.scalar import counted
from placewise.report.data.studies import worth as numbers
from placewise.report.data.studies.steps import BESIDE, DOWN, MOST_LETTERS, last_shown, named_steps, top_of
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import front_words, ranking_words, sufficiency_words
from placewise.report.words.names import KIND_WORDS, LIFT_ALONE, LOSS_IF_DROPPED
from placewise.report.words.numbers import distinct, jobs, share
from placewise.report.words.studies.worth import cost_unit, how_found

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
    """Draw the Shapley values, the largest first, with what each adds alone and takes when dropped beside them."""
    rows = numbers.ranking(results)
    if results.worth is None or not rows:
        return None
    words = ranking_words(results)
    labels = [style.fitting(label, _WIDEST_NAME) for label in distinct([row.name for row in rows])]
    left = max(0.85, max(style.text_width(label) for label in labels) + 0.35)
    subtitle = (
        f"{jobs(results.worth.jobs)}. Bar: success that metadata on it adds, averaged over all orders (Shapley value, "
        f"{how_found(results.worth)}).\nDiamond: what it adds as the only metadata. Triangle: what is lost if only it "
        "has no metadata."
    )
    height = 2.05 + _PITCH * max(len(rows), 6)
    figure, axes = style.canvas(results, words, subtitle, left=left, top=1.2, height=height)
    places = np.arange(len(rows))
    axes.barh(places, [row.value for row in rows], height=0.66, color=style.SKY, zorder=2)
    ends = {i: (row.interval.low, row.interval.high) for i, row in enumerate(rows) if row.interval is not None}
    for place, interval in ends.items():
        axes.plot(interval, [place, place], color=style.INK, linewidth=1.3, zorder=3)
    edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8, "zorder": 4, "clip_on": False}
    single, drop = style.dot(style.INK, 6.5, "D"), style.dot(style.VERMILLION, 7.5, "^")
    axes.plot([row.single_lift for row in rows], places, **single, **edge)
    axes.plot([row.drop_one_loss for row in rows], places, **drop, **edge)
    shown = [value for row in rows for value in (row.value, row.single_lift, row.drop_one_loss)]
    style.from_zero(axes, np.array([*shown, *(end for interval in ends.values() for end in interval)]), steps=7)
    style.share_axis(axes.xaxis)
    style.name_rows(axes, labels, at_least=6)
    axes.tick_params(axis="y", pad=7)
    axes.set_xlabel("success added, or lost without it (share of all jobs)")
    handles: list[Artist] = [Patch(color=style.SKY, label="Shapley value")]
    handles += [Line2D([], [], label=LIFT_ALONE, **single), Line2D([], [], label=LOSS_IF_DROPPED, **drop)]
    if ends:
        handles.append(Line2D([], [], color=style.INK, linewidth=1.3, label="95 % interval of the value"))
    style.legend_above(axes, handles, 4)
    return Drawing(words, figure)


def draw_sufficiency(results: Results) -> Drawing | None:
    """Draw success by how many subsystems have metadata: in greedy order, and in random orders."""
    found = results.sufficiency
    if found is None:
        return None
    last, goal = last_shown(found), numbers.goal(found)
    greedy, band = found.greedy[: last + 1], found.random[:, : last + 1]
    subtitle = (
        f"success by how many of {counted(len(found.path), 'subsystem')} have metadata; in greedy order each next one "
        f"adds most; ceiling {share(found.ceiling, 3)}\n"
        "in sample: chosen and judged on the same jobs and fleet, so other jobs and fleets may need more"
    )
    words = sufficiency_words(found)
    figure, axes = style.canvas(results, words, subtitle, top=1.45)
    counts = np.arange(last + 1)
    marker: dict[str, Any] = {"marker": "o", "markersize": 4.5} if last <= 60 else {}
    median: dict[str, Any] = {"color": style.BLUE, "linewidth": 1.8, "linestyle": style.DASHED}
    target: dict[str, Any] = {"color": style.VERMILLION, "linewidth": 1.4, "linestyle": style.DOTTED}
    axes.fill_between(counts, band[0], band[2], color=style.SKY, alpha=0.35, linewidth=0)
    axes.plot(counts, band[1], **median)
    axes.plot(counts, greedy, color=style.GREEN, linewidth=2.4, zorder=3, **marker)
    axes.axhline(goal, zorder=2, **target)
    chosen = style.dot("none", 10, "D") | {"markeredgecolor": style.INK, "markeredgewidth": 1.8}
    axes.plot([len(found.metadata)], [found.reached], zorder=4, clip_on=False, **chosen)
    axes.set_xlim(0, max(last, 1))
    style.success_axes(axes, top_of(found) / 1.08)
    axes.set_ylim(0, top_of(found))
    _name_steps(axes, found)
    axes.set_xlabel("subsystems with metadata (count)")
    style.count_axis(axes.xaxis)
    handles: list[Artist] = [
        Line2D([], [], color=style.GREEN, linewidth=2.4, label="greedy order"),
        Patch(color=style.SKY, alpha=0.35, label="95 % of random orders"),
        Line2D([], [], label="median of random orders", **median),
        Line2D([], [], label=f"the set found: {share(found.reached, 3)} with {len(found.metadata):,}", **chosen),
        Line2D([], [], label=f"target: {share(found.target, 3)} of the ceiling", **target),
    ]
    style.legend_above(axes, handles, 3)
    return Drawing(words, figure)


def _name_steps(axes: Axes, found: Sufficiency) -> None:
    """Write the subsystem that each step adds beside it, where there is room."""
    assert isinstance(axes.figure, Figure)
    box, (wide, high) = axes.get_position(), axes.figure.get_size_inches()
    path = found.path[: last_shown(found)]
    names = dict(zip(path, distinct(path, MOST_LETTERS), strict=True))
    room = (box.width * wide, box.height * high)
    steps = named_steps(found, *room, style.SMALL / 72, lambda name: style.text_width(names[name], style.SMALL))
    for step, right in steps:
        at, side = (float(step), float(found.greedy[step])), 1 if right else -1
        offset = (side * BESIDE * style.SMALL, -side * DOWN * style.SMALL)
        style.write_at(axes, names[found.path[step - 1]], at, offset, ha="left" if right else "right", zorder=5)


def draw_pareto_levels(results: Results) -> Drawing | None:
    """Draw every level by its cost, and by its matches, against its success."""
    if not results.front:
        return None
    points = numbers.kept_levels(results.front)
    words = front_words(results, points)
    subtitle = (
        "each mark is a level of metadata; a filled mark is Pareto-optimal: no other level found is as good in cost,\n"
        "success and waste and better in one of them"
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
    if numbers.costs_are_counts(results):
        style.count_axis(axes.xaxis)
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
