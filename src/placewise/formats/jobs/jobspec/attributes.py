"""A job's attributes in documents: the plain values of `system`, `parameter` and `user`, under their own names."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator
from typing import Any

from placewise.errors import InputError
from placewise.formats.requirements.notes import Notes
from placewise.formats.values import inside, known_keys, mapping, scalar, sequence, text
from placewise.model.jobs.job import Job
from placewise.model.scalar import Scalar

DURATION = "duration"
QUEUE = "queue"
DEPENDENCIES = "dependencies"
CONSTRAINTS = "constraints"
SECTIONS = ("system", "parameter", "user", DURATION, "cwd", "environment")
# What the job is given where it runs: nested, and of no concern to where that is.
SURROUNDINGS = ("environment", "shell", "files", "batch", "job")
PLAIN = ("cwd", "project", "preemptible-after")
# What the limits of sites are about.
_LIMITED = ("partition", "account", "bank", "qos", "group", "reservation", "tolerations", "exclusive")
_ALIKE = 0.75


def parse_attributes(document: dict[str, Any], notes: Notes) -> tuple[tuple[str, Scalar], ...]:
    """Return the (name, value) pairs of a document's attributes; what they say of matching stands elsewhere.

    A value of `system` that nobody knows is kept and noted, as JSON text where it is nested, and so are
    `dependencies`. What is nested in `user`, and `environment` and its like, are noted and not kept. Raises InputError
    for further nested values, for a name that stands in two sections, and for a name that may be `constraints`
    misspelt. See `constraints_of` for those.
    """
    value = document.get("attributes")
    attributes: dict[str, Scalar] = {}
    known = {} if value is None else known_keys(value, SECTIONS, "attributes")
    for name, plain, place in _plain_values(known, notes):
        if name in attributes:
            raise InputError(f"the attribute {name!r} is in two sections", place=place, expected="one of them")
        attributes[name] = scalar(plain, place)
    return tuple(attributes.items())


def with_duration(
    attributes: tuple[tuple[str, Scalar], ...], found: list[tuple[str, Any]]
) -> tuple[tuple[str, Scalar], ...]:
    """Return attributes with the duration of a job's parts, (place, value) pairs, where the job itself says none.

    The longest counts. Raises InputError for texts that differ, of which that is not known.
    """
    for place, value in found:
        if not _is_duration(value):
            raise InputError("is not a duration", place=place, found=value, expected="seconds, 0 or more")
    values = list(dict.fromkeys(value for _, value in found))
    if not values or any(name == DURATION for name, _ in attributes):
        return attributes
    if len(values) > 1 and any(isinstance(value, str) for value in values):
        raise InputError(
            "the durations differ", place=found[-1][0], found=values, expected="one duration, or all of them in seconds"
        )
    return (*attributes, (DURATION, values[0] if len(values) == 1 else max(values)))


def constraints_of(document: dict[str, Any]) -> Any:
    """Return the constraints among the attributes of a document that `parse_attributes` accepts; None for none."""
    return ((document.get("attributes") or {}).get("system") or {}).get(CONSTRAINTS)


def refuse_constraints(document: dict[str, Any]) -> None:
    """Raise InputError for constraints, in a dialect that has `requires` for what they say."""
    if constraints_of(document) is not None:
        raise InputError(
            f"{CONSTRAINTS!r} is not supported in this dialect",
            place="attributes.system",
            found=constraints_of(document),
            expected="`requires`, or a Flux jobspec",
        )


def parse_flux_name(document: dict[str, Any], otherwise: str) -> str:
    """Return the job's name as Flux keeps it, ``attributes.system.job.name``, or the other one."""
    found: Any = document
    for key in ("attributes", "system", "job", "name"):
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None and not isinstance(found, str):
        raise InputError("the name is not text", place="attributes.system.job.name", found=found, expected="text")
    return otherwise if found is None else found


def attributes_document(job: Job, section: str) -> dict[str, Any]:
    """Return a job's attributes: duration, queue and dependencies in `system`, everything else in the section.

    Raises InputError for two values of one name and for null.
    """
    values = dict(job.attributes)
    if len(values) < len(job.attributes):
        raise InputError("an attribute has two values", place=f"job {job.name!r}", expected="one value per name")
    document: dict[str, Any] = {}
    for name, value in values.items():
        system = _system_value(name, value)
        if system is None:
            document.setdefault(section, {})[name] = scalar(value, f"attribute {name!r}")
        else:
            document.setdefault("system", {})[name] = system
    return document


def _system_value(name: str, value: Scalar) -> Any:
    """Return what stands in `system` for an attribute of its own meaning there; None for any other."""
    if (name == DURATION and _is_duration(value)) or (name == QUEUE and isinstance(value, str) and value):
        return value
    if name == DEPENDENCIES and isinstance(value, str):
        try:
            listed = json.loads(value)
        except (ValueError, RecursionError):
            return None
        return listed if isinstance(listed, list) and _json(listed, name) == value else None
    return None


def _plain_values(attributes: dict[str, Any], notes: Notes) -> Iterator[tuple[str, Any, str]]:
    for section, value in attributes.items():
        place = f"attributes.{section}"
        if section == "system":
            yield from _system(mapping(value, place), place, notes)
        elif section in ("parameter", "user"):
            for name, inner in mapping(value, place).items():
                if section == "parameter" or not isinstance(inner, dict | list | None):
                    yield name, inner, inside(place, name)
                else:
                    notes.keep(f"{place}.{name}")
        else:
            yield from _system({section: value}, "attributes", notes)


def _system(values: dict[str, Any], above: str, notes: Notes) -> Iterator[tuple[str, Any, str]]:
    for name, value in values.items():
        place = inside(above, name)
        if name == CONSTRAINTS:
            continue
        if name in SURROUNDINGS:
            mapping(value, place)
            notes.keep(place)
        elif name == DEPENDENCIES:
            notes.keep(place)
            yield (
                name,
                _json([mapping(one, f"{place}[{i}]") for i, one in enumerate(sequence(value, place))], place),
                place,
            )
        elif name == QUEUE:
            yield name, text(value, place), place
        elif name == DURATION:
            if not _is_duration(value):
                raise InputError("is not a duration", place=place, found=value, expected="seconds, 0 or more")
            yield name, value, place
        elif name in PLAIN:
            notes.keep(place)
            yield name, value, place
        else:
            yield from _other(name, value, above, notes)


def _other(name: str, value: Any, above: str, notes: Notes) -> Iterator[tuple[str, Any, str]]:
    place = inside(above, name)
    if name not in _LIMITED:
        _refuse_misspelt(name, value, above)
        notes.warn(place)
    if value is not None:
        yield name, _json(value, place) if isinstance(value, dict | list) else value, place


def _refuse_misspelt(name: str, value: Any, above: str) -> None:
    if difflib.SequenceMatcher(None, name[:64].casefold(), CONSTRAINTS).ratio() > _ALIKE:
        raise InputError(
            f"{name!r} is unknown, and could be a requirement", place=above, found=value, expected=CONSTRAINTS
        )


def _json(value: Any, place: str) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise InputError("cannot be kept", place=place, expected="values that JSON can express") from None


def _is_duration(value: Any) -> bool:
    """Whether a value is a length of time: finite seconds, or text with a unit such as 1h."""
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
