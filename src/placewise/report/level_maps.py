"""The figures that place every level in a plane: cost against success, matchability against success."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from placewise.model.results import Results
from placewise.report.drawing import Drawing
from placewise.report.label_places import Box
from placewise.report.level_axes import WIDTH
from placewise.report.levels import (
    Row,
    cost_each,
    level_rows,
    non_dominated,
    reference_of,
    reference_words,
    share_assigned,
)
from placewise.report.mark_labels import ON_WHITE, RING, Mark, draw_marks
from placewise.report.style import (
    BLUE,
    DPI,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    SMALL,
    VERMILLION,
    canvas,
    dot,
    from_zero,
    legend_above,
    share_axis,
)
from placewise.report.wording import number, scoring_line, share

_HEIGHT = 6.2
_BESIDE = 2.5
_COLOURS = (INK, BLUE, GREEN, ORANGE)
_GROUP_WORDS = ("nothing told", "one thing told", "told together", "one chosen")
_CEILING: dict[str, Any] = {"color": INK, "linewidth": 1.6, "linestyle": (0, (4, 2))}
_JOINT = (0.1, 0.2, 0.4, 0.6)


def draw_pareto(results: Results) -> Drawing | None:
    """Draw additional cost of a build against joint success for all levels, and mark those that no other beats."""
    reference = reference_of(results)
    if reference is None:
        return None
    points = [
        (cost, row.level.score.success, row)
        for row in level_rows(results)
        if (cost := cost_each(row.level.costs.get(reference))) is not None and row.level.score.success is not None
    ]
    if not points:
        return None
    front = non_dominated([(cost, joint) for cost, joint, _ in points])
    title = "What success costs"
    subtitle = (
        "one mark a level of metadata: additional cost of one assigned build (price units), against joint success;\n"
        f"up and left is better; reference: {reference_words(reference)}"
    )
    figure, axes = canvas(title, subtitle, scoring_line(results), width=WIDTH, height=_HEIGHT, top=1.42)
    costs = np.array([cost for cost, _, _ in points])
    from_zero(axes, costs)
    # Differences matter here, so the axis need not start at zero.
    room = 0.3 * (float(np.ptp(costs)) or abs(float(costs[0])) or 1.0)
    axes.set_xlim(costs.min() - room, costs.max() + room)
    axes.set_ylim(-0.02, 1.0)
    axes.grid(visible=True)
    share_axis(axes.yaxis)
    axes.set_xlabel("additional cost of one build (price units)")
    axes.set_ylabel("joint success, of all builds")
    if results.ceiling is not None:
        axes.axhline(results.ceiling, **_CEILING, zorder=1)
    best = sorted(points[i][:2] for i in front)
    axes.step(*zip(*best, strict=True), where="post", color=VERMILLION, linewidth=1.6, zorder=2)
    corners = [corner for (x, y), (x1, y1) in pairwise(best) for corner in ((x, y, x1, y), (x1, y, x1, y1))]
    if results.ceiling is not None:
        corners.append((axes.get_xlim()[0], results.ceiling, axes.get_xlim()[1], results.ceiling))
    taken = [_along(axes, *corner) for corner in corners]
    draw_marks(axes, [_mark(*point, strong=i in front) for i, point in enumerate(points)], taken=taken)
    handles = _legend([row for _, _, row in points])
    handles.append(Line2D([], [], label="beaten by none", **RING))
    if results.ceiling is not None:
        handles.append(Line2D([], [], **_CEILING, label=f"ceiling {share(results.ceiling, 3)}"))
    legend_above(axes, handles, len(handles), lift=0.13)
    names = ", ".join(points[i][2].label for i in front)
    caption = (
        "A level is beaten where another is at least as cheap and as successful, and better in one; beaten by none: "
        f"{names}. The cost is the mean over the builds that are assigned, which differ between levels."
    )
    parts = "; ".join(f"{row.label}: {number(cost, 3)}, {share(joint, 3)}" for cost, joint, row in points)
    return Drawing("pareto", title, caption, f"Additional cost and joint success by level: {parts}.", figure)


def draw_matchability(results: Results) -> Drawing | None:
    """Draw the share of builds that are assigned against their success, over curves of equal joint success."""
    points = [
        (part, build, row)
        for row in level_rows(results)
        if (part := share_assigned(row.level)) is not None
        and (build := row.level.score.success_of_matched.mean) is not None
    ]
    if not points:
        return None
    title = "Matchability against success"
    subtitle = (
        "one mark a level of metadata: how many builds are given a cluster, and how many of those succeed;\n"
        "along a curve the product of the two, joint success, is the same"
    )
    figure, axes = canvas(title, subtitle, scoring_line(results), width=WIDTH, height=_HEIGHT, top=1.42, right=_BESIDE)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    taken = []
    for level in _JOINT:
        x = np.linspace(level, 1, 120)
        axes.plot(x, level / x, color=FAINT, linewidth=1.4, zorder=1)
        at = math.sqrt(level)
        axes.text(at, at, share(level, 3), ha="center", va="center", fontsize=SMALL, color=MUTED, bbox=ON_WHITE)
        taken.append(_wider(_along(axes, at, at, at, at), 0.23, 0.07))
    if results.ceiling is not None:
        x = np.linspace(max(results.ceiling, 1e-3), 1, 120)
        axes.plot(x, results.ceiling / x, **_CEILING, zorder=1)
        taken += [_along(axes, at, results.ceiling / at, at, results.ceiling / at) for at in x[5::5].tolist()]
    share_axis(axes.xaxis)
    share_axis(axes.yaxis)
    axes.set_xlabel("builds that are given a cluster, of all builds")
    axes.set_ylabel("build success, of the builds given one")
    draw_marks(axes, [_mark(*point) for point in points], beside=_BESIDE, taken=taken)
    handles = _legend([row for _, _, row in points])
    handles.append(Line2D([], [], color="#BBBBBB", linewidth=1.4, label="equal joint success"))
    if results.ceiling is not None:
        handles.append(Line2D([], [], **_CEILING, label=f"ceiling {share(results.ceiling, 3)}"))
    legend_above(axes, handles, len(handles), lift=0.13)
    caption = (
        "What is told moves levels up, because matches are better, and to the left, because fewer builds match; "
        "a level helps only if it reaches a higher curve."
    )
    parts = "; ".join(f"{row.label}: {share(part, 3)}, {share(build, 3)}" for part, build, row in points)
    return Drawing("matchability", title, caption, f"Builds assigned and their success by level: {parts}.", figure)


def _along(axes: Axes, x: float, y: float, x1: float, y1: float) -> Box:
    """Return the box that a level or upright line takes, in inches."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    across, up = axes.bbox.width / DPI / (right - left), axes.bbox.height / DPI / (top - bottom)
    return _wider(((x - left) * across, (y - bottom) * up, (x1 - left) * across, (y1 - bottom) * up), 0.02, 0.02)


def _wider(box: Box, across: float, up: float) -> Box:
    return box[0] - across, box[1] - up, box[2] + across, box[3] + up


def _mark(x: float, y: float, row: Row, *, strong: bool = False) -> Mark:
    return Mark(x, y, row.label, _COLOURS[row.group], strong)


def _legend(rows: Sequence[Row]) -> list[Line2D]:
    return [
        Line2D([], [], label=_GROUP_WORDS[group], **dot(_COLOURS[group]))
        for group in sorted({row.group for row in rows})
    ]
