"""What decides success of jobs on any fleet: by it a fleet, or what jobs ask, can be changed and judged again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match_rows
from placewise.model.jobs.workload import Workload
from placewise.outcomes.chances import Chances, ChanceSets


@dataclass(frozen=True, slots=True, eq=False)
class Judging:
    """How likely jobs succeed.

    on : from a compiled fleet to p of each kind of job on it. kind : (jobs,) int64, which kind each job is.
    """

    on: Callable[[FleetIndex], Chances]
    kind: NDArray[np.int64]

    @classmethod
    def by_rules(cls, rules: Workload) -> Judging:
        """Judge each job by its outcome rules, given as requirements."""
        profiles = rules.profiles()
        kinds = rules.select(profiles.first)
        return cls(lambda index: ChanceSets(match_rows(index, kinds)), profiles.of_job)
