"""What records say of jobs in environments: the share that succeeded, and nothing where there is no record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from placewise.model.jobs.described_records import (
    YES,
    described_environments,
    described_jobs,
    environment_facts,
    name_of_need,
)
from placewise.model.outcomes.outcome_model import PACKAGE, Described
from placewise.model.outcomes.outcome_records import DEPENDENCIES, PACKAGE_VERSION, OutcomeRecords


@dataclass(frozen=True, eq=False)
class ObservedOutcomes:
    """See `OutcomeModel`: p is the share of the records of a job in an environment that succeeded.

    records : what was observed; a job is a package in a version, with the dependencies that it needs. facts : what an
    environment is described by; of dependencies, a job sees those that it needs.
    """

    records: OutcomeRecords
    facts: tuple[str, ...]
    kind: Literal["observed"] = "observed"
    _rates: dict[tuple[str, ...], Mapping[tuple[object, ...], float]] = field(default_factory=dict, repr=False)

    @property
    def job_facts(self) -> tuple[str, ...]:
        """See `OutcomeModel`."""
        versions = any(fact.group == PACKAGE_VERSION for fact in self.records.facts)
        return (PACKAGE, *((PACKAGE_VERSION,) if versions else ()), *map(name_of_need, self._dependencies))

    @property
    def environment_facts(self) -> Mapping[str, str]:
        """See `OutcomeModel`."""
        groups = environment_facts(self.records)
        return {name: groups[name] for name in self.facts}

    def table(self, jobs: Described, environments: Described) -> NDArray[np.float64]:
        """See `OutcomeModel`: of all records of the job in the environment."""
        return self._agreeing(jobs, environments.only(self.facts))

    def restricted(self, jobs: Described, shown: Sequence[Described], among: Described) -> list[NDArray[np.float64]]:
        """See `OutcomeModel`: of all records of the job whose environment agrees in the facts."""
        del among
        return [self._agreeing(jobs, part) for part in shown]

    def _agreeing(self, jobs: Described, known: Described) -> NDArray[np.float64]:
        kept = known.facts
        rates = self._rates_by(kept)
        wanted = jobs.only(self.job_facts)
        found = np.full((len(jobs), len(known)), np.nan)
        needs = jobs.only([name_of_need(name) for name in kept]).rows
        dependencies = set(self._dependencies)
        for at, (job, needed) in enumerate(zip(wanted.rows, needs, strict=True)):
            seen = [name not in dependencies or need == YES for name, need in zip(kept, needed, strict=True)]
            shown = (tuple(v if see else None for v, see in zip(row, seen, strict=True)) for row in known.rows)
            found[at] = [rates.get((job, row), np.nan) for row in shown]
        return found

    def unseen(self, jobs: Described, environments: Described) -> NDArray[np.bool_]:
        """See `OutcomeModel`: that of which there is no record."""
        return np.isnan(self.table(jobs, environments))

    @property
    def _dependencies(self) -> tuple[str, ...]:
        groups = environment_facts(self.records)
        return tuple(name for name in self.facts if groups[name] == DEPENDENCIES)

    def _rates_by(self, facts: tuple[str, ...]) -> Mapping[tuple[object, ...], float]:
        if facts not in self._rates:
            sums: dict[tuple[object, ...], list[int]] = {}
            jobs = described_jobs(self.records).only(self.job_facts).rows
            rows = described_environments(self.records, facts).rows
            for job, row, succeeded in zip(jobs, rows, self.records.succeeded.tolist(), strict=True):
                entry = sums.setdefault((job, row), [0, 0])
                entry[0] += succeeded
                entry[1] += 1
            self._rates[facts] = {key: good / count for key, (good, count) in sums.items()}
        return self._rates[facts]
