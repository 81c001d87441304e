"""Places of a cluster at which requirements are tested, grouped into classes of equal nodes."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.matching.clusters.tree import Tree
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import SubsystemVertex


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
    places = sorted(tree.places)
    offered = [(s.name, vertex) for s in cluster.subsystems for vertex in s.vertices]
    if places == [0]:
        visible = tuple(pair for pair in offered if 0 in pair[1].attached_to)
        return [PlaceClass(position, (0,), visible)]

    attached: dict[int, list[int]] = {}
    for number, (_, vertex) in enumerate(offered):
        for where in vertex.attached_to:
            attached.setdefault(where, []).append(number)
    signatures = tree.subtrees.number_of
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
