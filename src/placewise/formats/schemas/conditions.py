"""Tests of fields as schemas: what `jobspec.conditions` reads, which depends on the field's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from placewise.formats.jobs.jobspec.conditions import TESTS
from placewise.formats.schemas.plain import (
    END,
    NAME,
    TEXT,
    VERSION,
    WITHOUT_CONTROL,
    Schema,
    closed,
    has,
    one_or_list,
    when,
)
from placewise.model.requirement import RELEASE
from placewise.model.requirement import VERSION as VERSION_FIELD

# A dot between other characters: before it stands the subsystem.
DOTTED = r"[^.]\.+[^.]"


class Kind(NamedTuple):
    """What a field holds, as far as its name says: a pattern of such names, values, and bounds."""

    names: str
    value: Schema
    bound: Schema

    @property
    def values(self) -> Schema:
        """One value, or a list of some."""
        return one_or_list(self.value)

    @property
    def test(self) -> Schema:
        """Values, or a mapping with one test."""
        return when({"type": "object"}, self.tests, self.values)

    @property
    def tests(self) -> Schema:
        """A mapping with one test of the field."""
        return {**closed(TESTS, self.parts), **one_test(("match",))}

    @property
    def parts(self) -> dict[str, Schema]:
        """What stands under the word of each test."""
        return {"match": self.values, "contains": self.values, "min": self.bound, "max": self.bound}


def _names(word: str) -> str:
    return rf"(?:^|[_-]){word}{END}"


_OTHER_VALUE: Schema = {"type": ["string", "number", "boolean"], "pattern": WITHOUT_CONTROL}
VERSIONS = Kind(_names(VERSION_FIELD), VERSION, VERSION)
# A float has lost digits there, too.
RELEASES = Kind(_names(RELEASE), {"type": ["string", "integer", "boolean"], "pattern": WITHOUT_CONTROL}, TEXT)
OTHERS = Kind("", _OTHER_VALUE, {"type": ["string", "number"], **NAME})


def one_test(matching: tuple[str, ...]) -> Schema:
    """Return the schema that says: one test, of which `match` may have other words beside it."""
    bounded: Schema = {"anyOf": [{"required": ["min"]}, {"required": ["max"]}]}
    return {"oneOf": [*({"required": [word]} for word in matching), {"required": ["contains"]}, bounded]}


def by_kind(key: str, of: Callable[[Kind], Schema]) -> Schema:
    """Return what holds of a mapping whose key names a field, by the kind of the field."""

    def named(kind: Kind) -> Schema:
        return has(**{key: {"type": "string", "pattern": kind.names}})

    return when(named(VERSIONS), of(VERSIONS), when(named(RELEASES), of(RELEASES), of(OTHERS)))


FIELDS: Schema = {
    "type": "object",
    "propertyNames": NAME,
    "patternProperties": {VERSIONS.names: VERSIONS.test, RELEASES.names: RELEASES.test},
    "additionalProperties": OTHERS.test,
}
"""What `of_fields` reads: each field with a value, a list of them, or a test."""


def _dotted(word: str) -> str:
    return rf"^(?=[\s\S]*{DOTTED})[\s\S]*[_-]{word}{END}"


DOTTED_FIELDS: Schema = {
    _dotted(VERSION_FIELD): when({"type": "object"}, FIELDS, VERSIONS.values),
    _dotted(RELEASE): when({"type": "object"}, FIELDS, RELEASES.values),
    rf"^(?![\s\S]*[_-](?:{VERSION_FIELD}|{RELEASE}){END})[\s\S]*{DOTTED}": when(
        {"type": "object"}, FIELDS, OTHERS.values
    ),
}
"""By patterns of keys with a dot: a subsystem with its fields, or a value, where the key is the field as well."""
