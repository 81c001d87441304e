"""What must hold where a job runs: tests of one vertex of a subsystem, and what `and`, `or` and `not` make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import zip_longest
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.requirements.predicates import Equals, InNumericRange, InVersionRange, OneOf, Predicate, Within
from placewise.model.scalar import bound_word, name_word, word
from placewise.model.versions.range_notation import is_range, may_have_epochs
from placewise.model.versions.version import parse_version
from placewise.model.versions.version_range import VersionRange, parse_bounds, parse_versions

VERSION, RELEASE = "version", "release"

DEEPEST = 32
"""So many levels of `and`, `or` and `not` may stand in one another."""

MOST_TESTS = 1000
"""So many tests of a vertex may stand in one expression."""


def holds_version(field: str) -> bool:
    """Whether a field of this name holds a version: ``version``, ``compiler_version``, ``compiler-version``."""
    return field == VERSION or field.endswith((f"_{VERSION}", f"-{VERSION}"))


def names_release(field: str) -> bool:
    """Whether a field holds what is written like a version, though it is not called one: a float has lost digits."""
    return field == RELEASE or field.endswith((f"_{RELEASE}", f"-{RELEASE}"))


class _Combined:
    """What can be combined with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: object) -> Expression:
        return all_of((self, other)) if isinstance(other, _Combined) else NotImplemented  # type: ignore[arg-type]

    def __or__(self, other: object) -> Expression:
        return any_of((self, other)) if isinstance(other, _Combined) else NotImplemented  # type: ignore[arg-type]

    def __invert__(self) -> Expression:
        return negated(self)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Condition:
    """One field of a vertex and the predicate its value must pass; a vertex without the field fails.

    field : the field's name. predicate : what its value is tested by.

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
        name = name_word(self.field)
        match self.predicate:
            case Equals(text):
                # A text that looks like a range is one after a single sign.
                exactly = holds_version(self.field) and is_range(text)
                return f"{name}={self.predicate}" if exactly else f"{name}{self.predicate}"
            case Within(minimum, maximum) | InNumericRange(minimum, maximum):
                bounds = ((">=", minimum), ("<=", maximum))
                written = [f"{name}{sign}{bound_word(bound)}" for sign, bound in bounds if bound is not None]
                return ", ".join(written) or f"{name} {self.predicate}"
            case InVersionRange(versions):
                return f"{name}{'=' if holds_version(self.field) else '@'}{word(str(versions))}"
        return f"{name} {self.predicate}"


@dataclass(frozen=True, slots=True)
class Requirement(_Combined):
    """Conditions that one vertex of the named subsystem must meet together (sorted, each once).

    Without conditions it asks only that the subsystem has a vertex there. Requirements are combined with `&`, `|`
    and `~`.

    parse : reads one line, such as ``cmake@3.20:``. subsystem : what the vertex is of, such as ``gpu``.
    conditions : what its fields must be, sorted. label : tells two vertices of one subsystem apart in a document; it
    says nothing of either.
    """

    # The reader makes requirements, so it imports this module; the package puts the two together.
    parse: ClassVar[Callable[[str], Expression]]
    """Return the requirement that a line of text writes; `str` of a requirement is such a text.

    Raises InputError naming the column for a text that is none.

    >>> str(Requirement.parse("gpu{vendor=amd, memory>=40} and not hdf5@:1.10"))
    'gpu{memory>=40, vendor=amd} and not hdf5@:1.10'
    """

    subsystem: str
    conditions: tuple[Condition, ...] = field(default=(), compare=False)
    label: str = field(default="", compare=False)
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

    def __str__(self) -> str:
        name = name_word(self.subsystem)
        if len(self.conditions) == 1 and self.conditions[0].field == VERSION:
            predicate = self.conditions[0].predicate
            if isinstance(predicate, InVersionRange) and predicate.versions:
                versions = str(predicate)
                return f"{name}@{word(versions) if ' ' in versions else versions}"
        wanted = ", ".join(map(str, self.conditions))
        return f"{name}{{{wanted}}}" if wanted else name


class _Compound(_Combined):
    """What is made of other requirements."""

    __slots__ = ()

    @property
    def subsystem(self) -> str:
        """The names of the subsystems that the parts are about, as one text."""
        return subject(self)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Joined(_Compound):
    parts: tuple[Expression, ...] = field(compare=False)
    _distinct: frozenset[Expression] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_distinct", frozenset(self.parts))


@dataclass(frozen=True, slots=True)
class AllOf(_Joined):
    """All parts hold, at one place; of no parts none fails. Made by `all_of`, which keeps it canonical.

    parts : the requirements and expressions that must hold together.
    """

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf(_Joined):
    """One part holds at least. Made by `any_of`, which keeps it canonical.

    parts : the requirements and expressions of which one must hold.
    """

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, AllOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(_Compound):
    """The part does not hold: of a test of a vertex, no vertex there meets it.

    part : the requirement or expression that must not hold.
    """

    part: Expression

    def __str__(self) -> str:
        return f"not {self.part}" if isinstance(self.part, Requirement) else f"not ({self.part})"


Expression: TypeAlias = Requirement | AllOf | AnyOf | Not


def all_of(parts: Iterable[Expression]) -> Expression:
    """Return what holds where all parts do: nested ones are one, each part stands once, and one part stands alone.

    Raises InputError for no parts, and for more or deeper ones than a bound.
    """
    return _joined(AllOf, parts)


def any_of(parts: Iterable[Expression]) -> Expression:
    """Return what holds where one of the parts does. See `all_of`."""
    return _joined(AnyOf, parts)


def negated(part: Expression) -> Expression:
    """Return what holds where the part does not; `not not a` is `a`. Raises InputError as `all_of` does."""
    return part.part if isinstance(part, Not) else _bounded(Not(part))


def tests_of(expression: Expression) -> Iterator[Requirement]:
    """Yield the tests of a vertex in an expression, from left to right; one that stands twice comes twice."""
    if isinstance(expression, Requirement):
        yield expression
    elif isinstance(expression, Not):
        yield from tests_of(expression.part)
    else:
        for part in expression.parts:
            yield from tests_of(part)


def mapped(expression: Expression, change: Callable[[Requirement], Expression]) -> Expression:
    """Return an expression with each test of a vertex replaced by what a function makes of it."""
    if isinstance(expression, Requirement):
        return change(expression)
    if isinstance(expression, Not):
        return negated(mapped(expression.part, change))
    join = all_of if isinstance(expression, AllOf) else any_of
    return join(mapped(part, change) for part in expression.parts)


def combined(expression: Expression, holds: Callable[[Requirement], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return where an expression holds, from where each test of a vertex does; all arrays have one shape."""
    if isinstance(expression, Requirement):
        return holds(expression)
    if isinstance(expression, Not):
        return ~combined(expression.part, holds)
    join = np.logical_and if isinstance(expression, AllOf) else np.logical_or
    return reduce(join, (combined(part, holds) for part in expression.parts))


