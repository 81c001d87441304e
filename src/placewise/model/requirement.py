"""What a job asks of one vertex of a subsystem: conditions, each a field and a predicate."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from placewise.errors import InputError
from placewise.model.version import parse_version
from placewise.model.version_range import VersionRange, parse_bounds

Scalar: TypeAlias = str | int | float | bool

# Narrower than what float() takes: "1_0", " 1" and digits of other scripts are no numbers in a document.
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

VERSION = "version"


class Predicate(Protocol):
    """A frozen, hashable test of one field's value; `str` gives it as a person would write it.

    Further predicates come in by the entry-point group ``placewise.predicates`` (see `plugins`).
    """

    def holds(self, value: Scalar) -> bool:
        """Whether the value passes; a value of a kind that the test does not understand does not."""
        ...


@dataclass(frozen=True, slots=True)
class Equals:
    """The value, written as text, is exactly this text."""

    text: str

    def holds(self, value: Scalar) -> bool:
        """See `Predicate.holds`."""
        return scalar_text(value) == self.text

    def __str__(self) -> str:
        return f"= {self.text}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value, written as text, is one of these texts (sorted, each once).

    Raises InputError for no texts, and for one text where several are expected.
    """

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        # A text is itself a sequence of texts, its letters.
        if isinstance(self.texts, str):
            raise InputError("one text in place of several", found=self.texts, expected="a tuple of texts")
        object.__setattr__(self, "texts", tuple(sorted(set(self.texts))))
        if not self.texts:
            raise InputError("a condition that no value can meet", found=[], expected="at least one value")

    def holds(self, value: Scalar) -> bool:
        """See `Predicate.holds`."""
        written = scalar_text(value)
        position = bisect_left(self.texts, written)
        return position < len(self.texts) and self.texts[position] == written

    def __str__(self) -> str:
        return "one of " + ", ".join(self.texts)


@dataclass(frozen=True, slots=True)
class InVersionRange:
    """The value is a version inside the range, in Spack's order."""

    versions: VersionRange

    def holds(self, value: Scalar) -> bool:
        """See `Predicate.holds`."""
        # A float has already lost what the author wrote (1.10 became 1.1), so it is no version.
        if isinstance(value, float | bool):
            return False
        try:
            return parse_version(scalar_text(value)) in self.versions
        except InputError:
            return False

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
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise InputError(
                f"the minimum {self.minimum} exceeds the maximum {self.maximum}", expected="min at most max"
            )

    def __hash__(self) -> int:
        # Python's hash of a number is no secret, so whoever writes bounds could make all hashes equal.
        return hash((_unguessable(self.minimum), _unguessable(self.maximum)))

    def holds(self, value: Scalar) -> bool:
        """See `Predicate.holds`."""
        number = _number(value)
        if number is None:
            return False
        return (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)

    def __str__(self) -> str:
        if self.minimum is None:
            return "any number" if self.maximum is None else f"<= {self.maximum}"
        return f">= {self.minimum}" if self.maximum is None else f"{self.minimum} to {self.maximum}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One field of a vertex and the predicate its value must pass; a vertex without the field fails.

    Raises InputError for a predicate that has no `holds`.
    """

    field: str
    predicate: Predicate

    def __post_init__(self) -> None:
        if not callable(getattr(self.predicate, "holds", None)):
            raise InputError(
                f"the condition on {self.field!r} has no predicate",
                found=self.predicate,
                expected="a predicate such as Equals",
            )

    def __str__(self) -> str:
        return f"{self.field} {self.predicate}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Conditions that one vertex of the named subsystem must meet together (sorted, each once).

    Without conditions it asks only that the subsystem has a vertex there.
    """

    subsystem: str
    conditions: tuple[Condition, ...] = field(default=(), compare=False)
    # Equal conditions may be written differently (1.2, 1-2) and then sort apart, so equality is that of the set.
    _distinct: frozenset[Condition] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.subsystem:
            raise InputError("a requirement names no subsystem", expected="the name of a subsystem")
        conditions = tuple(self.conditions)
        if len(conditions) > 1:
            conditions = tuple(sorted(dict.fromkeys(conditions), key=str))
        object.__setattr__(self, "conditions", conditions)
        object.__setattr__(self, "_distinct", frozenset(conditions))

    def is_met_by(self, properties: tuple[tuple[str, Scalar], ...]) -> bool:
        """Whether one vertex with these (field, value) pairs meets every condition."""
        values = dict(properties)
        return all(
            condition.field in values and condition.predicate.holds(values[condition.field])
            for condition in self.conditions
        )

    def __str__(self) -> str:
        wanted = " and ".join(str(condition) for condition in self.conditions)
        return f"{self.subsystem}: {wanted}" if wanted else self.subsystem


def version_requirement(subsystem: str, minimum: str | None, maximum: str | None) -> Requirement:
    """Return the requirement of a version from `minimum` to `maximum`, both included; None leaves that end open.

    Raises InputError for bounds that are no versions or that cross.
    """
    return Requirement(subsystem, (Condition(VERSION, InVersionRange(parse_bounds(minimum, maximum))),))


def version_bounds(requirement: Requirement) -> tuple[str | None, str | None]:
    """Return the texts from which `version_requirement` makes this requirement again.

    Raises InputError when the requirement is anything but one inclusive range of versions.
    """
    for condition in requirement.conditions:
        if condition.field == VERSION and isinstance(condition.predicate, InVersionRange):
            minimum, maximum = condition.predicate.versions.bounds
            if version_requirement(requirement.subsystem, minimum, maximum) == requirement:
                return minimum, maximum
    raise InputError(
        "the requirement is not one range of versions",
        place=f"requirement on {requirement.subsystem!r}",
        found=str(requirement),
        expected="a minimum and a maximum version, both included",
    )


def scalar_text(value: Scalar) -> str:
    """Return a scalar as documents write it: booleans in lower case, whole floats without a fraction.

    A whole number of more digits than Python writes comes in base 16.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    try:
        return str(value)
    except ValueError:
        return hex(int(value))


def _unguessable(bound: float | None) -> str | None:
    """Return a text that is the same for equal bounds: 1, 1.0 and True are one."""
    return None if bound is None else scalar_text(bound * 1)


def _number(value: Scalar) -> float | None:
    if isinstance(value, str):
        return float(value) if _DECIMAL.fullmatch(value) else None
    return None if isinstance(value, bool) or value != value else value
