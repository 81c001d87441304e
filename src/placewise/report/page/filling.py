"""The templates of pages, filled in."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined

import placewise
from placewise.report.drawn.picture import Picture

Embedded: TypeAlias = tuple[Picture, str, tuple[int, int] | None]
"""A picture, its SVG in base 64, and its width and height in pixels where it says them."""

_SIDE = re.compile(rb'\b(width|height)="([0-9.]+)pt"')
_PIXELS_A_POINT = 96 / 72


def filled(template: str, **values: Any) -> str:
    """Return a page as HTML; every text from outside is escaped."""
    environment = Environment(
        loader=PackageLoader("placewise.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(version=placewise.__version__, **values)


def embedded(pictures: Iterable[Picture]) -> list[Embedded]:
    """Return pictures as a page holds them."""
    return [(picture, base64.b64encode(picture.svg).decode(), _pixels(picture)) for picture in pictures]


def _pixels(picture: Picture) -> tuple[int, int] | None:
    """Return the size that an SVG is shown in, so that a page keeps the room for it; None where it does not say."""
    tag = picture.svg[picture.svg.find(b"<svg") :].partition(b">")[0]
    sides = {name: round(float(points) * _PIXELS_A_POINT) for name, points in _SIDE.findall(tag)}
    return (sides[b"width"], sides[b"height"]) if len(sides) == 2 else None
