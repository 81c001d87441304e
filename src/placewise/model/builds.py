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
            # The least memory that a build held may well be nothing.
            _refuse_unusable(name, getattr(self, name), self.names, zero=name == "memory_min_bytes")

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

    def measurements(self) -> Measurements:
        """Return what each build used and took: its mean memory and its duration."""
        return Measurements(self.packages, self.memory_mean_bytes, self.duration_s)


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What builds used and took, each column (builds,): all that a runtime model is fitted to.

    packages : text.
    memory_bytes : float64 above 0, mean memory used over the build.
    duration_s : float64 above 0.

    Raises InputError when columns differ in length, or a memory or duration is not a positive number.
    """

    packages: tuple[str, ...]
    memory_bytes: NDArray[np.float64]
    duration_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("memory_bytes", "duration_s"):
            column = getattr(self, name)
            if len(column) != len(self.packages):
                raise InputError(f"the column {name} has another length", found=len(column))
            column.flags.writeable = False
            _refuse_unusable(name, column, self.packages)

    def __len__(self) -> int:
        return len(self.packages)


def _refuse_unusable(name: str, column: NDArray[np.float64], builds: tuple[str, ...], *, zero: bool = False) -> None:
    bad = np.flatnonzero(~(np.isfinite(column) & (column >= 0 if zero else column > 0)))
    if len(bad):
        raise InputError(
            f"{name} is not usable",
            place=f"build {builds[bad[0]]!r}",
            found=float(column[bad[0]]),
            expected="a number of 0 or more" if zero else "a number above 0",
        )