def subject(expression: Expression) -> str:
    """Return the names of the subsystems that an expression is about, sorted, joined by ``|``.

    Where metadata is valued, the tests of one expression stand and fall together, so this names one piece of metadata.
    """
    return "|".join(sorted({test.subsystem for test in tests_of(expression)}))


def _joined(kind: type[AllOf | AnyOf], parts: Iterable[Expression]) -> Expression:
    flat: dict[Expression, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    if not flat:
        raise InputError("an expression has no parts", expected="at least one requirement")
    if len(flat) == 1:
        return next(iter(flat))
    return _bounded(kind(tuple(sorted(flat, key=_order))))


def _order(part: Expression) -> tuple[str, str]:
    return part.subsystem, str(part)


def _bounded(expression: AllOf | AnyOf | Not) -> Expression:
    if _depth(expression, DEEPEST + 1) > DEEPEST:
        raise InputError("requirements are nested too deeply", expected=f"at most {DEEPEST} levels")
    if sum(1 for _ in tests_of(expression)) > MOST_TESTS:
        raise InputError("an expression has too many requirements", expected=f"at most {MOST_TESTS}")
    return expression


def _depth(expression: Expression, most: int) -> int:
    if isinstance(expression, Requirement) or most == 0:
        return 0
    inside = (expression.part,) if isinstance(expression, Not) else expression.parts
    return 1 + max(_depth(part, most - 1) for part in inside)


def equality(field: str, text: str) -> Predicate:
    """Return the test that a field is a text; on a field that holds versions a range is that range.

    What may have an epoch is kept as it is written. Raises InputError for a text that looks like a range and is none.
    """
    if not (holds_version(field) and is_range(text)) or may_have_epochs(text):
        return Equals(text)
    return InVersionRange(parse_versions(text))


def one_of(field: str, texts: tuple[str, ...]) -> Predicate:
    """Return the test that a field is one of some texts. See `equality`: one range makes all of them ranges."""
    if not (holds_version(field) and any(map(is_range, texts))) or any(map(may_have_epochs, texts)):
        return OneOf(texts)
    ranges = [
        parse_versions(text) if is_range(text) else VersionRange.exactly(parse_version(text))
        for text in sorted(set(texts))
    ]
    # By halves: a union costs what both have, and strangers write thousands.
    while len(ranges) > 1:
        ranges = [one | other for one, other in zip_longest(ranges[::2], ranges[1::2], fillvalue=VersionRange.empty())]
    return InVersionRange(ranges[0])


def version_requirement(subsystem: str, minimum: str | None, maximum: str | None) -> Requirement:
    """Return the requirement of a version from `minimum` to `maximum`, both included; None leaves that end open.

    Raises InputError for bounds that are no versions or that cross.
    """
    return Requirement(subsystem, (Condition(VERSION, InVersionRange(parse_bounds(minimum, maximum))),))


def version_bounds(requirement: Expression) -> tuple[str | None, str | None]:
    """Return the texts from which `version_requirement` makes this requirement again.

    Raises InputError when the requirement is anything but one inclusive range of versions.
    """
    for condition in requirement.conditions if isinstance(requirement, Requirement) else ():
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
