"""The partitions that the clusters of a fleet describe, each with the nodes that jobs can have in it.

A node sees what is attached to it and to what it is in, as it does for a match; what is attached to a part of it, such
as one of several kinds of GPUs, is that part's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from placewise.errors import Incomparable, InputError, Words, one_of
from placewise.formats.fleets.exports.partition_limits import (
    Fields,
    NotForJobsError,
    PartitionLimits,
    Submitter,
    bytes_of,
    partition_limits,
)
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.site_limit import Repels, is_closed
from placewise.model.jobs.job import NODE
from placewise.model.scalar import Value, scalar_text

PARTITION, GPU, PROPERTY, TAINT = "partition", "gpu", "property", "taint"
_LOOKED_AT = (NODE, GPU, PROPERTY, TAINT)
_NOBODY = Submitter()


@dataclass(frozen=True, slots=True)
class PartitionNode:
    """A node as far as partitions count it.

    gpus : models, empty for one that is not said, and how many of each. features : the names of its properties.
    """

    name: str
    cores: int
    memory_bytes: int
    gpus: tuple[tuple[str, int], ...] = ()
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FleetPartition:
    """A partition and the nodes of it that are in use, each as large as a job can have it there.

    not_in_use : how many nodes are down or drained, in a state that is not known, or have a taint that keeps jobs away.
    """

    cluster: str
    name: str
    nodes: tuple[PartitionNode, ...]
    limits: PartitionLimits
    not_in_use: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A partition, or a whole cluster where `name` is empty, that no job can be sent to, and why."""

    cluster: str
    name: str
    why: str


def partitions_of(
    fleet: Fleet, *, clusters: Collection[str] = (), submitter: Submitter = _NOBODY
) -> tuple[list[FleetPartition], list[LeftOut]]:
    """Return the partitions that take the jobs of a submitter, in the order of the fleet, and what is left out.

    clusters : those alone. Raises InputError for a cluster that the fleet does not have, where no partition is
    described, and for two partitions of one name.
    """
    if unknown := set(clusters) - set(fleet.names):
        raise InputError(
            "no such cluster in the fleet",
            place="--cluster",
            found=min(unknown),
            expected=one_of(min(unknown), fleet.names),
        )
    found: dict[str, FleetPartition] = {}
    left_out: list[LeftOut] = []
    described = False
    for cluster in fleet.clusters:
        if clusters and cluster.name not in clusters:
            continue
        said = _Described.of(cluster, fleet.vocabulary.says_all_fields(cluster.name, PARTITION))
        described |= bool(said.partitions)
        if not said.partitions:
            left_out.append(LeftOut(cluster.name, "", "it describes no partitions"))
        for name in sorted(said.partitions):
            one = _partition(said, name, submitter)
            if isinstance(one, LeftOut):
                left_out.append(one)
            elif name in found:
                raise InputError(
                    "two clusters have partitions with the same name",
                    found=Words(f"{name} of {found[name].cluster} and of {cluster.name}"),
                    expected="--cluster NAME, for one file per cluster",
                )
            else:
                found[name] = one
    if not described:
        raise InputError("describes no partitions", expected="a fleet that was imported from Slurm")
    return list(found.values()), left_out


@dataclass(frozen=True, slots=True)
class _Described:
    """A cluster, and the fields of what is attached, by subsystem and position.

    partitions : by name, the fields of each that differs, and where they are attached. whole : whether all that
    partitions allow is described. nodes : each that was looked at, by position.
    """

    cluster: Cluster
    attached: dict[str, dict[int, list[Fields]]]
    partitions: dict[str, dict[tuple[tuple[str, Value], ...], set[int]]]
    whole: bool
    nodes: dict[int, PartitionNode] = field(default_factory=dict)

    @classmethod
    def of(cls, cluster: Cluster, whole: bool) -> _Described:
        """Return what a cluster describes."""
        attached: dict[str, dict[int, list[Fields]]] = {one: {} for one in _LOOKED_AT}
        partitions: dict[str, dict[tuple[tuple[str, Value], ...], set[int]]] = {}
        for subsystem in cluster.subsystems:
            for vertex in subsystem.vertices if subsystem.name in (*_LOOKED_AT, PARTITION) else ():
                fields = dict(vertex.properties)
                if subsystem.name == PARTITION:
                    if name := _name(fields):
                        same = partitions.setdefault(name, {}).setdefault(vertex.properties, set())
                        same.update(vertex.attached_to)
                    continue
                for at in vertex.attached_to:
                    attached[subsystem.name].setdefault(at, []).append(fields)
        return cls(cluster, attached, partitions, whole)

    def around(self, at: int) -> Iterator[int]:
        """Yield a position and those of all that it is in."""
        here: int | None = at
        while here is not None:
            yield here
            here = self.cluster.graph.vertices[here].parent

    def within(self, at: int) -> Iterator[int]:
        """Yield the positions of all that is in what is at a position."""
        below = list(self.cluster.graph.children[at])
        while below:
            here = below.pop()
            yield here
            below.extend(self.cluster.graph.children[here])

    def seen(self, at: int, subsystem: str) -> Iterator[Fields]:
        """Yield the fields of each vertex of a subsystem that is attached where a position sees it."""
        for here in self.around(at):
            yield from self.attached[subsystem].get(here, ())

    def node(self, at: int) -> PartitionNode:
        """Return the node at a position."""
        if at not in self.nodes:
            self.nodes[at] = _node(self, at)
        return self.nodes[at]


