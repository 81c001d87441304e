"""Tests of one field's value.

`Equals`, `OneOf`, `Contains` and `Within` hold what a document says; what they mean depends on the kind of the field
(see `placewise.kinds`). The others are of one kind already.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from placewise.errors import Incomparable, InputError
from placewise.model.scalar import Scalar, Value, bound_word, decimal, scalar_text, word
from placewise.model.versions.version import parse_version
from placewise.model.versions.version_range import VersionRange


@runtime_checkable
class Predicate(Protocol):
    """A frozen, hashable test of one field's value; `str` gives it as a person would write it.

    Further predicates come in by the entry-point group ``placewise.predicates`` (see `plugins`).
    """

    def holds(self, value: Value) -> bool:
        """Whether the value passes. Raises Incomparable for a value of a kind that the test does not understand."""
        ...


@dataclass(frozen=True, slots=True)
class Equals:
    """The value, written as text, is exactly this text."""

    text: str

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`."""
        return scalar_text(value) == self.text

    def __str__(self) -> str:
        return f"={word(self.text)}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value, written as text, is one of these texts (sorted, each once).

    Raises InputError for no texts, and for one text where several are expected.
    """

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", _texts(self.texts))

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`."""
        written = scalar_text(value)
        position = bisect_left(self.texts, written)
        return position < len(self.texts) and self.texts[position] == written

    def __str__(self) -> str:
        return f"in ({', '.join(map(word, self.texts))})"


@dataclass(frozen=True, slots=True)
class Contains:
    """The value is a set that has all of these texts as members (sorted, each once).

    Raises InputError for no texts, and for one text where several are expected.
    """

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", _texts(self.texts))

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`."""
        if not isinstance(value, tuple):
            raise Incomparable("is not a set", found=value, expected="a list of values")
        return set(self.texts) <= set(map(scalar_text, value))

    def __str__(self) -> str:
        members = ", ".join(map(word, self.texts))
        return f"contains {members}" if len(self.texts) == 1 else f"contains ({members})"


@dataclass(frozen=True, slots=True)
class Within:
    """The value lies between two bounds as they are written, both included; None leaves that end open.

    Raises InputError where both ends are open, and for a bound that is NaN, true or false.
    """

    minimum: Scalar | None = None
    maximum: Scalar | None = None

    def __post_init__(self) -> None:
        if self.minimum is None and self.maximum is None:
            raise InputError("no bound is given", expected="a minimum, a maximum or both")
        for bound in (self.minimum, self.maximum):
            if bound is not None and (isinstance(bound, bool) or bound != bound):
                raise InputError("is not a bound", found=bound, expected="a number or a text")

    def __hash__(self) -> int:
        return hash((_unguessable(self.minimum), _unguessable(self.maximum)))

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`: numbers alone have an order that needs no kind."""
        bounds = [None if bound is None else decimal(bound) for bound in (self.minimum, self.maximum)]
        if [self.minimum, self.maximum] != bounds:
            raise Incomparable("has no known kind", found=value, expected="a field whose kind is known")
        return InNumericRange(*bounds).holds(value)

    def __str__(self) -> str:
        return _between(self.minimum, self.maximum)


@dataclass(frozen=True, slots=True)
class InVersionRange:
    """The value is a version inside the range, in Spack's order."""

    versions: VersionRange

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`."""
        # A float has already lost what the author wrote (1.10 became 1.1), so it is no version.
        if isinstance(value, float | bool | tuple):
            raise Incomparable("is not a version", found=value, expected="a version as text")
        try:
            version = parse_version(value if isinstance(value, str) else scalar_text(value))
        except InputError as error:
            raise Incomparable("is not a version", found=value, expected="a version") from error
        if not (version.has_place or self.versions.without_order):
            raise Incomparable(
                "cannot be ordered as a version", found=value, expected="a version with digits, or a branch"
            )
        return version in self.versions

    def __str__(self) -> str:
        return str(self.versions)


@dataclass(frozen=True, slots=True)
class InNumericRange:
    """The value is a number from `minimum` to `maximum`, both included; None leaves that end open."""

    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        for bound in (self.minimum, self.maximum):
            if bound is not None and bound != bound:
                raise InputError("a bound is not a number", found=bound, expected="a number")
        refuse_crossed(self.minimum, self.maximum)

    def __hash__(self) -> int:
        # Python's hash of a number is no secret, so whoever writes bounds could make all hashes equal.
        return hash((_unguessable(self.minimum), _unguessable(self.maximum)))

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`."""
        number = decimal(value)
        if number is None:
            raise Incomparable("is not a number", found=value, expected="a number")
        return (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)

    def __str__(self) -> str:
        return _between(self.minimum, self.maximum) or "any number"


def _texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    # A text is itself a sequence of texts, its letters.
    if isinstance(texts, str):
        raise InputError("one text in place of several", found=texts, expected="a tuple of texts")
    once = tuple(sorted(set(texts)))
    if not once:
        raise InputError("a condition that no value can meet", found=[], expected="at least one value")
    return once


def refuse_crossed(minimum: Scalar | None, maximum: Scalar | None) -> None:
    """Raise InputError for two numbers that cross; whether texts do depends on what their field holds."""
    if isinstance(minimum, int | float) and isinstance(maximum, int | float) and minimum > maximum:
        raise InputError(
            f"the minimum {bound_word(minimum)} exceeds the maximum {bound_word(maximum)}", expected="min at most max"
        )


def _unguessable(bound: Scalar | None) -> str | None:
    """Return a text that is the same for equal bounds: 1, 1.0 and True are one."""
    return None if bound is None else scalar_text(bound if isinstance(bound, str) else bound * 1)


def _between(minimum: Scalar | None, maximum: Scalar | None) -> str:
    pairs = ((">=", minimum), ("<=", maximum))
    return ", ".join(f"{sign}{bound_word(bound)}" for sign, bound in pairs if bound is not None)
