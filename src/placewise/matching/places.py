"""Places of a cluster at which requirements are tested, grouped into classes of equal nodes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from placewise.matching.hosting import Tree
from placewise.model.cluster import Cluster
from placewise.model.resources import ResourceGraph, SubsystemVertex


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """Places of one cluster that no requirement and no shape can tell apart.

    places : positions in the containment graph.
    visible : the subsystem vertices attached there or above, by subsystem name.
    """

    cluster: int
    places: tuple[int, ...]
    visible: tuple[tuple[str, SubsystemVertex], ...]


def place_classes(position: int, cluster: Cluster, tree: Tree) -> list[PlaceClass]:
    """Group the places of a cluster: its nodes, or its root where it has no nodes.

    A subsystem vertex is seen from a place when it is attached to it or to an ancestor of it.
    """
    graph = cluster.graph
    places = [i for i, place in enumerate(tree.place_of) if place == i]
    offered = [(s.name, vertex) for s in cluster.subsystems for vertex in s.vertices]
    if places == [0]:
        visible = tuple(pair for pair in offered if 0 in pair[1].attached_to)
        return [PlaceClass(position, (0,), visible)]

    attached: dict[int, list[int]] = {}
    for number, (_, vertex) in enumerate(offered):
        for where in vertex.attached_to:
            attached.setdefault(where, []).append(number)
    signatures = _subtree_signatures(graph)
    groups: dict[tuple[frozenset[int], int], list[int]] = {}
    for place in places:
        seen: set[int] = set()
        step: int | None = place
        while step is not None:
            seen.update(attached.get(step, ()))
            step = graph.vertices[step].parent
        groups.setdefault((frozenset(seen), signatures[place]), []).append(place)
    return [
        PlaceClass(position, tuple(members), tuple(offered[i] for i in sorted(seen_here)))
        for (seen_here, _), members in groups.items()
    ]


def _subtree_signatures(graph: ResourceGraph) -> list[int]:
    """Number the distinct subtrees: two vertices share a number when what they contain is alike."""
    numbers: dict[Hashable, int] = {}
    signatures = [0] * len(graph.vertices)
    # Containers precede what they contain, so walking backwards sees the contents first.
    for position in range(len(graph.vertices) - 1, -1, -1):
        vertex = graph.vertices[position]
        below = tuple(sorted(signatures[child] for child in graph.children[position]))
        key = (vertex.type, vertex.size, vertex.unit, below)
        signatures[position] = numbers.setdefault(key, len(numbers))
    return signatures
