"""Quick answers to whether asks fit together: a yes where there is plenty, and what each takes at least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placewise.matching.shapes.asks import NO_MEASURE, Ask, Demand


def each_apart(counts: Sequence[Any], times: Sequence[int], offers: Sequence[Sequence[Any]]) -> bool:
    """Whether the asks fit where each vertex serves one of them only: a quick yes where there is plenty."""
    left = list(times)
    for position, count in enumerate(counts):
        missing = count
        ranked = sorted(range(len(times)), key=lambda at: (sum(map(bool, offers[at])), -offers[at][position]))
        for at in ranked:
            offer = offers[at][position]
            if offer and left[at]:
                taken = min(left[at], -(-missing // offer))
                left[at] -= taken
                missing -= taken * offer
                if missing <= 0:
                    break
        if missing > 0:
            return False
    return True


def least_amounts(asks: Sequence[Ask]) -> dict[str, list[int]]:
    """Return for each type drawn on how much of it each ask takes at least, in the vertices' own units."""
    drawn = [_amounts(((ask, 1),)) for ask in asks]
    return {kind: [each.get(kind, 0) for each in drawn] for kind in sorted({kind for each in drawn for kind in each})}


def _amounts(demand: Demand) -> dict[str, int]:
    found: dict[str, int] = {}
    for ask, count in demand:
        inside = [_amounts(one) for one in ask.alternatives or (ask.contents,)]
        for kind in {kind for one in inside for kind in one}:
            found[kind] = found.get(kind, 0) + count * min([one.get(kind, 0) for one in inside])
        # What is asked for in another unit is left out.
        if not ask.bundles and (ask.measure == NO_MEASURE or ask.contents):
            found[ask.type] = found.get(ask.type, 0) + count
    return found
