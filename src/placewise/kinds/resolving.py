"""Conditions as documents write them, turned into tests of values of a known kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from placewise.errors import Incomparable, InputError
from placewise.kinds.conditions.asked import Asked, Test
from placewise.kinds.conditions.flags import flag_test
from placewise.kinds.conditions.guessing import guessed_test
from placewise.kinds.conditions.numeric import number_test
from placewise.kinds.conditions.quantities import quantity_test
from placewise.kinds.conditions.sets import set_test
from placewise.kinds.conditions.targets import target_test
from placewise.kinds.conditions.texts import text_test
from placewise.kinds.conditions.versions import version_test
from placewise.kinds.vocabulary.builtin import aliases_of, kind_of
from placewise.kinds.vocabulary.inferring import inferred
from placewise.model.fleets.site_limit import IfSaid
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.predicates import (
    Contains,
    Equals,
    InNumericRange,
    InVersionRange,
    OneOf,
    Predicate,
    Within,
)
from placewise.model.requirements.requirement import Condition
from placewise.model.scalar import Value

__all__ = ["Test", "is_implied", "passes_absent", "test_of"]

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


def test_of(
    subsystem: str,
    condition: Condition,
    vocabulary: Vocabulary,
    *,
    strict: bool = False,  # noqa: PT028, no test of pytest's
) -> Test:
    """Return the test that a condition is, on a field of the kind that the vocabulary says.

    A field of which nothing is known is tested as the bound looks; a predicate of a plugin is asked as it is.
    Raises InputError for a bound of another kind than the field's, naming both. Where the kind was inferred, the
    values of that kind are what cannot be compared, unless `strict` says that it counts as one that was said.
    """
    predicate = condition.predicate
    if isinstance(predicate, IfSaid):
        predicate = predicate.predicate
    if type(predicate) not in _OURS:
        of_vertex: Test | None = getattr(predicate, "holds_of", None)
        return of_vertex or (lambda value, _values: predicate.holds(value))
    kind = kind_of(vocabulary, subsystem, condition.field)
    asked = Asked(
        subsystem,
        condition.field,
        "value" if kind is None else kind.name,
        "" if kind is None else kind.unit,
        "" if kind is None else kind.scheme,
        aliases_of(vocabulary, subsystem, condition.field, kind),
    )
    if kind is None:
        return guessed_test(asked, predicate)
    try:
        return _TESTS[kind.name](asked, predicate)
    except InputError as error:
        if strict or not kind.inferred:
            raise
        return _where_inferred(asked, predicate, error)


def _where_inferred(asked: Asked, predicate: Predicate, error: InputError) -> Test:
    """Return the test of a bound that is of another kind than the first value of the field was.

    Whoever was first must not make jobs invalid for all others: it is their values that cannot be compared, and others
    are tested as what they are. Raises InputError for a bound that no kind understands.
    """
    guessed_test(asked, predicate)
    tests: dict[str, Test | InputError] = {asked.kind: error}

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        kind = inferred(value).name
        if kind not in tests:
            try:
                tests[kind] = _TESTS[kind](replace(asked, kind=kind), predicate)
            except InputError as other:
                tests[kind] = other
        found = tests[kind]
        if isinstance(found, InputError):
            raise Incomparable(found.problem, place=found.place, found=value, expected=found.expected)
        return found(value, values)

    return test


def passes_absent(condition: Condition) -> bool:
    """Whether a vertex without the field meets a condition: one on a limit, which is none where it is not said."""
    return getattr(condition.predicate, "passes_absent", False)


def is_implied(condition: Condition) -> bool:
    """Whether a condition is asked of what is described alone: nobody asks for it, so no description has to say it."""
    return getattr(condition.predicate, "implied", False)
