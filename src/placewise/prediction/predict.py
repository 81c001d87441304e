"""Runtimes predicted by fitted models; what lies outside the memory seen is flagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.errors import InputError, one_of
from placewise.model.results.runtime_models import (
    BEST_WITH_MEMORY,
    CHOICES,
    KINDS,
    Choice,
    Models,
    PackageModels,
    Predictor,
)
from placewise.prediction.curves import fit_steps, on_line, on_power


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predicted runtimes, and which of them are extrapolations; the arrays are of one shape.

    runtime_s : float64; NaN for a package without models, or memory that is not known.
    outside : bool, whether the memory is outside the range that the models were fitted to.
    """

    runtime_s: NDArray[np.float64]
    outside: NDArray[np.bool_]


def predict(
    models: Models, kind: Choice, package: str, memory_bytes: ArrayLike, on: Sequence[str | None] = ()
) -> Prediction:
    """Return the runtime of a package's builds at each memory, in the shape of `memory_bytes`.

    The mean and the models of what builds ran on are the same at any memory, known or not, and extrapolate nowhere.
    Outside the memory seen, `best-with-memory` predicts as at the nearest that was seen.

    on : the values of `Models.facts`, None where not known; those at the end may be left out.
    Raises InputError for an unknown kind, or memory that is not above 0; NaN is memory not known.
    """
    memory = np.asarray(memory_bytes, dtype=np.float64)
    _refuse(kind, memory)
    flat = memory.reshape(-1)
    found = _predicted(models.get(package), kind, flat, [on] * len(flat))
    return Prediction(found.runtime_s.reshape(memory.shape), found.outside.reshape(memory.shape))


def predict_matrix(
    models: Models,
    kind: Choice,
    packages: Sequence[str],
    memory_bytes: ArrayLike,
    on: Sequence[Sequence[str | None]] | None = None,
) -> Prediction:
    """Return the runtime of every package at every cluster's memory, (packages, clusters).

    memory_bytes : (clusters,). on : (clusters,), of each as of `predict`. Raises InputError for an unknown kind, or
    memory that is not above 0; NaN is memory not known.
    """
    memory = np.asarray(memory_bytes, dtype=np.float64)
    _refuse(kind, memory)
    on = [()] * len(memory) if on is None else on
    rows = [_predicted(models.get(package), kind, memory, on) for package in packages]
    shape = (len(rows), len(memory))
    return Prediction(
        np.array([row.runtime_s for row in rows], dtype=np.float64).reshape(shape),
        np.array([row.outside for row in rows], dtype=np.bool_).reshape(shape),
    )


def _predicted(
    fitted: PackageModels | None, choice: Choice, memory: NDArray[np.float64], on: Sequence[Sequence[str | None]]
) -> Prediction:
    nowhere = np.zeros(memory.shape, dtype=np.bool_)
    kind = None if fitted is None else fitted.kind(choice)
    if fitted is None or kind is None:
        return Prediction(np.full(memory.shape, np.nan), nowhere)
    if kind == "mean":
        return Prediction(np.full(memory.shape, fitted.duration_s.mean()), nowhere)
    if kind not in KINDS:
        groups = fitted.hierarchical if kind == "hierarchical" else fitted.boosted
        runtime = [np.nan if groups is None else groups.at(values) for values in on]
        return Prediction(np.array(runtime, dtype=np.float64), nowhere)
    least, most = fitted.memory_bytes[0], fitted.memory_bytes[-1]
    outside = (memory < least) | (memory > most)
    if choice == BEST_WITH_MEMORY:
        # Cross-validation says nothing of memory that no build used, and a line far outside is far off.
        memory = np.clip(memory, least, most)
    return Prediction(np.asarray(_at(fitted, kind, memory)), np.asarray(outside))


def _at(fitted: PackageModels, kind: Predictor, memory: NDArray[np.float64]) -> NDArray[np.float64]:
    if kind == "linear":
        return on_line(fitted.linear, memory)
    if kind == "log-linear":
        return on_power(fitted.log_linear, memory)
    return fit_steps(fitted.memory_bytes, fitted.duration_s).at(memory)


def _refuse(kind: str, memory: NDArray[np.float64]) -> None:
    if kind not in CHOICES:
        raise InputError("unknown kind of model", found=kind, expected=one_of(kind, CHOICES))
    bad = memory[(memory <= 0) | np.isinf(memory)]
    if bad.size:
        raise InputError("memory is not usable", found=float(bad.flat[0]), expected="a number of bytes above 0")
