"""A figure before it is written, with the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from placewise.report.picture import Picture
from placewise.report.style import png, svg


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure and its words, as in `picture.Picture`."""

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure

    def rendered(self) -> Picture:
        """Return the picture that is drawn; equal figures give equal bytes."""
        return Picture(self.name, self.title, self.caption, self.alt, png(self.figure), svg(self.figure, self.title))
