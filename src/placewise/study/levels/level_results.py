"""What a level of metadata came to, where a study declares rules: score, cost and reasons of failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.model.results.results import CostScore, LevelResult, Reasons, Score, Used
from placewise.model.studies.study import ALL, CONSTRAINTS
from placewise.outcomes.outcomes import Outcomes
from placewise.outcomes.truth import Truth
from placewise.prediction.cost import REFERENCES
from placewise.study.levels import scoring
from placewise.study.levels.costs import Costs
from placewise.study.levels.prepared import Prepared

Additional: TypeAlias = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""By reference, additional runtime (s) and cost of each submission, NaN where not known."""
_FASTEST, _BEST_MEMORY = REFERENCES


def level_result(
    name: str,
    prepared: Prepared,
    score: Score,
    outcomes: Outcomes,
    weights: NDArray[np.int64],
    additional: Additional | None,
    *,
    no_capacity: int = 0,
) -> LevelResult:
    """Sum up a level.

    weights : (submissions,) how many equal jobs each stands for. additional : None where the jobs were not measured.
    no_capacity : jobs that matched only clusters that were full; what else matched and was assigned nowhere, the policy
    refused.
    """
    truth, sent, costs = prepared.asked.truth, outcomes.sent, prepared.costs
    nowhere = (outcomes.matched > 0) & (outcomes.assigned == 0)
    per_build, by_reference, outside_range, used = {}, {}, None, None
    if costs is not None and additional is not None:
        successful = sent * truth.chances.on_each(truth.clusters)
        # Jobs of one package share a row of predictions, so their assignments are summed first.
        starts = np.searchsorted(prepared.package, np.arange(len(costs.packages)))
        by_package = np.stack([np.add.reduceat(values, starts, axis=0) for values in (sent, successful)])
        by_reference = {reference: _cost(costs, by_package, reference) for reference in costs.additional}
        used = _used(costs, by_package, prepared.study.settings.fail_after)
        total = sent.sum()
        outside_range = float((sent * costs.outside[prepared.package]).sum() / total) if total else None
        per_build = {
            what: _percentiles(values, weights)
            for what, values in zip(("runtime_s", "cost"), additional[_BEST_MEMORY], strict=True)
            if not np.isnan(values).all()
        }
    metadata = prepared.study.metadata.get(name)
    if metadata is None:
        all_of_them = prepared.study.everything or prepared.asked.questions.names
        metadata = all_of_them if name in (ALL, *CONSTRAINTS) else ()
    clusters = prepared.scheduler.index.names
    return LevelResult(
        name=name,
        metadata=metadata,
        score=score,
        no_capacity=no_capacity,
        refused=int(weights @ nowhere) - no_capacity,
        per_build=per_build,
        costs=by_reference,
        outside_range=outside_range,
        reasons=_reasons(truth, sent),
        jobs_by_cluster=dict(zip(clusters, sent.sum(axis=0).tolist(), strict=True)),
        used=used,
    )


def expected_additional(prepared: Prepared, outcomes: Outcomes) -> Additional | None:
    """Return (distinct,) the additional runtime (s) and cost that each job expects; NaN where unassigned."""
    if prepared.costs is None:
        return None
    counts, package = outcomes.sent.sum(axis=1), prepared.package

    def expected(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.einsum("bc,bc->b", outcomes.sent, _zero_where_unknown(matrix)[package])
        known = np.einsum("bc,bc->b", outcomes.sent, ~np.isnan(matrix)[package])
        # A job that may land where nothing is predicted has no expectation.
        whole = (counts > 0) & np.isclose(known, counts)
        mean: NDArray[np.float64] = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=whole)
        return mean

    return {one: (expected(runtime), expected(cost)) for one, (runtime, cost) in prepared.costs.additional.items()}


def _cost(costs: Costs, by_package: NDArray[np.float64], reference: str) -> CostScore:
    """Sum up costs; by_package : (2, packages, clusters) expected assignments, all of them and those that succeed."""
    runtime, cost = costs.additional[reference]
    runtimes = (by_package * _zero_where_unknown(runtime)).sum(axis=2)
    spent = (by_package * _zero_where_unknown(cost)).sum(axis=2)
    predicted = (by_package * ~np.isnan(runtime)).sum(axis=(1, 2))
    priced = (by_package * ~np.isnan(cost)).sum(axis=(1, 2))
    return CostScore(
        runtime_s=float(runtimes[0].sum()),
        cost=float(spent[0].sum()),
        runtime_of_successes_s=float(runtimes[1].sum()),
        cost_of_successes=float(spent[1].sum()),
        predicted=float(predicted[0]),
        predicted_successes=float(predicted[1]),
        priced=float(priced[0]),
        priced_successes=float(priced[1]),
        by_package={name: (float(runtimes[0, i]), float(spent[0, i])) for i, name in enumerate(costs.packages)},
        spread={
            model: float((by_package[0] * _zero_where_unknown(more)).sum()) / count
            for model, more in costs.rivals[reference].items()
            if (count := float((by_package[0] * ~np.isnan(more)).sum())) > 0
        },
    )


def _used(costs: Costs, by_package: NDArray[np.float64], fail_after: float) -> Used:
    """Sum up what is used, failures for a share of their runtime; by_package : as of `_cost`."""
    success, failure = by_package[1], by_package[0] - by_package[1]
    cost = _zero_where_unknown(costs.cost)
    return Used(
        fail_after=float(fail_after),
        successes=float((success * ~np.isnan(costs.cost)).sum()),
        cost_of_successes=float((success * cost).sum()),
        runtime_of_failures_s=float((failure * _zero_where_unknown(costs.runtime_s)).sum()) * fail_after,
        cost_of_failures=float((failure * cost).sum()) * fail_after,
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
