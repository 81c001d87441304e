"""What shapes ask for, compiled: equal requests are one object, and the alternatives of xor_slots are spelled out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias, TypeVar

from placewise.errors import InputError
from placewise.kinds.scales.units import unit_of
from placewise.model.jobs.job import OR_SLOT, SLOT, SLOTS, XOR_SLOT, ResourceRequest, Shape
from placewise.model.requirements.requirement import Expression

MOST_VARIANTS = 64
"""So many ways there may be to choose among the xor_slots and the unlike or_slots of a job."""

CHOICE = "choice"

NO_MEASURE: object = ""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """One kind of request, without its count.

    type : of vertices; SLOT for a slot, CHOICE for one of several slots.
    measure : what the count is in: "" for the vertices' own units, else the dimension in whose smallest unit counts
        are, or a unit that is known by its name only (see `measured`).
    group : the number of the resource group, which has its usable places.
    contents : what each holds. alternatives : of a choice, what each of the slots holds.
    drawn : the types of vertices that it draws on. held : those that it names first.
    order : asks of one job are numbered.
    """

    type: str
    measure: object
    requirements: tuple[Expression, ...]
    group: int
    contents: Demand
    alternatives: tuple[Demand, ...]
    drawn: frozenset[str]
    held: frozenset[str]
    order: int

    @property
    def bundles(self) -> bool:
        """Whether it is no vertex, but a slot or a choice of slots."""
        return self.type in (SLOT, CHOICE)


Demand: TypeAlias = tuple[tuple[Ask, Any], ...]
"""Asks with their counts, each ask once, in their order."""


def joined(pairs: Iterable[tuple[Ask, Any]]) -> Demand:
    """Return a demand with the counts of equal asks added up."""
    counts: dict[Ask, Any] = {}
    for ask, count in pairs:
        if count:
            counts[ask] = counts.get(ask, 0) + count
    return tuple(sorted(counts.items(), key=_order)) if len(counts) > 1 else tuple(counts.items())


def _order(pair: tuple[Ask, Any]) -> int:
    return pair[0].order


@dataclass(slots=True)
class _Compiler:
    asks: dict[tuple[object, ...], Ask] = field(default_factory=dict)

    def ask(
        self,
        kind: str,
        measure: object,
        requirements: tuple[Expression, ...],
        group: int,
        contents: Demand,
        alternatives: tuple[Demand, ...] = (),
    ) -> Ask:
        key = (kind, measure, requirements, group, contents, alternatives)
        found = self.asks.get(key)
        if found is None:
            inside = [ask for demand in (contents, *alternatives) for ask, _ in demand]
            own = frozenset[str]() if kind in (SLOT, CHOICE) else frozenset((kind,))
            drawn = own.union(*[ask.drawn for ask in inside])
            held = own or own.union(*[ask.held for ask in inside])
            found = Ask(kind, measure, requirements, group, contents, alternatives, drawn, held, len(self.asks))
            self.asks[key] = found
        return found

    def variants(self, requests: Sequence[ResourceRequest], group: int) -> list[Demand]:
        """Return the demands that requests side by side come to, one for each way to choose."""
        parts: list[list[list[tuple[Ask, Any]]]] = [
            [[self._counted(request, group, contents)] for contents in self.variants(request.contents, group)]
            for request in requests
            if request.type not in (OR_SLOT, XOR_SLOT)
        ]
        exclusive = [request for request in requests if request.type == XOR_SLOT]
        if exclusive:
            parts.append(
                [
                    [(self.ask(SLOT, "", (), group, contents), request.count)]
                    for request in exclusive
                    for contents in self.variants(request.contents, group)
                ]
            )
        mixed: dict[int, list[list[Demand]]] = {}
        for request in requests:
            if request.type == OR_SLOT:
                mixed.setdefault(request.count, []).append(self.variants(request.contents, group))
        if mixed:
            parts.append(
                [
                    [(self._choice(alternatives, group), count)]
                    for count, lists in mixed.items()
                    for alternatives in _bounded(lists)
                ]
            )
        return [joined(pair for part in chosen for pair in part) for chosen in _bounded(parts)]

    def _counted(self, request: ResourceRequest, group: int, contents: Demand) -> tuple[Ask, int | Fraction]:
        if request.type == SLOT:
            return self.ask(SLOT, "", (), group, contents), request.count
        measure: object = ("by name", request.unit)
        scale: int | Fraction = 1
        if not request.unit:
            measure = NO_MEASURE
        elif not contents:
            # What is inside belongs to one vertex of the unit asked for, so that is not converted.
            measure, scale = measured(request.unit)
        return self.ask(request.type, measure, request.requirements, group, contents), request.count * scale

    def _choice(self, alternatives: Sequence[Demand], group: int) -> Ask:
        distinct = tuple(dict.fromkeys(alternatives))
        if len(distinct) == 1:
            return self.ask(SLOT, "", (), group, distinct[0])
        slots = tuple([((self.ask(SLOT, "", (), group, inside), 1),) for inside in distinct])
        return self.ask(CHOICE, "", (), group, (), slots)


def measured(unit: str) -> tuple[object, int | Fraction]:
    """Return what a unit measures, and how many of its smallest units it is."""
    found = unit_of(unit)
    if found is None or found.offset:
        return ("by name", unit), 1
    return found.dimension, int(found.scale) if found.scale.denominator == 1 else found.scale


def _bounded(parts: Sequence[Sequence[_T]]) -> Iterator[tuple[_T, ...]]:
    ways = 1
    for part in parts:
        ways *= len(part)
        if ways > MOST_VARIANTS:
            raise InputError(
                "there are too many ways to choose among the xor_slots and or_slots",
                expected=f"at most {MOST_VARIANTS} ways; several jobs can ask for more",
            )
    return product(*parts)


def compiled(shapes: Sequence[Shape]) -> tuple[Demand, ...]:
    """Return what the shapes of a job's groups ask for together, one demand for each way to choose.

    Raises InputError for too many ways.
    """
    compiler = _Compiler()
    parts = [compiler.variants(shape, group) for group, shape in enumerate(shapes)]
    return tuple(dict.fromkeys(joined(pair for demand in chosen for pair in demand) for chosen in _bounded(parts)))


def drawn_types(request: ResourceRequest) -> set[str]:
    """Return the types of vertices that a request draws on."""
    types: set[str] = set()
    waiting = [request]
    while waiting:
        one = waiting.pop()
        waiting += one.contents
        if one.type not in SLOTS:
            types.add(one.type)
    return types
