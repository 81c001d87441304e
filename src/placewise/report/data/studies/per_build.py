"""The numbers of what single jobs take and cost beyond a reference: bins on an axis that is linear about zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.studies.study import WITHOUT_REPLACEMENT
from placewise.report.data.statistics import percentile_shares
from placewise.report.data.studies.levels import LevelRow, exact_beside_at_least, growing, is_chosen

MOST_ROWS = 6
BIN = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Histograms:
    """Levels' jobs in bins of one axis, which is the inverse hyperbolic sine of amounts divided by `linear`.

    edges : (bins + 1,) on the axis. shares : (levels, bins) of the jobs of each level.
    percentiles : (percentiles,) amounts of each level, empty where nothing is predicted.
    """

    linear: float
    edges: NDArray[np.float64]
    shares: tuple[NDArray[np.float64], ...]
    percentiles: tuple[NDArray[np.float64], ...]

    def place(self, amount: float) -> float:
        """Return where an amount lies on the axis."""
        return math.asinh(amount / self.linear)


def main_rows(rows: Sequence[LevelRow]) -> list[LevelRow]:
    """Pick the levels that differ most: no metadata, one more each, both forms of the version, one chosen."""
    rows = [row for row in rows if row.level.per_build]
    if len(rows) <= MOST_ROWS:
        return rows
    picked = [*growing(rows)[:1], *growing(rows)[-1:], *(exact_beside_at_least(rows) or ())]
    picked += [row for row in rows if is_chosen(row.level) and row.level.name != WITHOUT_REPLACEMENT][:1]
    return [row for row in rows if row in picked] if len(picked) > 1 else rows[:MOST_ROWS]


def histograms(rows: Sequence[LevelRow], name: str) -> Histograms:
    """Count the jobs of some levels by their amount of runtime_s or cost."""
    found = tuple(np.array(row.level.per_build.get(name, ()), dtype=np.float64) for row in rows)
    known = np.concatenate(found)
    linear = _linear_width(known)
    ends = np.arcsinh(np.array([known.min(), known.max()]) / linear)
    first, last = math.floor(ends[0] / BIN + 0.5), math.floor(ends[1] / BIN + 0.5)
    edges = BIN * (np.arange(first, last + 2) - 0.5)
    shares = tuple(percentile_shares(np.arcsinh(values / linear), edges) for values in found)
    return Histograms(linear, edges, shares, found)


def _linear_width(values: NDArray[np.float64]) -> float:
    """Return about where the axis turns from linear to logarithmic: a power of ten, two below the largest amount."""
    largest = float(np.abs(values).max(initial=0.0))
    return 10.0 ** (math.floor(math.log10(largest)) - 2) if largest > 0 else 1.0