def _name(fields: Fields) -> str:
    name = fields.get("name", "")
    return "" if isinstance(name, tuple) else scalar_text(name).strip()


def _partition(said: _Described, name: str, submitter: Submitter) -> FleetPartition | LeftOut:
    cluster = said.cluster.name
    if len(said.partitions[name]) > 1:
        return LeftOut(cluster, name, "it is described several times, with different limits")
    ((properties, within),) = said.partitions[name].items()
    try:
        limits = partition_limits(dict(properties), submitter, whole=said.whole)
    except NotForJobsError as why:
        return LeftOut(cluster, name, str(why))
    vertices = enumerate(said.cluster.graph.vertices)
    nodes = [at for at, vertex in vertices if vertex.type == NODE and within.intersection(said.around(at))]
    used = [_allowed(said.node(at), limits) for at in nodes if _in_use(said, at)]
    if not used:
        return LeftOut(cluster, name, "none of its nodes is in use" if nodes else "it has no nodes")
    return FleetPartition(cluster, name, tuple(used), limits, len(nodes) - len(used))


def _allowed(node: PartitionNode, limits: PartitionLimits) -> PartitionNode:
    """Return what a job can have of a node."""
    cores, memory = limits.cores_per_node, limits.memory_per_node_bytes
    return replace(
        node,
        cores=node.cores if cores is None else min(cores, node.cores),
        memory_bytes=node.memory_bytes if memory is None else min(memory, node.memory_bytes),
    )


def _in_use(said: _Described, at: int) -> bool:
    try:
        return not (
            any("state" in one and is_closed(one["state"]) for one in said.seen(at, NODE))
            or any("effect" in one and Repels().holds_of(one["effect"], one) for one in said.seen(at, TAINT))
        )
    except Incomparable:
        return False


def _node(said: _Described, at: int) -> PartitionNode:
    cores, memory, gpus = 0, Fraction(0), dict[str, int]()
    for below in said.within(at):
        vertex = said.cluster.graph.vertices[below]
        if vertex.type == "core":
            cores += vertex.size
        elif vertex.type == "memory":
            memory += vertex.size * bytes_of(vertex.unit)
        elif vertex.type == GPU:
            for model, count in _models(said, below, vertex.size):
                gpus[model] = gpus.get(model, 0) + count
    features = frozenset(scalar_text(one["name"]) for one in said.seen(at, PROPERTY) if "name" in one)
    kinds = tuple(sorted((model, count) for model, count in gpus.items() if count))
    return PartitionNode(said.cluster.graph.vertices[at].id, cores, int(memory), kinds, features)


def _models(said: _Described, at: int, size: int) -> Iterator[tuple[str, int]]:
    """Yield the models of the GPUs that a vertex stands for, and how many of them are of each, as a match counts them.

    What is attached to what they are in holds of all of them, what is attached to the vertex itself of one.
    """
    parent = said.cluster.graph.vertices[at].parent
    outside = {scalar_text(one["model"]) for one in said.seen(parent or 0, GPU) if "model" in one}
    if len(outside) == 1:
        yield outside.pop(), size
        return
    own = [scalar_text(one["model"]) for one in said.attached[GPU].get(at, ()) if "model" in one][:size]
    for model in own:
        yield model, 1
    yield "", size - len(own)
