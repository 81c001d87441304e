"""Validation: builds are predicted by models that were fitted without them, in random folds, or after in time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placewise.model.results.runtime_models import (
    PREDICTORS,
    Choice,
    CrossValidation,
    Predictor,
    Validation,
    rivals,
)
from placewise.prediction.builds import PackageBuilds
from placewise.prediction.curves import fit_line, fit_power, fit_steps, on_line, on_power
from placewise.prediction.pooling import pooled

LATER_SHARE = 5
"""The latest of so many parts of the builds are predicted by models of the earlier ones."""


def folds_of(package: str, builds: int, folds: int, seed: int) -> NDArray[np.int64]:
    """Return (builds,) the fold of each build; builds are shuffled by the seed and the name of the package.

    So neither the other packages nor the number of workers change them.
    """
    fold: NDArray[np.int64] = _random(package, seed).permutation(builds) % min(folds, builds)
    return fold


def later(times_s: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Return (builds,) which are among the latest fifth, all as late as its first; None where all are."""
    order = np.sort(times_s)
    held_out: NDArray[np.bool_] = times_s >= order[len(order) - max(1, len(order) // LATER_SHARE)]
    return None if held_out.all() else held_out


def cross_validate(
    package: str,
    builds: PackageBuilds,
    fold_of: NDArray[np.int64],
    seed: int,
    *,
    boosted: NDArray[np.float64] | None = None,
    nest: Sequence[Choice] = (),
) -> Validation | None:
    """Return the errors of each model over builds that it was not fitted to; None where nothing is left to predict.

    fold_of : (builds,); those of a fold below 0 are only fitted to. boosted : (builds,) what that model, which is
    of all packages, predicts out of fold. nest : of `best` and `best-with-memory`, what is also
    chosen within each training part.
    """
    asked = fold_of >= 0
    if len(builds) < 2 or len(np.unique(fold_of)) < 2:
        return None
    predicted: dict[Choice, NDArray[np.float64]] = {}
    predicted.update(out_of_fold(builds, fold_of).items())
    if boosted is not None:
        predicted["boosted"] = boosted
    predicted.update(_nested(package, builds, fold_of, predicted, seed, nest))
    duration = builds.duration_s[asked]
    errors = {kind: _errors(values[asked], duration) for kind, values in predicted.items()}
    # The mean of the other folds is low where its own fold is high; that is no correlation worth a number.
    for kind, found in errors.items():
        if (predicted[kind][asked] == predicted["mean"][asked]).all():
            errors[kind] = replace(found, correlation=None)
    return Validation(**{kind.replace("-", "_"): found for kind, found in errors.items()})


def out_of_fold(
    builds: PackageBuilds, fold_of: NDArray[np.integer], kinds: Collection[Predictor] = PREDICTORS
) -> dict[Predictor, NDArray[np.float64]]:
    """Return by model (builds,): the duration of each build as predicted from the other folds, in seconds.

    The hierarchical model is there where the builds have facts. Builds of a fold below 0 stay NaN.
    """
    known = [kind for kind in kinds if kind != "boosted" and (kind != "hierarchical" or len(builds.groups))]
    predicted: dict[Predictor, NDArray[np.float64]] = {kind: np.full(len(builds), np.nan) for kind in known}
    for fold in np.unique(fold_of[fold_of >= 0]):
        held_out = fold_of == fold
        for kind, runtime in predicted.items():
            runtime[held_out] = _held_out(kind, builds, held_out)
    return predicted


def _held_out(kind: Predictor, builds: PackageBuilds, held_out: NDArray[np.bool_]) -> NDArray[np.float64] | float:
    memory, duration = builds.memory_bytes[~held_out], builds.duration_s[~held_out]
    asked = builds.memory_bytes[held_out]
    if kind == "linear":
        return on_line(fit_line(memory, duration), asked)
    if kind == "log-linear":
        return on_power(fit_power(memory, duration), asked)
    if kind == "knn":
        return fit_steps(memory, duration).at(asked)
    if kind == "hierarchical":
        found: NDArray[np.float64] = pooled(builds.groups, builds.duration_s, ~held_out)[-1, held_out]
        return found
    return float(duration.mean())


def _nested(
    package: str,
    builds: PackageBuilds,
    fold_of: NDArray[np.int64],
    predicted: Mapping[Choice, NDArray[np.float64]],
    seed: int,
    nest: Sequence[Choice],
) -> dict[Choice, NDArray[np.float64]]:
    """Return what `best` predicts, the choice being made by folds of the builds that it is fitted to."""
    found: dict[Choice, NDArray[np.float64]] = {choice: np.full(len(builds), np.nan) for choice in nest}
    kinds = {kind for choice in nest for kind in rivals(choice)}
    folds = np.unique(fold_of[fold_of >= 0]) if nest else ()
    for fold in folds:
        held_out = fold_of == fold
        learned = builds.select(~held_out)
        inner = folds_of(package, len(learned), max(2, len(np.unique(fold_of))), seed)
        errors = (
            {
                kind: float(np.abs(values - learned.duration_s).mean())
                for kind, values in out_of_fold(learned, inner, kinds).items()
            }
            if len(learned) > 1
            else {"mean": 0.0}
        )
        for choice in nest:
            kind = min((kind for kind in rivals(choice) if kind in errors), key=lambda kind: errors[kind])
            found[choice][held_out] = predicted[kind][held_out]
    return found


def _random(package: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *package.encode(errors="surrogatepass")])


def _errors(predicted: NDArray[np.float64], duration_s: NDArray[np.float64]) -> CrossValidation:
    with np.errstate(all="ignore"):  # an error that is not finite is refused
        # A line extrapolated in logarithms can leave what a number holds; its error is the largest then.
        error = np.minimum(np.abs(predicted - duration_s), np.finfo(np.float64).max / len(predicted))
        mean = float(error.mean())
        largest = float(error.max()) or 1.0
        square = largest * float(np.sqrt(np.square(error / largest).mean()))
        relative = float(np.divide(mean, duration_s.mean()))
        return CrossValidation(mean, square, relative, _correlation(predicted, duration_s))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    if one.min() == one.max() or other.min() == other.max():
        return None
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one * one).sum()) * np.sqrt((other * other).sum()))
    if not 0 < spread < np.inf:
        return None
    return min(1.0, max(-1.0, float((one * other).sum()) / spread))
