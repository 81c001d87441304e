"""The figures of distributions: where jobs run out of clusters, and what the order of metadata changes."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from placewise.model.results.results import Results
from placewise.model.scalar import counted
from placewise.report.data.statistics import Histogram, share_histogram, whole_number_histogram
from placewise.report.data.studies.experiments import orders, total_jobs
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords, orders_words
from placewise.report.words.names import orders_word
from placewise.report.words.numbers import jobs, number, share

_NARROWEST_VIEW = 0.06


def draw_percent_matched(results: Results) -> Drawing | None:
    """Draw how far the jobs that ran out of clusters got, as a share of what each needs."""
    if not results.unmatched:
        return None
    median = float(np.median([job.percent_matched for job in results.unmatched]))
    words = FigureWords(
        "percent-matched",
        "How much metadata a job can have before nothing matches",
        f"The {jobs(len(results.unmatched))} that ran out of clusters in the expanding experiment, by (subsystems with "
        "metadata when nothing matched any more - 1) / subsystems needed.",
        f"Histogram over {jobs(len(results.unmatched))}; the median share is {share(median, 3)}.",
    )
    subtitle = f"{_ran_out(results)},\nby the share of a job's subsystems with metadata while something still matched"
    drawing, axes = _counts(results, words, subtitle, share_histogram(results.unmatched), 1.1)
    axes.set_xlim(0, 1)
    _mark(axes, median, f"median {share(median, 3)}")
    axes.set_xlabel("share of the job's subsystems with metadata (bins of 5 %, a share on an edge counts above)")
    style.share_axis(axes.xaxis)
    axes.set_xticks(np.linspace(0, 1, 11))
    return drawing


def draw_count_unmatched(results: Results) -> Drawing | None:
    """Draw with metadata on how many subsystems the jobs ran out of clusters."""
    if not results.unmatched:
        return None
    at = [job.unmatched_at for job in results.unmatched]
    bins = whole_number_histogram(at)
    width, median = float(bins.edges[1] - bins.edges[0]), float(np.median(at))
    words = FigureWords(
        "count-unmatched",
        "How many subsystems it takes until nothing matches",
        f"The {jobs(len(at))} that ran out of clusters in the expanding experiment, by how many of their subsystems "
        f"had metadata by then{'' if width == 1 else f', in bins of {width:.0f}'}.",
        f"Histogram over {jobs(len(at))} from {min(at)} to {max(at)} subsystems; the median is {number(median)}.",
    )
    drawing, axes = _counts(results, words, _ran_out(results), bins, 0.9)
    axes.set_xlim(min(0.5, bins.edges[0]), max(bins.edges[-1], 10.5))
    _mark(axes, median, f"median {number(median)}")
    axes.set_xlabel("subsystems with metadata when nothing matched any more (count)")
    style.count_axis(axes.xaxis)
    return drawing


def draw_order_spread(results: Results) -> Drawing | None:
    """Draw success of matched jobs of expanding over random orders, with the order of the scores marked."""
    found = orders(results)
    if found is None:
        return None
    words, word, values, bins = orders_words(results, found), orders_word(results), found.values, found.bins
    subtitle = (
        f"{counted(found.interval.count, 'random order')} of adding metadata, one subsystem at a time (expanding);\n"
        f"each has its {word} over all submissions (job, level) that matched a cluster"
    )
    figure, axes = style.canvas(results, words, subtitle, top=1.2)
    style.draw_histogram(axes, bins)
    most = float(bins.counts.max())
    axes.set_ylim(-0.09 * most, 1.08 * most)
    # One line with gaps: a thousand marks of their own would be most of the file.
    heights = np.tile([-0.075 * most, -0.02 * most, np.nan], len(values))
    axes.plot(
        np.repeat(values, 3), heights, color=style.BLUE, alpha=0.6, linewidth=0.7, solid_capstyle="butt", zorder=3
    )
    ends = [*bins.edges, *values, *([] if found.main is None else [found.main])]
    low, high = min(ends), max(ends)
    # A few equal orders are a narrow bar, not a wide one.
    margin = max(0.04 * (high - low), (_NARROWEST_VIEW - (high - low)) / 2)
    axes.set_xlim(max(low - margin, -0.004), min(high + margin, 1.004))
    handles: list[Artist] = []
    interval = found.interval
    if interval.count > 1:
        part = f"range over {interval.count:,} orders" if interval.is_range else "central 95 % of orders"
        label = f"{part}: {share(interval.low, 3)} to {share(interval.high, 3)}"
        handles.append(axes.axvspan(interval.low, interval.high, color="#EFEFEF", zorder=0, label=label))
    label = f"median {share(interval.median, 3)}"
    handles.append(axes.axvline(interval.median, **(style.CEILING | {"linewidth": 1.8}), zorder=5, label=label))
    if found.main is not None:
        label = f"the order of the scores {share(found.main, 3)}"
        handles.append(axes.axvline(found.main, color=style.VERMILLION, linewidth=3, zorder=4, label=label))
    style.legend_above(axes, handles, 3)
    axes.set_xlabel(f"{word} of one order; each mark below the bars is one order")
    axes.set_ylabel("orders (count)")
    axes.grid(axis="y")
    style.count_axis(axes.yaxis)
    style.share_axis(axes.xaxis)
    return Drawing(words, figure)


def _counts(results: Results, words: FigureWords, subtitle: str, bins: Histogram, top: float) -> tuple[Drawing, Axes]:
    """Draw jobs counted in bins."""
    figure, axes = style.canvas(results, words, subtitle, top=top)
    style.draw_histogram(axes, bins)
    axes.set_ylim(0, 1.12 * bins.counts.max())
    axes.set_ylabel("jobs (count)")
    axes.grid(axis="y")
    style.count_axis(axes.yaxis)
    return Drawing(words, figure), axes


def _mark(axes: Axes, at: float, label: str) -> None:
    """Mark a place on the x axis with a line, and write beside its top, on the side with more room."""
    axes.axvline(at, **style.CEILING)
    low, high = axes.get_xlim()
    side = 1 if at < (low + high) / 2 else -1
    place = {"xycoords": ("data", "axes fraction"), "ha": "left" if side > 0 else "right", "va": "top"}
    style.write_at(axes, label, (at, 1), (5 * side, -3), **place)


def _ran_out(results: Results) -> str:
    count, total = len(results.unmatched or ()), total_jobs(results)
    who = jobs(count) if total is None or total < count else f"{count:,} of {jobs(total)}"
    return f"{who} ran out of clusters with metadata on one subsystem after the other"
