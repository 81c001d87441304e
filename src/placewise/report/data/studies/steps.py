"""Which steps of the greedy path are drawn, and which of them have room for their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placewise.model.results.worth import Sufficiency

_LEAST_STEPS = 12
_LINE = 1.2
BESIDE, DOWN = 0.65, 0.4
"""Heights of letters: how far the name of a step is beside its mark, and its middle below or above it."""
_MOST_NAMES = 24
MOST_LETTERS = 22
"""Longer names are cut where a step is named."""


def last_shown(found: Sufficiency) -> int:
    """Return the step up to which the path is drawn: the set found lies in its first half."""
    return min(len(found.path), max(_LEAST_STEPS, 2 * len(found.metadata)))


def top_of(found: Sufficiency) -> float:
    """Return the success at which the axis of the drawn steps ends."""
    last = last_shown(found)
    most = max(float(found.greedy[: last + 1].max()), float(found.random[:, : last + 1].max()))
    return min(1.02, 1.08 * max(most, found.target * found.ceiling, found.reached, 0.01))


def named_steps(
    found: Sufficiency, width: float, height: float, letter: float, wide: Callable[[str], float]
) -> list[tuple[int, bool]]:
    """Return the steps whose names find room, each with whether its name is to the right of its mark.

    A name is below and to the right of its mark, else above and to the left; the largest gains come first. width,
    height : of the axes. letter : the height of letters. wide : the width of a name. All in one unit.
    """
    last, top = last_shown(found), top_of(found)
    if last == 0:
        return []
    x = np.arange(last + 1) * width / last
    lines = [row[: last + 1] * height / top for row in (found.greedy, found.random[1])]
    goal = found.target * found.ceiling * height / top
    mark = (len(found.metadata) * width / last, found.reached * height / top)
    chosen: dict[int, bool] = {}
    taken: list[_Box] = [_Box(mark[0] - letter, mark[0] + letter, mark[1] - letter, mark[1] + letter)]
    gains = np.diff(found.greedy[: last + 1])
    for step in (np.argsort(-gains, kind="stable") + 1).tolist():
        if len(chosen) == _MOST_NAMES or gains[step - 1] <= 0:
            break
        for right in (True, False):
            box = _box(x[step], lines[0][step], letter, wide(found.path[step - 1]), right=right)
            inside = np.linspace(box.left, box.right, 24)
            crossing = [np.interp(inside, x, line) for line in lines] + [np.full(24, goal)]
            if (
                box.left >= 0
                and box.right <= width
                and box.low >= 0
                and box.high <= height
                and not any(((line >= box.low) & (line <= box.high)).any() for line in crossing)
                and not any(box.meets(other) for other in taken)
            ):
                chosen[step] = right
                taken.append(box)
                break
    return sorted(chosen.items())


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    right: float
    low: float
    high: float

    def meets(self, other: _Box) -> bool:
        return self.left < other.right and other.left < self.right and self.low < other.high and other.low < self.high


def _box(x: float, y: float, letter: float, width: float, *, right: bool) -> _Box:
    """Return the place of a name, which is `BESIDE` beside its mark and `DOWN` below or above it."""
    left = x + BESIDE * letter if right else x - BESIDE * letter - width
    middle = y - DOWN * letter if right else y + DOWN * letter
    return _Box(left, left + width, middle - _LINE * letter / 2, middle + _LINE * letter / 2)
