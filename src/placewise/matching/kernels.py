"""The inner loops of matching, in NumPy; `kernels_numba` holds the same ones compiled."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset

# Rows of so many words are combined at a time, so that they stay in the processor's cache.
_BLOCK_WORDS = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Jobs as rows of positions in a table of sets.

    offsets : (jobs + 1,) int64; job j has `ids[offsets[j]:offsets[j + 1]]`.
    ids : (total,) int32 positions in the table.
    order, steps : the same, longest rows first and step by step: `steps[k]` holds the k-th position of
        every row longer than k, `order` the job of each row.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]
    order: NDArray[np.int64]
    steps: tuple[NDArray[np.int32], ...]

    @classmethod
    def of(cls, offsets: NDArray[np.int64], ids: NDArray[np.int32]) -> Rows:
        """Arrange offsets and positions step by step."""
        lengths = np.diff(offsets)
        order = np.argsort(-lengths, kind="stable")
        starts, by_length = offsets[:-1][order], lengths[order]
        longest = int(by_length[0]) if len(by_length) else 0
        # How many rows are longer than k, for each k: rows are sorted, so the first so many.
        active = np.searchsorted(-by_length, -np.arange(longest), side="left")
        return cls(offsets, ids, order, tuple(ids[starts[:rows] + k] for k, rows in enumerate(active.tolist())))

    @classmethod
    def sparing(cls, table: NDArray[np.uint64], size: int, offsets: NDArray[np.int64], ids: NDArray[np.int32]) -> Rows:
        """Arrange rows for intersection: sets that hold all `size` members drop out, small sets come first.

        The intersections stay the same; kernels that stop at an empty one stop sooner.
        """
        sizes = bitset.size_of(table)
        rank = np.empty(len(table), dtype=np.int64)
        by_size = np.argsort(sizes, kind="stable")
        rank[by_size] = np.arange(len(table))
        jobs = np.repeat(np.arange(len(offsets) - 1, dtype=np.int64), np.diff(offsets))
        telling = sizes[ids] < size
        keys = jobs[telling] * max(1, len(table)) + rank[ids[telling]]
        keys.sort()
        kept_jobs, kept_ranks = np.divmod(keys, max(1, len(table)))
        lengths = np.bincount(kept_jobs, minlength=len(offsets) - 1)
        return cls.of(np.concatenate(([0], np.cumsum(lengths))), by_size[kept_ranks].astype(np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """The intersections of growing prefixes of each job's row, up to the first that is empty.

    reached : (jobs,) int64, how many prefixes were formed: as many as the row has sets, fewer when one
        was empty; that one is the last.
    bits : (sum of reached, words) uint64, job by job.
    """

    reached: NDArray[np.int64]
    bits: NDArray[np.uint64]


class Kernels(Protocol):
    """What a set of inner loops offers; all sets give the same bits."""

    @property
    def name(self) -> str:
        """The name by which a user asks for these kernels."""
        ...

    def intersect(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return (jobs, words): the intersection of each job's sets of the (sets, words) table."""
        ...

    def count(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return (jobs,): the size of each job's intersection."""
        ...

    def prefixes(self, table: NDArray[np.uint64], rows: Rows) -> Prefixes:
        """Return the intersections of every prefix of every row."""
        ...


class NumpyKernels:
    """The loops in NumPy: one gather and one AND a step, over blocks of rows that fit the cache."""

    name = "numpy"

    def intersect(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """See `Kernels.intersect`."""
        result = np.empty((len(rows.order), table.shape[1]), dtype=np.uint64)
        for start, block in _blocks(table, rows, everything):
            result[rows.order[start : start + len(block)]] = block
        return result

    def count(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.int64]:
        """See `Kernels.count`."""
        result = np.empty(len(rows.order), dtype=np.int64)
        for start, block in _blocks(table, rows, everything):
            result[rows.order[start : start + len(block)]] = bitset.size_of(block)
        return result

    def prefixes(self, table: NDArray[np.uint64], rows: Rows) -> Prefixes:
        """See `Kernels.prefixes`."""
        bits = np.empty((len(rows.ids), table.shape[1]), dtype=np.uint64)
        reached = np.zeros(len(rows.order), dtype=np.int64)
        starts = rows.offsets[:-1][rows.order]
        alive = np.arange(len(rows.order))
        before = np.empty((0, table.shape[1]), dtype=np.uint64)
        for k, ids in enumerate(rows.steps):
            # Rows are sorted by length, so those that have a k-th set are the first len(ids).
            alive = alive[: np.searchsorted(alive, len(ids))]
            now = table[ids[alive]]
            if k:
                now &= before[: len(alive)]
            bits[starts[alive] + k] = now
            reached[rows.order[alive]] = k + 1
            goes_on = now.any(axis=1)
            alive, before = alive[goes_on], now[goes_on]
        place_in_row = np.arange(len(rows.ids)) - np.repeat(rows.offsets[:-1], np.diff(rows.offsets))
        formed = place_in_row < np.repeat(reached, np.diff(rows.offsets))
        return Prefixes(reached, bits[formed])


def _blocks(
    table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]
) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """Yield the intersections of the sorted rows, block by block, each with the place of its first row."""
    words = table.shape[1]
    height = max(64, _BLOCK_WORDS // words)
    scratch = np.empty((height, words), dtype=np.uint64)
    for start in range(0, len(rows.order), height):
        block = np.tile(everything, (min(height, len(rows.order) - start), 1))
        for positions in rows.steps:
            ids = positions[start : start + height]
            if not len(ids):
                break
            # "clip" lets take write into scratch directly; positions are never out of range.
            gathered = np.take(table, ids, axis=0, out=scratch[: len(ids)], mode="clip")
            np.bitwise_and(block[: len(ids)], gathered, out=block[: len(ids)])
        yield start, block


def load_kernels(name: str = "auto") -> Kernels:
    """Return the kernels of a name: numpy, numba, or auto (numba where it is installed).

    Raises InputError for another name, or for numba where it is not installed.
    """
    if name not in ("auto", "numpy", "numba"):
        raise InputError("no such kernels", found=name, expected="auto, numpy or numba")
    if name == "numpy":
        return NumpyKernels()
    if importlib.util.find_spec("numba") is None:
        if name == "auto":
            return NumpyKernels()
        raise InputError("numba is not installed", expected='pip install "placewise[fast]"')
    from placewise.matching.kernels_numba import NumbaKernels  # noqa: PLC0415, loading numba takes a second

    return NumbaKernels()
