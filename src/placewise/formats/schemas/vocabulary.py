"""vocabulary.yaml as a schema."""

from __future__ import annotations

from placewise.formats.fleets.vocabulary.reading import CLUSTER, FIELD, SUBSYSTEM, TOP
from placewise.formats.schemas.plain import FLAG, TEXT, Schema, closed, has, mapping_of, when
from placewise.model.fleets.vocabulary import KINDS, SCHEMES, VERTICES

_OF_KINDS = {"unit": "quantity", "scheme": "version"}
_COMPLETE: Schema = {
    "enum": [True, False, VERTICES],
    "description": "Whether all that there is of it is described, or all vertices but not all fields of each; "
    "what is not said is.",
}


def vocabulary() -> Schema:
    """Return the schema of a vocabulary.yaml."""
    field = _field()
    subsystem = closed(SUBSYSTEM, {"complete": _COMPLETE, "fields": mapping_of(field, names={})})
    one = closed(("complete",), {"complete": _COMPLETE}, required=("complete",))
    cluster = closed(CLUSTER, {"complete": _COMPLETE, "subsystems": mapping_of(one)})
    parts = {
        "complete": _COMPLETE,
        "subsystems": mapping_of(subsystem),
        "fields": mapping_of({**field, "minProperties": 1}, names={}),
        "clusters": mapping_of({**cluster, "minProperties": 1}),
    }
    return {
        "description": "What the words of a fleet mean.",
        **closed(TOP, parts),
        "anyOf": [{"required": ["complete"]}, *(has(**{part: some}) for part, some in _saying().items())],
    }


def _saying() -> dict[str, Schema]:
    """Return, by part, the schema of what says something there."""
    some: Schema = {"minProperties": 1}
    speaking = {"anyOf": [{"required": ["complete"]}, has(subsystems=some)]}
    return {"subsystems": some, "fields": some, "clusters": {"not": {"additionalProperties": {"not": speaking}}}}


def _field() -> Schema:
    parts = {
        "kind": {"enum": list(KINDS), "description": "What the values are, and so how they compare."},
        "unit": {**TEXT, "description": "That of numbers without one.", "examples": ["MiB", "s"]},
        "scheme": {"enum": list(SCHEMES), "description": "The order of versions."},
        "inferred": {**FLAG, "description": "Whether it only follows from what was first offered."},
        "aliases": {**mapping_of({"type": "string"}, names={}, least=1), "description": "{OTHER NAME: NAME}"},
    }
    return {
        **closed(FIELD, parts),
        "dependentRequired": {"inferred": ["kind"]},
        "allOf": [when({"required": [key]}, has(kind={"const": kind})) for key, kind in _OF_KINDS.items()],
    }
