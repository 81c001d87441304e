"""What is matched: fleets and workloads drawn from the shipped profile."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from placewise.formats.profiles.profile_file import shipped_profile
from placewise.matching.bits import bitset
from placewise.matching.bits.rows import Rows
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import all_of, any_of, negated, version_bounds
from placewise.model.studies.profile import Profile
from placewise.synthesis import draw_fleet, draw_jobs

SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A fleet and a workload, and what matching compiles from them.

    table : (requirements, words), the clusters that meet each requirement.
    everything : (words,), all clusters.
    """

    title: str
    fleet: Fleet
    workload: Workload
    index: FleetIndex
    table: NDArray[np.uint64]
    rows: Rows
    everything: NDArray[np.uint64]

    @classmethod
    def of(cls, fleet: Fleet, workload: Workload, title: str = "") -> Case:
        """Compile a fleet and a workload, whose clusters have one class of places each."""
        index = FleetIndex(fleet)
        return cls(
            title or f"{len(workload):,} jobs x {len(fleet):,} clusters",
            fleet,
            workload,
            index,
            index.table(workload.requirements),
            Rows.of(workload.offsets, workload.ids),
            bitset.full(len(fleet)),
        )


def drawn(jobs: int, clusters: int) -> Case:
    """Draw so many jobs, equal ones among them as in the data that the profile was fitted to."""
    profile = shipped_profile("reliabuild")
    return Case.of(draw_fleet(profile, clusters, SEED), _workload(profile, jobs))


def drawn_distinct(jobs: int, clusters: int) -> Case:
    """Draw so many jobs of which no two require the same."""
    profile = shipped_profile("reliabuild")
    draw = 8 * jobs
    while len(first := (workload := _workload(profile, draw)).profiles().first) < jobs:
        draw *= 2
    title = f"{jobs:,} distinct jobs x {clusters:,} clusters"
    return Case.of(draw_fleet(profile, clusters, SEED), workload.select(first[:jobs]), title)


def _workload(profile: Profile, jobs: int) -> Workload:
    return cast("Workload", draw_jobs(profile, jobs, SEED))


def with_expressions(workload: Workload) -> Workload:
    """Return the jobs with an expression of ten tests in place of each requirement: it, or four pairs, but not one."""
    wanted = workload.requirements
    found = []
    for number, requirement in enumerate(wanted):
        others = [wanted[(number + step) % len(wanted)] for step in range(1, 10)]
        pairs = [all_of(others[first : first + 2]) for first in range(0, 8, 2)]
        found.append(any_of((requirement, *pairs[:-1], all_of((pairs[-1], negated(others[8]))))))
    return replace(workload, requirements=tuple(found), columns=dict(workload.columns))


def documents(workload: Workload) -> list[dict[str, Any]]:
    """Return the jobs as documents of jobspecs/*.yaml, parsed: no two share a value that can change."""
    bounds = [
        {name: text for name, text in zip(("min", "max"), version_bounds(r), strict=True) if text is not None}
        for r in workload.requirements
    ]
    entries = [
        {
            "name": workload.names[job],
            **{name: column[job] for name, column in workload.columns.items() if column[job] is not None},
            "resources": {workload.requirements[i].subsystem: bounds[i] for i in workload.row(job).tolist()},
        }
        for job in range(len(workload))
    ]
    parsed: list[dict[str, Any]] = json.loads(json.dumps(entries))
    return parsed


def sample(workload: Workload, jobs: int) -> Workload:
    """Return at most so many jobs, evenly spaced; those that require nothing are left out."""
    asking = np.flatnonzero(workload.requirement_counts)
    return workload.select(asking[np.linspace(0, len(asking) - 1, min(jobs, len(asking)), dtype=np.int64)])
