"""The figure of what scheduling costs beyond a reference, by package."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from placewise.model.results import Results
from placewise.report.data.levels import best_row, reference_of
from placewise.report.data.packages import Decade, by_cost, decades
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import level_rows, reference_words
from placewise.report.words.numbers import counted, number, share, shown

_MOST_PACKAGES = 15
_WIDEST_NAME = 1.7


def draw_cost_by_package(results: Results) -> Drawing | None:
    """Draw which packages account for most additional cost at the level of the highest success."""
    reference = reference_of(results)
    row = best_row([row for row in level_rows(results) if reference in row.level.costs])
    packages = [] if row is None or reference is None else by_cost(row.level.costs[reference])
    if row is None or reference is None or not packages:
        return None
    costs = [cost for cost, _ in packages]
    first, everything = packages[:_MOST_PACKAGES], float(sum(costs))
    words = FigureWords(
        "cost-by-package",
        "Which packages account for the additional cost",
        f"Left: the packages with the most additional cost, and their share of the total; these {len(first)} come to "
        f"{number(sum(costs[:_MOST_PACKAGES]), 4)} of {number(everything, 4)}. Right: all packages by additional cost; "
        f"{counted(sum(cost < 0 for cost in costs), 'package')} below 0 run on clusters that are predicted to be "
        "faster than the reference.",
        f"Additional cost by package: {'; '.join(f'{shown(name)} {number(cost, 3)}' for cost, name in first)}.",
    )
    subtitle = (
        f"level: {row.label}; {number(everything, 4)} price units over {counted(len(costs), 'package')};\n"
        f"reference: {reference_words(reference)}"
    )
    names = [style.fitting(shown(name), _WIDEST_NAME) for _, name in first]
    left = style.MARGIN + max(style.text_width(name) for name in names) + 0.15
    height = max(3.8, 2.15 + 0.235 * len(first))
    figure, axes = style.canvas(results, words, subtitle, left=left, right=4.0, top=1.35, height=height)
    texts = [number(c, 3) + (f" ({share(c / everything, 2)})" if everything > 0 else "") for c, _ in first]
    _draw_bars(axes, costs[:_MOST_PACKAGES], [1 if cost >= 0 else -1 for cost, _ in first], names, texts)
    style.from_zero(axes, np.array(costs[:_MOST_PACKAGES]), end=1.32)
    axes.set_xlabel("additional cost (price units)")
    _head(axes, f"the first {len(first)}")
    box = axes.get_position()
    beside = figure.add_axes((box.x1 + 1.35 / style.WIDTH, box.y0, 1 - box.x1 - 1.7 / style.WIDTH, box.height))
    steps = decades(costs)
    counts = [float(step.count) for step in steps]
    _draw_bars(beside, counts, [s.sign for s in steps], [_words(s) for s in steps], [number(n) for n in counts])
    beside.set_xlim(0, 1.15 * max(counts))
    style.count_axis(beside.xaxis)
    beside.grid(axis="x")
    beside.set_xlabel("packages (count)")
    _head(beside, "all of them")
    return Drawing(words, figure)


def _draw_bars(axes: Axes, lengths: list[float], signs: list[int], names: list[str], texts: list[str]) -> None:
    colours = [style.SKY if sign > 0 else style.VERMILLION for sign in signs]
    axes.barh(range(len(lengths)), lengths, height=0.72, color=colours)
    style.name_rows(axes, names)
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        style.write_at(axes, text, (max(length, 0), place), (3, 0), bbox=style.BEHIND_TEXT)


def _words(step: Decade) -> str:
    low, high = number(step.low), number(step.high) if math.isfinite(step.high) else ""
    if not high:
        return f"{low} or more" if step.sign > 0 else f"-{low} or less" if step.low else "below 0"
    return f"{low} to {high}" if step.sign > 0 else f"-{high} to {'-' * (step.low > 0)}{low}"


def _head(axes: Axes, text: str) -> None:
    how = {"xycoords": "axes fraction", "va": "baseline", "color": style.MUTED, "style": "italic"}
    style.write_at(axes, text, (0, 1), (0, 5), **how)
