"""Requirements as rows of three: a package, the lowest version and the highest, null where that end is open.

What is more than one range of versions is an object ``{"requires": [...]}`` of a jobspec's entries instead.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from placewise.errors import InputError, Words, locating
from placewise.formats import values
from placewise.formats.requirements.entries import parse_entries
from placewise.formats.requirements.entries_writing import entries_document
from placewise.formats.requirements.reading import Reading
from placewise.model.requirements.requirement import (
    Expression,
    Requirement,
    all_of,
    version_bounds,
    version_requirement,
)

Row: TypeAlias = list[str | None] | dict[str, Any]

REQUIRES = "requires"


def is_version_range(requirement: Expression) -> bool:
    """Whether a requirement is one range of versions with both bounds included, which a row of three can hold."""
    if not isinstance(requirement, Requirement):
        return False
    try:
        version_bounds(requirement)
    except InputError:
        return False
    return True


def requirement_row(requirement: Expression) -> Row:
    """Return the row of a requirement. Raises InputError for one that neither a range nor entries can say."""
    if isinstance(requirement, Requirement) and is_version_range(requirement):
        return [requirement.subsystem, *version_bounds(requirement)]
    row = {REQUIRES: entries_document([requirement])}
    try:
        json.dumps(row, allow_nan=False)
    except ValueError:
        raise InputError(
            "a requirement has an infinite bound", found=Words(requirement), expected="an open end instead"
        ) from None
    if requirement_of(row, f"requirement {requirement}") != requirement:
        raise InputError(
            "a file cannot express this requirement",
            found=Words(requirement),
            expected="a requirement that a jobspec entry can express",
        )
    return row


def requirement_of(row: Any, place: str) -> Expression:
    """Return the requirement of a row. Raises InputError for anything else."""
    if isinstance(row, dict):
        return all_of(parse_entries(values.exactly(row, (REQUIRES,), place)[REQUIRES], place, Reading()))
    if not isinstance(row, list) or len(row) != 3:
        raise InputError(
            "is not a requirement",
            place=place,
            found=row,
            expected="[subsystem, min or null, max or null], or {requires: [...]}",
        )
    bounds = [None if bound is None else values.version_text(bound, place) for bound in row[1:]]
    with locating(place=place):
        return version_requirement(values.text(row[0], "subsystem"), *bounds)
