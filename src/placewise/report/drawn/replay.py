"""The figures of a replay: the schedule, the load over time, the waits by class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from placewise.model.traces.replayed import Answer, Replayed
from placewise.report.data.replays import replay as numbers
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing, Picture, write_pictures
from placewise.report.words.figures import FigureWords
from placewise.report.words.numbers import amount, distinct, share
from placewise.report.words.replays import replay_figures as words_of
from placewise.report.words.replays.replay import time_words

_COLOURS = (style.SKY, style.ORANGE, style.GREEN, style.PURPLE, style.YELLOW, style.BLUE, style.VERMILLION)
_OTHERS = "others"
_LEFT, _RIGHT = 0.9, 0.3


def draw_replay_figures(replayed: Answer, times: numbers.OverTime | None, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    times : what is used and waits over time; None where none passes.

    Raises InputError when the folder cannot be written to.
    """
    with style.house_style():
        drawings = (draw_schedule(replayed, times), draw_load(replayed, times), draw_waits(replayed))
        return write_pictures([drawing.rendered() for drawing in drawings if drawing is not None], folder)


def draw_schedule(replayed: Answer, times: numbers.OverTime | None) -> Drawing | None:
    """Draw each attempt as a bar, or where there are too many, the processors in use; None where nothing ran."""
    if isinstance(replayed, Replayed):
        bars = numbers.bars_of(replayed)
        if bars is not None:
            return _draw_bars(replayed, bars)
    return None if times is None else _draw_allocation(replayed, times)


