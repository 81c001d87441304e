"""Where labels of marks stand: near their mark, and over neither a mark nor another label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_DISTANCES = (0.06, 0.13, 0.22, 0.32, 0.44, 0.58, 0.74, 0.92, 1.12, 1.35, 1.6, 1.9, 2.3)
_DIRECTIONS = 24
_AIR = 0.03
_CROSSING = 2.0  # so many inches further away are better than a leader across something
_ROUNDS = 4
_NOWHERE = 100.0


@dataclass(frozen=True, slots=True)
class Place:
    """A label's box, its leader from mark to box, and on which side of its end it lies: -1 left, 1 right, 0 astride."""

    box: Box
    start: Point
    end: Point
    side: int

    @property
    def length(self) -> float:
        """How long the leader is."""
        return math.dist(self.start, self.end)


def place_labels(
    marks: Sequence[Point],
    sizes: Sequence[tuple[float, float]],
    area: Box,
    radius: float,
    taken: Sequence[Box] = (),
) -> list[Place | None]:
    """Place a label for each mark; None where none of the places tried is free.

    One label chooses after the other, then each anew, knowing the others, a few times over. This is tried
    from several orders of choosing, and the shortest leaders with the fewest crossings are kept.

    marks : in inches. sizes : (width, height) of the labels in inches. area : that no label leaves.
    radius : of a mark, in inches. taken : boxes that no label may cover.
    """
    numbers = range(len(marks))
    orders = [
        list(numbers),
        sorted(numbers, key=lambda i: marks[i]),
        sorted(numbers, key=lambda i: marks[i], reverse=True),
        sorted(numbers, key=lambda i: (marks[i][1], marks[i][0])),
    ]
    trials = [_placed(order, marks, sizes, area, radius, taken) for order in orders]
    return list(min(trials, key=lambda trial: trial[0])[1])


def _placed(
    order: Sequence[int],
    marks: Sequence[Point],
    sizes: Sequence[tuple[float, float]],
    area: Box,
    radius: float,
    taken: Sequence[Box],
) -> tuple[float, list[Place | None]]:
    """Place labels in an order of choosing; return how bad the outcome is, and the places."""
    dots = [(x - radius, y - radius, x + radius, y + radius) for x, y in marks]
    places: list[Place | None] = [None] * len(marks)
    costs = [0.0] * len(marks)
    for _ in range(_ROUNDS):
        before = list(places)
        for i in order:
            others = [place for j, place in enumerate(places) if j != i and place is not None]
            crossable = [dot for j, dot in enumerate(dots) if marks[j] != marks[i]]
            costs[i], places[i] = _best(_tried(marks[i], sizes[i], radius), area, [*dots, *taken], crossable, others)
        if places == before:
            break
    return sum(costs), places


def _best(
    tried: Iterator[Place], area: Box, fixed: Sequence[Box], dots: Sequence[Box], others: Sequence[Place]
) -> tuple[float, Place | None]:
    """Return the best of the places that are free, and how bad it is."""
    taken = [*fixed, *(other.box for other in others)]
    crossable = [*dots, *(other.box for other in others)]
    best, least = None, math.inf
    for place in tried:
        if place.length >= least:
            break  # the nearest are tried first
        box = place.box
        outside = box[0] < area[0] or box[1] < area[1] or box[2] > area[2] or box[3] > area[3]
        if outside or any(_overlap(box, other) for other in taken):
            continue
        crossed = sum(_crosses(place.start, place.end, other) for other in crossable)
        crossed += sum(_crosses(other.start, other.end, box) for other in others)
        crossed += sum(_meet(place, other) for other in others)
        if place.length + _CROSSING * crossed < least - 1e-9:
            best, least = place, place.length + _CROSSING * crossed
    return (_NOWHERE, None) if best is None else (least, best)


def _tried(mark: Point, size: tuple[float, float], radius: float) -> Iterator[Place]:
    """Yield places around a mark, the nearest first, and to the right first, where a reader looks for it."""
    width, height = size
    for distance in _DISTANCES:
        for step in sorted(range(_DIRECTIONS), key=lambda step: min(step, _DIRECTIONS - step)):
            angle = 2 * math.pi * step / _DIRECTIONS
            dx, dy = math.cos(angle), math.sin(angle)
            start = (mark[0] + radius * dx, mark[1] + radius * dy)
            end = (start[0] + distance * dx, start[1] + distance * dy)
            side, up = _lean(dx), _lean(dy)
            left = end[0] + (side - 1) * width / 2
            bottom = end[1] + (up - 1) * height / 2
            box = (left - _AIR, bottom - _AIR, left + width + _AIR, bottom + height + _AIR)
            yield Place(box, start, end, side)


def _lean(part: float) -> int:
    """Return to which side of its leader's end a label lies."""
    return 0 if abs(part) < 0.3 else int(math.copysign(1, part))


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _crosses(start: Point, end: Point, box: Box) -> bool:
    """Whether a line passes through a box, by the method of Liang and Barsky (1984)."""
    (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
    first, last = 0.0, 1.0
    for along, room in ((-dx, x - box[0]), (dx, box[2] - x), (-dy, y - box[1]), (dy, box[3] - y)):
        if along == 0:
            if room < 0:
                return False
        elif along < 0:
            first = max(first, room / along)
        else:
            last = min(last, room / along)
    return first < last


def _meet(one: Place, other: Place) -> bool:
    """Whether two leaders cross."""
    a, b, c, d = one.start, one.end, other.start, other.end
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(p: Point, q: Point, r: Point) -> float:
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
