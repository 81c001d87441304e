"""Facts worth describing: what is unknown of a cluster, and what it may turn out to be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placewise.advice.suggestions.case import Candidates
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.fleet.open_tests import open_tests
from placewise.model.advice.changes import FactDescribed
from placewise.model.requirements.requirement import Requirement
from placewise.worth.near_misses.changing_fleet import Trial
from placewise.worth.unknown_facts import UnknownFact, unknown_facts

_MOST_ANSWERS = 6
_MOST_OFFERED = 1_000


@dataclass(frozen=True, slots=True)
class OpenFact:
    """An unknown fact, and what it may turn out to be: first that nothing else is there."""

    fact: UnknownFact
    answers: tuple[FactDescribed, ...]


def open_facts(index: FleetIndex, candidates: Sequence[Candidates], most: int) -> list[OpenFact]:
    """Return the unknown facts that settle the most jobs, and of each the answers that meet most of what jobs ask.

    Answers are the nearest values that jobs ask for, and what other clusters have. Raises InputError as
    `unknown_facts` does.
    """
    settled: Counter[tuple[str, str]] = Counter()
    concerned: Counter[tuple[str, str]] = Counter()
    for one in candidates:
        for fact in unknown_facts(index, one.workload):
            settled[fact.cluster, fact.subsystem] += fact.settled
            concerned[fact.cluster, fact.subsystem] += fact.undecided
    facts = [UnknownFact(*where, settled[where], jobs) for where, jobs in concerned.items()]
    facts = [fact for fact in facts if fact.settled]
    facts.sort(key=lambda fact: (-fact.settled, -fact.undecided, fact.cluster, fact.subsystem))
    asked = _asked(index, candidates) if facts else {}
    return [OpenFact(fact, tuple(_answers(index, fact, asked))) for fact in facts[:most]]


def _asked(index: FleetIndex, candidates: Sequence[Candidates]) -> dict[tuple[str, str], Counter[Requirement]]:
    """Return, by cluster and subsystem, the tests that are undecided there, each with the jobs that have it."""
    found: dict[tuple[str, str], Counter[Requirement]] = defaultdict(Counter)
    for one in candidates:
        counts = np.bincount(one.workload.ids, minlength=len(one.workload.requirements)).tolist()
        for requirement, jobs in zip(one.workload.requirements, counts, strict=True):
            for test, clusters in open_tests(index, requirement) if jobs else ():
                for position, name in enumerate(index.names):
                    if clusters >> position & 1:
                        found[name, test.subsystem][test] += jobs
    return found


def _answers(
    index: FleetIndex, fact: UnknownFact, asked: dict[tuple[str, str], Counter[Requirement]]
) -> Iterator[FactDescribed]:
    yield FactDescribed(fact.cluster, fact.subsystem, None)
    tests = asked[fact.cluster, fact.subsystem]
    trial = Trial(index, tuple(tests), [(number,) for number in range(len(tests))], numbers=True)
    tried: dict[str, Properties] = {}
    for properties, _ in index.offered(fact.subsystem)[:_MOST_OFFERED]:
        tried[repr(properties)] = properties
    for number in range(len(tests)):
        for properties in trial.made_to_meet((), number):
            tried[repr(properties)] = properties

    def met(name: str) -> int:
        weights = enumerate(tests.values())
        return sum(jobs for number, jobs in weights if trial.meets(name, tried[name], number))

    jobs_met = {name: met(name) for name in tried}
    best = sorted((name for name in tried if jobs_met[name]), key=lambda name: (-jobs_met[name], name))
    for name in best[:_MOST_ANSWERS]:
        yield FactDescribed(fact.cluster, fact.subsystem, tried[name])
