"""Marks in a plane with their names beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from placewise.report.label_places import Box, Place, place_labels
from placewise.report.style import BEHIND_TEXT, DPI, SMALL, VERMILLION, darker, dot, text_width
from placewise.report.trade_off import spread

RING: dict[str, Any] = dot("none", 12) | {"markeredgecolor": VERMILLION, "markeredgewidth": 2}
"""How a mark that stands out is ringed."""
ON_WHITE: dict[str, Any] = BEHIND_TEXT | {"pad": 0.5}

_LINE = 0.155  # inches, as all below
_RADIUS = 0.065
_EDGE = 0.03
_SAME = 0.03
_ASIDE = 0.24
_LEAST_LEADER = 0.08
_LONG = 24  # letters


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at (x, y) of the data, its name and colour, and whether it stands out."""

    x: float
    y: float
    label: str
    colour: str
    strong: bool = False


def draw_marks(axes: Axes, marks: Sequence[Mark], *, beside: float = 0.0, taken: Sequence[Box] = ()) -> None:
    """Draw marks and their names, which lie over nothing; marks in one place share a name.

    beside : the room right of the axes, in inches; names of marks at that edge are listed there.
    taken : boxes, in inches from the lower left corner, that no name may cover.
    """
    width, height = axes.bbox.width / DPI, axes.bbox.height / DPI
    groups = _in_one_place(
        axes, sorted(marks, key=lambda mark: not mark.strong), apart=width - _SAME if beside else width
    )
    where = [_inches(axes, group[0]) for group in groups]
    labels = [",\nand ".join(_in_two_lines(mark.label) for mark in group) for group in groups]
    at_edge = [i for i, (x, _) in enumerate(where) if beside and x >= width - _SAME]
    for i in at_edge:
        labels[i] = groups[i][0].label
    sizes = [
        (max(text_width(line, bold=group[0].strong) for line in label.split("\n")), _LINE * (label.count("\n") + 1))
        for group, label in zip(groups, labels, strict=True)
    ]
    places = dict(zip(at_edge, _listed([where[i] for i in at_edge], [sizes[i] for i in at_edge], height), strict=True))
    free = [i for i in range(len(groups)) if i not in places]
    listed = [(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in (where[i] for i in at_edge)]
    listed += [place.box for place in places.values()]
    area = (0.0, 0.0, width + max(0.0, beside - _EDGE), height)
    found = place_labels([where[i] for i in free], [sizes[i] for i in free], area, _RADIUS, [*taken, *listed])
    for i, place in (*zip(free, found, strict=True), *places.items()):
        _draw_group(axes, groups[i])
        if place is not None:
            _draw_label(axes, labels[i], place, darker(groups[i][0].colour), bold=groups[i][0].strong)


def _inches(axes: Axes, mark: Mark) -> tuple[float, float]:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    width, height = axes.bbox.width / DPI, axes.bbox.height / DPI
    return (mark.x - left) / (right - left) * width, (mark.y - bottom) / (top - bottom) * height


def _in_one_place(axes: Axes, marks: Sequence[Mark], apart: float) -> list[list[Mark]]:
    """Group marks that cover each other; those beyond `apart`, in inches to the right, stay by themselves."""
    groups: list[list[Mark]] = []
    for mark in marks:
        x, y = _inches(axes, mark)
        for group in groups if x < apart else ():
            other = _inches(axes, group[0])
            if abs(other[0] - x) < _SAME and abs(other[1] - y) < _SAME:
                group.append(mark)
                break
        else:
            groups.append([mark])
    return groups


def _listed(marks: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], height: float) -> list[Place]:
    """List labels right of their marks in the order of these, as near as they can be without touching."""
    order = sorted(range(len(marks)), key=lambda i: -marks[i][1])
    room = [sizes[i][1] + 2 * _EDGE for i in order]
    middles = spread([marks[i][1] for i in order], room, -_LINE, height + _LINE)
    places: dict[int, Place] = {}
    for i, middle in zip(order, middles, strict=True):
        (x, y), (wide, high) = marks[i], sizes[i]
        left = x + _RADIUS + _ASIDE
        box = (left - _EDGE, middle - high / 2, left + wide + _EDGE, middle + high / 2)
        places[i] = Place(box, (x + _RADIUS, y), (left - _EDGE, middle), 1)
    return [places[i] for i in range(len(marks))]


def _draw_group(axes: Axes, group: Sequence[Mark]) -> None:
    for behind, mark in enumerate(group):
        # Marks in one place lie on each other as rings.
        size = 7.5 + 4 * (len(group) - 1 - behind)
        axes.plot(mark.x, mark.y, clip_on=False, zorder=4, **dot(mark.colour, size), markeredgecolor="white")
    if group[0].strong:
        axes.plot(group[0].x, group[0].y, clip_on=False, zorder=4, **RING)


def _draw_label(axes: Axes, label: str, place: Place, colour: str, *, bold: bool) -> None:
    width, height = axes.bbox.width / DPI, axes.bbox.height / DPI
    if place.length > _LEAST_LEADER:
        ends = [(place.start[i] / size, place.end[i] / size) for i, size in enumerate((width, height))]
        axes.plot(*ends, color=colour, linewidth=0.8, zorder=3, transform=axes.transAxes, clip_on=False)
    left, bottom, right, top = place.box
    axes.text(
        {-1: right - _EDGE, 0: (left + right) / 2, 1: left + _EDGE}[place.side] / width,
        (bottom + top) / 2 / height,
        label,
        ha={-1: "right", 0: "center", 1: "left"}[place.side],
        va="center",
        color=colour,
        fontsize=SMALL,
        fontweight="bold" if bold else "normal",
        linespacing=1.15,
        bbox=ON_WHITE,
        transform=axes.transAxes,
        zorder=5,
    )


def _in_two_lines(label: str) -> str:
    """Break a long label at the plus or comma nearest its middle."""
    breaks = [at for at in range(len(label)) if label.startswith((" + ", ", "), at)]
    if len(label) <= _LONG or not breaks:
        return label
    at = min(breaks, key=lambda at: abs(at - len(label) / 2))
    return f"{label[: at + (label[at] == ',')]}\n{label[at + 1 :].lstrip()}"
