"""The figure of what each job is expected to take and cost beyond a reference, as histograms by level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.results.results import Results
from placewise.report.data.studies.levels import BEST_MEMORY, LevelRow
from placewise.report.data.studies.per_build import BIN, Histograms, histograms, main_rows
from placewise.report.drawn import style
from placewise.report.drawn.levels.axes import WIDTH
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import level_rows, scoring_line
from placewise.report.words.numbers import number, share, shown

_COLUMNS = (
    ("runtime_s", "additional runtime per job (s)", "s"),
    ("cost", "additional cost per job (price units)", ""),
)
_TOP, _BOTTOM, _RIGHT = 1.12, 0.85, 0.25  # inches, as all here
_PITCH = 0.92
_FILLED = 0.62
_WIDEST_LABELS = 1.55
_GUTTER = 0.35
_SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)


def draw_per_build(results: Results) -> Drawing | None:
    """Draw how the additional runtime and cost of single jobs are distributed at the main levels."""
    rows = main_rows(level_rows(results))
    columns = [column for column in _COLUMNS if any(column[0] in row.level.per_build for row in rows)]
    if not columns:
        return None
    parts = "; ".join(f"{row.label}: {', '.join(_quantiles(row, *column) for column in columns)}" for row in rows)
    words = FigureWords(
        "per-build",
        "How much longer and dearer single jobs are",
        "Each job counts once, with its expectation over the clusters that it may be given; below 0, a job is "
        f"predicted to be faster, or cheaper, than the reference {shown(BEST_MEMORY)}. The jobs assigned "
        "differ between levels. The bins are as wide as they are drawn; inside a percent of jobs they are taken to "
        "lie evenly.",
        f"Histograms by level, median and what 95 % of jobs lie below: {parts}.",
    )
    subtitle = (
        "what each assigned job expects on the clusters that it may be given, beyond its best: at the memory of the\n"
        "package's fastest build; heights are shares of jobs in bins; axes are linear about 0, logarithmic beyond"
    )
    labels = [style.in_lines(row.label, _WIDEST_LABELS) for row in rows]
    left = style.MARGIN + max(style.text_width(line) for label in labels for line in label.split("\n")) + 0.16
    high = _PITCH * len(rows)
    figure = style.sheet(words.title, subtitle, scoring_line(results), WIDTH, _TOP + high + _BOTTOM)
    across = (WIDTH - left - _RIGHT - _GUTTER * (len(columns) - 1)) / len(columns)
    for i, (name, label, unit) in enumerate(columns):
        panel = style.axes_at(figure, left + i * (across + _GUTTER), _BOTTOM, across, high)
        _draw_panel(panel, histograms(rows, name), unit, across)
        panel.set_xlabel(label)
    axes = figure.axes[0]
    how: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": style.SMALL, "va": "center"}
    for place, label in enumerate(labels):
        axes.text((style.MARGIN - left) / across, place + 0.62, label, linespacing=1.25, **how)
    handles: list[Any] = [
        Patch(color=style.SKY, label="jobs assigned"),
        Line2D([], [], color=style.INK, linewidth=2, label="median"),
        Line2D([], [], color=style.VERMILLION, linewidth=2, label="19 of 20 jobs lie below"),
    ]
    if len(rows) > 1:
        handles.insert(1, Line2D([], [], color=style.MUTED, linewidth=1, label=f"{rows[0].label}, to compare"))
    style.legend_above(axes, handles, len(handles), lift=0.05)
    return Drawing(words, figure)


def _draw_panel(axes: Axes, found: Histograms, unit: str, across: float) -> None:
    most = max(float(part.max()) for part in found.shares)
    edges, compared = found.edges, found.shares[0] / most * _FILLED
    for place, (values, part) in enumerate(zip(found.percentiles, found.shares, strict=True)):
        base = place + 0.95
        axes.axhline(base, color=style.MUTED, linewidth=0.8, zorder=3)
        if not len(values):
            axes.annotate("nothing predicted", (0, base), (4, 4), textcoords="offset points", color=style.MUTED)
            continue
        heights = part / most * _FILLED
        axes.bar(edges[:-1] + 0.04 * BIN, -heights, 0.92 * BIN, bottom=base, align="edge", color=style.SKY, zorder=2)
        if place:
            axes.stairs(base - compared, edges, baseline=base, color=style.MUTED, linewidth=1.0, zorder=4)
        marks = [(float(values[percent]), found.place(values[percent])) for percent in (50, 95)]
        colours = (style.INK, style.VERMILLION)
        axes.vlines([at for _, at in marks], base - _FILLED - 0.04, base, color=colours, linewidth=2, zorder=5)
        _name_quantiles(axes, marks, base - _FILLED - 0.07, unit, edges[-1], (edges[-1] - edges[0]) / across)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(len(found.shares) + 0.02, 0)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    _scale(axes, found, across, most)


def _name_quantiles(
    axes: Axes, marks: Sequence[tuple[float, float]], y: float, unit: str, edge: float, inch: float
) -> None:
    """Write the median and what 19 of 20 lie below over their lines, apart from each other.

    marks : value and place on the axis. edge : where the axis ends. inch : how long one is on it.
    """
    (_, middle), (_, high) = marks
    texts = [f"{number(value, 3)} {unit}".strip() for value, _ in marks]
    widths = [style.text_width(text) * inch for text in texts]
    left, right = middle - widths[0] / 2, high - widths[1] / 2
    lacking = max(0.0, left + widths[0] + 0.1 * inch - right)
    left, right = left - lacking / 2, min(right + lacking / 2, edge + _RIGHT / 2 * inch - widths[1])
    how: dict[str, Any] = {"fontsize": style.SMALL, "va": "bottom", "bbox": style.BEHIND_TEXT}
    for at, text, colour in ((left, texts[0], style.INK), (right, texts[1], style.VERMILLION)):
        axes.text(at, y, text, color=style.darker(colour), **how)


def _scale(axes: Axes, found: Histograms, across: float, most: float) -> None:
    """Mark amounts on the x axis, and with a bar how high a share of jobs is."""
    low, high = axes.get_xlim()
    linear, reach = found.linear, math.sinh(max(abs(low), abs(high))) * found.linear
    decades = [linear * 10.0**k for k in range(1 + math.floor(math.log10(reach / linear)))] if reach >= linear else []
    # The least below zero would touch the zero.
    ticks = [(found.place(value), value) for value in (*(-value for value in decades[:0:-1]), 0.0, *decades)]
    ticks = [(at, value) for at, value in ticks if low <= at <= high]
    axes.set_xticks([at for at, _ in ticks], [f"{value:,.10g}" for _, value in ticks])
    axes.grid(axis="x")
    axes.axvline(0, color=style.MUTED, linewidth=1.0, zorder=1)
    part = next((part for part in _SHARES if part <= 0.6 * most), _SHARES[-1])
    at, tall = low + 0.05 * (high - low) / across, part / most * _FILLED
    axes.plot([at, at], [0.95, 0.95 - tall], color=style.INK, linewidth=1.4, solid_capstyle="butt")
    how = {"color": style.MUTED, "bbox": style.BEHIND_TEXT}
    style.write_at(axes, f"{share(part, 1)} of jobs", (at, 0.95 - tall / 2), (4, 0), **how)


def _quantiles(row: LevelRow, name: str, label: str, unit: str) -> str:
    values, what = row.level.per_build.get(name), label.partition(" of")[0]
    if values is None:
        return f"{what} not predicted"
    return f"{what} {number(values[50], 3)} and {f'{number(values[95], 3)} {unit}'.strip()}"
