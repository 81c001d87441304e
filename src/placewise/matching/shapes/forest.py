"""Trees of one layout, marked for one question: the equal subtrees of all of them are one, and are asked once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.clusters.facts import Facts
from placewise.matching.clusters.place_kinds import PlaceKinds
from placewise.matching.clusters.subtrees import BESIDE, EVERYTHING, Subtrees, attached_key
from placewise.matching.clusters.tree import Tree
from placewise.matching.shapes.fitting import Fitting
from placewise.matching.shapes.slot_levels import Levels
from placewise.matching.shapes.work import Work

_VERTICES_A_STEP = 16
"""To look at so many vertices takes about as long as a step."""


class Bits(NamedTuple):
    """More to mark a tree with: each kind of places, and each vertex of `Tree.outside`."""

    of_kinds: Sequence[int]
    outside: Sequence[int]


class Forest:
    """The distinct subtrees of trees of one layout, with the places that are usable for each group."""

    def __init__(self, tree: Tree, work: Work) -> None:
        self.subtrees = Subtrees()
        self.levels = Levels(tree, self.subtrees)
        self._work = work
        self._fitting: Fitting | None = None
        self._numbers: dict[Hashable, int] = {}
        self._numbers_of: dict[Tree, list[int]] = {}
        self._layouts: dict[PlaceKinds, int] = {}
        self._arranged: dict[Hashable, int] = {}
        self._roots: dict[Hashable, int] = {}

    def fitting(self, facts: Facts | None = None) -> Fitting:
        """Return what is known of what the subtrees host; facts : the same for all of them, as far as they decide."""
        if self._fitting is None:
            self._fitting = Fitting(self.subtrees, self.levels, self._work, facts)
        return self._fitting

    def numbers(self, tree: Tree) -> list[int]:
        """Return the number of each distinct subtree of a tree, where all places are usable for all groups."""
        found = self._numbers_of.get(tree)
        if found is None:
            own = tree.subtrees
            self._work.step(1 + len(own.types))
            found = self._numbers_of[tree] = []
            for kind, size, unit, status, mark, holds, attached in zip(
                own.types, own.sizes, own.units, own.status, own.marks, own.below, own.attached, strict=True
            ):
                below = tuple(sorted([(found[child], times) for child, times in holds]))
                key = (kind, size, unit, status, below, attached_key(attached) if attached else ())
                number = self._numbers.get(key)
                if number is None:
                    number = self._numbers[key] = self.subtrees.new(kind, size, unit, status, mark, below, attached)
                found.append(number)
        return found

    def root(self, kinds: PlaceKinds, usable: Sequence[int], bits: Bits | None = None) -> int:
        """Return the number of a whole tree with the kinds of places, as sets, that are usable for each group.

        What is in a place counts if the place is usable. Of what is outside all places, a vertex that contains places
        counts if a usable one is among them. One that contains none counts if its type neither occurs inside a place
        of the graph nor contains one, as that of storage beside the nodes, or if every place is usable.

        bits : more to mark places and what is outside them with.
        """
        key = (self._layout(kinds), tuple(usable), bits and (tuple(bits.of_kinds), tuple(bits.outside)))
        root = self._roots.get(key)
        if root is None:
            root = self._roots[key] = self._marked(kinds, usable, bits)
        return root

    def _layout(self, kinds: PlaceKinds) -> int:
        """Return a number that is the same for trees that are the same, kind by kind."""
        found = self._layouts.get(kinds)
        if found is None:
            tree, numbers = kinds.tree, self.numbers(kinds.tree)
            number_of = tree.subtrees.number_of
            outside = tuple([numbers[number_of[position]] for position in tree.outside])
            key = (tuple([numbers[one] for one in kinds.subtrees.tolist()]), outside, kinds.arrangement)
            found = self._layouts[kinds] = self._arranged.setdefault(key, len(self._arranged))
        return found

    def _marked(self, kinds: PlaceKinds, usable: Sequence[int], bits: Bits | None) -> int:
        tree = kinds.tree
        numbers, number_of = self.numbers(tree), tree.subtrees.number_of
        if bits is None and all(one == kinds.all for one in usable):
            return numbers[number_of[0]]
        full = (1 << len(usable)) - 1
        every = sum(1 << group for group, one in enumerate(usable) if one == kinds.all)
        self._work.step(16 + len(usable) + (len(kinds.kinds) + len(tree.outside)) // _VERTICES_A_STEP)
        own = np.array(numbers, dtype=np.int64)[kinds.subtrees]
        for mark, some in _by_mark(kinds, usable).items():
            if mark != full or bits is not None:
                self._mark(own, some, mark, None if bits is None else bits.of_kinds)
        holds = kinds.contents(own)
        self._work.step(1 + sum(map(len, holds)) // 2)
        found: list[int] = []
        for at, (position, below) in enumerate(zip(tree.outside, holds, strict=True)):
            for child in kinds.outside_below[at]:
                below[found[child]] = below.get(found[child], 0) + 1
            mark = full if position in tree.beside else every | self._passed(below) & full
            if bits is not None:
                mark |= bits.outside[at]
            elif mark == full:
                mark = EVERYTHING
            found.append(self._changed(numbers[number_of[position]], mark, tuple(sorted(below.items()))))
        return found[-1] if found else int(own[0])

    def _passed(self, below: Iterable[int]) -> int:
        """Return the groups, among other bits, for which a place is usable that one of some subtrees is or contains."""
        mark = 0
        for number in below:
            if self.subtrees.status[number] != BESIDE:
                mark |= self.subtrees.marks[number] or 0
        return mark

    def _mark(self, own: NDArray[np.int64], kinds: int, mark: int, bits: Sequence[int] | None) -> None:
        known: dict[tuple[int, int], int] = {}
        members = bitset.members(kinds)
        self._work.step(1 + len(members) // _VERTICES_A_STEP)
        for kind, before in zip(members, own[members].tolist(), strict=True):
            key = (before, 0 if bits is None else bits[kind])
            number = known.get(key)
            if number is None:
                number = known[key] = self._changed(before, mark | key[1], self.subtrees.below[before])
            own[kind] = number

    def _changed(self, number: int, mark: int, below: tuple[tuple[int, int], ...]) -> int:
        if mark == self.subtrees.marks[number] and below == self.subtrees.below[number]:
            return number
        key = (number, mark, below)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = self.subtrees.changed(number, mark, below)
        return found


def _by_mark(kinds: PlaceKinds, usable: Sequence[int]) -> dict[int, int]:
    """Return the kinds of places, as a set, for each set of groups, as bits, that they are usable for."""
    parts = {0: kinds.all}
    for group, some in enumerate(usable):
        split = [(mark, part & some, part & ~some) for mark, part in parts.items()]
        parts = {mark: without for mark, _, without in split if without}
        parts |= {mark | 1 << group: both for mark, both, _ in split if both}
    return parts


class Forests:
    """Forests by the layout of their trees, for one question."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._found: dict[Hashable, Forest] = {}

    def of(self, tree: Tree, besides: Hashable = None) -> Forest:
        """Return the forest of a tree; besides : what else its trees must have in common."""
        key = (tree.subtrees.layout, tree.above_places, besides)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = Forest(tree, self._work)
        return found
