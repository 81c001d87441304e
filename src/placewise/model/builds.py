"""Build records: jobs that were really built, with what they ran on and what it took."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class BuildRecords:
    """Builds as columns, each (builds,).

    names, packages : text. arch, compiler, compiler_version : text, what the build ran on.
    memory_max_bytes, memory_mean_bytes, memory_min_bytes : float64, memory used over the build; above 0,
        the minimum 0 or more.
    duration_s : float64 above 0.
    best_memory_bytes : float64, mean memory of the fastest build of the package, as the records give it;
        NaN where they do not.

    Raises InputError when columns differ in length, or a memory or duration is not a positive number.
    """

    names: tuple[str, ...]
    packages: tuple[str, ...]
    arch: tuple[str, ...]
    compiler: tuple[str, ...]
    compiler_version: tuple[str, ...]
    memory_max_bytes: NDArray[np.float64]
    memory_mean_bytes: NDArray[np.float64]
    memory_min_bytes: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    best_memory_bytes: NDArray[np.float64]

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            if len(column) != len(self.names):
                raise InputError(f"the column {field.name} has another length", found=len(column))
            if isinstance(column, np.ndarray):
                column.flags.writeable = False
        for name in ("memory_max_bytes", "memory_mean_bytes", "memory_min_bytes", "duration_s"):
            column = getattr(self, name)
            # The least memory that a build held may well be nothing.
            usable = column >= 0 if name == "memory_min_bytes" else column > 0
            bad = np.flatnonzero(~(np.isfinite(column) & usable))
            if len(bad):
                raise InputError(
                    f"{name} is not usable",
                    place=f"build {self.names[bad[0]]!r}",
                    found=float(column[bad[0]]),
                    expected="a number above 0",
                )

    def __len__(self) -> int:
        return len(self.names)

    def select(self, builds: NDArray[np.int64]) -> BuildRecords:
        """Return the records of these builds (positions), in the order given."""
        chosen = builds.tolist()
        return BuildRecords(
            *(
                column[builds] if isinstance(column, np.ndarray) else tuple(column[b] for b in chosen)
                for column in (getattr(self, field.name) for field in fields(self))
            )  # type: ignore[arg-type]  # each column keeps its type
        )
