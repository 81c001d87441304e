"""What nobody described, ranked by how many jobs' answers a description would settle."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.fleet.open_tests import open_tests
from placewise.matching.match import match_rows
from placewise.model.jobs.workload import Workload


@dataclass(frozen=True, slots=True)
class UnknownFact:
    """All that a cluster has of a subsystem, which is not described, or not comparably.

    settled : the jobs for which this alone decides whether the cluster matches. undecided : the jobs for which it
    decides, alone or with others.
    """

    cluster: str
    subsystem: str
    settled: int
    undecided: int


def unknown_facts(index: FleetIndex, workload: Workload) -> tuple[UnknownFact, ...]:
    """Rank what is unknown by the jobs that it would settle, most first; equal jobs are worked out once.

    Raises InputError as `match` does.
    """
    profiles = workload.profiles()
    distinct = workload.select(profiles.first)
    undecided = match_rows(index, distinct, possible=True) & ~match_rows(index, distinct)
    open_tests = _open_tests(index, distinct)
    settled: Counter[tuple[int, str]] = Counter()
    concerned: Counter[tuple[int, str]] = Counter()
    for job, row in enumerate(undecided):
        weight = int(profiles.counts[job])
        for cluster in bitset.members(bitset.to_number(row)):
            names = {name for i in distinct.row(job).tolist() for name in open_tests[i].get(cluster, ())}
            for name in names:
                concerned[cluster, name] += weight
            if len(names) == 1:
                settled[cluster, next(iter(names))] += weight
    facts = [
        UnknownFact(index.names[cluster], name, settled[cluster, name], jobs)
        for (cluster, name), jobs in concerned.items()
    ]
    return tuple(sorted(facts, key=lambda fact: (-fact.settled, -fact.undecided, fact.cluster, fact.subsystem)))


def _open_tests(index: FleetIndex, workload: Workload) -> list[dict[int, tuple[str, ...]]]:
    """Return, for each requirement that is undecided somewhere, by cluster the subsystems of its undecided tests."""
    found: list[dict[int, tuple[str, ...]]] = []
    for requirement in workload.requirements:
        by_cluster: dict[int, tuple[str, ...]] = {}
        for test, clusters in open_tests(index, requirement):
            for cluster in bitset.members(clusters):
                by_cluster[cluster] = (*by_cluster.get(cluster, ()), test.subsystem)
        found.append(by_cluster)
    return found
