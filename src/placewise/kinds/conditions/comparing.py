"""Comparisons with bounds, for all kinds that have an order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from placewise.errors import locating
from placewise.kinds.conditions.asked import Asked
from placewise.model.requirements.predicates import Equals, Predicate, Within
from placewise.model.scalar import Scalar
from placewise.model.versions.range_notation import comparisons

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


def comparisons_of(asked: Asked, text: str) -> list[tuple[str, Scalar]]:
    """Return the operators and bounds of a text such as ``>=8,<9``. Raises InputError for one with other parts."""
    with locating(place=asked.place):
        return list(comparisons(text))


def bounds_of(predicate: Within) -> list[tuple[str, Scalar]]:
    """Return the operators and bounds that the test consists of."""
    ends = ((">=", predicate.minimum), ("<=", predicate.maximum))
    return [(written, bound) for written, bound in ends if bound is not None]


def written_text(predicate: Predicate) -> str:
    """Return what a document says: the text of an equality, and else the test as a person would write it."""
    return predicate.text if isinstance(predicate, Equals) else str(predicate)


def expect_uncrossed(asked: Asked, bounds: Iterable[tuple[str, Any]], predicate: Predicate) -> None:
    """Raise InputError where no value lies within all the bounds."""
    wanted = list(bounds)
    lows = [bound for written, bound in wanted if written in (">=", ">", "==")]
    highs = [bound for written, bound in wanted if written in ("<=", "<", "==")]
    if lows and highs and max(lows) > min(highs):
        raise asked.refused(
            "the minimum exceeds the maximum", found=written_text(predicate), expected="min at most max"
        )
