"""The builds of one package, as its models are fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PackageBuilds:
    """Columns by ascending memory, then duration.

    memory_bytes, duration_s : (builds,). groups : (facts, builds), of `pooling.nested`; (0, builds) without facts.
    """

    memory_bytes: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.memory_bytes)

    def select(self, kept: NDArray[np.bool_]) -> PackageBuilds:
        """Return some of them."""
        return PackageBuilds(self.memory_bytes[kept], self.duration_s[kept], self.groups[:, kept])
