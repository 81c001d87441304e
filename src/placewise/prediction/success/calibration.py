"""Calibration: forecasts in log odds brought to the frequencies of what happened, by a straight line (Platt 1999)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.model.success_model import Calibration

AS_IT_IS = Calibration(1.0, 0.0)
_STEPS = 100
_STEEPEST, _FLATTEST = 20.0, 0.01


def calibrated(raw: NDArray[np.float64], succeeded: NDArray[np.bool_]) -> Calibration:
    """Return the line of greatest likelihood through held-out log odds; the raw forecasts where none is better.

    By Newton's method, with outcomes a little inside 0 and 1 as Platt has them, so that the line stays finite.
    raw : (records,), forecasts by models that did not see the records.
    """
    good = int(succeeded.sum())
    bad = len(succeeded) - good
    if not good or not bad or raw.min() == raw.max():
        return AS_IT_IS
    target = np.where(succeeded, (good + 1) / (good + 2), 1 / (bad + 2))
    slope, intercept = 1.0, 0.0
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(intercept + slope * raw)))
        miss, weight = target - p, p * (1 - p) + 1e-12
        gradient = np.array([(miss * raw).sum(), miss.sum()])
        mixed = (weight * raw).sum()
        hessian = np.array([[(weight * raw * raw).sum(), mixed], [mixed, weight.sum()]])
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        step /= max(1.0, np.abs(step).max() / 2.0)
        slope, intercept = slope + float(step[0]), intercept + float(step[1])
        if np.abs(step).max() < 1e-10:
            break
    if not _FLATTEST <= slope <= _STEEPEST or not np.isfinite(intercept):
        return AS_IT_IS
    return Calibration(slope, intercept)
