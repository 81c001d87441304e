"""Cross-validation: every build is predicted once, by models that were fitted without it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.model.runtime_models import CrossValidation, Validation
from placewise.prediction.curves import fit_line, fit_power, fit_steps, on_line, on_power


def cross_validate(
    package: str, memory_bytes: NDArray[np.float64], duration_s: NDArray[np.float64], folds: int, seed: int
) -> Validation | None:
    """Return the errors of k-fold cross-validation; None for a single build, which nothing is left to predict.

    Builds are shuffled into folds by the seed and the package's name, so that neither the other packages
    nor the number of workers change them. memory_bytes, duration_s : (builds,), by ascending memory.
    """
    if len(memory_bytes) < 2:
        return None
    random = np.random.default_rng([seed, *package.encode(errors="surrogatepass")])
    fold_of = random.permutation(len(memory_bytes)) % min(folds, len(memory_bytes))
    predicted = out_of_fold(memory_bytes, duration_s, fold_of)
    linear, log_linear, knn, mean = (_errors(row, duration_s) for row in predicted)
    # The mean of the other folds is low where its own fold is high; that is no correlation worth a number.
    mean = CrossValidation(mean.mean_absolute_error_s, mean.root_mean_square_error_s, mean.relative_error, None)
    return Validation(linear, log_linear, knn, mean)


def out_of_fold(
    memory_bytes: NDArray[np.float64], duration_s: NDArray[np.float64], fold_of: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return (4, builds): the duration of each build as predicted from the other folds, in seconds.

    The rows are linear, log-linear, nearest neighbours, and the mean.
    """
    predicted = np.empty((4, len(memory_bytes)))
    for fold in np.unique(fold_of):
        held_out = fold_of == fold
        memory, duration, asked = memory_bytes[~held_out], duration_s[~held_out], memory_bytes[held_out]
        predicted[0, held_out] = on_line(fit_line(memory, duration), asked)
        predicted[1, held_out] = on_power(fit_power(memory, duration), asked)
        predicted[2, held_out] = fit_steps(memory, duration).at(asked)
        predicted[3, held_out] = duration.mean()
    return predicted


def _errors(predicted: NDArray[np.float64], duration_s: NDArray[np.float64]) -> CrossValidation:
    with np.errstate(all="ignore"):  # an error that is not finite is refused
        error = np.abs(predicted - duration_s)
        mean = float(error.mean())
        square = float(np.sqrt((error * error).mean()))
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
