"""The figures of replays side by side: waits and waste by scenario, and what metadata is worth in time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from placewise.model.results.worth import Interval
from placewise.model.traces.scenarios import Paired, PieceWorth, ScenarioResult, Timed
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing, Picture, write_pictures
from placewise.report.words.figures import FigureWords
from placewise.report.words.numbers import MISSING, amount, counted, distinct, share, shown
from placewise.report.words.replay import HOUR_S, narrows_nothing, paired_sentence, time_words, worth_amount

_MOST_ROWS = 24
_WIDE = 20
"""Means that are so many times apart are drawn on a logarithmic scale."""


def draw_timed_figures(timed: Timed, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    with style.house_style():
        drawings = (draw_scenarios(timed), draw_differences(timed), draw_values(timed))
        return write_pictures([drawing.rendered() for drawing in drawings if drawing is not None], folder)


def draw_scenarios(timed: Timed) -> Drawing | None:
    """Draw mean wait, mean bounded slowdown and wasted hours of each scenario; None where no job started."""
    results = timed.results[:_MOST_ROWS]
    if not any(one.means for one in results):
        return None
    words = _scenario_words(timed)
    rows = len(results)
    label = max(style.text_width(name, style.NORMAL) for name in distinct([one.name for one in results])) + 0.3
    left, gap, height = min(3.6, max(1.0, label)), 0.25, 2.05 + 0.34 * rows
    width = 10.4
    figure = style.sheet(
        words.title, "mean over jobs, with the central 95 % over weeks where there is one", _note(timed), width, height
    )
    each = (width - left - 2 * gap - 0.35) / 3
    panels = [style.axes_at(figure, left + k * (each + gap), 0.85, each, height - 1.95) for k in range(3)]
    for axes, quantity, title, scale in (
        (panels[0], "wait_s", "mean wait (hours)", HOUR_S),
        (panels[1], "bounded_slowdown", "mean bounded slowdown", 1.0),
    ):
        marks = [next((mean for mean in one.means if mean.quantity == quantity), None) for one in results]
        _dots(
            axes,
            [np.nan if mark is None else mark.mean / scale for mark in marks],
            [
                None
                if mark is None or mark.interval is None
                else (mark.interval.low / scale, mark.interval.high / scale)
                for mark in marks
            ],
        )
        axes.set_xlabel(title)
    _draw_work(panels[2], results)
    for axes in panels:
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_yticks(range(rows), [""] * rows)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        if axes.get_xscale() == "linear":
            axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    panels[0].set_yticks(
        range(rows), [style.fitting(name, left - 0.3, style.NORMAL) for name in distinct([one.name for one in results])]
    )
    return Drawing(words, figure)


def _draw_work(axes: Axes, results: Sequence[ScenarioResult]) -> None:
    """Draw what failed attempts used, or where none failed, the utilisation."""
    hours = [one.work.wasted_processor_s / HOUR_S for one in results]
    if not any(hours):
        axes.barh(range(len(results)), [one.utilisation or 0.0 for one in results], 0.55, color=style.SKY, zorder=2)
        axes.set_xlim(0, 1.0)
        axes.set_xlabel("utilisation (share of processor time)")
        return
    axes.barh(range(len(results)), hours, 0.55, color=style.VERMILLION, zorder=2)
    for row, (wasted, one) in enumerate(zip(hours, results, strict=True)):
        axes.annotate(
            f"{amount(wasted, 3)}; success {share(one.success, 4)}",
            (wasted, row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            color=style.MUTED,
        )
    axes.set_xlim(0, 2.2 * max(hours))
    axes.set_xlabel("wasted (processor-hours)")


def _dots(axes: Axes, values: Sequence[float], ends: Sequence[tuple[float, float] | None]) -> None:
    for row, (value, end) in enumerate(zip(values, ends, strict=True)):
        if end is not None:
            axes.plot(end, [row, row], color=style.SKY, linewidth=4, solid_capstyle="butt", zorder=2)
        axes.plot([value], [row], zorder=3, **style.dot(style.BLUE))
    lows = [value for value in values if value > 0] + [end[0] for end in ends if end is not None and end[0] > 0]
    highs = [value for value in values if value > 0] + [end[1] for end in ends if end is not None]
    if lows and max(highs) > _WIDE * min(lows):
        axes.set_xscale("log")
        axes.set_xlim(0.7 * min(lows), 1.5 * max(highs))
        _scale_note(axes)
    else:
        axes.set_xlim(0, 1.06 * max(highs, default=1.0))


def draw_differences(timed: Timed) -> Drawing | None:
    """Draw how mean wait and slowdown differ, job by job, from the scenario compared with; None without comparisons."""
    compared = [one for one in timed.comparisons if one.means][:_MOST_ROWS]
    if not compared:
        return None
    words = _difference_words(timed, compared)
    labels = [style.fitting(f"{shown(one.first)} less {shown(one.second)}", 4.2, style.SMALL) for one in compared]
    left, gap, width = max(map(style.text_width, labels)) + 0.4, 0.3, 10.4
    height = 2.05 + 0.34 * len(compared)
    subtitle = (
        "mean over the jobs that started in both, with the central 95 % over weeks; left of 0, the first is better"
    )
    figure = style.sheet(words.title, subtitle, _note(timed), width, height)
    each = (width - left - gap - 0.35) / 2
    for number, (quantity, title, scale) in enumerate(
        (("wait_s", "difference in wait (minutes)", 60.0), ("bounded_slowdown", "difference in bounded slowdown", 1.0))
    ):
        axes = style.axes_at(figure, left + number * (each + gap), 0.85, each, height - 1.95)
        found = [next(mean for mean in one.means if mean.quantity == quantity) for one in compared]
        for row, mean in enumerate(found):
            if mean.interval is not None:
                ends = [mean.interval.low / scale, mean.interval.high / scale]
                axes.plot(ends, [row, row], color=style.SKY, linewidth=4, solid_capstyle="butt", zorder=2)
            axes.plot([mean.difference / scale], [row], zorder=3, **style.dot(style.BLUE))
        sizes = [abs(mean.difference) / scale for mean in found if mean.difference]
        if sizes and max(sizes) > _WIDE * min(sizes):
            threshold = max(min(sizes), max(sizes) / 1000)
            axes.set_xscale("symlog", linthresh=10.0 ** np.ceil(np.log10(threshold)))
            _scale_note(axes)
        axes.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
        axes.set_ylim(len(compared) - 0.5, -0.5)
        axes.set_yticks(range(len(compared)), [""] * len(compared) if number else labels)
        axes.tick_params(axis="y", length=0, labelsize=style.SMALL)
        axes.tick_params(axis="x", labelsize=style.SMALL)
        axes.grid(axis="x")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_xlabel(title)
    return Drawing(words, figure)


def _scale_note(axes: Axes) -> None:
    axes.annotate(
        "log scale",
        (1, 1),
        (0, 2),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        fontsize=style.SMALL,
        color=style.MUTED,
    )


def draw_values(timed: Timed) -> Drawing | None:
    """Draw what each piece of metadata takes away, in hours of waiting and in wasted hours; None where not asked."""
    if not timed.values:
        return None
    nothing = set(narrows_nothing(timed.values))
    policies = list(dict.fromkeys(one.policy for one in timed.values))
    pieces = [one for one in dict.fromkeys(value.piece for value in timed.values) if one not in nothing] + sorted(
        nothing
    )
    pieces = pieces[:_MOST_ROWS]
    words = _value_words(timed, policies)
    height, width, left, gap = 2.15 + 0.5 * len(pieces), 10.4, 1.75, 0.35
    figure = style.sheet(
        words.title,
        "Shapley values, summed over all jobs, with the central 95 % over weeks; left of 0, metadata costs time",
        _note(timed),
        width,
        height,
    )
    each = (width - left - gap - 0.35) / 2
    colours = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.VERMILLION)
    found = {(one.policy, one.piece): one for one in timed.values}
    for number, (quantity, title) in enumerate(
        (("waiting", "hours of waiting taken away (job-hours)"), ("wasted", "waste taken away (processor-hours)"))
    ):
        axes = style.axes_at(figure, left + number * (each + gap), 0.85, each, height - 2.05)
        for place, policy in enumerate(policies):
            shift = 0.22 * (place - (len(policies) - 1) / 2)
            colour = colours[place % len(colours)]
            for row, piece in enumerate(pieces):
                _worth_mark(axes, found[policy, piece], quantity, row + shift, colour)
        axes.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
        axes.set_ylim(len(pieces) - 0.5, -0.5)
        axes.set_yticks(range(len(pieces)), distinct(pieces, 22) if not number else [""] * len(pieces))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        # Some pieces are worth a thousand times what others are.
        axes.set_xscale("symlog", linthresh=10 if quantity == "waiting" else 100)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel(title)
        axes.tick_params(axis="x", labelsize=style.SMALL)
    from matplotlib.lines import Line2D  # noqa: PLC0415

    handles = [
        Line2D([], [], label=policy, **style.dot(colours[place % len(colours)]))
        for place, policy in enumerate(policies)
    ]
    style.legend_above(figure.axes[0], handles, len(policies))
    return Drawing(words, figure)


def _worth_mark(axes: Axes, one: PieceWorth, quantity: str, row: float, colour: str) -> None:
    interval: Interval | None = getattr(one, f"{quantity}_interval")
    if interval is not None:
        axes.plot(
            [interval.low / HOUR_S, interval.high / HOUR_S],
            [row, row],
            color=colour,
            alpha=0.45,
            linewidth=3,
            solid_capstyle="butt",
            zorder=2,
        )
    axes.plot([getattr(one, f"{quantity}_s") / HOUR_S], [row], zorder=3, **style.dot(colour, 5))


def _note(timed: Timed) -> str:
    return f"{shown(timed.record.source)}, --clean {timed.record.cleaning}; {timed.record.jobs:,} jobs"


def _scenario_words(timed: Timed) -> FigureWords:
    results = timed.results
    caption = (
        "Mean wait and mean bounded slowdown of the jobs that started, each with its interval over weeks drawn again, "
        "and what failed attempts used. Intervals may overlap where the difference, job by job, is sure."
    )
    if len(results) > _MOST_ROWS:
        caption += f" The first {_MOST_ROWS} of {counted(len(results), 'scenario')}."
    return FigureWords(
        "replay-scenarios", "Scenarios side by side", caption, "; ".join(map(_said, results[:_MOST_ROWS])) + "."
    )


def _difference_words(timed: Timed, compared: Sequence[Paired]) -> FigureWords:
    caption = (
        "Each row is one scenario less another, job by job. An interval draws whole weeks again, the same in both; "
        "one that holds 0 does not tell which is better."
    )
    if len(compared) < len(timed.comparisons):
        caption += f" The first {len(compared)} of {counted(len(timed.comparisons), 'comparison')}."
    alt = "; ".join(paired_sentence(one, "bounded_slowdown") for one in compared)
    return FigureWords("replay-differences", "Job by job: which is better?", caption, f"{alt}.")


def _said(one: ScenarioResult) -> str:
    wait = one.waits.wait_s
    mean = MISSING if wait is None else time_words(wait.mean)
    return f"{shown(one.name)}: mean wait {mean}, success {share(one.success, 4)}"


def _value_words(timed: Timed, policies: Sequence[str]) -> FigureWords:
    nothing = narrows_nothing(timed.values)
    caption = (
        "What metadata on each piece takes away, on average over all orders of adding metadata: hours that jobs wait, "
        "and processor-hours of attempts that fail. The scale is logarithmic but near 0. "
        "Metadata that narrows where a job may go can make jobs wait longer."
    )
    if nothing:
        caption += f" Worth nothing, since every cluster has them: {', '.join(map(shown, nothing))}."
    first = [one for one in timed.values if one.policy == policies[0]]
    largest = sorted(first, key=lambda one: -abs(one.wasted_s))[:4]
    alt = f"Under {policies[0]}: " + "; ".join(
        f"{shown(one.piece)} {worth_amount(one.waiting_s)} hours of waiting, {worth_amount(one.wasted_s)} wasted "
        "processor-hours"
        for one in largest
    )
    return FigureWords("replay-values", "What metadata is worth in time", caption, f"{alt}.")
