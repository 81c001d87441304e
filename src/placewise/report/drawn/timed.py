"""The figures of replays side by side: waits and waste by scenario, and what metadata is worth in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.model.traces.scenarios import Paired, PieceWorth, ScenarioResult, Timed
from placewise.report.data.replays.timed import (
    MOST_ROWS,
    Rows,
    comparison_rows,
    scenario_rows,
    telling_comparisons,
    value_rows,
    without_repeated,
)
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing, Picture, write_pictures
from placewise.report.words.figures import FigureWords
from placewise.report.words.numbers import MISSING, distinct, share, shown
from placewise.report.words.replays.replay import HOUR_S, narrows_nothing, paired_sentence, time_words, worth_amount
from placewise.report.words.replays.timed import success_words

_WIDE = 20
"""Values that are so many times apart are drawn on a logarithmic scale."""
_MOST_PANELS = 4
_NAMED = 4
_SUCCESS = "success (% of jobs)"
_UTILISATION = "utilisation (%)"
_HOLLOW = "a hollow mark may be chance: its interval holds 0 or ends there"
_COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.VERMILLION)


def draw_timed_figures(timed: Timed, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    with style.house_style():
        drawings = (draw(timed) for draw in (draw_scenarios, draw_differences, draw_values))
        return write_pictures([drawing.rendered() for drawing in drawings if drawing is not None], folder)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A value with the ends of its interval, None where there is none."""

    value: float
    ends: tuple[float, float] | None = None

    @property
    def may_be_zero(self) -> bool:
        """Whether the interval holds 0, or ends there."""
        return self.ends is not None and self.ends[0] <= 0 <= self.ends[1]


def draw_scenarios(timed: Timed) -> Drawing | None:
    """Draw what came of each scenario: success, waits, what was wasted, and cost; None where no job started."""
    if not any(one.means for one in timed.results):
        return None
    rows, found = scenario_rows(timed)
    rows, repeated = without_repeated(rows, found)
    like = ""
    if repeated:
        names = ", ".join(shown(name, 30) for name in repeated[:_NAMED])
        more = f" and {len(repeated) - _NAMED} more" if len(repeated) > _NAMED else ""
        like = f"Not drawn, because they equal the first row: {names}{more}"
    words = _scenario_words(timed, rows, like)
    same = success_words(timed)
    subtitle = "dot: mean over jobs, or sum"
    if _has_intervals(timed):
        subtitle += "; bar: 95 % interval of the mean over weeks (sums have none)"
    subtitle += (f"; {same}" if same else "") + (f"\n{like}" if like else "")
    panels = [
        (title, {key: mark for key, one in found.items() if (mark := mark_of(one)) is not None})
        for title, mark_of in _panels(timed, with_success=not same)
    ]
    figure, axes_of = _panelled(timed, words.title, subtitle, rows, len(panels))
    for axes, (title, marks) in zip(axes_of, panels, strict=True):
        _draw_marks(axes, rows, marks)
        drawn = [mark for (name, _), mark in marks.items() if name in rows.names]
        if title == _SUCCESS:
            _scale_to_range(axes, drawn)
        elif title == _UTILISATION:
            axes.set_xlim(0, 103)
            axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        else:
            _scale_from_zero(axes, drawn)
        axes.set_xlabel(title)
    return Drawing(words, figure)


_MarkOf: TypeAlias = Callable[[ScenarioResult], _Mark | None]


