"""What a job costs more on one cluster than where it would be fastest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.errors import InputError
from placewise.model.runtime_models import Choice, Models
from placewise.prediction.predict import predict

SECONDS_PER_HOUR = 3600.0

Reference: TypeAlias = Literal["fastest", "best-memory"]
REFERENCES: tuple[Reference, ...] = get_args(Reference)


def reference_runtime(
    models: Models, kind: Choice, packages: Sequence[str], reference: Reference
) -> NDArray[np.float64]:
    """Return the runtime that each package is compared with, (packages,) in seconds; NaN without models.

    "fastest" is the mean of the fastest tenth of the builds, "best-memory" the model at the memory of the
    fastest build, as the prior work has it. Raises InputError for an unknown kind or reference.
    """
    if reference not in REFERENCES:
        raise InputError("unknown reference runtime", found=reference, expected=" or ".join(REFERENCES))
    runtime = np.full(len(packages), np.nan)
    for i, package in enumerate(packages):
        if package in models:
            card = models.card(package)
            fastest = reference == "fastest"
            runtime[i] = (
                card.fastest_runtime_s if fastest else predict(models, kind, package, card.best_memory_bytes).runtime_s
            )
    return runtime


def additional(
    runtime_s: ArrayLike, reference_s: ArrayLike, cost_per_node_hour: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return additional runtime (s) and additional cost, each (packages, clusters).

    Additional runtime is the predicted minus the reference, below 0 where the cluster is predicted to be
    faster; additional cost is that in hours times the cluster's price. NaN, what is not known, stays NaN.

    runtime_s : (packages, clusters). reference_s : (packages,). cost_per_node_hour : (clusters,).
    Raises InputError when the shapes do not fit.
    """
    runtime, reference, price = (
        np.asarray(values, dtype=np.float64) for values in (runtime_s, reference_s, cost_per_node_hour)
    )
    if runtime.ndim != 2 or reference.shape != runtime.shape[:1] or price.shape != runtime.shape[1:]:
        found = (runtime.shape, reference.shape, price.shape)
        raise InputError("runtimes, references and prices do not fit", found=found, expected="(P, C), (P,) and (C,)")
    more = runtime - reference[:, None]
    return more, more / SECONDS_PER_HOUR * price
