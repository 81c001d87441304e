"""One run: every experiment of a study, from fleet and jobs to scores and rows. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.deciding import not_comparable
from placewise.model.jobs.workload import Workload
from placewise.model.progress import SILENT, Progress
from placewise.model.results.results import LevelResult, OutcomeTable, Results, Score, UnmatchedJob
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import CONSTRAINTS, EXPANDING, NONE, SINGLE, TIMED, Study, folder_name
from placewise.outcomes.metadata import Submissions, give_prefixes
from placewise.outcomes.outcomes import Outcomes, outcomes_of
from placewise.prediction.cost import REFERENCES
from placewise.replays.summaries.fates import Fates
from placewise.study.description import study_key
from placewise.study.held_out import held_out_of
from placewise.study.levels import scoring
from placewise.study.levels.constraint import constrained
from placewise.study.levels.level_results import Additional, expected_additional, level_result
from placewise.study.levels.observed import Observed, Submitted
from placewise.study.levels.orders import OrderTask, run_orders
from placewise.study.levels.prepared import Prepared, expanding_questions
from placewise.study.values import TARGET, study_game, with_values
from placewise.study.vary.fleets import fleets_like
from placewise.study.vary.intervals import with_intervals
from placewise.sweep.runner import HERE, Runner

_SHOWN_REFERENCE = REFERENCES[0]
"""The reference that outcome tables are against."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a run leaves behind.

    study : that was run. results : what was found.
    prepared, observed : None for the study of a trace, which has jobs and fates instead. tables : the rows of every
        experiment. observed : what its quantities are made of.
    assignments : for `single`, by subsystem and cluster, the first job of each distinct submission.
    left_out : what was asked for and could not be, and why.
    jobs, fates : the names of the jobs of a trace that were replayed, and what became of them in each scenario.
    """

    study: Study
    results: Results
    prepared: Prepared | None = None
    tables: tuple[OutcomeTable, ...] = ()
    observed: Observed | None = None
    assignments: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    fates: tuple[Fates, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Experiment:
    """One experiment as it came out."""

    name: str
    submissions: Submissions
    outcomes: Outcomes
    weights: NDArray[np.int64]

    def submitted(self) -> Submitted:
        return Submitted(folder_name(self.name), self.submissions, self.weights, self.outcomes.success)


def run_study(
    study: Study, kernels: Kernels | None = None, *, progress: Progress = SILENT, runner: Runner = HERE
) -> Run:
    """Run a study with its intervals, fleets drawn anew, and the values of its metadata; that of a trace is replayed.

    runner : for random orders, resamples and fleets. Raises InputError for an empty fleet, no jobs, and names that no
    question has.
    """
    key = study_key(study)
    if TIMED in study.experiments:
        from placewise.study.timed.grid import run_timed  # noqa: PLC0415, with what replays, which few studies need

        replayed = run_timed(study, runner=runner, progress=progress)
        only = Results({}, scoring=None, timed=replayed.timed)
        return Run(study, only, left_out=replayed.left_out, jobs=replayed.jobs, fates=replayed.fates)
    found = run_experiments(study, kernels, progress=progress, runner=runner, key=key)
    results, left_out = found.results, []
    assert found.prepared is not None
    assert found.observed is not None
    fleets = None
    if study.settings.fleets:
        progress.advanced("fitting a profile", 0, 1)
        try:
            fleets = fleets_like(study, found.prepared.demands, found.prepared.kernels)
        except InputError as error:
            left_out.append(f"fleets drawn anew: {error}")
    results = with_intervals(results, found.observed, study, fleets, runner=runner, key=key, progress=progress)
    if study.settings.values and study.settings.exact:
        progress.advanced("values", 0, 1)
        results = with_values(results, found.prepared, runner=runner, key=key)
        if study.settings.hold_out:
            played = study_game(study, kernels, among="all" if study.questions else "")
            held_out = held_out_of(played, study.settings.hold_out, target=TARGET, runner=runner, key=key)
            results = replace(results, held_out=held_out)
    return replace(found, results=results, left_out=tuple(left_out))


def run_experiments(
    study: Study,
    kernels: Kernels | None = None,
    *,
    progress: Progress = SILENT,
    runner: Runner = HERE,
    key: str = "",
) -> Run:
    """Run the experiments alone, and the random orders; runner and key are for those (see `Runner.rows`)."""
    names = study.experiments
    _refuse_idle(study)
    progress.advanced("preparing", 0, 1)
    prepared = Prepared.of(study, kernels or NumpyKernels())
    experiments, tables, levels = {}, [], []
    scores: dict[str, Score] = {}
    for done, name in enumerate(names):
        progress.advanced(f"experiment {name}", done, len(names))
        one, clusters, additional, rows, full = _experiment(name, prepared)
        experiments[name] = one
        truth = prepared.asked.truth
        score = scoring.score(one.outcomes, one.weights, truth.clusters, truth.names)
        scores[folder_name(name)] = score
        shown = None if additional is None else additional[_SHOWN_REFERENCE]
        tables.append(prepared.table(name, one.submissions, one.outcomes, clusters, shown, rows))
        if study.rules:
            levels.append(level_result(name, prepared, score, one.outcomes, one.weights, additional, no_capacity=full))
    nothing = _without_metadata(prepared, experiments)
    if study.expanding and EXPANDING not in experiments:
        experiments[EXPANDING] = _expectation_of_expanding(prepared)
    results = _summed_up(prepared, experiments, scores, levels, nothing, progress, runner, key)
    if isinstance(study.jobs, Workload):
        results = replace(results, incomparable=not_comparable(prepared.scheduler.index, study.jobs.requirements))
    results = replace(results, truth=prepared.demands.note(prepared.scheduler.index))
    submitted = tuple(one.submitted() for one in experiments.values())
    units = prepared.labels.units(study.settings.unit)
    observed = Observed(submitted, prepared.weights, nothing.success, nothing.best, units)
    single = experiments.get(SINGLE)
    assignments = {} if single is None else prepared.first_assignments(single.submissions)
    return Run(study, results, prepared, tuple(tables), observed, assignments)


def _refuse_idle(study: Study) -> None:
    """Raise InputError for a setting of the constraint experiments where none of them is run."""
    if set(study.experiments) & set(CONSTRAINTS) or study.jobs.measurements() is not None:
        return
    usual = Settings()
    for name in ("choose", "priorities", "model", "minimum_builds", "fail_after", "nodes_per_job", "nodes_free"):
        if getattr(study.settings, name) != getattr(usual, name):
            option = "--" + name.replace("_", "-")
            raise InputError(f"{option} has no effect without a constraint", found=getattr(study.settings, name))


def _experiment(
    name: str, prepared: Prepared
) -> tuple[_Experiment, NDArray[np.int64], Additional | None, NDArray[np.int64] | None, int]:
    """Return an experiment, the clusters drawn or chosen, costs, the row of each job, and jobs without capacity."""
    if name in CONSTRAINTS:
        found = constrained(name, prepared)
        one = _Experiment(name, found.submissions, found.outcomes, found.weights)
        return one, found.clusters, found.additional, found.rows, found.full
    submissions, clusters = prepared.assign(prepared.submit(name), name)
    outcomes = outcomes_of(submissions, prepared.scene)
    one = _Experiment(name, submissions, outcomes, prepared.weights[submissions.job])
    once = name not in (SINGLE, EXPANDING)
    additional = expected_additional(prepared, outcomes) if once else _unknown(prepared, len(submissions.job))
    return one, clusters, additional, None, 0


def _unknown(prepared: Prepared, submissions: int) -> Additional | None:
    """Return no costs for jobs that are submitted more than once."""
    if prepared.costs is None:
        return None
    nothing = np.full(submissions, np.nan)
    return dict.fromkeys(prepared.costs.additional, (nothing, nothing))


def _without_metadata(prepared: Prepared, experiments: Mapping[str, _Experiment]) -> Outcomes:
    """Return the outcomes without metadata, the baseline of all others; drawn or chosen as in the other experiments."""
    if NONE in experiments:
        return experiments[NONE].outcomes
    empty = next((name for name, names in prepared.study.metadata.items() if not names), None)
    if empty is not None and empty in experiments:
        return experiments[empty].outcomes
    submissions, _ = prepared.assign(prepared.submit(NONE), NONE)
    return outcomes_of(submissions, prepared.scene)


def _expectation_of_expanding(prepared: Prepared) -> _Experiment:
    questions, rank = expanding_questions(prepared.study, prepared.asked)
    submissions = give_prefixes(prepared.asked.places, questions, prepared.kernels, rank)
    outcomes = outcomes_of(submissions, prepared.scene)
    return _Experiment(EXPANDING, submissions, outcomes, prepared.weights[submissions.job])


def _summed_up(
    prepared: Prepared,
    experiments: Mapping[str, _Experiment],
    scores: Mapping[str, Score],
    levels: list[LevelResult],
    nothing: Outcomes,
    progress: Progress,
    runner: Runner,
    key: str,
) -> Results:
    """Sum up what the outcomes say of single subsystems, of levels and of orders."""
    study, weights, asked = prepared.study, prepared.weights, prepared.asked
    settings, clusters = study.settings, asked.truth.clusters
    names = asked.questions.names
    changes: dict[str, object] = {}
    if SINGLE in experiments:
        one = experiments[SINGLE]
        found = scoring.by_subsystem(one.submissions, one.outcomes, weights, nothing.success, names, clusters)
        changes["subsystems"] = tuple(found)
        changes["single"] = scoring.single_summary(found, scores[folder_name(SINGLE)])
    if EXPANDING in experiments:
        one = experiments[EXPANDING]
        matched = one.outcomes.matched > 0
        last = scoring.last_level(one.submissions.job, one.outcomes.success, matched, len(weights))
        changes["last_level"] = float(weights @ last / weights.sum())
        changes["curve"] = tuple(scoring.curve(one.submissions, one.outcomes, nothing.success, weights))
        if folder_name(EXPANDING) in scores:
            needed = asked.questions.per_job[asked.of_job].tolist()
            changes["unmatched"] = tuple(
                UnmatchedJob(prepared.demands.names[job], at, needed[job])
                for job, at in prepared.in_document_order(*scoring.ran_out(one.submissions))
            )
        if settings.orders and settings.policy == "random":
            questions, _ = expanding_questions(study, asked)
            task = OrderTask(asked.places, questions, prepared.kernels, asked.truth.chances, weights, settings.seed)
            changes["orders"] = run_orders(task, settings.orders, runner, progress, key=key)
    return Results(
        scores,
        scoring=settings.scoring,
        exact=settings.exact,
        ceiling=float(weights @ nothing.best / weights.sum()),
        levels=tuple(levels),
        models=None if prepared.costs is None else prepared.costs.models,
        **changes,  # type: ignore[arg-type]  # each is of the type of its field
    )
