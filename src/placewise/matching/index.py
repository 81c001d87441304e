"""A fleet compiled for matching: each distinct requirement becomes a set of place classes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.compiled_cluster import CompiledCluster, Properties
from placewise.matching.counting import Counts, counted_request, counts_of, moved_counts
from placewise.matching.hosting import hosts
from placewise.matching.layout import Layout
from placewise.matching.offers import Change, Offers, changed_offers, moved_offers
from placewise.matching.places import PlaceClass
from placewise.matching.recent import Recent
from placewise.model.cluster import Cluster, Fleet
from placewise.model.job import ResourceRequest, Shape
from placewise.model.requirement import Requirement

# What strangers ask for is without end, so what is remembered of it is bounded: so many bytes of answers to
# requirements, each estimated from its text and its row, and so many shapes.
_MOST_ROW_BYTES = 1 << 26
_REQUIREMENT_BYTES = 1000
_BYTES_A_CHARACTER = 50
_MOST_SHAPES = 64
# Among more names than these, to find one that is like another takes longer than the advice is worth.
_MOST_NAMES_COMPARED = 500


@dataclass(frozen=True, slots=True, eq=False)
class _Contents:
    """All that an index holds.

    rows : with the stamp of the offers that each is an answer from, so that one memory serves all that descend
        from one fleet.
    """

    layout: Layout
    offers: Mapping[str, Offers]
    rows: Recent[Requirement, tuple[object, NDArray[np.uint64], int]]
    counts: Recent[ResourceRequest, Counts]


class FleetIndex:
    """The compiled form of a fleet; build it once, match many jobs, and derive that of a changed fleet from it.

    It never changes, but for what it remembers of its answers; several threads may ask it at once.

    Attributes
    ----------
    names : the names of the clusters, in the fleet's order.
    positions : the position of each cluster in that order, by name.
    firsts : (clusters + 1,) int64, the first place class of each cluster, and the number of classes.
    size : the number of place classes.
    everything : (words,) the set of all place classes, read-only; all_places : the same as a number.
    """

    def __init__(self, fleet: Fleet | _Contents) -> None:
        if isinstance(fleet, Fleet):
            layout = Layout.of(fleet)
            changes = [
                Change(None, compiled, first)
                for compiled, first in zip(layout.clusters, layout.firsts.tolist(), strict=False)
            ]
            offers = changed_offers({}, changes, layout.words)
            contents = _Contents(layout, offers, Recent(_MOST_ROW_BYTES), Recent(_MOST_SHAPES))
            self.fleet = fleet
        else:
            contents = fleet
            layout = contents.layout
        self.names, self.positions, self.firsts = layout.names, layout.positions, layout.firsts
        self.size = layout.size
        self.everything = bitset.full(self.size)
        self.all_places = (1 << self.size) - 1
        for array in (self.firsts, self.everything):
            array.flags.writeable = False
        self._layout, self._offers = layout, contents.offers
        self._rows, self._counts = contents.rows, contents.counts
        self._hosting_alone: Recent[Shape, int] = Recent(_MOST_SHAPES)

    def changed(self, clusters: Mapping[str, Cluster | None]) -> FleetIndex:
        """Return the index of the fleet with some clusters as they are now, None for one that is gone.

        A known name keeps its position, new ones come last in the order given, and a gone one leaves no gap;
        that an unknown one is gone changes nothing. This index stays as it is. The work is that of compiling
        the clusters given, and of moving columns where one of them goes or has another number of classes.
        Raises InputError for a cluster under a name that is not its own.
        """
        moved = self._layout.changed(clusters)
        if moved is None:
            return self
        layout, offers = moved.layout, self._offers
        if moved.columns_moved or layout.words != self.words:
            offers = moved_offers(offers, self.size, moved.pieces)
        counts: Recent[ResourceRequest, Counts] = Recent(_MOST_SHAPES)
        for request, before in self._counts.items():
            after = moved_counts(before, moved.pieces, moved.changes)
            if after is not None:
                counts.keep(request, after)
        return FleetIndex(_Contents(layout, changed_offers(offers, moved.changes, layout.words), self._rows, counts))

    @cached_property
    def fleet(self) -> Fleet:
        """The fleet compiled."""
        return Fleet(tuple(one.cluster for one in self._layout.clusters))

    @cached_property
    def classes(self) -> list[PlaceClass]:
        """The place classes of all clusters, cluster by cluster."""
        return [
            PlaceClass(position, kind.places, kind.visible)
            for position, one in enumerate(self._layout.clusters)
            for kind in one.classes
        ]

    @cached_property
    def class_cluster(self) -> NDArray[np.int64]:
        """The cluster of each class, (classes,) int64."""
        return np.repeat(np.arange(len(self.names)), np.diff(self.firsts))

    @property
    def words(self) -> int:
        """The number of 64-bit words of a set of place classes."""
        return len(self.everything)

    @property
    def rows(self) -> int:
        """The number of distinct vertices that the fleet offers, a set of place classes each."""
        return sum(len(offers.vertices) for offers in self._offers.values())

    @property
    def size_bytes(self) -> int:
        """The memory of all sets of place classes, and about that of the answers remembered."""
        return self.rows * self.everything.nbytes + self._rows.weight

    def compiled(self, cluster: int) -> CompiledCluster:
        """Return a cluster as matching sees it."""
        return self._layout.clusters[cluster]

    def clusters_with(self, subsystem: str) -> int:
        """Return how many clusters have a subsystem, whether a place sees anything of it or not."""
        offers = self._offers.get(subsystem)
        return offers.clusters if offers else 0

    def offered(self, subsystem: str) -> list[tuple[Properties, NDArray[np.uint64]]]:
        """List the distinct vertices of a subsystem, each with the (words,) place classes that see it, read-only."""
        offers = self._offers.get(subsystem)
        return [(key[0], row) for key, row in offers.vertices.items()] if offers else []

    def meeting(self, requirement: Requirement) -> NDArray[np.uint64]:
        """Return the (words,) place classes at which a requirement holds; the array is read-only.

        Raises InputError when no cluster of the fleet has the subsystem: such a requirement is not
        unmet, it is not understood.
        """
        return self._met(requirement)[1]

    def meeting_number(self, requirement: Requirement) -> int:
        """Return what `meeting` does, as a number (see `bitset.to_number`)."""
        return self._met(requirement)[2]

    def _met(self, requirement: Requirement) -> tuple[object, NDArray[np.uint64], int]:
        offers = self._offers.get(requirement.subsystem)
        if offers is None:
            raise self._unknown(requirement.subsystem)
        kept = self._rows.get(requirement)
        if kept is not None and kept[0] is offers.stamp:
            return kept
        row = np.zeros(self.words, dtype=np.uint64)
        for (properties, _), members in offers.vertices.items():
            if requirement.is_met_by(properties):
                row |= members
        row.flags.writeable = False
        weight = _REQUIREMENT_BYTES + _BYTES_A_CHARACTER * len(str(requirement)) + 2 * row.nbytes
        kept = offers.stamp, row, bitset.to_number(row)
        self._rows.keep(requirement, kept, weight)
        return kept

    def require_known(self, subsystem: str) -> None:
        """Raise InputError when no cluster of the fleet has a subsystem of this name."""
        if subsystem not in self._offers:
            raise self._unknown(subsystem)

    def _unknown(self, subsystem: str) -> InputError:
        known = self._offers
        close = difflib.get_close_matches(subsystem, known, n=3) if len(known) <= _MOST_NAMES_COMPARED else []
        return InputError(
            f"no cluster of the fleet has a subsystem {subsystem!r}",
            place=f"requirement on {subsystem!r}",
            expected=f"a name such as {', '.join(close)}" if close else f"one of {len(known)} known names",
        )

    def table(self, requirements: Sequence[Requirement]) -> NDArray[np.uint64]:
        """Return (requirements, words): the place classes at which each requirement holds."""
        table = np.empty((len(requirements), self.words), dtype=np.uint64)
        for position, requirement in enumerate(requirements):
            table[position] = self.meeting(requirement)
        return table

    def places_of(self, cluster: int, usable: NDArray[np.bool_]) -> list[int]:
        """List the places of a cluster that are in usable classes; usable : (classes,) of the whole fleet."""
        first = int(self.firsts[cluster])
        return [
            place
            for number, kind in enumerate(self.compiled(cluster).classes, first)
            if usable[number]
            for place in kind.places
        ]

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Turn (..., words) sets of usable place classes into (..., words) sets of clusters that can host the shape.

        Without a shape one usable place is enough; the argument itself may then be the answer.
        """
        clusters = len(self.names)
        if not shape and clusters == self.size:
            return places
        rows = places.reshape(-1, self.words)
        found = np.empty((len(rows), bitset.word_count(clusters)), dtype=np.uint64)
        per_class, wanted = self._copies(shape)
        step = max(1, (1 << 24) // max(1, self.size))
        for start in range(0, len(rows), step):
            usable = bitset.unpack(rows[start : start + step], self.size)
            if per_class is None:
                able = np.array([self._hosting(flags, shape) for flags in usable])
            else:
                able = self._add_up(usable * per_class) >= wanted
            found[start : start + step] = bitset.pack(able)
        return found.reshape(*places.shape[:-1], found.shape[-1])

    def hosting_alone(self, shape: Shape) -> int:
        """Return the clusters that can host a shape where every place is usable, as a number."""
        number = self._hosting_alone.get(shape)
        if number is None:
            number = bitset.to_number(self.clusters_of(self.everything, shape))
            self._hosting_alone.keep(shape, number)
        return number

    def _add_up(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up (..., classes) numbers cluster by cluster."""
        # Every cluster has a class, which is what adding up slices asks for.
        return np.add.reduceat(numbers, self.firsts[:-1], axis=-1) if self.names else numbers

    def _copies(self, shape: Shape) -> tuple[NDArray[np.int64] | None, int]:
        """Return how many copies each class hosts and how many the shape wants; None if the tree matters."""
        if not shape:
            return np.ones(self.size, dtype=np.int64), 1
        request = counted_request(shape)
        if request is None:
            return None, 0
        counts = self._counts.get(request)
        if counts is None:
            counts = counts_of(request, self._layout.clusters)
            self._counts.keep(request, counts)
        return counts.per_class, request.count

    def _hosting(self, usable: NDArray[np.bool_], shape: Shape) -> NDArray[np.bool_]:
        """Return (clusters,) whether each hosts the shape on the places of its usable classes."""
        able = np.zeros(len(self.names), dtype=np.bool_)
        for cluster in np.flatnonzero(self._add_up(usable.astype(np.int64))).tolist():
            able[cluster] = hosts(self.compiled(cluster).tree, [(shape, self.places_of(cluster, usable))])
        return able
