"""Tests of sets: what they contain."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.kinds.asked import Asked, Test, contains_test, members
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate
from placewise.model.scalar import Value
from placewise.model.versions.range_notation import is_comparison


def set_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a set: it contains a value, one of some, or all. Raises InputError for bounds."""
    match predicate:
        case Equals() | OneOf() if _compares(predicate):
            raise asked.of_another_kind(predicate, expected="values that it contains")
        case Equals(text):
            return contains_test(asked, Contains((text,)))
        case Contains():
            return contains_test(asked, predicate)
        case OneOf(texts):
            wanted = frozenset(map(asked.plain, texts))

            def test(value: Value, _values: Mapping[str, Value]) -> bool:
                return not wanted.isdisjoint(members(asked, value))

            return test
    raise asked.of_another_kind(predicate, expected="values that it contains")


def _compares(predicate: Equals | OneOf) -> bool:
    texts = (predicate.text,) if isinstance(predicate, Equals) else predicate.texts
    return any(map(is_comparison, texts))
