"""Which clusters of a fleet describe a subsystem, and which may have more of it than they describe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.fleet.layout import Layout
from placewise.model.fleets.vocabulary import Vocabulary


class Described:
    """Sets of place classes by what their clusters describe, each worked out once."""

    def __init__(self, layout: Layout, vocabulary: Vocabulary) -> None:
        self._layout, self._vocabulary = layout, vocabulary
        self._all_complete = vocabulary.all_complete
        self._there: dict[str, NDArray[np.uint64]] = {}
        self._incomplete: dict[str, NDArray[np.uint64] | None] = {}
        self._in_part: dict[str, NDArray[np.uint64] | None] = {}

    def describing(self, subsystem: str) -> NDArray[np.uint64]:
        """Return the place classes of clusters that describe a subsystem."""
        if subsystem not in self._there:
            there = (one.subsystems.get(subsystem) for one in self._layout.clusters)
            flags = np.fromiter(
                (one is not None and bool(one.vertices) for one in there), np.bool_, len(self._layout.names)
            )
            self._there[subsystem] = bitset.pack(np.repeat(flags, np.diff(self._layout.firsts)))
        return self._there[subsystem]

    def incomplete(self, subsystem: str) -> NDArray[np.uint64] | None:
        """Return the place classes of clusters that may have more of a subsystem than is described; None for none."""
        return self._where_not(self._vocabulary.is_complete, self._incomplete, subsystem)

    def in_part(self, subsystem: str) -> NDArray[np.uint64] | None:
        """Return the place classes of clusters whose vertices may have fields that are not described; None for none."""
        return self._where_not(self._vocabulary.says_all_fields, self._in_part, subsystem)

    def _where_not(
        self, said: Callable[[str, str], bool], known: dict[str, NDArray[np.uint64] | None], subsystem: str
    ) -> NDArray[np.uint64] | None:
        if self._all_complete:
            return None
        if subsystem not in known:
            flags = np.array([not said(name, subsystem) for name in self._layout.names], dtype=np.bool_)
            known[subsystem] = bitset.pack(np.repeat(flags, np.diff(self._layout.firsts))) if flags.any() else None
        return known[subsystem]
