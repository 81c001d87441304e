"""Trees of one layout, marked for one question: the equal subtrees of all of them are one, and are asked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping
from typing import TypeAlias

from placewise.matching.facts import Facts
from placewise.matching.fitting import Fitting
from placewise.matching.slot_levels import Levels
from placewise.matching.subtrees import BESIDE, EVERYTHING, Subtrees, attached_key
from placewise.matching.tree import Tree
from placewise.matching.work import Work

_VERTICES_A_STEP = 16
"""To look at so many vertices takes about as long as a step."""

Usable: TypeAlias = tuple[frozenset[int] | None, ...]
"""The places that are usable for each group; None stands for all."""


class Forest:
    """The distinct subtrees of trees of one layout, with the places that are usable for each group."""

    def __init__(self, tree: Tree, work: Work) -> None:
        self.subtrees = Subtrees()
        self.levels = Levels(tree, self.subtrees)
        self._work = work
        self._fitting: Fitting | None = None
        self._numbers: dict[Hashable, int] = {}
        self._numbers_of: dict[Tree, list[int]] = {}

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
            self._work.step(1 + len(own.types) // 4)
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

    def root(self, tree: Tree, usable: Usable, bits: Mapping[int, int] | None = None) -> int:
        """Return the number of a whole tree with the places that are usable for each group.

        What is in a place counts if the place is usable. Of what is outside all places, a vertex that contains places
        counts if a usable one is among them. One that contains none counts if its type neither occurs inside a place
        of the graph nor contains one, as that of storage beside the nodes, or if every place is usable.

        bits : more to mark places and what is outside them with.
        """
        numbers, own = self.numbers(tree), tree.subtrees.number_of
        if bits is None and all(places is None for places in usable):
            return numbers[own[0]]
        number_of = {position: numbers[own[position]] for position in tree.outline}
        full = (1 << len(usable)) - 1
        every = sum(1 << group for group, places in enumerate(usable) if places is None)
        self._work.step(1 + len(tree.places) * (1 + len(usable)) // (4 * _VERTICES_A_STEP))
        for mark, places in _by_mark(tree, usable, every).items():
            if mark != full or bits is not None:
                self._mark(number_of, places, mark, bits)
        subtrees = self.subtrees
        self._work.step(1 + len(tree.outside) // 4)
        for position in tree.outside:
            holds = Counter([number_of[child] for child in tree.graph.children[position]])
            mark = every
            for number in holds:
                if subtrees.status[number] != BESIDE:
                    mark |= (subtrees.marks[number] or 0) & full
            if position in tree.beside:
                mark = full
            mark = EVERYTHING if bits is None and mark == full else mark | (bits or {}).get(position, 0)
            number_of[position] = self._changed(number_of[position], mark, tuple(sorted(holds.items())))
        return number_of[0]

    def _mark(
        self, number_of: dict[int, int], places: Collection[int], mark: int, bits: Mapping[int, int] | None
    ) -> None:
        self._work.step(1 + len(places) // _VERTICES_A_STEP)
        known: dict[tuple[int, int], int] = {}
        for place in places:
            key = (number_of[place], 0 if bits is None else bits.get(place, 0))
            number = known.get(key)
            if number is None:
                number = known[key] = self._changed(key[0], mark | key[1], self.subtrees.below[key[0]])
            number_of[place] = number

    def _changed(self, number: int, mark: int, below: tuple[tuple[int, int], ...]) -> int:
        if mark == self.subtrees.marks[number] and below == self.subtrees.below[number]:
            return number
        key = (number, mark, below)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = self.subtrees.changed(number, mark, below)
        return found


def _by_mark(tree: Tree, usable: Usable, every: int) -> dict[int, Collection[int]]:
    """Return the places for each set of groups, as bits, that they are usable for."""
    parts: dict[int, Collection[int]] = {every: tree.places}
    for bit, places in [(1 << group, places) for group, places in enumerate(usable) if places is not None]:
        split = [(mark, part, places.intersection(part)) for mark, part in parts.items()]
        parts = {mark: left for mark, part, some in split if (left := some.symmetric_difference(part))}
        parts |= {mark | bit: some for mark, _, some in split if some}
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
