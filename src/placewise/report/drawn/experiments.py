"""The figures that compare experiments: success, and the marginal score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.quantities import SUCCESS
from placewise.model.results.results import Results, Score
from placewise.model.results.worth import Interval
from placewise.model.studies.study import SINGLE
from placewise.report.data.studies.experiments import in_order, single_without_metadata
from placewise.report.data.studies.uncertainty import intervals_of
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.figures import FigureWords
from placewise.report.words.intervals import interval_over
from placewise.report.words.names import experiment_word, submissions
from placewise.report.words.numbers import share

_BAR, _GAP = 0.34, 0.4
_LEAST_WIDTH = 4.0
_WIDEST_LABEL = 0.52  # inches
_ON_LINES = style.BEHIND_TEXT | {"alpha": 1.0}
_DIAMOND: dict[str, Any] = style.dot("white", 6, "D") | {"markeredgecolor": style.INK}


def draw_success(results: Results) -> Drawing | None:
    """Draw success of matched jobs and of all by experiment, under the ceiling."""
    scores = in_order(results.scores)
    nothing = single_without_metadata(results)
    shares = [value for _, score in scores for value in _bars(score) if value is not None]
    if not shares:
        return None
    words = FigureWords(
        "build-success",
        "How often a job lands where it succeeds",
        "Success counts jobs without a cluster as failed, success of matched jobs leaves them out. The ceiling is the "
        "success of a scheduler that knows everything, over jobs. The diamond is the success without metadata of the "
        "submissions of single: a job that asks for several subsystems is submitted once for each.",
        "Bar chart of success of matched jobs and of success: "
        + "; ".join(
            f"{experiment_word(name)} {share(score.success_of_matched.mean, 3)} and {share(score.success, 3)}"
            for name, score in scores
        )
        + ".",
    )
    interval = next((one for name, _ in scores for one in intervals_of(results, name, SUCCESS)), None)
    subtitle = "metadata on no subsystem (none), on one (single), on one more after the other (expanding), or on all"
    if interval is not None:
        subtitle += f"\nblack line: {interval_over(interval)}"
    figure, axes = style.canvas(results, words, subtitle, top=1.3, bottom=1.05)
    width = 2 * _BAR + _GAP
    ticks = [_BAR + width * place for place in range(len(scores))]
    beside = max(0.0, _LEAST_WIDTH - width * len(scores)) / 2  # few groups are not wide ones
    axes.set_xlim(-0.3 - beside, width * len(scores) + beside)
    inch = (width * len(scores) + 0.3 + 2 * beside) / (axes.get_position().width * style.WIDTH)
    for tick, (name, score) in zip(ticks, scores, strict=True):
        ends = intervals_of(results, name, SUCCESS)[:1]
        _draw_bars(axes, tick, score, ends, apart=inch * _WIDEST_LABEL < _BAR)
        if experiment_word(name) == SINGLE and nothing is not None:
            axes.plot(tick - 1.35 * _BAR, nothing, zorder=4, clip_on=False, **_DIAMOND)
    if results.ceiling is not None:
        axes.axhline(results.ceiling, zorder=1, **style.CEILING)
    highs = (one.high for name, _ in scores for one in intervals_of(results, name, SUCCESS)[:1])
    highest = max(*shares, *highs, results.ceiling or 0.0)
    top = next(top for top in (0.1, 0.2, 0.5, 1.0) if highest < top or top == 1.0)
    axes.set_ylim(0, 1.09 * top)
    _name_experiments(axes, ticks, [f"{experiment_word(name)}\n{_counts(results, score)}" for name, score in scores])
    axes.set_ylabel("share of submissions")
    style.legend_above(axes, _legend(results, nothing), 2)
    return Drawing(words, figure)


def draw_marginal_score(results: Results) -> Drawing | None:
    """Draw the mean marginal score by experiment, with its standard deviation."""
    known = [(name, s, s.marginal_score.mean) for name, s in in_order(results.scores)]
    scores = [(name, score, mean, score.marginal_score.std or 0.0) for name, score, mean in known if mean is not None]
    if not scores:
        return None
    words = FigureWords(
        "marginal-score",
        "How much of what a job needs holds where it lands",
        "The share of a job's outcome rules that hold on its assigned cluster, as a mean over matched submissions. The "
        "error bars show one standard deviation between jobs, not the uncertainty of the mean.",
        "Bar chart of the mean marginal score: "
        + "; ".join(f"{experiment_word(name)} {share(mean, 3)}" for name, _, mean, _ in scores)
        + ".",
    )
    subtitle = "marginal score: the share of a job's outcome rules that hold on its cluster; over jobs that matched one"
    figure, axes = style.canvas(results, words, subtitle, bottom=1.05)
    places, means, spread = range(len(scores)), [mean for *_, mean, _ in scores], [std for *_, std in scores]
    axes.bar(places, means, width=0.5, color=style.SKY)
    axes.errorbar(places, means, yerr=spread, fmt="none", ecolor=style.INK, elinewidth=1.4, capsize=5, capthick=1.4)
    for place, mean in zip(places, means, strict=True):
        style.write_at(axes, share(mean, 3), (place + 0.27, mean), (3, 0))
    beside = max(0, 3 - len(scores)) / 2
    axes.set_xlim(-0.6 - beside, len(scores) - 0.25 + beside)
    axes.set_ylim(0, max(1.09, *(mean + std + 0.03 for mean, std in zip(means, spread, strict=True))))
    _name_experiments(axes, list(places), [f"{experiment_word(name)}\n{_counts(results, s)}" for name, s, *_ in scores])
    axes.set_ylabel("share of outcome rules")
    label = "± 1 standard deviation of one job"
    style.legend_above(axes, [Line2D([], [], color=style.INK, marker="|", markersize=7, linewidth=1.4, label=label)], 1)
    return Drawing(words, figure)


def _bars(score: Score) -> tuple[float | None, float | None]:
    return score.success_of_matched.mean, score.success


def _draw_bars(axes: Axes, tick: float, score: Score, intervals: Sequence[Interval], *, apart: bool) -> None:
    """Draw the two bars of an experiment, and the interval of success on its bar.

    apart : each number has room above its own bar, else both lie over the pair, one above the other.
    """
    top = max((height for height in (*_bars(score), *(one.high for one in intervals)) if height is not None), default=0)
    for line, (side, height, colour) in enumerate(
        zip((0.5, -0.5), reversed(_bars(score)), (style.GREEN, style.BLUE), strict=True)
    ):
        if height is None:
            continue
        x = tick + side * _BAR
        axes.bar(x, height, width=0.94 * _BAR, color=colour)
        above = height
        if line == 0 and intervals:
            axes.plot([x, x], [intervals[0].low, intervals[0].high], color=style.INK, linewidth=1.4, zorder=3)
            above = intervals[0].high
        how: dict[str, Any] = {"ha": "center", "color": style.darker(colour), "bbox": _ON_LINES, "zorder": 5}
        at, up = ((x, above), 6.5) if apart else ((tick, top), 6.5 + 11 * line)
        style.write_at(axes, share(height, 3 if height >= 0.01 else 2), at, (0, up), **how)


def _counts(results: Results, score: Score) -> str:
    text = submissions(results, score.total_jobs)
    return f"{text}\n{score.total_jobs - score.unmatched:,} matched" if score.unmatched else text


def _name_experiments(axes: Axes, ticks: list[float] | list[int], labels: list[str]) -> None:
    axes.set_xticks(ticks, labels, linespacing=1.3, fontsize=style.SMALL)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    style.share_axis(axes.yaxis)


def _legend(results: Results, nothing: float | None) -> list[Artist]:
    handles: list[Artist] = [Patch(color=style.BLUE, label="success of matched jobs")]
    if any(score.success is not None for score in results.scores.values()):
        handles.append(Patch(color=style.GREEN, label="success"))
    if results.ceiling is not None:
        handles.append(Line2D([], [], label=style.ceiling_label(results.ceiling), **style.CEILING))
    if nothing is not None:
        label = f"success of the jobs of {SINGLE}, without metadata: {share(nothing, 3)}"
        handles.append(Line2D([], [], label=label, **_DIAMOND))
    return handles
