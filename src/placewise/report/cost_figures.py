"""The figures of what scheduling costs beyond a reference, by level."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from matplotlib.lines import Line2D

from placewise.model.results import CostScore, Results
from placewise.prediction.cost import SECONDS_PER_HOUR
from placewise.report.drawing import Drawing
from placewise.report.level_axes import Column, level_plot
from placewise.report.levels import cost_each, level_rows, reference_of, reference_words, runtime_each
from placewise.report.style import BLUE, GAP, GREEN, darker, dot, from_zero, legend_above, ring
from placewise.report.wording import number, scoring_line, shown


def draw_additional_runtime(results: Results) -> Drawing | None:
    """Draw the additional runtime by level: of all builds together, and of one."""
    return _draw(
        results,
        "additional-runtime",
        "How much longer builds take than at their best",
        "runtime",
        ",\nin hours for all builds, in seconds for one",
        ("h", "s"),
        lambda cost: (cost.runtime_s / SECONDS_PER_HOUR, cost.runtime_of_successes_s / SECONDS_PER_HOUR),
        runtime_each,
    )


def draw_additional_cost(results: Results) -> Drawing | None:
    """Draw the additional cost by level: of all builds together, and of one."""
    return _draw(
        results,
        "additional-cost",
        "How much more builds cost than at their best",
        "cost",
        ",\nin hours times the price of a node hour on that cluster: price units",
        ("price units", "price units"),
        lambda cost: (cost.cost, cost.cost_of_successes),
        cost_each,
    )


def _draw(
    results: Results,
    name: str,
    title: str,
    what: str,
    detail: str,
    units: tuple[str, str],
    totals: Callable[[CostScore], tuple[float, float]],
    each: Callable[..., float | None],
) -> Drawing | None:
    reference = reference_of(results)
    rows = [row for row in level_rows(results) if reference in row.level.costs]
    rows = [row for row in rows if each(row.level.costs[reference or ""]) is not None]
    if reference is None or not rows:
        return None
    subtitle = f"predicted on the assigned cluster, less {reference_words(reference)}{detail}"
    scores = [row.level.costs[reference] for row in rows]
    total = np.array([totals(cost) for cost in scores])
    one = np.array([[_known(each(cost)), _known(each(cost, successes=True))] for cost in scores])
    columns = [
        Column("all\nassigned", [_total(value) for value in total[:, 0]], darker(BLUE)),
        Column("all\nsuccesses", [_total(value) for value in total[:, 1]], darker(GREEN)),
        Column("one\nassigned", [number(value, 3) for value in one[:, 0]], darker(BLUE)),
        Column("one\nsuccess", [number(value, 3) for value in one[:, 1]], darker(GREEN)),
    ]
    plot = level_plot(title, subtitle, scoring_line(results), rows, columns, top=1.2, panels=2)
    labels = [f"all builds{_in(units[0])}", f"one build, mean{_in(units[1])}"]
    for axes, values, label in zip(plot.panels, (total, one), labels, strict=True):
        axes.hlines(plot.heights, values[:, 0], values[:, 1], **GAP)
        axes.plot(values[:, 0], plot.heights, clip_on=False, zorder=3, **ring(BLUE))
        axes.plot(values[:, 1], plot.heights, clip_on=False, zorder=4, **dot(GREEN, 6.5))
        # Wide numbers leave room for fewer of them.
        from_zero(axes, values, steps=3 if np.nanmax(values) < 10_000 else 2)
        axes.set_xlabel(label)
    handles = [
        Line2D([], [], label="of the builds assigned", **ring(BLUE)),
        Line2D([], [], label="of those of them that succeed", **dot(GREEN, 6.5)),
    ]
    legend_above(plot.axes, handles, 2, lift=plot.headings)
    caption = (
        f"Expected additional {what} over the builds that are assigned, and over those that succeed; totals grow with "
        "how many builds are assigned, means do not, but are over other builds at other levels. "
        f"Reference {shown(reference)}: {reference_words(reference)}."
    )
    parts = "; ".join(
        f"{row.label}: {number(all_[0], 3)} {units[0]}, {number(mean[0], 3)} {units[1]} each"
        for row, all_, mean in zip(rows, total, one, strict=True)
    )
    return Drawing(name, title, caption, f"Additional {what} by level: {parts}.", plot.figure)


def _total(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else number(value, 3)


def _in(unit: str) -> str:
    return f" ({unit})" if len(unit) < 3 else ""  # a longer unit is in the subtitle


def _known(value: float | None) -> float:
    return math.nan if value is None else value
