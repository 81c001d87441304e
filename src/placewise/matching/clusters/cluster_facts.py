"""A cluster's own facts, its name and its flat state, as one vertex of a subsystem ``cluster`` seen from each place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.kinds.vocabulary.inferring import learned
from placewise.matching.bits import bitset
from placewise.matching.clusters.compiled_cluster import Properties, VertexKey
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar

CLUSTER = "cluster"
NAME = "name"


class ClusterFacts:
    """The own facts of the clusters of a fleet. Nothing is compiled before it is asked for, since states change often.

    fields : the names of all facts; those `once` said count, though no cluster says them now.
    """

    def __init__(
        self, names: Sequence[str], states: Sequence[Mapping[str, Scalar]], once: Collection[str] = ()
    ) -> None:
        self._names, self._states, self._once = names, states, once

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names of all facts."""
        return frozenset((NAME, *self._once)).union(*self._states)

    def vocabulary(self, base: Vocabulary) -> Vocabulary:
        """Return the kinds and other names of the facts; a kind that nobody said follows from the first value."""
        alone = Vocabulary(base.kinds, base.aliases, {}, base.complete)
        return learned(alone, ((CLUSTER, self.properties(position)) for position in range(len(self._names))))

    def properties(self, position: int) -> Properties:
        """Return the facts of a cluster."""
        return tuple(sorted({**self._states[position], NAME: self._names[position]}.items()))

    def subsystem(self, position: int) -> Subsystem:
        """Return the subsystem that a cluster has."""
        return Subsystem(CLUSTER, (SubsystemVertex(self.properties(position)),))

    def offered(
        self, firsts: NDArray[np.int64], fields: Iterable[str] | None = None
    ) -> dict[VertexKey, NDArray[np.uint64]]:
        """Return the distinct vertices, each with the (words,) place classes that see it.

        fields : those that count, with their units; all if not given.
        """
        wanted = None if fields is None else {"unit", *(end for one in fields for end in (one, f"{one}_unit"))}
        members: defaultdict[VertexKey, list[int]] = defaultdict(list)
        for position in range(len(self._names)):
            properties = self.properties(position)
            if wanted is not None:
                properties = tuple([pair for pair in properties if pair[0] in wanted])
            members[properties, tuple([type(value) for _, value in properties])].append(position)
        widths = np.diff(firsts)
        found = {}
        for key, positions in members.items():
            flags = np.zeros(len(self._names), dtype=np.bool_)
            flags[positions] = True
            row = bitset.pack(np.repeat(flags, widths))
            row.flags.writeable = False
            found[key] = row
        return found
