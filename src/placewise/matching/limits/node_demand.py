"""How much of nodes a job's shape takes, whatever nodes they are: what limits of partitions are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from placewise.matching.shapes.asks import measured
from placewise.model.jobs.job import NODE, OR_SLOT, SLOTS, XOR_SLOT, ResourceRequest, Shape

CORE, MEMORY = "core", "memory"
_BYTE = measured("B")


@dataclass(frozen=True, slots=True)
class Span:
    """A whole number that lies between two."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Span) -> Span:
        return Span(self.least + other.least, self.most + other.most)

    def times(self, count: int) -> Span:
        """Return so many times as much."""
        return Span(self.least * count, self.most * count)

    def larger(self, other: Span) -> Span:
        """Return the larger of two."""
        return Span(max(self.least, other.least), max(self.most, other.most))

    def either(self, other: Span) -> Span:
        """Return what one of two comes to, whichever it is."""
        return Span(min(self.least, other.least), max(self.most, other.most))


_NONE = Span()


@dataclass(frozen=True, slots=True)
class NodeDemand:
    """What a job takes.

    nodes : how many, of which those are certain that it asks for as nodes, or one; of what may share nodes, each may be
    on a node of its own. cores, memory_bytes : of what lies on one node, the most that one node has to have.
    bytes_a_core : the most memory that a core of one such part has.
    """

    nodes: Span = _NONE
    cores: Span = _NONE
    memory_bytes: Span = _NONE
    bytes_a_core: int = 0

    def beside(self, other: NodeDemand) -> NodeDemand:
        """Return what both take that are wanted together."""
        return self._joined(other, self.nodes + other.nodes, Span.larger)

    def either(self, other: NodeDemand) -> NodeDemand:
        """Return what one of both takes, whichever it is."""
        return self._joined(other, self.nodes.either(other.nodes), Span.either)

    def _joined(self, other: NodeDemand, nodes: Span, join: Callable[[Span, Span], Span]) -> NodeDemand:
        return NodeDemand(
            nodes,
            join(self.cores, other.cores),
            join(self.memory_bytes, other.memory_bytes),
            max(self.bytes_a_core, other.bytes_a_core),
        )


def node_demand(shapes: Iterable[Shape]) -> NodeDemand:
    """Return what the shapes of a job's groups take together; nothing where they ask for nothing."""
    found = NodeDemand()
    for shape in shapes:
        found = found.beside(_spread(shape, 1))
    if found.nodes.most and not found.nodes.least:
        return replace(found, nodes=Span(1, found.nodes.most))
    return found


def _spread(requests: Sequence[ResourceRequest], times: int) -> NodeDemand:
    """Return what requests take that lie on no node yet, so many times."""
    found = NodeDemand()
    choices: dict[tuple[str, int], NodeDemand] = {}
    for request in requests:
        count = times * request.count
        if request.type == NODE:
            one = _on_one_node(request.contents, Span(count, count))
        elif _holds_nodes(request.contents):
            one = _spread(request.contents, count)
        elif request.type in SLOTS or request.contents:
            one = _on_one_node(request.contents, Span(0, count))
        elif request.unit:
            # What is measured may be taken from several nodes, or from one.
            memory = _bytes(request) if request.type == MEMORY else _NONE
            one = NodeDemand(Span(0, 1), memory_bytes=Span(0, memory.most))
        else:
            one = _on_one_node((ResourceRequest(request.type),), Span(0, count))
        if request.type in (OR_SLOT, XOR_SLOT):
            key = request.type, request.count if request.type == OR_SLOT else 0
            choices[key] = choices[key].either(one) if key in choices else one
        else:
            found = found.beside(one)
    for one in choices.values():
        found = found.beside(one)
    return found


def _on_one_node(contents: Shape, nodes: Span) -> NodeDemand:
    cores, memory = _amount(contents, CORE), _amount(contents, MEMORY)
    return NodeDemand(nodes, cores, memory, ceil(memory.most / max(1, cores.least)))


def _amount(requests: Sequence[ResourceRequest], kind: str) -> Span:
    """Return how many cores, or how many bytes, requests take that lie on one node."""
    found = _NONE
    choice: Span | None = None
    for request in requests:
        if request.type == kind:
            one = Span(request.count, request.count) if kind == CORE else _bytes(request)
        else:
            one = _amount(request.contents, kind).times(request.count)
        if request.type in (OR_SLOT, XOR_SLOT):
            choice = one if choice is None else choice.either(one)
        else:
            found += one
    return found if choice is None else found + choice


def _bytes(request: ResourceRequest) -> Span:
    """Return the bytes of memory; nothing where a bare count does not say of what it is."""
    measure, scale = measured(request.unit)
    if not request.unit or measure != _BYTE[0]:
        return _NONE
    size = ceil(request.count * scale / _BYTE[1])
    return Span(size, size)


def _holds_nodes(contents: Shape) -> bool:
    return any(one.type == NODE or _holds_nodes(one.contents) for one in contents)
