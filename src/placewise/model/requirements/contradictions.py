"""Conditions that no one vertex can meet together, as far as can be seen without knowing what its fields hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from placewise.errors import InputError
from placewise.model.requirements.predicates import Equals, InNumericRange, InVersionRange, OneOf, Predicate, Within
from placewise.model.requirements.requirement import Condition, Requirement, holds_version
from placewise.model.scalar import Scalar, decimal
from placewise.model.versions.range_notation import is_range
from placewise.model.versions.version import Version, parse_version
from placewise.model.versions.version_range import VersionRange

_Value: TypeAlias = str | float | Version

# Ranges of more parts than this are not compared: each part of one is held against each of the other.
_MOST_PARTS = 64


@dataclass(slots=True)
class _Field:
    """What the conditions on one field leave, and the condition that is to blame for each limit."""

    values: tuple[frozenset[_Value], Condition] | None = None
    lowest: tuple[float, Condition] | None = None
    highest: tuple[float, Condition] | None = None
    versions: tuple[VersionRange, Condition] | None = None


def refuse_contradiction(requirement: Requirement, advice: str) -> None:
    """Raise InputError, with an advice, where one vertex cannot meet all conditions of a requirement.

    Seen are one field equal to different things, lists without a value in common, values outside of bounds and
    bounds that cross, of versions and of numbers; what texts mean depends on what the field holds.
    """
    pair = contradiction(requirement.conditions)
    if pair is not None:
        first, second = pair
        raise InputError(
            f"one {requirement.subsystem} cannot meet both {first} and {second}",
            expected=advice,
        )


def contradiction(conditions: Iterable[Condition]) -> tuple[Condition, Condition] | None:
    """Return two conditions that no value meets together, if such are seen."""
    fields: dict[str, _Field] = {}
    for condition in conditions:
        against = _add(fields.setdefault(condition.field, _Field()), condition)
        if against is not None:
            return against, condition
    # Last, and once: a list may be long, and so may what bounds it.
    return next((pair for field in fields.values() if (pair := _beyond(field)) is not None), None)


def _add(field: _Field, condition: Condition) -> Condition | None:
    """Add a condition to what is known of its field; return the one that it contradicts."""
    match condition.predicate:
        case Equals() | OneOf():
            wanted = _values(condition.field, condition.predicate)
            if wanted is None:
                return None
            known = field.values
            field.values = (wanted if known is None else known[0] & wanted, condition)
            if known is not None and not field.values[0]:
                return known[1]
        case Within(minimum, maximum) | InNumericRange(minimum, maximum):
            return _add_bounds(field, _number(minimum), _number(maximum), condition)
        case InVersionRange(versions):
            return _add_versions(field, versions, condition)
    return None


def _add_bounds(field: _Field, low: float | None, high: float | None, condition: Condition) -> Condition | None:
    if low is not None and (field.lowest is None or low > field.lowest[0]):
        field.lowest = (low, condition)
    if high is not None and (field.highest is None or high < field.highest[0]):
        field.highest = (high, condition)
    if field.lowest is None or field.highest is None or field.lowest[0] <= field.highest[0]:
        return None
    return field.highest[1] if field.lowest[1] is condition else field.lowest[1]


def _add_versions(field: _Field, versions: VersionRange, condition: Condition) -> Condition | None:
    if str(versions).count(",") >= _MOST_PARTS:
        return None
    known = field.versions
    common = versions if known is None else known[0] & versions
    if not common:
        return None if known is None else known[1]
    if str(common).count(",") < _MOST_PARTS:
        field.versions = (common, condition)
    return None


def _beyond(field: _Field) -> tuple[Condition, Condition] | None:
    """Return the values of a field, and the bound that excludes the last of them."""
    if field.values is None:
        return None
    left, source = field.values
    limits: list[tuple[Callable[[_Value], bool], Condition]] = []
    if field.lowest is not None:
        low, by = field.lowest
        limits.append((lambda value: not isinstance(value, float) or value >= low, by))
    if field.highest is not None:
        high, by = field.highest
        limits.append((lambda value: not isinstance(value, float) or value <= high, by))
    if field.versions is not None:
        versions, by = field.versions
        limits.append((lambda value: not isinstance(value, Version) or value in versions, by))
    for passes, by in limits:
        left = frozenset(filter(passes, left))
        if not left:
            return source, by
    return None


def _values(field: str, predicate: Predicate) -> frozenset[_Value] | None:
    texts = (predicate.text,) if isinstance(predicate, Equals) else getattr(predicate, "texts", ())
    if any(map(is_range, texts)):
        return None
    return frozenset(_version(text) if holds_version(field) else _plain(text) for text in texts)


def _version(text: str) -> _Value:
    try:
        return parse_version(text)
    except InputError:
        return text


def _plain(text: str) -> _Value:
    number = decimal(text)
    return text if number is None else float(number)


def _number(bound: Scalar | None) -> float | None:
    return None if bound is None or isinstance(bound, str) else bound
