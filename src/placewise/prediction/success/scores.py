"""How good probabilities of success are, judged on records that the model has not seen.

Log loss and the Brier score are proper: no other forecast does better in expectation than the true probabilities. The
area under the curve (AUC) is the probability that a record that succeeded is rated above one that failed, ties half
(Hanley and McNeil 1982). Calibration is shown by bins of the forecast (Murphy and Winkler 1977); the expected
calibration error is the mean distance of forecast and frequency over the bins, by records (Naeini et al. 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.outcomes.success_card import Reliability, Scores

BINS = 10
_SURE = 1e-15


def scores(succeeded: NDArray[np.bool_], p: NDArray[np.float64], package: NDArray[np.int32]) -> Scores:
    """Return the scores of forecasts p, (records,), with the AUC within packages.

    Raises InputError for no records, columns of different lengths, or what is not a probability.
    """
    return Scores(
        len(p),
        log_loss(succeeded, p),
        brier(succeeded, p),
        auc(succeeded, p),
        auc_within(succeeded, p, package),
        reliability(succeeded, p).expected_error,
    )


def log_loss(succeeded: NDArray[np.bool_], p: NDArray[np.float64]) -> float:
    """Return the mean of -log(p of what happened), in nats; no forecast counts as surer than 1e-15."""
    _refuse(succeeded, p)
    return float(-np.log(np.clip(np.where(succeeded, p, 1 - p), _SURE, None)).mean())


def brier(succeeded: NDArray[np.bool_], p: NDArray[np.float64]) -> float:
    """Return the mean squared distance of forecast and outcome."""
    _refuse(succeeded, p)
    return float(np.square(p - succeeded).mean())


def auc(succeeded: NDArray[np.bool_], p: NDArray[np.float64]) -> float | None:
    """Return the area under the curve; None where there are not both outcomes."""
    _refuse(succeeded, p)
    found = _auc_by_group(succeeded, p, np.zeros(len(p), dtype=np.int32))
    return None if np.isnan(found[0]) else float(found[0])


def auc_within(succeeded: NDArray[np.bool_], p: NDArray[np.float64], package: NDArray[np.int32]) -> float | None:
    """Return the mean over packages of the AUC among their own records, each weighted by its number of records.

    What tells packages apart gains nothing here. Packages without both outcomes do not count; None if none has.
    """
    _refuse(succeeded, p)
    if len(package) != len(p):
        raise InputError("packages and forecasts do not pair up", found=(len(package), len(p)), expected="as many")
    found, size = _auc_by_group(succeeded, p, package), np.bincount(package)
    both = ~np.isnan(found)
    return float((found[both] * size[both]).sum() / size[both].sum()) if both.any() else None


def reliability(succeeded: NDArray[np.bool_], p: NDArray[np.float64], bins: int = BINS) -> Reliability:
    """Return forecasts and outcomes by bins of equal width; a forecast on an edge is in the bin above it."""
    _refuse(succeeded, p)
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    size = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        forecast, observed = (np.bincount(place, weights=column, minlength=bins) / size for column in (p, succeeded))
    return Reliability(forecast, observed, size)


def _auc_by_group(
    succeeded: NDArray[np.bool_], p: NDArray[np.float64], group: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the AUC within each group, (groups,); NaN where there are not both outcomes.

    By the sum of the ranks of what succeeded (Mann and Whitney 1947), where equal forecasts share a rank.
    """
    order = np.lexsort((p, group))
    ordered, of = p[order], group[order].astype(np.int64)
    starts = np.r_[True, (ordered[1:] != ordered[:-1]) | (of[1:] != of[:-1])]
    tie = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    middle = (first + np.r_[first[1:], len(p)] - 1) / 2
    size = np.bincount(of)
    rank = middle[tie] - (np.cumsum(size) - size)[of]
    good = np.bincount(of, weights=succeeded[order])
    bad = size - good
    with np.errstate(invalid="ignore"):
        ranked = np.bincount(of, weights=rank * succeeded[order])
        return np.asarray((ranked - good * (good - 1) / 2) / np.where(good * bad > 0, good * bad, np.nan))


def _refuse(succeeded: NDArray[np.bool_], p: NDArray[np.float64]) -> None:
    if not len(p) or np.shape(p) != np.shape(succeeded) or np.ndim(p) != 1:
        found = (np.shape(succeeded), np.shape(p))
        raise InputError("outcomes and forecasts do not pair up", found=found, expected="as many, at least 1")
    if not ((p >= 0) & (p <= 1)).all():
        bad = p[~((p >= 0) & (p <= 1))]
        raise InputError("a forecast is not a probability", found=float(bad[0]), expected="a number from 0 to 1")
