"""Requirements that ask for less than another: the next values on offer, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeAlias, TypeVar

from placewise.errors import Incomparable, InputError
from placewise.kinds.conditions.versions import equal_versions
from placewise.kinds.resolving import test_of
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.matching.causes.wider_bounds import wider_bounds
from placewise.matching.clusters.compiled_cluster import Properties
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
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.scalar import Scalar, Value, decimal, scalar_text
from placewise.model.versions.range_notation import Side, is_range
from placewise.model.versions.version import Version, parse_version
from placewise.model.versions.version_range import Cut, VersionRange

T = TypeVar("T")
B = TypeVar("B", bound=Scalar)

MOST_STEPS = 32
"""Of more values in one direction these many are tried, spread evenly, the nearest and the farthest among them."""

Direction: TypeAlias = tuple[Requirement, ...]
"""One way to ask for less: each requirement admits all that the one before it does, and more."""

_Values: TypeAlias = Mapping[str, Value]


def widenings(requirement: Requirement, offered: Iterable[Properties], vocabulary: Vocabulary) -> list[Direction]:
    """Return the ways in which one condition of a requirement can admit more of the vertices offered.

    A range grows to the nearest value below its minimum, to the next, ... and to those above its maximum, in the order
    of the field's kind; a bound includes the value that it is moved to. The minimum of a target moves to those that it
    descends from. A text admits one other text too, the most offered first; where it is a version, newer ones too. A
    set has to contain one member less. A vertex counts if it meets all other conditions. Predicates from elsewhere
    have none. Of the vertices offered, those that meet the requirement meet each of its widenings.
    """
    vertices = [dict(properties) for properties in offered]
    found: list[Direction] = []
    for condition in requirement.conditions:
        others = tuple(other for other in requirement.conditions if other is not condition)
        rest = VertexTest.of(replace(requirement, conditions=others), vocabulary)
        alike = [values for values in vertices if condition.field in values and rest.ask(values) is Answer.YES]
        asked = _Asked(requirement.subsystem, condition, vocabulary, alike)
        found += [
            tuple(replace(requirement, conditions=(*others, replace(condition, predicate=one))) for one in predicates)
            for way in asked.wider()
            if (predicates := asked.growing(way))
        ]
    return found


class _Asked:
    """A condition on a field, and the vertices of which it alone decides."""

    def __init__(
        self, subsystem: str, condition: Condition, vocabulary: Vocabulary, vertices: Sequence[_Values]
    ) -> None:
        self.subsystem, self.condition, self.vocabulary = subsystem, condition, vocabulary
        # Equal to Python are 1, 1.0 and true.
        distinct = {repr(sorted(values.items(), key=lambda item: item[0])): values for values in vertices}
        self.vertices = tuple(distinct.values())
        self.counts = Counter(scalar_text(values[condition.field]) for values in vertices)
        kind = kind_of(vocabulary, subsystem, condition.field)
        self.kind = kind.name if kind else ""
        self.admitted = self.admitted_by(condition.predicate) or frozenset()
        self.refused = tuple(values for values in self.vertices if self._answer(condition.predicate, values) is False)

    def admitted_by(self, predicate: Predicate) -> frozenset[int] | None:
        """Return which vertices a predicate admits; None where the field does not understand it."""
        try:
            test = test_of(self.subsystem, replace(self.condition, predicate=predicate), self.vocabulary)
        except InputError:
            return None
        found = set()
        for number, values in enumerate(self.vertices):
            try:
                if test(values[self.condition.field], values):
                    found.add(number)
            except Incomparable:
                continue
        return frozenset(found)

    def _answer(self, predicate: Predicate, values: _Values) -> bool | None:
        test = test_of(self.subsystem, replace(self.condition, predicate=predicate), self.vocabulary)
        try:
            return test(values[self.condition.field], values)
        except Incomparable:
            return None

    def growing(self, way: Iterable[Predicate]) -> list[Predicate]:
        """Return those predicates of a way that admit all that the one before does, and more."""
        found, before = [], self.admitted
        for predicate in way:
            now = self.admitted_by(predicate)
            if now is not None and before < now:
                found.append(predicate)
                before = now
        return found

    def wider(self) -> Iterator[list[Predicate]]:
        """Yield the predicates that may admit more, a list for each way, the nearest first."""
        predicate, field = self.condition.predicate, self.condition.field
        refused = [values[field] for values in self.refused]
        if isinstance(predicate, Equals) and self.kind == "version" and is_range(predicate.text):
            try:
                predicate = InVersionRange(equal_versions(predicate.text))
            except InputError:
                return
        if isinstance(predicate, InVersionRange):
            yield from _versions(predicate.versions, refused)
        elif isinstance(predicate, InNumericRange):
            yield from _numbers(predicate.minimum, predicate.maximum, InNumericRange, refused)
        elif isinstance(predicate, Within) and self.kind == "number" and _plain(predicate):
            yield from _numbers(predicate.minimum, predicate.maximum, Within, refused)
        elif isinstance(predicate, Within):
            yield from wider_bounds(self.subsystem, self.condition, predicate, self.refused, self.vocabulary)
        elif isinstance(predicate, Contains):
            for text in predicate.texts if len(predicate.texts) > 1 else ():
                yield [Contains(tuple(one for one in predicate.texts if one != text))]
        elif isinstance(predicate, Equals | OneOf):
            yield from self._texts(predicate, refused)

    def _texts(self, predicate: Equals | OneOf, refused: Sequence[Value]) -> Iterator[list[Predicate]]:
        texts = (predicate.text,) if isinstance(predicate, Equals) else predicate.texts
        others: Counter[str] = Counter()
        for value in refused:
            for member in value if isinstance(value, tuple) else (value,):
                others[scalar_text(member)] += self.counts[scalar_text(value)]
        for other, _ in others.most_common(MOST_STEPS):
            yield [OneOf((*texts, other))]
        if isinstance(predicate, Equals) and self.kind == "version":
            wanted = _version(predicate.text)
            if wanted:
                yield [InVersionRange(VersionRange.between(wanted[0], None))]


def _plain(predicate: Within) -> bool:
    return all(bound is None or decimal(bound) is not None for bound in (predicate.minimum, predicate.maximum))


def _versions(wanted: VersionRange, refused: Iterable[Value]) -> Iterator[list[Predicate]]:
    lowest, highest = wanted.bounds
    offered = set(chain.from_iterable(map(_version, refused)))
    if lowest is not None:
        low = parse_version(lowest)
        # Up to the bound itself, which a range may leave out.
        gap = ~VersionRange.between(low, None).exclusive()
        below = sorted((version for version in offered if version <= low), reverse=True)
        yield [InVersionRange(wanted | (VersionRange.between(v, None) & gap)) for v in thinned(below)]
    if highest is not None:
        high = parse_version(highest)
        gap = ~VersionRange.between(None, high).exclusive()
        # A maximum of 1.3 admits 1.3.5, so the one of 1.3.5 is the narrower.
        above = sorted(
            (version for version in offered if version >= high), key=lambda one: Cut(one, Side.AFTER_FAMILY).key
        )
        yield [InVersionRange(wanted | (VersionRange.between(None, v) & gap)) for v in thinned(above)]


def _numbers(
    minimum: B | None,
    maximum: B | None,
    make: Callable[[B | float | None, B | float | None], Predicate],
    refused: Iterable[Value],
) -> Iterator[list[Predicate]]:
    offered = {number for value in refused if (number := decimal(value)) is not None}
    if minimum is not None and (least := decimal(minimum)) is not None:
        below = sorted((number for number in offered if number < least), reverse=True)
        yield [make(number, maximum) for number in thinned(below)]
    if maximum is not None and (most := decimal(maximum)) is not None:
        above = sorted(number for number in offered if number > most)
        yield [make(minimum, number) for number in thinned(above)]


def _version(value: Value) -> tuple[Version, ...]:
    """Return the version that a value is, or nothing (see `InVersionRange.holds`)."""
    if isinstance(value, float | bool | tuple):
        return ()
    try:
        return (parse_version(scalar_text(value)),)
    except InputError:
        return ()


def thinned(values: Collection[T]) -> list[T]:
    """Return so many values, spread evenly, as are tried in one direction."""
    chosen = list(values)
    if len(chosen) <= MOST_STEPS:
        return chosen
    last = len(chosen) - 1
    return [chosen[step * last // (MOST_STEPS - 1)] for step in range(MOST_STEPS)]
