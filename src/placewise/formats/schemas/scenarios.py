"""Scenario files of replays as a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from placewise.formats.schemas.plain import FLAG, NATURAL, STRING, TEXT, Schema, closed, has, list_of, mapping_of
from placewise.formats.studies.scenario_file import KEYS, OF_SCENARIO, SETTINGS
from placewise.model.traces.queue_policies import QUEUE_POLICIES

POLICY: Schema = {"enum": list(QUEUE_POLICIES)}
_PIECES: Schema = {"anyOf": [{"const": "all"}, list_of(TEXT)], "description": "Pieces of metadata, or all."}
_SPECIAL: Mapping[str, Schema] = {
    "policies": mapping_of(POLICY),
    "fail_after": {"type": "number", "minimum": 0, "maximum": 1},
}
_OF_TYPES: Mapping[Any, Schema] = {bool: FLAG, int: {**NATURAL, "maximum": 2**63 - 1}, str: STRING}


def scenarios() -> Schema:
    """Return the schema of a scenario file, which is TOML."""
    parts = {
        "policies": list_of(POLICY),
        "levels": mapping_of(_PIECES, names={}),
        "values": FLAG,
        "scenarios": mapping_of(_scenario(), names={}),
    }
    some = [{"policies": {"minItems": 1}}, {"levels": {"minProperties": 1}}, {"scenarios": {"minProperties": 1}}]
    return {
        "description": "Ways to replay one trace: policies with levels of metadata, or scenarios one by one.",
        **closed(KEYS, parts),
        "anyOf": [has(**one) for one in some],
    }


def _scenario() -> Schema:
    parts = setting_schemas()
    fleet = {**TEXT, "description": "A path, relative to this file."}
    both = has(late={"const": True}, policies={"minProperties": 1})
    return {**closed(OF_SCENARIO, {**parts, "metadata": _PIECES, "fleet": fleet}), "not": both}


def setting_schemas() -> dict[str, Schema]:
    """Return what each setting of a replay may be."""
    return {name: _SPECIAL.get(name) or _of_type(hint) for name, hint in SETTINGS.items()}


def _of_type(hint: Any) -> Schema:
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    kind = next((one for one in (hint, *get_args(hint)) if one in _OF_TYPES), None)
    return _OF_TYPES[kind]
