"""Fleets and jobs drawn from records with outcomes: environments that there were, and what was built in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex, package_subsystem
from placewise.model.jobs.described_records import described_jobs, environment_facts
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.outcome_model import PACKAGE, Described, EnvironmentDraw
from placewise.model.outcomes.outcome_records import (
    ABSENT,
    COMPILER,
    DEPENDENCIES,
    OTHERS,
    PACKAGE_VERSION,
    OutcomeRecords,
)
from placewise.model.scalar import Scalar
from placewise.model.streams import Synthesis
from placewise.synthesis.drawing import stream

COMPILER_VERSION = "compiler version"
CLUSTER = "cluster"
"""The fact that is a cluster's name, where nothing of that name is described there."""
_FACTS = {"compiler_version": COMPILER_VERSION}
"""Fields of clusters' states, and columns of build records, whose fact has another name."""
_LAYERS = 32
"""Records whose environments a cluster is put together from, before what is still missing is taken fact by fact."""
_NOWHERE = -1


def draw_environments(records: OutcomeRecords, clusters: int, seed: int, draw: EnvironmentDraw) -> Fleet:
    """Draw clusters that each have all facts of environments that some record has, every record as likely.

    draw : ``environments`` takes the whole environment of one record, and then what is still missing from those of one
    record after another, so that most facts occur together as they did. ``facts`` takes each fact from a record of its
    own, a compiler with its version from one.
    """
    groups = environment_facts(records)
    facts = [fact for fact in records.facts if fact.name in groups and fact.group == groups[fact.name]]
    there = np.array([fact.codes != ABSENT for fact in facts], dtype=np.bool_).reshape(len(facts), len(records)).T
    parts = [COMPILER if group == COMPILER else name for name, group in groups.items()]
    generator = stream(seed, Synthesis.FLEET)
    width = len(str(clusters - 1))
    found = []
    for cluster in range(clusters):
        source = np.full(len(parts), _NOWHERE, dtype=np.int64)
        if draw == "environments":
            for record in generator.integers(len(records), size=_LAYERS).tolist():
                source[(source == _NOWHERE) & there[record]] = record
        _fill(source, parts, there, generator)
        row = tuple(
            None if record == _NOWHERE else fact.values[fact.codes[record]]
            for fact, record in zip(facts, source.tolist(), strict=True)
        )
        found.append(_cluster(f"cluster-{cluster:0{width}}", groups, row))
    return Fleet(tuple(found))


def _fill(
    source: NDArray[np.int64], parts: list[str], there: NDArray[np.bool_], generator: np.random.Generator
) -> None:
    """Take each fact that has no record yet from one that has it, facts of one part from the same."""
    chosen: dict[str, int] = {}
    for at, part in enumerate(parts):
        if source[at] != _NOWHERE:
            continue
        having = np.flatnonzero(there[:, at])
        if part not in chosen or not there[chosen[part], at]:
            chosen[part] = int(having[generator.integers(len(having))])
        source[at] = chosen[part]


def draw_recorded_jobs(records: OutcomeRecords, jobs: int, seed: int) -> tuple[Workload, Described]:
    """Draw jobs, each what a record built, every record as likely; they ask for nothing by themselves.

    Returns them with what is known of each, by facts.
    """
    taken = records.select(stream(seed, Synthesis.WORKLOAD).integers(len(records), size=jobs))
    described = described_jobs(taken)
    columns: dict[str, list[str | None]] = {PACKAGE: [row[0] for row in described.rows]}
    if PACKAGE_VERSION in described.facts:
        at = described.facts.index(PACKAGE_VERSION)
        columns["package_version"] = [row[at] for row in described.rows]
    nothing = np.zeros(jobs + 1, dtype=np.int64)
    return Workload(taken.names, (), nothing, np.zeros(0, dtype=np.int32), columns), described


def environments_of(fleet: Fleet, facts: dict[str, str]) -> Described:
    """Return what each cluster of a fleet is, by facts and their groups: the way back from `draw_environments`.

    Raises InputError for a cluster with several values of one fact, of which a model is asked about one.
    """
    return Described(tuple(facts), tuple(environment_of(cluster, facts) for cluster in fleet.clusters))


def environment_of(
    cluster: Cluster, facts: Mapping[str, str], state: Mapping[str, Scalar] | None = None
) -> tuple[str | None, ...]:
    """Return what a cluster is by facts and their groups, None where it has none; state : its own if None.

    Raises InputError for several values of one fact.
    """
    found = []
    for fact, there in zip(facts, values_on(cluster, facts, state), strict=True):
        if len(there) > 1:
            problem = (
                f"cluster {cluster.name!r} has several values of {fact!r}, and a model of outcomes is asked about one"
            )
            raise InputError(problem, found=Words(", ".join(there[:5])))
        found.append(there[0] if there else None)
    return tuple(found)


def runtime_facts_of(
    cluster: Cluster, facts: Sequence[str], state: Mapping[str, Scalar] | None = None
) -> tuple[str | None, ...]:
    """Return what runtime models look at of a cluster, by the names of `records.FACTS`; state : its own if None.

    None is not known, as is a fact of which a cluster has several values.
    """
    named = {_FACTS.get(name, name): COMPILER if name in (COMPILER, *_FACTS) else OTHERS for name in facts}
    return tuple(there[0] if len(there) == 1 else None for there in values_on(cluster, named, state))


def values_on(
    cluster: Cluster, facts: Mapping[str, str], state: Mapping[str, Scalar] | None = None
) -> list[tuple[str, ...]]:
    """Return the values of each fact, by facts and their groups, on a cluster, sorted; state : its own if None.

    What a subsystem says counts, else the field of the state; the fact `cluster` is then the cluster's name.
    """
    by_name = {one.name: one for one in cluster.subsystems}
    said = dict(cluster.state) if state is None else state
    return [_values(cluster.name, by_name, said, *fact) for fact in facts.items()]


def _values(
    cluster: str, by_name: Mapping[str, Subsystem], state: Mapping[str, Scalar], fact: str, group: str
) -> tuple[str, ...]:
    subsystem, field = fact, "version" if group == DEPENDENCIES else "value"
    if group == COMPILER:
        subsystem, field = COMPILER, "version" if fact == COMPILER_VERSION else "name"
    vertices = by_name[subsystem].vertices if subsystem in by_name else ()
    found = {str(value) for vertex in vertices for name, value in vertex.properties if name == field}
    if not found and group in (COMPILER, OTHERS):
        own = state.get(field_of(fact))
        found = {str(own)} if own is not None else {cluster} if fact == CLUSTER else found
    return tuple(sorted(found))


def field_of(fact: str) -> str:
    """Return what a fact is called in clusters' states, and in build records."""
    return next((field for field, name in _FACTS.items() if name == fact), fact)


def _cluster(name: str, groups: dict[str, str], row: tuple[str | None, ...]) -> Cluster:
    subsystems: list[Subsystem] = []
    compiler: list[tuple[str, str]] = []
    for (fact, group), text in zip(groups.items(), row, strict=True):
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
