"""The figures that set levels of metadata side by side: success, clusters that match, clusters that are used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from placewise.model.results import LevelResult, Results
from placewise.report.drawing import Drawing
from placewise.report.level_axes import Column, level_plot
from placewise.report.levels import Row, assigned, best_row, clusters_taking, level_rows
from placewise.report.style import (
    BLUE,
    GAP,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    count_axis,
    darker,
    dot,
    legend_above,
    ring,
    share_axis,
)
from placewise.report.wording import MISSING, builds, number, scoring_line, share

_LEAST_SHARE = 0.001
_SHARES = ((0.5, ORANGE, "half"), (0.9, BLUE, "90 %"))


def draw_level_success(results: Results) -> Drawing | None:
    """Draw build success and joint success by level, under the ceiling."""
    rows = level_rows(results)
    if best_row(rows) is None:
        return None
    total = rows[0].level.score.total_jobs
    title = "How often a build lands where it succeeds"
    subtitle = (
        f"{builds(total)}, by what the scheduler is told of them; "
        "the gap between the marks is the builds that find no cluster"
    )
    columns = [
        Column("build\nsuccess", [share(row.level.score.success_of_matched.mean, 3) for row in rows], darker(BLUE)),
        Column("joint\nsuccess", [share(row.level.score.success, 3) for row in rows], darker(GREEN)),
        *nowhere_columns(rows),
    ]
    plot = level_plot(title, subtitle, scoring_line(results), rows, columns, top=1.02)
    axes = plot.axes
    joint = np.array([row.level.score.success for row in rows], dtype=np.float64)  # NaN where None
    build = np.array([row.level.score.success_of_matched.mean for row in rows], dtype=np.float64)
    axes.hlines(plot.heights, joint, build, **GAP)
    axes.plot(build, plot.heights, clip_on=False, zorder=3, **ring(BLUE))
    axes.plot(joint, plot.heights, clip_on=False, zorder=4, **dot(GREEN, 6.5))
    handles = [
        Line2D([], [], label="build success, of the builds assigned", **ring(BLUE)),
        Line2D([], [], label="joint success, of all builds", **dot(GREEN, 6.5)),
    ]
    if results.ceiling is not None:
        ceiling: dict[str, Any] = {"color": INK, "linewidth": 1.6, "linestyle": (0, (4, 2))}
        axes.axvline(results.ceiling, zorder=1, **ceiling)
        handles.append(Line2D([], [], label=f"ceiling {share(results.ceiling, 3)}, the best possible", **ceiling))
    axes.set_xlim(0, 1)
    axes.grid(axis="x")
    share_axis(axes.xaxis)
    axes.set_xlabel("share of builds")
    legend_above(axes, handles, 3, lift=plot.headings)
    caption = (
        "Build success is over the builds that were given a cluster, joint success over all of them, the others "
        "counting as failed; the ceiling is the share for which some cluster of the fleet would succeed. Unmatched: no "
        "cluster meets what is told, as a share of all builds."
    )
    if any(row.level.no_capacity for row in rows):
        caption += " All full: clusters match, but the nodes of all of them are used up."
    parts = "; ".join(
        f"{row.label}: {share(row.level.score.success_of_matched.mean, 3)}, joint {share(row.level.score.success, 3)}"
        for row in rows
    )
    return Drawing("level-success", title, caption, f"Build success by level: {parts}.", plot.figure)


def draw_clusters_matched(results: Results) -> Drawing | None:
    """Draw how many clusters match a build, on average, by level."""
    rows = [row for row in level_rows(results) if row.level.score.matched_clusters.mean]
    if not rows:
        return None
    clusters = rows[0].level.score.clusters
    title = "How many clusters match a build"
    total = rows[0].level.score.total_jobs
    subtitle = f"mean of {builds(total)}, out of {clusters:,} clusters; unmatched builds count with none"
    columns = [
        Column("clusters\nmatched", [number(row.level.score.matched_clusters.mean, 3) for row in rows], darker(BLUE)),
        Column("standard\ndeviation", [number(row.level.score.matched_clusters.std, 3) for row in rows], MUTED),
        nowhere_columns(rows)[0],
    ]
    plot = level_plot(title, subtitle, scoring_line(results), rows, columns, top=0.85)
    axes = plot.axes
    means = [row.level.score.matched_clusters.mean or 0.0 for row in rows]
    axes.set_xscale("log")
    axes.plot(means, plot.heights, clip_on=False, zorder=3, **dot(BLUE))
    axes.set_xlim(10.0 ** math.floor(math.log10(min(means) * 1.001)), max(clusters, *means))
    axes.grid(axis="x")
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel("clusters that match a build, mean (logarithmic)")
    caption = (
        "Clusters that meet all that is told of a build, free or not: what is told narrows the choice, down to none "
        "for the unmatched."
    )
    parts = "; ".join(f"{row.label}: {number(mean, 3)}" for row, mean in zip(rows, means, strict=True))
    return Drawing("clusters-matched", title, caption, f"Mean clusters matched by level: {parts}.", plot.figure)


def draw_cluster_spread(results: Results) -> Drawing | None:
    """Draw over how many clusters the builds spread, by level."""
    rows = [row for row in level_rows(results) if clusters_taking(row.level, 0.5) is not None]
    if not rows:
        return None
    clusters = rows[0].level.score.clusters
    title = "Over how many clusters the builds spread"
    subtitle = f"the fewest of {clusters:,} clusters that together take half, and 90 %, of the builds that are assigned"
    counts = {part: [clusters_taking(row.level, part) or 0 for row in rows] for part, _, _ in _SHARES}
    used = [row.level.score.clusters_used for row in rows]
    columns = [
        *(Column(f"take\n{word}", [number(n) for n in counts[part]], darker(colour)) for part, colour, word in _SHARES),
        Column("used\nat all", [MISSING if n is None else f"{n:.1f}" for n in used], MUTED),
        Column("builds\nassigned", [number(assigned(row.level)) for row in rows], MUTED),
    ]
    plot = level_plot(title, subtitle, scoring_line(results), rows, columns, top=1.02)
    axes = plot.axes
    known = np.array(used, dtype=np.float64)  # NaN where None
    axes.hlines(plot.heights, 0, np.fmax(known, counts[0.9]), **GAP)
    axes.plot(known, plot.heights, clip_on=False, zorder=3, **_BAR)
    for part, colour, _ in reversed(_SHARES):
        axes.plot(counts[part], plot.heights, clip_on=False, zorder=4, **dot(colour))
    handles = [Line2D([], [], label=f"take {word} of the builds", **dot(colour)) for _, colour, word in _SHARES]
    handles.append(Line2D([], [], label="used at all, expected", **_BAR))
    axes.set_xlim(0, clusters)
    axes.grid(axis="x")
    count_axis(axes.xaxis)
    axes.set_xlabel("clusters (count)")
    legend_above(axes, handles, 3, lift=plot.headings)
    caption = (
        "Clusters in the order of how many builds they are expected to be given; used at all is the expected number of "
        "clusters that are given at least one. Fewer builds are assigned where more are told, which alone leaves some "
        "clusters without any."
    )
    parts = "; ".join(
        f"{row.label}: {counts[0.5][i]}, {counts[0.9][i]}, {number(used[i], 3)}" for i, row in enumerate(rows)
    )
    alt = f"Clusters that take half of the builds, 90 %, and that are used, by level: {parts}."
    return Drawing("cluster-spread", title, caption, alt, plot.figure)


def nowhere_columns(rows: Sequence[Row]) -> list[Column]:
    """Return columns of the builds that are given no cluster, as shares of all, by why."""
    counts = [
        ("unmatched", [row.level.score.unmatched for row in rows]),
        ("all full", [row.level.no_capacity for row in rows]),
        ("refused", [row.level.refused for row in rows]),
    ]
    return [
        Column(heading, [_share_of(n, row.level) for n, row in zip(found, rows, strict=True)], MUTED)
        for heading, found in counts
        if any(found) or heading == "unmatched"
    ]


def _share_of(count: int, level: LevelResult) -> str:
    total = level.score.total_jobs
    if 0 < count < _LEAST_SHARE * total:
        return f"< {share(_LEAST_SHARE, 1)}"
    return share(count / total, 3) if total else MISSING


_BAR: dict[str, Any] = dot(INK, 11) | {"marker": "|", "markeredgewidth": 2}
