"""Requirements and wishes as schemas: what `jobspec.requirements` reads."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.formats.requirements.conditions import TESTS
from placewise.formats.requirements.entries import ATTRIBUTE, ENTRY_KEYS, JOINED, LABEL, VALUE
from placewise.formats.requirements.preferences import WEIGHT
from placewise.formats.schemas.jobs import conditions
from placewise.formats.schemas.jobs.conditions import Kind, by_kind, dotted_fields, fields, one_test
from placewise.formats.schemas.plain import (
    NAME,
    TEXT,
    WITHOUT_CONTROL,
    Schema,
    any_key,
    closed,
    has,
    lacks_both,
    list_of,
    mapping_of,
    ref,
    when,
)
from placewise.model.requirements.preference import MOST_PREFERENCES, MOST_WEIGHT

_WEIGHT: Schema = {
    "type": "number",
    "minimum": -MOST_WEIGHT,
    "maximum": MOST_WEIGHT,
    "description": "What the wish counts where it holds; below 0, that it rather did not.",
}
_SHORT = "{SUBSYSTEM: {FIELD: VALUE}}; a VALUE is a text, a number, true, false, a list of these, or a test."


def definitions() -> dict[str, Schema]:
    """Return `$defs` that others refer to: fields, entry, entries, wish, wishes."""
    return {
        **conditions.definitions(),
        "entry": _entry(()),
        "entries": list_of(ref("entry")),
        "wish": {"type": "object", "required": [WEIGHT], "properties": {WEIGHT: _WEIGHT}, **_entry((WEIGHT,))},
        "wishes": list_of(ref("wish"), maxItems=MOST_PREFERENCES),
        "requirements": {
            **_by_subsystem(ref("fields"), dotted_fields()),
            "description": "{SUBSYSTEM: {FIELD: VALUE}, SUBSYSTEM.FIELD: VALUE}",
        },
    }


def requires() -> Schema:
    """Return what `requires` is of a resource or a task: entries, a mapping, or the name of a list at the top."""
    some = {**ref("requirements"), "minProperties": 1}
    return when({"type": "string"}, {}, when({"type": "object"}, some, ref("entries")))


def top_requires() -> Schema:
    """Return what `requires` is at the top: entries, or a mapping in which a list is one of entries, with a name."""
    lists = when({"type": "array"}, ref("entries"), ref("fields"))
    dotted = {pattern: when({"type": "array"}, ref("entries"), other) for pattern, other in dotted_fields().items()}
    return when({"type": "object"}, _by_subsystem(lists, dotted), ref("entries"))


def _by_subsystem(value: Schema, dotted: dict[str, Schema]) -> Schema:
    return {**mapping_of(value), "patternProperties": dotted}


def _entry(beside: tuple[str, ...]) -> Schema:
    """Return the schema of an entry, beside which further keys stand; each of them is there."""
    joined = {"anyOf": [{"required": [word]} for word in JOINED], "not": {"required": ["name"]}}
    typed = {**has(type={}), **_named(2, beside)}
    forms = when(joined, _joined(beside), when(typed, _typed(beside), when(has(name={}), _long(beside), _one(beside))))
    return {"type": "object", **forms}


def _named(count: int, beside: tuple[str, ...]) -> Schema:
    """Return the schema of a mapping with so many keys that name something: neither a label nor what stands beside."""
    counts = [{"minProperties": n, "maxProperties": n} for n in (count + len(beside), count + len(beside) + 1)]
    return when({"required": [LABEL]}, counts[1], counts[0])


def _labelled(beside: tuple[str, ...]) -> dict[str, Schema]:
    return {LABEL: TEXT, **{key: {} for key in beside}}


def _joined(beside: tuple[str, ...]) -> Schema:
    some = list_of(ref("entry"), least=1)
    parts = {"any": some, "all": some, "not": when({"type": "object"}, ref("entry"), some)}
    return {**closed((*JOINED, *beside), parts), "minProperties": 1 + len(beside), "maxProperties": 1 + len(beside)}


def _one(beside: tuple[str, ...]) -> Schema:
    """Return the schema of an entry of one key: a subsystem with its fields, or a field after a dot."""
    return {
        "properties": _labelled(beside),
        "propertyNames": {**NAME, "not": {"enum": ["name", *JOINED]}},
        "patternProperties": dotted_fields(),
        "additionalProperties": ref("fields"),
        "description": _SHORT,
        "allOf": [_named(1, beside)],
    }


def _typed(beside: tuple[str, ...]) -> Schema:
    """Return the schema of compspec's entry of a type and one more key: together they name the subsystem."""
    return {
        "properties": {**_labelled(beside), "type": TEXT},
        "propertyNames": {"pattern": WITHOUT_CONTROL},
        "additionalProperties": ref("fields"),
    }


