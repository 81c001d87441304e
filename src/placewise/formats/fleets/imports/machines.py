"""Clusters of machines: what batch systems and clouds say of each becomes a node and facts that are attached to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError
from placewise.formats.fleets.imports.account import Account
from placewise.formats.node_facts import HOST, Facts, Fields
from placewise.formats.plain_fields import UNSAID, vertex_fields
from placewise.formats.values import refuse_control
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.jobs.job import NODE

CORE, GPU, MEMORY = "core", "gpu", "memory"
BYTES = "B"


@dataclass(slots=True)
class Machine:
    """A machine, while it is read.

    cores, memory_bytes : None where they are not said. gpus : the fields of each kind of GPU, and how many there are.
    facts : the fields of each vertex that is attached to it, by subsystem.
    """

    name: str
    cores: int | None = None
    memory_bytes: int | None = None
    gpus: list[tuple[Fields, int]] = field(default_factory=list)
    facts: dict[str, list[Fields]] = field(default_factory=dict)

    def add(self, subsystem: str, *pairs: tuple[str, Any]) -> None:
        """Attach a vertex. Raises InputError for a value that its field cannot hold."""
        fields = tuple(sorted(vertex_fields(subsystem, pairs, subsystem, UNSAID).items()))
        self.facts.setdefault(subsystem, []).append(fields)

    def add_gpus(self, count: int, **said: Any) -> None:
        """Add GPUs of one kind: their model, vendor and memory_bytes, each None or empty where it is not said."""
        pairs = {name: value for name, value in said.items() if value}
        if "memory_bytes" in pairs:
            pairs |= {"memory": pairs.pop("memory_bytes"), "memory_unit": BYTES}
        fields = tuple(sorted(vertex_fields(GPU, pairs.items(), GPU, UNSAID).items()))
        if count:
            self.gpus.append((fields, count))


def attach(machine: Machine, account: Account, subsystem: str, pairs: Iterable[tuple[str, Any]], where: str) -> None:
    """Attach a vertex with those fields that can be held; the others are dropped with the reason.

    where : the file and place of the vertex, as ``file: place``.
    """
    kept = []
    file, _, place = where.partition(": ")
    for name, value in pairs:
        try:
            refuse_control(name, "a field")
            vertex_fields(subsystem, [(name, value)], subsystem, UNSAID)
        except InputError as error:
            account.drop("fields", file, f"{place}, {name}", error.problem)
        else:
            kept.append((name, value))
    if kept:
        machine.add(subsystem, *kept)


def cluster_of(name: str, machines: Sequence[Machine], account: Account) -> Cluster:
    """Return the cluster of machines. Raises InputError for none, and for two of one name."""
    if not machines:
        raise InputError("has no nodes", place=f"cluster {name!r}", expected="at least one")
    names = {machine.name for machine in machines}
    root = "cluster"
    while root in names:
        root += "-"
    vertices = [Vertex(root, "cluster")]
    facts = Facts(UNSAID)
    for machine in machines:
        _add(machine, vertices, facts)
    mixed = [machine.name for machine in machines if len(machine.gpus) > 1]
    if not any(machine.gpus for machine in machines):
        account.described(name, GPU)
    elif mixed:
        account.unknown(
            name, GPU, f"some nodes hold several models, such as {mixed[0]}: ask for them inside of a shape"
        )
    else:
        account.described_in_part(name, GPU, "not all that jobs may ask of GPUs is said")
    return Cluster(name, ResourceGraph(tuple(vertices)), facts.subsystems())


def _add(machine: Machine, vertices: list[Vertex], facts: Facts) -> None:
    at = len(vertices)
    vertices.append(Vertex(machine.name, NODE, 0))
    if machine.cores:
        vertices.append(Vertex(f"{machine.name}/core", CORE, at, machine.cores))
    if machine.memory_bytes:
        vertices.append(Vertex(f"{machine.name}/memory", MEMORY, at, machine.memory_bytes, BYTES))
        facts.attach(MEMORY, (("unit", BYTES), ("value", machine.memory_bytes)), (at,))
    facts.attach(HOST, (("name", machine.name),), (at,))
    for number, (fields, count) in enumerate(machine.gpus):
        inside = len(vertices)
        vertices.append(Vertex(f"{machine.name}/gpu{number}", GPU, at, count))
        # What is attached to a node holds of each of its GPUs.
        facts.attach(GPU, fields, (at if len(machine.gpus) == 1 else inside,))
    for subsystem, found in machine.facts.items():
        for one in found:
            facts.attach(subsystem, one, (at,))
