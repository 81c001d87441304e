"""Frozen values as plain documents, field by field, and back again with every type checked."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from placewise.errors import InputError
from placewise.formats import values

T = TypeVar("T")


def to_document(value: Any) -> Any:
    """Return a frozen value, or a tuple of them, as mappings, lists, texts and numbers; NaN becomes null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_document(item) for item in value]
    if isinstance(value, np.ndarray):
        return to_document(tuple(value.tolist()))
    if isinstance(value, list):
        return [to_document(item) for item in value]
    return None if value != value else value


def from_document(kind: type[T], document: Any, place: str) -> T:
    """Return the value of a class whose fields are texts, numbers, tuples, arrays of float64 and such values again.

    Raises InputError, naming the place, for a field that is missing, unknown or of another type.
    """
    found: T = _of(kind, document, place)
    return found


def _of(kind: Any, document: Any, place: str) -> Any:
    if isinstance(kind, types.UnionType):
        # Of unions there is only "or none".
        return None if document is None else _of(get_args(kind)[0], document, place)
    if dataclasses.is_dataclass(kind):
        return _fields_of(kind, values.mapping(document, place), place)
    if get_origin(kind) is tuple:
        entries = values.sequence(document, place)
        return tuple(_of(get_args(kind)[0], entry, f"{place}[{number}]") for number, entry in enumerate(entries))
    return _LEAVES[get_origin(kind) or kind](document, place)


def _fields_of(kind: Any, entry: dict[str, Any], place: str) -> Any:
    hints = _hints(kind)
    values.refuse_unknown(entry, hints.keys(), place)
    missing = [name for name in hints if name not in entry]
    if missing:
        raise InputError("a field is missing", place=place, expected=missing[0])
    return kind(**{name: _of(hint, entry[name], f"{place}.{name}") for name, hint in hints.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _array(document: Any, place: str) -> Any:
    def leaf(value: Any, where: str) -> Any:
        if isinstance(value, list):
            return [leaf(item, f"{where}[{number}]") for number, item in enumerate(value)]
        return np.nan if value is None else float(values.number(value, where))

    try:
        return np.array(leaf(values.sequence(document, place), place), dtype=np.float64)
    except ValueError as error:
        raise InputError("has rows of different lengths", place=place, expected="rows of one length") from error


def _flag(document: Any, place: str) -> bool:
    if not isinstance(document, bool):
        raise InputError("is not true or false", place=place, found=document, expected="true or false")
    return document


_LEAVES: dict[Any, Callable[[Any, str], Any]] = {
    str: values.text,
    int: values.whole,
    bool: _flag,
    float: lambda document, place: float(values.number(document, place)),
    np.ndarray: _array,
}
