"""Flux's jobspec with requirements in its task: rainbow's first, ``task.resources.<subsystem>.{match, range}``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from placewise import plugins
from placewise.errors import InputError, Words, locating
from placewise.formats.jobs.jobspec.attributes import parse_attributes
from placewise.formats.jobs.jobspec.document import Dialect, check_top_level, command_of, tasks_of
from placewise.formats.jobs.jobspec.flux import (
    TASK_KEYS,
    VERSIONS,
    check_task,
    has_task_resources,
    name_of,
    named_attributes,
    only_group,
    task_document,
    wanted_by,
)
from placewise.formats.jobs.jobspec.shape import labels, parse_shape, shape_document
from placewise.formats.requirements.conditions import TESTS, matching, test_document
from placewise.formats.requirements.entries import LABEL, Entries, label_of, of_fields
from placewise.formats.requirements.entries_writing import labelled
from placewise.formats.requirements.known import keep, known
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import known_keys, mapping, refuse_control, sequence, text
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.predicates import Predicate
from placewise.model.requirements.requirement import Condition, Expression, Requirement

_PredicateOf: TypeAlias = Callable[[str, dict[str, Any], str], Predicate]

# What rainbow's transformers make of a task where it runs.
_TRANSFORMED = ("name", "transform", "scripts", "depends_on", "replicas")
ALL_TASK_KEYS = (*TASK_KEYS, "resources", *_TRANSFORMED)
TRANSFORMER = "transformer"
_MATCH = "match"


def detect(document: dict[str, Any]) -> bool:
    """Whether a task has a mapping of resources, and the document has a list of them or none."""
    return isinstance(document.get("resources", []), list) and has_task_resources(document)


def parse(document: dict[str, Any], name: str, reading: Reading) -> Job:
    """Return the job of such a document; the entries of one subsystem describe one vertex, as in `entries`.

    Without `resources` at the top the job asks for no shape. Raises InputError for anything that is not
    understood, such as requirements of one task among several.
    """
    check_top_level(document, VERSIONS)
    shape = parse_shape(document["resources"], "resources", reading) if "resources" in document else ()
    tasks = tasks_of(document)
    if len(tasks) > 1:
        raise InputError(
            "there are several tasks, and one has requirements of its own",
            place="tasks",
            found=Words(f"{len(tasks)} tasks"),
            expected="one task",
        )
    place, task = tasks[0]
    known_keys(task, ALL_TASK_KEYS, place)
    check_task(task, place, labels(document.get("resources", [])), reading.notes)
    for key in _TRANSFORMED:
        if key in task:
            reading.notes.keep(f"{place}.{key}")
    if _is_shape(task["resources"]):
        raise InputError(
            "a task cannot ask for resources of its own",
            place=f"{place}.resources",
            expected="requirements by subsystem here, and counts of resources under the top-level resources",
        )
    wanted = _requirements(task["resources"], f"{place}.resources", reading)
    attributes = parse_attributes(document, reading.notes)
    group = ResourceGroup(shape, (*wanted, *wanted_by(document)))
    return Job(name_of(document, name), (group,), command_of(tasks), attributes)


def _is_shape(resources: Any) -> bool:
    """Whether resources are written inline, as a shape, where requirements by subsystem belong."""
    return (
        isinstance(resources, dict)
        and isinstance(resources.get("type"), str)
        and {"count", "with"} & set(resources) != set()
    )


def write(job: Job) -> dict[str, Any]:
    """Return the document of a job.

    Raises InputError for several groups, for `any` and `not`, and for requirements that entries cannot say.
    """
    group = only_group(job)
    document: dict[str, Any] = {"version": 1}
    if group.shape:
        document["resources"] = shape_document(group.shape)
    wanted: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for requirement, label in labelled(group.requirements):
        if not requirement.conditions:
            raise InputError(f"the dialect cannot ask for {requirement} without a condition", expected="a condition")
        for condition in requirement.conditions:
            test = test_document(condition)
            if "contains" in test:
                raise InputError(
                    f"the dialect cannot express {condition}", expected="one value, a list of values or one range"
                )
            entry = {"field": condition.field, **test, **({LABEL: label} if label else {})}
            kind = "match" if "match" in test else "range"
            wanted.setdefault(requirement.subsystem, {}).setdefault(kind, []).append(entry)
    document["task"] = task_document(job, group.shape) | {"resources": wanted}
    return document | named_attributes(job, "parameter")


def _requirements(value: Any, place: str, reading: Reading) -> tuple[Expression, ...]:
    """Read entries by subsystem and kind; every kind is a predicate plugin, ``match`` and ``range`` among them.

    In place of kinds a subsystem may have plain fields: ``io.archspec: {cpu.target: amd64}``.
    """
    wanted = Entries(place, reading)
    for subsystem, block in mapping(value, place).items():
        if not subsystem:
            raise InputError("a requirement names no subsystem", place=place, expected="the name of a subsystem")
        refuse_control(subsystem, place)
        at = f"{place}.{subsystem}"
        said = mapping(block, at)
        if subsystem == TRANSFORMER and said.keys() == {"name"} and isinstance(said["name"], str):
            reading.notes.keep(at)
            continue
        _add_block(wanted, subsystem, said, at)
        if all(one == [] for one in said.values()):
            raise InputError("a requirement has no conditions", place=at, expected="entries under match or range")
    return wanted.expressions()


def _add_block(wanted: Entries, subsystem: str, said: dict[str, Any], at: str) -> None:
    fields = {key: one for key, one in said.items() if key not in _kinds() and _is_field(one)}
    if fields and len(fields) < len(said):
        expected = f"no more than {', '.join(sorted(_kinds()))}"
        raise InputError(f"{next(iter(fields))!r} is not understood", place=at, expected=expected)
    plain = {key: one for key, one in fields.items() if not _is_block(one)}
    if plain:
        wanted.add(of_fields(subsystem, plain, at.removesuffix(f".{subsystem}")))
    for key, entries in said.items():
        if key in plain:
            continue
        if key in fields:
            # A mapping in a mapping is of a subsystem of the longer name: `io: {archspec: {...}}` of io.archspec.
            wanted.add(of_fields(f"{subsystem}.{key}", entries, at.removesuffix(f".{subsystem}")))
            continue
        with locating(place=at):
            predicate_of = _predicate_of(key)
        for number, listed in enumerate(sequence(entries, f"{at}.{key}")):
            here = f"{at}.{key}[{number}]"
            entry = mapping(listed, here)
            kept = (predicate_of, subsystem, *entry.items())
            requirement = known(kept)
            if requirement is None:
                requirement = keep(kept, entry, _requirement(key, predicate_of, subsystem, entry, here))
            wanted.add(requirement)


def _is_field(value: Any) -> bool:
    """Whether a value under a key that is no kind of entries is that of a field."""
    if isinstance(value, list):
        return bool(value) and not any(isinstance(one, dict | list) for one in value)
    return not isinstance(value, dict) or bool(value)


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and not any(key in TESTS for key in value)


def _requirement(
    kind: str, predicate_of: _PredicateOf, subsystem: str, listed: dict[str, Any], place: str
) -> Requirement:
    entry = listed.copy()
    label = label_of(entry, place)
    entry.pop(LABEL, None)
    if kind == _MATCH and entry and not any(key in ("field", "match", "value") for key in entry):
        return _of_pairs(subsystem, entry, label, place)
    field = text(entry.pop("field", None), f"{place}.field")
    predicate = predicate_of(field, entry, place)
    with locating(place=place):
        return Requirement(subsystem, (Condition(field, predicate),), label)


def _of_pairs(subsystem: str, entry: dict[str, Any], label: str, place: str) -> Requirement:
    """Return what rainbow's `{type: shm}` says of one vertex: each key is a field."""
    kind = entry.get("type")
    # A vertex of a type such as cpu.target=amd64 says one fact, so each of these is a vertex of its own.
    alone = kind if len(entry) == 1 and isinstance(kind, str) and "=" in kind else ""
    conditions = []
    for key, value in entry.items():
        field = text(key, place)
        conditions.append(Condition(field, matching(field, value, f"{place}.{field}")))
    with locating(place=place):
        return Requirement(subsystem, tuple(conditions), label or alone)


@cache
def _kinds() -> frozenset[str]:
    return frozenset(plugins.names("predicates"))


@cache
def _predicate_of(kind: str) -> _PredicateOf:
    found: _PredicateOf = plugins.load("predicates", kind)
    return found


DIALECT = Dialect(detect, parse, write)
