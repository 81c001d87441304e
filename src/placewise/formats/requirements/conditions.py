"""Conditions in documents: one field of a vertex, and what it must match, contain, or lie between."""

from __future__ import annotations

from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.values import known_keys, refuse_control, scalar, text, version_text
from placewise.model.requirements.predicates import (
    Contains,
    Equals,
    InVersionRange,
    OneOf,
    Predicate,
    Within,
    refuse_crossed,
)
from placewise.model.requirements.requirement import Condition, equality, holds_version, names_release, one_of
from placewise.model.scalar import Scalar, scalar_text
from placewise.model.versions.range_notation import has_epoch, is_range, may_have_epochs
from placewise.model.versions.version_range import parse_bounds, parse_versions

TESTS = ("match", "min", "max", "contains")


def match_predicate(field: str, entry: dict[str, Any], place: str) -> Predicate:
    """Return the predicate of an entry `{match: value}` or `{value: value}`: the predicate plugin ``match``."""
    known_keys(entry, ("match", "value"), place)
    if len(entry) != 1:
        raise InputError(
            "is not one value to match", place=place, found=entry, expected="the keys field, and match or value"
        )
    return matching(field, next(iter(entry.values())), place)


def range_predicate(field: str, entry: dict[str, Any], place: str) -> Predicate:
    """Return the predicate of an entry `{min, max}`: the predicate plugin ``range``."""
    return within(field, known_keys(entry, ("min", "max"), place), place)


def predicate_of(field: str, tests: dict[str, Any], place: str) -> Predicate:
    """Return the predicate of a test of a field: `match`, `contains`, or `min` and `max`, each alone.

    Raises InputError for none of them, for several, and as `matching`, `within` and `containing` do.
    """
    bounded = "min" in tests or "max" in tests
    if bounded + ("match" in tests) + ("contains" in tests) > 1:
        kinds = "a value and a range" if "contains" not in tests else "contains and another test"
        raise InputError(f"{kinds} are both given", place=place, found=tests, expected="one of them")
    if "match" in tests:
        return matching(field, tests["match"], place)
    if "contains" in tests:
        return containing(field, tests["contains"], place)
    return within(field, tests, place)


def matching(field: str, value: Any, place: str) -> Predicate:
    """Return the predicate that a field is a value, or one of a list of them.

    A text that is a range is that range, on a field that holds versions. Raises InputError for null, a list without
    values, nested values, and versions written as numbers.
    """
    with locating(place=place):
        if isinstance(value, list):
            return one_of(field, tuple(_value(field, one, f"value {number + 1}") for number, one in enumerate(value)))
        return equality(field, _value(field, value, field))


def containing(field: str, value: Any, place: str) -> Predicate:
    """Return the predicate that a field is a set with a member, or all of a list. Raises InputError as `matching`."""
    with locating(place=place):
        members = value if isinstance(value, list) else [value]
        return Contains(tuple(_value(field, one, f"value {number + 1}") for number, one in enumerate(members)))


def within(field: str, entry: dict[str, Any], place: str) -> Predicate:
    """Return the predicate that a field lies between the entry's `min` and `max`, both included.

    Bounds are versions where the field's name says so; otherwise they are kept as they are written. Raises InputError
    when both are missing, one is no bound, and versions or numbers cross.
    """
    if "min" not in entry and "max" not in entry:
        raise InputError(
            "has neither a value to match nor a bound", place=place, found=entry, expected="min, max or both"
        )
    with locating(place=place):
        if holds_version(field):
            texts = [version_text(entry[key], key) if key in entry else None for key in ("min", "max")]
            if any(text is not None and has_epoch(text) for text in texts):
                return Within(*texts)
            return InVersionRange(parse_bounds(*texts))
        low, high = (_bound(field, entry[key], key) if key in entry else None for key in ("min", "max"))
        refuse_crossed(low, high)
        return Within(low, high)


def test_document(condition: Condition) -> dict[str, Any]:
    """Return the test of a condition: `match`, `contains`, or `min` and `max`.

    Raises InputError for what a test cannot say, as it would read as something else.
    """
    versions = holds_version(condition.field)
    match condition.predicate:
        case Equals(value) if not (versions and is_range(value)) or may_have_epochs(value):
            return {"match": value}
        case OneOf(values) if not (versions and any(map(is_range, values))) or any(map(may_have_epochs, values)):
            return {"match": list(values)}
        case Contains(members):
            return {"contains": members[0] if len(members) == 1 else list(members)}
        case Within(minimum, maximum) if not versions or has_epoch(f"{minimum}") or has_epoch(f"{maximum}"):
            return _bounds(minimum, maximum)
        case InVersionRange(wanted) if versions:
            bounds = _bounds(*wanted.bounds)
            if bounds and parse_bounds(*wanted.bounds) == wanted:
                return bounds
            written = str(wanted)
            if is_range(written) and parse_versions(written) == wanted:
                return {"match": written}
    raise InputError(f"a jobspec entry cannot express {condition}", expected="one value, a list of values or one range")


def _bounds(minimum: Scalar | None, maximum: Scalar | None) -> dict[str, Any]:
    return {key: bound for key, bound in (("min", minimum), ("max", maximum)) if bound is not None}


def _value(field: str, value: Any, place: str) -> str:
    if holds_version(field) or (isinstance(value, float) and names_release(field)):
        return version_text(value, place)
    plain = scalar_text(scalar(value, place))
    refuse_control(plain, place)
    return plain


def _bound(field: str, value: Any, place: str) -> Scalar:
    if isinstance(value, str):
        return text(value, place)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InputError("is not a bound", place=place, found=value, expected="a number or a text")
    return value if not isinstance(value, float) or not names_release(field) else version_text(value, place)
