"""The figure of the product: what jobs gain and lose as the scheduler is told more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from placewise.model.results import Results
from placewise.report.drawing import Drawing
from placewise.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    NORMAL,
    SMALL,
    VERMILLION,
    canvas,
    count_axis,
    darker,
    share_axis,
)
from placewise.report.wording import jobs, scoring_line, share, total_jobs

_LABEL = 0.135  # height of a label of two lines, as a share of the axes
_LEAST_ROOM = 0.09


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: x and y, its colour, and the words beside its right end."""

    name: str
    meaning: str
    levels: Sequence[int]
    values: Sequence[float]
    colour: str
    dashed: bool = False


def draw_trade_off(results: Results) -> Drawing | None:
    """Draw success, matches and their product by the number of subsystems told."""
    if not results.curve:
        return None
    title = "Tell the scheduler more: better choices, fewer places to go"
    total = total_jobs(results)
    who = "jobs" if total is None else jobs(total)
    subtitle = (
        f"{who}; the subsystems that each needs are told one at a time, and it goes to a cluster that still matches.\n"
        "A job with fewer subsystems stays as its last one left it."
    )
    figure, axes = canvas(title, subtitle, scoring_line(results), right=2.35, top=1.1)
    lines = _lines(results)
    last = results.curve[-1].level
    _shade(axes, results)
    for line in lines:
        style = {"linestyle": (0, (5, 3)), "linewidth": 1.5, "zorder": 3} if line.dashed else {"linewidth": 2.6}
        marker = "o" if last <= 12 and not line.dashed else None
        axes.plot(line.levels, line.values, color=line.colour, marker=marker, markersize=5, **style)
    axes.set_xlim(0, max(last, 1))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("subsystems told (count)")
    axes.set_ylabel("share of jobs")
    axes.grid(axis="y")
    count_axis(axes.xaxis)
    share_axis(axes.yaxis)
    _label_ends(axes, lines)
    first, end = results.curve[0], results.curve[-1]
    caption = (
        "As more subsystems are told, the jobs that still match a cluster succeed more often, and fewer match any; "
        "joint success, over all jobs, is the product of the two, and the ceiling bounds it."
    )
    alt = (
        f"Lines by number of subsystems told, from {first.level} to {end.level}: build success of the jobs still "
        f"matched from {share(first.success_of_matched, 3)} to {share(end.success_of_matched, 3)}, jobs still "
        f"matched from "
        f"{share(first.share_matched, 3)} to {share(end.share_matched, 3)}, joint success from "
        f"{share(first.success, 3)} to {share(end.success, 3)}; ceiling {share(results.ceiling, 3)}."
    )
    return Drawing("trade-off", title, caption, alt, figure)


def _lines(results: Results) -> list[_Line]:
    curve = results.curve
    levels = [point.level for point in curve]
    # Where nothing matches there is no success to speak of, and the line ends.
    known = [(point.level, point.success_of_matched) for point in curve if point.success_of_matched is not None]
    lines = [
        _Line("build success", "of the jobs still matched", [x for x, _ in known], [y for _, y in known], BLUE),
        _Line("still matched", "of all jobs", levels, [point.share_matched for point in curve], VERMILLION),
    ]
    if results.ceiling is not None:
        ends = [levels[0], max(levels[-1], 1)]
        lines.append(_Line("ceiling", "some cluster would succeed", ends, [results.ceiling] * 2, INK, dashed=True))
    lines.append(
        _Line("joint success", "of all jobs, unmatched as 0", levels, [point.success for point in curve], GREEN)
    )
    return [line for line in lines if line.values]


def _shade(axes: Axes, results: Results) -> None:
    """Tint and name what becomes of the jobs: they succeed, match in vain, or match nowhere."""
    levels = [point.level for point in results.curve]
    matched = [point.share_matched for point in results.curve]
    joint = [point.success for point in results.curve]
    axes.fill_between(levels, 0, joint, color=GREEN, alpha=0.16, linewidth=0)
    axes.fill_between(levels, joint, matched, color=VERMILLION, alpha=0.09, linewidth=0)
    if len(levels) < 2:
        return
    x = np.linspace(levels[0], levels[-1], 241)
    zero, low, high, one = (np.interp(x, levels, y) for y in ([0.0] * len(levels), joint, matched, [1.0] * len(levels)))
    build = [point.success if point.success_of_matched is None else point.success_of_matched for point in results.curve]
    across = [np.interp(x, levels, build), np.full(len(x), results.ceiling or 0.0)]
    for text, under, over, colour in (
        ("succeed", zero, low, darker(GREEN)),
        ("matched, but fail", low, high, darker(VERMILLION)),
        ("match nothing", high, one, MUTED),
    ):
        place = roomiest(under, over, across, round(len(x) * 0.0165 * len(text)))
        if place is not None:
            axes.text(
                x[place[0]],
                _between_grid_lines(place[1]),
                text,
                ha="center",
                va="center",
                color=colour,
                fontsize=NORMAL,
                style="italic",
            )


