"""A containment tree with its places, as matching walks it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from placewise.matching.clusters.alike import shared_out
from placewise.matching.clusters.subtrees import Subtrees
from placewise.model.fleets.resources import ResourceGraph, SubsystemVertex
from placewise.model.jobs.job import NODE

Attached = Mapping[int, tuple[tuple[str, SubsystemVertex], ...]]
"""For positions from which no place sees them, the subsystem vertices attached there, each with its name."""


@dataclass(frozen=True, eq=False)
class Tree:
    """A containment graph with what counting needs to know of it.

    place_of : for each vertex, the place at or above it, None outside all places. A graph without
        nodes is one place, its root.
    places : the places.
    seeing : the places and what contains them; what attaches elsewhere is seen from no place.
    beside : the vertices outside all places of types that neither occur inside one nor contain one.
    above_places : the types of the places and of what contains them.
    attached : what is attached where no place sees it: inside places and beside them; and what describes one of
        several like vertices there, see `alike`.
    """

    graph: ResourceGraph
    place_of: tuple[int | None, ...]
    places: frozenset[int]
    seeing: frozenset[int]
    beside: frozenset[int]
    above_places: frozenset[str]
    attached: Attached = field(default_factory=dict)

    @classmethod
    def of(cls, graph: ResourceGraph, offered: Sequence[tuple[str, SubsystemVertex]] = ()) -> Tree:
        """Derive the places of a graph; offered : the subsystem vertices, each with the name of its subsystem."""
        vertices = graph.vertices
        nodeless = all(vertex.type != NODE for vertex in vertices)
        place_of: list[int | None] = [0 if nodeless else None]
        for position, vertex in enumerate(vertices):
            if position:
                above = place_of[vertex.parent or 0]
                place_of.append(position if above is None and vertex.type == NODE else above)
            elif vertex.type == NODE:
                place_of[0] = 0
        places = frozenset(place for place in place_of if place is not None)
        seeing = with_containers(graph, places)
        inside = {vertex.type for vertex, place in zip(vertices, place_of, strict=True) if place is not None}
        above_types = {vertices[position].type for position in seeing - places}
        elsewhere = inside | above_types
        beside = [i for i, place in enumerate(place_of) if place is None and vertices[i].type not in elsewhere]
        return cls(
            graph,
            tuple(place_of),
            places,
            seeing,
            frozenset(beside) - seeing,
            frozenset(above_types | {NODE}),
            attached_below(graph, place_of, seeing, offered),
        )

    def places_below(self, vertex: int) -> list[int]:
        """List the places inside a vertex, or the place that the vertex is part of."""
        if self.place_of[vertex] is not None:
            return [vertex]
        found, stack = [], [vertex]
        while stack:
            position = stack.pop()
            if self.place_of[position] is not None:
                found.append(position)
            else:
                stack.extend(self.graph.children[position])
        return found

    @cached_property
    def outside(self) -> tuple[int, ...]:
        """What is outside all places, contained before container."""
        return tuple(i for i in self.outline if self.place_of[i] is None)

    @cached_property
    def outline(self) -> tuple[int, ...]:
        """The places and what is outside them, contained before container."""
        return tuple(i for i in range(len(self.place_of) - 1, -1, -1) if self.place_of[i] in (None, i))

    @cached_property
    def subtrees(self) -> Subtrees:
        """The distinct subtrees."""
        return Subtrees.of(self.graph, self.place_of, self.beside, self.attached)


def attached_below(
    graph: ResourceGraph,
    place_of: Sequence[int | None],
    seeing: frozenset[int],
    offered: Sequence[tuple[str, SubsystemVertex]],
) -> Attached:
    """Return what `Tree.attached` is."""
    found: dict[int, list[tuple[str, SubsystemVertex]]] = {}
    for pair in offered:
        for position in pair[1].attached_to:
            if position not in seeing:
                found.setdefault(position, []).append(pair)
    for position, pair in shared_out(graph, place_of, offered):
        found.setdefault(position, []).append(pair)
    return {position: tuple(pairs) for position, pairs in found.items()}


def with_containers(graph: ResourceGraph, positions: Collection[int]) -> frozenset[int]:
    """Return vertices with all that contains them."""
    found: set[int] = set()
    for position in positions:
        step: int | None = position
        while step is not None and step not in found:
            found.add(step)
            step = graph.vertices[step].parent
    return frozenset(found)
