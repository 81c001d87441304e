"""Which clusters a fleet has, in what order, and where the place classes of each one lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.clusters.compiled_cluster import CompiledCluster
from placewise.matching.fleet.offers import Change, Pieces
from placewise.model.fleets.cluster import Cluster, Fleet


@dataclass(frozen=True, eq=False)
class Layout:
    """The clusters of a fleet, and their place classes as columns, cluster by cluster.

    positions : the position of each cluster, by name.
    firsts : (clusters + 1,) int64, the first class of each cluster, and the number of classes.
    """

    clusters: Sequence[CompiledCluster]
    names: tuple[str, ...]
    positions: Mapping[str, int]
    firsts: NDArray[np.int64]

    @property
    def size(self) -> int:
        """The number of place classes."""
        return int(self.firsts[-1])

    @property
    def words(self) -> int:
        """The number of 64-bit words of a set of place classes."""
        return bitset.word_count(self.size)

    def here(self, cluster: int, places: int) -> int:
        """Return the place classes of a cluster among some, both sets as numbers, counted from its first."""
        first, end = self._bounds[cluster], self._bounds[cluster + 1]
        return places >> first & ((1 << (end - first)) - 1)

    def clusters_between(self, places: int) -> range:
        """Return the clusters from that of the first place class of a set, given as a number, to that of its last."""
        if not places:
            return range(0)
        first, last = (places & -places).bit_length() - 1, places.bit_length() - 1
        return range(int(self.class_cluster[first]), int(self.class_cluster[last]) + 1)

    def places_of(self, cluster: int, places: NDArray[np.uint64]) -> list[int]:
        """Return the places of a cluster, in its containment graph, that are in (words,) place classes."""
        here = self.here(cluster, bitset.to_number(places))
        return [
            place for at, one in enumerate(self.clusters[cluster].classes) if here >> at & 1 for place in one.places
        ]

    @cached_property
    def _bounds(self) -> list[int]:
        return [int(first) for first in self.firsts]

    @cached_property
    def class_cluster(self) -> NDArray[np.int64]:
        """The cluster of each class, (classes,) int64."""
        return np.repeat(np.arange(len(self.names)), np.diff(self.firsts))

    @classmethod
    def of(cls, fleet: Fleet) -> Layout:
        """Compile each cluster of a fleet."""
        clusters = [CompiledCluster.of(cluster) for cluster in fleet.clusters]
        return cls(clusters, fleet.names, _positions(fleet.names), _firsts([len(one.classes) for one in clusters]))

    def changed(self, clusters: Mapping[str, Cluster | None], compiled: Mapping[str, CompiledCluster]) -> Moved | None:
        """Lay out the fleet with some clusters as they are now; None if that changes nothing. See `FleetIndex`."""
        replaced: dict[int, CompiledCluster | None] = {}
        added: list[CompiledCluster] = []
        for name, cluster in clusters.items():
            if cluster is not None and cluster.name != name:
                raise InputError("a cluster is listed under another name", found=name, expected=cluster.name)
            position = self.positions.get(name)
            if position is None:
                if cluster is not None:
                    added.append(compiled.get(name) or CompiledCluster.of(cluster))
            elif cluster is None:
                replaced[position] = None
            elif cluster is not self.clusters[position].cluster:
                replaced[position] = compiled.get(name) or CompiledCluster.of(cluster, self.clusters[position])
        return self._moved(replaced, added) if replaced or added else None

    def _moved(self, replaced: Mapping[int, CompiledCluster | None], added: list[CompiledCluster]) -> Moved:
        clusters = [*self.clusters, *added]
        widths = np.diff(self.firsts).tolist()
        pieces: list[tuple[slice, int]] = []
        resized: set[int] = set()
        done = 0
        for position, after in sorted(replaced.items()):
            width = len(after.classes) if after else 0
            if after is not None:
                clusters[position] = after
            if width != widths[position]:
                first, end = self.firsts[position : position + 2].tolist()
                pieces.append((slice(done, first), width))
                done, widths[position] = end, width
                resized.add(position)
        widths += [len(one.classes) for one in added]
        # What is gone is still there, without columns, until all others have found theirs.
        firsts = _firsts(widths)
        pieces.append((slice(done, self.size), int(firsts[-1] - firsts[len(self.names)])))
        changes = [
            Change(self.clusters[position], after, int(firsts[position]), position not in resized)
            for position, after in replaced.items()
        ]
        changes += [Change(None, one, int(first)) for one, first in zip(added, firsts[len(self.names) :], strict=False)]
        gone = sorted(position for position, after in replaced.items() if after is None)
        for position in reversed(gone):
            del clusters[position]
        names, positions = self.names, self.positions
        if gone:
            names = tuple([one.cluster.name for one in clusters])
            positions = _positions(names)
        elif added:
            new = tuple(one.cluster.name for one in added)
            positions = {**positions, **{name: at for at, name in enumerate(new, len(names))}}
            names += new
        return Moved(Layout(clusters, names, positions, np.delete(firsts, gone)), pieces, changes, gone)


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A changed layout, and how it came from the one before.

    pieces : which columns were kept, and where there are new, empty ones.
    changes : what every cluster that changed was and is.
    gone : the former positions of the clusters that are gone, ascending.
    """

    layout: Layout
    pieces: Pieces
    changes: Sequence[Change]
    gone: Sequence[int]

    @property
    def columns_moved(self) -> bool:
        """Whether a column kept is not where it was."""
        return len(self.pieces) > 1


def _positions(names: tuple[str, ...]) -> dict[str, int]:
    return {name: position for position, name in enumerate(names)}


def _firsts(widths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])
