"""The figure of why assigned builds fail: every set of reasons that occurs, by level."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Patch

from placewise.model.results import Results
from placewise.report.drawing import Drawing
from placewise.report.level_axes import Column, level_plot
from placewise.report.levels import assigned, failing, level_rows
from placewise.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    VERMILLION,
    YELLOW,
    count_axis,
    legend_above,
    text_width,
)
from placewise.report.wording import counted, reason_word, scoring_line, share

# Reasons alone are light, combinations are strong.
_ALONE = (SKY, YELLOW, ORANGE, "#D9D9D9")
_TOGETHER = (BLUE, GREEN, PURPLE, VERMILLION)
_OTHERS = "#9A9A9A"
_DARK = (BLUE, GREEN, VERMILLION, _OTHERS)


def draw_failure_reasons(results: Results) -> Drawing | None:
    """Draw the builds that fail, stacked by their set of reasons, at every level with failures."""
    rows = [row for row in level_rows(results) if row.level.reasons.together]
    if not rows:
        return None
    kinds = _kinds([dict(row.level.reasons.together) for row in rows])
    title = "Why builds fail where they are assigned"
    subtitle = "builds expected to fail, by just the reasons that they have, in percent of the builds assigned"
    fails = [failing(row.level) for row in rows]
    shares = [fail / assigned(row.level) for fail, row in zip(fails, rows, strict=True)]
    columns = [
        Column("failing\nbuilds", [f"{fail:,.0f}" for fail in fails], INK),
        Column("of those\nassigned", [share(part, 3) for part in shares], MUTED),
    ]
    lines = -(-len(kinds) // _legend_columns(kinds))
    plot = level_plot(title, subtitle, scoring_line(results), rows, columns, top=0.75 + 0.19 * lines)
    axes = plot.axes
    most = max(fails)
    left = np.zeros(len(rows))
    room = axes.get_position().width * axes.figure.bbox.width / plot.figure.dpi / most
    for label, colour, members in kinds:
        counts = np.array([sum(row.level.reasons.together.get(one, 0.0) for one in members) for row in rows])
        axes.barh(
            plot.heights, counts, height=0.17, left=left, color=colour, edgecolor="white", linewidth=0.6, label=label
        )
        for place, start, count, row in zip(plot.heights, left, counts, rows, strict=True):
            text = f"{100 * count / assigned(row.level):.0f}"
            if room * count > text_width(text) + 0.05:
                shade = "white" if colour in _DARK else INK
                axes.text(start + count / 2, place, text, ha="center", va="center", fontsize=SMALL, color=shade)
        left += counts
    axes.set_xlim(0, most)
    axes.grid(axis="x")
    count_axis(axes.xaxis)
    axes.set_xlabel("builds (expected count); on the bars, % of the builds assigned")
    handles = [Patch(color=colour, label=label) for label, colour, _ in kinds]
    legend_above(axes, handles, _legend_columns(kinds), lift=plot.headings)
    caption = (
        "Each build that fails has one set of reasons, so that the parts add up; a reason in several parts is not "
        "counted twice. Levels without failures are left out."
    )
    if results.scoring == "published":
        caption += " Under published scoring a compiler fails as too old where it is newer than the build's."
    parts = "; ".join(
        f"{row.label} {fail:,.0f} ({share(part, 3)})" for row, fail, part in zip(rows, fails, shares, strict=True)
    )
    alt = f"Stacked bars of failing builds: {parts}. {counted(len(kinds), 'set')} of reasons."
    return Drawing("failure-reasons", title, caption, alt, plot.figure)


Kind = tuple[str, str, tuple[tuple[str, ...], ...]]
"""A name, a colour, and the sets of reasons that belong to it."""


def _kinds(found: list[dict[tuple[str, ...], float]]) -> list[Kind]:
    """Give each set of reasons a colour, the frequent ones first; what is left over shares one."""
    total: dict[tuple[str, ...], float] = {}
    for level in found:
        for reasons, count in level.items():
            total[reasons] = total.get(reasons, 0.0) + count
    alone = sorted((one for one in total if len(one) == 1), key=lambda one: (-total[one], one))
    together = sorted((one for one in total if len(one) > 1), key=lambda one: (len(one), -total[one], one))
    # Of many combinations the most frequent are told apart.
    kept = sorted(together, key=lambda one: -total[one])[: len(_TOGETHER)]
    kinds: list[Kind] = [(f"{_words(one)} alone", colour, (one,)) for one, colour in zip(alone, _ALONE, strict=False)]
    shown = [one for one in together if one in kept]
    kinds += [(_words(one), colour, (one,)) for one, colour in zip(shown, _TOGETHER, strict=False)]
    others = (*alone[len(_ALONE) :], *(one for one in together if one not in kept))
    return [*kinds, ("other sets of reasons", _OTHERS, others)] if others else kinds


def _words(reasons: tuple[str, ...]) -> str:
    return " + ".join(map(reason_word, reasons))


def _legend_columns(kinds: list[Kind]) -> int:
    return 2 if any(text_width(label) > 2.6 for label, _, _ in kinds) else 3
