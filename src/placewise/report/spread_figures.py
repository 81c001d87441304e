"""The figures of other fleets and other circumstances."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from placewise.model.results import Results
from placewise.model.worth import SensitivityPoint
from placewise.report.charts.spreads import fleet_charts, fleet_columns
from placewise.report.drawing import Drawing
from placewise.report.statistics import central_interval
from placewise.report.style import (
    BLUE,
    INK,
    ORANGE,
    SKY,
    SMALL,
    VERMILLION,
    canvas,
    dot,
    fitting,
    legend_above,
    share_axis,
    text_width,
)
from placewise.report.wording import counted, scoring_line, share
from placewise.report.worth_findings import sensitivity_findings
from placewise.report.worth_words import FLEETS_TITLE, SENSITIVITY_TITLE, over_decades, setting_words

_ROW = 0.55  # inches, as all below
_PANEL = 2.75
_BETWEEN = 0.75
_WIDEST_NAME = 2.0


def draw_fleet_spread(results: Results) -> Drawing | None:
    """Draw joint success on each fleet drawn anew, by what is told."""
    charts = fleet_charts(results)
    if results.fleets is None or not charts:
        return None
    columns = fleet_columns(results, results.fleets)
    labels = [fitting(label, _WIDEST_NAME) for label, _ in columns]
    count = counted(len(results.fleets.ceiling), "fleet")
    subtitle = f"joint success on {count} drawn anew from the profile of the fleet, the jobs unchanged; by what is told"
    height = 2.05 + _ROW * (len(columns) + 0.2)
    left, right = max(map(text_width, labels)) + 0.35, 2.6
    figure, axes = canvas(
        FLEETS_TITLE, subtitle, scoring_line(results), left=max(left, 0.85), right=right, top=1.1, height=height
    )
    for row, (_, success) in enumerate(columns):
        # One line with gaps: a thousand marks of their own would be most of the file.
        marks = np.repeat(success, 3)
        heights = np.tile([row - 0.26, row + 0.26, np.nan], len(success))
        axes.plot(marks, heights, color=SKY, alpha=0.6, linewidth=0.8, solid_capstyle="butt", zorder=2)
        interval = central_interval(success)
        if interval is None:
            continue
        axes.plot([interval.low, interval.high], [row, row], color=BLUE, linewidth=2.6, zorder=3)
        axes.plot([interval.median], [row], zorder=4, **dot(BLUE, 8))
        words = f"{share(interval.median, 3)} ({share(interval.low, 3)} to {share(interval.high, 3)})"
        axes.text(1.02, row, words, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL)
    top = max(float(np.nanmax(success)) for _, success in columns)
    axes.set_xlim(0, min(1.02, max(1.06 * top, 0.01)))
    axes.set_ylim(len(columns) - 0.4, -0.6)
    axes.set_yticks(range(len(columns)), labels, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("share of jobs, on one fleet each")
    axes.grid(axis="x")
    share_axis(axes.xaxis)
    handles: list[Artist] = [
        Line2D([], [], color=SKY, linewidth=0.8, marker="|", markersize=9, linestyle="none", label="one fleet"),
        Line2D([], [], color=BLUE, linewidth=2.6, label="central 95 % of fleets"),
        Line2D([], [], label="median", **dot(BLUE, 8)),
    ]
    legend_above(axes, handles, 3)
    return Drawing("fleet-spread", FLEETS_TITLE, charts[0].caption, charts[0].alt, figure)


def draw_sensitivity(results: Results) -> Drawing | None:
    """Draw success, matches and ceiling by each thing that is changed, a panel each."""
    settings = list(dict.fromkeys(point.setting for point in results.sensitivity))
    if not settings:
        return None
    draws = counted(max(point.draws for point in results.sensitivity), "draw")
    subtitle = f"one thing is changed at a time, all else as in the study; means of up to {draws}"
    rows = -(-len(settings) // 2)
    top, bottom, left, across = 1.25, 0.95, 0.85, 0.75
    height = top + bottom + rows * _PANEL + (rows - 1) * _BETWEEN
    figure, first = canvas(
        SENSITIVITY_TITLE, subtitle, scoring_line(results), left=left, top=top, bottom=bottom, height=height
    )
    wide = figure.get_figwidth()
    width = (wide - left - 0.3 - across) / 2
    for i, setting in enumerate(settings):
        x = left + (i % 2) * (width + across)
        y = height - top - (i // 2) * (_PANEL + _BETWEEN) - _PANEL
        box = (x / wide, y / height, width / wide, _PANEL / height)
        axes = first if i == 0 else figure.add_axes(box)
        axes.set_position(box)
        _draw_setting(axes, setting, [point for point in results.sensitivity if point.setting == setting])
    handles: list[Artist] = [
        Line2D([], [], color=BLUE, linewidth=2.2, label="all told, joint success"),
        Patch(color=BLUE, alpha=0.2, label="central 95 % of draws"),
        Line2D([], [], color=VERMILLION, linewidth=1.8, linestyle=(0, (4, 2)), label="nothing told, joint success"),
        Line2D([], [], color=ORANGE, linewidth=1.8, linestyle=(0, (6, 2)), label="all told, still matched"),
        Line2D([], [], color=INK, linewidth=1.6, linestyle=(0, (1, 2)), label="ceiling"),
    ]
    legend_above(first, handles, 3)
    alt = " ".join(sensitivity_findings(results)) or "Lines by what is changed."
    caption = (
        "Each panel changes one thing. Joint success counts jobs that match nothing as failed; the band is of joint "
        "success with all told."
    )
    return Drawing("sensitivity", SENSITIVITY_TITLE, caption, alt, figure)


def _draw_setting(axes: Axes, setting: str, points: list[SensitivityPoint]) -> None:
    points = sorted(points, key=lambda point: point.amount)
    word, unit = setting_words(setting)
    amounts = [point.amount for point in points]
    axes.fill_between(amounts, [p.low for p in points], [p.high for p in points], color=BLUE, alpha=0.2, linewidth=0)
    dots: dict[str, Any] = {"marker": "o", "markersize": 4}
    axes.plot(amounts, [p.ceiling for p in points], color=INK, linewidth=1.6, linestyle=(0, (1, 2)), **dots)
    axes.plot(amounts, [p.matched for p in points], color=ORANGE, linewidth=1.8, linestyle=(0, (6, 2)), **dots)
    axes.plot(amounts, [p.nothing for p in points], color=VERMILLION, linewidth=1.8, linestyle=(0, (4, 2)), **dots)
    axes.plot(amounts, [p.everything for p in points], color=BLUE, linewidth=2.2, zorder=3, **dots)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(f"{word} ({unit})")
    axes.set_ylabel("share of jobs")
    axes.grid(axis="y")
    share_axis(axes.yaxis)
    if over_decades(amounts):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    if unit.startswith("share"):
        share_axis(axes.xaxis)
