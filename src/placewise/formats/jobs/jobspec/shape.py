"""Resource shapes in documents: lists of ``{type, count, unit, label, exclusive, with, requires}`` (Flux RFC 14)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.jobs.jobspec.flux_rfcs.counts import least
from placewise.formats.requirements.entries import parse_entries
from placewise.formats.requirements.entries_writing import entries_document
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import known_keys, sequence, text
from placewise.model.jobs.job import SLOT, SLOTS, ResourceRequest, Shape

DEEPEST = 64
# A few lines of YAML with aliases can stand for more requests than any machine could hold.
MOST_REQUESTS = 10_000
FIRST_LABEL = "default"
# compspec's schema has it in nested requests as well; only that outside says what is scheduled.
NOTED = ("schedule",)
REQUEST_KEYS = ("type", "count", "unit", "exclusive", "label", "with", "requires")
# What lies beside the cores, of which a job may ask for none: `flux` writes a gpu count of 0.
AUXILIARY = ("gpu", "memory", "storage")


def parse_shape(value: Any, place: str, reading: Reading) -> Shape:
    """Return the shape of a list of requests, nested at most 64 deep; see `parse_request`."""
    return _Reader(reading, False).requests(value, place, 1)


def parse_request(value: dict[str, Any], place: str, reading: Reading) -> ResourceRequest:
    """Return one request whose count may be missing or called `replicas`.

    `requires` lists what each vertex that is counted must meet. `label` and `exclusive` say which task runs where and
    who else may: nothing of who could ever host the shape, so they are checked and dropped. Raises InputError for
    anything that is not understood.
    """
    found = _Reader(reading, True).request(value, place, 1)
    if found is None:
        raise InputError("asks for nothing", place=place, expected="at least one resource")
    return found


def labels(value: Any) -> dict[str, set[str]]:
    """Return the labels in a list of requests that `parse_shape` accepts, and the types inside of each."""
    found: dict[str, set[str]] = {}
    # Nested at most 64 deep, so that going up from each is no work.
    waiting: list[tuple[Any, tuple[set[str], ...]]] = [(one, ()) for one in _listed(value, "resources")]
    while waiting:
        request, around = waiting.pop()
        for types in around:
            types.add(request["type"])
        if "label" in request:
            around = (*around, found.setdefault(str(request["label"]), set()))
        waiting += [(inner, around) for inner in _listed(request.get("with", []), "with")]
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
    if request.type in SLOTS:
        number = next(slots)
        document["label"] = FIRST_LABEL if number == 1 else f"{SLOT}{number}"
    if request.requirements:
        document["requires"] = entries_document(request.requirements)
    if request.contents:
        document["with"] = [request_document(inner, slots) for inner in request.contents]
    return document


def has_slot(shape: Shape) -> bool:
    """Whether a slot of any kind stands anywhere in the shape."""
    return any(request.type in SLOTS or has_slot(request.contents) for request in shape)


@dataclass(slots=True)
class _Reader:
    """Reads a list of requests and those in it, which may be so many together."""

    reading: Reading
    replicas: bool
    left: int = MOST_REQUESTS

    def requests(self, value: Any, place: str, depth: int) -> Shape:
        listed = _listed(value, place)
        if not listed:
            raise InputError("asks for nothing", place=place, expected="at least one resource")
        if depth > DEEPEST:
            raise InputError("resources are nested too deeply", place=place, expected=f"at most {DEEPEST} levels")
        found = (self.request(inner, f"{place}[{i}]", depth) for i, inner in enumerate(listed))
        shape = tuple(one for one in found if one is not None)
        if not shape and depth == 1:
            raise InputError("asks for nothing", place=place, expected="at least one resource")
        return shape

    def request(self, value: Any, place: str, depth: int) -> ResourceRequest | None:
        """Return one request; None for one of nothing."""
        self.left -= 1
        if self.left < 0:
            expected = f"at most {MOST_REQUESTS} requests"
            raise InputError("too many resources are asked for", place=place, expected=expected)
        request = known_keys(value, (*REQUEST_KEYS, "replicas", *NOTED) if self.replicas else REQUEST_KEYS, place)
        for key in NOTED:
            if key in request:
                self.reading.notes.keep(f"{place}.{key}")
        kind, unit = request.get("type"), request.get("unit", "")
        if not isinstance(kind, str) or not kind:
            raise InputError(
                "is not a usable type", place=f"{place}.type", found=kind, expected="text such as node or core"
            )
        if not isinstance(unit, str):
            raise InputError("is not a usable unit", place=f"{place}.unit", found=unit, expected="text")
        if not isinstance(request.get("exclusive", False), bool):
            raise InputError(
                "is not true or false", place=f"{place}.exclusive", found=request["exclusive"], expected="true or false"
            )
        if "label" in request:
            text(request["label"], f"{place}.label")
        contents = self.requests(request["with"], f"{place}.with", depth + 1) if "with" in request else ()
        wanted = parse_entries(request["requires"], f"{place}.requires", self.reading) if "requires" in request else ()
        with locating(place=place):
            number = self._count(request, kind in AUXILIARY and not contents and not wanted)
            return ResourceRequest(kind, number, contents, unit, wanted) if number else None

    def _count(self, request: dict[str, Any], zero: bool) -> int:
        if not self.replicas:
            if "count" not in request:
                raise InputError("the count is missing", expected="count: a whole number of 1 or more")
            return least(request["count"], "count", zero=zero)
        if "count" in request and "replicas" in request:
            raise InputError("count and replicas are both given", expected="one of them")
        key = "replicas" if "replicas" in request else "count"
        return least(request.get(key, 1), key, zero=zero)


def _listed(value: Any, place: str) -> list[Any]:
    # RFC 14 says of `with` that it is a mapping, and shows a list; one mapping is a list of one.
    return [value] if isinstance(value, dict) else sequence(value, place)
