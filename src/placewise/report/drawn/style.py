"""The look of every figure: one size, one palette, one place for each part."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from placewise.model.results.results import Results
from placewise.report.data.statistics import Histogram
from placewise.report.words.figures import FigureWords
from placewise.report.words.names import scoring_line
from placewise.report.words.numbers import NARROW_SPACE, share

# The palette of Okabe and Ito (2008), which colour-blind readers can tell apart, in shades that are dark enough on
# white. The page has the same by day.
BLUE, ORANGE, GREEN, VERMILLION, SKY = "#0072B2", "#B87700", "#00795A", "#C24E00", "#3D94C7"
PURPLE, YELLOW = "#A8487F", "#F0E442"
INK, MUTED, FAINT, RULE = "#1A1A1A", "#555555", "#DDDDDD", "#EEEEEE"

WIDTH, HEIGHT, MARGIN = 8.4, 5.0, 0.18  # inches
DPI = 150
DASHED, DOTTED = (0, (4, 2)), (0, (1, 2))
GAP: dict[str, Any] = {"color": FAINT, "linewidth": 4, "zorder": 2}
CEILING: dict[str, Any] = {"color": INK, "linewidth": 1.6, "linestyle": DASHED}
"""How the ceiling and medians are drawn."""
BEHIND_TEXT = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85}
SMALL, NORMAL, TITLE = 9.0, 10.0, 14.0  # points

_SETTINGS: dict[Any, Any] = {  # the type of its keys differs between versions of matplotlib
    "svg.fonttype": "none",
    "svg.hashsalt": "placewise",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],
    "font.size": NORMAL,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": NORMAL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": NORMAL,
    "ytick.labelsize": NORMAL,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": SMALL,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in our style inside the block, whatever the user's own settings of matplotlib are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def canvas(
    results: Results,
    words: FigureWords,
    subtitle: str,
    *,
    left: float = 0.85,
    right: float = 0.3,
    top: float = 1.1,
    bottom: float = 0.85,
    width: float = WIDTH,
    height: float = HEIGHT,
) -> tuple[Figure, Axes]:
    """Return a figure with its title, at most two lines of subtitle, the scoring at its foot, and axes between.

    left, right, top, bottom : margins in inches. width, height : of the whole, in inches.
    """
    figure = sheet(words.title, subtitle, scoring_line(results), width, height)
    return figure, axes_at(figure, left, bottom, width - left - right, height - top - bottom)


def sheet(title: str, subtitle: str, note: str, width: float, height: float) -> Figure:
    """Return an empty figure with its title, at most two lines of subtitle and a note at its foot."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    place: dict[str, Any] = {"ha": "left", "transform": figure.dpi_scale_trans}
    figure.text(MARGIN, height - 0.16, title, va="top", fontsize=TITLE, fontweight="bold", **place)
    figure.text(MARGIN, height - 0.5, subtitle, va="top", fontsize=SMALL, color=MUTED, linespacing=1.35, **place)
    figure.text(MARGIN, 0.1, note, va="bottom", fontsize=SMALL, color=MUTED, **place)
    return figure


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes at a place in inches."""
    wide, high = figure.get_size_inches()
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def legend_above(axes: Axes, handles: Sequence[Artist], columns: int, *, lift: float = 0.0) -> None:
    """Explain marks in a block between subtitle and axes, flush with the title.

    lift : inches between the block and the axes.
    """
    assert isinstance(axes.figure, Figure)
    width, height = axes.figure.get_size_inches()
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(MARGIN / width, axes.get_position().y1 + 0.01 + lift / height),
        bbox_transform=axes.figure.transFigure,
        ncols=columns,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.6,
        columnspacing=1.8,
    )


def share_axis(axis: Axis) -> None:
    """Write an axis of shares from 0 to 1 in percent."""
    axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(100 * value, 6):g}{NARROW_SPACE}%"))


def success_axes(axes: Axes, top: float, label: str = "success (share of all jobs)") -> None:
    """Let the y axis be shares from zero to a bit beyond `top`."""
    axes.set_ylim(0, min(1.02, 1.08 * max(top, 0.01)))
    axes.set_ylabel(label)
    axes.grid(axis="y")
    share_axis(axes.yaxis)


def ceiling_label(value: float) -> str:
    """Name the line of the ceiling."""
    return f"ceiling {share(value, 3)}"


def write_at(axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **how: Any) -> None:
    """Write small text some points from a place in the data."""
    usual: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "va": "center"}
    axes.annotate(text, at, offset, **(usual | how))


def count_axis(axis: Axis) -> None:
    """Write an axis of counts in whole numbers with thousands separators."""
    axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def from_zero(axes: Axes, values: NDArray[np.float64], end: float = 1.06, steps: int = 5) -> None:
    """Let an x axis of amounts reach from zero, or the least below it, to a bit beyond the most.

    end : where it ends, as a multiple of its length to the most. steps : between marked amounts, at most.
    """
    known = values[~np.isnan(values)]
    least, most = min(0.0, float(known.min(initial=0.0))), max(0.0, float(known.max(initial=0.0)))
    if least == most:
        most = 1.0
    axes.set_xlim(least - 0.06 * (most - least) * (least < 0), least + end * (most - least))
    if least < 0:
        axes.axvline(0, color=INK, linewidth=1.0, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(steps, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(axis="x")


def name_rows(axes: Axes, labels: Sequence[str], *, at_least: int = 0) -> None:
    """Name rows at 0, 1, ... from the top. at_least : for how many rows there is room."""
    axes.set_ylim(max(len(labels), at_least) - 0.4, -0.6)
    axes.set_yticks(range(len(labels)), labels, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)


def dot(colour: str, size: float = 7.5, marker: str = "o") -> dict[str, Any]:
    """Return how a filled mark is drawn."""
    return {"linestyle": "none", "marker": marker, "markersize": size, "color": colour}


def ring(colour: str) -> dict[str, Any]:
    """Return how a hollow mark is drawn, which leaves a filled one on it to be seen."""
    return dot("white") | {"markeredgecolor": colour, "markeredgewidth": 2}


def draw_histogram(axes: Axes, counted: Histogram) -> None:
    """Draw a histogram's bars with gaps between, which unlike outlines leave low bars to be seen."""
    widths = np.diff(counted.edges)
    axes.bar(counted.edges[:-1] + 0.03 * widths, counted.counts, 0.94 * widths, align="edge", color=SKY, zorder=2)


