"""What a level of metadata came to: score, cost and reasons of failure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.model.results import CostScore, LevelResult, OutcomeTable, Reasons
from placewise.outcomes.outcomes import Outcomes
from placewise.outcomes.truth import Truth
from placewise.study import scoring
from placewise.study.builds.stage import BuildStage


def level_result(
    name: str,
    told: tuple[str, ...],
    stage: BuildStage,
    outcomes: Outcomes,
    weights: NDArray[np.int64],
    additional: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    no_capacity: int = 0,
) -> LevelResult:
    """Sum up a level.

    weights : (submissions,) how many equal builds each stands for. additional : (submissions,) additional
    runtime (s) and cost, against the reference best-memory, NaN where not known. no_capacity : builds that matched only
    clusters that were full; what else matched and was assigned nowhere, the policy refused.
    """
    truth, sent = stage.scene.truth, outcomes.sent
    nowhere = (outcomes.matched > 0) & (outcomes.assigned == 0)
    outside = stage.costs.outside[stage.package]
    total = sent.sum()
    successful = sent * bitset.unpack(truth.succeeds, truth.clusters)
    # Builds of one package share a row of predictions, so their assignments are summed first.
    by_package = np.stack([stage.summed_by_package(sent), stage.summed_by_package(successful)])
    clusters = stage.scheduler.index.fleet.names
    return LevelResult(
        name=name,
        metadata=told,
        score=scoring.score(outcomes, weights, truth.clusters, truth.names),
        no_capacity=no_capacity,
        refused=int(weights @ nowhere) - no_capacity,
        per_build={
            name: _percentiles(values, weights)
            for name, values in zip(("runtime_s", "cost"), additional, strict=True)
            if not np.isnan(values).all()
        },
        costs={reference: _cost(stage, by_package, reference) for reference in stage.costs.additional},
        outside_range=float((sent * outside).sum() / total) if total else None,
        reasons=_reasons(truth, sent),
        jobs_by_cluster=dict(zip(clusters, sent.sum(axis=0).tolist(), strict=True)),
    )


def expected_additional(
    stage: BuildStage, outcomes: Outcomes, reference: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (distinct,) the additional runtime (s) and cost that each build expects; NaN where unassigned."""
    counts = outcomes.sent.sum(axis=1)

    def expected(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.einsum("bc,bc->b", outcomes.sent, _zero_where_unknown(matrix)[stage.package])
        known = np.einsum("bc,bc->b", outcomes.sent, ~np.isnan(matrix)[stage.package])
        # A build that may land where nothing is predicted has no expectation.
        whole = (counts > 0) & np.isclose(known, counts)
        mean: NDArray[np.float64] = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=whole)
        return mean

    runtime, cost = stage.costs.additional[reference]
    return expected(runtime), expected(cost)


def outcome_table(
    name: str,
    level: NDArray[np.int32],
    outcomes: Outcomes,
    chosen: NDArray[np.int64],
    rows: NDArray[np.int64],
    additional: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> OutcomeTable:
    """Give every build a row of its own.

    level, chosen, additional : (submissions,). rows : (builds,) the submission that each build is, or is like.
    """
    runtime, cost = additional
    return OutcomeTable(
        experiment=name,
        job=np.arange(len(rows)),
        level=level[rows],
        subsystem=np.full(len(rows), -1, dtype=np.int32),
        matched=outcomes.matched[rows],
        feasible=outcomes.feasible[rows],
        success=outcomes.success[rows],
        points=outcomes.points[rows],
        possible=outcomes.possible[rows],
        cluster=chosen[rows],
        additional_runtime_s=runtime[rows],
        additional_cost=cost[rows],
    )


def _cost(stage: BuildStage, by_package: NDArray[np.float64], reference: str) -> CostScore:
    """Sum up costs; by_package : (2, packages, clusters) expected assignments, all of them and those that succeed."""
    runtime, cost = stage.costs.additional[reference]
    runtimes = (by_package * _zero_where_unknown(runtime)).sum(axis=2)
    costs = (by_package * _zero_where_unknown(cost)).sum(axis=2)
    predicted = (by_package * ~np.isnan(runtime)).sum(axis=(1, 2))
    priced = (by_package * ~np.isnan(cost)).sum(axis=(1, 2))
    return CostScore(
        runtime_s=float(runtimes[0].sum()),
        cost=float(costs[0].sum()),
        runtime_of_successes_s=float(runtimes[1].sum()),
        cost_of_successes=float(costs[1].sum()),
        predicted=float(predicted[0]),
        predicted_successes=float(predicted[1]),
        priced=float(priced[0]),
        priced_successes=float(priced[1]),
        by_package={name: (float(runtimes[0, i]), float(costs[0, i])) for i, name in enumerate(stage.costs.packages)},
    )


def _reasons(truth: Truth, sent: NDArray[np.float64]) -> Reasons:
    """Count assignments by the set of rules that fail, written as bits, the first rule lowest."""
    rules = len(truth.names)
    fails = ~bitset.unpack(truth.holds, truth.clusters)
    pattern = np.zeros(sent.shape, dtype=np.uint8)
    for rule in range(rules):
        pattern |= fails[truth.ids[rule::rules]].view(np.uint8) << rule
    counts = np.bincount(pattern.reshape(-1), sent.reshape(-1), minlength=1 << rules)
    every = dict.fromkeys(truth.names, 0.0)
    first = dict.fromkeys(truth.names, 0.0)
    together = {}
    for bits, count in enumerate(counts.tolist()):
        reasons = tuple(name for rule, name in enumerate(truth.names) if bits >> rule & 1)
        if count <= scoring.ROUNDING or not reasons:
            continue
        together[reasons] = count
        first[reasons[0]] += count
        for name in reasons:
            every[name] += count
    return Reasons(every, first, together)


def _percentiles(values: NDArray[np.float64], weights: NDArray[np.int64]) -> tuple[float, ...]:
    known = ~np.isnan(values)
    found = np.quantile(values[known], np.linspace(0, 1, 101), weights=weights[known], method="inverted_cdf")
    return tuple(found.tolist())


def _zero_where_unknown(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nan_to_num(matrix, nan=0.0)
