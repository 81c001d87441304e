"""What decides success on a cluster, whatever metadata a submission has: outcome rules, or a learned model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.rows import Rows
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import InVersionRange
from placewise.model.requirements.requirement import Expression, Requirement, mapped
from placewise.model.studies.settings import Scoring
from placewise.outcomes.chances import Chances


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """How likely jobs succeed where: the rules of each job, if any, the clusters on which they hold, and p itself.

    offsets : (jobs + 1,) int64; the rules of job j are `ids[offsets[j]:offsets[j + 1]]`.
    ids : positions in `holds`, int32.
    holds : (rules, words), the clusters on which each distinct rule holds.
    subject : (rules,) int64, what each is about, a position in `names`.
    chances : p of each job on each cluster; 1 by rules where all of them hold.
    clusters : the size of the fleet.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]
    holds: NDArray[np.uint64]
    subject: NDArray[np.int64]
    names: tuple[str, ...]
    chances: Chances
    clusters: int

    @property
    def per_job(self) -> NDArray[np.int64]:
        """(jobs,) how many rules decide each job."""
        return np.diff(self.offsets)

    def deciders(self, kernels: Kernels) -> NDArray[np.int64]:
        """Return (jobs,) which distinct set of rules decides each, 0, 1, ...; without rules, which distinct p."""
        if self.names:
            return kernels.equal_rows(Rows.of(self.offsets, self.ids)).of_row
        keys = self.chances.keys(np.arange(len(self.offsets) - 1))
        return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def version_rules(workload: Workload, scoring: Scoring) -> tuple[Expression, ...]:
    """Return the outcome rule that each requirement of a workload makes.

    ``published`` leaves out both bounds of every range, as the prior work's scoring did although its matching
    included them.
    """
    if scoring == "corrected":
        return workload.requirements
    return tuple(mapped(requirement, _without_bounds) for requirement in workload.requirements)


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
