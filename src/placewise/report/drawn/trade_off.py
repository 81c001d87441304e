"""The figure of what jobs gain and lose with more metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.report.data.studies.experiments import Line, ends_with_intervals, total_jobs, trade_off
from placewise.report.drawn import style
from placewise.report.drawn.labels import apart
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import TRADE_OFF_LINES, trade_off_words
from placewise.report.words.intervals import interval_kind
from placewise.report.words.numbers import jobs, share

_LABEL = 0.135  # height of a label of two lines, as a share of the axes
_COLOURS = {
    "matched success": style.BLUE,
    "matched": style.VERMILLION,
    "success": style.GREEN,
    "ceiling": style.INK,
}


def draw_trade_off(results: Results) -> Drawing | None:
    """Draw success, matches and their product by the number of subsystems with metadata."""
    if not results.curve:
        return None
    words, total = trade_off_words(results), total_jobs(results)
    last = results.curve[-1].level
    intervals = ends_with_intervals(results)
    subtitle = (
        f"{'jobs' if total is None else jobs(total)}: each gets metadata on one more subsystem, until it has all that "
        f"it asks for or no cluster matches;\nafter {last:,} no job changes any more. "
        "Green area: jobs that succeed; orange: that match a cluster and fail"
    )
    if intervals:
        subtitle += f"; brackets: {interval_kind(next(iter(intervals.values())))}"
    figure, axes = style.canvas(results, words, subtitle, right=2.35)
    lines = trade_off(results)
    for line in lines:
        colour = _COLOURS[line.key]
        if line.key == "ceiling":
            axes.axhline(line.y[-1], **style.CEILING, zorder=3)
        else:
            axes.plot(line.x, line.y, color=colour, linewidth=2.6, marker="o" if last <= 12 else None, markersize=5)
    # What becomes of the jobs: they succeed, match in vain, or match nowhere.
    levels = [point.level for point in results.curve]
    success, matched = [point.success for point in results.curve], [point.share_matched for point in results.curve]
    axes.fill_between(levels, 0, success, color=style.GREEN, alpha=0.16, linewidth=0)
    axes.fill_between(levels, success, matched, color=style.VERMILLION, alpha=0.09, linewidth=0)
    axes.set_xlim(0, max(last, 1))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("subsystems with metadata (count)")
    axes.set_ylabel("share of jobs")
    axes.grid(axis="y")
    style.count_axis(axes.xaxis)
    style.share_axis(axes.yaxis)
    _label_ends(axes, lines, intervals)
    return Drawing(words, figure)


def _label_ends(axes: Axes, lines: Sequence[Line], intervals: Mapping[str, Interval]) -> None:
    """Write each line's name and last value to the right of its end, apart from each other."""
    lines = sorted(lines, key=lambda line: -line.y[-1])  # stable: equal ends keep their order
    (_, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    ends = [(line.y[-1] - bottom) / (top - bottom) for line in lines]
    for line, end, place in zip(lines, ends, apart(ends, _LABEL, -_LABEL / 2, 1 + _LABEL / 2), strict=True):
        colour = style.darker(_COLOURS[line.key])
        start = 1.0 if line.key == "ceiling" else line.x[-1] / right
        axes.plot(
            [start, 1.015, 1.045, 1.055],
            [end, end, place, place],
            transform=axes.transAxes,
            color=colour,
            linewidth=0.9,
            linestyle=style.DOTTED if start < 1 else "-",
            clip_on=False,
        )
        name = TRADE_OFF_LINES[line.key]
        words: dict[str, Any] = {"transform": axes.transAxes, "fontsize": style.SMALL, "color": colour}
        text = f"{name}\n{share(line.y[-1], 3)}"
        if line.key in intervals:
            text += f" ({share(intervals[line.key].low, 3)} to {share(intervals[line.key].high, 3)})"
        axes.text(1.065, place, text, va="center", fontweight="bold", **words)
