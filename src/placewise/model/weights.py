"""What weights, and values that have one each, must be for something to be drawn by them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from placewise.errors import InputError


def refuse_weights(weights: Iterable[float], what: str, *, sum_to_zero: bool = False) -> None:
    """Raise InputError for a weight that is negative or not finite and, if asked, for weights that sum to 0."""
    total = 0.0
    for weight in weights:
        if not math.isfinite(weight) or weight < 0:
            raise InputError(f"a weight of {what} is not usable", found=weight, expected="a number of 0 or more")
        total += weight
    if sum_to_zero and not 0 < total < math.inf:
        raise InputError(f"the weights of {what} cannot be drawn from", found=total, expected="a finite sum above 0")


def refuse_repeats(values: Iterable[object], problem: str) -> None:
    """Raise InputError for a value that is there twice."""
    seen = set()
    for value in values:
        if value in seen:
            raise InputError(problem, found=str(value), expected="values that differ")
        seen.add(value)
