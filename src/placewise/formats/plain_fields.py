"""The fields of vertices and of states: values by name. A vertex may have sets of plain values too."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import EMPTY_KEY, scalar, version_text
from placewise.kinds.vocabulary.checking import check_value
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import holds_version
from placewise.model.scalar import Scalar, Value

__all__ = ["UNSAID", "holds_version", "plain_fields", "vertex_fields"]

_LARGEST = sys.float_info.max
UNSAID = Vocabulary()
"""The vocabulary of those who say nothing: the built-in one alone."""


def plain_fields(pairs: Iterable[tuple[str, Any]], place: str) -> dict[str, Scalar]:
    """Return (field, value) pairs by field.

    Raises InputError for a value that is not plain, two values of one field, a version written as a number, and a
    number that no float64 holds.
    """
    fields: dict[str, Scalar] = {}
    for field, value in pairs:
        if field in fields:
            raise _two_values(value, f"{place}.{field or EMPTY_KEY}")
        if type(value) is not str:
            if isinstance(value, float) and holds_version(field):
                version_text(value, f"{place}.{field or EMPTY_KEY}")
            _finite(value, f"{place}.{field or EMPTY_KEY}")
        fields[field] = value
    return fields


def vertex_fields(
    subsystem: str, pairs: Iterable[tuple[str, Any]], place: str, vocabulary: Vocabulary = UNSAID
) -> dict[str, Value]:
    """Return the fields of a vertex by name; a list, or a tuple, of plain values is a set of them.

    Raises InputError for a value, or a member of a list, that is not plain, two values of one field, a number that no
    float64 holds, and what a field of its kind cannot hold (see `check_value`).
    """
    fields: dict[str, Value] = {}
    for field, value in pairs:
        if field in fields:
            raise _two_values(value, f"{place}.{field or EMPTY_KEY}")
        if type(value) is str:
            if ":" in value:  # the only texts that are ever refused have an epoch
                check_value(subsystem, field, value, vocabulary, f"{place}.{field or EMPTY_KEY}")
            fields[field] = value
            continue
        where = f"{place}.{field or EMPTY_KEY}"
        if type(value) is list or type(value) is tuple:
            members = tuple([_finite(member, f"{where}[{number}]") for number, member in enumerate(value)])
            check_value(subsystem, field, members, vocabulary, where)
            fields[field] = members
            continue
        fields[field] = _finite(value, where)
        if type(value) is float:
            check_value(subsystem, field, value, vocabulary, where)
    return fields


def _two_values(value: Any, place: str) -> InputError:
    return InputError("the field has two values", place=place, found=value, expected="one value")


def _finite(value: Any, place: str) -> Scalar:
    plain = scalar(value, place)
    if not isinstance(plain, str) and abs(plain) > _LARGEST:
        raise InputError("is not finite", place=place, found=value, expected="a finite number")
    return plain
