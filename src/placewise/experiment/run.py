"""One run: the experiments of a design, from fleet and workload to scores and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise import plugins
from placewise.errors import InputError
from placewise.experiment import scoring
from placewise.experiment.design import ALL, EXPANDING, NONE, SINGLE, Design
from placewise.experiment.orders import OrderTask, run_orders
from placewise.experiment.telling import Needs, Told, tell_all, tell_more_and_more, tell_nothing, tell_one
from placewise.matching import bitset
from placewise.matching.kernels import Kernels
from placewise.model.cluster import Fleet
from placewise.model.results import OutcomeTable, Results, Score, UnmatchedJob
from placewise.model.workload import Workload
from placewise.scheduler import Scheduler
from placewise.selection.policies import NONE as NO_CLUSTER
from placewise.selection.policies import draw_numbers
from placewise.simulation.outcomes import Outcomes, Scene, Submissions, outcomes_of
from placewise.simulation.truth import truth_of

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""

FOLDER_NAMES = {NONE: "none", SINGLE: "single-subsystem", EXPANDING: "expanded-subsystems", ALL: "all"}
_STREAMS = {NONE: 10, SINGLE: 11, EXPANDING: 12, ALL: 13}


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a run leaves behind.

    workload : the jobs that took part. subsystems : the names that tables refer to.
    assignments : for `single`, by subsystem and cluster, the first job of each distinct submission.
    left_out : jobs without requirements; dropped as repeats.
    """

    results: Results
    tables: tuple[OutcomeTable, ...]
    workload: Workload
    subsystems: tuple[str, ...]
    assignments: Mapping[str, Mapping[str, tuple[str, ...]]]
    without_requirements: int
    repeats: int


