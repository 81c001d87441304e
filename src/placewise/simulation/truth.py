"""What decides success on a cluster, whatever the scheduler was told: the outcome rules.

Here each requirement of a job is a rule: the build succeeds where every rule holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels, Rows
from placewise.model.requirement import InVersionRange, Requirement
from placewise.model.workload import Workload

Scoring: TypeAlias = Literal["corrected", "published"]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Where jobs succeed.

    rules : (requirements, words), the clusters on which each requirement's rule holds.
    succeeds : (jobs, words), the clusters on which each job would succeed.
    """

    rules: NDArray[np.uint64]
    succeeds: NDArray[np.uint64]


def truth_of(index: FleetIndex, workload: Workload, scoring: Scoring, kernels: Kernels) -> Truth:
    """Apply the outcome rules of a workload to a fleet.

    ``published`` leaves out both bounds of every range, as the prior work's scoring did although its
    matching included them. Raises InputError for another scoring.
    """
    if scoring not in get_args(Scoring):
        raise InputError("no such scoring", found=scoring, expected=" or ".join(get_args(Scoring)))
    rules = workload.requirements
    if scoring == "published":
        rules = tuple(_without_bounds(requirement) for requirement in rules)
    table = index.table(rules)
    places = kernels.intersect(table, Rows.of(workload.offsets, workload.ids), bitset.full(len(index.classes)))
    return Truth(index.clusters_of(table), index.clusters_of(places, workload.shape))


def _without_bounds(requirement: Requirement) -> Requirement:
    return replace(
        requirement,
        conditions=tuple(
            replace(condition, predicate=InVersionRange(condition.predicate.versions.exclusive()))
            if isinstance(condition.predicate, InVersionRange)
            else condition
            for condition in requirement.conditions
        ),
    )
