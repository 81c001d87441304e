"""The figure of what each build is expected to take and cost beyond a reference, as histograms by level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from placewise.model.results import Results
from placewise.model.study import WITHOUT_REPLACEMENT
from placewise.report.drawing import Drawing
from placewise.report.levels import (
    PER_BUILD_REFERENCE,
    Row,
    exact_beside_at_least,
    growing,
    level_rows,
)
from placewise.report.statistics import percentile_shares
from placewise.report.style import (
    BEHIND_TEXT,
    INK,
    MARGIN,
    MUTED,
    SKY,
    SMALL,
    VERMILLION,
    canvas,
    darker,
    fitting,
    legend_above,
    text_width,
)
from placewise.report.wording import is_chosen, number, scoring_line, share, shown

_COLUMNS = (
    ("runtime_s", "additional runtime of a build (s)", "s"),
    ("cost", "additional cost of a build (price units)", ""),
)
_MOST_ROWS = 6
_WIDTH, _TOP, _BOTTOM, _RIGHT = 9.4, 1.12, 0.85, 0.25  # inches, as all here
_PITCH = 0.92
_FILLED = 0.62
_WIDEST_LABELS = 1.55
_GUTTER = 0.35
_BIN = 0.5
_SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)


def draw_per_build(results: Results) -> Drawing | None:
    """Draw how the additional runtime and cost of single builds are distributed at the main levels."""
    rows = _main_rows([row for row in level_rows(results) if row.level.per_build])
    columns = [column for column in _COLUMNS if any(column[0] in row.level.per_build for row in rows)]
    if not columns:
        return None
    title = "How much longer and dearer single builds are"
    subtitle = (
        "what each assigned build expects on the clusters that it may be given, beyond its best: at the memory of the\n"
        "package's fastest build; heights are shares of builds in bins; axes are linear about 0, logarithmic beyond"
    )
    labels = [_in_lines(row.label) for row in rows]
    left = MARGIN + max(text_width(line) for label in labels for line in label.split("\n")) + 0.16
    height = _TOP + _PITCH * len(rows) + _BOTTOM
    figure, axes = canvas(
        title,
        subtitle,
        scoring_line(results),
        left=left,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        width=_WIDTH,
        height=height,
    )
    box = axes.get_position()
    across = (_WIDTH - left - _RIGHT - _GUTTER * (len(columns) - 1)) / len(columns)
    panels = [axes, *(figure.add_axes((0, 0, 1, 1)) for _ in columns[1:])]
    for i, (panel, (name, label, unit)) in enumerate(zip(panels, columns, strict=True)):
        panel.set_position((box.x0 + i * (across + _GUTTER) / _WIDTH, box.y0, across / _WIDTH, box.height))
        _draw_panel(panel, rows, name, unit, across)
        panel.set_xlabel(label)
    for place, label in enumerate(labels):
        axes.text(
            (MARGIN - left) / across,
            place + 0.62,
            label,
            transform=axes.get_yaxis_transform(),
            fontsize=SMALL,
            va="center",
            linespacing=1.25,
        )
    handles: list[Any] = [
        Patch(color=SKY, label="builds assigned"),
        Line2D([], [], color=INK, linewidth=2, label="median"),
        Line2D([], [], color=VERMILLION, linewidth=2, label="19 of 20 builds lie below"),
    ]
    if len(rows) > 1:
        handles.insert(1, Line2D([], [], color=MUTED, linewidth=1, label=f"told {rows[0].label}, to compare"))
    legend_above(axes, handles, len(handles), lift=0.05)
    caption = (
        "Each build counts once, with its expectation over the clusters that it may be given; below 0, a build is "
        f"predicted to be faster, or cheaper, than the reference {shown(PER_BUILD_REFERENCE)}. The builds assigned "
        "differ between levels. The bins are as wide as they are drawn; inside a percent of builds they are taken to "
        "lie evenly."
    )
    parts = "; ".join(f"{row.label}: {', '.join(_quantiles(row, *column) for column in columns)}" for row in rows)
    alt = f"Histograms by level, median and what 95 % of builds lie below: {parts}."
    return Drawing("per-build", title, caption, alt, figure)


def _main_rows(rows: Sequence[Row]) -> list[Row]:
    """Pick what tells most: nothing, the last that adds one thing, both forms of the version, one chosen."""
    if len(rows) <= _MOST_ROWS:
        return list(rows)
    picked = [*growing(rows)[:1], *growing(rows)[-1:], *(exact_beside_at_least(rows) or ())]
    picked += [row for row in rows if is_chosen(row.level) and row.level.name != WITHOUT_REPLACEMENT][:1]
    return [row for row in rows if row in picked] if len(picked) > 1 else list(rows[:_MOST_ROWS])


def _draw_panel(axes: Axes, rows: Sequence[Row], name: str, unit: str, across: float) -> None:
    found = [np.array(row.level.per_build.get(name, ()), dtype=np.float64) for row in rows]
    known = np.concatenate(found)
    linear = _linear_width(known)
    ends = np.arcsinh(np.array([known.min(), known.max()]) / linear)
    first, last = math.floor(ends[0] / _BIN + 0.5), math.floor(ends[1] / _BIN + 0.5)
    edges = _BIN * (np.arange(first, last + 2) - 0.5)
    shares = [percentile_shares(np.arcsinh(values / linear), edges) for values in found]
    most = max(float(part.max()) for part in shares)
    compared = shares[0] / most * _FILLED
    for place, (values, part) in enumerate(zip(found, shares, strict=True)):
        base = place + 0.95
        axes.axhline(base, color=MUTED, linewidth=0.8, zorder=3)
        if not len(values):
            axes.annotate("nothing predicted", (0, base), (4, 4), textcoords="offset points", color=MUTED)
            continue
        heights = part / most * _FILLED
        axes.bar(edges[:-1] + 0.04 * _BIN, -heights, 0.92 * _BIN, bottom=base, align="edge", color=SKY, zorder=2)
        if place:
            axes.stairs(base - compared, edges, baseline=base, color=MUTED, linewidth=1.0, zorder=4)
        marks = [(values[percent], math.asinh(values[percent] / linear)) for percent in (50, 95)]
        places = [at for _, at in marks]
        axes.vlines(places, base - _FILLED - 0.04, base, color=(INK, VERMILLION), linewidth=2, zorder=5)
        _name_quantiles(axes, marks, base - _FILLED - 0.07, unit, edges[-1], (edges[-1] - edges[0]) / across)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(len(rows) + 0.02, 0)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    _scale(axes, linear, across, most)


def _name_quantiles(
    axes: Axes, marks: Sequence[tuple[float, float]], y: float, unit: str, edge: float, inch: float
) -> None:
    """Write the median and what 19 of 20 lie below over their lines, apart from each other.

    marks : value and place on the axis. edge : where the axis ends. inch : how long one is on it.
    """
    (_, middle), (_, high) = marks
    texts = [f"{number(value, 3)} {unit}".strip() for value, _ in marks]
    widths = [text_width(text) * inch for text in texts]
    left, right = middle - widths[0] / 2, high - widths[1] / 2
    lacking = left + widths[0] + 0.1 * inch - right
    if lacking > 0:
        left, right = left - lacking / 2, right + lacking / 2
    right = min(right, edge + _RIGHT / 2 * inch - widths[1])
    for at, text, colour in ((left, texts[0], INK), (right, texts[1], VERMILLION)):
        axes.text(at, y, text, color=darker(colour), fontsize=SMALL, va="bottom", bbox=BEHIND_TEXT)


def _scale(axes: Axes, linear: float, across: float, most: float) -> None:
    """Mark amounts on the x axis, and with a bar how high a share of builds is."""
    low, high = axes.get_xlim()
    reach = math.sinh(max(abs(low), abs(high))) * linear
    decades = [linear * 10.0**k for k in range(1 + math.floor(math.log10(reach / linear)))] if reach >= linear else []
    # The least below zero would touch the zero.
    marks = [*(-value for value in decades[:0:-1]), 0.0, *decades]
    shown_ = [(math.asinh(value / linear), value) for value in marks]
    shown_ = [(at, value) for at, value in shown_ if low <= at <= high]
    axes.set_xticks([at for at, _ in shown_], [f"{value:,.10g}" for _, value in shown_])
    axes.grid(axis="x")
    axes.axvline(0, color=MUTED, linewidth=1.0, zorder=1)
    part = next((part for part in _SHARES if part <= 0.6 * most), _SHARES[-1])
    at = low + 0.05 * (high - low) / across
    axes.plot([at, at], [0.95, 0.95 - part / most * _FILLED], color=INK, linewidth=1.4, solid_capstyle="butt")
    axes.annotate(
        f"{share(part, 1)} of builds",
        (at, 0.95 - part / most * _FILLED / 2),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        color=MUTED,
        bbox=BEHIND_TEXT,
    )


def _linear_width(values: NDArray[np.float64]) -> float:
    """Return about where an axis turns from linear to logarithmic: a power of ten, two decades below the largest."""
    largest = float(np.abs(values).max(initial=0.0))
    return 10.0 ** (math.floor(math.log10(largest)) - 2) if largest > 0 else 1.0


def _in_lines(label: str) -> str:
    """Break a label before each plus or comma where a line would be too wide."""
    lines = [""]
    for part in label.replace(" + ", "\n+ ").replace(", ", ",\n").split("\n"):
        joined = f"{lines[-1]} {part}".strip()
        if text_width(joined) <= _WIDEST_LABELS:
            lines[-1] = joined
        else:
            lines.append(part)
    return "\n".join(fitting(line, _WIDEST_LABELS) for line in lines if line)


def _quantiles(row: Row, name: str, label: str, unit: str) -> str:
    values = row.level.per_build.get(name)
    what = f"{label.partition(' of')[0]} "
    if values is None:
        return f"{what}not predicted"
    return f"{what}{number(values[50], 3)} and {f'{number(values[95], 3)} {unit}'.strip()}"
