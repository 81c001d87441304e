"""Requirements that ask for less than another: the next values on offer, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeAlias, TypeVar

from placewise.errors import InputError
from placewise.matching.compiled_cluster import Properties
from placewise.model.predicates import Equals, InNumericRange, InVersionRange, OneOf, Predicate
from placewise.model.requirement import VERSION, Condition, Requirement
from placewise.model.scalar import Scalar, scalar_text
from placewise.model.version import Version, parse_version
from placewise.model.version_range import Cut, Side, VersionRange

T = TypeVar("T")

MOST_STEPS = 32
"""Of more values in one direction these many are tried, spread evenly, the nearest and the farthest among them."""

Direction: TypeAlias = tuple[Requirement, ...]
"""One way to ask for less: each requirement admits all that the one before it does, and more."""


def widenings(requirement: Requirement, offered: Iterable[Properties]) -> list[Direction]:
    """Return the ways in which one condition of a requirement can admit more of the vertices offered.

    A range of versions or numbers grows to the nearest value below its minimum, to the next, ... and to those above
    its maximum; a bound includes the value that it is moved to, and a maximum what begins with it. A text admits one
    other text too, the most offered first; where it is a version, newer ones too. A vertex counts if it meets all
    other conditions. Predicates from elsewhere have none. What meets the requirement meets each of its widenings.
    """
    vertices = list(offered)
    found: list[Direction] = []
    for condition in requirement.conditions:
        others = tuple(other for other in requirement.conditions if other is not condition)
        rest = replace(requirement, conditions=others)
        alike = [dict(properties) for properties in vertices if rest.is_met_by(properties)]
        values = [vertex[condition.field] for vertex in alike if condition.field in vertex]
        found += [
            tuple(replace(requirement, conditions=(*others, Condition(condition.field, one))) for one in predicates)
            for predicates in _wider(condition, values)
        ]
    return found


def _wider(condition: Condition, values: Sequence[Scalar]) -> list[list[Predicate]]:
    predicate = condition.predicate
    refused = [value for value in values if not predicate.holds(value)]
    if isinstance(predicate, InVersionRange):
        ways: list[list[Predicate]] = [*_versions(predicate.versions, refused)]
    elif isinstance(predicate, InNumericRange):
        ways = [*_numbers(predicate, refused)]
    elif isinstance(predicate, Equals | OneOf):
        texts = (predicate.text,) if isinstance(predicate, Equals) else predicate.texts
        others = Counter(map(scalar_text, refused)).most_common(MOST_STEPS)
        ways = [[OneOf((*texts, other))] for other, _ in others]
        if isinstance(predicate, Equals) and condition.field == VERSION:
            ways += _newer(predicate, values)
    else:
        ways = []
    return [way for way in ways if way]


def _versions(wanted: VersionRange, refused: Iterable[Scalar]) -> Iterable[list[Predicate]]:
    lowest, highest = wanted.bounds
    offered = set(chain.from_iterable(map(_version, refused)))
    if lowest is not None:
        low = parse_version(lowest)
        # Up to the bound itself, which a range may leave out.
        gap = ~VersionRange.between(low, None).exclusive()
        below = sorted((version for version in offered if version <= low), reverse=True)
        yield [InVersionRange(wanted | (VersionRange.between(v, None) & gap)) for v in _thinned(below)]
    if highest is not None:
        high = parse_version(highest)
        gap = ~VersionRange.between(None, high).exclusive()
        # A maximum of 1.3 admits 1.3.5, so the one of 1.3.5 is the narrower.
        above = sorted(
            (version for version in offered if version >= high), key=lambda one: Cut(one, Side.AFTER_FAMILY).key
        )
        yield [InVersionRange(wanted | (VersionRange.between(None, v) & gap)) for v in _thinned(above)]


def _newer(predicate: Equals, values: Sequence[Scalar]) -> list[list[Predicate]]:
    """Return what admits every version from the one asked for, where some newer one is offered."""
    wanted = _version(predicate.text)
    # A float or a boolean may be the same text and is no version, so the range would admit less.
    if not wanted or any(isinstance(value, float | bool) for value in values):
        return []
    versions = VersionRange.between(wanted[0], None)
    if any(version in versions and version != wanted[0] for value in values for version in _version(value)):
        return [[InVersionRange(versions)]]
    return []


def _numbers(wanted: InNumericRange, refused: Iterable[Scalar]) -> Iterable[list[Predicate]]:
    any_number = InNumericRange()
    offered = {float(v) if isinstance(v, str) else v for v in refused if any_number.holds(v)}
    if wanted.minimum is not None:
        below = sorted((number for number in offered if number < wanted.minimum), reverse=True)
        yield [InNumericRange(number, wanted.maximum) for number in _thinned(below)]
    if wanted.maximum is not None:
        above = sorted(number for number in offered if number > wanted.maximum)
        yield [InNumericRange(wanted.minimum, number) for number in _thinned(above)]


def _version(value: Scalar) -> tuple[Version, ...]:
    """Return the version that a value is, or nothing (see `InVersionRange.holds`)."""
    if isinstance(value, float | bool):
        return ()
    try:
        return (parse_version(scalar_text(value)),)
    except InputError:
        return ()


def _thinned(values: Collection[T]) -> list[T]:
    chosen = list(values)
    if len(chosen) <= MOST_STEPS:
        return chosen
    last = len(chosen) - 1
    return [chosen[step * last // (MOST_STEPS - 1)] for step in range(MOST_STEPS)]
