"""The places of one tree in kinds: places of a kind are used for the same groups, and contain the same."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.matching.clusters.tree import Tree


@dataclass(eq=False)
class PlaceKinds:
    """A tree, and its places by kind; a set of kinds is a number, whose bits are their positions.

    kinds : the places of each kind, positions in the containment graph; equal subtrees, which differ from no other
        place of the kind in what a question asks.
    """

    tree: Tree
    kinds: Sequence[tuple[int, ...]]

    @classmethod
    def single(cls, tree: Tree) -> PlaceKinds:
        """Return each place as a kind of its own."""
        return cls(tree, [(place,) for place in sorted(tree.places)])

    @cached_property
    def all(self) -> int:
        """The set of all kinds."""
        return (1 << len(self.kinds)) - 1

    @cached_property
    def subtrees(self) -> NDArray[np.int64]:
        """The number of the subtree of each kind, (kinds,) int64."""
        number_of = self.tree.subtrees.number_of
        return np.array([number_of[places[0]] for places in self.kinds], dtype=np.int64)

    def of(self, places: Collection[int]) -> int:
        """Return the set of the kinds of which a place is among some."""
        return sum(1 << kind for kind, members in enumerate(self.kinds) if not set(members).isdisjoint(places))

    @cached_property
    def outside_below(self) -> list[list[int]]:
        """For each vertex of `tree.outside` those of them that are right below it, by their positions there."""
        number_of = {position: number for number, position in enumerate(self.tree.outside)}
        children = self.tree.graph.children
        return [[number_of[child] for child in children[at] if child in number_of] for at in self.tree.outside]

    @cached_property
    def arrangement(self) -> Hashable:
        """What contains what, outside all places and right below it."""
        beside = tuple([position in self.tree.beside for position in self.tree.outside])
        return tuple(map(tuple, self.outside_below)), beside, *[array.tobytes() for array in self._held]

    def contents(self, numbers: NDArray[np.int64]) -> list[dict[int, int]]:
        """Return what is right below each vertex of `tree.outside` of the numbers of kinds, each with its times.

        numbers : (kinds,) int64.
        """
        containers, kinds, times = self._held
        found: list[dict[int, int]] = [{} for _ in self.tree.outside]
        if len(containers):
            here = numbers[kinds]
            most = int(here.max()) + 1
            keys = containers * most + here
            order = np.argsort(keys)
            keys = keys[order]
            starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
            sums = np.add.reduceat(times[order], starts)
            for key, count in zip(keys[starts].tolist(), sums.tolist(), strict=True):
                found[key // most][key % most] = count
        return found

    @cached_property
    def _held(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Containers by their position in `tree.outside`, kinds, and how many of each are right below the container."""
        number_of = {position: number for number, position in enumerate(self.tree.outside)}
        counts: dict[tuple[int, int], int] = {}
        for kind, places in enumerate(self.kinds):
            for place in places:
                parent = self.tree.graph.vertices[place].parent
                if parent is not None:
                    key = (number_of[parent], kind)
                    counts[key] = counts.get(key, 0) + 1
        held = np.array([(*key, times) for key, times in counts.items()], dtype=np.int64).reshape(-1, 3)
        return held[:, 0], held[:, 1], held[:, 2]

    def refined(self, bits: Mapping[int, int]) -> tuple[PlaceKinds, list[tuple[int, int]]]:
        """Return kinds whose places have the same bits, and for each the kind it was part of, with its bits."""
        parts: dict[tuple[int, int], list[int]] = {}
        for kind, places in enumerate(self.kinds):
            for place in places:
                parts.setdefault((kind, bits.get(place, 0)), []).append(place)
        return PlaceKinds(self.tree, [tuple(places) for places in parts.values()]), list(parts)