def _panels(timed: Timed, *, with_success: bool) -> list[tuple[str, _MarkOf]]:
    """Return the titles of the panels, and what each shows of a scenario."""
    wasted = any(one.work.wasted_processor_s for one in timed.results)
    priced = any(one.work.cost is not None for one in timed.results)
    panels: list[tuple[str, _MarkOf]] = []
    if with_success:
        panels.append((_SUCCESS, lambda one: None if one.success is None else _Mark(100 * one.success)))
    panels.append(("mean wait (hours)", lambda one: _mean(one, "wait_s", HOUR_S)))
    if len(panels) + wasted + priced < _MOST_PANELS:
        panels.append(("mean bounded slowdown", lambda one: _mean(one, "bounded_slowdown", 1.0)))
    if wasted:
        panels.append(("wasted (processor-hours)", lambda one: _Mark(one.work.wasted_processor_s / HOUR_S)))
    elif not priced:
        panels.append((_UTILISATION, lambda one: _Mark(100 * (one.utilisation or 0.0))))
    if priced:
        panels.append(("cost (price units)", lambda one: None if one.work.cost is None else _Mark(one.work.cost)))
    return panels


def _mean(one: ScenarioResult, quantity: str, scale: float) -> _Mark | None:
    mean = next((mean for mean in one.means if mean.quantity == quantity), None)
    if mean is None:
        return None
    ends = None if mean.interval is None else (mean.interval.low / scale, mean.interval.high / scale)
    return _Mark(mean.mean / scale, ends)


def _panelled(timed: Timed, title: str, subtitle: str, rows: Rows, count: int) -> tuple[Figure, list[Axes]]:
    """Return a sheet with panels that share their rows, named at the left of the first."""
    several = len(rows.policies) > 1
    names = distinct(list(rows.names), 44)
    left = min(4.2, max(1.0, max(style.text_width(name, style.SMALL) for name in names) + 0.4))
    gap, each_row, width = 0.3, 0.14 + 0.13 * max(2, len(rows.policies)), 10.4
    height = 1.95 + 0.25 * several + each_row * len(names)
    figure = style.sheet(title, subtitle, _note(timed), width, height)
    each = (width - left - (count - 1) * gap - 0.35) / count
    panels = [
        style.axes_at(figure, left + k * (each + gap), 0.85, each, height - 1.85 - 0.25 * several) for k in range(count)
    ]
    for number, axes in enumerate(panels):
        axes.set_ylim(len(names) - 0.5, -0.5)
        labels = [style.fitting(name, left - 0.3, style.SMALL) for name in names]
        axes.set_yticks(range(len(names)), [""] * len(names) if number else labels)
        axes.tick_params(axis="y", length=0, labelsize=style.SMALL)
        axes.tick_params(axis="x", labelsize=style.SMALL)
        axes.grid(axis="x")
        axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    if several:
        _name_policies(panels[0], rows.policies)
    return figure, panels


def _name_policies(axes: Axes, policies: Sequence[str]) -> None:
    handles = [
        Line2D([], [], label=policy, **style.dot(_COLOURS[place % len(_COLOURS)]))
        for place, policy in enumerate(policies)
    ]
    style.legend_above(axes, handles, len(policies))


def _draw_marks(axes: Axes, rows: Rows, marks: Mapping[tuple[str, str], _Mark], *, hollow: bool = False) -> None:
    """Draw a dot for each row and policy, and its interval behind it. hollow : dots whose interval holds 0 are."""
    step = 0.66 / max(3, len(rows.policies))
    for place, policy in enumerate(rows.policies):
        colour = _COLOURS[place % len(_COLOURS)]
        for row, name in enumerate(rows.names):
            mark = marks.get((name, policy))
            if mark is None:
                continue
            at = row + step * (place - (len(rows.policies) - 1) / 2)
            if mark.ends is not None:
                axes.plot(mark.ends, [at, at], color=colour, alpha=0.45, linewidth=3, solid_capstyle="butt", zorder=2)
            look = style.dot(colour, 5.5 if len(rows.policies) > 1 else 7.5)
            if hollow and mark.may_be_zero:
                look |= {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 1.4}
            axes.plot([mark.value], [at], zorder=3, **look)


