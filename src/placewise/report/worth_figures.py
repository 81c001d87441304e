"""The figures of what subsystems are worth, how few suffice, and which levels nothing beats."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.results import Results
from placewise.model.worth import LevelPoint
from placewise.report.charts.chart import MOST_MARKS, MOST_ROWS, told_apart
from placewise.report.charts.worth import kept_levels
from placewise.report.drawing import Drawing
from placewise.report.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SKY,
    SMALL,
    VERMILLION,
    canvas,
    count_axis,
    dot,
    fitting,
    from_zero,
    legend_above,
    share_axis,
    text_width,
)
from placewise.report.wording import counted, jobs, scoring_line, share
from placewise.report.worth_words import (
    FRONT_TITLE,
    KIND_WORDS,
    SUFFICIENCY_TITLE,
    WORTH_TITLE,
    cost_unit,
    front_alt,
    front_caption,
    how_found,
    sufficiency_alt,
    sufficiency_caption,
    worth_alt,
    worth_caption,
)

_PITCH = 0.2  # inches
_WIDEST_NAME = 2.2
_DASHED = (0, (4, 2))
_LOOKS = {
    "none": (INK, "s"),
    "single": (SKY, "o"),
    "pair": (ORANGE, "D"),
    "greedy": (GREEN, "^"),
    "all": (VERMILLION, "P"),
}


def draw_value_ranking(results: Results) -> Drawing | None:
    """Draw the Shapley values, the largest first, with single lift and drop-one loss beside them."""
    worth = results.worth
    if worth is None or not worth.subsystems:
        return None
    rows = worth.subsystems[:MOST_ROWS]
    labels = [fitting(label, _WIDEST_NAME) for label in told_apart([row.name for row in rows])]
    left = max(text_width(label) for label in labels) + 0.35
    subtitle = (
        f"joint success of {jobs(worth.jobs)} that telling a subsystem adds: averaged over all orders (Shapley value, "
        f"{how_found(worth)}),\ntold alone (single lift), and lost when it alone is not told (drop-one loss)"
    )
    top, bottom = 1.2, 0.85
    height = top + bottom + _PITCH * max(len(rows), 6)
    figure, axes = canvas(
        WORTH_TITLE, subtitle, scoring_line(results), left=max(left, 0.85), top=top, bottom=bottom, height=height
    )
    places = np.arange(len(rows))
    axes.barh(places, [row.value for row in rows], height=0.66, color=SKY, zorder=2)
    for place, row in zip(places, rows, strict=True):
        if row.interval is not None:
            axes.plot([row.interval.low, row.interval.high], [place] * 2, color=INK, linewidth=1.3, zorder=3)
    edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8, "zorder": 4, "clip_on": False}
    single, drop = dot(BLUE, 6.5) | {"marker": "D"}, dot(VERMILLION, 7.5) | {"marker": "^"}
    axes.plot([row.single_lift for row in rows], places, **single, **edge)
    axes.plot([row.drop_one_loss for row in rows], places, **drop, **edge)
    shown = [value for row in rows for value in (row.value, row.single_lift, row.drop_one_loss)]
    shown += [end for row in rows if row.interval is not None for end in (row.interval.low, row.interval.high)]
    from_zero(axes, np.array(shown), steps=7)
    share_axis(axes.xaxis)
    axes.set_ylim(max(len(rows), 6) - 0.4, -0.6)
    axes.set_yticks(places, labels, fontsize=SMALL)
    axes.tick_params(axis="y", length=0, pad=7)
    axes.set_xlabel("joint success added, of all jobs")
    handles: list[Artist] = [Patch(color=SKY, label="Shapley value")]
    handles += [Line2D([], [], label="single lift", **single), Line2D([], [], label="drop-one loss", **drop)]
    if any(row.interval is not None for row in rows):
        handles.append(Line2D([], [], color=INK, linewidth=1.3, label="interval of the value"))
    legend_above(axes, handles, 4)
    return Drawing("value-ranking", WORTH_TITLE, worth_caption(worth, MOST_ROWS), worth_alt(worth), figure)


def draw_sufficiency(results: Results) -> Drawing | None:
    """Draw joint success by how many subsystems are told: best first, and in random orders."""
    found = results.sufficiency
    if found is None:
        return None
    last = len(found.greedy) - 1
    goal = found.target * found.ceiling
    subtitle = (
        f"joint success of all jobs by how many of {counted(last, 'subsystem')} are told; the ceiling is "
        f"{share(found.ceiling)}"
    )
    figure, axes = canvas(SUFFICIENCY_TITLE, subtitle, scoring_line(results), top=1.2)
    counts = np.arange(last + 1)
    style: dict[str, Any] = {"marker": "o", "markersize": 4.5} if last <= 40 else {}
    axes.fill_between(counts, found.random[0], found.random[2], color=SKY, alpha=0.35, linewidth=0)
    axes.plot(counts, found.random[1], color=BLUE, linewidth=1.8, linestyle=_DASHED)
    axes.plot(counts, found.greedy, color=GREEN, linewidth=2.4, zorder=3, **style)
    axes.axhline(goal, color=VERMILLION, linewidth=1.4, linestyle=(0, (1, 2)), zorder=2)
    chosen = dot("none", 10) | {"marker": "D", "markeredgecolor": INK, "markeredgewidth": 1.8}
    axes.plot([len(found.metadata)], [found.reached], zorder=4, clip_on=False, **chosen)
    axes.set_xlim(0, max(last, 1))
    top = max(float(found.greedy.max()), float(found.random.max()), goal, found.reached, 0.01)
    axes.set_ylim(0, min(1.02, 1.08 * top))
    axes.set_xlabel("subsystems told (count)")
    axes.set_ylabel("joint success, of all jobs")
    axes.grid(axis="y")
    count_axis(axes.xaxis)
    share_axis(axes.yaxis)
    handles: list[Artist] = [
        Line2D([], [], color=GREEN, linewidth=2.4, label="best next one first"),
        Patch(color=SKY, alpha=0.35, label="central 95 % of random orders"),
        Line2D([], [], color=BLUE, linewidth=1.8, linestyle=_DASHED, label="median of random orders"),
        Line2D([], [], label=f"the set found: {share(found.reached, 3)} with {len(found.metadata):,}", **chosen),
        Line2D(
            [], [], color=VERMILLION, linestyle=(0, (1, 2)), label=f"target: {share(found.target, 3)} of the ceiling"
        ),
    ]
    legend_above(axes, handles, 3)
    return Drawing("sufficiency", SUFFICIENCY_TITLE, sufficiency_caption(found), sufficiency_alt(found), figure)


def draw_pareto_levels(results: Results) -> Drawing | None:
    """Draw every level by its cost, and by its matches, against its joint success."""
    if not results.front:
        return None
    points = kept_levels(results.front, MOST_MARKS)
    subtitle = (
        "one mark a level of telling; filled marks are beaten by none: no other level costs as little, leaves as many\n"
        "jobs a match and succeeds as often, and is better in one of the three"
    )
    figure, axes = canvas(FRONT_TITLE, subtitle, scoring_line(results), top=1.3, right=4.3)
    box = axes.get_position()
    gap = 0.35 / figure.get_figwidth()
    beside = figure.add_axes((box.x1 + gap, box.y0, box.width, box.height))
    _scatter(axes, points, np.array([point.cost for point in points]))
    _scatter(beside, points, np.array([point.matched for point in points]))
    from_zero(axes, np.array([point.cost for point in points]))
    axes.set_xlabel(f"cost of telling ({cost_unit(results)})")
    axes.set_ylabel("joint success, of all jobs")
    beside.set_xlim(-0.02, 1.04)
    beside.set_xlabel("match some cluster, of all jobs")
    beside.grid(axis="x")
    beside.set_yticklabels([])
    share_axis(beside.xaxis)
    beside.tick_params(axis="y", labelleft=False)
    kinds = [kind for kind in _LOOKS if any(point.kind == kind for point in points)]
    handles = [
        Line2D([], [], label=KIND_WORDS[kind], **(dot(_LOOKS[kind][0], 7) | {"marker": _LOOKS[kind][1]}))
        for kind in kinds
    ]
    legend_above(axes, handles, 5)
    caption, alt = front_caption(results, len(points)), front_alt(results.front)
    return Drawing("pareto-levels", FRONT_TITLE, caption, alt, figure)


def _scatter(axes: Axes, points: list[LevelPoint], x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    for kind in dict.fromkeys(point.kind for point in points):
        colour, marker = _LOOKS.get(kind, (INK, "x"))
        for best in (False, True):
            chosen = [i for i, point in enumerate(points) if point.kind == kind and point.on_front == best]
            face = colour if best else "none"
            look = dot(face, 6.5 if best else 5.5) | {"marker": marker, "markeredgecolor": colour, "clip_on": False}
            axes.plot(
                x[chosen], [points[i].success for i in chosen], zorder=3 + best, alpha=1 if best else 0.55, **look
            )
    axes.set_ylim(0, 1.08 * max(0.01, *(point.success for point in points)))
    axes.grid(axis="y")
    share_axis(axes.yaxis)
