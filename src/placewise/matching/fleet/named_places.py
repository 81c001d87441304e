"""Clusters without the names of single nodes, of which an index compiles those with names only when a job asks for one.

A hostname or a rank tells each node from every other. With them a thousand equal nodes are a thousand place classes,
without them one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from placewise.matching.shapes.hosting import inner_requirements
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import NAMES_OF_NODES
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression, tests_of


def names_nodes(cluster: Cluster) -> bool:
    """Whether a cluster has names of single nodes."""
    return any(one.name in NAMES_OF_NODES for one in cluster.subsystems)


def without_names(cluster: Cluster) -> Cluster:
    """Return a cluster without the names of single nodes."""
    if not names_nodes(cluster):
        return cluster
    return replace(cluster, subsystems=tuple([one for one in cluster.subsystems if one.name not in NAMES_OF_NODES]))


def asks_for_names(expressions: Iterable[Expression]) -> bool:
    """Whether a test in some expressions is of names of nodes."""
    return any(test.subsystem in NAMES_OF_NODES for one in expressions for test in tests_of(one))


def expressions_of(job: Job) -> Iterator[Expression]:
    """Yield all that a job requires and wishes, inside its shapes too."""
    for group in job.groups:
        yield from group.requirements
        yield from inner_requirements(group.shape)
    for wish in job.wishes:
        yield wish.expression
