"""Fleets and jobs drawn from records with outcomes: environments that there were, and what was built in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.cluster import Cluster, Fleet
from placewise.model.described_records import described_environments, described_jobs, environment_facts
from placewise.model.outcome_model import PACKAGE, Described, EnvironmentDraw
from placewise.model.outcome_records import COMPILER, DEPENDENCIES, PACKAGE_VERSION, OutcomeRecords
from placewise.model.resources import Subsystem, SubsystemVertex, package_subsystem
from placewise.model.streams import Synthesis
from placewise.model.workload import Workload
from placewise.synthesis.drawing import stream

COMPILER_VERSION = "compiler version"


def draw_environments(records: OutcomeRecords, clusters: int, seed: int, draw: EnvironmentDraw) -> Fleet:
    """Draw clusters, each the environment of a record, every record as likely.

    draw : ``environments`` takes each whole, so that facts occur together as they did, and a cluster lacks what the
    record did without; ``facts`` takes each fact from a record of its own that has it, a compiler with its version from
    one, so that every cluster has all of them. Facts that never vary are left out.
    """
    groups = environment_facts(records)
    described = described_environments(records, tuple(groups))
    generator = stream(seed, Synthesis.FLEET)
    if draw == "environments":
        chosen = generator.integers(len(records), size=clusters)
        rows = [described.rows[at] for at in chosen.tolist()]
    else:
        parts = [COMPILER if group == COMPILER else name for name, group in groups.items()]
        picks: dict[str, NDArray[np.int64]] = {}
        for at, part in enumerate(parts):
            if part not in picks:
                having = np.flatnonzero([row[at] is not None for row in described.rows])
                picks[part] = having[generator.integers(len(having), size=clusters)]
        rows = [
            tuple(described.rows[int(picks[part][cluster])][at] for at, part in enumerate(parts))
            for cluster in range(clusters)
        ]
    width = len(str(clusters - 1))
    named = Described(described.facts, tuple(rows))
    return Fleet(tuple(_cluster(f"cluster-{at:0{width}}", groups, named, at) for at in range(clusters)))


def draw_recorded_jobs(records: OutcomeRecords, jobs: int, seed: int) -> tuple[Workload, Described]:
    """Draw jobs, each what a record built, every record as likely; they ask for nothing by themselves.

    Returns them with what is known of each, by facts.
    """
    chosen = stream(seed, Synthesis.WORKLOAD).integers(len(records), size=jobs).tolist()
    known = described_jobs(records)
    described = Described(known.facts, tuple(known.rows[at] for at in chosen))
    columns: dict[str, list[str | None]] = {PACKAGE: [row[0] for row in described.rows]}
    if PACKAGE_VERSION in described.facts:
        at = described.facts.index(PACKAGE_VERSION)
        columns["package_version"] = [row[at] for row in described.rows]
    nothing = np.zeros(len(chosen) + 1, dtype=np.int64)
    names = tuple(records.names[at] for at in chosen)
    return Workload(names, (), nothing, np.zeros(0, dtype=np.int32), columns), described


def environments_of(fleet: Fleet, facts: dict[str, str]) -> Described:
    """Return what each cluster of a fleet is, by facts and their groups: the way back from `draw_environments`.

    Raises InputError for a cluster with several values of one fact, of which a model is asked about one.
    """
    return Described(
        tuple(facts), tuple(tuple(_value(cluster, *fact) for fact in facts.items()) for cluster in fleet.clusters)
    )


def _cluster(name: str, groups: dict[str, str], described: Described, at: int) -> Cluster:
    subsystems: list[Subsystem] = []
    compiler: list[tuple[str, str]] = []
    for (fact, group), text in zip(groups.items(), described.rows[at], strict=True):
        if text is None:
            continue
        if group == COMPILER:
            compiler.append(("version" if fact == COMPILER_VERSION else "name", text))
        elif group == DEPENDENCIES:
            subsystems.append(package_subsystem(fact, text))
        else:
            subsystems.append(Subsystem(fact, (SubsystemVertex((("value", text),)),)))
    if compiler:
        subsystems.append(Subsystem(COMPILER, (SubsystemVertex(tuple(sorted(compiler))),)))
    return Cluster(name, subsystems=tuple(subsystems))


def _value(cluster: Cluster, fact: str, group: str) -> str | None:
    subsystem, field = fact, "version" if group == DEPENDENCIES else "value"
    if group == COMPILER:
        subsystem, field = COMPILER, "version" if fact == COMPILER_VERSION else "name"
    found = {
        str(value)
        for one in cluster.subsystems
        if one.name == subsystem
        for vertex in one.vertices
        for name, value in vertex.properties
        if name == field
    }
    if len(found) > 1:
        problem = f"cluster {cluster.name!r} has several values of {fact!r}, and a model of outcomes is asked about one"
        raise InputError(problem, found=", ".join(sorted(found)[:5]))
    return next(iter(found), None)
