"""Clusters as schemas: graphs (JGF) of resources and of subsystems, states, and Flux's sets of resources.

Of a graph with several subsystems only what the edges say decides which vertices lie in the containment tree, so there
a schema leaves more of the vertices to the reader.
"""

from __future__ import annotations

from placewise.formats.fleets.jgf.document import CONTAINMENT, CONTAINS, IN
from placewise.formats.fleets.jgf.subsystems import OF_FIELDS, STRUCTURAL
from placewise.formats.node_facts import LARGEST_RANK, NUMBERED, STATES
from placewise.formats.schemas.jobs.conditions import VERSIONS
from placewise.formats.schemas.jobs.names_of_nodes import HOSTS, IDS_OR_NONE
from placewise.formats.schemas.plain import (
    END,
    FLAG,
    LARGEST,
    NATURAL,
    STRING,
    TEXT,
    Schema,
    has,
    list_of,
    mapping_of,
    or_null,
    ref,
    when,
)
from placewise.model.jobs.job import NODE

_PLAIN: Schema = {"type": ["string", "number", "boolean"], "minimum": -LARGEST, "maximum": LARGEST}
_CONTAINED: Schema = {"enum": [CONTAINS, IN]}
_SAID: Schema = {"not": {"type": "null"}}
_ID: Schema = {"type": ["string", "integer"]}
_NUMBERED_ONLY: Schema = {**has(id={"type": "integer"}), "not": {"required": ["name"]}}
_STATE = "|".join("".join(f"[{one.upper()}{one}]" for one in word) for word in STATES)


def graph() -> Schema:
    """Return the schema of a graph of resources: nodes.json, or a fleet of one cluster."""
    return {
        "description": "The containment tree of a cluster, in JSON Graph Format.",
        **has(graph=ref("graph")),
        "allOf": [{"properties": {"name": TEXT}}],
        "$defs": _of_resources(),
    }


def subsystem() -> Schema:
    """Return the schema of a NAME-subsystem.json, whose edges attach its vertices to a graph of resources."""
    metadata = {"properties": {"metadata": ref("fields")}}
    vertex = {"type": "object", **metadata}
    return {
        **has(graph=_graph(vertex, vertex, least=0)),
        "allOf": [{"properties": {"name": TEXT}}],
        "$defs": {"fields": _fields(), "edge": _edge()},
    }


def state() -> Schema:
    """Return the schema of a state.json: plain values by name."""
    version = {**_PLAIN, "type": ["string", "integer", "boolean"]}
    return {"type": "object", "patternProperties": {VERSIONS.names: version}} | {"additionalProperties": _PLAIN}


def resource_set() -> Schema:
    """Return the schema of R (RFC 20), as Flux hands it to an instance or a job."""
    nowhere = {"properties": {"rank": {"not": {"const": ""}}}}
    ranks = {"R_lite": {**list_of(_rank()), "contains": nowhere}, "nodelist": or_null(list_of(HOSTS))}
    execution = {"properties": {"properties": or_null(mapping_of(IDS_OR_NONE))}}
    of_graph = has(scheduling=has(graph={}))
    from_graph = {"properties": {"scheduling": {"properties": {"graph": ref("graph")}}}}
    from_ranks = has(execution={"type": "object", "required": ["R_lite"], "properties": ranks})
    return {
        "description": "R, the resources of a Flux instance or job (RFC 20).",
        **has(version={"type": "integer", "const": 1}),
        "allOf": [
            {"properties": {"execution": {"type": ["object", "null"], **execution}}},
            {"properties": {"scheduling": {"type": ["object", "null"]}}},
            when(of_graph, from_graph, from_ranks),
        ],
        "$defs": _of_resources(),
    }


def _rank() -> Schema:
    # Of what there is none, the type is not looked at.
    kinds: Schema = {**mapping_of(IDS_OR_NONE, names={}), "properties": {"": {"const": ""}}}
    kinds["patternProperties"] = {r"[\u0000-\u001f\u007f-\u009f]": {"const": ""}}
    parts = {"rank": IDS_OR_NONE, "children": kinds}
    return {**has(**parts), "allOf": [{"properties": {"node": TEXT}}]}


def _of_resources() -> dict[str, Schema]:
    """Return the `$defs` of a graph of resources."""
    several = has(edges={"type": "array", "contains": ref("edge-of-another")})
    anything = _graph({}, {}, least=1)
    return {
        "graph": when(several, anything, _graph(ref("vertex"), ref("listed-vertex"), least=1)),
        "vertex": _vertex(listed=False),
        "listed-vertex": _vertex(listed=True),
        "properties": _properties(),
        "edge": _edge(),
        "edge-of-another": _edge_of_another(),
    }


