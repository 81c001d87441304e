"""The figure of why assigned jobs fail: every set of reasons that occurs, by level."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Patch

from placewise.model.results.results import Results
from placewise.model.scalar import counted
from placewise.report.data.studies.levels import assigned, failing
from placewise.report.data.studies.reasons import Part, failing_levels, parts_of
from placewise.report.drawn import style
from placewise.report.drawn.levels.axes import Column, level_plot
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import level_rows, reasons_word
from placewise.report.words.numbers import share

# Reasons alone are light, combinations are strong.
_COLOURS = {
    "alone": (style.SKY, style.YELLOW, style.ORANGE, "#D9D9D9"),
    "together": (style.BLUE, style.GREEN, style.PURPLE, style.VERMILLION),
    "others": ("#9A9A9A",),
}
_DARK = (style.BLUE, style.GREEN, style.VERMILLION, "#9A9A9A")


def draw_failure_reasons(results: Results) -> Drawing | None:
    """Draw the jobs that fail, stacked by their set of reasons, at every level with failures."""
    levels = failing_levels(results.levels)
    rows = [row for row in level_rows(results) if row.level in levels]
    if not rows:
        return None
    parts = parts_of(levels)
    fails = [failing(row.level) for row in rows]
    shares = [share(fail / assigned(row.level), 3) for fail, row in zip(fails, rows, strict=True)]
    said = "; ".join(f"{row.label} {n:,.0f} ({part})" for row, n, part in zip(rows, fails, shares, strict=True))
    caption = (
        "Each job that fails has one set of reasons, so that the parts add up; a reason in several parts is not "
        "counted twice. Levels without failures are not shown."
    )
    if results.scoring == "published":
        caption += " Under published scoring a compiler fails as too old where it is newer than the build's."
    alt = f"Stacked bars of failing jobs: {said}. {counted(len(parts), 'set')} of reasons."
    words = FigureWords("failure-reasons", "Why jobs fail where they are assigned", caption, alt)
    subtitle = "jobs expected to fail, by just the reasons that they have, in percent of the jobs assigned"
    columns = [
        Column("failing\njobs", [f"{fail:,.0f}" for fail in fails]),
        Column("share of\nassigned", shares, style.MUTED),
    ]
    names = [_word(part) for part in parts]
    beside = 2 if any(style.text_width(name) > 2.6 for name in names) else 3
    plot = level_plot(results, words, subtitle, rows, columns, top=0.75 + 0.19 * -(-len(parts) // beside))
    axes, left, handles = plot.axes, np.zeros(len(rows)), []
    room = axes.bbox.width / style.DPI / max(fails)
    for part, name in zip(parts, names, strict=True):
        colour = _COLOURS[part.kind][part.place]
        counts = np.array([part.count(row.level) for row in rows])
        axes.barh(plot.heights, counts, height=0.17, left=left, color=colour, edgecolor="white", linewidth=0.6)
        handles.append(Patch(color=colour, label=name))
        shade = "white" if colour in _DARK else style.INK
        for place, start, count, row in zip(plot.heights, left, counts, rows, strict=True):
            text = f"{100 * count / assigned(row.level):.0f}"
            if room * count > style.text_width(text) + 0.05:
                axes.text(start + count / 2, place, text, ha="center", va="center", fontsize=style.SMALL, color=shade)
        left += counts
    axes.set_xlim(0, max(fails))
    axes.grid(axis="x")
    style.count_axis(axes.xaxis)
    axes.set_xlabel("jobs (expected count); on the bars, % of the jobs assigned")
    style.legend_above(axes, handles, beside, lift=plot.headings)
    return Drawing(words, plot.figure)


def _word(part: Part) -> str:
    if part.kind == "others":
        return "other sets of reasons"
    return reasons_word(part.members[0]) + (" alone" if part.kind == "alone" else "")