def _scale_from_zero(axes: Axes, marks: Sequence[_Mark]) -> None:
    """Begin at 0, or where values are many times apart, take their logarithms."""
    values = [end for mark in marks for end in (mark.value, *(mark.ends or ()))]
    positive = [value for value in values if value > 0]
    if positive and len(positive) == len(values) and max(values) > _WIDE * min(mark.value for mark in marks):
        _take_logarithms(axes, "log")
        axes.set_xlim(0.7 * min(values), 1.5 * max(values))
        return
    axes.set_xlim(-0.03 * max(values, default=1.0), 1.06 * max(values, default=1.0) or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _scale_to_range(axes: Axes, marks: Sequence[_Mark]) -> None:
    """Show the shares that there are: what few jobs change would not be seen beside 0."""
    values = [mark.value for mark in marks]
    beside = 0.08 * (max(values) - min(values)) or 1.0
    axes.set_xlim(min(values) - beside, max(values) + beside)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def draw_differences(timed: Timed) -> Drawing | None:
    """Draw how mean wait and slowdown differ, job by job, from the scenario compared with; None without comparisons."""
    rows, found = comparison_rows(timed)
    if not found:
        return None
    words = _difference_words(timed, rows)
    subtitle = "each row less the scenario that it is compared with"
    if rows.crossed:
        subtitle = f"each level compared with {shown(timed.results[0].level or '')} under the same policy"
    subtitle += ": mean difference over the jobs that started in both, 95 % interval over weeks"
    subtitle += f"\nleft of 0 is better; {_HOLLOW}"
    figure, panels = _panelled(timed, words.title, subtitle, rows, 2)
    for axes, (quantity, title, scale) in zip(
        panels,
        (
            ("wait_s", "difference in mean wait (minutes)", 60.0),
            ("bounded_slowdown", "difference in mean bounded slowdown", 1.0),
        ),
        strict=True,
    ):
        marks = {key: _difference(one, quantity, scale) for key, one in found.items() if key[0] in rows.names}
        _draw_marks(axes, rows, marks, hollow=True)
        sizes = [abs(mark.value) for mark in marks.values() if mark.value]
        if sizes and max(sizes) > _WIDE * min(sizes):
            threshold = max(min(sizes), max(sizes) / 1000)
            _take_logarithms(axes, "symlog", linthresh=10.0 ** np.ceil(np.log10(threshold)))
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
        axes.set_xlabel(title)
    return Drawing(words, figure)


def _difference(one: Paired, quantity: str, scale: float) -> _Mark:
    mean = next(mean for mean in one.means if mean.quantity == quantity)
    ends = None if mean.interval is None else (mean.interval.low / scale, mean.interval.high / scale)
    return _Mark(mean.difference / scale, ends)


def _tick(value: float, _: object) -> str:
    return f"{value:,.10g}"


def _take_logarithms(axes: Axes, scale: str, **options: float) -> None:
    """Change the scale, which takes other numbers at its ticks, and say so."""
    axes.set_xscale(scale, **options)
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.annotate(
        "log scale" if scale == "log" else f"linear to ±{options['linthresh']:g}, then log scale",
        (1, 1),
        (0, 2),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        fontsize=style.SMALL,
        color=style.MUTED,
    )


def draw_values(timed: Timed) -> Drawing | None:
    """Draw the hours of waiting and the wasted hours that each piece of metadata saves; None where not asked."""
    if not timed.values:
        return None
    rows, nothing = value_rows(timed)
    words = _value_words(timed, rows.policies)
    subtitle = (
        "Shapley values, summed over all jobs, with 95 % intervals over weeks; right of 0 metadata saves time, left "
        f"of 0 it costs time\n{_HOLLOW}"
    )
    if nothing:
        subtitle += style.fitting(f"; worth 0 and not drawn: {', '.join(map(shown, nothing))}", 5.6)
    figure, panels = _panelled(timed, words.title, subtitle, rows, 2)
    for axes, (quantity, title, near) in zip(
        panels,
        (
            ("waiting", "waiting saved (job-hours)", 10),
            ("wasted", "waste saved (processor-hours)", 100),
        ),
        strict=True,
    ):
        marks = {(one.piece, one.policy): _worth(one, quantity) for one in timed.values}
        _draw_marks(axes, rows, marks, hollow=True)
        axes.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
        # Some pieces are worth a thousand times what others are.
        _take_logarithms(axes, "symlog", linthresh=near)
        axes.set_xlabel(title)
    return Drawing(words, figure)


def _worth(one: PieceWorth, quantity: str) -> _Mark:
    interval: Interval | None = getattr(one, f"{quantity}_interval")
    ends = None if interval is None else (interval.low / HOUR_S, interval.high / HOUR_S)
    return _Mark(getattr(one, f"{quantity}_s") / HOUR_S, ends)


def _note(timed: Timed) -> str:
    return f"{shown(timed.record.source)}, --clean {timed.record.cleaning}; {timed.record.jobs:,} jobs"


def _has_intervals(timed: Timed) -> bool:
    return any(mean.interval is not None for one in timed.results for mean in one.means)


def _scenario_words(timed: Timed, rows: Rows, like: str) -> FigureWords:
    caption = "What came of the jobs in each scenario. Means are over the jobs that started."
    if _has_intervals(timed):
        caption += (
            " Their intervals draw weeks again, and may overlap where the difference, job by job, is more than chance."
        )
    if any(one.work.wasted_processor_s for one in timed.results):
        caption += " Wasted is what failed attempts used."
    shown_results = timed.results
    if rows.left_out:
        caption += f" The first {len(rows.names)} of {counted(len(rows.names) + rows.left_out, 'row')}."
        shown_results = timed.results[: len(rows.names)]
    if like:
        caption += f" {like}."
    return FigureWords(
        "replay-scenarios", "Scenarios side by side", caption, "; ".join(map(_said, shown_results)) + "."
    )


def _difference_words(timed: Timed, rows: Rows) -> FigureWords:
    caption = (
        "Each mark is one scenario less another, job by job. An interval draws whole weeks again, the same in both; "
        f"{_HOLLOW}."
    )
    if rows.left_out:
        caption += f" The first {len(rows.names)} of {counted(len(rows.names) + rows.left_out, 'row')}."
    alt = "; ".join(paired_sentence(one, "bounded_slowdown") for one in telling_comparisons(timed)[:MOST_ROWS])
    return FigureWords("replay-differences", "Job by job: which is better?", caption, f"{alt}.")


def _said(one: ScenarioResult) -> str:
    wait = one.waits.wait_s
    mean = MISSING if wait is None else time_words(wait.mean)
    return f"{shown(one.name)}: mean wait {mean}, success {share(one.success, 4)}"


def _value_words(timed: Timed, policies: Sequence[str]) -> FigureWords:
    nothing = narrows_nothing(timed.values)
    caption = (
        "What metadata on each piece saves, on average over all orders of adding metadata: hours that jobs wait, "
        "and processor-hours of attempts that fail. The scale is linear near 0 and logarithmic beyond. "
        "Metadata that narrows where a job may go can make jobs wait longer."
    )
    if nothing:
        caption += f" Worth nothing, since every cluster has them: {', '.join(map(shown, nothing))}."
    caption += f" {_HOLLOW.capitalize()}."
    first = [one for one in timed.values if one.policy == policies[0]]
    largest = sorted(first, key=lambda one: -abs(one.wasted_s))[:4]
    alt = f"Under {policies[0]}: " + "; ".join(
        f"{shown(one.piece)} {worth_amount(one.waiting_s)} hours of waiting, {worth_amount(one.wasted_s)} wasted "
        "processor-hours"
        for one in largest
    )
    return FigureWords("replay-values", "What metadata is worth in time", caption, f"{alt}.")


def of_results(draw: Callable[[Timed], Drawing | None]) -> Callable[[Results], Drawing | None]:
    """Return a figure of replays side by side as one of results, None where they have none."""
    return lambda results: None if results.timed is None else draw(results.timed)
