"""Jobs run in one partition: of the nodes that partitions allow, those of one must host all that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import Incomparable
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching import bitset
from placewise.matching.hosting import Hosting
from placewise.matching.index import FleetIndex
from placewise.matching.joint_groups import joint_groups
from placewise.matching.work import Work
from placewise.model.job import Shape
from placewise.model.requirement import Expression
from placewise.model.site_limit import SiteLimit

_Needs: TypeAlias = list[tuple[int, NDArray[np.int64], int]]
"""What groups need: the group, (classes,) how many copies of a request there are, and how many it wants."""

_MOST_NEEDS = 8


def limit_among(requirements: Iterable[Expression]) -> SiteLimit | None:
    """Return the limit that one vertex must allow for all nodes of a job together; None where there is none."""
    return next((one for one in requirements if isinstance(one, SiteLimit) and one.otherwise), None)


def hosted_by_one(
    index: FleetIndex,
    shapes: Sequence[Shape],
    limit: SiteLimit | None,
    usable: Sequence[int],
    able: int,
    *,
    possible: bool = False,
    work: Work | None = None,
) -> int:
    """Return the clusters, of those that host shapes on usable places, that do so in one partition; sets as numbers.

    usable : for each shape the place classes at which all requirements hold, or may where `possible`.
    work : the budget, that for one job if not given. Raises InputError for what takes more.
    """
    alone = len(shapes) == 1 and not shapes[0]
    if limit is None or alone or index.size == len(index.names):
        return able
    allowing, asked = _allowing(index, limit, possible), _Asked(index, possible, work or Work.of(len(index.names)))
    counts = index.copies(shapes[0]) if len(shapes) == 1 else None
    needs = [] if counts is not None else _needs(index, shapes)
    for cluster in bitset.members(able):
        first, end = index.firsts[cluster : cluster + 2].tolist()
        if end - first > 1 and limit.subsystem in index.compiled(cluster).subsystems:
            mask = (1 << (end - first)) - 1
            undescribed = possible and not index.vocabulary.is_complete(index.names[cluster], limit.subsystem)
            here = [places >> first & mask for places in usable]
            some = reduce(or_, here)
            parts = {row for one in allowing if (row := one >> first & some)}
            asked.work.step(1 + len(parts) // 4)
            if not (undescribed or _hosted(asked, shapes, cluster, here, parts, counts, needs)):
                able &= ~(1 << cluster)
    return able


def _allowing(index: FleetIndex, limit: SiteLimit, possible: bool) -> list[int]:
    """Return for each distinct vertex that allows what is asked the place classes that see it."""
    test, found = VertexTest.of(limit, index.vocabulary), []
    for properties, row in index.offered(limit.subsystem):
        answer = test.ask(dict(properties))
        if answer in (Answer.YES, Answer.UNSAID) or (possible and isinstance(answer, Incomparable)):
            found.append(bitset.to_number(row))
    return found


class _Asked:
    """Whether clusters host shapes; equal ones are compiled once."""

    def __init__(self, index: FleetIndex, possible: bool, work: Work) -> None:
        self.index, self.work, self._possible = index, work, possible
        self._known: dict[tuple[Shape, ...], Hosting] = {}

    def hosted(self, groups: Sequence[tuple[Shape, int]], cluster: int) -> bool:
        """Whether a cluster hosts groups, each on its classes, counted from the cluster's first."""
        joint = joint_groups(groups, int)
        shapes = tuple([shape for shape, _ in joint])
        if shapes not in self._known:
            self._known[shapes] = self.index.hosting_of(shapes, possible=self._possible, work=self.work)
        return not joint or self.index.hosts(self._known[shapes], cluster, [row for _, row in joint])


def _hosted(
    asked: _Asked,
    shapes: Sequence[Shape],
    cluster: int,
    usable: list[int],
    parts: set[int],
    counts: tuple[NDArray[np.int64], int] | None,
    needs: _Needs,
) -> bool:
    """Whether one partition of a cluster hosts the shapes.

    usable : its classes, counted from its first. parts : those of them that are in each partition.
    """
    classes, first = asked.index.compiled(cluster).classes, int(asked.index.firsts[cluster])
    rows = _largest(row for row in parts if all(places & row for places in usable))
    if any(all(places & row == places for places in usable) for row in rows):
        return True
    if counts is not None:
        needs = [(0, *counts)]
    here = [(usable[group], each[first : first + len(classes)].tolist(), wanted) for group, each, wanted in needs]
    able = (
        row
        for row in rows
        if all(sum([each[one] for one in bitset.members(row & places)]) >= wanted for places, each, wanted in here)
    )
    if counts is not None:
        return any(True for _ in able)
    return any(
        asked.hosted([(shape, places & row) for shape, places in zip(shapes, usable, strict=True)], cluster)
        for row in able
    )


def _needs(index: FleetIndex, shapes: Sequence[Shape]) -> _Needs:
    """Return of some requests that count by place, each by itself, how many there are of each class, and are wanted."""
    asked = [(group, request) for group, shape in enumerate(shapes) for request in shape]
    counted = [(group, index.copies((request,))) for group, request in asked[:_MOST_NEEDS]]
    return [(group, *counts) for group, counts in counted if counts is not None]


def _largest(rows: Iterable[int]) -> list[int]:
    """Return the sets that lie in no other: more nodes host no less."""
    kept: list[int] = []
    larger = 0
    for row in sorted(set(rows), key=int.bit_count, reverse=True):
        # Different sets of one size do not lie in each other.
        while larger < len(kept) and kept[larger].bit_count() > row.bit_count():
            larger += 1
        if not any(row & other == row for other in kept[:larger]):
            kept.append(row)
    return kept
