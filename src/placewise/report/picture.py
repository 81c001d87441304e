"""A drawn figure and the words that go with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from placewise.formats.results.results_names import IMAGES
from placewise.formats.writing import write_bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: its file name without ending, the words for it, and its bytes as PNG and SVG.

    caption : what it shows and over which jobs. alt : what a reader who cannot see it should know.
    """

    name: str
    title: str
    caption: str
    alt: str
    png: bytes
    svg: bytes


def write_pictures(pictures: Iterable[Picture], folder: Path) -> tuple[Picture, ...]:
    """Write each picture, once all are drawn, as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    drawn = tuple(pictures)
    for picture in drawn:
        write_bytes(folder / IMAGES / f"{picture.name}.png", picture.png)
        write_bytes(folder / IMAGES / f"{picture.name}.svg", picture.svg)
    return drawn
