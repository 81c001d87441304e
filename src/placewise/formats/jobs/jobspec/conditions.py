"""Requirements in documents: entries of a field with the value it must match, or the range it must lie in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from placewise.errors import InputError, locating
from placewise.formats.plain_fields import holds_version
from placewise.formats.values import known_keys, refuse_control, scalar, text, version_text
from placewise.model.predicates import Equals, InNumericRange, InVersionRange, OneOf, Predicate
from placewise.model.requirement import Condition, Requirement
from placewise.model.scalar import scalar_text
from placewise.model.version_range import parse_bounds

_T = TypeVar("_T")


def match_predicate(field: str, entry: dict[str, Any], place: str) -> Predicate:
    """Return the predicate of an entry `{match: value}` or `{value: value}`: the predicate plugin ``match``."""
    known_keys(entry, ("match", "value"), place)
    if len(entry) != 1:
        raise InputError("is not one value to match", place=place, found=entry, expected="field, and match or value")
    return _equal(field, next(iter(entry.values())), place)


def range_predicate(field: str, entry: dict[str, Any], place: str) -> Predicate:
    """Return the predicate of an entry `{min, max}`: the predicate plugin ``range``."""
    return _within(field, known_keys(entry, ("min", "max"), place), place)


def matching(subsystem: str, field: Any, value: Any, place: str) -> Requirement:
    """Return the requirement that a field is a value, or one of a list of them.

    Raises InputError for null, a list without values, nested values, and versions written as numbers.
    """
    name = text(field, f"{place}.field")
    return Requirement(subsystem, (Condition(name, _equal(name, value, place)),))


def within_range(subsystem: str, entry: dict[str, Any], place: str) -> Requirement:
    """Return the requirement that the entry's `field` lies between its `min` and `max`, both included.

    The bounds are versions where the field holds versions or a bound is text, and numbers otherwise.
    Raises InputError when both bounds are missing, one is of no such kind, or they are crossed.
    """
    field = text(entry.get("field"), f"{place}.field")
    return Requirement(subsystem, (Condition(field, _within(field, entry, place)),))


def _equal(field: str, value: Any, place: str) -> Predicate:
    with locating(place=place):
        if isinstance(value, list):
            return OneOf(tuple(_value(field, one, f"value {number + 1}") for number, one in enumerate(value)))
        return Equals(_value(field, value, field))


def _within(field: str, entry: dict[str, Any], place: str) -> Predicate:
    if "min" not in entry and "max" not in entry:
        raise InputError(
            "says neither what to match nor a bound", place=place, found=entry, expected="min, max or both"
        )
    with locating(place=place):
        if holds_version(field) or isinstance(entry.get("min"), str) or isinstance(entry.get("max"), str):
            return InVersionRange(parse_bounds(*(_bound(entry, key, version_text) for key in ("min", "max"))))
        return InNumericRange(*(_bound(entry, key, _number) for key in ("min", "max")))


def _bound(entry: dict[str, Any], key: str, read: Callable[[Any, str], _T]) -> _T | None:
    return read(entry[key], key) if key in entry else None


def entry_document(requirement: Requirement) -> dict[str, Any]:
    """Return the entry of one requirement: `field` with `match`, or with `min` and `max`.

    Raises InputError for what an entry cannot say: no condition or several, and any predicate other than
    a value, one of some values, and one range with both ends included.
    """
    if len(requirement.conditions) != 1:
        raise InputError(
            f"the requirement {requirement} has {len(requirement.conditions)} conditions on one vertex",
            expected="one, as an entry of a jobspec has",
        )
    condition = requirement.conditions[0]
    match condition.predicate:
        case Equals(value):
            return {"field": condition.field, "match": value}
        case OneOf(values):
            return {"field": condition.field, "match": list(values)}
        case InNumericRange(minimum, maximum) if not holds_version(condition.field):
            bounds: dict[str, Any] = {"min": minimum, "max": maximum}
        case InVersionRange(versions) if parse_bounds(*versions.bounds) == versions:
            bounds = dict(zip(("min", "max"), versions.bounds, strict=True))
        case _:
            bounds = {}
    bounds = {key: bound for key, bound in bounds.items() if bound is not None}
    if not bounds:
        raise InputError(f"an entry of a jobspec cannot say: {condition}", expected="a value, some values or one range")
    return {"field": condition.field, **bounds}


def _value(field: str, value: Any, place: str) -> str:
    if holds_version(field):
        return version_text(value, place)
    plain = scalar_text(scalar(value, place))
    refuse_control(plain, place)
    return plain


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("is not a bound", place=place, found=value, expected="a number or a version")
    return value
