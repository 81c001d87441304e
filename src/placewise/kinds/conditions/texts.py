"""Tests of texts: equality, by the names that the vocabulary gives them."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.kinds.conditions.asked import Asked, Test, contains_test
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate, Within
from placewise.model.scalar import Value
from placewise.model.versions.range_notation import is_comparison


def text_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a text. Raises InputError for bounds and comparisons, since texts have no order."""
    match predicate:
        case Equals(text):
            return equality(asked, (text,))
        case OneOf(texts):
            return equality(asked, texts)
        case Contains():
            return contains_test(asked, predicate)
        case Within(minimum, maximum):
            raise _no_order(asked, maximum if minimum is None else minimum)
    raise asked.of_another_kind(predicate, expected="a text that it equals, or another kind in vocabulary.yaml")


def equality(asked: Asked, texts: tuple[str, ...]) -> Test:
    """Return the test that a value is one of some texts. Raises InputError for a text that is a comparison."""
    for text in texts:
        if is_comparison(text):
            raise _no_order(asked, text)
    wanted = frozenset(map(asked.plain, texts))

    def test(value: Value, _values: Mapping[str, Value]) -> bool:
        asked.single(value)
        return asked.plain(value) in wanted

    return test


def _no_order(asked: Asked, bound: object) -> Exception:
    return asked.refused(
        f"a {asked.kind} has no order, and is compared with a bound",
        found=bound,
        expected=f"a {asked.kind} that it equals, or another kind for the field in vocabulary.yaml",
    )
