"""What `requires` says in compspec's documents: a list of entries, a mapping, or the name of a list at the top."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError
from placewise.formats.requirements.entries import of_dotted, of_fields, parse_entries
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import inside, mapping, text
from placewise.model.requirements.requirement import Expression

_Wanted = tuple[Expression, ...]
# A few names can stand for long lists, and each list is a part of every group that names it.
_MOST = 20_000


@dataclass(slots=True)
class NamedLists:
    """The lists of requirements at the top of a document, each of what names it, and how much more may be named."""

    lists: dict[str, _Wanted] = field(default_factory=dict)
    mentioned: set[str] = field(default_factory=set)
    left: int = _MOST

    def take(self, name: str, place: str) -> _Wanted:
        """Return a list by its name. Raises InputError for a name that is none."""
        if name not in self.lists:
            expected = " or ".join(self.lists) or "entries"
            raise InputError("names no list of `requires`", place=place, found=name, expected=expected)
        self.mentioned.add(name)
        return self.spend(self.lists[name], place)

    def spend(self, wanted: _Wanted, place: str) -> _Wanted:
        """Return requirements, counted. Raises InputError beyond the bound."""
        self.left -= len(wanted)
        if self.left < 0:
            raise InputError("too many requirements are repeated", place=place, expected=f"at most {_MOST}")
        return wanted

    def unmentioned(self) -> _Wanted:
        """Return what nothing named, which holds of everything."""
        return tuple(part for name, parts in self.lists.items() if name not in self.mentioned for part in parts)


def parse_requires(value: Any, place: str, reading: Reading, named: NamedLists) -> tuple[Expression, ...]:
    """Return what `requires` says, as parts that all hold.

    A mapping is ``{SUBSYSTEM: {FIELD: VALUE}}``, ``{SUBSYSTEM.FIELD: VALUE}``, or both. Raises InputError for a name
    that is not in `named`, and as `parse_entries` does.
    """
    if isinstance(value, str):
        return named.take(value, place)
    if isinstance(value, dict):
        if not value:
            raise InputError("requires nothing", place=place, found=value, expected="at least one requirement")
        return tuple(_of_key(key, one, place) for key, one in mapping(value, place).items())
    return parse_entries(value, place, reading)


def parse_top_requires(value: Any, place: str, reading: Reading) -> tuple[_Wanted, NamedLists]:
    """Return what the document's own `requires` says of everything, and its named lists, each of what names it."""
    if not isinstance(value, dict):
        return parse_entries(value, place, reading), NamedLists()
    lists = {key: one for key, one in mapping(value, place).items() if isinstance(one, list)}
    of_all = tuple(_of_key(key, one, place) for key, one in value.items() if key not in lists)
    return of_all, NamedLists(
        {text(key, place): parse_entries(one, inside(place, key), reading) for key, one in lists.items()}
    )


def _of_key(key: str, value: Any, place: str) -> Expression:
    if isinstance(value, dict):
        return of_fields(key, value, place)
    if "." in key.strip("."):
        return of_dotted(key, value, place)
    raise InputError(
        "is not a requirement", place=inside(place, key), found=value, expected="{SUBSYSTEM: {FIELD: VALUE}} or a list"
    )
