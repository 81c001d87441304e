"""What a scheduler sees of a fleet when some of the clusters' metadata is wrong or missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex

NOT_SEEN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Whose entry of each subsystem a scheduler sees for each cluster.

    sources : by subsystem, (clusters,) the position of a cluster, its own where the entry is right; -1 for none.
    of_place : (places,) the cluster of each place class.
    """

    sources: Mapping[str, NDArray[np.int64]]
    of_place: NDArray[np.int64]

    def rows(self, table: NDArray[np.uint64], subsystems: Sequence[str]) -> NDArray[np.uint64]:
        """Return (rows, words) the places at which the scheduler sees met what is met at those of `table`.

        subsystems : (rows,) what each row is about.
        """
        flags = bitset.unpack(table, len(self.of_place))
        own = np.arange(len(self.of_place))
        for row, subsystem in enumerate(subsystems):
            source = self.sources[subsystem][self.of_place]
            # A cluster of one place differs from its place in neither position nor number.
            place = np.where(source == self.of_place, own, source)
            flags[row] = flags[row, place] & (source != NOT_SEEN)
        return bitset.pack(flags)


def draw_missing(index: FleetIndex, share: float, generator: np.random.Generator) -> Seen:
    """Remove a share of all entries (cluster, subsystem), rounded to whole ones; of a larger share, these and more."""
    sources, entries = _entries(index)
    taken = _taken(entries, share, generator)
    for number in taken.tolist():
        subsystem, cluster = entries[number]
        sources[subsystem][cluster] = NOT_SEEN
    return Seen(sources, index.layout.class_cluster)


def draw_wrong(index: FleetIndex, share: float, generator: np.random.Generator) -> Seen:
    """Replace a share of all entries by those that other clusters have of the subsystem, each as likely.

    Another cluster's entry may be the same, and then nothing is wrong; the only cluster with a subsystem keeps it. Of
    a larger share, these and more are replaced. Raises InputError for clusters of several kinds of nodes, whose entries
    have no place on another.
    """
    if index.size != len(index.names):
        raise InputError(
            "wrong metadata is for clusters whose nodes are alike", found=Words(f"{index.size} kinds of nodes")
        )
    sources, entries = _entries(index)
    taken = _taken(entries, share, generator)
    having = {subsystem: np.flatnonzero(column != NOT_SEEN) for subsystem, column in sources.items()}
    # One number an entry, so that an entry is replaced by the same other one whatever the share.
    draws = generator.random(len(entries))
    for number in taken.tolist():
        subsystem, cluster = entries[number]
        others = having[subsystem]
        if len(others) > 1:
            rank = int(draws[number] * (len(others) - 1))
            rank += rank >= np.searchsorted(others, cluster)
            sources[subsystem][cluster] = others[rank]
    return Seen(sources, index.layout.class_cluster)


def _entries(index: FleetIndex) -> tuple[dict[str, NDArray[np.int64]], list[tuple[str, int]]]:
    """Return each subsystem's clusters as they are, and all entries."""
    clusters = len(index.names)
    sources: dict[str, NDArray[np.int64]] = {}
    for cluster in range(clusters):
        for subsystem in index.compiled(cluster).subsystems:
            sources.setdefault(subsystem, np.full(clusters, NOT_SEEN, dtype=np.int64))[cluster] = cluster
    ordered = dict(sorted(sources.items()))
    return ordered, [(name, c) for name, column in ordered.items() for c in np.flatnonzero(column != NOT_SEEN).tolist()]


def _taken(entries: Sequence[tuple[str, int]], share: float, generator: np.random.Generator) -> NDArray[np.int64]:
    return generator.permutation(len(entries))[: round(share * len(entries))]
