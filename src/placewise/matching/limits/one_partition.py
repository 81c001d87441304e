"""Jobs run in one partition: of the nodes that partitions allow, those of one must host all that is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import Incomparable
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.few_nodes import FewNodes, NodeBounds
from placewise.matching.shapes.hosting import Hosting
from placewise.matching.shapes.joint_groups import joint_groups
from placewise.matching.shapes.work import Work
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.jobs.job import Shape
from placewise.model.requirements.requirement import Expression

_Needs: TypeAlias = list[tuple[int, NDArray[np.int64], int]]
"""What groups need: the group, (classes,) how many copies of a request there are, and how many it wants."""

_Allowing: TypeAlias = dict[int, list[tuple[int, NodeBounds | None]]]
"""For clusters the place classes, from its first, that see a vertex which allows what is asked, and its bounds."""

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

    A partition that says how many nodes a job may have is held against how few hold it, and over how many it spreads.

    usable : for each shape the place classes at which all requirements hold, or may where `possible`.
    work : the budget, that for one job if not given. Raises InputError for what takes more.
    """
    alone = len(shapes) == 1 and not shapes[0]
    if limit is None or alone:
        return able
    asked = _Asked(index, shapes, possible, work or Work.of(len(index.names)))
    few = FewNodes.of(index, shapes, limit, asked.work)
    if few is None and index.size == len(index.names):
        return able
    allowing: dict[bool, _Allowing] = {}
    counts = index.copies.wanted(shapes[0]) if len(shapes) == 1 else None
    needs = [] if counts is not None else _needs(index, shapes)
    for cluster in bitset.members(able):
        first, end = index.firsts[cluster : cluster + 2].tolist()
        described = index.compiled(cluster).subsystems.get(limit.subsystem)
        if (few or end - first > 1) and described and described.vertices:
            mask = (1 << (end - first)) - 1
            said = index.vocabulary.completeness(index.names[cluster], limit.subsystem)
            in_part, undescribed = said is not True, possible and not said
            if in_part not in allowing:
                allowing[in_part] = _allowing(index, limit, few, possible=possible, in_part=in_part)
            here = [places >> first & mask for places in usable]
            some = reduce(or_, here)
            parts = {(row, bounds) for one, bounds in allowing[in_part].get(cluster, ()) if (row := one & some)}
            asked.work.step(1 + len(parts) // 4)
            free = {row for row, bounds in parts if bounds is None}
            if not (
                undescribed
                or _hosted(asked, cluster, here, free, counts, needs)
                or any(few and bounds and _within(few, cluster, row, bounds, possible) for row, bounds in parts)
            ):
                able &= ~(1 << cluster)
    return able


def _within(few: FewNodes, cluster: int, row: int, bounds: NodeBounds, possible: bool) -> bool:
    spread = few.spread(cluster, row, bounds)
    return possible if spread is None else spread.within(bounds)


def _allowing(index: FleetIndex, limit: SiteLimit, few: FewNodes | None, *, possible: bool, in_part: bool) -> _Allowing:
    """Return the vertices of each cluster that allow what is asked, or may.

    in_part : whether it may have fields that are not described.
    """
    test, accepted = VertexTest.of(limit, index.vocabulary), {Answer.YES}
    if possible:
        accepted |= {Answer.UNSAID, Answer.UNDECIDED} | ({Answer.MISSING} if in_part else set())
    elif not in_part:
        accepted.add(Answer.UNSAID)
    found: _Allowing = defaultdict(list)
    for properties, row in index.offered(limit.subsystem):
        values = dict(properties)
        answer = test.ask(values)
        if possible if isinstance(answer, Incomparable) else answer in accepted:
            places, bounds = bitset.to_number(row), few.bounds(values) if few else None
            for cluster in index.layout.clusters_between(places):
                if here := index.layout.here(cluster, places):
                    found[cluster].append((here, bounds))
    return found


class _Asked:
    """Whether clusters host shapes, each on its own place classes; which may be the same."""

    def __init__(self, index: FleetIndex, shapes: Sequence[Shape], possible: bool, work: Work) -> None:
        self.index, self.shapes, self.work, self._possible = index, shapes, work, possible
        self._known: dict[tuple[int, ...], tuple[Hosting, list[int]]] = {}
        self._largest: dict[frozenset[int], list[int]] = {}
        self._flags: dict[tuple[int, int], NDArray[np.bool_]] = {}

    def largest(self, rows: Iterable[int]) -> list[int]:
        """Return the sets that lie in no other: more nodes host no less."""
        key = frozenset(rows)
        if key not in self._largest:
            self._largest[key] = _largest(key)
        return self._largest[key]

    def flags(self, row: int, size: int) -> NDArray[np.bool_]:
        """Return (size,) flags of a set of classes, read only."""
        key = row, size
        if key not in self._flags:
            self._flags[key] = bitset.from_number(row, size)
        return self._flags[key]

    def hosted(self, cluster: int, rows: Sequence[int]) -> bool:
        """Whether a cluster hosts the shapes, each on its classes, counted from the cluster's first."""
        self.work.step(2 + len(rows) // 4)
        same = tuple([rows.index(row) for row in rows])
        if same not in self._known:
            joint = joint_groups(zip(self.shapes, same, strict=True), int)
            asked = self.index.hosting_of([shape for shape, _ in joint], possible=self._possible, work=self.work)
            self._known[same] = asked, [number for _, number in joint]
        asked, numbers = self._known[same]
        return not numbers or self.index.hosts(asked, cluster, [rows[number] for number in numbers])


def _hosted(
    asked: _Asked,
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
    rows = asked.largest(row for row in parts if all(places & row for places in usable))
    if any(all(places & row == places for places in usable) for row in rows):
        return True
    enough = _enough(
        asked, rows, usable, [(0, *counts)] if counts is not None else needs, slice(first, first + len(classes))
    )
    if counts is not None:
        return bool(enough.any())
    return any(asked.hosted(cluster, [places & rows[at] for places in usable]) for at in np.flatnonzero(enough))


def _enough(asked: _Asked, rows: list[int], usable: list[int], needs: _Needs, here: slice) -> NDArray[np.bool_]:
    """Return (rows,) whether there is enough, in sets of classes, of each of what groups need by itself."""
    enough = np.ones(len(rows), dtype=np.bool_)
    size = here.stop - here.start
    flags = np.array([asked.flags(row, size) for row in rows]).reshape(-1, size) if needs else None
    for group, each, wanted in needs:
        if flags is not None and enough.any():
            enough &= flags @ (each[here] * asked.flags(usable[group], size)) >= wanted
    return enough


def _needs(index: FleetIndex, shapes: Sequence[Shape]) -> _Needs:
    """Return of some requests that count by place, each by itself, how many there are of each class, and are wanted."""
    asked = [(group, request) for group, shape in enumerate(shapes) for request in shape]
    counted = [(group, index.copies.wanted((request,))) for group, request in asked[:_MOST_NEEDS]]
    return [(group, *counts) for group, counts in counted if counts is not None]


def _largest(rows: Collection[int]) -> list[int]:
    kept: list[int] = []
    larger = 0
    for row in sorted(rows, key=lambda row: (-row.bit_count(), row)):
        # Different sets of one size do not lie in each other.
        while larger < len(kept) and kept[larger].bit_count() > row.bit_count():
            larger += 1
        if not any(row & other == row for other in kept[:larger]):
            kept.append(row)
    return kept
