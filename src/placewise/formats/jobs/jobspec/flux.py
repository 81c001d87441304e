"""Flux's jobspec: version 1 (RFC 25) and its canonical form (RFC 14, version 9999)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from placewise.errors import InputError
from placewise.formats.jobs.jobspec.attributes import attributes_document, parse_attributes, parse_flux_name
from placewise.formats.jobs.jobspec.document import Dialect, Reading, check_top_level, command_of, own_name, tasks_of
from placewise.formats.jobs.jobspec.shape import FIRST_LABEL, has_slot, labels, parse_shape, shape_document
from placewise.formats.values import count, known_keys, text
from placewise.model.job import Job, ResourceGroup, Shape

VERSIONS = (1, 9999)
_TASK_KEYS = ("command", "slot", "count")
_SHOWN = 8


def detect(document: dict[str, Any]) -> bool:
    """Whether the resources are a list, and no task has a mapping of its own."""
    return isinstance(document.get("resources"), list) and not has_task_resources(document)


def has_task_resources(document: dict[str, Any]) -> bool:
    """Whether some task has a mapping of resources, which is another dialect's way to write requirements."""
    listed = document.get("tasks")
    tasks = [document.get("task"), *(listed if isinstance(listed, list) else ())]
    return any(isinstance(task, dict) and isinstance(task.get("resources"), dict) for task in tasks)


def parse(document: dict[str, Any], name: str, _reading: Reading) -> Job:
    """Return the job of a Flux jobspec: one group of its resources, without requirements.

    Raises InputError for anything that is not understood.
    """
    check_top_level(document, VERSIONS)
    shape = parse_shape(document.get("resources"), "resources")
    slots = labels(document["resources"])
    tasks = tasks_of(document)
    for place, task in tasks:
        known_keys(task, _TASK_KEYS, place)
        check_task(task, place, slots)
    return Job(name_of(document, name), (ResourceGroup(shape),), command_of(tasks), parse_attributes(document))


def write(job: Job) -> dict[str, Any]:
    """Return the Flux jobspec of a job.

    Raises InputError for requirements, several groups, and a job that asks for no resources.
    """
    group = only_group(job)
    if group.requirements:
        raise InputError("Flux's jobspec has no requirements on subsystems", found=str(group.requirements[0]))
    if not group.shape:
        raise InputError("Flux's jobspec cannot ask for no resources", expected="a shape of resources")
    document: dict[str, Any] = {"version": 1, "resources": shape_document(group.shape)}
    if job.command:
        document["tasks"] = [task_document(job, group.shape)]
    return document | named_attributes(job, "user")


def name_of(document: dict[str, Any], otherwise: str) -> str:
    """Return the name at the top, else that among the attributes, else the other one."""
    return own_name(document, parse_flux_name(document, otherwise))


def only_group(job: Job) -> ResourceGroup:
    """Return the one group of a job. Raises InputError when it has several."""
    if len(job.groups) > 1:
        raise InputError("one list of resources cannot hold several groups", found=len(job.groups), expected="1 group")
    return job.groups[0]


def check_task(task: dict[str, Any], place: str, slots: Collection[str]) -> None:
    """Raise InputError when a task's slot is none of the labels, if there are any, or its count is not usable.

    How many tasks share a slot says nothing of who can host it, so neither is kept.
    """
    if "count" in task:
        counts = known_keys(task["count"], ("per_slot", "total"), f"{place}.count")
        if len(counts) != 1:
            raise InputError("is not one count", place=f"{place}.count", found=counts, expected="per_slot or total")
        for key, value in counts.items():
            count(value, f"{place}.count.{key}")
    if "slot" in task:
        slot = text(task["slot"], f"{place}.slot")
        if slots and slot not in slots:
            expected = " or ".join(sorted(slots)[:_SHOWN])
            raise InputError("the task's slot is the label of no resource", place=place, found=slot, expected=expected)


def task_document(job: Job, shape: Shape) -> dict[str, Any]:
    """Return the task that runs a job's command, once a slot if the shape has slots."""
    task: dict[str, Any] = {"command": list(job.command)} if job.command else {}
    if has_slot(shape):
        task |= {"slot": FIRST_LABEL, "count": {"per_slot": 1}}
    return task


def named_attributes(job: Job, section: str) -> dict[str, Any]:
    """Return the mapping of a job's attributes, with its name where Flux keeps it; empty when it has neither."""
    attributes = attributes_document(job, section)
    if job.name:
        attributes.setdefault("system", {})["job"] = {"name": job.name}
    return {"attributes": attributes} if attributes else {}


DIALECT = Dialect(detect, parse, write)
