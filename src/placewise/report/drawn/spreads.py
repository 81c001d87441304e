"""The figures of other fleets and other circumstances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from placewise.model.results.results import Results
from placewise.model.results.worth import SensitivityPoint
from placewise.model.scalar import counted
from placewise.report.data.statistics import FEWEST_FOR_CENTRAL
from placewise.report.data.studies.uncertainty import SENSITIVITY_LINES, by_setting, fleet_columns, over_decades
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words import figures
from placewise.report.words.names import scoring_line, setting_words
from placewise.report.words.numbers import share

_ROW = 0.55  # inches, as all below
_PANEL = 2.75
_BETWEEN = 0.75
_WIDEST_NAME = 2.5
_LINES: dict[str, dict[str, Any]] = {
    "everything": {"color": style.BLUE, "linewidth": 2.2, "zorder": 3},
    "nothing": {"color": style.VERMILLION, "linewidth": 1.8, "linestyle": style.DASHED},
    "matched": {"color": style.ORANGE, "linewidth": 1.8, "linestyle": (0, (6, 2))},
    "ceiling": {"color": style.INK, "linewidth": 1.6, "linestyle": style.DOTTED},
}


def draw_fleet_spread(results: Results) -> Drawing | None:
    """Draw success on each fleet drawn anew, by metadata."""
    columns = fleet_columns(results)
    if not columns:
        return None
    words = figures.fleet_words(results, columns)
    labels = [style.in_lines(label, _WIDEST_NAME) for label in figures.fleet_labels(results, columns)]
    count = counted(len(columns[0].values), "fleet")
    subtitle = f"success by metadata on {count} drawn anew to resemble the study's fleet; the jobs stay the same"
    height = 2.05 + _ROW * (len(columns) + 0.2)
    left = max(0.85, max(style.text_width(line) for label in labels for line in label.split("\n")) + 0.35)
    figure, axes = style.canvas(results, words, subtitle, left=left, right=2.6, height=height)
    single: dict[str, Any] = {"color": style.SKY, "linewidth": 0.8}
    for row, column in enumerate(columns):
        # One line with gaps: a thousand marks of their own would be most of the file.
        heights = np.tile([row - 0.26, row + 0.26, np.nan], len(column.values))
        axes.plot(np.repeat(column.values, 3), heights, alpha=0.6, solid_capstyle="butt", zorder=2, **single)
        interval = column.interval
        axes.plot([interval.low, interval.high], [row, row], color=style.BLUE, linewidth=2.6, zorder=3)
        axes.plot([interval.median], [row], zorder=4, **style.dot(style.BLUE, 8))
        text = f"{share(interval.median, 3)} ({share(interval.low, 3)} to {share(interval.high, 3)})"
        axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=style.SMALL)
    top = max(float(np.nanmax(column.values)) for column in columns)
    axes.set_xlim(0, min(1.02, max(1.06 * top, 0.01)))
    style.name_rows(axes, labels)
    axes.set_xlabel("share of jobs, on one fleet each")
    axes.grid(axis="x")
    style.share_axis(axes.xaxis)
    handles: list[Artist] = [
        Line2D([], [], marker="|", markersize=9, linestyle="none", label="one fleet", **single),
        Line2D([], [], color=style.BLUE, linewidth=2.6, label=_band(columns[0].interval.is_range, "fleets")),
        Line2D([], [], label="median", **style.dot(style.BLUE, 8)),
    ]
    style.legend_above(axes, handles, 3)
    return Drawing(words, figure)


def draw_sensitivity(results: Results) -> Drawing | None:
    """Draw success, matches and ceiling by each thing that is changed, a panel each."""
    settings = by_setting(results)
    if not settings:
        return None
    most = max(point.draws for point in results.sensitivity)
    draws = counted(most, "draw")
    subtitle = f"one thing is changed at a time, all else as in the study; means of up to {draws}"
    rows = -(-len(settings) // 2)
    top, bottom, left, across = 1.25, 0.95, 0.85, 0.75
    height = top + bottom + rows * _PANEL + (rows - 1) * _BETWEEN
    words = figures.sensitivity_words(results)
    figure = style.sheet(words.title, subtitle, scoring_line(results), style.WIDTH, height)
    width = (style.WIDTH - left - 0.3 - across) / 2
    for i, (setting, points) in enumerate(settings.items()):
        y = height - top - (i // 2) * (_PANEL + _BETWEEN) - _PANEL
        axes = style.axes_at(figure, left + (i % 2) * (width + across), y, width, _PANEL)
        _draw_setting(axes, setting, points)
    handles: list[Artist] = [
        Line2D([], [], label=figures.SENSITIVITY_LINES[name], **_LINES[name]) for name in SENSITIVITY_LINES
    ]
    handles.insert(1, Patch(color=style.BLUE, alpha=0.2, label=_band(most < FEWEST_FOR_CENTRAL, "draws")))
    style.legend_above(figure.axes[0], handles, 3)
    return Drawing(words, figure)


def _band(whole: bool, what: str) -> str:
    return f"range of {what}" if whole else f"central 95 % of {what}"


def _draw_setting(axes: Axes, setting: str, points: Sequence[SensitivityPoint]) -> None:
    word, unit = setting_words(setting)
    amounts = [point.amount for point in points]
    low, high = [point.low for point in points], [point.high for point in points]
    axes.fill_between(amounts, low, high, color=style.BLUE, alpha=0.2, linewidth=0)
    for name in reversed(SENSITIVITY_LINES):
        axes.plot(amounts, [getattr(point, name) for point in points], marker="o", markersize=4, **_LINES[name])
    style.success_axes(axes, 1.0, "share of jobs")
    axes.set_xlabel(f"{word} ({unit})")
    if over_decades(points):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    if unit.startswith("share"):
        style.share_axis(axes.xaxis)
