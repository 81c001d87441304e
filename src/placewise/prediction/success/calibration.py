"""Calibration: forecasts in log odds brought to the frequencies of what happened, by isotonic regression.

The rising step function of least squares (Zadrozny and Elkan 2002), by pooling neighbours (Ayer et al. 1955). A
straight line through log odds (Platt 1999) has the wrong shape where few records have very large log odds, as boosted
trees give them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.success_model import Calibration

KEPT = 0.05
"""The share of the raw forecast that stays: on a step the order of forecasts is then the raw one."""
_NO_STEPS = np.zeros(0)
AS_IT_IS = Calibration(_NO_STEPS, _NO_STEPS, 1.0)


def calibrated(raw: NDArray[np.float64], succeeded: NDArray[np.bool_]) -> Calibration:
    """Return the calibration by held-out forecasts in log odds; the raw forecasts where all are alike.

    A step's rate is worked out with half a success and half a failure more, so that no forecast is 0 or 1. Between
    steps it rises in a straight line. raw : (records,), forecasts by models that did not see the records.
    """
    value, place = np.unique(raw, return_inverse=True)
    if len(value) < 2:
        return AS_IT_IS
    steps: list[tuple[float, float, float, float]] = []
    sizes, successes = np.bincount(place).tolist(), np.bincount(place, weights=succeeded).tolist()
    for one, size, good in zip(value.tolist(), sizes, successes, strict=True):
        least, most = one, one
        while steps and steps[-1][3] * size >= good * steps[-1][2]:
            least, _, more, better = steps.pop()
            size, good = size + more, good + better  # noqa: PLW2901, the step grows
        steps.append((least, most, size, good))
    ends = np.array([step[:2] for step in steps]).ravel()
    rate = np.maximum.accumulate([(good + 0.5) / (size + 1) for _, _, size, good in steps]).repeat(2)
    kept = np.r_[True, ends[1:] > ends[:-1]]  # a step of one forecast is one knot
    return Calibration(ends[kept], rate[kept], KEPT)
