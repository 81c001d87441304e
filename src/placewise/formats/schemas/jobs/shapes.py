"""Shapes of resources and counts as schemas: what `jobspec.shape` and `jobspec.flux_rfcs.counts` read."""

from __future__ import annotations

from placewise.formats.jobs.jobspec.flux_rfcs.counts import COUNT_KEYS, OPERATORS
from placewise.formats.jobs.jobspec.shape import AUXILIARY, NOTED, REQUEST_KEYS
from placewise.formats.schemas.plain import (
    COUNT,
    END,
    FLAG,
    NATURAL,
    TEXT,
    Schema,
    closed,
    has,
    lacks_both,
    ref,
    when,
)
from placewise.model.jobs.job import SLOTS

_FEW, _ABOVE_0, _ABOVE_1 = "(?:[1-9][0-9]{0,17}|0)", "[1-9][0-9]{0,17}", "(?:[2-9]|[1-9][0-9]{1,17})"
_FROM_0 = r"^\[?0(?![0-9])"
_NO_REQUIREMENTS: Schema = {"properties": {"requires": {"maxItems": 0}}}


def definitions(*, replicas: bool) -> dict[str, Schema]:
    """Return the `$defs` that shapes refer to.

    replicas : whether a request may be without a count, or call it `replicas`, as in the dialect nextgen.
    """
    return {
        "count": _count(_ABOVE_0, COUNT),
        "count-or-0": _count(_FEW, NATURAL),
        _name("request", replicas): _request(replicas),
        _name("requests", replicas): _one_or_several(_ref("request", replicas)),
        _name("nothing", replicas): _nothing(replicas),
    }


def _name(what: str, replicas: bool) -> str:
    return f"nextgen-{what}" if replicas else what


def _ref(what: str, replicas: bool) -> Schema:
    return ref(_name(what, replicas))


def resources() -> Schema:
    """Return what a shape is at the top: requests of which one asks for something."""
    return {"allOf": [_ref("requests", replicas=False), _some(replicas=False)]}


def request_parts(*, replicas: bool) -> dict[str, Schema]:
    """Return what stands under each key of a request, beside its count."""
    return {
        "type": {"type": "string", "minLength": 1, "examples": ["node", "slot", "core", "gpu", "memory"]},
        "unit": {"type": "string", "description": "The unit of the count, such as GiB."},
        "exclusive": FLAG,
        "label": {**TEXT, "description": "The name of a slot, for tasks."},
        "with": {**_ref("requests", replicas), "description": "What each of these holds."},
        "requires": {**ref("entries"), "description": "What each vertex that is counted must meet."},
        **({"replicas": {}} if replicas else {}),
    }


def holds_something(*, replicas: bool) -> Schema:
    """Return the schema of a request that holds at least one resource, as slots do."""
    return {"required": ["with"], "properties": {"with": _some(replicas)}}


def counts(count: Schema, *, replicas: bool) -> Schema:
    """Return the schema of a request's count; nextgen has another word for it, and 1 in its place."""
    if not replicas:
        return {"required": ["count"], "properties": {"count": count}}
    return {**lacks_both("count", "replicas"), "properties": {"count": count, "replicas": count}}


def _request(replicas: bool) -> Schema:
    keys = (*REQUEST_KEYS, "replicas", *NOTED) if replicas else REQUEST_KEYS
    may_be_none = {
        **has(type={"enum": list(AUXILIARY)}),
        "allOf": [_NO_REQUIREMENTS, {"properties": {"with": _all_nothing(replicas)}}],
    }
    slot = {**holds_something(replicas=replicas), "allOf": [_NO_REQUIREMENTS]}
    return {
        **closed(keys, request_parts(replicas=replicas), required=("type",)),
        "allOf": [
            when(has(type={"enum": list(SLOTS)}), slot),
            when(may_be_none, counts(ref("count-or-0"), replicas=replicas), counts(ref("count"), replicas=replicas)),
        ],
    }


def _nothing(replicas: bool) -> Schema:
    """Return the schema of a request for none of what lies beside the cores."""
    none = when({"type": "integer"}, {"const": 0}, {"pattern": _FROM_0, "properties": {"min": {"const": 0}}})
    keys = ("count", "replicas") if replicas else ("count",)
    return {
        **has(type={"enum": list(AUXILIARY)}),
        "anyOf": [has(**{key: none}) for key in keys],
        "allOf": [_NO_REQUIREMENTS, {"properties": {"with": _all_nothing(replicas)}}],
    }


def _all_nothing(replicas: bool) -> Schema:
    nothing = _ref("nothing", replicas)
    return when({"type": "array"}, {"items": nothing}, nothing)


def _some(replicas: bool) -> Schema:
    something = {"not": _ref("nothing", replicas)}
    return when({"type": "array"}, {"contains": something}, something)


def _one_or_several(schema: Schema) -> Schema:
    # RFC 14 says of `with` that it is a mapping, and shows a list.
    return {
        "type": ["array", "object"],
        **when({"type": "array"}, {"minItems": 1, "items": schema}, schema),
    }


def _count(first: str, least: Schema) -> Schema:
    """Return the schema of a count: a number, a set or a range as text (RFC 22, RFC 45), or a range as a mapping."""
    more = rf"(?:-{_FEW}|\+)"
    # A range that multiplies by 1, or raises 1 to a power, never grows.
    by_sum = rf"{first}{more}(?::{_ABOVE_0}(?::\+)?|:{_ABOVE_1}:\*)?"
    by_power = rf"{_ABOVE_1}{more}:{_ABOVE_1}:\^"
    ids = rf"{first}(?:-{_FEW})?(?:,{_FEW}(?:-{_FEW})?)*"
    text = rf"(?:{by_sum}|{by_power}|{ids})"
    parts: dict[str, Schema] = {
        "min": least,
        "max": least,
        "operator": {"enum": list(OPERATORS)},
        "operand": COUNT,
    }
    stepped: dict[str, Schema] = {"operand": {}}
    return {
        "type": ["integer", "string", "object"],
        "minimum": least["minimum"],
        "pattern": rf"^(?:\[{text}\]|{text}){END}",
        "properties": {key: parts[key] for key in COUNT_KEYS},
        "additionalProperties": False,
        "required": ["min"],
        "allOf": [
            when(has(operator={"enum": ["*", "^"]}, **stepped), {"properties": {"operand": {"minimum": 2}}}),
            when(has(operator={"const": "^"}, **stepped), {"properties": {"min": {"minimum": 2}}}),
        ],
        "description": "A number, a set such as 4,9,16, or a range such as 2+, 2-8:2 or 2-32:2:*; the least counts.",
        "examples": [1, "2+", "4,9,16", "2-32:2:*"],
    }
