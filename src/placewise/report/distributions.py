"""The figures of distributions: where jobs run out of clusters, and what the order of telling changes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from placewise.model.results import Results
from placewise.report.drawing import Drawing
from placewise.report.statistics import central_interval, histogram, share_histogram, whole_number_histogram
from placewise.report.style import (
    BLUE,
    INK,
    SKY,
    SMALL,
    VERMILLION,
    canvas,
    count_axis,
    legend_above,
    share_axis,
)
from placewise.report.wording import jobs, number, scoring_line, share, total_jobs

_EXPANDED = "expanded-subsystems"


def draw_percent_matched(results: Results) -> Drawing | None:
    """Draw how far the jobs that ran out of clusters got, as a share of what each needs."""
    if not results.unmatched:
        return None
    title = "How much could be told before nothing matched"
    subtitle = (
        f"{_ran_out(results)},\nby the share of a job's subsystems that could be told while something still matched"
    )
    figure, axes = canvas(title, subtitle, scoring_line(results), top=1.2)
    counted = share_histogram(results.unmatched)
    axes.bar(counted.edges[:-1], counted.counts, np.diff(counted.edges), align="edge", color=SKY, edgecolor="white")
    axes.set_xlim(0, 1)
    axes.set_xticks(np.linspace(0, 1, 11))
    axes.set_ylim(0, 1.12 * counted.counts.max())
    median = float(np.median([job.percent_matched for job in results.unmatched]))
    _mark(axes, median, f"median {share(median, 3)}")
    axes.set_xlabel("share of the job's subsystems told (bins of 5 %, a share on an edge counts above)")
    axes.set_ylabel("jobs (count)")
    axes.grid(axis="y")
    share_axis(axes.xaxis)
    count_axis(axes.yaxis)
    caption = (
        f"The {jobs(len(results.unmatched))} that ran out of clusters in the expanding experiment, by (subsystems told "
        "when nothing matched any more - 1) / subsystems needed."
    )
    alt = f"Histogram over {jobs(len(results.unmatched))}; the median share is {share(median, 3)}."
    return Drawing("percent-matched", title, caption, alt, figure)


def draw_count_unmatched(results: Results) -> Drawing | None:
    """Draw after how many subsystems told the jobs ran out of clusters."""
    if not results.unmatched:
        return None
    title = "How many subsystems it takes until nothing matches"
    figure, axes = canvas(title, _ran_out(results), scoring_line(results), top=1.0)
    at = [job.unmatched_at for job in results.unmatched]
    counted = whole_number_histogram(at)
    width = float(counted.edges[1] - counted.edges[0])
    axes.bar(counted.edges[:-1], counted.counts, width, align="edge", color=SKY, edgecolor="white")
    axes.set_xlim(min(0.5, counted.edges[0]), max(counted.edges[-1], 10.5))
    axes.set_ylim(0, 1.12 * counted.counts.max())
    median = float(np.median(at))
    _mark(axes, median, f"median {number(median)}")
    axes.set_xlabel("subsystems told when nothing matched any more (count)")
    axes.set_ylabel("jobs (count)")
    axes.grid(axis="y")
    count_axis(axes.xaxis)
    count_axis(axes.yaxis)
    caption = (
        f"The {jobs(len(at))} that ran out of clusters in the expanding experiment, by how many of their subsystems had "
        f"been told by then{'' if width == 1 else f', in bins of {width:.0f}'}."
    )
    alt = f"Histogram over {jobs(len(at))} from {min(at)} to {max(at)} subsystems; the median is {number(median)}."
    return Drawing("count-unmatched", title, caption, alt, figure)


def draw_order_spread(results: Results) -> Drawing | None:
    """Draw the build success of expanding over random orders, with the order of the scores marked."""
    interval = None if results.orders is None else central_interval(results.orders.build_success)
    if results.orders is None or interval is None:
        return None
    values = results.orders.build_success[~np.isnan(results.orders.build_success)]
    title = "What the order of telling changes"
    orders = f"{interval.count:,} random order{'' if interval.count == 1 else 's'} "
    subtitle = (
        f"{orders} in which subsystems are told one at a time (expanding);\n"
        "each has its build success over all submissions (job, level) that matched a cluster"
    )
    figure, axes = canvas(title, subtitle, scoring_line(results), top=1.35)
    counted = histogram(values)
    axes.bar(
        counted.edges[:-1], counted.counts, np.diff(counted.edges), align="edge", color=SKY, edgecolor="white", zorder=2
    )
    most = float(counted.counts.max())
    axes.set_ylim(-0.09 * most, 1.08 * most)
    axes.plot(
        values,
        np.full(len(values), -0.045 * most),
        "|",
        color=BLUE,
        alpha=0.5,
        markersize=8,
        markeredgewidth=0.8,
        zorder=3,
    )
    main = results.scores[_EXPANDED].build_success.mean if _EXPANDED in results.scores else None
    low = min(values.min(), main if main is not None else values.min(), counted.edges[0])
    high = max(values.max(), main if main is not None else values.max(), counted.edges[-1])
    margin = 0.04 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    span = axes.axvspan(interval.low, interval.high, color="#EFEFEF", zorder=0)
    span.set_label(f"central 95 % of orders: {share(interval.low, 3)} to {share(interval.high, 3)}")
    middle = axes.axvline(interval.median, color=INK, linewidth=1.8, linestyle=(0, (4, 2)), zorder=4)
    middle.set_label(f"median {share(interval.median, 3)}")
    handles = [span, middle]
    if main is not None:
        marked = axes.axvline(main, color=VERMILLION, linewidth=2.2, zorder=4)
        marked.set_label(f"the order of the scores {share(main, 3)}")
        handles.append(marked)
    legend_above(axes, handles, 3)
    axes.set_xlabel("build success of one order (share of matched submissions); each mark below the bars is one order")
    axes.set_ylabel("orders (count)")
    axes.grid(axis="y")
    count_axis(axes.yaxis)
    share_axis(axes.xaxis)
    caption = (
        f"Build success of expanding over {orders}, each over all (job, level) submissions that matched a cluster; the "
        "shaded interval holds the central 95 % of the orders."
    )
    alt = (
        f"Histogram over {interval.count:,} orders: median {share(interval.median, 3)}, central 95 % from "
        f"{share(interval.low, 3)} to {share(interval.high, 3)}; the order of the scores gives {share(main, 3)}."
    )
    return Drawing("order-spread", title, caption, alt, figure)


def _mark(axes: Axes, at: float, label: str) -> None:
    """Mark a place on the x axis with a line, and write beside its top, on the side with more room."""
    axes.axvline(at, color=INK, linewidth=1.6, linestyle=(0, (4, 2)))
    low, high = axes.get_xlim()
    side = 1 if at < (low + high) / 2 else -1
    axes.annotate(
        label,
        (at, 1),
        (5 * side, -3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="top",
        fontsize=SMALL,
    )


def _ran_out(results: Results) -> str:
    count, total = len(results.unmatched or ()), total_jobs(results)
    if total is None or total < count:
        return f"{jobs(count)} ran out of clusters as subsystems were told one at a time"
    return f"{count:,} of {jobs(total)} ran out of clusters as subsystems were told one at a time"
