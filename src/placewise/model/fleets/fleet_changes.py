"""What is different in the clusters of a fleet that are described anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.joined_parts import Overlap
from placewise.model.jobs.job import NODE

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Things that came, went, and are other than before, by name, each sorted."""

    added: Names = ()
    gone: Names = ()
    changed: Names = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.added or self.gone or self.changed)


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """What became of a cluster.

    what : how it differs as a whole. nodes, subsystems : empty unless it was there before and is now.
    overlaps : what several imports say of it, of which one counts.
    """

    cluster: str
    what: Literal["added", "gone", "changed", "unchanged"]
    nodes: Difference = Difference()
    subsystems: Difference = Difference()
    overlaps: tuple[Overlap, ...] = ()


def cluster_change(before: Cluster | None, after: Cluster | None, *, words_changed: bool = False) -> ClusterChange:
    """Return what became of a cluster; None where it is not there.

    words_changed : whether its vocabulary is another one. Raises ValueError for one that never was.
    """
    if after is None:
        if before is None:
            raise ValueError("there is no cluster")
        return ClusterChange(before.name, "gone")
    if before is None:
        return ClusterChange(after.name, "added")
    if before == after:
        return ClusterChange(after.name, "changed" if words_changed else "unchanged")
    subsystems = _difference(
        {one.name: one.vertices for one in before.subsystems}, {one.name: one.vertices for one in after.subsystems}
    )
    return ClusterChange(after.name, "changed", _difference(_nodes(before), _nodes(after)), subsystems)


def _difference(before: Mapping[str, object], after: Mapping[str, object]) -> Difference:
    return Difference(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )


def _nodes(cluster: Cluster) -> dict[str, tuple[object, ...]]:
    """Return what there is of each node by its id: what is in it, and what is attached to all that."""
    attached: dict[int, list[object]] = {}
    for subsystem in cluster.subsystems:
        for fact in subsystem.vertices:
            seen = (subsystem.name, fact.properties, tuple(type(value) for _, value in fact.properties))
            for position in fact.attached_to:
                attached.setdefault(position, []).append(seen)
    found: dict[str, tuple[object, ...]] = {}
    inside: list[tuple[object, ...]] = [()] * len(cluster.graph.vertices)
    for position in reversed(range(len(inside))):
        vertex = cluster.graph.vertices[position]
        below = tuple(inside[child] for child in cluster.graph.children[position])
        facts = frozenset(attached.get(position, ()))
        inside[position] = (vertex.type, vertex.size, vertex.unit, facts, below)
        if vertex.type == NODE:
            found[vertex.id] = inside[position]
    return found
