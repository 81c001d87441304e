"""Which of a trace's numbered nodes belong to which cluster, where it gives both and no file says which is where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from placewise.formats.node_facts import PROPERTY_NAME
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Expression, Not, Requirement
from placewise.model.traces.trace import Machine, Trace

CLUSTER_PREFIX = "cl_"
"""A property of this prefix and a cluster's name is that cluster's, as at MetaCentrum."""


def numbered(trace: Trace) -> tuple[Machine, ...]:
    """Return the trace's machines with the numbers of the nodes that jobs ran on.

    A node is of the cluster that most of those jobs asked for by name that ran there; `cl_NAME` is such a property. A
    node on which no such job ran is of the cluster of the nearest number. Where there is one cluster, all are its own;
    where no job asked for a cluster by name, no number is known.
    """
    if trace.ran_on is None or not trace.machines:
        return trace.machines
    used = sorted({node for nodes in trace.ran_on for node in nodes})
    if len(trace.machines) == 1:
        return (replace(trace.machines[0], numbers=tuple(used)),)
    votes = _votes(trace)
    if not votes:
        return trace.machines
    seen = {node: min(count, key=lambda position: (-count[position], position)) for node, count in votes.items()}
    owner = {node: seen.get(node, seen[min(seen, key=lambda one: (abs(one - node), one))]) for node in used}
    return tuple(
        replace(machine, numbers=tuple(node for node in used if owner[node] == position))
        for position, machine in enumerate(trace.machines)
    )


def asked_names(asks: tuple[Expression, ...]) -> Iterator[tuple[tuple[str, str], str, bool]]:
    """Yield subsystem and field, name, and whether it must be there, for each part that names one thing."""
    for part in asks:
        test = part.part if isinstance(part, Not) else part
        if isinstance(test, Requirement) and len(test.conditions) == 1:
            condition: Condition = test.conditions[0]
            if isinstance(condition.predicate, Equals):
                yield (test.subsystem, condition.field), condition.predicate.text, test is part


def _votes(trace: Trace) -> dict[int, Counter[int]]:
    """Return for each node how many jobs that asked for a cluster by name ran there, by the cluster's position."""
    places = {machine.name: position for position, machine in enumerate(trace.machines)}
    by_ask: list[set[int]] = []
    for asks in trace.asks:
        named = {
            name.removeprefix(CLUSTER_PREFIX)
            for about, name, there in asked_names(asks)
            if about == PROPERTY_NAME and there
        }
        by_ask.append({places[name] for name in named if name in places})
    votes: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for ask, nodes in zip(trace.ask.tolist(), trace.ran_on or (), strict=True):
        if len(by_ask[ask]) == 1:
            for node in nodes:
                votes[node].update(by_ask[ask])
    return votes
