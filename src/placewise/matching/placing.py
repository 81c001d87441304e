"""Many jobs without a shape, each given one cluster of its match: the first in an order, or one by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.rows import Rows
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import limits_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.requirements.requirement import Expression

# So many rows at a time have their sets in memory, where sets are kept.
_BLOCK = 1 << 12


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """A fleet and requirements compiled for placing; it can be pickled.

    table : (requirements, words), the place classes at which each requirement holds, cluster after cluster in the
        order of preference. everything : (words,), all place classes that sites allow to be used.
    firsts : (clusters + 1,) int64, the first place class of each cluster in that order, and the number of classes.
    order : (clusters,) int64, the positions of the clusters in the fleet, the preferred first.
    """

    table: NDArray[np.uint64]
    everything: NDArray[np.uint64]
    firsts: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, fleet: Fleet, requirements: Sequence[Expression], order: NDArray[np.int64]) -> Placing:
        """Compile a fleet whose clusters are preferred in this order of their positions.

        Jobs have to meet the limits of sites as in `match`; as they say nothing of time, queues and accounts, what is
        left is that some partition is open, and that a node is in use. Raises InputError for a requirement on a
        subsystem that no cluster has.
        """
        index = FleetIndex(replace(fleet, clusters=tuple([fleet.clusters[position] for position in order.tolist()])))
        allowed = [index.meeting(one).yes for one in limits_of({}, index.vocabulary.known)]
        everything = reduce(np.bitwise_and, allowed, index.everything)
        return cls(index.table(requirements), everything, index.firsts, order)

    def first(self, rows: Rows, kernels: Kernels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (jobs,) how many clusters match each job, and (jobs,) the position of the preferred one, -1 for none.

        Equal jobs are computed once.
        """
        equal = kernels.equal_rows(rows)
        distinct = rows.select(equal.first)
        if self._alike:
            counts, firsts = kernels.count_and_first(self.table, distinct, self.everything)
        else:
            found = [(bitset.size_of(sets), bitset.first_of(sets)) for _, sets in self._sets(distinct, kernels)]
            counts, firsts = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return counts[equal.of_row], self._positions(firsts)[equal.of_row]

    def drawn(
        self, rows: Rows, draws: NDArray[np.float64], kernels: Kernels
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return what `first` does, but of each job's matches one by lot; draws : (jobs,) numbers in [0, 1)."""
        equal = kernels.equal_rows(rows)
        counts, chosen = np.zeros(len(rows), dtype=np.int64), np.full(len(rows), -1, dtype=np.int64)
        for start, sets in self._sets(rows.select(equal.first), kernels):
            sizes = bitset.size_of(sets)
            jobs = np.flatnonzero((equal.of_row >= start) & (equal.of_row < start + len(sets)))
            of_job = equal.of_row[jobs] - start
            counts[jobs] = sizes[of_job]
            some = counts[jobs] > 0
            jobs, of_job = jobs[some], of_job[some]
            # A number just below 1 times a size can round up to it.
            ranks = np.minimum((draws[jobs] * counts[jobs]).astype(np.int64), counts[jobs] - 1)
            chosen[jobs] = bitset.member_of(sets, of_job, ranks)
        return counts, self._positions(chosen)

    @property
    def _alike(self) -> bool:
        """Whether every cluster is one place class, so that a set of classes is a set of clusters."""
        return len(self.firsts) - 1 == int(self.firsts[-1])

    def _positions(self, clusters: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where(clusters < 0, -1, self.order[clusters])

    def _sets(self, rows: Rows, kernels: Kernels) -> Iterator[tuple[int, NDArray[np.uint64]]]:
        """Yield the (rows, words) sets of clusters that match, block by block, each with its first row."""
        for start in range(0, max(1, len(rows)), _BLOCK):
            block = rows.select(np.arange(start, min(start + _BLOCK, len(rows))))
            places = kernels.intersect(self.table, block, self.everything)
            if not self._alike:
                usable = bitset.unpack(places, int(self.firsts[-1]))
                places = bitset.pack(np.logical_or.reduceat(usable, self.firsts[:-1], axis=1))
            yield start, places
