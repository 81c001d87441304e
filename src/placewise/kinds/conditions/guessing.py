"""Tests of fields of which nothing is known yet: the bound says what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from placewise.errors import InputError
from placewise.kinds.conditions.asked import Asked, Test, any_test, contains_test
from placewise.kinds.conditions.comparing import bounds_of, comparisons_of
from placewise.kinds.conditions.numeric import number_test
from placewise.kinds.conditions.plain_numbers import number
from placewise.kinds.conditions.quantities import amount, quantity_test
from placewise.kinds.conditions.texts import equality
from placewise.kinds.conditions.versions import version_test
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate, Within
from placewise.model.scalar import Scalar, Value
from placewise.model.versions.range_notation import is_comparison


def guessed_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test that a condition most likely is. Raises InputError for bounds that have no order."""
    match predicate:
        case Equals(text):
            return _equals(asked, text)
        case OneOf(texts):
            return any_test(_equals(asked, text) for text in texts)
        case Contains():
            return contains_test(asked, predicate)
        case Within():
            return _ordered(asked, [bound for _, bound in bounds_of(predicate)], predicate)
    return lambda value, _values: predicate.holds(value)


def _equals(asked: Asked, text: str) -> Test:
    if is_comparison(text):
        try:
            return _ordered(asked, [bound for _, bound in comparisons_of(asked, text)], Equals(text))
        except InputError:
            wanted: Test = lambda value, _values: asked.plain(value) == text  # noqa: E731
            return wanted
    same = equality(asked, (text,))
    contained = contains_test(asked, Contains((text,)))

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        return (contained if isinstance(value, tuple) else same)(value, values)

    return test


def _ordered(asked: Asked, bounds: list[Scalar], predicate: Predicate) -> Test:
    if all(number(bound) is not None for bound in bounds):
        return number_test(replace(asked, kind="number"), predicate)
    if all(amount(bound) is not None for bound in bounds):
        return quantity_test(replace(asked, kind="quantity"), predicate)
    return version_test(replace(asked, kind="version"), predicate)
