"""What kernels work on: jobs as rows of sets, which of them are equal, and what the prefixes of rows come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Jobs as rows of positions in a table of sets: job j has `ids[offsets[j]:offsets[j + 1]]`.

    offsets : (jobs + 1,) int64, ascending.
    ids : (total,) int32.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]

    @classmethod
    def of(cls, offsets: NDArray[np.integer[Any]], ids: NDArray[np.integer[Any]]) -> Rows:
        """Return rows of these offsets and positions, in the layout that kernels are compiled for."""
        return cls(np.ascontiguousarray(offsets, dtype=np.int64), np.ascontiguousarray(ids, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def select(self, jobs: NDArray[np.int64]) -> Rows:
        """Return the rows of these jobs, in the order given."""
        lengths = np.diff(self.offsets)[jobs]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        return Rows.of(
            offsets, self.ids[np.repeat(self.offsets[jobs] - offsets[:-1], lengths) + np.arange(offsets[-1])]
        )


@dataclass(frozen=True, slots=True, eq=False)
class EqualRows:
    """Which of many rows are equal, position by position.

    first : (distinct,) int64, the first row of each kind, ascending.
    of_row : (rows,) int64, the kind of each row.
    """

    first: NDArray[np.int64]
    of_row: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """The intersections of growing prefixes of each job's row, up to the first that is empty.

    reached : (jobs,) int64, how many prefixes were formed: as many as the row has sets, fewer when one
        was empty; that one is the last.
    bits : (sum of reached, words) uint64, job by job.
    """

    reached: NDArray[np.int64]
    bits: NDArray[np.uint64]
