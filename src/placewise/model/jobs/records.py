"""Records: jobs that really ran, as columns of texts, versions and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of

Column: TypeAlias = tuple[str, ...] | NDArray[np.float64]
Kind: TypeAlias = Literal["text", "version", "number"]

BUILD_COLUMNS: Mapping[str, Kind] = MappingProxyType(
    {
        "packages": "text",
        "arch": "text",
        "compiler": "text",
        "compiler_version": "version",
        "memory_max_bytes": "number",
        "memory_mean_bytes": "number",
        "memory_min_bytes": "number",
        "duration_s": "number",
        "best_memory_bytes": "number",
    }
)
"""The columns of build records as the prior work has them."""

PACKAGE, MEMORY, DURATION = "packages", "memory_mean_bytes", "duration_s"
"""The columns that runtime models are fitted to; records without them have no costs."""
FACTS = ("arch", "compiler", "compiler_version")
"""The columns that say before a run what it will run on, in the order in which runtimes are grouped by them."""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Jobs as columns; any columns will do.

    names : (jobs,) text. columns : each (jobs,), a tuple of texts or float64 where NaN is not known.
    versions : the names of the text columns that hold versions.

    Raises InputError for columns of different lengths, and for a version column that is none of the text columns.
    """

    names: tuple[str, ...]
    columns: Mapping[str, Column]
    versions: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for name, column in self.columns.items():
            if len(column) != len(self.names):
                raise InputError(f"the column {name} has another length", found=len(column), expected=str(len(self)))
            if isinstance(column, np.ndarray):
                column.flags.writeable = False
        for name in self.versions:
            if not isinstance(self.columns.get(name), tuple):
                raise InputError("a column of versions is not a column of texts", found=name)
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Send it to another process whole; the read-only view of the columns cannot be."""
        return Records, (self.names, dict(self.columns), self.versions)

    @classmethod
    def of_builds(
        cls,
        names: tuple[str, ...],
        packages: tuple[str, ...],
        arch: tuple[str, ...],
        compiler: tuple[str, ...],
        compiler_version: tuple[str, ...],
        memory_max_bytes: NDArray[np.float64],
        memory_mean_bytes: NDArray[np.float64],
        memory_min_bytes: NDArray[np.float64],
        duration_s: NDArray[np.float64],
        best_memory_bytes: NDArray[np.float64],
    ) -> Records:
        """Return build records with the columns of the prior work.

        best_memory_bytes : the mean memory of the fastest build of the package, NaN where it is not known.
        Raises InputError for a memory or duration that is not above 0; the least memory may be 0.
        """
        texts = (packages, arch, compiler, compiler_version)
        numbers = (memory_max_bytes, memory_mean_bytes, memory_min_bytes, duration_s, best_memory_bytes)
        columns: dict[str, Column] = dict(zip(BUILD_COLUMNS, (*texts, *numbers), strict=True))
        found = cls(names, columns, frozenset({"compiler_version"}))
        for name in ("memory_max_bytes", MEMORY, "memory_min_bytes", DURATION):
            _refuse_unusable(name, found.numbers(name), names, zero=name == "memory_min_bytes")
        return found

    def __len__(self) -> int:
        return len(self.names)

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each column holds."""
        return {
            name: "number" if isinstance(column, np.ndarray) else "version" if name in self.versions else "text"
            for name, column in self.columns.items()
        }

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a column of texts or versions. Raises InputError for another column."""
        column = self.columns.get(name)
        if not isinstance(column, tuple):
            raise InputError("no such column of texts", found=name, expected=one_of(name, self.columns))
        return column

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers. Raises InputError for another column."""
        column = self.columns.get(name)
        if not isinstance(column, np.ndarray):
            raise InputError("no such column of numbers", found=name, expected=one_of(name, self.columns))
        return column

    def select(self, jobs: NDArray[np.int64]) -> Records:
        """Return the records of these jobs (positions), in the order given."""
        chosen = jobs.tolist()
        return Records(
            tuple(self.names[job] for job in chosen),
            {
                name: column[jobs] if isinstance(column, np.ndarray) else tuple(column[job] for job in chosen)
                for name, column in self.columns.items()
            },
            self.versions,
        )

    def root_packages(self) -> tuple[str, ...] | None:
        """Return the package that each job built; None where the columns do not say."""
        return self.texts(PACKAGE) if self.kinds.get(PACKAGE) == "text" else None

    def measurements(self) -> Measurements | None:
        """Return what each job used and took; None where the columns do not say."""
        if not {PACKAGE, MEMORY, DURATION} <= self.columns.keys():
            return None
        facts = {name: column for name in FACTS if isinstance(column := self.columns.get(name), tuple)}
        return Measurements(self.texts(PACKAGE), self.numbers(MEMORY), self.numbers(DURATION), facts)


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What builds used and took, each column (builds,): all that a runtime model is fitted to.

    packages : text. memory_bytes : float64 above 0, mean memory used over the build. duration_s : float64 above 0.
    facts : texts by the name of the column, of what a build ran on. times_s : when it ran; None where not known.
    left_out : how many further ones there were that failed, or of which memory or duration is not known.

    Raises InputError when columns differ in length, or a memory or duration is not a positive number.
    """

    packages: tuple[str, ...]
    memory_bytes: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    times_s: NDArray[np.float64] | None = None
    left_out: int = 0

    def __post_init__(self) -> None:
        others = {**self.facts, **({} if self.times_s is None else {"times_s": self.times_s})}
        for name, column in {"memory_bytes": self.memory_bytes, "duration_s": self.duration_s, **others}.items():
            if len(column) != len(self.packages):
                raise InputError(f"the column {name} has another length", found=len(column))
        for name in ("memory_bytes", "duration_s"):
            column = getattr(self, name)
            column.flags.writeable = False
            _refuse_unusable(name, column, self.packages)

    def __len__(self) -> int:
        return len(self.packages)


def _refuse_unusable(name: str, column: NDArray[np.float64], jobs: tuple[str, ...], *, zero: bool = False) -> None:
    bad = np.flatnonzero(~(np.isfinite(column) & (column >= 0 if zero else column > 0)))
    if len(bad):
        raise InputError(
            f"{name} is not usable",
            place=f"build {jobs[bad[0]]!r}",
            found=float(column[bad[0]]),
            expected="a number of 0 or more" if zero else "a number above 0",
        )
