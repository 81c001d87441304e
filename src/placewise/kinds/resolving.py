"""Conditions as documents write them, turned into tests of values of a known kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from placewise.model.requirement import Condition
from placewise.model.scalar import Value
from placewise.model.vocabulary import Vocabulary

Test: TypeAlias = Callable[[Value, Mapping[str, Value]], bool]
"""Whether a field's value passes; all values of the vertex are there too. Raises Incomparable for another kind."""


def test_of(subsystem: str, condition: Condition, vocabulary: Vocabulary) -> Test:
    """Return the test that a condition is, on a field of the kind that the vocabulary says.

    Raises InputError for a bound of another kind than the field's, naming both.
    """
    return lambda value, _values: condition.predicate.holds(value)
