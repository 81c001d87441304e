"""Figures with their words: drawn, as bytes, and in files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from placewise.formats.results.results_names import IMAGES
from placewise.formats.writing import write_bytes
from placewise.report.drawn.style import png, svg
from placewise.report.words.figures import FigureWords


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: its words, as in `FigureWords`, and its bytes as PNG and SVG."""

    name: str
    title: str
    caption: str
    alt: str
    png: bytes
    svg: bytes


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure before it is written, and its words."""

    words: FigureWords
    figure: Figure

    def rendered(self) -> Picture:
        """Return the picture that is drawn; equal figures give equal bytes."""
        return Picture(*self.words, png=png(self.figure), svg=svg(self.figure, self.words.title))


def write_pictures(pictures: Iterable[Picture], folder: Path) -> tuple[Picture, ...]:
    """Write each picture, once all are drawn, as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    drawn = tuple(pictures)
    for picture in drawn:
        write_bytes(folder / IMAGES / f"{picture.name}.png", picture.png)
        write_bytes(folder / IMAGES / f"{picture.name}.svg", picture.svg)
    return drawn
