"""Jobs run in one partition: of the nodes that partitions allow, those of one must host all that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from placewise.errors import Incomparable
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching import bitset
from placewise.matching.compiled_cluster import VertexKey, vertex_key
from placewise.matching.hosting import Hosting
from placewise.matching.index import FleetIndex
from placewise.matching.joint_groups import joint_groups
from placewise.model.job import Shape
from placewise.model.requirement import Expression
from placewise.model.site_limit import SiteLimit


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
) -> int:
    """Return the clusters, of those that host shapes on usable places, that do so in one partition; sets as numbers.

    usable : for each shape the place classes at which all requirements hold, or may where `possible`.
    """
    alone = len(shapes) == 1 and not shapes[0]
    if limit is None or alone or index.size == len(index.names):
        return able
    allows, asked = _Allows(index, limit, possible), _Asked(index, possible)
    counts = index.copies(shapes[0]) if len(shapes) == 1 else None
    for cluster in bitset.members(able):
        first, end = index.firsts[cluster : cluster + 2].tolist()
        if end - first > 1 and limit.subsystem in index.compiled(cluster).subsystems:
            mask = (1 << (end - first)) - 1
            undescribed = possible and not index.vocabulary.is_complete(index.names[cluster], limit.subsystem)
            here = [places >> first & mask for places in usable]
            if not (undescribed or _hosted(asked, shapes, cluster, here, allows, counts)):
                able &= ~(1 << cluster)
    return able


class _Allows:
    """Whether vertices allow what is asked; equal ones are asked once."""

    def __init__(self, index: FleetIndex, limit: SiteLimit, possible: bool) -> None:
        self.subsystem = limit.subsystem
        self._test, self._possible = VertexTest.of(limit, index.vocabulary), possible
        self._known: dict[VertexKey, bool] = {}

    def __call__(self, key: VertexKey) -> bool:
        if key not in self._known:
            answer = self._test.ask(dict(key[0]))
            maybe = self._possible and isinstance(answer, Incomparable)
            self._known[key] = maybe or answer in (Answer.YES, Answer.UNSAID)
        return self._known[key]


class _Asked:
    """Whether clusters host shapes; equal ones are compiled once."""

    def __init__(self, index: FleetIndex, possible: bool) -> None:
        self.index, self._possible = index, possible
        self._known: dict[tuple[Shape, ...], Hosting] = {}

    def hosted(self, groups: Sequence[tuple[Shape, int]], cluster: int) -> bool:
        """Whether a cluster hosts groups, each on its classes, counted from the cluster's first."""
        joint = joint_groups(groups, int)
        shapes = tuple([shape for shape, _ in joint])
        if shapes not in self._known:
            self._known[shapes] = self.index.hosting_of(shapes, possible=self._possible)
        kinds = self.index.compiled(cluster).classes
        places = [[place for one in bitset.members(row) for place in kinds[one].places] for _, row in joint]
        return not joint or self.index.hosts(self._known[shapes], cluster, places)


def _hosted(
    asked: _Asked,
    shapes: Sequence[Shape],
    cluster: int,
    usable: list[int],
    allows: _Allows,
    counts: tuple[NDArray[np.int64], int] | None,
) -> bool:
    """Whether one partition of a cluster hosts the shapes; usable : its classes, counted from its first."""
    classes, first = asked.index.compiled(cluster).classes, int(asked.index.firsts[cluster])
    some = reduce(or_, usable)
    members: dict[VertexKey, int] = {}
    for number, kind in enumerate(classes):
        if some >> number & 1:
            for name, vertex in kind.visible:
                if name == allows.subsystem and allows(key := vertex_key(vertex)):
                    members[key] = members.get(key, 0) | 1 << number
    rows = {row for row in members.values() if all(places & row for places in usable)}
    if any(all(places & row == places for places in usable) for row in rows):
        return True
    if counts is not None:
        per_class, wanted = counts[0][first : first + len(classes)].tolist(), counts[1]
        return any(sum(per_class[one] for one in bitset.members(row & usable[0])) >= wanted for row in rows)
    return any(
        asked.hosted([(shape, places & row) for shape, places in zip(shapes, usable, strict=True)], cluster)
        for row in rows
    )
