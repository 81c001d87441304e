"""The priorities of a constraint policy, alone or inside the configuration of a rainbow scheduler.

A rainbow configuration holds them at ``scheduler.algorithms.selection.options.priorities``, as a YAML text in
a string. Alone they are a YAML list. Either way an entry is ``priority: 1`` and ``steps:``, a list of
``filter: "nodes_free > 0"``, ``calc: "build_cost=..."``, ``sort_ascending: build_cost``, ``sort_descending:
...`` and ``select: first|last|random``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.fleets.rainbow_config import SELECT_OPTIONS
from placewise.formats.reading import parse_yaml, read_yaml
from placewise.model.studies.priority import (
    Calc,
    Filter,
    Priority,
    Select,
    SortAscending,
    SortDescending,
    Step,
    in_order,
)

PATH = (*SELECT_OPTIONS, "priorities")
STEPS = ("filter", "calc", "sort_ascending", "sort_descending", "select")


def read_priorities(path: Path) -> tuple[Priority, ...]:
    """Return the priorities in a file, in the order in which they are tried; expressions stay text.

    Raises InputError for a document of another form, and for a configuration that selects by another policy.
    """
    document = read_yaml(path)
    with locating(file=path):
        if isinstance(document, dict):
            return _of_configuration(document)
        return _of_list(document, "the document")


def priorities_of_text(text: str) -> tuple[Priority, ...]:
    """Return the priorities in a YAML text, as the option ``priorities`` of a selection holds them.

    Raises InputError for a text of another form.
    """
    return _of_list(parse_yaml(text, None), "the text")


def _of_configuration(document: dict[str, Any]) -> tuple[Priority, ...]:
    found: Any = document
    for depth, key in enumerate(PATH):
        place = ".".join(PATH[:depth]) or "the document"
        found = values.mapping(found, place)
        if key == "options" and found.get("name") != "constraint":
            raise InputError(
                "the configuration names another selection policy",
                place=f"{place}.name",
                found=found.get("name"),
                expected="constraint",
            )
        if key not in found:
            raise InputError(f"the key {key!r} is missing", place=place, found=list(found), expected=key)
        found = found[key]
    place = ".".join(PATH)
    if isinstance(found, str):
        with locating(place=place):
            return priorities_of_text(found)
    return _of_list(found, place)


def _of_list(document: Any, place: str) -> tuple[Priority, ...]:
    entries = values.sequence(document, place)
    return in_order(_priority(entry, f"entry {number}") for number, entry in enumerate(entries, start=1))


def _priority(entry: Any, place: str) -> Priority:
    fields = values.mapping(entry, place)
    if set(fields) != {"priority", "steps"}:
        raise InputError(
            "an entry has the wrong keys", place=place, found=fields, expected="the keys priority and steps"
        )
    number = fields["priority"]
    if isinstance(number, bool) or not isinstance(number, int):
        raise InputError("a priority is not a number", place=place, found=number, expected="a whole number")
    steps = values.sequence(fields["steps"], f"{place}, steps")
    with locating(place=place):
        return Priority(number, tuple(_step(step, f"step {at}") for at, step in enumerate(steps, start=1)))


def _step(step: Any, place: str) -> Step:
    fields = values.mapping(step, place)
    if len(fields) != 1 or not fields.keys() <= set(STEPS):
        raise InputError("a step has the wrong keys", place=place, found=fields, expected=f"one of {', '.join(STEPS)}")
    ((kind, value),) = fields.items()
    # A block of YAML may break an expression's lines.
    text = values.text(" ".join(value.splitlines()) if isinstance(value, str) else value, f"{place}, {kind}")
    if kind == "calc":
        name, sign, expression = (part.strip() for part in text.partition("="))
        if not sign or not name or not expression or expression.startswith("="):
            raise InputError("is not a calculation", place=f"{place}, calc", found=text, expected="name=expression")
        return Calc(name, expression)
    if kind == "select":
        with locating(place=f"{place}, select"):
            return Select(text)  # type: ignore[arg-type]  # it refuses other words itself
    if kind == "filter":
        return Filter(text)
    return SortAscending(text) if kind == "sort_ascending" else SortDescending(text)
