"""The inner loops of matching: what every set of them offers, and how one is chosen."""

from __future__ import annotations

import importlib.util
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.bits.rows import EqualRows, Prefixes, Rows


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

    def count_and_first(
        self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (jobs,) the size of each job's intersection, and (jobs,) its lowest member, -1 where it is empty."""
        ...

    def equal_rows(self, rows: Rows) -> EqualRows:
        """Return which rows are equal."""
        ...

    def prefixes(self, table: NDArray[np.uint64], rows: Rows) -> Prefixes:
        """Return the intersections of every prefix of every row."""
        ...


def load_kernels(name: str = "auto") -> Kernels:
    """Return the kernels of a name: numpy, numba, or auto (numba where it is installed).

    Raises InputError for another name, or for numba where it is not installed.
    """
    if name not in ("auto", "numpy", "numba"):
        raise InputError("no such kernels", found=name, expected=one_of(name, ("auto", "numpy", "numba")))
    if name == "numpy":
        return NumpyKernels()
    if importlib.util.find_spec("numba") is None:
        if name == "auto":
            return NumpyKernels()
        raise InputError("numba is not installed", expected='pip install "placewise[fast]"')
    from placewise.matching.bits.kernels_numba import NumbaKernels  # noqa: PLC0415, loading numba takes a second

    return NumbaKernels()
