"""The figures that set the experiments side by side: build success and marginal score."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.results import Results, Score
from placewise.report.drawing import Drawing
from placewise.report.statistics import single_shares
from placewise.report.style import (
    BEHIND_TEXT,
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    SKY,
    SMALL,
    canvas,
    legend_above,
    share_axis,
)
from placewise.report.wording import counted, experiment_word, in_order, jobs, scoring_line, share, total_jobs

_BAR = 0.3
_GAP = 0.46  # holds the label of the ceiling
_LEAST_WIDTH = 4.0


@dataclass(frozen=True, slots=True)
class _Group:
    """What stands over one tick: shares, each None where it is not known."""

    label: str
    build: float | None
    joint: float | None
    ceiling: float | None
    baseline: float | None = None
    pooled: float | None = None

    @property
    def bars(self) -> list[tuple[float, str]]:
        """The bars from left to right: height and colour."""
        known = ((self.baseline, SKY), (self.build, BLUE), (self.joint, GREEN))
        return [(height, colour) for height, colour in known if height is not None]


def draw_build_success(results: Results) -> Drawing | None:
    """Draw build success by experiment, beside joint success and under the ceiling."""
    groups = [_group(results, name, score) for name, score in in_order(results.scores)]
    if not any(group.bars for group in groups):
        return None
    title = "How often a job lands where it succeeds"
    subtitle = "by what the scheduler is told: nothing, a single subsystem, more and more of them (expanding), or all"
    figure, axes = canvas(title, subtitle, scoring_line(results), top=1.3, bottom=1.05)
    left, ticks = 0.0, []
    for group in groups:
        width = _BAR * max(1, len(group.bars))
        _draw_group(axes, group, left)
        ticks.append(left + width / 2)
        left += width + _GAP
    beside = max(0.0, _LEAST_WIDTH - left) / 2  # few groups are not wide ones
    axes.set_xlim(-0.25 - beside, left + beside)
    shares = (value for group in groups for value in (*(height for height, _ in group.bars), group.ceiling))
    highest = max(value for value in shares if value is not None)
    top = next(top for top in (0.1, 0.2, 0.5, 1.0) if highest < top or top == 1.0)
    axes.set_ylim(0, 1.09 * top)
    axes.set_xticks(ticks, [group.label for group in groups], linespacing=1.3, fontsize=SMALL)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("share of jobs")
    axes.grid(axis="y")
    share_axis(axes.yaxis)
    legend_above(axes, _legend(groups), 3)
    caption = (
        "Build success is over the jobs that some cluster matched; joint success counts the unmatched as failed; the "
        "ceiling is the share for which some cluster of the fleet would succeed."
    )
    if results.single is not None:
        caption += (
            " The bars and the ceiling of single are means over "
            f"{counted(results.single.subsystems, 'subsystem')}, each over the jobs that need it, beside the same "
            "jobs with nothing told; the diamond is the mean over all submissions instead."
        )
    parts = [
        f"{experiment_word(name)} {share(group.build, 3)} ({share(group.joint, 3)} joint)"
        for (name, _), group in zip(in_order(results.scores), groups, strict=True)
    ]
    return Drawing("build-success", title, caption, f"Bar chart of build success: {'; '.join(parts)}.", figure)


def draw_marginal_score(results: Results) -> Drawing | None:
    """Draw the mean marginal score by experiment, with its standard deviation."""
    known = [(name, s) for name, s in in_order(results.scores) if s.marginal_score.mean is not None]
    if not known:
        return None
    title = "How much of what a job needs holds where it lands"
    subtitle = "marginal score: the share of a job's outcome rules that hold on its cluster; over jobs that matched one"
    figure, axes = canvas(title, subtitle, scoring_line(results), top=1.1, bottom=1.05)
    means = [s.marginal_score.mean or 0.0 for _, s in known]
    spread = [s.marginal_score.std or 0.0 for _, s in known]
    axes.bar(range(len(known)), means, width=0.5, color=SKY)
    axes.errorbar(
        range(len(known)), means, yerr=spread, fmt="none", ecolor=INK, elinewidth=1.4, capsize=5, capthick=1.4
    )
    for position, mean in enumerate(means):
        axes.annotate(
            share(mean, 3), (position + 0.27, mean), (3, 0), textcoords="offset points", va="center", fontsize=SMALL
        )
    beside = max(0, 3 - len(known)) / 2
    axes.set_xlim(-0.6 - beside, len(known) - 0.25 + beside)
    axes.set_ylim(0, max(1.09, *(m + s + 0.03 for m, s in zip(means, spread, strict=True))))
    labels = [f"{experiment_word(name)}\n{_submissions(results, s, matched=True)}" for name, s in known]
    axes.set_xticks(range(len(known)), labels, linespacing=1.3, fontsize=SMALL)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("share of outcome rules")
    axes.grid(axis="y")
    share_axis(axes.yaxis)
    error_bar = Line2D(
        [], [], color=INK, marker="|", markersize=7, linewidth=1.4, label="± 1 standard deviation of one job"
    )
    legend_above(axes, [error_bar], 1)
    caption = (
        "The mean over matched submissions of the share of a job's outcome rules that hold where it was assigned; the "
        "error bars show one standard deviation between jobs, not the uncertainty of the mean."
    )
    parts = "; ".join(f"{experiment_word(name)} {share(s.marginal_score.mean, 3)}" for name, s in known)
    return Drawing("marginal-score", title, caption, f"Bar chart of the mean marginal score: {parts}.", figure)


def _group(results: Results, name: str, score: Score) -> _Group:
    word, single = experiment_word(name), results.single
    if word != "single" or single is None or single.macro is None:
        label = f"{word}\n{_submissions(results, score)}"
        if score.unmatched:
            label += f"\n{score.total_jobs - score.unmatched:,} matched"
        return _Group(label, score.success_of_matched.mean, score.success, score.ceiling)
    label = f"{word}\nmean of {counted(single.subsystems, 'subsystem')}"
    return _Group(label, *single_shares(results), single.baseline, single.pooled)


def _submissions(results: Results, score: Score, *, matched: bool = False) -> str:
    """Count submissions, which are jobs where each job is submitted once."""
    count = score.total_jobs - score.unmatched if matched else score.total_jobs
    once = score.total_jobs == total_jobs(results)
    text = jobs(count) if once else counted(count, "submission")
    return f"{text}\nthat matched" if matched and score.unmatched else text


def _brief(value: float) -> str:
    """Write a share short enough to stand over a bar."""
    return share(value, 3 if value >= 0.01 else 2)


def _draw_group(axes: Axes, group: _Group, left: float) -> None:
    for i, (height, colour) in enumerate(group.bars):
        middle = left + _BAR * (i + 0.5)
        axes.bar(middle, height, width=_BAR * 0.94, color=colour)
        top, offset = height, 2.5
        if colour == BLUE and group.pooled is not None:
            axes.plot(middle, group.pooled, marker="D", markersize=5, color=ORANGE, markeredgecolor=INK, zorder=4)
            top, offset = max(height, group.pooled), 7
        axes.annotate(
            _brief(height),
            (middle, top),
            (0, offset),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            zorder=5,
            bbox=BEHIND_TEXT,
        )
    if group.ceiling is not None:
        right = left + _BAR * len(group.bars)
        axes.plot([left - 0.05, right + 0.05], [group.ceiling] * 2, color=INK, linewidth=1.6, linestyle=(0, (4, 2)))
        axes.annotate(
            share(group.ceiling, 3),
            (right + 0.05, group.ceiling),
            (2, 0),
            textcoords="offset points",
            va="center" if group.ceiling > 0.03 else "bottom",
            fontsize=SMALL,
            color=MUTED,
            bbox=BEHIND_TEXT,
        )


def _legend(groups: list[_Group]) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [Patch(color=BLUE, label="build success, of those matched")]
    if any(group.joint is not None for group in groups):
        handles.append(Patch(color=GREEN, label="joint success, unmatched as 0"))
    if any(group.ceiling is not None for group in groups):
        handles.append(
            Line2D([], [], color=INK, linestyle=(0, (4, 2)), linewidth=1.6, label="ceiling, the best possible")
        )
    if any(group.baseline is not None for group in groups):
        handles.append(Patch(color=SKY, label="nothing told, same jobs"))
    pooled = next((group.pooled for group in groups if group.pooled is not None), None)
    if pooled is not None:
        handles.append(
            Line2D(
                [],
                [],
                linestyle="none",
                marker="D",
                markersize=5,
                color=ORANGE,
                markeredgecolor=INK,
                label=f"single, pooled: {_brief(pooled)}",
            )
        )
    return handles
