"""The next-generation jobspec: named resources, each with what it requires, and tasks that name them."""

from __future__ import annotations

import itertools
from typing import Any

from placewise.errors import InputError, Words, locating
from placewise.formats.jobs.jobspec.attributes import (
    DURATION,
    attributes_document,
    parse_attributes,
    refuse_constraints,
    with_duration,
)
from placewise.formats.jobs.jobspec.compspec.asked_groups import Resource, asked_groups
from placewise.formats.jobs.jobspec.compspec.groups import ENTRY_POINT, GROUPS, uses_of
from placewise.formats.jobs.jobspec.document import Dialect, check_top_level, command_of, own_name, tasks_of
from placewise.formats.jobs.jobspec.shape import parse_request, request_document
from placewise.formats.requirements.entries_writing import entries_document
from placewise.formats.requirements.preferences import PREFER, parse_preferences, preferences_document
from placewise.formats.requirements.reading import Reading
from placewise.formats.requirements.requires import NamedLists, parse_requires, parse_top_requires
from placewise.formats.values import flag, mapping, text
from placewise.model.jobs.job import XOR_SLOT, Job, ResourceGroup

VERSIONS = range(1, 3)
_REQUIRES = "requires"
MORE_KEYS = (_REQUIRES, PREFER, GROUPS, ENTRY_POINT)
NOTED = ("attributes", "environment")


def detect(document: dict[str, Any]) -> bool:
    """Whether the resources are a mapping."""
    return isinstance(document.get("resources"), dict)


def parse(document: dict[str, Any], name: str, reading: Reading) -> Job:
    """Return the job of such a document: one group for each named resource that is asked for on its own.

    Those are the resources with `schedule: true`; without any, those that a task or group names; without tasks, all.
    The resources of what runs inside of a group must be a part of the group's. The entries of `requires` are read by
    `requires`, and those of `prefer` by `preferences`. The replicas of a resource are that many copies of it; those of
    a task are runs, which need not be at once, and ask for nothing more. A resource that has only `requires` asks for
    no shape. Raises InputError for anything that is not understood.
    """
    check_top_level(document, VERSIONS, MORE_KEYS)
    listed = mapping(document.get("resources"), "resources")
    if isinstance(listed.get("type"), str):
        # One resource in place of several named ones.
        listed = {"default": listed}
    said = _REQUIRES in document
    of_all, named = parse_top_requires(document[_REQUIRES], _REQUIRES, reading) if said else ((), NamedLists())
    resources = {key: _resource(text(key, "resources"), value, named, reading) for key, value in listed.items()}
    if not resources:
        raise InputError("no resource is named", place="resources", expected="at least one")
    tasks = tasks_of(document)
    uses = uses_of(document, tasks, resources, reading)
    groups = asked_groups(resources, uses, of_all, named, reading)
    durations = [pair for one in resources.values() for pair in one.durations]
    attributes = with_duration(parse_attributes(document, reading.notes), [*durations, *uses.durations])
    refuse_constraints(document)
    preferences = parse_preferences(document.get(PREFER, []), PREFER, reading)
    return Job(own_name(document, name), groups, command_of(tasks), attributes, preferences)


def write(job: Job) -> dict[str, Any]:
    """Return the document of a job, with a resource for each group, or for each side of a choice.

    Raises InputError for a group of several unlike requests, and for requirements that entries cannot say.
    """
    document: dict[str, Any] = {"version": 1}
    if job.name:
        document["name"] = job.name
    names = ["default"] if len(job.groups) == 1 else [f"group{number + 1}" for number in range(len(job.groups))]
    resources = document["resources"] = {}
    uses = [_write_group(group, name, resources) for group, name in zip(job.groups, names, strict=True)]
    if job.preferences:
        document[PREFER] = preferences_document(job.preferences)
    command = {"command": list(job.command)} if job.command else {}
    if len(resources) > len(uses):
        if len(job.groups) == 1 and job.groups[0].requirements:
            document[_REQUIRES] = entries_document(job.groups[0].requirements)
        first, *others = uses
        document["tasks"] = [{**command, "resources": first}, *({"resources": one} for one in others)]
    elif command:
        document["task"] = command
    attributes = attributes_document(job, "parameter")
    return document | ({"attributes": attributes} if attributes else {})


def _write_group(group: ResourceGroup, name: str, resources: dict[str, Any]) -> str:
    """Add a group to the named resources; return what names it, such as ``a``, or ``a|b`` for a choice."""
    if len(group.shape) < 2 or any((one.type, one.count) != (XOR_SLOT, 1) for one in group.shape):
        resources[name] = _group_document(group)
        return name
    sides = []
    for number, side in enumerate(group.shape):
        named = [f"{name}x{number + 1}y{part + 1}" for part in range(len(side.contents))]
        for one, request in zip(named, side.contents, strict=True):
            resources[one] = request_document(request, itertools.count(1))
        sides.append("&".join(named))
    if group.preferences:
        # Those of all sides are of the whole choice, so one side can say them.
        resources[f"{name}x1y1"][PREFER] = preferences_document(group.preferences)
    return "|".join(sides)


def _resource(name: str, value: Any, named: NamedLists, reading: Reading) -> Resource:
    place = f"resources.{name}"
    resource = dict(mapping(value, place))
    scheduled = flag(resource.pop("schedule"), f"{place}.schedule") if "schedule" in resource else None
    durations = []
    for key in NOTED:
        if key in resource:
            noted = mapping(resource.pop(key), f"{place}.{key}")
            reading.notes.keep(f"{place}.{key}")
            if key == "attributes" and DURATION in noted:
                durations.append((f"{place}.{key}.{DURATION}", noted[DURATION]))
    has_requires = _REQUIRES in resource
    requires = resource.pop(_REQUIRES, [])
    preferences = parse_preferences(resource.pop(PREFER, []), f"{place}.{PREFER}", reading)
    if not resource and not has_requires:
        raise InputError("the resource asks for nothing", place=place, expected="a type, requires or both")
    shape = (parse_request(resource, place, reading),) if resource else ()
    wanted = parse_requires(requires, f"{place}.{_REQUIRES}", reading, named)
    return Resource(ResourceGroup(shape, wanted, preferences), scheduled, durations)


def _group_document(group: ResourceGroup) -> dict[str, Any]:
    if len(group.shape) > 1:
        raise InputError(
            "a named resource cannot hold several different requests",
            found=Words(" and ".join(map(str, group.shape))),
            expected="one request that contains the others",
        )
    document = request_document(group.shape[0], itertools.count(1)) if group.shape else {}
    with locating(place="requires"):
        entries = entries_document(group.requirements)
    if entries or not document:
        document["requires"] = entries
    if group.preferences:
        document[PREFER] = preferences_document(group.preferences)
    return document


DIALECT = Dialect(detect, parse, write)
