"""Ranges of versions as rows of three: a package, the lowest version and the highest, null where that end is open."""

from __future__ import annotations

from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.model.requirement import Requirement, version_bounds, version_requirement


def requirement_row(requirement: Requirement) -> list[str | None]:
    """Return the row of a requirement. Raises InputError for one that is no range of versions."""
    return [requirement.subsystem, *version_bounds(requirement)]


def requirement_of(row: Any, place: str) -> Requirement:
    """Return the requirement of a row. Raises InputError for anything else."""
    if not isinstance(row, list) or len(row) != 3:
        raise InputError("is no requirement", place=place, found=row, expected="[subsystem, min or null, max or null]")
    bounds = [None if bound is None else values.version_text(bound, place) for bound in row[1:]]
    with locating(place=place):
        return version_requirement(values.text(row[0], "subsystem"), *bounds)