def _between_grid_lines(height: float) -> float:
    """Move a text that would lie on a grid line, 20 % apart, just below it."""
    nearest = round(height / 0.2) * 0.2
    return nearest - 0.04 if abs(height - nearest) < 0.03 else height


def roomiest(
    under: NDArray[np.float64], over: NDArray[np.float64], across: Sequence[NDArray[np.float64]], width: int
) -> tuple[int, float] | None:
    """Return where in the band between two lines a text has most room: its middle sample and height, or None.

    under, over : (samples,) shares. across : lines that the text must not cover either. width : of the text,
    in samples.
    """
    best: tuple[float, int, float] = (_LEAST_ROOM, 0, 0.0)
    # A hair off the ends, where the axes are.
    for start in range(4, len(under) - width - 4, 3):
        window = slice(start, start + width)
        floors = [float(under[window].max())]
        ceilings = [float(over[window].min())]
        for line in across:
            floors.append(float(line[window].max()))
            ceilings.append(float(line[window].min()))
        for floor in floors:
            # The free room over a floor ends at the lowest ceiling that is not below that floor's line.
            above = [c for c, f in zip(ceilings[1:], floors[1:], strict=True) if f > floor]
            room = min([ceilings[0], *above]) - max(floor, floors[0])
            if room > best[0] + 1e-9:
                best = (room, start + width // 2, max(floor, floors[0]) + room / 2)
    return best[1:] if best[0] > _LEAST_ROOM else None


def _label_ends(axes: Axes, lines: Sequence[_Line]) -> None:
    """Write each line's name and last value to the right of its end, apart from each other."""
    lines = sorted(lines, key=lambda line: -line.values[-1])  # stable: equal ends keep their order
    bottom, top = axes.get_ylim()
    ends = [(line.values[-1] - bottom) / (top - bottom) for line in lines]
    for line, end, place in zip(
        lines, ends, spread(ends, [_LABEL] * len(lines), -_LABEL / 2, 1 + _LABEL / 2), strict=True
    ):
        colour = INK if line.dashed else darker(line.colour)
        start = (line.levels[-1] - axes.get_xlim()[0]) / (axes.get_xlim()[1] - axes.get_xlim()[0])
        axes.plot(
            [start, 1.015, 1.045, 1.055],
            [end, end, place, place],
            transform=axes.transAxes,
            color=colour,
            linewidth=0.9,
            linestyle=(0, (1, 1.5)) if start < 1 else "-",
            clip_on=False,
        )
        words: dict[str, Any] = {"transform": axes.transAxes, "fontsize": SMALL, "color": colour}
        axes.text(1.065, place, f"{line.name} {share(line.values[-1], 3)}", va="bottom", fontweight="bold", **words)
        axes.text(1.065, place - 0.008, line.meaning, va="top", **words)


def spread(wanted: Sequence[float], heights: Sequence[float], bottom: float, top: float) -> list[float]:
    """Return the middles of labels, from the top down, near where each is wanted and none over another.

    wanted : descending. heights : of the labels. bottom, top : no label reaches beyond.
    """
    blocks: list[tuple[float, list[int]]] = []  # (middle, labels) of stacks whose labels touch
    for i, place in enumerate(wanted):
        blocks.append((place, [i]))
        while True:
            middle, members = blocks[-1]
            height = sum(heights[m] for m in members)
            middle = min(middle, top - height / 2)
            blocks[-1] = (middle, members)
            if len(blocks) < 2:
                break
            above, others = blocks[-2]
            if above - sum(heights[m] for m in others) / 2 >= middle + height / 2 - 1e-12:
                break
            merged = others + members
            blocks[-2:] = [(sum(wanted[m] for m in merged) / len(merged), merged)]
    places = [0.0] * len(wanted)
    for middle, members in blocks:
        edge = middle + sum(heights[m] for m in members) / 2
        for member in members:
            places[member] = edge - heights[member] / 2
            edge -= heights[member]
    floor = bottom
    for i in reversed(range(len(places))):
        places[i] = max(places[i], floor + heights[i] / 2)
        floor = places[i] + heights[i] / 2
    return places
