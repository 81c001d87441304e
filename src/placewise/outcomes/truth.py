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
from placewise.matching.kernels import Kernels
from placewise.matching.rows import Rows
from placewise.model.requirement import InVersionRange, Requirement
from placewise.model.workload import Workload

Scoring: TypeAlias = Literal["corrected", "published"]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Where jobs succeed: the rules of each job, and the clusters on which they hold.

    offsets : (jobs + 1,) int64; the rules of job j are `ids[offsets[j]:offsets[j + 1]]`.
    ids : positions in `holds`, int32.
    holds : (rules, words), the clusters on which each distinct rule holds.
    subject : (rules,) int64, what each is about, a position in `names`.
    succeeds : (jobs, words), the clusters on which each job would succeed.
    clusters : the size of the fleet.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]
    holds: NDArray[np.uint64]
    subject: NDArray[np.int64]
    names: tuple[str, ...]
    succeeds: NDArray[np.uint64]
    clusters: int

    @property
    def per_job(self) -> NDArray[np.int64]:
        """(jobs,) how many rules decide each job."""
        return np.diff(self.offsets)


def truth_of(index: FleetIndex, workload: Workload, scoring: Scoring, kernels: Kernels) -> Truth:
    """Make every requirement of a workload an outcome rule about its subsystem.

    ``published`` leaves out both bounds of every range, as the prior work's scoring did although its
    matching included them. Raises InputError for another scoring.
    """
    rules = rules_of(workload, scoring)
    names = tuple(sorted({requirement.subsystem for requirement in rules}))
    position = {name: i for i, name in enumerate(names)}
    table = index.table(rules)
    places = kernels.intersect(table, Rows.of(workload.offsets, workload.ids), bitset.full(len(index.classes)))
    return Truth(
        workload.offsets,
        workload.ids,
        index.clusters_of(table),
        np.array([position[requirement.subsystem] for requirement in rules], dtype=np.int64),
        names,
        index.clusters_of(places, workload.shape),
        len(index.fleet),
    )


def rules_of(workload: Workload, scoring: Scoring) -> tuple[Requirement, ...]:
    """Return the outcome rule that each requirement of a workload makes. Raises InputError for another scoring."""
    if scoring not in get_args(Scoring):
        raise InputError("no such scoring", found=scoring, expected=" or ".join(get_args(Scoring)))
    if scoring == "corrected":
        return workload.requirements
    return tuple(_without_bounds(requirement) for requirement in workload.requirements)


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
