"""One cluster as matching sees it, whatever its position in a fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from placewise.matching.clusters.place_kinds import PlaceKinds
from placewise.matching.clusters.places import PlaceClass, place_classes
from placewise.matching.clusters.tree import Tree, attached_below
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.scalar import Value

Properties: TypeAlias = tuple[tuple[str, Value], ...]
VertexKey: TypeAlias = tuple[Properties, tuple[type, ...]]
"""Properties with the types of their values: True, 1 and 1.0 are equal to Python, but not to a requirement."""


def vertex_key(vertex: SubsystemVertex) -> VertexKey:
    """Return what tells a vertex from those that meet other requirements."""
    # A list on the way to the tuple: vertices are many, and generators slow.
    return vertex.properties, tuple([type(value) for _, value in vertex.properties])


@dataclass(frozen=True, slots=True, eq=False)
class CompiledCluster:
    """A cluster, its containment tree and its place classes, of which it has at least one.

    classes : as of a fleet of this cluster alone.
    types : the types of the vertices of its containment graph, each with its unit.
    subsystems : by name. kinds : the classes' places.
    """

    cluster: Cluster
    tree: Tree
    classes: tuple[PlaceClass, ...]
    types: frozenset[tuple[str, str]]
    subsystems: dict[str, Subsystem]
    kinds: PlaceKinds

    @classmethod
    def of(cls, cluster: Cluster, before: CompiledCluster | None = None) -> CompiledCluster:
        """Compile a cluster; one that it replaces may save the walk through the graph."""
        offered = [(subsystem.name, vertex) for subsystem in cluster.subsystems for vertex in subsystem.vertices]
        if (
            before is not None
            and before.cluster.graph == cluster.graph
            and not before.tree.attached
            and not attached_below(cluster.graph, before.tree.place_of, before.tree.seeing, offered)
        ):
            tree, types = before.tree, before.types
        else:
            tree = Tree.of(cluster.graph, offered)
            types = frozenset((vertex.type, vertex.unit) for vertex in cluster.graph.vertices)
        classes = tuple(place_classes(0, cluster, tree))
        kinds = PlaceKinds(tree, [one.places for one in classes])
        by_name = {subsystem.name: subsystem for subsystem in cluster.subsystems}
        return cls(cluster, tree, classes, types, by_name, kinds)

    def same_places(self, other: CompiledCluster) -> bool:
        """Whether both have the same places in the same classes, on one tree."""
        return (
            self.tree is other.tree
            and len(self.classes) == len(other.classes)
            and all(mine.places == theirs.places for mine, theirs in zip(self.classes, other.classes, strict=True))
        )
