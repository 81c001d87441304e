"""Jobs run in one partition: of the nodes that partitions allow, those of one must host all that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from placewise.errors import Incomparable
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching import bitset
from placewise.matching.hosting import hosts
from placewise.matching.index import FleetIndex
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
    rows = list(_allowing(index, limit, possible=possible))
    for cluster in bitset.members(able):
        first, end = index.firsts[cluster : cluster + 2].tolist()
        if end - first > 1 and limit.subsystem in index.compiled(cluster).subsystems:
            mask = ((1 << (end - first)) - 1) << first
            undescribed = possible and not index.vocabulary.is_complete(index.names[cluster], limit.subsystem)
            if not (undescribed or _hosted(index, shapes, cluster, [places & mask for places in usable], rows)):
                able &= ~(1 << cluster)
    return able


def _allowing(index: FleetIndex, limit: SiteLimit, *, possible: bool) -> Iterator[int]:
    """Yield the place classes that see each vertex which allows what is asked, as numbers."""
    test = VertexTest.of(limit, index.vocabulary)
    for properties, row in index.offered(limit.subsystem):
        answer = test.ask(dict(properties))
        if answer in (Answer.YES, Answer.UNSAID) or (possible and isinstance(answer, Incomparable)):
            yield bitset.to_number(row)


def _hosted(index: FleetIndex, shapes: Sequence[Shape], cluster: int, usable: list[int], rows: list[int]) -> bool:
    within = [row for row in rows if all(places & row for places in usable)]
    if any(all(places & row == places for places in usable) for row in within):
        return True
    tree = index.compiled(cluster).tree
    for row in within:
        asks = [
            (shape, index.places_of(cluster, bitset.from_number(places & row, index.size)))
            for shape, places in zip(shapes, usable, strict=True)
        ]
        if hosts(tree, asks):
            return True
    return False
