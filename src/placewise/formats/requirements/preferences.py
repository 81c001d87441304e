"""Lists of wishes in documents: each an entry as in `requires`, with a weight beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.requirements.entries import parse_entries
from placewise.formats.requirements.entries_writing import entries_document
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import mapping, sequence
from placewise.model.requirements.preference import Preference
from placewise.model.requirements.requirement import all_of

PREFER = "prefer"
WEIGHT = "weight"


def parse_preferences(value: Any, place: str, reading: Reading) -> tuple[Preference, ...]:
    """Return the wishes of a list of ``{weight: W, ENTRY}``, where ENTRY is one that `parse_entries` reads.

    Each wish has vertices of its own. Raises InputError for a weight that is missing or is none, and as
    `parse_entries` does.
    """
    return tuple(_preference(one, f"{place}[{number}]", reading) for number, one in enumerate(sequence(value, place)))


def preferences_document(preferences: Iterable[Preference]) -> list[dict[str, Any]]:
    """Return the list of wishes that says these. Raises InputError for what no entry can say."""
    return [{WEIGHT: one.weight, **_entry(one)} for one in preferences]


def _preference(value: Any, place: str, reading: Reading) -> Preference:
    entry = dict(mapping(value, place))
    if WEIGHT not in entry:
        raise InputError("the preference has no weight", place=place, found=value, expected="weight: a number")
    weight = entry.pop(WEIGHT)
    parts = parse_entries([entry], place, reading)
    with locating(place=f"{place}.{WEIGHT}"):
        return Preference(all_of(parts), weight)


def _entry(preference: Preference) -> dict[str, Any]:
    with locating(place=PREFER):
        entries = entries_document([preference.expression])
    alone = len(entries) == 1 and WEIGHT not in entries[0]
    return entries[0] if alone else {"all": entries}
