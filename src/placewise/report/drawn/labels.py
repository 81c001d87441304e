"""Labels beside marks and lines, apart from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]
Line: TypeAlias = tuple[Point, Point]


class Box(NamedTuple):
    """A rectangle, in inches."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def diagonals(self) -> tuple[Line, Line]:
        """The two lines that every line across the rectangle crosses at least one of."""
        return ((self.left, self.bottom), (self.right, self.top)), ((self.left, self.top), (self.right, self.bottom))

    def covers(self, other: Box) -> bool:
        """Whether two rectangles share some area."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def within(self, other: Box) -> bool:
        """Whether this rectangle does not leave another."""
        return (
            other.left <= self.left
            and other.bottom <= self.bottom
            and self.right <= other.right
            and self.top <= other.top
        )

    def nearest(self, point: Point) -> Point:
        """Return the place in the rectangle that is nearest to a point: where the leader from a mark ends."""
        return min(max(point[0], self.left), self.right), min(max(point[1], self.bottom), self.top)


_DISTANCES = (0.06, 0.14, 0.24, 0.36, 0.5, 0.7, 0.9, 1.2, 1.5, 1.9, 2.4)
_DIRECTIONS = 24
_AIR = 0.03


def place_labels(
    marks: Sequence[Point], sizes: Sequence[tuple[float, float]], area: Box, radius: float, taken: Sequence[Box] = ()
) -> list[Box | None]:
    """Place a label for each mark, one after the other, as near as there is room; None where there is none.

    The leader, from a mark to its label, crosses no other leader, label or mark.

    marks : in inches. sizes : (width, height) of the labels in inches. area : that no label leaves.
    radius : of a mark, in inches. taken : boxes that no label may cover, though leaders may.
    """
    dots = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in marks]
    order, places = list(range(len(marks))), dict[int, Box]()
    for _ in marks:
        full, leaders, labels, places = [*taken, *dots], list[Line](), list[Line](), {}
        for i in order:
            # Of marks that lie on each other no leader could leave without crossing one.
            others = [line for other in dots if not other.covers(dots[i]) for line in other.diagonals]
            for box in _near(marks[i], sizes[i], radius):
                if not box.within(area) or any(box.covers(other) for other in full):
                    continue
                leader = (marks[i], box.nearest(marks[i]))
                crossed = any(cross(leader, line) for line in (*leaders, *labels, *others))
                if not crossed and not any(cross(line, other) for line in box.diagonals for other in leaders):
                    full, leaders, labels = [*full, box], [*leaders, leader], [*labels, *box.diagonals]
                    places[i] = box
                    break
        lacking = [i for i in order if i not in places]
        if lacking == order[: len(lacking)]:
            break
        # Those that found no room are next time the first to look for it.
        order = [*lacking, *(i for i in order if i in places)]
    return [places.get(i) for i in range(len(marks))]


def cross(one: Line, other: Line) -> bool:
    """Whether two lines have a point in common that is no end of theirs."""
    return all(_side(*a, b[0]) * _side(*a, b[1]) < 0 for a, b in ((one, other), (other, one)))


def _side(start: Point, end: Point, point: Point) -> float:
    """Return on which side of a line a point lies: above zero to its left, below zero to its right."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _near(mark: Point, size: tuple[float, float], radius: float) -> list[Box]:
    """List places around a mark, the nearest first, and to the right first, where a reader looks for it."""
    width, height = size[0] / 2 + _AIR, size[1] / 2 + _AIR
    found = []
    for distance in _DISTANCES:
        for step in sorted(range(_DIRECTIONS), key=lambda step: min(step, _DIRECTIONS - step)):
            dx, dy = math.cos(2 * math.pi * step / _DIRECTIONS), math.sin(2 * math.pi * step / _DIRECTIONS)
            x = mark[0] + (radius + distance) * dx + width * _lean(dx)
            y = mark[1] + (radius + distance) * dy + height * _lean(dy)
            found.append(Box(x - width, y - height, x + width, y + height))
    return found


def _lean(part: float) -> float:
    """Return to which side of the place that it points to a label lies."""
    return 0.0 if abs(part) < 0.3 else math.copysign(1.0, part)


def apart(wanted: Sequence[float], height: float, bottom: float, top: float) -> list[float]:
    """Return the middles of labels of one height, near where each is wanted, none over another, within bounds.

    Labels in a crowd give way downwards, and what then lies too low moves up. wanted : descending.
    """
    places: list[float] = []
    ceiling = top
    for place in wanted:
        places.append(min(place, ceiling - height / 2))
        ceiling = places[-1] - height / 2
    floor = bottom
    for i in reversed(range(len(places))):
        places[i] = max(places[i], floor + height / 2)
        floor = places[i] + height / 2
    return places