def run(fleet: Fleet, workload: Workload, design: Design, kernels: Kernels, progress: Progress | None = None) -> Run:
    """Run the experiments of a design.

    Raises InputError for an empty fleet or workload, a subsystem that no cluster has, or an order that
    names none of the workload's subsystems.
    """
    report = progress or (lambda *_: None)
    if not len(fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    chosen, without, repeats = _take_part(workload, design)
    stage = _Stage.prepare(fleet, chosen, design, kernels)
    told: dict[str, Told] = {}
    outcomes: dict[str, Outcomes] = {}
    tables = []
    scores: dict[str, Score] = {}
    # The outcomes of `none` are the baseline of the others.
    for done, name in enumerate((NONE, *(e for e in design.experiments if e != NONE))):
        report(f"experiment {name}", done, len(design.experiments) + 1)
        told[name] = stage.tell(name)
        submissions, clusters = stage.assign(told[name], name)
        outcomes[name] = outcomes_of(submissions, stage.scene)
        if name in design.experiments:
            weights = stage.weights[told[name].job]
            scores[FOLDER_NAMES[name]] = scoring.score(outcomes[name], weights, len(fleet), stage.needs.names)
            tables.append(stage.table(name, told[name], outcomes[name], clusters))
    results = _summarise(stage, design, told, outcomes, scores, report)
    assignments = stage.first_assignments(told[SINGLE]) if SINGLE in told else {}
    return Run(results, tuple(tables), chosen, stage.needs.names, assignments, without, repeats)


def _take_part(workload: Workload, design: Design) -> tuple[Workload, int, int]:
    jobs = np.arange(len(workload))[: design.first]
    asking = jobs[workload.requirement_counts[jobs] > 0]
    if not len(asking):
        raise InputError("no job has a requirement", found=f"{len(jobs)} jobs", expected="at least one")
    without, repeats = len(jobs) - len(asking), 0
    chosen = workload.select(asking)
    if design.unique:
        first = chosen.profiles().first
        repeats = len(chosen) - len(first)
        chosen = chosen.select(first)
    return chosen, without, repeats


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """A scheduler, the jobs that it is given, and the truth about them.

    For expectations equal jobs are computed once: `scene.workload` holds one of each, `of_job` says which
    one each job is like, and `weights` how many there are. Samples are drawn job by job.
    """

    scheduler: Scheduler
    design: Design
    jobs: Workload
    scene: Scene
    needs: Needs
    of_job: NDArray[np.int64]
    weights: NDArray[np.int64]

    @classmethod
    def prepare(cls, fleet: Fleet, jobs: Workload, design: Design, kernels: Kernels) -> _Stage:
        scheduler = Scheduler(fleet, plugins.load("policies", design.policy), kernels)
        if design.exact:
            profiles = jobs.profiles()
            distinct, of_job, weights = jobs.select(profiles.first), profiles.of_job, profiles.counts
        else:
            distinct, of_job, weights = jobs, np.arange(len(jobs)), np.ones(len(jobs), dtype=np.int64)
        needs = Needs.of(scheduler.index, distinct)
        truth = truth_of(scheduler.index, distinct, design.scoring, kernels)
        scene = Scene.of(distinct, truth, weights, needs.names, len(fleet))
        return cls(scheduler, design, jobs, scene, needs, of_job, weights)

    def tell(self, experiment: str) -> Told:
        index, kernels = self.scheduler.index, self.scheduler.kernels
        if experiment == NONE:
            return tell_nothing(index, self.needs)
        if experiment == SINGLE:
            return tell_one(index, self.needs)
        if experiment == ALL:
            return tell_all(index, self.needs, kernels)
        return tell_more_and_more(index, self.needs, kernels, self._rank())

    def _rank(self) -> NDArray[np.int64]:
        names = self.needs.names
        if not self.design.order:
            return np.arange(len(names))
        position = {name: i for i, name in enumerate(self.design.order)}
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

    def assign(self, told: Told, experiment: str) -> tuple[Submissions, NDArray[np.int64]]:
        """Turn what was told into submissions; also the cluster drawn for each, or none in an expectation."""
        if self.design.exact:
            clusters = np.full(len(told.job), NO_CLUSTER, dtype=np.int64)
            assigned = told.matches
        else:
            self.scheduler.load[:] = 0  # each experiment starts with idle clusters
            clusters = self.scheduler.assign(
                told.matches, draw_numbers(self.design.seed, _STREAMS[experiment], len(told.job))
            )
            flags = clusters[:, None] == np.arange(len(self.scheduler.index.fleet))
            assigned = bitset.pack(flags)
        return Submissions(told.job, told.level, told.subsystem, told.matches, assigned), clusters

    def table(self, experiment: str, told: Told, outcomes: Outcomes, clusters: NDArray[np.int64]) -> OutcomeTable:
        """Give every job, equal ones too, its own rows."""
        starts = np.searchsorted(told.job, np.arange(len(self.weights) + 1))
        lengths = np.diff(starts)[self.of_job]
        ends = np.cumsum(lengths)
        rows = np.arange(ends[-1]) + np.repeat(starts[self.of_job] - (ends - lengths), lengths)
        return OutcomeTable(
            experiment=FOLDER_NAMES[experiment],
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
        draws = draw_numbers(self.design.seed, 2, len(rows))
        fleet = self.scheduler.index.fleet
        self.scheduler.load[:] = 0
        chosen = self.scheduler.assign(told.matches[rows], draws)
        assignments: dict[str, dict[str, tuple[str, ...]]] = {}
        names = self.scene.workload.names
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


def _summarise(
    stage: _Stage,
    design: Design,
    told: Mapping[str, Told],
    outcomes: Mapping[str, Outcomes],
    scores: Mapping[str, Score],
    report: Progress,
) -> Results:
    weights, names, clusters = stage.weights, stage.needs.names, stage.scene.clusters
    nothing = outcomes[NONE].success
    feasible = outcomes[NONE].feasible > 0
    results = Results(
        scores, scoring=design.scoring, exact=design.exact, ceiling=float(weights @ feasible / weights.sum())
    )
    changes: dict[str, object] = {}
    if SINGLE in told:
        found = scoring.by_subsystem(told[SINGLE], outcomes[SINGLE], weights, nothing, names, clusters)
        changes["subsystems"] = tuple(found)
        changes["single"] = scoring.single_summary(found, scores[FOLDER_NAMES[SINGLE]])
    if EXPANDING in told:
        expanding, result = told[EXPANDING], outcomes[EXPANDING]
        last = scoring.last_level(expanding, result.success, result.matched > 0, len(weights))
        changes["last_level"] = float(weights @ last / weights.sum())
        changes["curve"] = tuple(scoring.curve(expanding, result, nothing, weights))
        needed = stage.needs.per_job[stage.of_job].tolist()
        changes["unmatched"] = tuple(
            UnmatchedJob(stage.jobs.names[job], at, needed[job])
            for job, at in stage.in_document_order(*scoring.ran_out(expanding))
        )
        if design.orders:
            task = OrderTask(
                stage.scheduler.index,
                stage.needs,
                stage.scheduler.kernels,
                stage.scene.truth.succeeds,
                weights,
                design.seed,
            )
            changes["orders"] = run_orders(
                task, design.orders, design.workers, lambda done: report("random orders", done, design.orders)
            )
    return replace(results, **changes)  # type: ignore[arg-type]  # each key is set to a value of its type above
