"""The next-generation jobspec: named resources, each with what it requires, and tasks that name them."""

from __future__ import annotations

import itertools
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.jobs.jobspec.attributes import attributes_document, parse_attributes
from placewise.formats.jobs.jobspec.document import Dialect, Reading, check_top_level, command_of, own_name, tasks_of
from placewise.formats.jobs.jobspec.entries import parse_entries
from placewise.formats.jobs.jobspec.entries_writing import entries_document
from placewise.formats.jobs.jobspec.preferences import PREFER, parse_preferences, preferences_document
from placewise.formats.jobs.jobspec.shape import parse_request, request_document
from placewise.formats.values import count, known_keys, mapping, text
from placewise.model.job import Job, ResourceGroup

VERSIONS = (1,)
_TASK_KEYS = ("name", "command", "resources", "replicas")


def detect(document: dict[str, Any]) -> bool:
    """Whether the resources are a mapping."""
    return isinstance(document.get("resources"), dict)


def parse(document: dict[str, Any], name: str, reading: Reading) -> Job:
    """Return the job of such a document: one group for each named resource that a task names, or for all.

    The entries of `requires` are read by `entries`, and those of `prefer` by `preferences`. The replicas of a
    resource are that many copies of it; those of a task are runs, which need not be at once, and ask for nothing more.
    A resource that has only `requires` asks for no shape. Raises InputError for anything that is not understood.
    """
    check_top_level({key: value for key, value in document.items() if key != PREFER}, VERSIONS)
    groups = {
        name: _group(text(name, "resources"), value, reading)
        for name, value in mapping(document.get("resources"), "resources").items()
    }
    if not groups:
        raise InputError("no resource is named", place="resources", expected="at least one")
    tasks = tasks_of(document)
    used = set()
    for place, task in tasks:
        known_keys(task, _TASK_KEYS, place)
        count(task.get("replicas", 1), f"{place}.replicas")
        if "resources" in task:
            used.add(_named(task["resources"], f"{place}.resources", groups))
    chosen = tuple(group for named, group in groups.items() if named in used or not used)
    preferences = parse_preferences(document.get(PREFER, []), PREFER, reading)
    return Job(own_name(document, name), chosen, command_of(tasks), parse_attributes(document), preferences)


def write(job: Job) -> dict[str, Any]:
    """Return the document of a job, with a resource for each group.

    Raises InputError for a group of several unlike requests, and for requirements that entries cannot say.
    """
    document: dict[str, Any] = {"version": 1}
    if job.name:
        document["name"] = job.name
    names = ["default"] if len(job.groups) == 1 else [f"group{number + 1}" for number in range(len(job.groups))]
    document["resources"] = {name: _group_document(group) for name, group in zip(names, job.groups, strict=True)}
    if job.preferences:
        document[PREFER] = preferences_document(job.preferences)
    if job.command:
        document["task"] = {"command": list(job.command)}
    attributes = attributes_document(job, "parameter")
    return document | ({"attributes": attributes} if attributes else {})


def _group(name: str, value: Any, reading: Reading) -> ResourceGroup:
    place = f"resources.{name}"
    resource = dict(mapping(value, place))
    has_requires = "requires" in resource
    requires = resource.pop("requires", [])
    preferences = parse_preferences(resource.pop(PREFER, []), f"{place}.{PREFER}", reading)
    if not resource and not has_requires:
        raise InputError("the resource asks for nothing", place=place, expected="a type, requires or both")
    shape = (parse_request(resource, place),) if resource else ()
    return ResourceGroup(shape, parse_entries(requires, f"{place}.requires", reading), preferences)


def _named(value: Any, place: str, known: dict[str, ResourceGroup]) -> str:
    name = text(value, place)
    if name not in known:
        shown = " or ".join(itertools.islice(known, 8))
        raise InputError("the task names no resource of the jobspec", place=place, found=name, expected=shown)
    return name


def _group_document(group: ResourceGroup) -> dict[str, Any]:
    if len(group.shape) > 1:
        raise InputError(
            "a named resource cannot hold unlike requests side by side",
            found=" and ".join(map(str, group.shape)),
            expected="one request, with the others in it",
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
