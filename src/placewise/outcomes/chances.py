"""How likely each job succeeds on each cluster: 0 or 1 by rules, kept as sets, or a probability, kept as a table.

p_j(c) is the probability that job j succeeds on cluster c. Whatever counts clusters "on which a job succeeds" sums p
instead, which by rules is that count; a job "can succeed" where some p is above 0; and the best that any choice can
do for a job is its largest p, whose mean over jobs is the ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.bits import bitset

# (set, cluster) pairs summed up at a time: few enough for the processor's second cache.
_BLOCK_PAIRS = 1 << 16


class Chances(Protocol):
    """p_j(c) of every job and cluster."""

    def summed(self, sets: NDArray[np.uint64], jobs: NDArray[np.integer]) -> NDArray[np.integer] | NDArray[np.float64]:
        """Return (jobs, ...) the sum of p_j over each of (jobs, ..., words) sets of clusters; jobs : (jobs,)."""
        ...

    @property
    def total(self) -> NDArray[np.integer] | NDArray[np.float64]:
        """(jobs,) the sum of p_j over all clusters."""
        ...

    @property
    def able(self) -> NDArray[np.integer]:
        """(jobs,) on how many clusters p_j is above 0."""
        ...

    @property
    def best(self) -> NDArray[np.float64]:
        """(jobs,) the largest p_j."""
        ...

    def on_each(self, clusters: int) -> NDArray[np.bool_] | NDArray[np.float64]:
        """Return (jobs, clusters) p."""
        ...

    def part(self, jobs: NDArray[np.integer]) -> Chances:
        """Return p of some of the jobs alone; jobs : (n,) which, in the order of the result."""
        ...

    def keys(self, jobs: NDArray[np.integer]) -> NDArray[np.uint64]:
        """Return (jobs, words) numbers that are equal for jobs with the same p everywhere; jobs : (jobs,)."""
        ...

    def certain(self) -> NDArray[np.uint64] | None:
        """Return (jobs, words) where each job succeeds, if every p is 0 or 1; None if not."""
        ...


@dataclass(frozen=True, eq=False)
class ChanceSets:
    """p as rules have it: 1 on some clusters, 0 elsewhere. sets : (jobs, words) where each job succeeds."""

    sets: NDArray[np.uint64]

    def summed(self, sets: NDArray[np.uint64], jobs: NDArray[np.integer]) -> NDArray[np.integer]:
        """See `Chances`: how many clusters of each set succeed."""
        aims = self.sets[jobs].reshape(len(jobs), *([1] * (sets.ndim - 2)), -1)
        return bitset.size_of(sets & aims)

    @cached_property
    def total(self) -> NDArray[np.integer]:
        """See `Chances`: on how many clusters each job succeeds."""
        return bitset.size_of(self.sets)

    @property
    def able(self) -> NDArray[np.integer]:
        """See `Chances`."""
        return self.total

    @property
    def best(self) -> NDArray[np.float64]:
        """See `Chances`: 1 for a job that some cluster would succeed with."""
        return (self.total > 0).astype(np.float64)

    def on_each(self, clusters: int) -> NDArray[np.bool_]:
        """See `Chances`."""
        return bitset.unpack(self.sets, clusters)

    def part(self, jobs: NDArray[np.integer]) -> ChanceSets:
        """See `Chances`."""
        return ChanceSets(self.sets[jobs])

    def keys(self, jobs: NDArray[np.integer]) -> NDArray[np.uint64]:
        """See `Chances`."""
        found: NDArray[np.uint64] = self.sets[jobs]
        return found

    def certain(self) -> NDArray[np.uint64]:
        """See `Chances`."""
        return self.sets


@dataclass(frozen=True, eq=False)
class ChanceTable:
    """p as a table over what can be told apart.

    table : (distinct jobs, distinct environments) p. row : (jobs,) the distinct job that each is. column : (clusters,)
    the distinct environment that each is.

    Raises InputError for a p that is no probability, and for rows and columns that the table does not have.
    """

    table: NDArray[np.float64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not ((self.table >= 0) & (self.table <= 1)).all():
            wrong = self.table[~((self.table >= 0) & (self.table <= 1))]
            raise InputError("is not a probability", found=float(wrong[0]), expected="0 to 1")
        for what, numbers, most in zip(("job", "environment"), (self.row, self.column), self.table.shape, strict=True):
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < most:
                raise InputError(f"no such {what} of the table", found=int(numbers.max()), expected=f"0 to {most - 1}")

    def summed(self, sets: NDArray[np.uint64], jobs: NDArray[np.integer]) -> NDArray[np.float64]:
        """See `Chances`."""
        clusters = len(self.column)
        found = np.zeros(sets.shape[:-1])
        flat = sets.reshape(len(jobs), -1, sets.shape[-1])
        sums = found.reshape(flat.shape[:2])
        step = max(1, _BLOCK_PAIRS // max(1, clusters * flat.shape[1]))
        for start in range(0, len(jobs), step):
            block = slice(start, start + step)
            p = self._rows(jobs[block])
            inner = max(1, _BLOCK_PAIRS // max(1, clusters * len(p)))
            for first in range(0, flat.shape[1], inner):
                some = slice(first, first + inner)
                flags = bitset.unpack(flat[block, some], clusters).astype(np.float64)
                sums[block, some] = np.einsum("jsc,jc->js", flags, p)
        return found

    @cached_property
    def total(self) -> NDArray[np.float64]:
        """See `Chances`."""
        return (self.table @ np.bincount(self.column, minlength=self.table.shape[1]).astype(np.float64))[self.row]

    @cached_property
    def able(self) -> NDArray[np.integer]:
        """See `Chances`."""
        found: NDArray[np.integer] = (self.table > 0) @ np.bincount(self.column, minlength=self.table.shape[1])
        return found[self.row]

    @cached_property
    def best(self) -> NDArray[np.float64]:
        """See `Chances`."""
        there = np.unique(self.column)
        largest: NDArray[np.float64] = self.table[:, there].max(axis=1, initial=0.0)[self.row]
        return largest

    def on_each(self, clusters: int) -> NDArray[np.float64]:
        """See `Chances`."""
        del clusters
        return self._rows(np.arange(len(self.row)))

    def part(self, jobs: NDArray[np.integer]) -> ChanceTable:
        """See `Chances`."""
        return ChanceTable(self.table, self.row[jobs], self.column)

    def keys(self, jobs: NDArray[np.integer]) -> NDArray[np.uint64]:
        """See `Chances`."""
        found: NDArray[np.uint64] = self.row[jobs].astype(np.uint64)[:, None]
        return found

    def certain(self) -> NDArray[np.uint64] | None:
        """See `Chances`."""
        ones = self.table == 1
        if not (ones | (self.table == 0)).all():
            return None
        return bitset.pack(ones[np.ix_(self.row, self.column)])

    def _rows(self, jobs: NDArray[np.integer]) -> NDArray[np.float64]:
        rows: NDArray[np.float64] = self.table[self.row[jobs]][:, self.column]
        return rows
