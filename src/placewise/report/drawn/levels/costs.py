"""The figures of what scheduling costs beyond a reference, by level and by package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.lines import Line2D

from placewise.model.results.results import CostScore, Results
from placewise.model.scalar import counted
from placewise.prediction.cost import SECONDS_PER_HOUR
from placewise.report.data.studies.levels import best_row, by_cost, cost_each, reference_of, runtime_each
from placewise.report.drawn import style
from placewise.report.drawn.levels.axes import Column, level_plot
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import level_rows, reference_words
from placewise.report.words.numbers import amount, number, share, shown

_MOST_PACKAGES = 15
_WIDEST_NAME = 1.7  # inches


@dataclass(frozen=True, slots=True)
class _What:
    """What is drawn: runtime or cost, its units for all jobs and for one, and how to get both from a score."""

    name: str
    title: str
    word: str
    detail: str
    unit: str
    unit_each: str
    totals: Callable[[CostScore], tuple[float, float]]
    each: Callable[..., float | None]


_RUNTIME = _What(
    "additional-runtime",
    "How much longer jobs take than at their best",
    "runtime",
    ",\nin hours for all jobs, in seconds for one",
    "h",
    "s",
    lambda cost: (cost.runtime_s / SECONDS_PER_HOUR, cost.runtime_of_successes_s / SECONDS_PER_HOUR),
    runtime_each,
)
_COST = _What(
    "additional-cost",
    "How much more jobs cost than at their best",
    "cost",
    ",\nin hours times the price of a node hour on that cluster: price units",
    "price units",
    "price units",
    lambda cost: (cost.cost, cost.cost_of_successes),
    cost_each,
)


def draw_additional_runtime(results: Results) -> Drawing | None:
    """Draw the additional runtime by level: of all jobs together, and of one."""
    return _draw(results, _RUNTIME)


def draw_additional_cost(results: Results) -> Drawing | None:
    """Draw the additional cost by level: of all jobs together, and of one."""
    return _draw(results, _COST)


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
        f"The packages with the most additional cost, and their share of the total; these {len(first)} come to "
        f"{number(sum(costs[:_MOST_PACKAGES]), 4)} of {number(everything, 4)}. Of all, "
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
    figure, axes = style.canvas(results, words, subtitle, left=left, top=1.1, height=height)
    texts = [number(c, 3) + (f" ({share(c / everything, 2)})" if everything > 0 else "") for c, _ in first]
    colours = [style.SKY if cost >= 0 else style.VERMILLION for cost, _ in first]
    axes.barh(range(len(first)), costs[:_MOST_PACKAGES], height=0.72, color=colours)
    style.name_rows(axes, names)
    for place, ((cost, _), text) in enumerate(zip(first, texts, strict=True)):
        style.write_at(axes, text, (max(cost, 0), place), (3, 0), bbox=style.BEHIND_TEXT)
    style.from_zero(axes, np.array(costs[:_MOST_PACKAGES]), end=1.32)
    axes.set_xlabel("additional cost (price units)")
    return Drawing(words, figure)


def _draw(results: Results, what: _What) -> Drawing | None:
    reference = reference_of(results)
    rows = [row for row in level_rows(results) if what.each(row.level.costs.get(reference or "")) is not None]
    if reference is None or not rows:
        return None
    scores = [row.level.costs[reference] for row in rows]
    total = np.array([what.totals(cost) for cost in scores])
    each = [[what.each(cost), what.each(cost, successes=True)] for cost in scores]
    one = np.array(each, dtype=np.float64)  # NaN where None
    parts = "; ".join(
        f"{row.label}: {number(all_[0], 3)} {what.unit}, {number(mean[0], 3)} {what.unit_each} each"
        for row, all_, mean in zip(rows, total, one, strict=True)
    )
    words = FigureWords(
        what.name,
        what.title,
        f"Expected additional {what.word} over the jobs that are assigned, and over those that succeed; totals grow "
        "with how many jobs are assigned, means do not, but are over other jobs at other levels. "
        f"Reference {shown(reference)}: {reference_words(reference)}.",
        f"Additional {what.word} by level: {parts}.",
    )
    subtitle = f"predicted on the assigned cluster, less {reference_words(reference)}{what.detail}"
    blue, green = style.darker(style.BLUE), style.darker(style.GREEN)
    columns = [
        Column(f"all{_in(what.unit)}\nassigned", [amount(value, 3) for value in total[:, 0]], blue),
        Column(f"all{_in(what.unit)}\nsuccesses", [amount(value, 3) for value in total[:, 1]], green),
        Column(f"one{_in(what.unit_each)}\nassigned", [number(value, 3) for value in one[:, 0]], blue),
        Column(f"one{_in(what.unit_each)}\nsuccess", [number(value, 3) for value in one[:, 1]], green),
    ]
    plot = level_plot(results, words, subtitle, rows, columns, top=1.2, panels=2)
    labels = [f"all jobs{_in(what.unit)}", f"one job, mean{_in(what.unit_each)}"]
    for axes, values, label in zip(plot.panels, (total, one), labels, strict=True):
        axes.hlines(plot.heights, values[:, 0], values[:, 1], **style.GAP)
        axes.plot(values[:, 0], plot.heights, clip_on=False, zorder=3, **style.ring(style.BLUE))
        axes.plot(values[:, 1], plot.heights, clip_on=False, zorder=4, **style.dot(style.GREEN, 6.5))
        # Wide numbers leave room for fewer of them.
        style.from_zero(axes, values, steps=3 if np.nanmax(values) < 10_000 else 2)
        axes.set_xlabel(label)
    handles = [
        Line2D([], [], label="of the jobs assigned", **style.ring(style.BLUE)),
        Line2D([], [], label="of jobs that succeed", **style.dot(style.GREEN, 6.5)),
    ]
    style.legend_above(plot.axes, handles, 2, lift=plot.headings)
    return Drawing(words, plot.figure)


def _in(unit: str) -> str:
    return f" ({unit})" if len(unit) < 3 else ""  # a longer unit is in the subtitle
