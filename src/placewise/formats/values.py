"""Untyped document values turned into typed ones, each with an error that names its place."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from typing import Any

from placewise.errors import InputError
from placewise.model.requirement import Scalar


def mapping(value: Any, place: str) -> dict[str, Any]:
    """Return a mapping with text keys. Raises InputError for anything else."""
    if not isinstance(value, dict):
        raise InputError("is not a mapping", place=place, found=value, expected="a mapping")
    for key in value:
        if not isinstance(key, str):
            raise InputError("a key is not text", place=place, found=key, expected="text (quote it)")
    return value


def sequence(value: Any, place: str) -> list[Any]:
    """Return a list. Raises InputError for anything else."""
    if not isinstance(value, list):
        raise InputError("is not a list", place=place, found=value, expected="a list")
    return value


def text(value: Any, place: str) -> str:
    """Return text that is not empty; whole numbers are read as their digits. Raises InputError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise InputError("is not text", place=place, found=value, expected="text")
    return value


def scalar(value: Any, place: str) -> Scalar:
    """Return text, a number or a boolean. Raises InputError for null, NaN, lists and mappings."""
    if not isinstance(value, str | int | float | bool) or value != value:
        raise InputError("is not a plain value", place=place, found=value, expected="text, a number, true or false")
    return value


def count(value: Any, place: str) -> int:
    """Return a whole number of 1 or more. Raises InputError for anything else, true and 1.0 included."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError("is not a usable count", place=place, found=value, expected="a whole number of 1 or more")
    return value


def amount(value: Any, place: str, *, zero: bool = False) -> float:
    """Return a finite number above 0, or of 0 or more where `zero` counts. Raises InputError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("is not a number", place=place, found=value, expected="a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (0 < number < math.inf or (zero and number == 0)):
        expected = "a finite number of 0 or more" if zero else "a finite number above 0"
        raise InputError("is not a usable amount", place=place, found=value, expected=expected)
    return number


def version_text(value: Any, place: str) -> str:
    """Return the text of a version, or of a bound of one.

    Raises InputError for a float: an unquoted 1.10 has become 1.1 before anyone could look at it.
    """
    if isinstance(value, float):
        raise InputError(
            "a version is written as a number",
            place=place,
            found=value,
            expected='a quoted version such as "1.10" (unquoted, it is read as the number 1.1)',
        )
    return text(value, place)


def refuse_unknown(found: dict[str, Any], fields: AbstractSet[str], place: str) -> None:
    """Raise InputError for a mapping that holds further fields than these."""
    unknown = sorted(found.keys() - fields)
    if unknown:
        expected = ", ".join(sorted(fields))
        raise InputError("holds an unknown field", place=place, found=unknown[0], expected=expected)
