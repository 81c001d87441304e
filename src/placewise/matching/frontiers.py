"""Sets of counts that fit together: whatever is at most a vector of the set fits too, so the largest ones say all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from placewise.matching.work import Work

Vector: TypeAlias = tuple[int, ...]
Frontier: TypeAlias = list[Vector]


def added(one: Frontier, other: Frontier, caps: Vector, work: Work) -> Frontier:
    """Return what fits in two disjoint parts together; more than `caps` is not wanted."""
    work.step(len(one) * len(other))
    sums = {
        tuple([min(a + b, cap) for a, b, cap in zip(left, right, caps, strict=True)]) for left in one for right in other
    }
    return [caps] if caps in sums else largest(sums, work)


def multiplied(one: Frontier, times: int, caps: Vector, work: Work) -> Frontier:
    """Return what fits in so many equal parts together."""
    result: Frontier = [(0,) * len(caps)]
    doubled = one
    while times:
        if times & 1:
            result = added(result, doubled, caps, work)
            if result == [caps]:
                return result
        times >>= 1
        if times:
            doubled = added(doubled, doubled, caps, work)
    return result


def largest(vectors: set[Vector], work: Work) -> Frontier:
    """Return the vectors that no other is at least as large as."""
    kept: Frontier = []
    for vector in sorted(vectors, key=lambda v: (-sum(v), v)):
        work.step(1 + len(kept) // 8)
        if not any(all(a >= b for a, b in zip(larger, vector, strict=True)) for larger in kept):
            kept.append(vector)
    return kept


def explored(caps: Vector, holds: Callable[[Vector], bool], work: Work) -> Frontier:
    """Return the largest vectors up to `caps` for which a test holds that holds of everything smaller too."""
    # What there is little of is tried one by one, what there is much of is searched.
    order = sorted(range(len(caps)), key=lambda at: caps[at])
    found: set[Vector] = set()
    waiting: list[Vector] = [()]

    def trial(values: Vector) -> bool:
        vector = [0] * len(caps)
        for at, value in zip(order, values, strict=False):
            vector[at] = value
        return holds(tuple(vector))

    while waiting:
        work.step()
        fixed = waiting.pop()
        rest = len(caps) - len(fixed)
        most = tuple([
            most_that_holds(
                caps[order[len(fixed) + i]], lambda n, i=i: trial((*fixed, *(0,) * i, n)), 0  # type: ignore[misc]
            )
            for i in range(rest)
        ])
        if rest <= 1 or trial((*fixed, *most)):
            vector = dict(zip(order, (*fixed, *most), strict=True))
            found.add(tuple([vector[at] for at in range(len(caps))]))
        else:
            work.step(most[0])
            waiting += [(*fixed, count) for count in range(most[0] + 1)]
    return largest(found, work)


def most_that_holds(cap: int, holds: Callable[[int], bool], least: int = 0) -> int:
    """Return the largest number up to `cap` for which a test holds; it holds for `least`."""
    if cap <= least or holds(cap):
        return max(cap, least)
    low, high = least, cap
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


