"""The three curves from memory to duration: how each is fitted to builds, and what it predicts.

They are held equal to scikit-learn by tests, and not imported from it, because loading it takes longer
(0.6 to 2 s) than fitting and validating every model of the 31,622 public builds does here (under 0.5 s).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from placewise.model.results.runtime_models import NEIGHBOURS, Line


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A step function: levels[i] up to and at edges[i], the last level above all; edges (steps - 1,), ascending."""

    edges: NDArray[np.float64]
    levels: NDArray[np.float64]

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the level at each x; NaN at NaN."""
        return np.where(np.isnan(x), np.nan, self.levels[np.searchsorted(self.edges, x)])


def fit_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> Line:
    """Return the line of least squares; level where x does not vary. Raises InputError where it is not finite."""
    if x.min() == x.max():
        return Line(float(y.mean()), 0.0)
    from_mean = x - x.mean()
    # To unit length first, as squares of very small numbers vanish. Sums of products and not dot
    # products, which may differ between machines in the last digit.
    reach = np.abs(from_mean).max()
    from_mean /= reach
    with np.errstate(over="ignore"):  # an infinite line is refused
        slope = float((from_mean * (y - y.mean())).sum() / (from_mean * from_mean).sum() / reach)
        return Line(float(y.mean() - slope * x.mean()), slope)


def fit_power(memory_bytes: NDArray[np.float64], duration_s: NDArray[np.float64]) -> Line:
    """Return the log-linear model: log(duration) = intercept + slope * log(memory), as a line in logarithms.

    A power law, because durations are positive and vary in proportion rather than by seconds: its
    predictions are above 0 at any memory, and its slope has no unit. Least squares in logarithms aim at
    the geometric mean; costs add up, so the intercept carries the smearing factor of Duan (1983), the
    mean of exp(residual), which brings the curve back to the mean.
    """
    x, y = np.log(memory_bytes), np.log(duration_s)
    line = fit_line(x, y)
    with np.errstate(over="ignore", under="ignore"):
        smearing = np.log(np.exp(y - (line.intercept + line.slope * x)).mean())
    return Line(line.intercept + float(smearing), line.slope)


def fit_steps(memory_bytes: NDArray[np.float64], duration_s: NDArray[np.float64], k: int = NEIGHBOURS) -> Steps:
    """Return the mean duration of the k nearest builds (of all, where there are fewer) as a function of memory.

    In one dimension the k nearest of sorted builds stand side by side, so the prediction is a mean over a
    window, which moves on by one where the build that it loses is as far as the one that it gains: the
    function has as many steps as there are windows. Builds of equal memory are equally far from
    everything and share their places, each with their mean; of two equally far on either side, the one
    with less memory counts. (scikit-learn, which gives the same elsewhere, leaves ties to chance.)

    memory_bytes : (builds,), ascending. duration_s : (builds,).
    """
    k = min(k, len(memory_bytes))
    _, group, sizes = np.unique(memory_bytes, return_inverse=True, return_counts=True)
    if len(sizes) < len(memory_bytes):
        duration_s = (np.bincount(group, weights=duration_s) / sizes)[group]
    lost, gained = memory_bytes[:-k], memory_bytes[k:]
    return Steps(lost + (gained - lost) / 2, sliding_window_view(duration_s, k).mean(axis=1))


def on_line(line: Line, memory_bytes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the durations of a linear model (s); below 0 where the line is."""
    with np.errstate(over="ignore"):
        return line.intercept + line.slope * memory_bytes


def on_power(line: Line, memory_bytes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the durations of a log-linear model (s)."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(line.intercept + line.slope * np.log(memory_bytes))
