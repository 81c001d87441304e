"""What `requires` says in compspec's documents: a list of entries, a mapping, or the name of a list at the top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError
from placewise.formats.jobs.jobspec.document import Reading
from placewise.formats.jobs.jobspec.entries import of_dotted, of_fields, parse_entries
from placewise.formats.values import mapping, text
from placewise.model.requirement import Expression

_Wanted = tuple[Expression, ...]


def parse_requires(
    value: Any, place: str, reading: Reading, named: Mapping[str, _Wanted] | None = None
) -> tuple[Expression, ...]:
    """Return what `requires` says, as parts that all hold.

    A mapping is ``{SUBSYSTEM: {FIELD: VALUE}}``, ``{SUBSYSTEM.FIELD: VALUE}``, or both. Raises InputError for a name
    that is not in `named`, and as `parse_entries` does.
    """
    if isinstance(value, str) and named is not None:
        if value not in named:
            raise InputError("names no list of `requires`", place=place, found=value, expected=" or ".join(named))
        return named[value]
    if isinstance(value, dict):
        return tuple(_of_key(key, one, place) for key, one in mapping(value, place).items())
    return parse_entries(value, place, reading)


def parse_top_requires(value: Any, place: str, reading: Reading) -> tuple[_Wanted, dict[str, _Wanted]]:
    """Return what the document's own `requires` says of everything, and its named lists, each of what names it."""
    if not isinstance(value, dict):
        return parse_entries(value, place, reading), {}
    lists = {key: one for key, one in mapping(value, place).items() if isinstance(one, list)}
    of_all = parse_requires({key: one for key, one in value.items() if key not in lists}, place, reading)
    named = {text(key, place): parse_entries(one, f"{place}.{key}", reading) for key, one in lists.items()}
    return of_all, named


def _of_key(key: str, value: Any, place: str) -> Expression:
    if isinstance(value, dict):
        return of_fields(key, value, place)
    if "." in key.strip("."):
        return of_dotted(key, value, place)
    raise InputError(
        "is no requirement", place=f"{place}.{key}", found=value, expected="{SUBSYSTEM: {FIELD: VALUE}} or a list"
    )
