"""The fleet that a trace describes: its machines, with what its jobs show that they have."""

from __future__ import annotations

from placewise.errors import InputError
from placewise.formats.node_facts import HOST, PROPERTY, Facts, property_fields
from placewise.formats.traces.clusters.property_evidence import Evidence, property_evidence
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import NODE
from placewise.model.traces.trace import Machine, Trace

CORE, MEMORY, GPU = "core", "memory", "gpu"
MOST_NODES = 1 << 20


def fleet_of_trace(trace: Trace, evidence: tuple[Evidence, ...] | None = None) -> Fleet:
    """Return a fleet with a cluster for each machine of a trace.

    A machine with nodes has them, with their cores, memory in bytes and GPUs; one without is a pool of cores. What
    `evidence` (that of the trace if None) says a machine has is a vertex of its subsystem, attached to all of its
    nodes; a host to the nodes on which the jobs that asked for it ran. What is unknown is left out, as what it has not.

    Raises InputError for a trace that describes no machines, or too many nodes.
    """
    if not trace.machines:
        raise InputError("the trace describes no machines", expected="a fleet (--fleet), or a file of machines")
    if sum(machine.nodes or 0 for machine in trace.machines) > MOST_NODES:
        raise InputError("the machines have too many nodes", expected=f"at most {MOST_NODES:,}")
    shown = property_evidence(trace) if evidence is None else evidence
    vocabulary = Vocabulary()
    return Fleet(
        tuple(
            _cluster(machine, position, trace.processor_parts, shown, vocabulary)
            for position, machine in enumerate(trace.machines)
        ),
        vocabulary,
    )


def _cluster(machine: Machine, position: int, parts: int, shown: tuple[Evidence, ...], words: Vocabulary) -> Cluster:
    vertices = [Vertex("0", "cluster")]
    nodes: list[int] = []
    if machine.nodes is None:
        vertices.append(Vertex("core", CORE, 0, machine.processors // parts))
        nodes.append(0)
    else:
        # Nodes on which nothing ran have no number.
        names = [*map(str, machine.numbers), *(f"{machine.name}-{place}" for place in range(machine.nodes))]
        for name in names[: machine.nodes]:
            at = len(vertices)
            nodes.append(at)
            vertices.append(Vertex(f"node{name}", NODE, 0))
            vertices += [
                Vertex(f"node{name}-{kind}", kind, at, size, unit)
                for kind, size, unit in (
                    (CORE, (machine.cores_per_node or 0) // parts, ""),
                    (MEMORY, machine.memory_bytes_per_node or 0, "B"),
                    (GPU, machine.gpus_per_node, ""),
                )
                if size
            ]
    facts = Facts(words)
    if machine.gpu_model is not None:
        for at in nodes:
            facts.add(GPU, [("model", machine.gpu_model)], at, machine.name)
    for one in shown:
        if not one.has[position]:
            continue
        places = nodes
        if one.subsystem == HOST and machine.nodes is not None:
            ran = {number for number, _ in one.nodes}
            places = [at for at, number in zip(nodes, machine.numbers, strict=False) if number in ran]
        fields = property_fields(one.name, "") if one.subsystem == PROPERTY else [(one.field, one.name)]
        for at in places:
            facts.add(one.subsystem, fields, at, machine.name)
    return Cluster(machine.name, ResourceGraph(tuple(vertices)), facts.subsystems())
