"""The figures of distributions: where jobs run out of clusters, and what the order of telling changes."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from placewise.model.results import Results
from placewise.report.drawing import Drawing
from placewise.report.statistics import histogram, interval_over_orders, share_histogram, whole_number_histogram
from placewise.report.style import (
    BLUE,
    INK,
    SMALL,
    VERMILLION,
    canvas,
    count_axis,
    draw_histogram,
    legend_above,
    share_axis,
)
from placewise.report.wording import counted, jobs, number, orders_word, scoring_line, share, total_jobs

_EXPANDED = "expanded-subsystems"
_NARROWEST_VIEW = 0.06


def draw_percent_matched(results: Results) -> Drawing | None:
    """Draw how far the jobs that ran out of clusters got, as a share of what each needs."""
    if not results.unmatched:
        return None
    title = "How much could be told before nothing matched"
    subtitle = (
        f"{_ran_out(results)},\nby the share of a job's subsystems that could be told while something still matched"
    )
    figure, axes = canvas(title, subtitle, scoring_line(results), top=1.1)
    bins = share_histogram(results.unmatched)
    draw_histogram(axes, bins)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.12 * bins.counts.max())
    median = float(np.median([job.percent_matched for job in results.unmatched]))
    _mark(axes, median, f"median {share(median, 3)}")
    axes.set_xlabel("share of the job's subsystems told (bins of 5 %, a share on an edge counts above)")
    axes.set_ylabel("jobs (count)")
    axes.grid(axis="y")
    share_axis(axes.xaxis)
    axes.set_xticks(np.linspace(0, 1, 11))
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
    figure, axes = canvas(title, _ran_out(results), scoring_line(results), top=0.9)
    at = [job.unmatched_at for job in results.unmatched]
    bins = whole_number_histogram(at)
    width = float(bins.edges[1] - bins.edges[0])
    draw_histogram(axes, bins)
    axes.set_xlim(min(0.5, bins.edges[0]), max(bins.edges[-1], 10.5))
    axes.set_ylim(0, 1.12 * bins.counts.max())
    median = float(np.median(at))
    _mark(axes, median, f"median {number(median)}")
    axes.set_xlabel("subsystems told when nothing matched any more (count)")
    axes.set_ylabel("jobs (count)")
    axes.grid(axis="y")
    count_axis(axes.xaxis)
    count_axis(axes.yaxis)
    caption = (
        f"The {jobs(len(at))} that ran out of clusters in the expanding experiment, by how many of their subsystems "
        f"had been told by then{'' if width == 1 else f', in bins of {width:.0f}'}."
    )
    alt = f"Histogram over {jobs(len(at))} from {min(at)} to {max(at)} subsystems; the median is {number(median)}."
    return Drawing("count-unmatched", title, caption, alt, figure)


def draw_order_spread(results: Results) -> Drawing | None:
    """Draw the build success of expanding over random orders, with the order of the scores marked."""
    interval = interval_over_orders(results)
    if results.orders is None or interval is None:
        return None
    values = results.orders.success_of_matched[~np.isnan(results.orders.success_of_matched)]
    title = "What the order of telling changes"
    orders, word = counted(interval.count, "random order"), orders_word(results)
    part = f"range over {interval.count:,} orders" if interval.is_range else "central 95 % of orders"
    subtitle = (
        f"{orders} in which subsystems are told one at a time (expanding);\n"
        f"each has its {word} over all submissions (job, level) that matched a cluster"
    )
    figure, axes = canvas(title, subtitle, _orders_note(results), top=1.2)
    bins = histogram(values)
    draw_histogram(axes, bins)
    most = float(bins.counts.max())
    axes.set_ylim(-0.09 * most, 1.08 * most)
    # One line with gaps: a thousand marks of their own would be most of the file.
    marks = np.repeat(values, 3)
    heights = np.tile([-0.075 * most, -0.02 * most, np.nan], len(values))
    axes.plot(marks, heights, color=BLUE, alpha=0.6, linewidth=0.7, solid_capstyle="butt", zorder=3)
    main = results.scores[_EXPANDED].success_of_matched.mean if _EXPANDED in results.scores else None
    low = min(values.min(), main if main is not None else values.min(), bins.edges[0])
    high = max(values.max(), main if main is not None else values.max(), bins.edges[-1])
    # A few equal orders are a narrow bar, not a wide one.
    margin = max(0.04 * (high - low), (_NARROWEST_VIEW - (high - low)) / 2)
    axes.set_xlim(max(low - margin, -0.004), min(high + margin, 1.004))
    handles: list[Artist] = []
    if interval.count > 1:
        span = axes.axvspan(interval.low, interval.high, color="#EFEFEF", zorder=0)
        span.set_label(f"{part}: {share(interval.low, 3)} to {share(interval.high, 3)}")
        handles.append(span)
    middle = axes.axvline(interval.median, color=INK, linewidth=1.8, linestyle=(0, (4, 2)), zorder=5)
    middle.set_label(f"median {share(interval.median, 3)}")
    handles.append(middle)
    if main is not None:
        marked = axes.axvline(main, color=VERMILLION, linewidth=3, zorder=4)
        marked.set_label(f"the order of the scores {share(main, 3)}")
        handles.append(marked)
    legend_above(axes, handles, 3)
    axes.set_xlabel(f"{word} of one order (of matched submissions); each mark below the bars is one order")
    axes.set_ylabel("orders (count)")
    axes.grid(axis="y")
    count_axis(axes.yaxis)
    share_axis(axes.xaxis)
    caption = (
        f"{word[0].upper()}{word[1:]} of expanding over {orders}, each over all (job, level) submissions that matched "
        f"a cluster; the shaded interval holds {'all' if interval.is_range else 'the central 95 %'} of the orders."
    )
    if not results.exact:
        caption += " The order of the scores has one choice drawn for each submission instead."
    alt = (
        f"Histogram over {interval.count:,} orders: median {share(interval.median, 3)}, {part} from "
        f"{share(interval.low, 3)} to {share(interval.high, 3)}; the order of the scores gives {share(main, 3)}."
    )
    return Drawing("order-spread", title, caption, alt, figure)


def _orders_note(results: Results) -> str:
    return scoring_line(results) + ("" if results.exact else " in the order of the scores, none in the random ones")


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