def _long(beside: tuple[str, ...]) -> Schema:
    """Return the schema of an entry of a name, a field and a test."""
    parts = {"name": TEXT, "field": TEXT, ATTRIBUTE: TEXT, LABEL: TEXT}
    tested = any_key(("field", *TESTS))
    of_attribute = {
        "required": [VALUE],
        "allOf": [
            by_kind(ATTRIBUTE, lambda kind: {"properties": {VALUE: kind.values}}),
            when(tested, {"required": ["field"], **one_test(("match",))}),
        ],
    }
    of_field = {
        **lacks_both("match", VALUE),
        "allOf": [
            by_kind("field", lambda kind: {"properties": {VALUE: kind.values}}),
            when(any_key(("field", *TESTS, VALUE)), {"required": ["field"], **one_test(("match", VALUE))}),
        ],
    }
    return {
        **closed((*ENTRY_KEYS, *beside), parts, required=("name",)),
        "allOf": [
            by_kind("field", lambda kind: {"properties": kind.parts}),
            when({"required": [ATTRIBUTE]}, of_attribute, of_field),
        ],
    }


def of_subsystems(kinds: Iterable[str], transformer: str) -> tuple[Schema, dict[str, Schema]]:
    """Return what a task's `resources` is in the dialect task-resources, and the `$defs` that it refers to.

    kinds : the names of predicate plugins; what further ones take is theirs to say.
    """
    listed = {**dict.fromkeys(sorted(kinds), list_of({"type": "object"})), "match": list_of(ref("matched"))}
    listed["range"] = list_of(ref("ranged"))
    some_listed = [has(**{kind: {"minItems": 1}}) for kind in listed]
    by_test = {**closed(listed, listed), "anyOf": some_listed}
    block = when(any_key(list(listed)), by_test, _fields_or_blocks())
    its_name = {**has(name={"type": "string"}), "maxProperties": 1}
    found = {**mapping_of(ref("block")), "properties": {transformer: when(its_name, {}, ref("block"))}}
    return found, {"block": {"type": "object", **block}, "matched": _matched(), "ranged": _ranged()}


def _fields_or_blocks() -> Schema:
    """Return what stands in place of entries: fields, and mappings of the fields of a subsystem of a longer name."""
    longer = {**ref("fields"), "minProperties": 1}

    def field(kind: Kind) -> Schema:
        return when({"type": "object"}, when(any_key(TESTS), kind.tests, longer), kind.values)

    return {
        **fields(field),
        "minProperties": 1,
        "propertyNames": {"pattern": WITHOUT_CONTROL},
        "properties": {"": {**longer, "not": any_key(TESTS)}},
    }


def _matched() -> Schema:
    pairs = {
        **fields(lambda kind: kind.values),
        "properties": {LABEL: TEXT},
        **when({"required": [LABEL]}, {"minProperties": 2}, {"minProperties": 1}),
    }
    parts = {"field": TEXT, LABEL: TEXT}
    test = {
        **closed(("field", "match", VALUE, LABEL), parts, required=("field",)),
        "oneOf": [{"required": ["match"]}, {"required": [VALUE]}],
        "allOf": [by_kind("field", lambda kind: {"properties": {"match": kind.values, VALUE: kind.values}})],
    }
    return {"type": "object", **when(any_key(("field", "match", VALUE)), test, pairs)}


def _ranged() -> Schema:
    parts = {"field": TEXT, LABEL: TEXT}
    return {
        **closed(("field", "min", "max", LABEL), parts, required=("field",)),
        "anyOf": [{"required": ["min"]}, {"required": ["max"]}],
        "allOf": [by_kind("field", lambda kind: {"properties": {"min": kind.bound, "max": kind.bound}})],
    }
