"""A learned model as a truth: jobs bring facts of their own, and find the dependencies that they need on clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from placewise.model.jobs.described_records import YES, name_of_need, name_of_own
from placewise.model.outcomes.outcome_model import PACKAGE, Described
from placewise.model.outcomes.outcome_records import DEPENDENCIES, PACKAGE_VERSION, VARIANTS
from placewise.model.outcomes.success_model import KnownFact, SuccessModel
from placewise.prediction.success.encoding import places
from placewise.prediction.success.forecast import table
from placewise.prediction.success.restricting import restricted

_OF_JOBS = (PACKAGE_VERSION, VARIANTS)


@dataclass(frozen=True, slots=True, eq=False)
class ModelOutcomes:
    """See `OutcomeModel`: p is the forecast of a learned model.

    A job needs the dependencies that its record has, in whichever version; of others a cluster may have any, and the
    model is asked about the job without them.
    """

    model: SuccessModel
    kind: Literal["model"] = "model"

    @property
    def job_facts(self) -> tuple[str, ...]:
        """See `OutcomeModel`."""
        own = tuple(name_of_own(fact.name, fact.group) for fact in self.model.facts if fact.group in _OF_JOBS)
        needs = tuple(name_of_need(fact.name) for fact in self.model.facts if fact.group == DEPENDENCIES)
        return (PACKAGE, *own, *needs)

    @property
    def environment_facts(self) -> Mapping[str, str]:
        """See `OutcomeModel`."""
        return {fact.name: fact.group for fact in self.model.facts if _of_environment(fact)}

    def table(self, jobs: Described, environments: Described) -> NDArray[np.float64]:
        """See `OutcomeModel`."""
        return self._predicted(jobs, environments)

    def restricted(self, jobs: Described, shown: Sequence[Described], among: Described) -> list[NDArray[np.float64]]:
        """See `OutcomeModel`, and `restricting.restricted`."""
        return restricted(self._predicted, jobs, shown, among.only(tuple(self.environment_facts)))

    def unseen(self, jobs: Described, environments: Described) -> NDArray[np.bool_]:
        """See `OutcomeModel`: a value that the model did not learn from, or a fact needed that is not there."""
        own = jobs.only(self.job_facts)
        found = np.zeros((len(jobs), len(environments)), dtype=np.bool_)
        for fact in self.model.facts:
            if not _of_environment(fact):
                continue
            values = _column(environments, fact.name)
            strange = np.array([value not in fact.values for value in values], dtype=np.bool_)
            if fact.group != DEPENDENCIES:
                found |= strange
                continue
            needing = np.array([value == YES for value in _column(own, name_of_need(fact.name))], dtype=np.bool_)
            found |= needing[:, None] & strange
        return found

    def _predicted(self, jobs: Described, environments: Described) -> NDArray[np.float64]:
        facts = self.model.facts
        own, theirs = np.full((len(jobs), len(facts)), np.nan), np.full((len(environments), len(facts)), np.nan)
        taken = np.zeros(own.shape, dtype=np.bool_)
        for at, fact in enumerate(facts):
            needing = None
            if fact.group == DEPENDENCIES:
                needing = np.array([value == YES for value in _column(jobs, name_of_need(fact.name))], dtype=np.bool_)
            if fact.presence:
                of_job = _column(jobs, name_of_own(fact.name, fact.group))
                own[:, at] = [value is not None for value in of_job] if needing is None else needing
            elif fact.group in _OF_JOBS:
                own[:, at] = _places(fact, _column(jobs, name_of_own(fact.name, fact.group)))
            else:
                theirs[:, at] = _places(fact, _column(environments, fact.name))
                taken[:, at] = True if needing is None else needing
        packages = [name or "" for name in _column(jobs, PACKAGE)]
        return table(self.model, packages, own, taken, theirs)


def _of_environment(fact: KnownFact) -> bool:
    return fact.group not in _OF_JOBS and not fact.presence


def _column(described: Described, name: str) -> list[str | None]:
    if name not in described.facts:
        return [None] * len(described)
    at = described.facts.index(name)
    return [row[at] for row in described.rows]


def _places(fact: KnownFact, values: list[str | None]) -> NDArray[np.float64]:
    distinct = [value for value in dict.fromkeys(values) if value is not None]
    where = dict(zip(distinct, places(fact, distinct).tolist(), strict=True))
    return np.array([np.nan if value is None else where[value] for value in values])
