"""Untyped document values turned into typed ones, each with an error that names its place."""

from __future__ import annotations

import difflib
import math
import re
import sys
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from placewise.errors import InputError
from placewise.model.scalar import Scalar

# Far beyond anything counted or measured, and low enough that squares stay finite, and counts in 64 bits.
LARGEST_NUMBER = 1e150
LARGEST_COUNT = 1 << 40
"""No machine has more cores, and none more GPUs."""
LARGEST_BYTES = 1 << 60
"""No machine has so much memory."""
EMPTY_KEY = "''"
"""What an empty key is called in a place."""
_LARGEST_WHOLE = 2**63 - 1
_LONGEST_SLIP = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


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
    """Return text that is not empty; whole numbers are read as their digits.

    Raises InputError for anything else, and for control characters, which a terminal would obey.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise InputError("is not text", place=place, found=value, expected="text")
    refuse_control(value, place)
    return value


def text_or_nothing(value: Any, place: str) -> str:
    """Return text, which may be empty. Raises InputError for anything else, and for control characters."""
    if not isinstance(value, str):
        raise InputError("is not text", place=place, found=value, expected="text")
    refuse_control(value, place)
    return value


def refuse_control(value: str, place: str | None) -> None:
    """Raise InputError for a text with control characters: line breaks and tabs too."""
    if not value.isprintable() and _CONTROL.search(value):
        raise InputError("holds a control character", place=place, found=value, expected="no control characters")


def any_control(texts: Collection[str]) -> bool:
    """Whether any of many texts is one that `refuse_control` refuses."""
    # The quick test first: what is printable is fine, and some of what is not is no control character either.
    return not all(map(str.isprintable, texts)) and any(map(_CONTROL.search, texts))


def scalar(value: Any, place: str) -> Scalar:
    """Return text, a number or a boolean. Raises InputError for null, NaN, lists and mappings."""
    if not isinstance(value, str | int | float | bool) or value != value:
        raise InputError("is not a plain value", place=place, found=value, expected="text, a number, true or false")
    return value


def flag(value: Any, place: str) -> bool:
    """Return true or false. Raises InputError for anything else."""
    if not isinstance(value, bool):
        raise InputError("is not true or false", place=place, found=value, expected="true or false")
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


def number(value: Any, place: str) -> int | float:
    """Return a finite number of usual size, of either sign. Raises InputError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("is not a number", place=place, found=value, expected="a number")
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise InputError(
            "is not a usable number",
            place=place,
            found=value,
            expected=f"a number from {-LARGEST_NUMBER:g} to {LARGEST_NUMBER:g}",
        )
    return value


def whole(value: Any, place: str, *, least: int = 0) -> int:
    """Return a whole number from `least` on, in 64 bits; 1.0 counts. Raises InputError for anything else."""
    if not least <= number(value, place) <= _LARGEST_WHOLE or value != int(value):
        expected = f"a whole number of {least} or more, in 64 bits"
        raise InputError("is not a usable count", place=place, found=value, expected=expected)
    return int(value)


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


def renamed(entry: Mapping[str, Any], former: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return a mapping with former keys under their present names. Raises InputError where both are given."""
    for old, new in former.items():
        if old in entry and new in entry:
            raise InputError(f"{old!r} is the former name of {new!r}, and both are given", place=place, expected=new)
    return {former.get(key, key): value for key, value in entry.items()}


def refuse_unknown(found: dict[str, Any], fields: AbstractSet[str], place: str) -> None:
    """Raise InputError for a mapping that holds further fields than these."""
    unknown = sorted(found.keys() - fields)
    if unknown:
        expected = ", ".join(sorted(fields))
        raise InputError("holds an unknown field", place=place, found=unknown[0], expected=expected)


def known_keys(value: Any, known: Collection[str], place: str) -> dict[str, Any]:
    """Return a mapping that has no further keys. Raises InputError for the first one that is not understood."""
    checked = mapping(value, place)
    for key in checked:
        if key not in known:
            # Most of what is not understood is a slip of the hand.
            near = difflib.get_close_matches(key, known, n=1) if len(key) <= _LONGEST_SLIP else []
            expected = f"{near[0]}, or another of {', '.join(known)}" if near else f"no more than {', '.join(known)}"
            raise InputError(f"{key!r} is not understood", place=place, expected=expected)
    return checked


def inside(place: str, key: str) -> str:
    """Return the place of a key's value; an empty key is quoted, since nothing would show it."""
    return f"{place}.{key or EMPTY_KEY}"


def exactly(value: Any, fields: Collection[str], place: str) -> dict[str, Any]:
    """Return a mapping that has just these fields. Raises InputError for anything else."""
    entry = mapping(value, place)
    refuse_unknown(entry, set(fields), place)
    for field in fields:
        if field not in entry:
            raise InputError("a field is missing", place=place, expected=field)
    return entry


def finite(value: Any, place: str) -> float:
    """Return a number of any size as a float. Raises InputError for anything else, and for what no float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("is not a number", place=place, found=value, expected="a number")
    if not abs(value) <= sys.float_info.max:
        raise InputError("is too large", place=place, found=value, expected="a finite number")
    return float(value)


def natural(value: Any, place: str) -> int:
    """Return a whole number of 0 or more, of any size, such as a seed. Raises InputError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError("is not a usable count", place=place, found=value, expected="a whole number of 0 or more")
    return value
