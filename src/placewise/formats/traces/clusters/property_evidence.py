"""What the jobs of a trace show of its clusters: a cluster has a property if a job that asked for it ran there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.formats.traces.clusters.node_numbers import asked_names
from placewise.model.traces.trace import UNKNOWN, Trace

LEAST_CHANCE = 1e-3
"""A cluster without a job that asked for a property lacks it if chance would avoid that cluster so rarely."""

LEAST_USERS = 2
"""And only if so many users asked: one user's jobs are sent to one place, whatever is at the other."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against one named thing, such as a property or a host, on each machine of a trace.

    subsystem, field, name : of what the thing is, as in a requirement.
    asked : jobs that asked for it. users : by how many users, 0 if no user is said. refused : jobs that asked to be
    without it.
    ran, ran_refusing : of these, how many ran on each machine; a job on several counts at each.
    nodes : the numbers of the nodes on which jobs that asked for it ran, and how many jobs did so.
    chance : for each machine, how likely it is that no job would have run there had it the thing: the share of jobs
    without requirements that ran elsewhere, to the power of `asked`. Jobs of one user come together, so this is a
    rough guide.
    has : for each machine whether it has it: yes if one job that asked for it ran there; no if none did, the chance of
    that is below 1 in 1000, and two users or more asked for it (or no user is said); else None, unknown.
    """

    subsystem: str
    field: str
    name: str
    asked: int
    users: int
    refused: int
    ran: tuple[int, ...]
    ran_refusing: tuple[int, ...]
    nodes: tuple[tuple[int, int], ...]
    chance: tuple[float, ...]
    has: tuple[bool | None, ...]

    @property
    def on_all(self) -> bool:
        """Whether every machine has it, so that asking for it narrows nothing."""
        return all(self.has)


def property_evidence(trace: Trace) -> tuple[Evidence, ...]:
    """Return the evidence on everything that jobs name in their requirements, most asked for first.

    None without machines whose nodes are numbered, and without jobs that say where they ran.
    """
    if trace.ran_on is None or not any(machine.numbers for machine in trace.machines):
        return ()
    ran = machines_of(trace)
    free = ran[trace.ask == 0]
    elsewhere = 1 - free.mean(axis=0) if len(free) else np.zeros(len(trace.machines))
    found: dict[tuple[str, str, str], tuple[list[int], list[int]]] = {}
    for position, asks in enumerate(trace.asks):
        for (subsystem, field), name, there in asked_names(asks):
            found.setdefault((subsystem, field, name), ([], []))[not there].append(position)
    somewhere = ran.any(axis=1)
    evidence = []
    for (subsystem, field, name), (asking, refusing) in found.items():
        jobs = np.isin(trace.ask, asking) & somewhere
        against = np.isin(trace.ask, refusing) & somewhere
        count = int(jobs.sum())
        there = ran[jobs].sum(axis=0)
        chance = elsewhere**count
        users = len(set(trace.user.codes[jobs].tolist()) - {UNKNOWN})
        enough = users >= LEAST_USERS or not trace.user.names
        evidence.append(
            Evidence(
                subsystem,
                field,
                name,
                count,
                users,
                int(against.sum()),
                tuple(there.tolist()),
                tuple(ran[against].sum(axis=0).tolist()),
                _counted(trace.ran_on[job] for job in np.flatnonzero(jobs).tolist()),
                tuple(chance.tolist()),
                tuple(
                    True if on else (False if rare and enough else None)
                    for on, rare in zip(there > 0, chance < LEAST_CHANCE, strict=True)
                ),
            )
        )
    return tuple(sorted(evidence, key=lambda one: (-one.asked, -one.refused, one.subsystem, one.name)))


def machines_of(trace: Trace) -> NDArray[np.bool_]:
    """Return (jobs, machines), whether each job ran on a node of each machine; nowhere where that is not known."""
    owner = {number: position for position, machine in enumerate(trace.machines) for number in machine.numbers}
    ran = np.zeros((len(trace), len(trace.machines)), dtype=bool)
    for job, nodes in enumerate(trace.ran_on or ()):
        for node in nodes:
            if node in owner:
                ran[job, owner[node]] = True
    return ran


def _counted(all_nodes: Iterable[tuple[int, ...]]) -> tuple[tuple[int, int], ...]:
    counts: dict[int, int] = {}
    for nodes in all_nodes:
        for node in nodes:
            counts[node] = counts.get(node, 0) + 1
    return tuple(sorted(counts.items()))
