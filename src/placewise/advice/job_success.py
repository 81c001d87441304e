"""How likely one job succeeds where it matches, by a model of outcomes."""

from __future__ import annotations

import numpy as np

from placewise.matching.bits import bitset
from placewise.matching.match import Match
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import PACKAGE, Workload
from placewise.model.outcomes.outcome_model import OutcomeModel
from placewise.model.scalar import scalar_text
from placewise.outcomes.chances import ChanceTable
from placewise.outcomes.success import success_on
from placewise.study.outcome_sources import described_by_workload
from placewise.synthesis.environments import environments_of

_VERSION = "package_version"


def success_of(fleet: Fleet, model: OutcomeModel, job: Job, found: Match) -> float:
    """Return the success of a job: the mean of p over the clusters that match it, 0 where none does.

    Its package is the attribute ``package``, or else its name; its version the attribute ``package_version``. It needs
    the subsystems that it requires. Where the model knows nothing, p is 0.
    """
    if not found:
        return 0.0
    attributes = dict(job.attributes)
    package = scalar_text(attributes.get(PACKAGE, job.name))
    version = attributes.get(_VERSION)
    columns: dict[str, list[str | None]] = {
        PACKAGE: [package],
        _VERSION: [None if version is None else scalar_text(version)],
    }
    jobs = described_by_workload(Workload.from_rows([job.name], [job.requirements], columns))
    matched = Fleet(tuple(fleet.clusters[position] for position in found.positions))
    environments, of_cluster = environments_of(matched, dict(model.environment_facts)).distinct()
    p = np.nan_to_num(model.table(jobs.only(model.job_facts), environments), nan=0.0)
    one, every = np.zeros(1, dtype=np.int64), bitset.pack(np.ones((1, len(matched)), dtype=np.bool_))
    return float(success_on(every, ChanceTable(p, one, of_cluster), one).share[0])
