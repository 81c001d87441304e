"""Runtimes predicted by fitted models; what lies outside the memory seen is flagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.errors import InputError
from placewise.model.runtime_models import CHOICES, Choice, Models, PackageModels
from placewise.prediction.curves import fit_steps, on_line, on_power


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predicted runtimes, and which of them are extrapolations; the arrays are of one shape.

    runtime_s : float64; NaN for a package without models, or memory that is not known.
    outside : bool, whether the memory is outside the range that the models were fitted to.
    """

    runtime_s: NDArray[np.float64]
    outside: NDArray[np.bool_]


def predict(models: Models, kind: Choice, package: str, memory_bytes: ArrayLike) -> Prediction:
    """Return the runtime of a package's builds at each memory, in the shape of `memory_bytes`.

    The mean is the same at any memory, known or not, and extrapolates nowhere. Outside the memory seen, `best` predicts
    as at the nearest that was seen.

    Raises InputError for an unknown kind, or memory that is not above 0; NaN stands for memory not known.
    """
    memory = np.asarray(memory_bytes, dtype=np.float64)
    _refuse(kind, memory)
    return _predicted(models.get(package), kind, memory)


def predict_matrix(models: Models, kind: Choice, packages: Sequence[str], memory_bytes: ArrayLike) -> Prediction:
    """Return the runtime of every package at every cluster's memory, (packages, clusters).

    memory_bytes : (clusters,). Raises InputError for an unknown kind, or memory that is not above 0; NaN
    stands for memory not known.
    """
    memory = np.asarray(memory_bytes, dtype=np.float64)
    _refuse(kind, memory)
    rows = [_predicted(models.get(package), kind, memory) for package in packages]
    shape = (len(rows), len(memory))
    return Prediction(
        np.array([row.runtime_s for row in rows], dtype=np.float64).reshape(shape),
        np.array([row.outside for row in rows], dtype=np.bool_).reshape(shape),
    )


def _predicted(fitted: PackageModels | None, choice: Choice, memory: NDArray[np.float64]) -> Prediction:
    if fitted is None:
        return Prediction(np.full(memory.shape, np.nan), np.zeros(memory.shape, dtype=np.bool_))
    kind, least, most = fitted.kind(choice), fitted.memory_bytes[0], fitted.memory_bytes[-1]
    if kind == "mean":
        return Prediction(np.full(memory.shape, fitted.duration_s.mean()), np.zeros(memory.shape, dtype=np.bool_))
    outside = (memory < least) | (memory > most)
    if choice == "best":
        # Cross-validation says nothing of memory that no build used, and a line far outside is far off.
        memory = np.clip(memory, least, most)
    if kind == "linear":
        runtime = on_line(fitted.linear, memory)
    elif kind == "log-linear":
        runtime = on_power(fitted.log_linear, memory)
    else:
        runtime = fit_steps(fitted.memory_bytes, fitted.duration_s).at(memory)
    return Prediction(np.asarray(runtime), np.asarray(outside))


def _refuse(kind: str, memory: NDArray[np.float64]) -> None:
    if kind not in CHOICES:
        raise InputError("unknown kind of model", found=kind, expected=" or ".join(CHOICES))
    bad = memory[(memory <= 0) | np.isinf(memory)]
    if bad.size:
        raise InputError("memory is not usable", found=float(bad.flat[0]), expected="a number of bytes above 0")