def _graph(vertex: Schema, listed: Schema, *, least: int) -> Schema:
    """Return the schema of a graph: its vertices, by id or as a list of so many at least, and its edges."""
    with_id = {"type": "object", "required": ["id"], "properties": {"id": _ID}}
    by_form = when({"type": "array"}, {"items": {"allOf": [with_id, listed]}}, {"additionalProperties": vertex})
    nodes = {"type": ["array", "object"], "minProperties": least, "minItems": least, **by_form}
    return {**has(nodes=nodes), "allOf": [{"properties": {"directed": FLAG, "edges": list_of(ref("edge"))}}]}


def _vertex(*, listed: bool) -> Schema:
    """Return the schema of a vertex of the containment tree.

    listed : whether it is one of a list, where Fluxion names every node.
    """
    parts = {
        "type": {**STRING, "examples": [NODE, "core", "gpu"]},
        "size": NATURAL,
        "unit": {"type": "string"},
        "status": {
            "type": ["string", "integer", "null"],
            "pattern": rf"^(?:{_STATE}){END}",
            "minimum": 0,
            "maximum": len(NUMBERED) - 1,
            "examples": list(STATES),
        },
        "properties": ref("properties"),
    }
    name_and_number = {"properties": {"name": STRING}, **when(_NUMBERED_ONLY, {"properties": {"basename": STRING}})}
    of_nodes = {
        "properties": {"rank": {"type": "integer", "minimum": -1, "maximum": LARGEST_RANK}},
        "allOf": [name_and_number if listed else when(has(rank={"minimum": 0}), name_and_number)],
    }
    metadata = {"type": "object", "required": ["type"], "properties": parts}
    return has(metadata={**metadata, "allOf": [when(has(type={"const": NODE}), of_nodes)]})


def _properties() -> Schema:
    """Return the schema of a vertex' properties: a list of names, or values by name."""
    value = when({"type": "array"}, {"items": _PLAIN}, or_null(_PLAIN))
    by_name = {**mapping_of(value), "type": ["object", "null"]}
    return when({"type": "array"}, {"items": TEXT}, by_name)


def _fields() -> Schema:
    """Return the schema of a vertex's metadata in a subsystem: fields, of which mappings hold more."""
    field = when({"type": "array"}, {"items": _PLAIN}, _PLAIN)
    no_mapping = when({"type": "object"}, {"maxProperties": 0}, field)
    inner = when({"type": "object"}, {"additionalProperties": no_mapping}, field)
    parts = dict.fromkeys(STRUCTURAL, when({"type": "object"}, {}, field)) | dict.fromkeys(OF_FIELDS, inner)
    return {"type": "object", "properties": parts, "additionalProperties": no_mapping}


def _edge() -> Schema:
    """Return the schema of an edge; of containment its relation is contains or in."""
    some = {"type": "object", "minProperties": 1}
    named = has(metadata={**has(name=some), "not": {"required": ["subsystem"]}})
    of_named = {"properties": {"metadata": {"properties": {"name": _named_relations()}}}}
    metadata = {"type": ["object", "null"], "properties": {"subsystem": STRING}}
    return {
        **has(source=_ID, target=_ID),
        "allOf": [
            {"properties": {"metadata": metadata}},
            when(named, of_named, when(_edge_of_another(), {}, _containing())),
        ],
    }


def _named_relations() -> Schema:
    return {**mapping_of({}), "properties": {CONTAINMENT: _CONTAINED}}


def _containing() -> Schema:
    """Return what the relation of an edge of containment is, wherever it is said."""
    own = has(relation=_SAID)
    by_relationship = {"properties": {"metadata": {"properties": {"relationship": _CONTAINED}}}}
    by_name = {"properties": {"metadata": {"properties": {"name": has(**{CONTAINMENT: _CONTAINED})}}}}
    has_name = has(metadata=has(name=has(**{CONTAINMENT: _SAID})))
    silent = {"not": {"anyOf": [{"required": ["relation"]}, has(metadata={"required": ["relationship"]})]}}
    in_metadata = when(
        has(metadata=has(relationship=_SAID)),
        by_relationship,
        when(
            has(metadata=has(relationship={})),
            when(has_name, by_name, silent),
            when(own, {"properties": {"relation": _CONTAINED}}, when(has_name, by_name, silent)),
        ),
    )
    alone = {"properties": {"relation": _CONTAINED}}
    return when(has(metadata={"type": "object"}), in_metadata, alone)


def _edge_of_another() -> Schema:
    """Return the schema of an edge that is of another subsystem than containment, too."""
    another = {"type": "string", "not": {"const": CONTAINMENT}}
    several = {"type": "object", "minProperties": 1, "not": {"propertyNames": {"const": CONTAINMENT}}}
    by_name = {**has(name=several), "not": {"required": ["subsystem"]}}
    return has(metadata={"anyOf": [has(subsystem=another), by_name]})
