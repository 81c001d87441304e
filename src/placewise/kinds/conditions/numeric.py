"""Tests of numbers."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.kinds.conditions.asked import Asked, Test, any_test, contains_test
from placewise.kinds.conditions.comparing import OPERATORS, bounds_of, comparisons_of, expect_uncrossed
from placewise.kinds.conditions.plain_numbers import number
from placewise.kinds.conditions.quantities import amount, quantity_test
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, OneOf, Predicate, Within
from placewise.model.scalar import Scalar, Value, scalar_text
from placewise.model.versions.range_notation import is_comparison


def number_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a number. Raises InputError for a bound that is no number."""
    match predicate:
        case Equals(text):
            return _equals(asked, text)
        case OneOf(texts):
            return any_test(_equals(asked, text) for text in texts)
        case Contains():
            return contains_test(asked, predicate)
        case InNumericRange():
            return lambda value, _values: predicate.holds(value)
        case Within():
            return _compared(asked, bounds_of(predicate), predicate)
    raise asked.of_another_kind(predicate, expected="a number")


def _equals(asked: Asked, text: str) -> Test:
    if is_comparison(text):
        return _compared(asked, comparisons_of(asked, text), Equals(text))
    wanted = number(text)
    if wanted is None and amount(text) is not None:
        return quantity_test(asked, Equals(text))

    def test(value: Value, _values: Mapping[str, Value]) -> bool:
        if scalar_text(value) == text:
            return True
        found = number(value)
        if (found is None) != (wanted is None):
            raise asked.incomparable(
                f"is compared with {text!r}, and one of the two is not a number", found=value, expected="two numbers"
            )
        return found is not None and found == wanted

    return test


def _compared(asked: Asked, wanted: list[tuple[str, Scalar]], predicate: Predicate) -> Test:
    bounds = []
    for written, bound in wanted:
        plain = number(bound)
        if plain is None:
            if amount(bound) is not None:
                # The unit of the number may stand beside it; where it does not, that is what the error says.
                return quantity_test(asked, predicate)
            raise asked.refused("a number is compared with what is none", found=bound, expected="a number")
        bounds.append((written, plain))
    expect_uncrossed(asked, bounds, predicate)
    compare = tuple((OPERATORS[written], bound) for written, bound in bounds)

    def test(value: Value, _values: Mapping[str, Value]) -> bool:
        found = number(value)
        if found is None:
            raise asked.incomparable("is not a number", found=value, expected="a number")
        return all(holds(found, bound) for holds, bound in compare)

    return test
