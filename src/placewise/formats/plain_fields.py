"""The fields of vertices and of states: values by name. A vertex may have sets of plain values too."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import scalar, version_text
from placewise.model.requirement import holds_version as holds_version
from placewise.model.scalar import Scalar, Value

_LARGEST = sys.float_info.max


def plain_fields(pairs: Iterable[tuple[str, Any]], place: str) -> dict[str, Scalar]:
    """Return (field, value) pairs by field.

    Raises InputError for a value that is not plain, two values of one field, a version written as a number, and a
    number that no float64 holds.
    """
    fields: dict[str, Scalar] = {}
    for field, value in pairs:
        if field in fields:
            raise _two_values(value, f"{place}.{field}")
        if type(value) is not str:
            _check_number(field, value, f"{place}.{field}")
        fields[field] = value
    return fields


def vertex_fields(pairs: Iterable[tuple[str, Any]], place: str) -> dict[str, Value]:
    """Return the fields of a vertex by name; a list, or a tuple, of plain values is a set of them.

    Raises InputError as `plain_fields` does, for members too.
    """
    fields: dict[str, Value] = {}
    for field, value in pairs:
        if field in fields:
            raise _two_values(value, f"{place}.{field}")
        if type(value) is list or type(value) is tuple:
            fields[field] = tuple(_members(field, value, f"{place}.{field}"))
            continue
        if type(value) is not str:
            _check_number(field, value, f"{place}.{field}")
        fields[field] = value
    return fields


def _members(field: str, members: Iterable[Any], place: str) -> Iterator[Scalar]:
    for number, member in enumerate(members):
        if type(member) is not str:
            _check_number(field, member, f"{place}[{number}]")
        yield member


def _two_values(value: Any, place: str) -> InputError:
    return InputError("the field has two values", place=place, found=value, expected="one value")


def _check_number(field: str, value: Any, place: str) -> None:
    if isinstance(value, float) and holds_version(field):
        version_text(value, place)
    number = scalar(value, place)
    if not isinstance(number, str) and abs(number) > _LARGEST:
        raise InputError("is not finite", place=place, found=value, expected="a finite number")
