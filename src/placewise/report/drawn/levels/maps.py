"""The figures that place every level in a plane: cost against success, matchability against success."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from placewise.model.results.results import Results
from placewise.report.data.studies import levels
from placewise.report.data.studies.levels import LevelRow
from placewise.report.drawn import style
from placewise.report.drawn.levels.axes import WIDTH
from placewise.report.drawn.levels.marks import ON_WHITE, RING, Mark, along, draw_marks
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import SHORT_GROUPS, level_rows, reference_words
from placewise.report.words.numbers import number, share

_HEIGHT = 6.2
_BESIDE = 2.5
_COLOURS = (style.INK, style.BLUE, style.GREEN, style.ORANGE)
_CURVES = (0.1, 0.2, 0.4, 0.6)


def draw_pareto(results: Results) -> Drawing | None:
    """Draw additional cost of a job against success for all levels, and mark those on the Pareto front."""
    reference = levels.reference_of(results)
    points = levels.cost_points(level_rows(results), reference)
    if reference is None or not points:
        return None
    front = levels.non_dominated([point[:2] for point in points])
    parts = "; ".join(f"{row.label}: {number(cost, 3)}, {share(success, 3)}" for cost, success, row in points)
    words = FigureWords(
        "pareto",
        "What success costs",
        "A level is on the Pareto front where no other is at least as cheap and as successful, and better in one: "
        f"{', '.join(points[i][2].label for i in front)}. The cost is the mean over the jobs that are assigned, which "
        "differ between levels.",
        f"Additional cost and success by level: {parts}.",
    )
    subtitle = (
        "each mark is a level of metadata: additional cost per assigned job (price units), against success;\n"
        f"up and left is better; reference: {reference_words(reference)}"
    )
    figure, axes = style.canvas(results, words, subtitle, width=WIDTH, height=_HEIGHT, top=1.42)
    costs = np.array([cost for cost, _, _ in points])
    style.from_zero(axes, costs)
    # Differences matter here, so the axis need not start at zero.
    room = 0.3 * (float(np.ptp(costs)) or abs(float(costs[0])) or 1.0)
    axes.set_xlim(costs.min() - room, costs.max() + room)
    axes.set_ylim(-0.02, 1.0)
    axes.grid(visible=True)
    style.share_axis(axes.yaxis)
    axes.set_xlabel("additional cost per job (price units)")
    axes.set_ylabel("success (share of all jobs)")
    best = sorted(points[i][:2] for i in front)
    axes.step(*zip(*best, strict=True), where="post", color=style.VERMILLION, linewidth=1.6, zorder=2)
    corners = [corner for (x, y), (x1, y1) in pairwise(best) for corner in ((x, y, x1, y), (x1, y, x1, y1))]
    if results.ceiling is not None:
        axes.axhline(results.ceiling, **style.CEILING, zorder=1)
        corners.append((axes.get_xlim()[0], results.ceiling, axes.get_xlim()[1], results.ceiling))
    marks = [_mark(*point, strong=i in front) for i, point in enumerate(points)]
    draw_marks(axes, marks, taken=[along(axes, *corner) for corner in corners])
    _explain(axes, results, [row for _, _, row in points], Line2D([], [], label="Pareto front", **RING))
    return Drawing(words, figure)


def draw_matchability(results: Results) -> Drawing | None:
    """Draw the share of jobs that are assigned against their success, over curves of equal success of all."""
    points = levels.matchability_points(level_rows(results))
    if not points:
        return None
    parts = "; ".join(f"{row.label}: {share(part, 3)}, {share(success, 3)}" for part, success, row in points)
    words = FigureWords(
        "matchability",
        "Matchability against success",
        "Metadata moves levels up, because matches are better, and to the left, because fewer jobs match; a level "
        "helps only if it reaches a higher curve.",
        f"Jobs assigned and their success by level: {parts}.",
    )
    subtitle = (
        "each mark is a level of metadata: how many jobs get a cluster, and how many of those succeed;\n"
        "along a curve the product of the two, success, is the same"
    )
    figure, axes = style.canvas(results, words, subtitle, width=WIDTH, height=_HEIGHT, top=1.42, right=_BESIDE)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    taken = []
    for level in _CURVES:
        x = np.linspace(level, 1, 120)
        axes.plot(x, level / x, color=style.FAINT, linewidth=1.4, zorder=1)
        at = math.sqrt(level)
        how: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": style.SMALL, "color": style.MUTED}
        axes.text(at, at, share(level, 3), bbox=ON_WHITE, **how)
        taken.append(along(axes, at, at, at, at, (0.25, 0.09)))
    if results.ceiling is not None:
        x = np.linspace(max(results.ceiling, 1e-3), 1, 120)
        axes.plot(x, results.ceiling / x, **style.CEILING, zorder=1)
        taken += [along(axes, at, results.ceiling / at, at, results.ceiling / at) for at in x[5::5].tolist()]
    style.share_axis(axes.xaxis)
    style.share_axis(axes.yaxis)
    axes.set_xlabel("jobs given a cluster (share of all jobs)")
    axes.set_ylabel("success of matched jobs")
    draw_marks(axes, [_mark(*point) for point in points], beside=_BESIDE, taken=taken)
    equal = Line2D([], [], color="#BBBBBB", linewidth=1.4, label="equal success")
    _explain(axes, results, [row for _, _, row in points], equal)
    return Drawing(words, figure)


def _mark(x: float, y: float, row: LevelRow, *, strong: bool = False) -> Mark:
    return Mark(x, y, row.label, _COLOURS[row.group], strong)


def _explain(axes: Axes, results: Results, rows: Sequence[LevelRow], more: Line2D) -> None:
    groups = sorted({row.group for row in rows})
    handles = [Line2D([], [], label=SHORT_GROUPS[group], **style.dot(_COLOURS[group])) for group in groups]
    handles.append(more)
    if results.ceiling is not None:
        handles.append(Line2D([], [], label=style.ceiling_label(results.ceiling), **style.CEILING))
    style.legend_above(axes, handles, len(handles), lift=0.13)
