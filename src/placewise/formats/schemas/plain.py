"""The plain values of documents as schemas, one for each function of `formats.values` that reads them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from placewise.formats import values

Schema: TypeAlias = dict[str, Any]

# A dollar sign would let a line break pass at the end, for those who read patterns as Python does.
END = r"(?![\s\S])"
WITHOUT_CONTROL = rf"^[^\u0000-\u001f\u007f-\u009f]*{END}"
LARGEST = sys.float_info.max

NAME: Schema = {"minLength": 1, "pattern": WITHOUT_CONTROL}
"""What a key must be, of a mapping whose keys are names."""

TEXT: Schema = {"type": ["string", "integer"], **NAME}
STRING: Schema = {"type": "string", **NAME}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 1}
NATURAL: Schema = {"type": "integer", "minimum": 0}
WHOLE: Schema = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
FINITE: Schema = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
AMOUNT: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": LARGEST}
AMOUNT_OR_ZERO: Schema = {"type": "number", "minimum": 0, "maximum": LARGEST}
VERSION: Schema = {
    **TEXT,
    "description": "A version. Quote it: an unquoted 1.10 is the number 1.1, which is refused.",
}
ANY_MAPPING: Schema = {"type": "object"}

READ_BY: Mapping[Callable[..., Any], Schema] = {
    values.text: TEXT,
    values.version_text: VERSION,
    values.flag: FLAG,
    values.count: COUNT,
    values.natural: NATURAL,
    values.whole: WHOLE,
    values.scalar: SCALAR,
    values.finite: FINITE,
    values.amount: AMOUNT,
    values.mapping: ANY_MAPPING,
}
"""What each function reads."""


def closed(keys: Iterable[str], parts: Mapping[str, Schema], *, required: Iterable[str] = ()) -> Schema:
    """Return the schema of a mapping that has no keys but these; a key without a part may hold anything."""
    return {
        "type": "object",
        "properties": {key: parts.get(key, {}) for key in keys},
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def mapping_of(value: Schema, *, names: Schema = NAME, least: int = 0) -> Schema:
    """Return the schema of a mapping from names to values, of which there are so many at least."""
    found: Schema = {"type": "object", "additionalProperties": value}
    if names:
        found["propertyNames"] = names
    return {**found, "minProperties": least} if least else found


def list_of(items: Schema, *, least: int = 0, **more: Any) -> Schema:
    """Return the schema of a list of so many items at least."""
    return {"type": "array", "items": items, **({"minItems": least} if least else {}), **more}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what may be null in place of what a schema of a type says."""
    kinds = schema["type"]
    return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}


def one_or_list(schema: Schema) -> Schema:
    """Return the schema of a value, or of a list of such values that is not empty."""
    return when({"type": "array"}, {"minItems": 1, "items": schema}, schema)


def when(condition: Schema, then: Schema, otherwise: Schema | None = None) -> Schema:
    """Return the schema that asks for one thing where a condition holds, and for another where it does not."""
    return {"if": condition, "then": then, **({} if otherwise is None else {"else": otherwise})}


def has(**parts: Schema) -> Schema:
    """Return the condition that a mapping has keys, and values there as the schemas say."""
    return {"type": "object", "required": list(parts), "properties": parts}


def lacks_both(one: str, other: str) -> Schema:
    """Return the schema of a mapping that has at most one of two keys."""
    return {"not": {"required": [one, other]}}


def any_key(keys: Collection[str]) -> Schema:
    """Return the condition that a mapping has one of some keys."""
    return {"anyOf": [{"required": [key]} for key in keys]}


def ref(name: str) -> Schema:
    """Return the schema that stands under a name in the same document's `$defs`."""
    return {"$ref": f"#/$defs/{name}"}
