"""Fleets without the names of single nodes, where no job asks for them.

A hostname or a rank tells each node from every other. With them a thousand equal nodes are a thousand place classes,
without them one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from placewise.matching.hosting import inner_requirements
from placewise.model.cluster import Fleet
from placewise.model.job import Job
from placewise.model.requirement import tests_of

NAMES_OF_NODES = frozenset(("host", "rank"))


def as_asked(fleet: Fleet, jobs: Iterable[Job]) -> Fleet:
    """Return a fleet that answers these jobs as the whole one does, without names of nodes that none asks for."""
    unasked = set(NAMES_OF_NODES)
    for job in jobs:
        for group in job.groups:
            for expression in (*group.requirements, *inner_requirements(group.shape)):
                unasked.difference_update(test.subsystem for test in tests_of(expression))
        for wish in job.wishes:
            unasked.difference_update(test.subsystem for test in tests_of(wish.expression))
    if not unasked.intersection(fleet.subsystem_names):
        return fleet
    clusters = [
        replace(cluster, subsystems=tuple([one for one in cluster.subsystems if one.name not in unasked]))
        if any(one.name in unasked for one in cluster.subsystems)
        else cluster
        for cluster in fleet.clusters
    ]
    return replace(fleet, clusters=tuple(clusters))
