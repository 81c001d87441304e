"""Names that strangers give: of clusters, of subsystems, of jobs and of requests."""

from __future__ import annotations

from placewise.errors import InputError

LONGEST_NAME = 256


def check_name(name: str, place: str) -> str:
    """Return a name of 1 to 256 printable characters, each as good as a letter. Raises InputError for anything else."""
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        expected = f"1 to {LONGEST_NAME} printable characters"
        raise InputError("is not a usable name", place=place, found=name, expected=expected)
    return name
