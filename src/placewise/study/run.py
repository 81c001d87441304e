"""One run: the experiments of a design, from fleet and workload to scores and rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placewise.errors import InputError
from placewise.matching.kernels import Kernels
from placewise.model.cluster import Fleet
from placewise.model.results import OutcomeTable, Results, Score
from placewise.model.workload import Workload
from placewise.outcomes.outcomes import Outcomes, outcomes_of
from placewise.outcomes.telling import Told
from placewise.study import scoring
from placewise.study.design import NONE, SINGLE, Design, folder_name
from placewise.study.figures import Observed, profiles_that_decide, seen
from placewise.study.stage import Stage
from placewise.study.summing_up import Progress, summarise
from placewise.sweep.runner import HERE, Runner


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a run leaves behind.

    workload : the jobs that took part. subsystems : the names that tables refer to.
    assignments : for `single`, by subsystem and cluster, the first job of each distinct submission.
    stage : what ran. without_requirements, repeats : how many jobs took no part, and why. observed : what its
    figures are made of.
    """

    results: Results
    stage: Stage
    tables: tuple[OutcomeTable, ...]
    workload: Workload
    subsystems: tuple[str, ...]
    assignments: Mapping[str, Mapping[str, tuple[str, ...]]]
    without_requirements: int
    repeats: int
    observed: Observed


def run(
    fleet: Fleet,
    workload: Workload,
    design: Design,
    kernels: Kernels,
    progress: Progress | None = None,
    runner: Runner = HERE,
    key: str = "",
) -> Run:
    """Run the experiments of a design; runner and key are for the random orders (see `Runner.rows`).

    Raises InputError for an empty fleet or workload, a subsystem that no cluster has, or an order that
    leaves out a subsystem that jobs need.
    """
    report = progress or (lambda *_: None)
    if not len(fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    chosen, without, repeats = take_part(workload, design)
    stage = Stage.prepare(fleet, chosen, design, kernels)
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
            scores[folder_name(name)] = scoring.score(outcomes[name], weights, len(fleet), stage.scene.truth.names)
            tables.append(stage.table(name, told[name], outcomes[name], clusters))
    results = summarise(stage, design, told, outcomes, scores, report, runner, key)
    assignments = stage.first_assignments(told[SINGLE]) if SINGLE in told else {}
    observed = Observed(
        tuple(seen(folder_name(name), told[name], outcomes[name], stage.weights) for name in design.experiments),
        stage.weights,
        outcomes[NONE].success,
        outcomes[NONE].feasible > 0,
        profiles_that_decide(stage.scene.truth, kernels),
    )
    return Run(results, stage, tuple(tables), chosen, stage.needs.names, assignments, without, repeats, observed)


def take_part(workload: Workload, design: Design) -> tuple[Workload, int, int]:
    """Return the jobs that a design runs, and how many ask for nothing, or repeat others. InputError for none."""
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
