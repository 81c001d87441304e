"""Marks in a plane with their names beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from placewise.report.drawn import style
from placewise.report.drawn.labels import Box, apart, place_labels

RING: dict[str, Any] = style.dot("none", 12) | {"markeredgecolor": style.VERMILLION, "markeredgewidth": 2}
"""How a mark that is emphasised is ringed."""
ON_WHITE: dict[str, Any] = style.BEHIND_TEXT | {"pad": 0.5}

_LINE = 0.155  # inches, as all below
_RADIUS = 0.065
_SAME = 0.03
_ASIDE = 0.24
_LEAST_LEADER = 0.12
_WIDEST_NAME = 1.75


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at (x, y) of the data, its name and colour, and whether it is emphasised."""

    x: float
    y: float
    label: str
    colour: str
    strong: bool = False


def draw_marks(axes: Axes, marks: Sequence[Mark], *, beside: float = 0.0, taken: Sequence[Box] = ()) -> None:
    """Draw marks and their names, which lie over nothing; marks in one place share a name.

    beside : the room for names right of the axes, in inches; those of marks at that edge are listed there.
    taken : boxes, in inches from the lower left corner, that no name may cover. A name without room is left out, as
        tables have them all.
    """
    width, height = _size(axes)
    for mark in marks:
        for look in [style.dot(mark.colour) | {"markeredgecolor": "white"}, *[RING] * mark.strong]:
            axes.plot(mark.x, mark.y, clip_on=False, zorder=4, **look)
    at_edge = _at_edge(axes, marks) if beside else []
    for mark, box in at_edge:
        _draw_label(axes, mark, mark.label, box)
    listed = [mark for mark, _ in at_edge]
    groups = _in_one_place(axes, sorted((m for m in marks if m not in listed), key=lambda mark: not mark.strong))
    labels = [",\nand ".join(style.in_lines(mark.label, _WIDEST_NAME) for mark in group) for group in groups]
    sizes = [_room(label, bold=group[0].strong) for group, label in zip(groups, labels, strict=True)]
    where = [inches(axes, group[0].x, group[0].y) for group in groups]
    area = Box(0.0, 0.0, width + max(0.0, beside - 0.05), height)
    full = [
        *taken,
        *(box for _, box in at_edge),
        *(along(axes, m.x, m.y, m.x, m.y, (_RADIUS, _RADIUS)) for m in listed),
    ]
    for group, label, place in zip(groups, labels, place_labels(where, sizes, area, _RADIUS, full), strict=True):
        if place is not None:
            _draw_label(axes, group[0], label, place)


def _at_edge(axes: Axes, marks: Sequence[Mark]) -> list[tuple[Mark, Box]]:
    """List the names of marks at the right edge beside it, in their order from the top."""
    width, height = _size(axes)
    found = sorted((m for m in marks if inches(axes, m.x, m.y)[0] >= width - _SAME), key=lambda mark: -mark.y)
    middles = apart([inches(axes, m.x, m.y)[1] for m in found], _LINE * 1.3, -_LINE, height + _LINE)
    left, rooms = width + _RADIUS + _ASIDE, [_room(m.label, bold=m.strong) for m in found]
    boxes = [Box(left, y - _LINE / 2, left + room[0], y + _LINE / 2) for y, room in zip(middles, rooms, strict=True)]
    return list(zip(found, boxes, strict=True))


def inches(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """Return where a place in the data lies from the lower left corner of the axes."""
    (left, right), (bottom, top), (width, height) = axes.get_xlim(), axes.get_ylim(), _size(axes)
    return (x - left) / (right - left) * width, (y - bottom) / (top - bottom) * height


def along(axes: Axes, x: float, y: float, x1: float, y1: float, air: tuple[float, float] = (0.02, 0.02)) -> Box:
    """Return the box in inches that a level or upright line takes, with air about it."""
    (left, bottom), (right, top) = inches(axes, x, y), inches(axes, x1, y1)
    return Box(left - air[0], min(bottom, top) - air[1], right + air[0], max(bottom, top) + air[1])


def _size(axes: Axes) -> tuple[float, float]:
    return axes.bbox.width / style.DPI, axes.bbox.height / style.DPI


def _in_one_place(axes: Axes, marks: Sequence[Mark]) -> list[list[Mark]]:
    """Group marks that cover each other."""
    groups: list[list[Mark]] = []
    for mark in marks:
        x, y = inches(axes, mark.x, mark.y)
        for group in groups:
            other = inches(axes, group[0].x, group[0].y)
            if abs(other[0] - x) < _SAME and abs(other[1] - y) < _SAME:
                group.append(mark)
                break
        else:
            groups.append([mark])
    return groups


def _draw_label(axes: Axes, mark: Mark, label: str, box: Box) -> None:
    """Write a label in its box, with a line to its mark where it lies further off."""
    (width, height), (x, y), colour = _size(axes), inches(axes, mark.x, mark.y), style.darker(mark.colour)
    near = box.nearest((x, y))
    if abs(near[0] - x) + abs(near[1] - y) > _RADIUS + _LEAST_LEADER:
        ends = [x / width, near[0] / width], [y / height, near[1] / height]
        axes.plot(*ends, color=colour, linewidth=0.8, zorder=3, transform=axes.transAxes, clip_on=False)
    side = "left" if near[0] == box.left else "right" if near[0] == box.right else "center"
    at = {"left": box.left, "right": box.right, "center": (box.left + box.right) / 2}[side]
    axes.text(
        at / width,
        (box.bottom + box.top) / 2 / height,
        label,
        ha=side,
        va="center",
        color=colour,
        fontsize=style.SMALL,
        fontweight="bold" if mark.strong else "normal",
        linespacing=1.15,
        bbox=ON_WHITE,
        transform=axes.transAxes,
        zorder=5,
    )


def _room(label: str, *, bold: bool) -> tuple[float, float]:
    """Return the width and height of a label, in inches."""
    lines = label.split("\n")
    return max(style.text_width(line, bold=bold) for line in lines), _LINE * len(lines)
