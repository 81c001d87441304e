"""A fleet compiled for matching: each distinct requirement becomes a set of place classes."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.hosting import Tree, copies_within, hosts, spans_places
from placewise.matching.places import PlaceClass, place_classes
from placewise.model.cluster import Fleet
from placewise.model.job import NODE, SLOT, ResourceRequest, Shape
from placewise.model.requirement import Requirement, Scalar
from placewise.model.resources import SubsystemVertex

# Sums of counts up to this one fit a word whatever the number of place classes; Python counts the larger ones.
_MOST_COUNTED = 1 << 32


class FleetIndex:
    """The compiled form of a fleet; build it once, match many jobs.

    Attributes
    ----------
    fleet : the fleet compiled.
    classes : the place classes of all clusters, cluster by cluster.
    class_cluster : (classes,) int64, the cluster of each class.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._trees = [Tree.of(cluster.graph) for cluster in fleet.clusters]
        self.classes: list[PlaceClass] = [
            kind
            for position, cluster in enumerate(fleet.clusters)
            for kind in place_classes(position, cluster, self._trees[position])
        ]
        self.class_cluster = np.array([kind.cluster for kind in self.classes], dtype=np.int64)
        self._one_class_a_cluster = len(self.classes) == len(fleet)
        self._known = frozenset(fleet.subsystem_names)
        self._rows: dict[Requirement, NDArray[np.uint64]] = {}
        offers: dict[str, dict[Hashable, tuple[SubsystemVertex, list[int]]]] = {}
        for number, kind in enumerate(self.classes):
            for name, vertex in kind.visible:
                # True, 1 and 1.0 are equal to Python, but not to a requirement.
                key = vertex.properties, tuple(type(value) for _, value in vertex.properties)
                offers.setdefault(name, {}).setdefault(key, (vertex, []))[1].append(number)
        self._offers = {
            name: [(vertex.properties, self._members(numbers)) for vertex, numbers in found.values()]
            for name, found in offers.items()
        }

    @property
    def words(self) -> int:
        """The number of 64-bit words of a set of place classes."""
        return bitset.word_count(len(self.classes))

    def _members(self, numbers: list[int]) -> NDArray[np.uint64]:
        flags = np.zeros(len(self.classes), dtype=np.bool_)
        flags[numbers] = True
        row = bitset.pack(flags)
        row.flags.writeable = False
        return row

    def tree(self, cluster: int) -> Tree:
        """Return the containment tree of a cluster, prepared for counting."""
        return self._trees[cluster]

    def offered(self, subsystem: str) -> list[tuple[tuple[tuple[str, Scalar], ...], NDArray[np.uint64]]]:
        """List the distinct vertices of a subsystem, each with the (words,) place classes that see it, read-only."""
        return self._offers.get(subsystem, [])

    def meeting(self, requirement: Requirement) -> NDArray[np.uint64]:
        """Return the (words,) place classes at which a requirement holds; the array is read-only.

        Raises InputError when no cluster of the fleet has the subsystem: such a requirement is not
        unmet, it is not understood.
        """
        row = self._rows.get(requirement)
        if row is None:
            self.require_known(requirement.subsystem)
            row = np.zeros(self.words, dtype=np.uint64)
            for properties, members in self.offered(requirement.subsystem):
                if requirement.is_met_by(properties):
                    row |= members
            row.flags.writeable = False
            self._rows[requirement] = row
        return row

    def require_known(self, subsystem: str) -> None:
        """Raise InputError when no cluster of the fleet has a subsystem of this name."""
        if subsystem not in self._known:
            close = difflib.get_close_matches(subsystem, self._known, n=3)
            raise InputError(
                f"no cluster of the fleet has a subsystem {subsystem!r}",
                place=f"requirement on {subsystem!r}",
                expected=f"a name such as {', '.join(close)}" if close else f"one of {len(self._known)} known names",
            )

    def table(self, requirements: Sequence[Requirement]) -> NDArray[np.uint64]:
        """Return (requirements, words): the place classes at which each requirement holds."""
        table = np.empty((len(requirements), self.words), dtype=np.uint64)
        for position, requirement in enumerate(requirements):
            table[position] = self.meeting(requirement)
        return table

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Turn (..., words) sets of usable place classes into (..., words) sets of clusters that can host the shape.

        Without a shape one usable place is enough; the argument itself may then be the answer.
        """
        if self._one_class_a_cluster and not shape:
            return places
        rows = places.reshape(-1, self.words)
        clusters = np.empty((len(rows), bitset.word_count(len(self.fleet))), dtype=np.uint64)
        units = self._units(shape)
        step = max(1, (1 << 24) // max(1, len(self.classes)))
        for start in range(0, len(rows), step):
            usable = bitset.unpack(rows[start : start + step], len(self.classes))
            if units is None:
                able = np.array([self._hosting(flags, shape) for flags in usable])
            else:
                per_class, wanted = units
                counted = np.zeros((len(usable), len(self.fleet)), dtype=np.int64)
                np.add.at(counted.T, self.class_cluster, (usable * per_class).T)
                able = counted >= wanted
            clusters[start : start + step] = bitset.pack(able)
        return clusters.reshape(*places.shape[:-1], clusters.shape[-1])

    def _units(self, shape: Shape) -> tuple[NDArray[np.int64], int] | None:
        """Return how many copies each class hosts and how many the shape wants; None if the tree matters."""
        if not shape:
            return np.ones(len(self.classes), dtype=np.int64), 1
        request = shape[0]
        if len(shape) > 1 or request.count > _MOST_COUNTED:
            return None
        per_class = np.empty(len(self.classes), dtype=np.int64)
        for number, kind in enumerate(self.classes):
            tree = self.tree(kind.cluster)
            if not _counts_by_place(tree, request):
                return None
            # More than are wanted need not be counted, and a sum of sizes need not fit a word.
            per_class[number] = min(copies_within(tree, kind.places[0], request) * len(kind.places), request.count)
        return per_class, request.count

    def _hosting(self, usable: NDArray[np.bool_], shape: Shape) -> NDArray[np.bool_]:
        """Return (clusters,) whether each hosts the shape on the places of its usable classes."""
        places: list[list[int]] = [[] for _ in self.fleet.clusters]
        for number in np.flatnonzero(usable):
            kind = self.classes[number]
            places[kind.cluster].extend(kind.places)
        return np.array(
            [hosts(self.tree(cluster), [(shape, found)]) for cluster, found in enumerate(places)], dtype=np.bool_
        )


def _counts_by_place(tree: Tree, request: ResourceRequest) -> bool:
    """Whether copies of a request can be counted place by place and added up."""
    if request.type == NODE:
        return NODE in {tree.graph.vertices[p].type for p in tree.places_below(0)}
    if request.type != SLOT and any(
        vertex.type == request.type and tree.place_of[position] is None
        for position, vertex in enumerate(tree.graph.vertices)
    ):
        return False
    return not spans_places(tree, request)
