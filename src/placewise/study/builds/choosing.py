"""Everything told, then one cluster chosen by a policy: with its nodes used up, or not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise import plugins
from placewise.matching import bitset
from placewise.model.results import LevelResult, OutcomeTable
from placewise.outcomes.outcomes import Submissions, outcomes_of
from placewise.outcomes.telling import tell_all
from placewise.prediction.cost import REFERENCES
from placewise.scheduler import Scheduler
from placewise.selection.constraint import constraint_policy
from placewise.selection.policies import NONE, Policy, draw_numbers
from placewise.selection.situation import Numbers
from placewise.study.builds.design import BuildDesign
from placewise.study.builds.results import level_result, outcome_table
from placewise.study.builds.stage import BuildStage

_STREAM = 99
# Policies under which equal builds are given the same cluster, whatever came before them.
_ALIKE = ("cheapest", "fastest", "first")


def chosen_level(
    name: str, stage: BuildStage, design: BuildDesign, *, capped: bool
) -> tuple[LevelResult, OutcomeTable]:
    """Give each build one cluster of those that match when everything is told.

    With capacity, or a policy that looks at load, chance or the build itself, equal builds fare
    differently; then every build is a submission of its own. Raises InputError for a policy that needs
    what is not known.
    """
    index = stage.scheduler.index
    needs = stage.needs(stage.study.everything)
    told = tell_all(index, needs, stage.scheduler.kernels)
    alike = not capped and not design.priorities and design.choose in _ALIKE
    records = stage.first if alike else np.arange(len(stage.of_build))
    builds = stage.of_build[records]
    scheduler = Scheduler(index, _policy(design), stage.scheduler.kernels)
    matches = told.matches[builds]
    draws, values = draw_numbers(design.seed, _STREAM, len(builds)), _values(stage, design, records)
    full = np.zeros(len(builds), dtype=np.bool_)
    if capped:
        nodes = nodes_free(stage, design)
        chosen, full, _ = scheduler.assign_with_capacity(matches, draws, nodes, design.nodes_per_job, values)
    else:
        chosen = scheduler.assign(matches, draws, values)
    order = np.argsort(builds, kind="stable")
    job = builds[order]
    weights = stage.weights[job] if alike else np.ones(len(job), dtype=np.int64)
    submissions = Submissions(
        job, told.level[job], told.subsystem[job], told.matches[job], bitset.singletons(chosen[order], len(index.fleet))
    )
    outcomes = outcomes_of(submissions, stage.scene, weights)
    fastest, best_memory = (_additional(stage, job, chosen[order], reference) for reference in REFERENCES)
    result = level_result(name, needs.names, stage, outcomes, weights, best_memory, no_capacity=int(full.sum()))
    rows = stage.of_build if alike else np.argsort(order)
    return result, outcome_table(name, submissions.level, outcomes, chosen[order], rows, fastest)


def _additional(
    stage: BuildStage, job: NDArray[np.int64], chosen: NDArray[np.int64], reference: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (submissions,) additional runtime (s) and cost where each was sent; NaN where nowhere."""
    runtime, cost = stage.costs.additional[reference]
    package = stage.package[job]
    nowhere = chosen == NONE
    return (
        np.where(nowhere, np.nan, runtime[package, chosen]),
        np.where(nowhere, np.nan, cost[package, chosen]),
    )


def nodes_free(stage: BuildStage, design: BuildDesign) -> NDArray[np.int64]:
    """Return (clusters,) the nodes that are free at the start (see `BuildDesign`)."""
    clusters = stage.scheduler.index.fleet.clusters
    shared = -(-len(stage.of_build) * design.nodes_per_job // len(clusters))
    otherwise = shared if design.nodes_free is None else design.nodes_free
    return np.array([int(dict(cluster.state).get("nodes_free", otherwise)) for cluster in clusters], dtype=np.int64)


def _policy(design: BuildDesign) -> Policy:
    policy: Policy = (
        plugins.load("policies", design.choose) if not design.priorities else constraint_policy(design.priorities)
    )
    return policy


def _values(stage: BuildStage, design: BuildDesign, records: NDArray[np.int64]) -> dict[str, Numbers]:
    """Name what policies may read: predictions, the numbers of the clusters' state, and those of the builds."""
    package = stage.package[stage.of_build[records]]
    values: dict[str, Numbers] = {
        "predicted_runtime_s": stage.costs.runtime_s[package],
        "predicted_cost": stage.costs.cost[package],
        "nodes_free": nodes_free(stage, design),
    }
    states = [dict(cluster.state) for cluster in stage.scheduler.index.fleet.clusters]
    for name in sorted({name for state in states for name in state} - values.keys()):
        column = [state.get(name) for state in states]
        if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in column):
            values[name] = np.array([np.nan if value is None else float(value) for value in column])
    for name in ("memory_max_bytes", "memory_mean_bytes", "memory_min_bytes", "duration_s"):
        values[name] = getattr(stage.records, name)[records][:, None]
    return values
