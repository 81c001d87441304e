"""Sets of counts that fit together: whatever is at most a vector of the set fits too, so the largest ones say all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from placewise.matching.shapes.work import Work

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


def bounded_away(
    parts: Sequence[tuple[Frontier, int]], wanted: Vector, weights: Sequence[Sequence[int]], work: Work
) -> bool:
    """Whether some weights show that equal parts, each so many times, cannot host together what is wanted."""
    for weight in weights:
        work.step(len(parts))
        most = sum(times * max(_product(weight, vector) for vector in own) for own, times in parts)
        if _product(weight, wanted) > most:
            return True
    return False


def _product(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(one, other, strict=True))


def greedily_reached(parts: Sequence[tuple[Frontier, int]], wanted: Vector, work: Work) -> bool:
    """Whether what is wanted is reached by always taking what does most for it: no is no answer."""
    missing = list(wanted)
    for own, times in sorted(parts, key=lambda part: len(part[0])):
        left = times
        while left and any(missing):
            work.step(len(own))
            best = max(
                own, key=lambda v: sum([min(a, b) * 1_000_000 // c for a, b, c in zip(v, missing, wanted, strict=True)])
            )
            steps = [b // a for a, b in zip(best, missing, strict=True) if a and b]
            if not steps:
                break
            taken = min(left, max(1, min(steps)))
            left -= taken
            missing = [max(0, b - a * taken) for a, b in zip(best, missing, strict=True)]
    return not any(missing)


def reached(parts: Sequence[tuple[Frontier, int]], wanted: Vector, work: Work) -> bool:
    """Whether equal parts, each so many times, host together what is wanted."""
    total: Frontier = [(0,) * len(wanted)]
    # The few come first, the many equal ones last.
    for own, times in sorted(parts, key=lambda part: part[1]):
        total = added(total, multiplied(own, times, wanted, work), wanted, work)
        if total == [wanted]:
            return True
    return False


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
        most: Vector = ()
        for at in range(rest):
            start = (*fixed, *(0,) * at)
            most += (_most_after(start, caps[order[len(start)]], trial),)
        if rest <= 1 or trial((*fixed, *most)):
            vector = dict(zip(order, (*fixed, *most), strict=True))
            found.add(tuple([vector[at] for at in range(len(caps))]))
        else:
            work.step(most[0])
            waiting += [(*fixed, count) for count in range(most[0] + 1)]
    return largest(found, work)


def _most_after(start: Vector, cap: int, trial: Callable[[Vector], bool]) -> int:
    return most_that_holds(cap, lambda count: trial((*start, count)))


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
