"""Tests of sets: what they contain."""

from __future__ import annotations

from placewise.kinds.conditions.asked import Asked, Test, contains_test, members_held
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate
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
            held = members_held(asked, texts)
            return lambda value, _values: any(held(value))
    raise asked.of_another_kind(predicate, expected="values that it contains")


def _compares(predicate: Equals | OneOf) -> bool:
    texts = (predicate.text,) if isinstance(predicate, Equals) else predicate.texts
    return any(map(is_comparison, texts))
