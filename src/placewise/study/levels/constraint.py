"""All metadata, then one cluster chosen by a policy: with its nodes used up, or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.model.streams import CONSTRAINT
from placewise.model.studies.study import WITHOUT_REPLACEMENT
from placewise.outcomes.metadata import Submissions
from placewise.outcomes.outcomes import Outcomes, outcomes_of
from placewise.prediction.cost import REFERENCES
from placewise.scheduler import Scheduler
from placewise.selection.composing import policy_named
from placewise.selection.offered import WITH_COSTS
from placewise.selection.policies import NONE, Policy, draw_numbers
from placewise.selection.situation import Numbers
from placewise.study.levels.costs import Costs
from placewise.study.levels.prepared import Prepared

# Policies under which equal jobs are given the same cluster, whatever came before them.
_ALIKE = ("cheapest", "fastest", "first")


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What a constraint experiment came to.

    weights : (submissions,) how many equal jobs each stands for. clusters : (submissions,) the one chosen, NONE where
    none is. rows : (jobs,) the submission that each job is, or is like. full : jobs that matched only full clusters.
    additional : by reference, (submissions,) runtime (s) and cost where each was sent; None without costs.
    """

    submissions: Submissions
    outcomes: Outcomes
    weights: NDArray[np.int64]
    clusters: NDArray[np.int64]
    rows: NDArray[np.int64]
    full: int
    additional: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] | None


def constrained(experiment: str, prepared: Prepared) -> Choices:
    """Give each job one cluster of those that match.

    With capacity, or a policy that looks at load, chance or the job itself, equal jobs fare differently; then every
    job is a submission of its own. Raises InputError for a policy that needs what is not known.
    """
    settings, asked = prepared.study.settings, prepared.asked
    capped = experiment == WITHOUT_REPLACEMENT
    offered = prepared.submit(experiment)
    alike = not capped and not settings.priorities and settings.choose in _ALIKE
    jobs = asked.first if alike else np.arange(len(asked.of_job))
    distinct = asked.of_job[jobs]
    scheduler = Scheduler(prepared.scheduler.index, _policy(prepared), prepared.kernels)
    matches = offered.matches[distinct]
    draws, values = draw_numbers(settings.seed, CONSTRAINT, len(distinct)), _values(prepared, jobs)
    full = np.zeros(len(distinct), dtype=np.bool_)
    if capped:
        nodes = nodes_free(prepared)
        chosen, full, _ = scheduler.assign_with_capacity(matches, draws, nodes, settings.nodes_per_job, values)
    else:
        chosen = scheduler.assign(matches, draws, values)
    order = np.argsort(distinct, kind="stable")
    job, clusters = distinct[order], chosen[order]
    weights = prepared.weights[job] if alike else np.ones(len(job), dtype=np.int64)
    assigned = bitset.singletons(clusters, len(prepared.scheduler.index.fleet))
    submissions = Submissions(job, offered.level[job], offered.last[job], offered.matches[job], assigned)
    outcomes = outcomes_of(submissions, prepared.scene, weights)
    rows = asked.of_job if alike else np.argsort(order)
    additional: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] | None = None
    if prepared.costs is not None:
        package = prepared.package[job]
        additional = {one: _additional(prepared.costs, package, clusters, one) for one in REFERENCES}
    return Choices(submissions, outcomes, weights, clusters, rows, int(full.sum()), additional)


def _additional(
    costs: Costs, package: NDArray[np.int64], chosen: NDArray[np.int64], reference: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    runtime, cost = (np.where(chosen == NONE, np.nan, one[package, chosen]) for one in costs.additional[reference])
    return runtime, cost


def nodes_free(prepared: Prepared) -> NDArray[np.int64]:
    """Return (clusters,) the nodes that are free at the start (see `Settings`)."""
    settings, clusters = prepared.study.settings, prepared.scheduler.index.fleet.clusters
    shared = -(-len(prepared.asked.of_job) * settings.nodes_per_job // len(clusters))
    otherwise = shared if settings.nodes_free is None else settings.nodes_free
    return np.array([int(dict(cluster.state).get("nodes_free", otherwise)) for cluster in clusters], dtype=np.int64)


def _policy(prepared: Prepared) -> Policy:
    settings = prepared.study.settings
    if settings.priorities:
        # With the reader of expressions, which nothing else needs.
        from placewise.selection.constraint import constraint_policy  # noqa: PLC0415

        return constraint_policy(settings.priorities)
    policy: Policy = policy_named(settings.choose, known=WITH_COSTS)
    return policy


def _values(prepared: Prepared, jobs: NDArray[np.int64]) -> dict[str, Numbers]:
    """Name what policies may read: predictions, the numbers of the clusters' states, and those of the jobs."""
    values: dict[str, Numbers] = {"nodes_free": nodes_free(prepared)}
    if prepared.costs is not None:
        package = prepared.costs.package[jobs]
        values["predicted_runtime_s"] = prepared.costs.runtime_s[package]
        values["predicted_cost"] = prepared.costs.cost[package]
    states = [dict(cluster.state) for cluster in prepared.scheduler.index.fleet.clusters]
    for name in sorted({name for state in states for name in state} - values.keys()):
        column = [state.get(name) for state in states]
        if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in column):
            values[name] = np.array([np.nan if value is None else float(value) for value in column])
    for name, known in prepared.demands.jobs.columns.items():
        if isinstance(known, np.ndarray) and name != "best_memory_bytes":
            values[name] = known[jobs][:, None]
    return values
