"""The numbers of what each package costs beyond a reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from placewise.model.results import CostScore

_DECADES = (0.0, 1.0, 10.0, 100.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Decade:
    """How many packages have an additional cost from `low` up to `high`, or its negative where `sign` is -1."""

    low: float
    high: float
    sign: int
    count: int


def by_cost(cost: CostScore) -> list[tuple[float, str]]:
    """List packages as (additional cost, name), the dearest first."""
    return sorted(((cost, name) for name, (_, cost) in cost.by_package.items()), key=lambda p: (-p[0], p[1]))


def decades(costs: Sequence[float]) -> list[Decade]:
    """Count packages by the size of their cost, in steps of ten, on both sides of zero, the dearest first."""
    values: NDArray[np.float64] = np.asarray(costs)
    edges = [*([edge for edge in _DECADES if edge < np.abs(values).max()] or [0.0]), math.inf]
    steps = [*((low, high, 1) for low, high in pairwise(edges))][::-1]
    steps += [(low, high, -1) for low, high in pairwise(edges)]
    found = [Decade(low, high, sign, int((in_step(values, low, high, sign)).sum())) for low, high, sign in steps]
    while found[-1].count == 0 and len(found) > 1:
        found.pop()
    return found


def in_step(values: NDArray[np.float64], low: float, high: float, sign: int) -> NDArray[np.bool_]:
    """Return which values lie in a step; zero counts as positive."""
    found: NDArray[np.bool_] = (sign * values >= low) & (sign * values < high) & ((values >= 0) == (sign > 0))
    return found
