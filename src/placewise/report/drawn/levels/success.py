"""The figures that compare levels of metadata: success, clusters that match, clusters that are used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from placewise.model.quantities import SUCCESS
from placewise.model.results.results import LevelResult, Results
from placewise.report.data.studies.levels import LevelRow, assigned, best_row, clusters_taking
from placewise.report.data.studies.uncertainty import intervals_of
from placewise.report.drawn import style
from placewise.report.drawn.levels.axes import Column, level_plot
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.intervals import interval_kind
from placewise.report.words.names import level_rows
from placewise.report.words.numbers import MISSING, jobs, number, share

_LEAST_SHARE = 0.001
_SHARES = ((0.5, style.ORANGE, "half"), (0.9, style.BLUE, "90 %"))
_INTERVAL: dict[str, Any] = {"color": style.INK, "linewidth": 1.6}
_USED: dict[str, Any] = style.dot(style.INK, 11, "|") | {"markeredgewidth": 2}


def draw_level_success(results: Results) -> Drawing | None:
    """Draw success of matched jobs and of all by level, under the ceiling."""
    rows = level_rows(results)
    if best_row(rows) is None:
        return None
    matched = [share(row.level.score.success_of_matched.mean, 3) for row in rows]
    success = [share(row.level.score.success, 3) for row in rows]
    caption = (
        "Success of matched jobs is over the jobs that were given a cluster, success over all of them, the others "
        "counting as failed; the ceiling is the success of a scheduler that knows everything. Unmatched: no cluster "
        "meets the metadata, as a share of all jobs."
    )
    if any(row.level.no_capacity for row in rows):
        caption += " All full: clusters match, but the nodes of all of them are used up."
    parts = "; ".join(f"{row.label}: {a}, {b}" for row, a, b in zip(rows, matched, success, strict=True))
    words = FigureWords(
        "level-success",
        "How often a job lands where it succeeds",
        caption,
        f"Success of matched jobs, and success, by level: {parts}.",
    )
    total = rows[0].level.score.total_jobs
    subtitle = f"{jobs(total)}, by their metadata; the gap between the marks is the jobs without a cluster"
    columns = [
        Column("success of\nmatched", matched, style.darker(style.BLUE)),
        Column("success", success, style.darker(style.GREEN)),
        *_without_cluster(rows),
    ]
    plot = level_plot(results, words, subtitle, rows, columns, top=1.02)
    axes = plot.axes
    of_all = np.array([row.level.score.success for row in rows], dtype=np.float64)  # NaN where None
    of_matched = np.array([row.level.score.success_of_matched.mean for row in rows], dtype=np.float64)
    axes.hlines(plot.heights, of_all, of_matched, **style.GAP)
    axes.plot(of_matched, plot.heights, clip_on=False, zorder=3, **style.ring(style.BLUE))
    axes.plot(of_all, plot.heights, clip_on=False, zorder=4, **style.dot(style.GREEN, 6.5))
    found = [intervals_of(results, row.level.name, SUCCESS)[:1] for row in rows]
    for height, some in zip(plot.heights, found, strict=True):
        for one in some:
            axes.plot([one.low, one.high], [height, height], zorder=5, **_INTERVAL)
    handles = [
        Line2D([], [], label="success of matched jobs", **style.ring(style.BLUE)),
        Line2D([], [], label="success", **style.dot(style.GREEN, 6.5)),
    ]
    if results.ceiling is not None:
        axes.axvline(results.ceiling, zorder=1, **style.CEILING)
        handles.append(Line2D([], [], label=style.ceiling_label(results.ceiling), **style.CEILING))
    first = next((one for some in found for one in some), None)
    if first is not None:
        handles.append(Line2D([], [], label=f"{interval_kind(first)} of success", **_INTERVAL))
    axes.set_xlim(0, 1)
    axes.grid(axis="x")
    style.share_axis(axes.xaxis)
    axes.set_xlabel("share of jobs")
    style.legend_above(axes, handles, 4, lift=plot.headings)
    return Drawing(words, plot.figure)


def draw_clusters_matched(results: Results) -> Drawing | None:
    """Draw how many clusters match a job, on average, by level."""
    rows = [row for row in level_rows(results) if row.level.score.matched_clusters.mean]
    if not rows:
        return None
    scores = [row.level.score for row in rows]
    means = [score.matched_clusters.mean or 0.0 for score in scores]
    parts = "; ".join(f"{row.label}: {number(mean, 3)}" for row, mean in zip(rows, means, strict=True))
    words = FigureWords(
        "clusters-matched",
        "How many clusters match a job",
        "Clusters that meet all that the metadata asks for, free or not: metadata narrows the choice, down to none for "
        "the unmatched.",
        f"Mean clusters matched by level: {parts}.",
    )
    clusters = scores[0].clusters
    subtitle = f"mean of {jobs(scores[0].total_jobs)}, out of {clusters:,} clusters; unmatched jobs count with none"
    columns = [
        Column("clusters\nmatched", [number(mean, 3) for mean in means], style.darker(style.BLUE)),
        Column("standard\ndeviation", [number(score.matched_clusters.std, 3) for score in scores], style.MUTED),
        _without_cluster(rows)[0],
    ]
    plot = level_plot(results, words, subtitle, rows, columns, top=0.85)
    axes = plot.axes
    axes.set_xscale("log")
    axes.plot(means, plot.heights, clip_on=False, zorder=3, **style.dot(style.BLUE))
    axes.set_xlim(10.0 ** math.floor(math.log10(min(means) * 1.001)), max(clusters, *means))
    axes.grid(axis="x")
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel("clusters that match, mean per job (logarithmic)")
    return Drawing(words, plot.figure)


def draw_cluster_spread(results: Results) -> Drawing | None:
    """Draw over how many clusters the jobs spread, by level."""
    rows = [row for row in level_rows(results) if clusters_taking(row.level, 0.5) is not None]
    if not rows:
        return None
    counts = {part: [clusters_taking(row.level, part) or 0 for row in rows] for part, _, _ in _SHARES}
    used = [row.level.score.clusters_used for row in rows]
    parts = "; ".join(
        f"{row.label}: {counts[0.5][i]}, {counts[0.9][i]}, {number(used[i], 3)}" for i, row in enumerate(rows)
    )
    words = FigureWords(
        "cluster-spread",
        "Over how many clusters the jobs spread",
        "Clusters in the order of how many jobs they are expected to be given; used at all is the expected number of "
        "clusters that are given at least one. More metadata leaves fewer jobs assigned, which alone leaves some "
        "clusters without any.",
        f"Clusters that take half of the jobs, 90 %, and that are used, by level: {parts}.",
    )
    clusters = rows[0].level.score.clusters
    subtitle = f"the fewest of {clusters:,} clusters that together take half, and 90 %, of the jobs assigned"
    columns = [
        *(Column(f"take\n{word}", [number(n) for n in counts[part]], style.darker(c)) for part, c, word in _SHARES),
        Column("used\nat all", [MISSING if n is None else f"{n:.1f}" for n in used], style.MUTED),
        Column("jobs\nassigned", [number(assigned(row.level)) for row in rows], style.MUTED),
    ]
    plot = level_plot(results, words, subtitle, rows, columns, top=1.02)
    axes = plot.axes
    known = np.array(used, dtype=np.float64)  # NaN where None
    axes.hlines(plot.heights, 0, np.fmax(known, counts[0.9]), **style.GAP)
    axes.plot(known, plot.heights, clip_on=False, zorder=3, **_USED)
    for part, colour, _ in reversed(_SHARES):
        axes.plot(counts[part], plot.heights, clip_on=False, zorder=4, **style.dot(colour))
    handles = [Line2D([], [], label=f"take {word} of the jobs", **style.dot(colour)) for _, colour, word in _SHARES]
    handles.append(Line2D([], [], label="used at all, expected", **_USED))
    axes.set_xlim(0, clusters)
    axes.grid(axis="x")
    style.count_axis(axes.xaxis)
    axes.set_xlabel("clusters (count)")
    style.legend_above(axes, handles, 3, lift=plot.headings)
    return Drawing(words, plot.figure)


def _without_cluster(rows: Sequence[LevelRow]) -> list[Column]:
    """Return columns of the jobs that are given no cluster, as shares of all, by why."""
    counts = [
        ("unmatched", [row.level.score.unmatched for row in rows]),
        ("all full", [row.level.no_capacity for row in rows]),
        ("refused", [row.level.refused for row in rows]),
    ]
    return [
        Column(heading, [_share_of(n, row.level) for n, row in zip(found, rows, strict=True)], style.MUTED)
        for heading, found in counts
        if any(found) or heading == "unmatched"
    ]


def _share_of(count: int, level: LevelResult) -> str:
    total = level.score.total_jobs
    if 0 < count < _LEAST_SHARE * total:
        return f"< {share(_LEAST_SHARE, 1)}"
    return share(count / total, 3) if total else MISSING
