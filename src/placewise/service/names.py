"""Names that strangers give: of clusters, of subsystems and of jobs."""

from __future__ import annotations

from placewise.errors import InputError
from placewise.formats.values import refuse_control

LONGEST_NAME = 256


def check_name(name: str, place: str) -> str:
    """Return a name of 1 to 256 characters without control characters; every other character is as good as a letter.

    Raises InputError for anything else.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputError("is not a usable name", place=place, found=name, expected=f"1 to {LONGEST_NAME} characters")
    refuse_control(name, place)
    return name
