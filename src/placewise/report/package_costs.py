"""The figure of what scheduling costs beyond a reference, by package."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from placewise.model.results import Results
from placewise.report.drawing import Drawing
from placewise.report.levels import best_row, level_rows, reference_of, reference_words
from placewise.report.style import (
    BEHIND_TEXT,
    MARGIN,
    MUTED,
    SKY,
    SMALL,
    VERMILLION,
    WIDTH,
    canvas,
    count_axis,
    fitting,
    from_zero,
    text_width,
)
from placewise.report.wording import counted, number, scoring_line, share, shown

_MOST_PACKAGES = 15
_WIDEST_NAME = 1.7
_DECADES = (0.0, 1.0, 10.0, 100.0, 1000.0)


def draw_cost_by_package(results: Results) -> Drawing | None:
    """Draw which packages account for most additional cost at the level of the highest joint success."""
    reference = reference_of(results)
    row = best_row([row for row in level_rows(results) if reference in row.level.costs])
    if row is None or reference is None:
        return None
    by_package = sorted(
        ((cost, name) for name, (_, cost) in row.level.costs[reference].by_package.items()), key=lambda p: (-p[0], p[1])
    )
    if not by_package:
        return None
    values = np.array([cost for cost, _ in by_package])
    first = by_package[:_MOST_PACKAGES]
    everything = float(values.sum())
    title = "Which packages account for the additional cost"
    subtitle = (
        f"level: {row.label}; {number(everything, 4)} price units over {counted(len(values), 'package')};\n"
        f"reference: {reference_words(reference)}"
    )
    names = [fitting(shown(name), _WIDEST_NAME) for _, name in first]
    left = MARGIN + max(text_width(name) for name in names) + 0.15
    height = 1.35 + 0.235 * len(first) + 0.8
    figure, axes = canvas(
        title, subtitle, scoring_line(results), left=left, right=4.0, top=1.35, height=max(3.8, height)
    )
    axes.barh(
        range(len(first)), [cost for cost, _ in first], height=0.72, color=[_sign_colour(cost) for cost, _ in first]
    )
    axes.set_ylim(len(first) - 0.4, -0.6)
    axes.set_yticks(range(len(first)), names, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    from_zero(axes, np.array([[cost for cost, _ in first]]), end=1.32)
    for place, (cost, _) in enumerate(first):
        text = number(cost, 3) + (f" ({share(cost / everything, 2)})" if everything > 0 else "")
        axes.annotate(
            text,
            (max(cost, 0), place),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            bbox=BEHIND_TEXT,
        )
    axes.set_xlabel("additional cost (price units)")
    _head(axes, f"the first {len(first)}")
    beside = figure.add_axes(_right_of(axes))
    _draw_decades(beside, values)
    below = int((values < 0).sum())
    top = float(sum(cost for cost, _ in first))
    caption = (
        f"Left: the packages with the most additional cost, and their share of the total; these {len(first)} come to "
        f"{number(top, 4)} of {number(everything, 4)}. Right: all packages by additional cost; "
        f"{counted(below, 'package')} below 0 run on clusters that are predicted to be faster than the reference."
    )
    alt = "; ".join(f"{shown(name)} {number(cost, 3)}" for cost, name in first)
    return Drawing("cost-by-package", title, caption, f"Additional cost by package: {alt}.", figure)


def _draw_decades(axes: Axes, values: NDArray[np.float64]) -> None:
    """Count packages by the size of their cost, in steps of ten, on both sides of zero."""
    reach = [edge for edge in _DECADES if edge < np.abs(values).max()] or [0.0]
    edges = [*reach, math.inf]
    bins = [(low, high, 1) for low, high in pairwise(edges)][::-1]
    bins += [(low, high, -1) for low, high in pairwise(edges)]
    counts = [
        int(((sign * values >= low) & (sign * values < high) & ((values >= 0) == (sign > 0))).sum())
        for low, high, sign in bins
    ]
    while counts[-1] == 0 and len(counts) > 1:
        counts.pop()
    axes.barh(
        range(len(counts)), counts, height=0.72, color=[SKY if s > 0 else VERMILLION for _, _, s in bins[: len(counts)]]
    )
    axes.set_ylim(len(counts) - 0.4, -0.6)
    axes.set_yticks(range(len(counts)), [_bin_words(*one) for one in bins[: len(counts)]], fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    for place, count in enumerate(counts):
        axes.annotate(
            number(count),
            (count, place),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            bbox=BEHIND_TEXT,
        )
    axes.set_xlim(0, 1.15 * max(counts))
    count_axis(axes.xaxis)
    axes.grid(axis="x")
    axes.set_xlabel("packages (count)")
    _head(axes, "all of them")


def _bin_words(low: float, high: float, sign: int) -> str:
    low_text, high_text = number(low), number(high) if math.isfinite(high) else ""
    if not high_text:
        return f"{low_text} or more" if sign > 0 else f"-{low_text} or less" if low else "below 0"
    return f"{low_text} to {high_text}" if sign > 0 else f"-{high_text} to {'-' * (low > 0)}{low_text}"


def _right_of(axes: Axes) -> tuple[float, float, float, float]:
    box = axes.get_position()
    return box.x1 + 1.35 / WIDTH, box.y0, 1 - box.x1 - (1.35 + 0.35) / WIDTH, box.height


def _head(axes: Axes, text: str) -> None:
    axes.annotate(
        text,
        (0, 1),
        (0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=SMALL,
        color=MUTED,
        style="italic",
    )


def _sign_colour(cost: float) -> str:
    return SKY if cost >= 0 else VERMILLION
