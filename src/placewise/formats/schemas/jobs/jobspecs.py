"""Jobspecs as a schema: the dialects that come with Placewise, each by the shape of the document as its reader is."""

from __future__ import annotations

from placewise import plugins
from placewise.formats.jobs.jobspec import flux, nextgen, task_resources
from placewise.formats.jobs.jobspec.compspec import groups
from placewise.formats.jobs.jobspec.document import TOP_LEVEL
from placewise.formats.jobs.jobspec.shape import REQUEST_KEYS
from placewise.formats.requirements.preferences import PREFER
from placewise.formats.schemas.jobs import requirements, shapes
from placewise.formats.schemas.jobs.attributes import attributes, of_a_part
from placewise.formats.schemas.jobs.names_of_nodes import constraint
from placewise.formats.schemas.plain import (
    ANY_MAPPING,
    COUNT,
    FLAG,
    TEXT,
    WITHOUT_CONTROL,
    Schema,
    any_key,
    closed,
    has,
    lacks_both,
    list_of,
    mapping_of,
    or_null,
    ref,
    when,
)
from placewise.model.jobs.job import SLOTS

_COMMAND: Schema = {
    "type": ["string", "array"],
    "minLength": 1,
    "minItems": 1,
    "items": {"type": ["string", "integer"]},
    "not": {"const": [""]},
    "description": "A command, or a list of its words.",
}
_NAME: Schema = {"type": "string", "pattern": WITHOUT_CONTROL}
_TASK: Schema = lacks_both("task", "tasks")


def jobspec() -> Schema:
    """Return the schema of a jobspec in any dialect."""
    asking = has(resources=ANY_MAPPING)
    in_task = {"anyOf": [has(task=asking), has(tasks={"type": "array", "contains": asking})]}
    kinds = frozenset(plugins.names("predicates"))
    of_task, more = requirements.of_subsystems(kinds, task_resources.TRANSFORMER)
    return {
        "description": "A job: its resources, what must hold where it runs, and its command.",
        "type": "object",
        **when(asking, ref("nextgen"), when(in_task, ref("task-resources"), ref("flux"))),
        "$defs": {
            "flux": _flux(),
            "task-resources": _task_resources(of_task),
            "nextgen": _nextgen(),
            "resource": _resource(),
            "task": _task_of_nextgen(),
            "group": _group(),
            "constraint": constraint(),
            **requirements.definitions(),
            **more,
            **shapes.definitions(replicas=False),
            **shapes.definitions(replicas=True),
        },
    }


def _version(versions: range) -> Schema:
    return {"type": "integer", "minimum": versions[0], "maximum": versions[-1]}


def _flux() -> Schema:
    task = closed(flux.TASK_KEYS, _task_parts())
    parts = {"task": task, "tasks": list_of(task)}
    return {**closed(TOP_LEVEL, _top_of_flux() | parts, required=("version", "resources")), "allOf": [_TASK, _named()]}


def _task_resources(of_task: Schema) -> Schema:
    task = closed(task_resources.ALL_TASK_KEYS, _task_parts() | {"resources": of_task}, required=("resources",))
    parts = {"task": task, "tasks": list_of(task, least=1, maxItems=1)}
    return {**closed(TOP_LEVEL, _top_of_flux() | parts, required=("version",)), "allOf": [_TASK, _named()]}


def _top_of_flux() -> dict[str, Schema]:
    # One mapping in place of a list is what tells nextgen's from Flux's at the top.
    shape = {"type": "array", **shapes.resources()}
    job: Schema = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    constraints = when({"type": "null"}, {}, ref("constraint"))
    return {
        "version": _version(flux.VERSIONS),
        "name": _NAME,
        "resources": shape,
        "attributes": attributes(constraints, job),
    }


def _named() -> Schema:
    """Return what holds of a document's name where Flux keeps it, if there is none at the top."""
    kept: Schema = {"pattern": WITHOUT_CONTROL}
    for key in ("name", "job", "system", "attributes"):
        kept = {"properties": {key: kept}}
    return when({"required": ["name"]}, {}, kept)


def _task_parts() -> dict[str, Schema]:
    exactly = {"type": TEXT, "count": COUNT}
    per_resource = closed(exactly, exactly, required=exactly)
    counts = dict.fromkeys(flux.COUNTS, COUNT) | {"per_resource": per_resource}
    return {
        "command": _COMMAND,
        "slot": {**TEXT, "description": "The label of the slot in which the task runs."},
        "count": {**closed(flux.COUNTS, counts), "minProperties": 1, "maxProperties": 1},
        "attributes": ANY_MAPPING,
        "distribution": TEXT,
    }


def _nextgen() -> Schema:
    top = (*TOP_LEVEL, *nextgen.MORE_KEYS)
    checked = {"properties": {"command": _COMMAND}, "allOf": [ref("task")]}
    several = mapping_of(ref("resource"), least=1)
    parts = {
        "version": _version(nextgen.VERSIONS),
        "name": _NAME,
        "resources": when(has(type={"type": "string"}), ref("resource"), several),
        "task": checked,
        "tasks": list_of(checked),
        "attributes": attributes({"type": "null"}),
        "requires": requirements.top_requires(),
        PREFER: ref("wishes"),
        groups.GROUPS: list_of(ref("group")),
        groups.ENTRY_POINT: or_null(TEXT),
    }
    return {**closed(top, parts, required=("version", "resources")), "allOf": [_TASK]}


def _resource() -> Schema:
    """Return the schema of a named resource: a request, requirements and wishes, or requirements alone."""
    shape = shapes.request_parts(replicas=True)
    parts = {
        **shape,
        "schedule": FLAG,
        **dict.fromkeys(nextgen.NOTED, ANY_MAPPING),
        "attributes": of_a_part(),
        "requires": requirements.requires(),
        PREFER: ref("wishes"),
    }
    keys = (*REQUEST_KEYS, "replicas", "schedule", *nextgen.NOTED, PREFER)
    of_shape = [key for key in (*REQUEST_KEYS, "replicas") if key not in ("type", "requires")]
    return {
        **closed(keys, parts),
        **any_key(("type", "requires")),
        "dependentRequired": {key: ["type"] for key in of_shape},
        "allOf": [
            shapes.counts(ref("count"), replicas=True),
            when(has(type={"enum": list(SLOTS)}), shapes.holds_something(replicas=True)),
        ],
    }


def _task_of_nextgen() -> Schema:
    parts = {
        "resources": {**TEXT, "description": "A named resource, a|b for one of two, a&b for both."},
        "replicas": COUNT,
        "requires": when({"type": "null"}, {}, requirements.requires()),
        "group": TEXT,
        "local": FLAG,
        "attributes": of_a_part(),
    }
    return closed(groups.TASK_KEYS, parts)


def _group() -> Schema:
    launch = {"group": TEXT, "count": COUNT}
    parts = {
        "name": TEXT,
        "resources": TEXT,
        "tasks": list_of(ref("task")),
        groups.GROUPS: list_of(ref("group")),
        "launch": list_of(closed(launch, launch, required=("group",))),
        "attributes": of_a_part(),
    }
    return closed(groups.GROUP_KEYS, parts)
