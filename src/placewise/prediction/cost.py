"""What a job costs more on one cluster than where it would be fastest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.errors import InputError, one_of
from placewise.model.results.runtime_models import GROUPED, PREDICTORS, Choice, Models, Validation, uses_memory
from placewise.prediction.predict import predict

SECONDS_PER_HOUR = 3600.0

Reference: TypeAlias = Literal["fastest", "best-memory"]
REFERENCES: tuple[Reference, ...] = get_args(Reference)


def reference_runtime(
    models: Models, kind: Choice, packages: Sequence[str], reference: Reference
) -> NDArray[np.float64]:
    """Return the runtime that each package is compared with, (packages,) in seconds; NaN without models.

    "fastest" is the mean of the fastest tenth of the builds, "best-memory" the model at the memory of the
    fastest build, as the prior work has it, and on what that build ran on.
    Raises InputError for an unknown kind or reference.
    """
    if reference not in REFERENCES:
        raise InputError("unknown reference runtime", found=reference, expected=one_of(reference, REFERENCES))
    runtime = np.full(len(packages), np.nan)
    for i, package in enumerate(packages):
        if package in models:
            card = models.card(package)
            on = fitted.fastest_on if (fitted := models.get(package)) else ()
            runtime[i] = (
                card.fastest_runtime_s
                if reference == "fastest"
                else predict(models, kind, package, card.best_memory_bytes, on).runtime_s
            )
    return runtime


CLEARLY_WORSE = 0.1
_STANDARD_ERRORS = 2.0


def not_clearly_worse(models: Models, choice: Choice) -> tuple[Choice, ...]:
    """Return the model chosen, and those that predict about as well as the best of them by cross-validation.

    A model is clearly worse where its relative error, as a mean over packages, is above the least by more than a tenth
    of it, and by more than two standard errors of their difference over packages. Models from memory are looked at only
    where the one chosen uses it, and all are where nothing was cross-validated.
    """
    kinds: list[Choice] = [kind for kind in PREDICTORS if uses_memory(choice) or not uses_memory(kind)]
    cards = [card.validation for card in models.cards() if card.validation is not None]
    kinds = [k for k in kinds if k not in GROUPED or all(getattr(one, k) is not None for one in models.by_package)]
    if len(cards) == len(models) > 1:
        errors = {kind: np.array([_relative(card, kind) for card in cards]) for kind in kinds}
        best = min(errors.values(), key=lambda one: float(one.mean()))
        kinds = [kind for kind, error in errors.items() if not _clearly_worse(error, best)]
    return tuple(dict.fromkeys((choice, *kinds)))


def _relative(card: Validation, kind: Choice) -> float:
    errors = card.of(kind)
    return np.nan if errors is None else errors.relative_error


def _clearly_worse(error: NDArray[np.float64], best: NDArray[np.float64]) -> bool:
    more = error - best
    uncertainty = _STANDARD_ERRORS * float(more.std(ddof=1)) / np.sqrt(len(more))
    return bool(more.mean() > max(CLEARLY_WORSE * float(best.mean()), uncertainty))


def cost_of(runtime_s: ArrayLike, cost_per_node_hour: ArrayLike) -> NDArray[np.float64]:
    """Return what runs cost: runtimes (s) in hours, times the price of an hour. NaN, what is not known, stays NaN."""
    return np.asarray(np.asarray(runtime_s, dtype=np.float64) / SECONDS_PER_HOUR * np.asarray(cost_per_node_hour))


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
    return more, cost_of(more, price)
