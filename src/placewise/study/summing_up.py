"""A run summed up: what its outcomes say about single subsystems, levels and orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from placewise.model.results import Results, Score, UnmatchedJob
from placewise.outcomes.outcomes import Outcomes
from placewise.outcomes.telling import Told
from placewise.study import scoring
from placewise.study.design import EXPANDING, FOLDER_NAMES, NONE, SINGLE, Design
from placewise.study.orders import OrderTask, run_orders
from placewise.study.stage import Stage
from placewise.sweep.runner import Runner

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""


def summarise(
    stage: Stage,
    design: Design,
    told: Mapping[str, Told],
    outcomes: Mapping[str, Outcomes],
    scores: Mapping[str, Score],
    report: Progress,
    runner: Runner,
    key: str,
) -> Results:
    """Sum up the experiments told, and run the random orders.

    told, outcomes : by experiment, always with `none`, the baseline. scores : by name in the results folder.
    runner, key : for the random orders (see `Runner.rows`).
    """
    weights, names, clusters = stage.weights, stage.needs.names, stage.scene.truth.clusters
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
        last = scoring.last_level(expanding.job, result.success, result.matched > 0, len(weights))
        changes["last_level"] = float(weights @ last / weights.sum())
        changes["curve"] = tuple(scoring.curve(expanding, result, nothing, weights))
        needed = stage.needs.per_job[stage.of_job].tolist()
        changes["unmatched"] = tuple(
            UnmatchedJob(stage.jobs.names[job], at, needed[job])
            for job, at in stage.in_document_order(*scoring.ran_out(expanding))
        )
        if design.orders and design.policy == "random":
            task = OrderTask(
                stage.scheduler.index,
                stage.needs,
                stage.scheduler.kernels,
                stage.scene.truth.succeeds,
                weights,
                design.seed,
            )
            changes["orders"] = run_orders(
                task, design.orders, runner, lambda done: report("random orders", done, design.orders), key=key
            )
    return replace(results, **changes)  # type: ignore[arg-type]  # each key is set to a value of its type above
