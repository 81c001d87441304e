"""What chooses a cluster as schemas: priorities, and the configuration of a rainbow scheduler that may hold them."""

from __future__ import annotations

from typing import get_args

from placewise.formats.schemas.plain import END, TEXT, Schema, closed, list_of, or_null, ref, when
from placewise.formats.studies.selection_config import PATH, STEPS
from placewise.model.studies.priority import Which

# Lines of an expression are joined, so what breaks a line is no control character there.
_BREAKS = r"\n\u000b\f\r\u001c-\u001e\u0085\u2028\u2029"
_BREAK = rf"(?:\r\n|[{_BREAKS}])"
_EXPRESSION = rf"^(?!{_BREAK}?{END})(?:[^\u0000-\u001f\u007f-\u009f]|[{_BREAKS}])*{END}"
_CALCULATION = r"^[^=]*[^=\s][^=]*=\s*[^=\s]"
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}


def priorities() -> Schema:
    """Return the schema of a file of priorities: a list, or a rainbow configuration with one in it."""
    *_, options, last = PATH
    listed = when({"type": "string"}, {}, ref("list"))
    inner: Schema = {"type": "object", "required": [last], "properties": {last: listed}}
    for key in reversed(PATH[:-1]):
        named = {"name": {"const": "constraint"}} if key == options else {}
        inner = {"type": "object", "required": [key, *named], "properties": {key: inner, **named}}
    return {
        "description": f"Steps that choose a cluster; a configuration has them at {'.'.join(PATH)}.",
        **when({"type": "object"}, inner, ref("list")),
        "$defs": {"list": list_of(_priority(), least=1)},
    }


def _priority() -> Schema:
    parts = {"priority": {"type": "integer", "description": "The least is tried first."}, "steps": list_of(_step())}
    return closed(parts, parts, required=parts)


def _step() -> Schema:
    expression = {**TEXT, "pattern": _EXPRESSION}
    parts = dict.fromkeys(STEPS, expression)
    parts["calc"] = {"type": "string", "pattern": _EXPRESSION, "allOf": [{"pattern": _CALCULATION}]}
    parts["select"] = {"type": "string", "pattern": rf"^(?:{'|'.join(get_args(Which))}){_BREAK}?{END}"}
    return {**closed(STEPS, parts), "minProperties": 1, "maxProperties": 1}


def rainbow_config() -> Schema:
    """Return the schema of a rainbow scheduler's configuration; keys that are not known may stand anywhere."""
    algorithm = _section(name=_MAYBE_TEXT, options=_section())
    entry = {"type": "object", "required": ["name", "token"]}
    some: Schema = {"type": "string", "minLength": 1}
    cluster = {**entry, "properties": {"name": some, "token": some}}
    return {
        **_section(
            scheduler=_section(
                name=_MAYBE_TEXT, secret=_MAYBE_TEXT, algorithms=_section(selection=algorithm, match=algorithm)
            ),
            cluster=_section(name=_MAYBE_TEXT, secret=_MAYBE_TEXT),
            graphdatabase=_section(name=_MAYBE_TEXT, host=_MAYBE_TEXT, options=_section(host=_MAYBE_TEXT)),
            clusters=or_null(list_of(cluster)),
        ),
    }


def _section(**parts: Schema) -> Schema:
    return or_null({"type": "object", **({"properties": parts} if parts else {})})
