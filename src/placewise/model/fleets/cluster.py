"""Clusters and fleets."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter

from placewise.errors import InputError
from placewise.model.fleets.resources import ResourceGraph, Subsystem, unshaped
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar


@dataclass(frozen=True, slots=True)
class Cluster:
    """A named pool of resources: a containment graph, its subsystems by name, and a flat state.

    name : unique in its fleet. graph : its nodes and what they contain. subsystems : what else it offers, sorted by
    name. state : numbers and words of its own in pairs, such as (``cost_per_node_hour``, 1.5).

    Raises InputError for an empty name, two subsystems of one name, or a subsystem vertex attached
    to a position that the graph does not have.
    """

    name: str
    graph: ResourceGraph = field(default_factory=unshaped)
    subsystems: tuple[Subsystem, ...] = ()
    state: tuple[tuple[str, Scalar], ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("a cluster has no name", expected="a name")
        object.__setattr__(self, "subsystems", tuple(sorted(self.subsystems, key=lambda s: s.name)))
        object.__setattr__(self, "state", tuple(sorted(self.state, key=itemgetter(0))))
        for one, next_one in zip(self.subsystems, self.subsystems[1:], strict=False):
            if one.name == next_one.name:
                raise InputError(f"cluster {self.name!r} has two subsystems of one name", found=one.name)
        size = len(self.graph.vertices)
        for subsystem in self.subsystems:
            for vertex in subsystem.vertices:
                for where in vertex.attached_to:
                    if not 0 <= where < size:
                        raise InputError(
                            f"subsystem {subsystem.name!r} of cluster {self.name!r} attaches to no vertex",
                            found=where,
                            expected=f"a position below {size}",
                        )


@dataclass(frozen=True, slots=True)
class Fleet:
    """A set of clusters, in the order given, and the vocabulary in which they are described; their names differ.

    clusters : in the order given. vocabulary : what is known of their fields, and which of them are described in full.

    Raises InputError for two clusters of one name.
    """

    clusters: tuple[Cluster, ...]
    vocabulary: Vocabulary = field(default_factory=Vocabulary, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "clusters", tuple(self.clusters))
        names = [cluster.name for cluster in self.clusters]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("two clusters have the same name", found=twice, expected="names that differ")

    @property
    def names(self) -> tuple[str, ...]:
        """The clusters' names, in the fleet's order."""
        return tuple(cluster.name for cluster in self.clusters)

    @property
    def subsystem_names(self) -> tuple[str, ...]:
        """Every subsystem that some cluster of the fleet has, sorted."""
        return tuple(sorted({s.name for cluster in self.clusters for s in cluster.subsystems}))

    def __len__(self) -> int:
        return len(self.clusters)
