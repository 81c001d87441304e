"""The stage of a run: a scheduler, the jobs that it is given, and the truth about them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise import plugins
from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.kernels import Kernels
from placewise.model.cluster import Fleet
from placewise.model.results import OutcomeTable
from placewise.model.workload import Workload
from placewise.outcomes.outcomes import Outcomes, Scene, Submissions
from placewise.outcomes.telling import (
    Needs,
    Places,
    Told,
    tell_all,
    tell_more_and_more,
    tell_nothing,
    tell_one,
    tell_some,
)
from placewise.outcomes.truth import truth_of
from placewise.scheduler import Scheduler
from placewise.selection.policies import NONE as NO_CLUSTER
from placewise.selection.policies import draw_numbers
from placewise.study.design import ALL, EXPANDING, NONE, SINGLE, TOLD, Design, folder_name

_STREAMS = {NONE: 10, SINGLE: 11, EXPANDING: 12, ALL: 13, TOLD: 14}
_LEVELS = 100
_FIRST_ASSIGNMENTS = 2
"""Every use of chance has a stream of its own, so that leaving one out changes no other."""


def flags_of(names: tuple[str, ...], chosen: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return (names,) which of the subsystems that jobs need are chosen. Raises InputError for another name."""
    for name in chosen:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=3)
            raise InputError(
                "no job needs a subsystem of this name", found=name, expected=", ".join(close) or f"such as {names[0]}"
            )
    return np.isin(np.array(names), np.array(chosen, dtype=np.str_))


def rank_of(names: tuple[str, ...], order: tuple[str, ...]) -> NDArray[np.int64]:
    """Return (names,) the rank of each subsystem that jobs need in an order of telling; as named, where it is empty.

    Raises InputError for an order that leaves one out.
    """
    if not order:
        return np.arange(len(names))
    position = {name: i for i, name in enumerate(order)}
    missing = [name for name in names if name not in position]
    if missing:
        raise InputError(
            f"the order does not name {len(missing)} of the {len(names)} subsystems that jobs need",
            found=", ".join(missing[:5]),
            expected="every one of them",
        )
    places = np.array([position[name] for name in names], dtype=np.int64)
    # The order may name further subsystems; ranks count only those that jobs need.
    return np.argsort(np.argsort(places))


def tell(experiment: str, places: Places, needs: Needs, kernels: Kernels, design: Design) -> Told:
    """Submit jobs on a fleet with what an experiment of a design tells of them."""
    if experiment == NONE:
        return tell_nothing(places, needs)
    if experiment == SINGLE:
        return tell_one(places, needs)
    if experiment == ALL:
        return tell_all(places, needs, kernels)
    if experiment in design.told:
        return tell_some(places, needs, kernels, flags_of(needs.names, design.told[experiment]))
    return tell_more_and_more(places, needs, kernels, rank_of(needs.names, design.order))


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A scheduler, the jobs that it is given, and the truth about them.

    For expectations equal jobs are computed once: `distinct` holds one of each, `of_job` says which
    one each job is like, and `weights` how many there are. Samples are drawn job by job.
    """

    scheduler: Scheduler
    design: Design
    jobs: Workload
    distinct: Workload
    scene: Scene
    needs: Needs
    of_job: NDArray[np.int64]
    weights: NDArray[np.int64]

    @classmethod
    def prepare(cls, fleet: Fleet, jobs: Workload, design: Design, kernels: Kernels) -> Stage:
        """Compile the fleet, and find out where each job would succeed."""
        scheduler = Scheduler(fleet, plugins.load("policies", design.policy), kernels)
        if design.exact:
            profiles = jobs.profiles()
            distinct, of_job, weights = jobs.select(profiles.first), profiles.of_job, profiles.counts
        else:
            distinct, of_job, weights = jobs, np.arange(len(jobs)), np.ones(len(jobs), dtype=np.int64)
        needs = Needs.of(scheduler.index, distinct)
        truth = truth_of(scheduler.index, distinct, design.scoring, kernels)
        return cls(scheduler, design, jobs, distinct, Scene(truth, weights), needs, of_job, weights)

    def tell(self, experiment: str) -> Told:
        """Submit the jobs with what an experiment tells of them."""
        return tell(experiment, self.scheduler.index, self.needs, self.scheduler.kernels, self.design)

    def assign(self, told: Told, experiment: str) -> tuple[Submissions, NDArray[np.int64]]:
        """Turn what was told into submissions; also the cluster drawn for each, or none in an expectation."""
        if self.design.exact:
            clusters = np.full(len(told.job), NO_CLUSTER, dtype=np.int64)
            assigned = told.matches
        else:
            self.scheduler.load[:] = 0  # each experiment starts with idle clusters
            stream = _STREAMS.get(experiment) or _LEVELS + [name for name, _ in self.design.levels].index(experiment)
            clusters = self.scheduler.assign(told.matches, draw_numbers(self.design.seed, stream, len(told.job)))
            assigned = bitset.singletons(clusters, len(self.scheduler.index.fleet))
        return Submissions(told.job, told.level, told.subsystem, told.matches, assigned), clusters

    def table(self, experiment: str, told: Told, outcomes: Outcomes, clusters: NDArray[np.int64]) -> OutcomeTable:
        """Give every job, equal ones too, its own rows."""
        starts = np.searchsorted(told.job, np.arange(len(self.weights) + 1))
        lengths = np.diff(starts)[self.of_job]
        ends = np.cumsum(lengths)
        rows = np.arange(ends[-1]) + np.repeat(starts[self.of_job] - (ends - lengths), lengths)
        return OutcomeTable(
            experiment=folder_name(experiment),
            job=np.repeat(np.arange(len(self.of_job)), lengths),
            level=told.level[rows],
            subsystem=told.subsystem[rows],
            matched=outcomes.matched[rows],
            feasible=outcomes.feasible[rows],
            success=outcomes.success[rows],
            points=outcomes.points[rows],
            possible=outcomes.possible[rows],
            cluster=clusters[rows],
        )

    def first_assignments(self, told: Told) -> dict[str, dict[str, tuple[str, ...]]]:
        """Draw a cluster for the first job of each distinct submission of `single`."""
        _, rows = np.unique(self.needs.ids, return_index=True)
        draws = draw_numbers(self.design.seed, _FIRST_ASSIGNMENTS, len(rows))
        fleet = self.scheduler.index.fleet
        self.scheduler.load[:] = 0
        chosen = self.scheduler.assign(told.matches[rows], draws)
        assignments: dict[str, dict[str, tuple[str, ...]]] = {}
        names = self.distinct.names
        for row, cluster in zip(rows.tolist(), chosen.tolist(), strict=True):
            where = "unmatched" if cluster == NO_CLUSTER else fleet.clusters[cluster].name
            by_cluster = assignments.setdefault(self.needs.names[told.subsystem[row]], {})
            by_cluster[where] = (*by_cluster.get(where, ()), names[told.job[row]])
        return assignments

    def in_document_order(self, jobs: NDArray[np.int64], values: NDArray[np.int64]) -> list[tuple[int, int]]:
        """List (job, value) for all jobs, given values of some distinct ones."""
        of_distinct = np.full(len(self.weights), -1, dtype=np.int64)
        of_distinct[jobs] = values
        per_job = of_distinct[self.of_job]
        found = np.flatnonzero(per_job >= 0)
        return list(zip(found.tolist(), per_job[found].tolist(), strict=True))
