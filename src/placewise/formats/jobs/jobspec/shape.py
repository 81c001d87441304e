"""Resource shapes in documents: lists of ``{type, count, unit, label, exclusive, with}`` (Flux RFC 14)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.values import count, known_keys, sequence, text
from placewise.model.job import SLOT, ResourceRequest, Shape

DEEPEST = 64
# A few lines of YAML with aliases can stand for more requests than any machine could hold.
MOST_REQUESTS = 10_000
FIRST_LABEL = "default"
_KEYS = ("type", "count", "unit", "exclusive", "label", "with")
_COUNT_KEYS = ("min", "max", "operator", "operand")
_OPERATORS = ("+", "*", "^")


def parse_shape(value: Any, place: str) -> Shape:
    """Return the shape of a list of requests, nested at most 64 deep.

    `label` and `exclusive` say which task runs where and who else may: nothing of who could ever host the shape, so
    they are checked and dropped. Raises InputError for anything that is not understood.
    """
    return _requests(value, place, False, itertools.count(1), 1)


def parse_request(value: dict[str, Any], place: str) -> ResourceRequest:
    """Return one request whose count may be missing or called `replicas`."""
    return _request(value, place, True, itertools.count(1), 1)


def labels(value: Any) -> set[str]:
    """Return the labels of the slots in a list of requests that `parse_shape` accepts."""
    found = set()
    waiting = list(value)
    while waiting:
        request = waiting.pop()
        waiting += request.get("with", [])
        if "label" in request:
            found.add(str(request["label"]))
    return found


def shape_document(shape: Shape) -> list[dict[str, Any]]:
    """Return the list of requests for a shape; slots are labelled default, slot2, slot3, ..."""
    numbers = itertools.count(1)
    return [request_document(request, numbers) for request in shape]


def request_document(request: ResourceRequest, slots: Iterator[int]) -> dict[str, Any]:
    """Return the mapping of one request; `slots` numbers the slots that are met."""
    document: dict[str, Any] = {"type": request.type, "count": request.count}
    if request.unit:
        document["unit"] = request.unit
    if request.type == SLOT:
        number = next(slots)
        document["label"] = FIRST_LABEL if number == 1 else f"{SLOT}{number}"
    if request.contents:
        document["with"] = [request_document(inner, slots) for inner in request.contents]
    return document


def has_slot(shape: Shape) -> bool:
    """Whether a slot stands anywhere in the shape."""
    return any(request.type == SLOT or has_slot(request.contents) for request in shape)


def _requests(value: Any, place: str, replicas: bool, seen: Iterator[int], depth: int) -> Shape:
    listed = sequence(value, place)
    if not listed:
        raise InputError("asks for nothing", place=place, expected="at least one resource")
    if depth > DEEPEST:
        raise InputError("resources are nested too deeply", place=place, expected=f"at most {DEEPEST} levels")
    return tuple(_request(inner, f"{place}[{i}]", replicas, seen, depth) for i, inner in enumerate(listed))


def _request(value: Any, place: str, replicas: bool, seen: Iterator[int], depth: int) -> ResourceRequest:
    if next(seen) > MOST_REQUESTS:
        raise InputError("too many resources are asked for", place=place, expected=f"at most {MOST_REQUESTS} requests")
    request = known_keys(value, (*_KEYS, "replicas") if replicas else _KEYS, place)
    kind, unit = request.get("type"), request.get("unit", "")
    if not isinstance(kind, str) or not kind:
        raise InputError(
            "is not a usable type", place=f"{place}.type", found=kind, expected="text such as node or core"
        )
    if not isinstance(unit, str):
        raise InputError("is not a usable unit", place=f"{place}.unit", found=unit, expected="text")
    if not isinstance(request.get("exclusive", False), bool):
        raise InputError("is not true or false", place=f"{place}.exclusive", found=request["exclusive"])
    if "label" in request:
        text(request["label"], f"{place}.label")
    contents = _requests(request["with"], f"{place}.with", replicas, seen, depth + 1) if "with" in request else ()
    with locating(place=place):
        return ResourceRequest(kind, _count(request, replicas), contents, unit)


def _count(request: dict[str, Any], replicas: bool) -> int:
    if not replicas:
        if "count" not in request:
            raise InputError("the count is missing", expected="count: a whole number of 1 or more")
        return _least(request["count"], "count")
    if "count" in request and "replicas" in request:
        raise InputError("both count and replicas stand there", expected="one of them")
    key = "replicas" if "replicas" in request else "count"
    return _least(request.get(key, 1), key)


def _least(value: Any, place: str) -> int:
    """Return a count, or the least of a range of them.

    RFC 14's ranges start at `min` and grow by `operator` and `operand`, so a cluster that can host
    the minimum can run the job.
    """
    if not isinstance(value, dict):
        return count(value, place)
    counts = known_keys(value, _COUNT_KEYS, place)
    least = count(counts.get("min"), f"{place}.min")
    if "max" in counts and count(counts["max"], f"{place}.max") < least:
        raise InputError("the minimum exceeds the maximum", place=place, found=value, expected="min at most max")
    if counts.get("operator", "+") not in _OPERATORS:
        expected = " or ".join(_OPERATORS)
        raise InputError("the operator is not known", place=f"{place}.operator", found=value, expected=expected)
    count(counts.get("operand", 1), f"{place}.operand")
    return least
