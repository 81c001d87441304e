"""What kernels work on: jobs as rows of sets, and what the prefixes of rows come to."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """The intersections of growing prefixes of each job's row, up to the first that is empty.

    reached : (jobs,) int64, how many prefixes were formed: as many as the row has sets, fewer when one
        was empty; that one is the last.
    bits : (sum of reached, words) uint64, job by job.
    """

    reached: NDArray[np.int64]
    bits: NDArray[np.uint64]
