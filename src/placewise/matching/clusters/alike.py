"""Which of several like resources unlike subsystem vertices of their type describe that are attached above them.

Two vertices `gpu` attached to a node, one an a100 and one a v100, each describe at least one of its GPUs, and it is not
said which. Where the GPUs are alike that does not matter: each vertex is taken to describe one of them, and of the
others nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from placewise.model.fleets.resources import ResourceGraph, SubsystemVertex

_STEPS_EACH = 16


def shared_out(
    graph: ResourceGraph, place_of: Sequence[int | None], offered: Sequence[tuple[str, SubsystemVertex]]
) -> Iterator[tuple[int, tuple[str, SubsystemVertex]]]:
    """Yield for unlike vertices a like resource below that each describes.

    Resources are alike if they are one vertex, or vertices with nothing in them under one vertex, and nothing is
    attached to them. Vertices that lack a field describe something else than those that have it: a resource each have
    those with the field that most have among the fields in which they are unlike, if there are as many resources.
    Where such are attached at two places above a resource, it is not said which of them go together. Nothing is said
    either of what takes more steps than a few a vertex, as a stranger's deep graph may.
    """
    left = iter(range(_STEPS_EACH * len(graph.vertices)))
    by_place: dict[tuple[int, str], list[SubsystemVertex]] = {}
    types = {vertex.type for vertex in graph.vertices}
    for name, vertex in offered:
        if name in types:
            for position in vertex.attached_to:
                by_place.setdefault((position, name), []).append(vertex)
    occupied = frozenset[int]()
    found: list[tuple[str, list[int], list[SubsystemVertex]]] = []
    for (position, name), vertices in by_place.items():
        unlike = _by_field(vertices)
        if not unlike:
            continue
        occupied = occupied or frozenset(at for _, vertex in offered for at in vertex.attached_to)
        resources = _alike(graph, place_of, position, name, left)
        if occupied.isdisjoint(resources):
            room = sum(graph.vertices[at].size for at in resources)
            chosen = max([some for some in unlike if len(some) <= room], key=len, default=[])
            found.append((name, resources if chosen else [], chosen))
    claims = Counter(at for _, resources, _ in found for at in resources)
    for name, resources, chosen in found:
        if all(claims[at] == 1 for at in resources):
            yield from _one_each(graph, resources, name, chosen)


def _by_field(vertices: Sequence[SubsystemVertex]) -> list[list[SubsystemVertex]]:
    """Return for each field in which vertices are unlike those that have it."""
    if len(vertices) < 2:
        return []
    having: dict[str, list[SubsystemVertex]] = {}
    values: dict[str, set[object]] = {}
    for vertex in vertices:
        for field, value in vertex.properties:
            having.setdefault(field, []).append(vertex)
            values.setdefault(field, set()).add((type(value), value))
    return [some for field, some in having.items() if len(values[field]) > 1]


def _alike(
    graph: ResourceGraph, place_of: Sequence[int | None], position: int, kind: str, left: Iterator[int]
) -> list[int]:
    """Return the vertices of a type below another; none if they are unlike, in other places, or no steps are left."""
    found: list[int] = []
    waiting = [position]
    while waiting:
        for child in graph.children[waiting.pop()]:
            if next(left, None) is None:
                return []
            waiting.append(child)
            vertex = graph.vertices[child]
            if vertex.type == kind:
                first = graph.vertices[found[0] if found else child]
                if place_of[child] != place_of[position] or (vertex.parent, vertex.unit) != (first.parent, first.unit):
                    return []
                found.append(child)
    return found if len(found) < 2 or not any(graph.children[at] for at in found) else []


def _one_each(
    graph: ResourceGraph, resources: Sequence[int], name: str, vertices: Sequence[SubsystemVertex]
) -> Iterator[tuple[int, tuple[str, SubsystemVertex]]]:
    waiting = iter(vertices)
    for at in resources:
        for _, vertex in zip(range(graph.vertices[at].size), waiting, strict=False):
            yield at, (name, vertex)
