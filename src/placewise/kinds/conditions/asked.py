"""The field that a condition is on, as its errors name it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from placewise.errors import Incomparable, InputError
from placewise.kinds.conditions.plain_numbers import number
from placewise.model.requirements.predicates import Contains, Predicate
from placewise.model.scalar import Value, scalar_text

Test: TypeAlias = Callable[[Value, Mapping[str, Value]], bool]
"""Whether a field's value passes; all values of the vertex are there too. Raises Incomparable for another kind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A field with its kind.

    kind : a name of a kind. unit, scheme : as in `FieldKind`. aliases : the text that each other text stands for.
    """

    subsystem: str
    field: str
    kind: str
    unit: str = ""
    scheme: str = ""
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def place(self) -> str:
        """How errors name the field."""
        return f"requirement on {self.subsystem!r}, field {self.field!r}"

    def refused(self, problem: str, *, found: object, expected: str) -> InputError:
        """Return the error of a bound that the field cannot be compared with."""
        return InputError(problem, place=self.place, found=found, expected=expected)

    def incomparable(self, problem: str, *, found: object, expected: str) -> Incomparable:
        """Return the error of a value that the bound cannot be compared with."""
        return Incomparable(problem, place=self.place, found=found, expected=expected)

    def of_another_kind(self, predicate: Predicate, *, expected: str) -> InputError:
        """Return the error of a test that fields of this kind do not understand, naming both kinds."""
        asks = _ASKS.get(type(predicate).__name__, "something else")
        return self.refused(f"a {self.kind} is asked for {asks}", found=str(predicate), expected=expected)

    def plain(self, value: Value) -> str:
        """Return a value as text, by the name that the vocabulary gives it."""
        text = scalar_text(value)
        return self.aliases.get(text, text)

    def single(self, value: Value) -> None:
        """Raise Incomparable for a list of values."""
        if isinstance(value, tuple):
            raise self.incomparable(
                f"is a list, and the field holds one {self.kind}", found=scalar_text(value), expected=f"one {self.kind}"
            )


_ASKS = {
    "Within": "what lies between bounds",
    "InVersionRange": "a range of versions",
    "InNumericRange": "a range of numbers",
    "Contains": "members of a set",
    "Equals": "a value",
    "OneOf": "one of some values",
}


def any_test(tests: Iterable[Test]) -> Test:
    """Return the test that one of several passes at least; each is asked until one does."""
    several = tuple(tests)

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        return any(one(value, values) for one in several)

    return several[0] if len(several) == 1 else test


def contains_test(asked: Asked, predicate: Contains) -> Test:
    """Return the test that a value is a set with all of some members."""
    held = members_held(asked, predicate.texts)
    return lambda value, _values: all(held(value))


def members_held(asked: Asked, texts: Iterable[str]) -> Callable[[Value], Iterable[bool]]:
    """Return what says of each text whether a set has it as a member: a number is the same however it is written.

    It raises Incomparable for what is no set.
    """
    wanted = [(asked.plain(text), number(text)) for text in texts]

    def held(value: Value) -> Iterable[bool]:
        if not isinstance(value, tuple):
            raise asked.incomparable("is one value and no list", found=value, expected="a list of values")
        members = {asked.plain(one) for one in value}
        numbers = {one for one in value if type(one) in (int, float)}
        return (text in members or (plain is not None and plain in numbers) for text, plain in wanted)

    return held
