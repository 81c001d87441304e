"""The inner loops of matching in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.bits.rows import EqualRows, Prefixes, Rows

# Rows of so many words are combined at a time, and so many jobs arranged, that they stay in the processor's cache.
_BLOCK_WORDS = 1 << 15
_ARRANGED_JOBS = 1 << 14


class NumpyKernels:
    """The loops in NumPy: one gather and one AND a step, over blocks of rows that fit the cache."""

    name = "numpy"

    def intersect(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """See `Kernels.intersect`."""
        result = np.empty((len(rows), table.shape[1]), dtype=np.uint64)
        for jobs, block in _blocks(table, rows, everything):
            result[jobs] = block
        return result

    def count(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.int64]:
        """See `Kernels.count`."""
        result = np.empty(len(rows), dtype=np.int64)
        for jobs, block in _blocks(table, rows, everything):
            result[jobs] = bitset.size_of(block)
        return result

    def count_and_first(
        self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See `Kernels.count_and_first`."""
        sizes, firsts = np.empty((2, len(rows)), dtype=np.int64)
        for jobs, block in _blocks(table, rows, everything):
            sizes[jobs] = bitset.size_of(block)
            firsts[jobs] = bitset.first_of(block)
        return sizes, firsts

    def equal_rows(self, rows: Rows) -> EqualRows:
        """See `Kernels.equal_rows`."""
        # Python's dictionary of their bytes: to hash and compare them in NumPy takes three times as long.
        content, width = rows.ids.tobytes(), rows.ids.itemsize
        seen: dict[bytes, int] = {}
        first: list[int] = []
        of_row: list[int] = []
        for row, (start, stop) in enumerate(pairwise((rows.offsets * width).tolist())):
            kind = seen.setdefault(content[start:stop], len(first))
            if kind == len(first):
                first.append(row)
            of_row.append(kind)
        return EqualRows(np.array(first, dtype=np.int64), np.array(of_row, dtype=np.int64))

    def prefixes(self, table: NDArray[np.uint64], rows: Rows) -> Prefixes:
        """See `Kernels.prefixes`."""
        order, steps = _arranged(rows.offsets, rows.ids)
        bits = np.empty((len(rows.ids), table.shape[1]), dtype=np.uint64)
        reached = np.zeros(len(rows), dtype=np.int64)
        starts = rows.offsets[:-1][order]
        alive = np.arange(len(rows))
        before = np.empty((0, table.shape[1]), dtype=np.uint64)
        for k, ids in enumerate(steps):
            # Rows are sorted by length, so those that have a k-th set are the first len(ids).
            alive = alive[: np.searchsorted(alive, len(ids))]
            now = np.take(table, ids[alive], axis=0)
            if k:
                now &= before[: len(alive)]
            bits[starts[alive] + k] = now
            reached[order[alive]] = k + 1
            goes_on = np.flatnonzero(now.any(axis=1))
            alive, before = alive[goes_on], np.take(now, goes_on, axis=0)
        place_in_row = np.arange(len(rows.ids)) - np.repeat(rows.offsets[:-1], np.diff(rows.offsets))
        formed = place_in_row < np.repeat(reached, np.diff(rows.offsets))
        return Prefixes(reached, np.take(bits, np.flatnonzero(formed), axis=0))


def _blocks(
    table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint64]]]:
    """Yield jobs and their intersections, block by block; the intersections are overwritten by the next block."""
    height = max(64, _BLOCK_WORDS // table.shape[1])
    results, gathered = np.empty((2, height, table.shape[1]), dtype=np.uint64)
    # Sets that hold everything drop out: they cannot change an intersection.
    refusing = np.any((table & everything) != everything, axis=1)
    for first in range(0, len(rows), _ARRANGED_JOBS):
        offsets = rows.offsets[first : first + _ARRANGED_JOBS + 1]
        ids = rows.ids[offsets[0] : offsets[-1]]
        kept = np.flatnonzero(np.take(refusing, ids))
        order, steps = _arranged(np.searchsorted(kept, offsets - offsets[0]), ids[kept])
        for start in range(0, len(order), height):
            jobs = order[start : start + height]
            block = results[: len(jobs)]
            block[:] = everything
            for positions in steps:
                active = positions[start : start + height]
                if not len(active):
                    break
                # "clip" lets take write into place directly; positions are never out of range.
                sets = np.take(table, active, axis=0, out=gathered[: len(active)], mode="clip")
                np.bitwise_and(block[: len(active)], sets, out=block[: len(active)])
            yield first + jobs, block


def _arranged(
    offsets: NDArray[np.integer[Any]], ids: NDArray[np.int32]
) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
    """Return the rows longest first, and step by step: the k-th array holds the k-th position of all longer than k."""
    lengths = np.diff(offsets)
    longest = int(lengths.max(initial=0))
    # Short integers are sorted by radix, several times as fast.
    order = np.argsort((longest - lengths).astype(np.min_scalar_type(longest)), kind="stable")
    starts = offsets[:-1][order]
    # How many rows are longer than k, for each k: the first so many.
    longer = len(lengths) - np.cumsum(np.bincount(lengths, minlength=longest + 1))[:longest]
    return order, [ids[starts[:rows] + k] for k, rows in enumerate(longer.tolist())]
