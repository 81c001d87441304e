"""One run over build records: every level of the study, the random orders, and the cheapest choice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.kernels import Kernels
from placewise.model.builds import BuildRecords
from placewise.model.cluster import Fleet
from placewise.model.results import LevelResult, OutcomeTable, Results
from placewise.model.study import WITH_REPLACEMENT, WITHOUT_REPLACEMENT, BuildStudy, Level
from placewise.outcomes.outcomes import Submissions, outcomes_of
from placewise.outcomes.telling import Told, tell_all, tell_more_and_more
from placewise.prediction.cost import REFERENCES
from placewise.selection.policies import NONE, draw_numbers
from placewise.study import scoring
from placewise.study.builds.choosing import chosen_level
from placewise.study.builds.design import BuildDesign
from placewise.study.builds.results import expected_additional, level_result, outcome_table
from placewise.study.builds.stage import BuildStage
from placewise.study.design import EXPANDING, FOLDER_NAMES, TOLD
from placewise.study.figures import Observed, Submitted, profiles_that_decide, seen
from placewise.study.orders import OrderTask, run_orders
from placewise.study.summing_up import Progress
from placewise.sweep.runner import HERE, Runner


@dataclass(frozen=True, slots=True, eq=False)
class BuildRun:
    """What a run over build records leaves behind.

    stage : what ran. observed : what its figures are made of. profiles : (builds,) which distinct set of outcome
        rules decides each.
    """

    results: Results
    stage: BuildStage
    tables: tuple[OutcomeTable, ...]
    records: BuildRecords
    observed: Observed
    profiles: NDArray[np.int64]


def run_builds(
    fleet: Fleet,
    records: BuildRecords,
    study: BuildStudy,
    design: BuildDesign,
    kernels: Kernels,
    progress: Progress | None = None,
    runner: Runner = HERE,
    key: str = "",
) -> BuildRun:
    """Run a study over build records; runner and key are for the random orders (see `Runner.rows`).

    Raises InputError for an empty fleet, no builds, or a form on a subsystem that no cluster has.
    """
    report = progress or (lambda *_: None)
    if not len(fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    if not len(records):
        raise InputError("there are no builds", expected="at least one")
    if design.first is not None and design.first < len(records):
        records = records.select(np.arange(design.first))
    if design.tell:
        study = replace(study, levels=(*study.levels, Level(TOLD, study.chosen(design.tell))))
    report("runtime models", 0, 1)
    stage = BuildStage.prepare(fleet, records, study, design, kernels)
    levels: list[LevelResult] = []
    tables: list[OutcomeTable] = []
    submitted: list[Submitted] = []
    for number, level in enumerate(study.levels):
        report(f"level {level.name}", number, len(study.levels) + 2)
        needs = stage.needs(level.told)
        told = tell_all(stage.scheduler.index, needs, kernels)
        submissions, chosen = _drawn(stage, told, design, number)
        outcomes = outcomes_of(submissions, stage.scene)
        fastest, best_memory = (expected_additional(stage, outcomes, reference) for reference in REFERENCES)
        levels.append(level_result(level.name, needs.names, stage, outcomes, stage.weights, best_memory))
        tables.append(outcome_table(level.name, told.level, outcomes, chosen, stage.of_build, fastest))
        submitted.append(seen(level.name, told, outcomes, stage.weights))
    for number, (name, capped) in enumerate(((WITH_REPLACEMENT, False), (WITHOUT_REPLACEMENT, True))):
        report(name, len(study.levels) + number, len(study.levels) + 2)
        result, table = chosen_level(name, stage, design, capped=capped)
        levels.append(result)
        tables.append(table)
        submitted.append(_chosen(stage, table))
    results, expanding = _summed_up(stage, design, kernels, levels, report, runner, key)
    truth = stage.scene.truth
    good = bitset.size_of(truth.succeeds)
    unit = profiles_that_decide(truth, kernels)
    observed = Observed((*submitted, expanding), stage.weights, good / truth.clusters, good > 0, unit)
    return BuildRun(results, stage, tuple(tables), records, observed, unit[stage.of_build])


def _chosen(stage: BuildStage, table: OutcomeTable) -> Submitted:
    """Return what became of builds of which each was given one cluster, or none."""
    ones = np.ones(len(table.job), dtype=np.int64)
    return Submitted(
        table.experiment,
        stage.of_build[table.job],
        ones,
        table.subsystem,
        table.matched > 0,
        table.cluster != NONE,
        table.success,
    )


def _drawn(stage: BuildStage, told: Told, design: BuildDesign, stream: int) -> tuple[Submissions, NDArray[np.int64]]:
    """Assign every build at random, or leave it to all its matches for the expectation."""
    if not design.sample:
        none = np.full(len(told.job), NONE, dtype=np.int64)
        return Submissions(told.job, told.level, told.subsystem, told.matches, told.matches), none
    stage.scheduler.load[:] = 0  # each level starts with idle clusters
    chosen = stage.scheduler.assign(told.matches, draw_numbers(design.seed, 100 + stream, len(told.job)))
    assigned = bitset.singletons(chosen, len(stage.scheduler.index.fleet))
    return Submissions(told.job, told.level, told.subsystem, told.matches, assigned), chosen


def _summed_up(
    stage: BuildStage,
    design: BuildDesign,
    kernels: Kernels,
    levels: list[LevelResult],
    report: Progress,
    runner: Runner,
    key: str,
) -> tuple[Results, Submitted]:
    weights, truth = stage.weights, stage.scene.truth
    needs = stage.needs(stage.study.expanding)
    told = tell_more_and_more(stage.scheduler.index, needs, kernels, np.arange(len(needs.names)))
    outcomes = outcomes_of(Submissions(told.job, told.level, told.subsystem, told.matches, told.matches), stage.scene)
    good = bitset.size_of(truth.succeeds)
    nothing = good / truth.clusters
    last = scoring.last_level(told.job, outcomes.success, outcomes.matched > 0, len(weights))
    orders = None
    if design.orders:
        task = OrderTask(stage.scheduler.index, needs, kernels, truth.succeeds, weights, design.seed)
        orders = run_orders(
            task, design.orders, runner, lambda done: report("random orders", done, design.orders), key=key
        )
    results = Results(
        {level.name: level.score for level in levels},
        scoring=design.scoring,
        exact=not design.sample,
        ceiling=float((weights * (good > 0)).sum() / weights.sum()),
        curve=tuple(scoring.curve(told, outcomes, nothing, weights)),
        last_level=float((weights * last).sum() / weights.sum()),
        orders=orders,
        levels=tuple(levels),
        models=stage.costs.models,
    )
    return results, seen(FOLDER_NAMES[EXPANDING], told, outcomes, weights)
