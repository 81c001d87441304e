"""The fields of vertices and of states: plain values by name, and which of them hold versions."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import scalar, version_text
from placewise.model.requirement import holds_version
from placewise.model.scalar import Scalar

__all__ = ["holds_version", "plain_fields"]

_LARGEST = sys.float_info.max


def plain_fields(pairs: Iterable[tuple[str, Any]], place: str) -> dict[str, Scalar]:
    """Return (field, value) pairs by field.

    Raises InputError for a value that is not plain, two values of one field, a version written as a number, and a
    number that no float64 holds.
    """
    fields: dict[str, Scalar] = {}
    for field, value in pairs:
        if field in fields:
            raise InputError("the field has two values", place=f"{place}.{field}", found=value, expected="one value")
        if type(value) is not str:
            _check_number(field, value, f"{place}.{field}")
        fields[field] = value
    return fields


def _check_number(field: str, value: Any, place: str) -> None:
    if isinstance(value, float) and holds_version(field):
        version_text(value, place)
    number = scalar(value, place)
    if not isinstance(number, str) and abs(number) > _LARGEST:
        raise InputError("is not finite", place=place, found=value, expected="a finite number")
