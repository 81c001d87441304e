"""Flux's jobspec: version 1 (RFC 25), its canonical form (RFC 14), and the constraints of RFC 31."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from placewise.errors import InputError
from placewise.formats.jobs.jobspec.attributes import (
    CONSTRAINTS,
    attributes_document,
    constraints_of,
    parse_attributes,
    parse_flux_name,
)
from placewise.formats.jobs.jobspec.document import Dialect, check_top_level, command_of, own_name, tasks_of
from placewise.formats.jobs.jobspec.flux_rfcs.constraints import constraints_document, parse_constraints
from placewise.formats.jobs.jobspec.shape import FIRST_LABEL, has_slot, labels, parse_shape, shape_document
from placewise.formats.requirements.notes import Notes
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import count, exactly, known_keys, mapping, text
from placewise.model.jobs.job import Job, ResourceGroup, Shape
from placewise.model.requirements.requirement import Expression

VERSIONS = range(1, 10_000)
TASK_KEYS = ("command", "slot", "count", "attributes", "distribution")
COUNTS = ("per_slot", "per_resource", "total")
_SHOWN = 8


def detect(document: dict[str, Any]) -> bool:
    """Whether the resources are a list, and no task has a mapping of its own."""
    return isinstance(document.get("resources"), list) and not has_task_resources(document)


def has_task_resources(document: dict[str, Any]) -> bool:
    """Whether some task has a mapping of resources, which is another dialect's way to write requirements."""
    listed = document.get("tasks")
    tasks = [document.get("task"), *(listed if isinstance(listed, list) else ())]
    return any(isinstance(task, dict) and isinstance(task.get("resources"), dict) for task in tasks)


def parse(document: dict[str, Any], name: str, reading: Reading) -> Job:
    """Return the job of a Flux jobspec: one group of its resources, and what its constraints say of each node.

    Raises InputError for anything that is not understood.
    """
    check_top_level(document, VERSIONS)
    shape = parse_shape(document.get("resources"), "resources", reading)
    slots = labels(document["resources"])
    tasks = tasks_of(document)
    for place, task in tasks:
        known_keys(task, TASK_KEYS, place)
        check_task(task, place, slots, reading.notes)
    attributes = parse_attributes(document, reading.notes)
    group = ResourceGroup(shape, wanted_by(document))
    return Job(name_of(document, name), (group,), command_of(tasks), attributes)


def write(job: Job) -> dict[str, Any]:
    """Return the Flux jobspec of a job.

    Raises InputError for several groups, a job that asks for no resources, and requirements that RFC 31 cannot say.
    """
    group = only_group(job)
    if not group.shape:
        raise InputError(
            "a Flux jobspec needs resources, and the job asks for none",
            expected="a job that asks for resources such as nodes",
        )
    document: dict[str, Any] = {"version": 1, "resources": shape_document(group.shape)}
    if job.command:
        document["tasks"] = [task_document(job, group.shape)]
    document |= named_attributes(job, "user")
    if group.requirements:
        constraints = constraints_document(group.requirements)
        document.setdefault("attributes", {}).setdefault("system", {})[CONSTRAINTS] = constraints
    return document


def wanted_by(document: dict[str, Any]) -> tuple[Expression, ...]:
    """Return what the constraints of a document say, as parts that all hold."""
    found = constraints_of(document)
    return () if found is None else parse_constraints(found, f"attributes.system.{CONSTRAINTS}")


def name_of(document: dict[str, Any], otherwise: str) -> str:
    """Return the name at the top, else that among the attributes, else the other one."""
    return own_name(document, parse_flux_name(document, otherwise))


def only_group(job: Job) -> ResourceGroup:
    """Return the one group of a job. Raises InputError when it has several."""
    if len(job.groups) > 1:
        raise InputError("one list of resources cannot hold several groups", found=len(job.groups), expected="1 group")
    return job.groups[0]


def check_task(task: dict[str, Any], place: str, slots: Mapping[str, Collection[str]], notes: Notes) -> None:
    """Check what a task says of its slot, how many of it there are and how they are laid out.

    None of it says who can host a slot. Raises InputError when the slot is none of the labels, if there are any, or the
    count is not usable.
    """
    slot = text(task["slot"], f"{place}.slot") if "slot" in task else None
    if slot is not None and slots and slot not in slots:
        expected = " or ".join(sorted(slots)[:_SHOWN])
        raise InputError("no resource has the label of the task's slot", place=place, found=slot, expected=expected)
    if "count" in task:
        counts = known_keys(task["count"], COUNTS, f"{place}.count")
        if len(counts) != 1:
            expected = "per_slot, per_resource or total"
            raise InputError("does not give exactly one count", place=f"{place}.count", found=counts, expected=expected)
        for key, value in counts.items():
            if key == "per_resource":
                _check_per_resource(value, f"{place}.count.{key}", slots.get(slot or ""))
            else:
                count(value, f"{place}.count.{key}")
    if "attributes" in task:
        mapping(task["attributes"], f"{place}.attributes")
        notes.keep(f"{place}.attributes")
    if "distribution" in task:
        text(task["distribution"], f"{place}.distribution")
        notes.keep(f"{place}.distribution")


def _check_per_resource(value: Any, place: str, inside: Collection[str] | None) -> None:
    counted = exactly(value, ("type", "count"), place)
    kind = text(counted["type"], f"{place}.type")
    count(counted["count"], f"{place}.count")
    if inside is not None and kind not in inside:
        expected = " or ".join(sorted(inside)[:_SHOWN])
        raise InputError("the task's slot holds no such resource", place=f"{place}.type", found=kind, expected=expected)


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