def _draw_bars(replayed: Replayed, bars: numbers.Bars) -> Drawing:
    words = words_of.bars_words(replayed, bars)
    subtitle = "each bar is an attempt: when it ran, and how many processors it held"
    figure, axes = _canvas(replayed, words, subtitle, 5.4, beside=len(replayed.schedule.clusters) > 1)
    corners = np.stack(
        [
            np.stack([bars.start, bars.low], axis=1),
            np.stack([bars.end, bars.low], axis=1),
            np.stack([bars.end, bars.high], axis=1),
            np.stack([bars.start, bars.high], axis=1),
        ],
        axis=1,
    )
    # Neighbours in the order of jobs get different shades, so that they can be told apart.
    shades = np.array([style.SKY, style.BLUE, "#9AD0F5", "#3D8FC4"])
    colours = np.where(bars.failed, style.VERMILLION, shades[bars.job % len(shades)])
    few = len(bars.start) <= 300
    axes.add_collection(
        PolyCollection(
            list(corners), facecolors=colours.tolist(), edgecolors="white", linewidths=0.5 if few else 0.15, zorder=2
        )
    )
    schedule = replayed.schedule
    top = 0
    for name, size in zip(distinct(schedule.clusters, 24), schedule.capacity.tolist(), strict=True):
        if len(schedule.clusters) > 1:
            axes.axhline(top, color=style.INK, linewidth=0.8, zorder=3)
            axes.annotate(
                name,
                (1, top + size / 2),
                (4, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                fontsize=style.SMALL,
                color=style.MUTED,
                annotation_clip=False,
            )
        top += size
    axes.set_xlim(0, float(bars.end.max()))
    axes.set_ylim(0, top)
    axes.set_ylabel("processors")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    time_axis(axes)
    if bars.failed.any():
        handles = [Patch(color=style.SKY, label="ended well"), Patch(color=style.VERMILLION, label="failed")]
        style.legend_above(axes, handles, 2)
    return Drawing(words, figure)


def _draw_allocation(replayed: Answer, found: numbers.OverTime) -> Drawing:
    words = words_of.allocation_words(replayed, found)
    figure, axes = _canvas(replayed, words, "processors in use, by cluster", 5.0)
    names = distinct([one.name for one in replayed.summary.clusters], 24)
    capacity = sum(one.processors for one in replayed.summary.clusters)
    order = np.argsort(-found.used.mean(axis=1), kind="stable")
    own = order[: len(_COLOURS)]
    layers, labels = [found.used[at] for at in own], [names[at] for at in own]
    colours = list(_COLOURS[: len(own)])
    if len(order) > len(own):
        layers.append(found.used[order[len(own) :]].sum(axis=0))
        labels.append(_OTHERS)
        colours.append(style.FAINT)
    base = np.zeros(len(found.edges) - 1)
    for layer, colour in zip(layers, colours, strict=True):
        axes.stairs(base + layer, found.edges, baseline=base, fill=True, color=colour, zorder=2)
        base = base + layer
    axes.axhline(capacity, **style.CEILING)
    axes.set_xlim(0, float(found.edges[-1]))
    axes.set_ylim(0, 1.06 * float(capacity))
    axes.set_ylabel("processors in use")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(axis="y")
    time_axis(axes)
    handles: list[Patch | Line2D] = [
        Patch(color=colour, label=label) for colour, label in zip(colours, labels, strict=True)
    ]
    handles.append(Line2D([], [], label="all processors", **style.CEILING))
    style.legend_above(axes, handles, 4)
    return Drawing(words, figure)


def draw_load(replayed: Answer, found: numbers.OverTime | None) -> Drawing | None:
    """Draw utilisation and queue over time; None where no time passes."""
    if found is None:
        return None
    words = words_of.load_words(replayed, found)
    figure = style.sheet(
        words.title, "means over spans of equal length", words_of.replay_note(replayed), style.WIDTH, 5.6
    )
    width = style.WIDTH - _LEFT - _RIGHT
    above = style.axes_at(figure, _LEFT, 3.05, width, 1.65)
    below = style.axes_at(figure, _LEFT, 0.95, width, 1.65)
    capacity = sum(one.processors for one in replayed.summary.clusters)
    above.stairs(found.used.sum(axis=0) / capacity, found.edges, fill=True, color=style.SKY, zorder=2)
    if replayed.summary.utilisation is not None:
        above.axhline(replayed.summary.utilisation, **style.CEILING)
        above.annotate(
            f"{share(replayed.summary.utilisation, 3)} over all",
            (1, 1),
            (0, 3),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=style.SMALL,
            color=style.MUTED,
        )
    above.set_ylim(0, 1.02)
    style.share_axis(above.yaxis)
    above.set_ylabel("utilisation")
    above.tick_params(labelbottom=False)
    below.stairs(found.waiting, found.edges, fill=True, color=style.ORANGE, zorder=2)
    below.set_ylim(0, max(1.0, 1.06 * float(found.waiting.max())))
    below.set_ylabel("jobs that wait")
    for axes in (above, below):
        axes.set_xlim(0, float(found.edges[-1]))
        axes.grid(axis="y")
        time_axis(axes)
    above.set_xlabel("")
    return Drawing(words, figure)


def draw_waits(replayed: Answer) -> Drawing | None:
    """Draw the mean wait of each class of size and runtime; None where nothing ran."""
    found = numbers.class_waits(replayed.summary)
    if found is None:
        return None
    words = words_of.wait_words(found)
    rows = len(found.sizes)
    height = 2.2 + 0.62 * rows
    figure, axes = _canvas(
        replayed, words, "mean wait; under it how many jobs of the class there are", height, left=1.35
    )
    # A minute and less is one colour: nobody minds.
    shade = np.ma.masked_invalid(np.maximum(found.wait_s, 60.0))
    most = max(float(shade.max()), 3600.0)
    axes.imshow(shade, cmap="YlOrBr", norm=LogNorm(60.0, 40 * most), aspect="auto", zorder=1)
    for row in range(rows):
        for column in range(len(found.runtimes)):
            if not found.jobs[row, column]:
                continue
            place = (column, row)
            axes.annotate(
                time_words(float(found.wait_s[row, column])),
                place,
                (0, 1),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontweight="bold",
                fontsize=style.NORMAL,
            )
            axes.annotate(
                amount(int(found.jobs[row, column])),
                place,
                (0, -2),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=style.SMALL,
            )
    axes.set_xticks(range(len(found.runtimes)), found.runtimes)
    axes.set_yticks(range(rows), found.sizes)
    axes.set_xlabel("runtime")
    axes.set_ylabel("processors")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return Drawing(words, figure)


def _canvas(
    replayed: Answer, words: FigureWords, subtitle: str, height: float, *, left: float = _LEFT, beside: bool = False
) -> tuple[Figure, Axes]:
    figure = style.sheet(words.title, subtitle, words_of.replay_note(replayed), style.WIDTH, height)
    right = 1.2 if beside else _RIGHT
    return figure, style.axes_at(figure, left, 0.85, style.WIDTH - left - right, height - 1.1 - 0.85)


def time_axis(axes: Axes) -> None:
    """Put ticks on an axis of days: in minutes or hours where it is short."""
    end_days = axes.get_xlim()[1]
    units = (("days", 1, 2.0), ("hours", 24, 2 / 24), ("minutes", 24 * 60, 0.0))
    unit, in_a_day = next((name, size) for name, size, least in units if end_days >= least)
    end = end_days * in_a_day
    ticks = [tick for tick in MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(0, end) if tick <= end * (1 + 1e-9)]
    axes.set_xticks([tick / in_a_day for tick in ticks], [f"{tick:,.10g}" for tick in ticks])
    axes.set_xlabel(f"{unit} since the first submission")
