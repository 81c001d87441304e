"""The distinct subtrees of a containment tree, each with what it contains and how often: equal ones count once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from placewise.model.fleets.resources import ResourceGraph, SubsystemVertex

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
    _amounts: list[dict[str, int]] = field(default_factory=list)

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
        number_of, children = found.number_of, graph.children
        numbers: dict[Hashable, int] = {}
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
            key = (vertex.type, vertex.size, vertex.unit, status, below, attached_key(here) if here else ())
            number = numbers.get(key)
            if number is None:
                counted = tuple(Counter(below).items())
                mark = None if status == INSIDE else EVERYTHING
                number = found.new(vertex.type, vertex.size, vertex.unit, status, mark, counted, here)
                numbers[key] = number
            number_of[position] = number
        return found

    def new(
        self,
        kind: str,
        size: int,
        unit: str,
        status: int,
        mark: int | None,
        below: tuple[tuple[int, int], ...],
        attached: tuple[tuple[str, SubsystemVertex], ...],
    ) -> int:
        """Take in a subtree that is not there, and return its number."""
        self.types.append(kind)
        self.sizes.append(size)
        self.units.append(unit)
        self.status.append(status)
        self.marks.append(mark)
        self.below.append(below)
        self.attached.append(attached)
        self.inside.append(
            frozenset[str]().union(*[self.inside[n] | {self.types[n]} for n, _ in below]) if below else frozenset()
        )
        return len(self.types) - 1

    def changed(self, number: int, mark: int, below: tuple[tuple[int, int], ...] | None = None) -> int:
        """Take in one that is like another with another mark and perhaps other contents; return its number."""
        return self.new(
            self.types[number],
            self.sizes[number],
            self.units[number],
            self.status[number],
            mark,
            self.below[number] if below is None else below,
            self.attached[number],
        )

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
    def layout(self) -> frozenset[tuple[str, int, frozenset[str]]]:
        """Which types are where, and what is inside them: what decides where slots lie, whatever there is of each."""
        return frozenset(zip(self.types, self.status, self.inside, strict=True))

    def amounts(self, number: int) -> dict[str, int]:
        """Return the sum of the sizes of all vertices of a subtree, by type."""
        for at in range(len(self._amounts), len(self.types)):
            total = {self.types[at]: self.sizes[at]}
            for child, times in self.below[at]:
                for inner, amount in self._amounts[child].items():
                    total[inner] = total.get(inner, 0) + times * amount
            self._amounts.append(total)
        return self._amounts[number]


def attached_key(attached: Sequence[tuple[str, SubsystemVertex]]) -> Hashable:
    """Return what tells subsystem vertices from others that meet other requirements."""
    return tuple([(name, v.properties, tuple([type(value) for _, value in v.properties])) for name, v in attached])