@lru_cache(maxsize=1024)
def text_width(text: str, size: float = SMALL, *, bold: bool = False) -> float:
    """Return how wide a line of text is drawn, in inches."""
    font = FontProperties(weight="bold" if bold else "normal", size=size)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def fitting(text: str, width: float, size: float = SMALL) -> str:
    """Return a text, cut short with dots if it is wider than so many inches."""
    if text_width(text, size) <= width:
        return text
    return next(
        (f"{text[:n]}..." for n in range(len(text) - 1, 0, -1) if text_width(f"{text[:n]}...", size) <= width), ""
    )


def in_lines(label: str, width: float) -> str:
    """Break a label before each plus or after each comma where a line would be wider than so many inches."""
    lines = [""]
    for part in label.replace(" + ", "\n+ ").replace(", ", ",\n").split("\n"):
        joined = f"{lines[-1]} {part}".strip()
        if text_width(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return "\n".join(fitting(line, width) for line in lines if line)


def darker(colour: str) -> str:
    """Return a shade of a colour that is dark enough for small text on white."""
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * 0.72):02X}" for i in (1, 3, 5))


def png(figure: Figure) -> bytes:
    """Return a figure as PNG; equal figures give equal bytes."""
    # Hardly larger than the default, and quicker.
    return _saved(figure, "png", {"Software": None}, pil_kwargs={"compress_level": 3})


def svg(figure: Figure, title: str) -> bytes:
    """Return a figure as SVG whose text is text; equal figures give equal bytes."""
    return _saved(figure, "svg", {"Date": None, "Creator": "Placewise", "Title": title})


def _saved(figure: Figure, kind: str, metadata: dict[str, str | None], **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata, **options)
    return buffer.getvalue()
