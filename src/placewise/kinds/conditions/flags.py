"""Tests of flags: equality."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.kinds.conditions.asked import Asked, Test, contains_test
from placewise.kinds.conditions.texts import equality
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate
from placewise.model.scalar import Value, scalar_text

_FLAGS = frozenset(("true", "false"))


def flag_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a flag. Raises InputError for bounds and comparisons, since flags have no order."""
    match predicate:
        case Equals(text):
            wanted: tuple[str, ...] = (text,)
        case OneOf(texts):
            wanted = texts
        case Contains():
            return contains_test(asked, predicate)
        case _:
            raise asked.of_another_kind(predicate, expected="true or false")
    same = equality(asked, wanted)
    flags_wanted = _FLAGS.issuperset(wanted)

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        asked.single(value)
        if (scalar_text(value) in _FLAGS) != flags_wanted and not same(value, values):
            raise asked.incomparable(
                f"is compared with {' or '.join(wanted)}, and one of the two is not a flag",
                found=value,
                expected="true or false",
            )
        return same(value, values)

    return test
