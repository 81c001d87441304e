"""Shapes that are counted place by place: how many copies the places of each class host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.clusters.compiled_cluster import CompiledCluster
from placewise.matching.fleet.layout import Layout
from placewise.matching.fleet.offers import Change, Pieces
from placewise.matching.fleet.recent import Recent
from placewise.matching.shapes.hosting import (
    Copies,
    Tree,
    has_alternatives,
    inner_requirements,
    on_one_place,
    spans_places,
)
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import NODE, SLOTS, ResourceRequest, Shape

# Sums of counts up to this one fit a word whatever the number of place classes; Python counts the larger ones.
_MOST_COUNTED = 1 << 32
# To count copies of a request on so many place classes takes as long as a step of a search.
_CLASSES_A_STEP = 4


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How many copies of a request the places of each class host together, at most as many as it wants.

    per_class : (classes,) int64; None where a fleet cannot be counted place by place. each : (classes,) int64, on one
    place of each.
    """

    request: ResourceRequest
    per_class: NDArray[np.int64] | None
    each: NDArray[np.int64] | None = None


class CountedShapes:
    """How many copies of shapes the place classes of a fleet host; those asked for last are remembered."""

    def __init__(self, layout: Layout, known: Recent[ResourceRequest, Counts]) -> None:
        self._layout, self.known = layout, known

    def wanted(self, shape: Shape) -> tuple[NDArray[np.int64], int] | None:
        """Return (classes,) the copies of a shape that each hosts, and the number wanted; None where trees matter."""
        per_class, wanted = self.of(shape)
        return None if per_class is None else (per_class, wanted)

    def each(self, shape: Shape) -> tuple[NDArray[np.int64] | None, int]:
        """Return (classes,) the copies that one place of each hosts, None where trees matter, and the number wanted."""
        request = counted_request(shape)
        return (None, 0) if request is None else (self._counted(request).each, request.count)

    def of(self, shape: Shape, work: Work | None = None) -> tuple[NDArray[np.int64] | None, int]:
        """Return how many copies each class hosts and how many the shape wants; None if the tree matters."""
        if not shape:
            return np.ones(self._layout.size, dtype=np.int64), 1
        request = counted_request(shape)
        return (None, 0) if request is None else (self._counted(request, work).per_class, request.count)

    def _counted(self, request: ResourceRequest, work: Work | None = None) -> Counts:
        counts = self.known.get(request)
        if counts is None:
            if work is not None:
                work.look(self._layout.size // _CLASSES_A_STEP)
            counts = counts_of(request, self._layout.clusters)
            self.known.keep(request, counts)
        return counts


def counted_request(shape: Shape) -> ResourceRequest | None:
    """Return the one request that a shape comes to, None where it is not one whose copies could be counted."""
    if len(shape) != 1:
        return None
    request = shape[0]
    while request.type in SLOTS and len(request.contents) == 1:
        inside = request.contents[0]
        if inside.count > 1 or inside.type != NODE:
            break
        # Slots of one node and nothing else are nodes.
        request = replace(inside, count=request.count)
    if request.count > _MOST_COUNTED or has_alternatives(request) or inner_requirements((request,)):
        return None
    if request.unit and not request.contents:
        # An amount in a unit may be more than a word holds in the units that there are.
        return None
    return request


def counts_of(request: ResourceRequest, clusters: Iterable[CompiledCluster]) -> Counts:
    """Count a request on every cluster. Raises InputError for one that cannot be counted exactly (see `hosting`)."""
    counted = list(clusters)
    if not all(_counts_by_place(compiled.tree, request) for compiled in counted):
        return Counts(request, None)
    asked = Copies(request, Work.of(len(counted)))
    found = [copies for compiled in counted for copies in _copies(compiled, request, asked)]
    per_class, each = np.array(found, dtype=np.int64).reshape(-1, 2).T.copy()
    return Counts(request, per_class, each)


def moved_counts(counts: Counts, pieces: Pieces, changes: Iterable[Change]) -> Counts | None:
    """Return the counts after changes of the fleet; None where they have to be made anew."""
    if counts.per_class is None or counts.each is None:
        return None
    per_class, each = (
        np.concatenate([part for kept, empty in pieces for part in (column[kept], np.zeros(empty, dtype=np.int64))])
        for column in (counts.per_class, counts.each)
    )
    for change in changes:
        if change.after is not None:
            if not _counts_by_place(change.after.tree, counts.request):
                return None
            try:
                copies = _copies(change.after, counts.request, Copies(counts.request))
            except InputError:
                return None
            here = slice(change.first, change.first + len(copies))
            per_class[here], each[here] = zip(*copies, strict=True)
    return Counts(counts.request, per_class, each)


def _copies(compiled: CompiledCluster, request: ResourceRequest, asked: Copies) -> list[tuple[int, int]]:
    """Return for each class of a cluster the copies on all of its places, and on one."""
    # More than are wanted need not be counted, and a sum of sizes need not fit a word.
    each = asked.on(compiled.tree, [kind.places[0] for kind in compiled.classes])
    return [
        (min(copies * len(kind.places), request.count), min(copies, request.count))
        for copies, kind in zip(each, compiled.classes, strict=True)
    ]


def _counts_by_place(tree: Tree, request: ResourceRequest) -> bool:
    """Whether copies of a request can be counted place by place and added up."""
    if request.type == NODE:
        # Every node is a place or within one; a cluster without nodes has none to count.
        return True
    if request.type not in SLOTS and request.type in tree.subtrees.types_outside:
        return False
    return on_one_place(tree, request) if request.type in SLOTS else not spans_places(tree, request)
