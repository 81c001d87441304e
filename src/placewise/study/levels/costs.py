"""What each package would take on each cluster: an optional part of a study, of jobs that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.records import Measurements
from placewise.model.results.runtime_models import BEST, BEST_WITH_MEMORY, Choice, Models
from placewise.model.studies.settings import Settings
from placewise.prediction import additional, fit_models, predict_matrix, reference_runtime
from placewise.prediction.cost import REFERENCES, Reference, cost_of, not_clearly_worse
from placewise.synthesis.environments import runtime_facts_of

Pair: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Runtime (s) and cost, each (packages, clusters)."""


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Predictions, every array (packages, clusters); NaN is not known.

    package : (jobs,) the package of each job, a position in `packages`.
    runtime_s, cost : predicted. outside : the memory is outside the range seen.
    additional : by reference, additional runtime (s) and cost.
    rivals : by reference and model that is not clearly worse, its additional cost.
    """

    models: Models
    packages: tuple[str, ...]
    package: NDArray[np.int64]
    runtime_s: NDArray[np.float64]
    cost: NDArray[np.float64]
    outside: NDArray[np.bool_]
    additional: Mapping[str, Pair]
    rivals: Mapping[str, Mapping[str, NDArray[np.float64]]]

    @classmethod
    def of(cls, fleet: Fleet, measured: Measurements, settings: Settings) -> Costs:
        """Fit runtime models to what was measured, and predict."""
        found, package = np.unique(np.array(measured.packages, dtype=np.str_), return_inverse=True)
        packages = tuple(found.tolist())
        states = [dict(cluster.state) for cluster in fleet.clusters]
        memory = np.array([float(entry.get("memory", np.nan)) for entry in states])
        price = np.array([float(entry.get("cost_per_node_hour", np.nan)) for entry in states])
        models = fit_models(
            measured.packages,
            measured.memory_bytes,
            measured.duration_s,
            facts=measured.facts,
            minimum_builds=settings.minimum_builds,
            seed=settings.seed,
            nest=[choice for choice in (BEST, BEST_WITH_MEMORY) if choice == settings.model],
            boosted=settings.model == "boosted",
        )
        on = [runtime_facts_of(cluster, models.facts) for cluster in fleet.clusters]
        predicted = predict_matrix(models, settings.model, packages, memory, on)

        def beyond(model: Choice, reference: Reference, runtime_s: NDArray[np.float64]) -> Pair:
            return additional(runtime_s, reference_runtime(models, model, packages, reference), price)

        rivals: dict[str, dict[str, NDArray[np.float64]]] = {reference: {} for reference in REFERENCES}
        for model in not_clearly_worse(models, settings.model):
            runtime = predict_matrix(models, model, packages, memory, on).runtime_s
            for reference in REFERENCES:
                rivals[reference][model] = beyond(model, reference, runtime)[1]
        return cls(
            models,
            packages,
            package.reshape(-1),
            predicted.runtime_s,
            cost_of(predicted.runtime_s, price),
            predicted.outside,
            {reference: beyond(settings.model, reference, predicted.runtime_s) for reference in REFERENCES},
            rivals,
        )
