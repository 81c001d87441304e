"""The ways to reach a count with several kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.matching.shapes.work import Work


def mixes(most: Sequence[int], count: int, work: Work) -> Iterator[tuple[int, ...]]:
    """Yield the ways to reach a count with at most so many of each kind, those of one kind first."""
    for position, one in enumerate(most):
        if one >= count:
            yield tuple(count if at == position else 0 for at in range(len(most)))
    yield from _compositions(most, count, work)


def _compositions(most: Sequence[int], count: int, work: Work) -> Iterator[tuple[int, ...]]:
    work.step()
    if len(most) == 1:
        if count <= most[0]:
            yield (count,)
        return
    for first in range(min(most[0], count), max(0, count - sum(most[1:])) - 1, -1):
        for rest in _compositions(most[1:], count - first, work):
            work.step()
            yield (first, *rest)
