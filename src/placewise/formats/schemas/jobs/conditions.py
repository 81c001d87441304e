"""Tests of fields as schemas: what `jobspec.conditions` reads, which depends on the field's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from placewise.formats.requirements.conditions import TESTS
from placewise.formats.schemas.plain import (
    END,
    NAME,
    TEXT,
    VERSION,
    WITHOUT_CONTROL,
    Schema,
    any_key,
    closed,
    has,
    one_or_list,
    ref,
    when,
)
from placewise.model.requirements.requirement import RELEASE
from placewise.model.requirements.requirement import VERSION as VERSION_FIELD

# A dot between other characters: before it stands the subsystem.
DOTTED = r"[^.]\.+[^.]"


class Kind(NamedTuple):
    """What a field holds, as far as its name says: a pattern of such names, one value, and a bound."""

    word: str
    names: str
    value: Schema
    bound: Schema

    @property
    def values(self) -> Schema:
        """One value, or a list of some."""
        return ref(f"{self.word}-values")

    @property
    def test(self) -> Schema:
        """Values, or a mapping with one test."""
        return when({"type": "object"}, self.tests, self.values)

    @property
    def tests(self) -> Schema:
        """A mapping with one test of the field."""
        return ref(f"{self.word}-tests")

    @property
    def parts(self) -> dict[str, Schema]:
        """What stands under the word of each test."""
        return {"match": self.values, "contains": self.values, "min": self.bound, "max": self.bound}


def _names(word: str) -> str:
    return rf"(?:^|[_-]){word}{END}"


_OTHER_VALUE: Schema = {"type": ["string", "number", "boolean"], "pattern": WITHOUT_CONTROL}
_OTHER_BOUND: Schema = {"type": ["string", "number"], **NAME}
# A float has lost digits there, too.
_RELEASE: Schema = {"type": ["string", "integer", "boolean"], "pattern": WITHOUT_CONTROL}
VERSIONS = Kind(VERSION_FIELD, _names(VERSION_FIELD), VERSION, VERSION)
RELEASES = Kind(RELEASE, _names(RELEASE), _RELEASE, TEXT)
OTHERS = Kind("other", "", _OTHER_VALUE, _OTHER_BOUND)


def definitions() -> dict[str, Schema]:
    """Return the `$defs` that all of these refer to."""
    found: dict[str, Schema] = {"fields": fields(lambda kind: kind.test)}
    for kind in (VERSIONS, RELEASES, OTHERS):
        found[f"{kind.word}-values"] = one_or_list(kind.value)
        found[f"{kind.word}-tests"] = {**closed(TESTS, kind.parts), **one_test(("match",))}
    return found


def fields(of: Callable[[Kind], Schema]) -> Schema:
    """Return the schema of a mapping whose keys are fields, with what holds of each by its kind."""
    return {
        "type": "object",
        "propertyNames": NAME,
        "patternProperties": {kind.names: of(kind) for kind in (VERSIONS, RELEASES)},
        "additionalProperties": of(OTHERS),
    }


def one_test(matching: tuple[str, ...]) -> Schema:
    """Return the schema that says: one test, of which `match` may have other words beside it."""
    bounded: Schema = any_key(("min", "max"))
    return {"oneOf": [*({"required": [word]} for word in matching), {"required": ["contains"]}, bounded]}


def by_kind(key: str, of: Callable[[Kind], Schema]) -> Schema:
    """Return what holds of a mapping whose key names a field, by the kind of the field."""

    def named(kind: Kind) -> Schema:
        return has(**{key: {"type": "string", "pattern": kind.names}})

    return when(named(VERSIONS), of(VERSIONS), when(named(RELEASES), of(RELEASES), of(OTHERS)))


def dotted_fields() -> dict[str, Schema]:
    """Return schemas by patterns of keys with a dot: of a subsystem with its fields, or of a value.

    The part before the dot is the subsystem then, and the whole key the field.
    """
    ends = rf"[_-](?:{VERSION_FIELD}|{RELEASE}){END}"
    patterns = {
        rf"^(?=[\s\S]*{DOTTED})[\s\S]*[_-]{VERSION_FIELD}{END}": VERSIONS,
        rf"^(?=[\s\S]*{DOTTED})[\s\S]*[_-]{RELEASE}{END}": RELEASES,
        rf"^(?![\s\S]*{ends})[\s\S]*{DOTTED}": OTHERS,
    }
    return {pattern: when({"type": "object"}, ref("fields"), kind.values) for pattern, kind in patterns.items()}
