"""The figures of runtime models: an overview, and every package's builds under its three fits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from placewise.model.results.runtime_models import BYTES_PER_GIB, KINDS, Kind, ModelCard, Models, PackageModels
from placewise.model.scalar import counted
from placewise.prediction import predict
from placewise.report.data.records import models as numbers
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing, Picture, write_pictures
from placewise.report.words.figures import FigureWords
from placewise.report.words.numbers import number, share, shown

OVERVIEW = "model-overview"
"""The name of the figure that shows all models together."""
COLUMNS, ROWS = 4, 3
WIDTH = 10.4  # inches, as all below
_TOP, _PITCH, _BOTTOM = 1.28, 2.08, 0.52
_LEFT, _BETWEEN = 0.5, 2.52
_PANEL = (2.05, 1.42)
_LONGEST_NAME = 24
_LOOKS: dict[Kind, dict[str, Any]] = {
    "linear": {"color": style.VERMILLION, "linewidth": 1.8, "zorder": 4},
    "log-linear": {"color": style.INK, "linewidth": 1.8, "linestyle": style.DASHED, "zorder": 4},
    "knn": {"color": style.BLUE, "linewidth": 1.1, "zorder": 3},
}


def render_model_figures(models: Models) -> Iterator[Picture]:
    """Yield the overview, then pages of twelve packages in alphabetical order; equal models give equal bytes."""
    with style.house_style():
        overview = draw_overview(models)
        if overview is not None:
            yield overview.rendered()
        per_page = COLUMNS * ROWS
        pages = math.ceil(len(models) / per_page)
        for page in range(pages):
            chosen = models.by_package[page * per_page : (page + 1) * per_page]
            yield draw_fits(models, chosen, page + 1, pages).rendered()


def draw_model_figures(models: Models, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    return write_pictures(render_model_figures(models), folder)


def draw_overview(models: Models) -> Drawing | None:
    """Draw which way and how strongly duration goes with memory, and how far off models are; None where not known."""
    cards = numbers.validated(models)
    if not cards:
        return None
    positive, medians = (
        sum(card.slope_sign > 0 for card in cards),
        numbers.median_errors([card.validation for card in cards]),
    )
    parts = ", ".join(f"{kind} {share(medians[kind], 3)}" for kind in KINDS)
    mean = share(medians[numbers.MEAN], 3)
    words = FigureWords(
        OVERVIEW,
        "Does memory predict how long a build takes?",
        "Left: the slope of the linear model as the change of duration with a change of memory, both relative to their "
        f"means; above 0, builds that use more memory take longer: {positive} of {counted(len(cards), 'package')}. "
        "Right: mean absolute error as a share of the mean duration, less that of the mean; packages left of the line "
        f"are predicted better by the model than by their mean. Median errors: {parts}, the mean {mean}.",
        f"{positive} of {len(cards)} slopes are positive. Median errors: {parts}; always the mean: {mean}.",
    )
    subtitle = (
        f"{counted(len(cards), 'package')}, each with its own models; left, how duration goes with memory; right, the "
        f"error on builds\nthat were not seen ({models.folds}-fold cross-validation), beside always predicting the "
        "package's mean duration"
    )
    figure = style.sheet(words.title, subtitle, "one mark a package", WIDTH, 5.0)
    _draw_slopes(figure.add_axes((0.075, 0.17, 0.34, 0.56)), models)
    _draw_errors(figure.add_axes((0.575, 0.17, 0.4, 0.56)), cards)
    return Drawing(words, figure)


def draw_fits(models: Models, chosen: Sequence[PackageModels], page: int, pages: int) -> Drawing:
    """Draw the builds of up to twelve packages, each under its three fits."""
    names = f"{shown(chosen[0].package, _LONGEST_NAME)} to {shown(chosen[-1].package, _LONGEST_NAME)}"
    words = FigureWords(
        f"models-{page:02d}",
        f"Builds and fits, page {page} of {pages}",
        f"{names}: the duration of every build by the mean memory that it used, with the linear, the log-linear and "
        "the five-nearest-neighbours model over the memory seen.",
        "; ".join(f"{shown(one.package, _LONGEST_NAME)}: {_wording(one.card)}" for one in chosen) + ".",
    )
    subtitle = (
        f"{names}; duration by mean memory used, each package on scales of its own; the percentages are cross-\n"
        "validated errors as shares of the mean duration: linear, log-linear, nearest neighbours | always the mean"
    )
    height = _TOP + _PITCH * math.ceil(len(chosen) / COLUMNS) + _BOTTOM - (_PITCH - _PANEL[1] - 0.25)
    note = "x: memory (GiB), y: duration (minutes); one mark a build"
    figure = style.sheet(words.title, subtitle, note, WIDTH, height)
    for place, one in enumerate(chosen):
        row, column = divmod(place, COLUMNS)
        corner = (_LEFT + column * _BETWEEN, height - _TOP - row * _PITCH - _PANEL[1])
        _draw_package(style.axes_at(figure, *corner, *_PANEL), models, one)
    handles = [Line2D([], [], label=_LABELS[kind], **_LOOKS[kind]) for kind in KINDS]
    figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=(1 - style.MARGIN / WIDTH, 1 - 0.14 / height),
        ncols=3,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.4,
        handlelength=1.8,
    )
    return Drawing(words, figure)


def _draw_package(axes: Axes, models: Models, one: PackageModels) -> None:
    card = one.card
    least, most = card.memory_range_bytes
    x = one.memory_bytes / BYTES_PER_GIB
    # As pixels also in the SVG: a thousand builds as shapes would be most of the file.
    axes.scatter(x, one.duration_s / 60, s=7, color=style.SKY, alpha=0.55, linewidths=0, rasterized=True, zorder=2)
    grid = np.unique(np.concatenate([np.linspace(least, most, 300), one.memory_bytes]))
    for kind in KINDS:
        runtime = predict(models, kind, one.package, grid).runtime_s / 60
        axes.plot(grid / BYTES_PER_GIB, runtime, alpha=0.9, **_LOOKS[kind])
    low, high = x[0], x[-1]
    beside = 0.04 * (high - low) or 0.04 * high
    axes.set_xlim(low - beside, high + beside)
    top = float(one.duration_s.max()) / 60
    axes.set_ylim(0, 1.08 * top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.tick_params(labelsize=7.5, length=2.5, pad=2)
    axes.grid(axis="y", linewidth=0.6)
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    axes.annotate(shown(one.package, _LONGEST_NAME), (0, 1), (0, 15), fontsize=style.SMALL, fontweight="bold", **place)
    axes.annotate(_wording(card), (0, 1), (0, 4.5), fontsize=7.0, color=style.MUTED, **place)


def _draw_slopes(axes: Axes, models: Models) -> None:
    relative = numbers.relative_slopes(models)
    position = np.arange(1, len(relative) + 1)
    for chosen, colour in ((relative < 0, style.BLUE), (relative == 0, style.MUTED), (relative > 0, style.VERMILLION)):
        axes.scatter(relative[chosen], position[chosen], s=11, color=colour, linewidths=0, zorder=3)
    axes.axvline(0, color=style.INK, linewidth=1.2)
    # Symmetric, so that the sides can be compared by eye.
    reach = 1.12 * max(0.1, float(np.abs(relative).max()))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(0, len(relative) + 1)
    axes.set_xlabel("% more duration for 1 % more memory (linear model)")
    axes.set_ylabel("packages in order (count)")
    axes.grid(axis="x")
    below, above = int((relative < 0).sum()), int((relative > 0).sum())
    place: dict[str, Any] = {"xycoords": "axes fraction", "va": "bottom", "fontsize": style.SMALL}
    axes.annotate(f"more memory, faster: {below:,}", (0.49, 1.015), ha="right", color=style.BLUE, **place)
    axes.annotate(f"more memory, slower: {above:,}", (0.51, 1.015), ha="left", color=style.VERMILLION, **place)


def _draw_errors(axes: Axes, cards: Sequence[ModelCard]) -> None:
    """Draw by how much each model's error is above or below that of the mean, as marks with quartiles."""
    for row, kind in enumerate(reversed(KINDS)):
        gains = numbers.gains(cards, kind)
        # A fixed scatter across the row: no random numbers for what is only legibility.
        across = row + 0.28 * (np.argsort(np.argsort(gains)) * 0.618034 % 1 - 0.5) * 2
        axes.scatter(gains, across, s=11, color=style.SKY, alpha=0.7, linewidths=0, zorder=2)
        low, middle, high = np.quantile(gains, [0.25, 0.5, 0.75])
        axes.plot([low, high], [row, row], color=style.INK, linewidth=5, alpha=0.35, solid_capstyle="butt", zorder=3)
        axes.plot([middle, middle], [row - 0.3, row + 0.3], color=style.INK, linewidth=2.2, zorder=4)
        better = int((gains < 0).sum())
        axes.annotate(
            f"better for {better:,} of {len(gains):,}",
            (0.01, row + 0.12),
            xycoords=("axes fraction", "data"),
            va="bottom",
            fontsize=style.SMALL,
            color=style.MUTED,
        )
    axes.axvline(0, color=style.INK, linewidth=1.2, zorder=1)
    axes.set_yticks(range(len(KINDS)), [_LABELS[kind] for kind in reversed(KINDS)])
    axes.set_ylim(-0.5, len(KINDS) - 0.35)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    style.share_axis(axes.xaxis)
    axes.set_xlabel("error minus the error of the mean (points of mean duration)")
    handles = [
        Line2D([], [], color=style.INK, linewidth=2.2, label="median"),
        Line2D([], [], color=style.INK, alpha=0.35, linewidth=5, label="middle half of packages"),
    ]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderpad=0, handlelength=1.4)


def _wording(card: ModelCard) -> str:
    text = counted(card.builds, "build")
    if card.validation is None:
        return f"{text}, {number(card.slope_s_per_gib, 3)} s/GiB"
    of_kinds = (card.validation.linear, card.validation.log_linear, card.validation.knn)
    errors = " ".join(f"{100 * one.relative_error:.0f}" for one in of_kinds)
    return f"{text}: {errors} | {100 * card.validation.mean.relative_error:.0f} %"


_LABELS: dict[Kind, str] = {"linear": "linear", "log-linear": "log-linear", "knn": "nearest neighbours"}
