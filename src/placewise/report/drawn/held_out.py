"""The figure of what rankings of subsystems reach where they were not made."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from placewise.model.results.results import Results
from placewise.model.scalar import counted
from placewise.report.data.studies import held_out as numbers
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import held_out_words
from placewise.report.words.names import scoring_line
from placewise.report.words.numbers import share
from placewise.report.words.studies.held_out import OVER_WORDS, RANKING_WORDS

_PANEL, _BETWEEN = 2.2, 0.95  # inches
_LOOKS: dict[str, dict[str, Any]] = {
    "value": {"color": style.BLUE, "linewidth": 2.4},
    "greedy": {"color": style.GREEN, "linewidth": 2.0},
    "alone": {"color": style.SKY, "linewidth": 1.6},
    "jobs that need it": {"color": style.ORANGE, "linewidth": 1.6, "linestyle": style.DASHED},
    "refusals": {"color": style.VERMILLION, "linewidth": 1.6},
    "mutual information": {"color": style.PURPLE, "linewidth": 1.6, "linestyle": style.DASHED},
    "tree importance": {"color": style.INK, "linewidth": 1.4, "linestyle": style.DOTTED},
    "random": {"color": style.MUTED, "linewidth": 1.2, "linestyle": style.DASHED},
}
_ALWAYS = ("jobs that need it", "random")
_OTHER: dict[str, Any] = {"color": "#BDBDBD", "linewidth": 1.2, "zorder": 1}
"""Lines that lie over each other: only the best of the simpler rankings has a colour."""


def draw_held_out(results: Results) -> Drawing | None:
    """Draw success by how many subsystems have metadata: a panel for each thing held out, a line for each ranking."""
    found = results.held_out
    if found is None or not found.curves:
        return None
    words, overs = held_out_words(found), numbers.overs(found)
    subtitle = (
        "Each line ranks the subsystems on one part of the data. Height: success with metadata on the first N,\n"
        "on what the panel names, as a share of the ceiling there; mean over splits of the data"
    )
    rows = -(-len(overs) // 2)
    top, bottom, left, across = 1.75, 0.95, 0.85, 0.75
    height = top + bottom + rows * _PANEL + (rows - 1) * _BETWEEN
    figure = style.sheet(words.title, subtitle, scoring_line(results), style.WIDTH, height)
    width = (style.WIDTH - left - 0.3 - across) / 2
    last = numbers.last_of_interest(found)
    sizes = np.array(found.sizes)
    kept = sizes <= last
    ranked = numbers.rankings(found)
    named = [name for name in (*numbers.OURS, numbers.best_simple(found), *_ALWAYS) if name in ranked]
    named = list(dict.fromkeys(named))
    for i, over in enumerate(overs):
        y = height - top - (i // 2) * (_PANEL + _BETWEEN) - _PANEL
        axes = style.axes_at(figure, left + (i % 2) * (width + across), y, width, _PANEL)
        for curve in found.curves:
            known = curve.share[~np.isnan(curve.share).any(axis=1)]
            if curve.over == over and len(known):
                look = _LOOKS[curve.ranking] if curve.ranking in named else _OTHER
                axes.plot(sizes[kept], known.mean(axis=0)[kept], **look)
        axes.axhline(found.target, color=style.VERMILLION, linewidth=1.0, linestyle=style.DOTTED, zorder=1)
        axes.set_xlim(0, last)
        style.success_axes(axes, 1.0, "share of the ceiling")
        axes.set_title(OVER_WORDS.get(over, over), loc="left", fontsize=style.NORMAL)
        axes.set_xlabel("subsystems with metadata (count)")
        style.count_axis(axes.xaxis)
    handles = [Line2D([], [], label=RANKING_WORDS[name], **_LOOKS[name]) for name in named]
    others = len(ranked) - len(named)
    if others:
        handles.append(Line2D([], [], label=f"{counted(others, 'other ranking')} (the table names them)", **_OTHER))
    goal: dict[str, Any] = {"color": style.VERMILLION, "linewidth": 1.0, "linestyle": style.DOTTED}
    handles.append(Line2D([], [], label=f"target: {share(found.target, 3)}", **goal))
    style.legend_above(figure.axes[0], handles, 3, lift=0.25)
    return Drawing(words, figure)
