"""Parts that the documents of all kinds of profiles are made of: read with their place, written a line each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from placewise.errors import InputError
from placewise.formats.values import refuse_control

_Value = TypeVar("_Value")


def fields(value: object, place: str | None, *names: str) -> dict[str, Any]:
    """Return a mapping that has exactly these fields. Raises InputError otherwise."""
    if not isinstance(value, dict):
        raise InputError("is not a mapping", place=place, found=value, expected="fields " + ", ".join(names))
    if value.keys() != set(names):
        raise InputError("has other fields", place=place, found=sorted(value), expected=", ".join(names))
    return value


def each(value: object, what: str, read: Callable[[Any], _Value]) -> tuple[_Value, ...]:
    """Read every item of a list, naming the one that cannot be read by its number from 1."""
    if not isinstance(value, list):
        raise InputError("is not a list", place=f"every {what}", found=value, expected="a list")
    return tuple(at(f"{what} {number}", read, item) for number, item in enumerate(value, start=1))


def at(place: str, read: Callable[..., _Value], *arguments: object) -> _Value:
    """Return what `read` makes of these arguments, adding the place to its InputError."""
    try:
        return read(*arguments)
    except InputError as error:
        raise error.within(place=place) from None


def items(value: object, length: int) -> tuple[Any, ...]:
    """Return the items of a list of this length. Raises InputError otherwise."""
    if not isinstance(value, list) or len(value) != length:
        raise InputError("is not a list of the right length", found=value, expected=f"a list of {length} values")
    return tuple(value)


def name(value: object) -> str:
    """Return text that is not empty. Raises InputError otherwise."""
    if not isinstance(value, str) or not value:
        raise InputError("is not a name", found=value, expected="text")
    refuse_control(value, None)
    return value


def position(value: object, what: str) -> int:
    """Return a whole number. Raises InputError otherwise, `what` saying what it is a position of."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"is not a position of a {what}", found=value, expected="a whole number")
    return value


def weight(value: object) -> float:
    """Return a number. Raises InputError for anything else; whether it can be a weight is the model's business."""
    return number(value, "a weight", "a number of 0 or more")


def number(value: object, what: str = "a figure", expected: str = "a number") -> float:
    """Return a number as a float. Raises InputError for anything else, and for what no float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{what} is not a number", found=value, expected=expected)
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"{what} is too large", found=value, expected="a finite number") from None


def figure(value: float) -> float:
    """Return the shorter form of a number: counts are written as such, and both are read as the same."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def lines(section: str, parts: Iterable[object]) -> str:
    """Return a section of a document: a list, one line for each part."""
    text = ",\n".join(map(compact, parts))
    return f"{json.dumps(section)}: [\n{text}\n]" if text else f"{json.dumps(section)}: []"


def compact(part: object) -> str:
    """Return JSON without spaces; NaN and infinities are refused."""
    return json.dumps(part, separators=(",", ":"), allow_nan=False)
