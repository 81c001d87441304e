"""What each package would take on each cluster: an optional part of a study, of jobs that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.cluster import Fleet
from placewise.model.records import Measurements
from placewise.model.runtime_models import Models
from placewise.model.settings import Settings
from placewise.prediction import additional, fit_models, predict_matrix, reference_runtime
from placewise.prediction.cost import REFERENCES, SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Predictions, every array (packages, clusters); NaN is not known.

    package : (jobs,) the package of each job, a position in `packages`.
    runtime_s, cost : predicted. outside : the memory is outside the range seen.
    additional : by reference, additional runtime (s) and cost.
    """

    models: Models
    packages: tuple[str, ...]
    package: NDArray[np.int64]
    runtime_s: NDArray[np.float64]
    cost: NDArray[np.float64]
    outside: NDArray[np.bool_]
    additional: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]

    @classmethod
    def of(cls, fleet: Fleet, measured: Measurements, settings: Settings) -> Costs:
        """Fit runtime models to what was measured, and predict."""
        found, package = np.unique(np.array(measured.packages, dtype=np.str_), return_inverse=True)
        packages = tuple(found.tolist())
        state = [dict(cluster.state) for cluster in fleet.clusters]
        memory = np.array([float(entry.get("memory", np.nan)) for entry in state])
        price = np.array([float(entry.get("cost_per_node_hour", np.nan)) for entry in state])
        models = fit_models(
            measured.packages,
            measured.memory_bytes,
            measured.duration_s,
            minimum_builds=settings.minimum_builds,
            seed=settings.seed,
        )
        predicted = predict_matrix(models, settings.model, packages, memory)
        more: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
            reference: additional(
                predicted.runtime_s, reference_runtime(models, settings.model, packages, reference), price
            )
            for reference in REFERENCES
        }
        cost = predicted.runtime_s / SECONDS_PER_HOUR * price
        return cls(models, packages, package.reshape(-1), predicted.runtime_s, cost, predicted.outside, more)
