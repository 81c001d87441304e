"""A job's attributes in documents: the plain values of `system`, `parameter` and `user`, under their own names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import known_keys, mapping, scalar
from placewise.model.job import Job
from placewise.model.scalar import Scalar

DURATION = "duration"
_SECTIONS = ("system", "parameter", "user", DURATION, "cwd", "environment")
# What the job is given where it runs: nested, and of no concern to where that is.
_SURROUNDINGS = ("environment", "shell", "files", "batch", "job")
_DEMANDS = ("constraints", "dependencies", "queue")


def parse_attributes(document: dict[str, Any]) -> tuple[tuple[str, Scalar], ...]:
    """Return the (name, value) pairs of a document's attributes.

    `user` may hold anything, and what is nested in it is dropped; `environment` and its like are
    dropped too. Raises InputError for demands that are not understood (constraints, dependencies, a
    queue), for further nested values, and for a name that stands in two sections.
    """
    value = document.get("attributes")
    attributes: dict[str, Scalar] = {}
    for name, plain, place in _plain_values({} if value is None else known_keys(value, _SECTIONS, "attributes")):
        if name in attributes:
            raise InputError(f"the attribute {name!r} stands in two sections", place=place, expected="one of them")
        attributes[name] = scalar(plain, place)
    return tuple(attributes.items())


def parse_flux_name(document: dict[str, Any], otherwise: str) -> str:
    """Return the job's name as Flux keeps it, ``attributes.system.job.name``, or the other one."""
    found: Any = document
    for key in ("attributes", "system", "job", "name"):
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None and not isinstance(found, str):
        raise InputError("the name is not text", place="attributes.system.job.name", found=found, expected="text")
    return otherwise if found is None else found


def attributes_document(job: Job, section: str) -> dict[str, Any]:
    """Return a job's attributes: the duration in `system`, everything else in the section.

    Raises InputError for two values of one name and for null.
    """
    values = dict(job.attributes)
    if len(values) < len(job.attributes):
        raise InputError("an attribute has two values", place=f"job {job.name!r}", expected="names that differ")
    document: dict[str, Any] = {}
    for name, value in values.items():
        of = "system" if name == DURATION and _is_duration(value) else section
        document.setdefault(of, {})[name] = scalar(value, f"attribute {name!r}")
    return document


def _plain_values(attributes: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    for section, value in attributes.items():
        place = f"attributes.{section}"
        if section == "system":
            yield from _system(mapping(value, place), place)
        elif section in ("parameter", "user"):
            for name, inner in mapping(value, place).items():
                if section == "parameter" or not isinstance(inner, dict | list | None):
                    yield name, inner, f"{place}.{name}"
        else:
            yield from _system({section: value}, "attributes")


def _system(values: dict[str, Any], above: str) -> Iterator[tuple[str, Any, str]]:
    for name, value in values.items():
        place = f"{above}.{name}"
        if name in _DEMANDS:
            raise InputError(
                f"{name!r} is not understood, and a demand is never taken as met",
                place=above,
                found=value,
                expected="requirements on subsystems",
            )
        if name in _SURROUNDINGS:
            mapping(value, place)
            continue
        if name == DURATION and not _is_duration(value):
            raise InputError("is not a duration", place=place, found=value, expected="seconds, 0 or more")
        yield name, value, place


def _is_duration(value: Any) -> bool:
    """Whether a value is a length of time: finite seconds, or text with a unit such as 1h."""
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
