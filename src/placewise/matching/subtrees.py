"""The distinct subtrees of a containment tree, each with what it contains and how often: equal ones count once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from placewise.model.resources import ResourceGraph, SubsystemVertex

INSIDE, PLACE, OUTSIDE, BESIDE = range(4)
EVERYTHING = -1
"""The mark of what is usable for every group, as a set of bits."""


@dataclass(eq=False)
class Subtrees:
    """Distinct subtrees by number; what a subtree contains has smaller numbers than it.

    types, sizes, units : of their topmost vertices. below : the subtrees right below, each with how often it is there.
    status : whether the vertex is inside a place, a place, or outside all of them. marks : the groups for which it is
    usable, as bits; None inside places, where the place's count. inside : the types that occur further down.
    attached : what is attached to the vertex where no place sees it. number_of : by position in the graph.
    """

    types: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    below: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    marks: list[int | None] = field(default_factory=list)
    inside: list[frozenset[str]] = field(default_factory=list)
    attached: list[tuple[tuple[str, SubsystemVertex], ...]] = field(default_factory=list)
    number_of: list[int] = field(default_factory=list)
    _numbers: dict[Hashable, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        graph: ResourceGraph,
        place_of: Sequence[int | None],
        beside: Collection[int],
        attached: Mapping[int, tuple[tuple[str, SubsystemVertex], ...]],
    ) -> Subtrees:
        """Find the distinct subtrees of a graph."""
        found = cls(number_of=[0] * len(graph.vertices))
        numbers, number_of, children = found._numbers, found.number_of, graph.children
        kinds: dict[Hashable, int] = {}
        # Containers precede what they contain, so walking backwards sees the contents first.
        for position in range(len(graph.vertices) - 1, -1, -1):
            vertex, place = graph.vertices[position], place_of[position]
            if place is None:
                status = BESIDE if position in beside else OUTSIDE
            else:
                status = PLACE if place == position else INSIDE
            holds = children[position]
            below = tuple(sorted([number_of[child] for child in holds])) if holds else ()
            here = attached.get(position, ()) if attached else ()
            told = tuple([(name, kinds.setdefault(_key(v), len(kinds))) for name, v in here]) if here else ()
            key = (vertex.type, vertex.size, vertex.unit, status, below, told)
            number = numbers.get(key)
            if number is None:
                number = found._new(vertex.type, vertex.size, vertex.unit, status, below, here)
                found.marks.append(None if status == INSIDE else EVERYTHING)
                numbers[key] = number
            number_of[position] = number
        return found

    def _new(
        self,
        kind: str,
        size: int,
        unit: str,
        status: int,
        below: Iterable[int],
        attached: tuple[tuple[str, SubsystemVertex], ...],
    ) -> int:
        counted = tuple(Counter(below).items())
        self.types.append(kind)
        self.sizes.append(size)
        self.units.append(unit)
        self.status.append(status)
        self.below.append(counted)
        self.attached.append(attached)
        self.inside.append(
            frozenset[str]().union(*[self.inside[n] | {self.types[n]} for n, _ in counted]) if counted else frozenset()
        )
        return len(self.types) - 1

    @property
    def root(self) -> int:
        """The number of the whole tree."""
        return self.number_of[0]

    @cached_property
    def all_types(self) -> frozenset[str]:
        """The types that there are."""
        return frozenset(self.types)

    @cached_property
    def types_in_places(self) -> frozenset[str]:
        """The types of places and of what is inside them."""
        pairs = zip(self.types, self.status, strict=True)
        return frozenset(kind for kind, status in pairs if status in (INSIDE, PLACE))

    @cached_property
    def types_outside(self) -> frozenset[str]:
        """The types of what is outside all places."""
        pairs = zip(self.types, self.status, strict=True)
        return frozenset(kind for kind, status in pairs if status not in (INSIDE, PLACE))

    @cached_property
    def amounts(self) -> list[dict[str, int]]:
        """For each subtree the sum of the sizes of all its vertices, by type."""
        found: list[dict[str, int]] = []
        for number, kind in enumerate(self.types):
            total = {kind: self.sizes[number]}
            for child, times in self.below[number]:
                for inner, amount in found[child].items():
                    total[inner] = total.get(inner, 0) + times * amount
            found.append(total)
        return found

    def copy(self) -> Subtrees:
        """Return subtrees that can be marked anew."""
        return Subtrees(
            list(self.types),
            list(self.sizes),
            list(self.units),
            list(self.below),
            list(self.status),
            list(self.marks),
            list(self.inside),
            list(self.attached),
            list(self.number_of),
        )

    def marked_place(self, before: int, mark: int) -> int:
        """Return the number of a place of this number that is usable for some groups."""
        number = self._numbers.get((before, mark))
        if number is None:
            number = self._numbers[before, mark] = len(self.types)
            self.types.append(self.types[before])
            self.sizes.append(self.sizes[before])
            self.units.append(self.units[before])
            self.below.append(self.below[before])
            self.status.append(self.status[before])
            self.inside.append(self.inside[before])
            self.attached.append(self.attached[before])
            self.marks.append(mark)
        return number

    def mark_outside(self, position: int, mark: int, children: Sequence[int]) -> int:
        """Say for which groups a vertex outside all places is usable, and return its number.

        children : the numbers of all right below it, which are marked already.
        """
        before, below = self.number_of[position], tuple(sorted(children))
        key = (before, mark, below)
        number = self._numbers.get(key)
        if number is None:
            number = self._new(
                self.types[before],
                self.sizes[before],
                self.units[before],
                self.status[before],
                below,
                self.attached[before],
            )
            self.marks.append(mark)
            self._numbers[key] = number
        self.number_of[position] = number
        return number


def _key(vertex: SubsystemVertex) -> Hashable:
    return vertex.properties, tuple([type(value) for _, value in vertex.properties])
