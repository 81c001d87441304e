"""A figure before it is written, with the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure and its words, as in `picture.Picture`."""

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure
