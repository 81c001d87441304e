"""Random draws that depend on a seed alone.

Everything is drawn by `Generator.random`, whose values NumPy keeps from release to release better
than those of its other methods.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.streams import Synthesis


def stream(seed: int, kind: Synthesis, *numbers: int) -> np.random.Generator:
    """Return the generator of one kind of draw, or of a numbered part of it.

    Raises InputError for a seed that is no whole number of 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError("the seed is not usable", found=seed, expected="a whole number of 0 or more")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(kind.value, *numbers))))


def refuse_size(size: int, what: str) -> None:
    """Raise InputError for a number of things to draw that is not 1 or more."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise InputError(f"the number of {what} is not usable", found=size, expected="a whole number of 1 or more")


class Urns:
    """Many weighted lists, drawn from in bulk."""

    __slots__ = ("_edges", "_last", "_places")

    def __init__(self, lists: Sequence[Sequence[float]]) -> None:
        """`lists` holds weights, those of each list with a sum above 0; places count through all lists."""
        edges, places = [], []
        last: list[int] = []
        start = 0
        for urn, weights in enumerate(lists):
            values = np.asarray(weights, dtype=np.float64)
            kept = np.flatnonzero(values)
            total = np.cumsum(values[kept] / values.max())
            edges.append(urn + total / total[-1])
            places.append(start + kept)
            start += len(values)
            last.append((last[-1] if last else -1) + len(kept))
        self._edges = np.concatenate(edges) if edges else np.empty(0)
        self._places = np.concatenate(places) if places else np.empty(0, dtype=np.int64)
        self._last = np.array(last, dtype=np.int64)

    def draw(self, urns: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the place drawn from each of these lists, one uniform number in [0, 1) each."""
        at = np.searchsorted(self._edges, urns + uniform, side="right")
        # The sum of a large urn and a number just below 1 can round up into the next urn.
        taken: NDArray[np.int64] = self._places[np.minimum(at, self._last[urns])]
        return taken
