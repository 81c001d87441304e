"""A drawn figure and the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass


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
