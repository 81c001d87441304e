"""Wishes: what a job would like to hold where it runs, and how much."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from placewise.errors import InputError
from placewise.model.requirements.requirement import Expression

MOST_WEIGHT = 10**9
"""A weight lies between this and its negative."""

MOST_PREFERENCES = 64
"""So many wishes may stand in one list."""


@dataclass(frozen=True, slots=True)
class Preference:
    """An expression that a job wishes to hold, and what it counts if it does; below 0, that it rather did not.

    expression : what is wished, a requirement or several joined. weight : what it adds to a cluster's score where it
    holds.

    Raises InputError for a weight that is no number, not finite, or beyond MOST_WEIGHT.
    """

    expression: Expression
    weight: float = 1

    def __post_init__(self) -> None:
        weight = self.weight
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not abs(weight) <= MOST_WEIGHT:
            raise InputError(
                "is not a weight", found=weight, expected=f"a number between {-MOST_WEIGHT:,} and {MOST_WEIGHT:,}"
            )

    def __str__(self) -> str:
        return f"{self.weight:+g} {self.expression}"


def score_of(held: Iterable[Preference]) -> float:
    """Return what wishes count together, whatever their order."""
    return math.fsum(one.weight for one in held)


def counted(preferences: tuple[Preference, ...]) -> frozenset[tuple[Preference, int]]:
    """Return wishes without their order, each with how often it stands there. Raises InputError for too many."""
    if not preferences:
        return frozenset()
    if len(preferences) > MOST_PREFERENCES:
        raise InputError("too many preferences", found=len(preferences), expected=f"at most {MOST_PREFERENCES}")
    return frozenset(Counter(preferences).items())
