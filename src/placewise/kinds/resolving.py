"""Conditions as documents write them, turned into tests of values of a known kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from placewise.kinds.asked import Asked, Test
from placewise.kinds.builtin import aliases_of, kind_of
from placewise.kinds.flags import flag_test
from placewise.kinds.guessing import guessed_test
from placewise.kinds.numeric import number_test
from placewise.kinds.quantities import quantity_test
from placewise.kinds.sets import set_test
from placewise.kinds.targets import target_test
from placewise.kinds.texts import text_test
from placewise.kinds.versions import version_test
from placewise.model.predicates import Contains, Equals, InNumericRange, InVersionRange, OneOf, Predicate, Within
from placewise.model.requirement import Condition
from placewise.model.vocabulary import Vocabulary

__all__ = ["Test", "passes_absent", "test_of"]

_TESTS: Mapping[str, Callable[[Asked, Predicate], Test]] = {
    "text": text_test,
    "flag": flag_test,
    "number": number_test,
    "quantity": quantity_test,
    "version": version_test,
    "target": target_test,
    "set": set_test,
}
_OURS = (Equals, OneOf, Contains, Within, InVersionRange, InNumericRange)


def test_of(subsystem: str, condition: Condition, vocabulary: Vocabulary) -> Test:
    """Return the test that a condition is, on a field of the kind that the vocabulary says.

    A field of which nothing is known is tested as the bound looks; a predicate of a plugin is asked as it is.
    Raises InputError for a bound of another kind than the field's, naming both.
    """
    predicate = condition.predicate
    if type(predicate) not in _OURS:
        return lambda value, _values: predicate.holds(value)
    kind = kind_of(vocabulary, subsystem, condition.field)
    asked = Asked(
        subsystem,
        condition.field,
        "value" if kind is None else kind.name,
        "" if kind is None else kind.unit,
        "" if kind is None else kind.scheme,
        aliases_of(vocabulary, subsystem, condition.field, kind),
    )
    return guessed_test(asked, predicate) if kind is None else _TESTS[kind.name](asked, predicate)


def passes_absent(condition: Condition) -> bool:
    """Whether a vertex without the field meets a condition: one on a limit, which is none where it is not said."""
    return getattr(condition.predicate, "passes_absent", False)
