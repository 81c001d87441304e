"""How few nodes hold slots that are all alike, and over how many they spread: exact, from what each node holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placewise.matching.bits import bitset
from placewise.matching.fleet.counting import counted_request
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.node_demand import NodeDemand, node_demand
from placewise.matching.shapes.work import Work
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.jobs.job import NODE, SLOTS, Shape
from placewise.model.scalar import Value

MAX_NODES, MIN_NODES = "max_nodes", "min_nodes"
_CORES, _MEMORY = "max_cores_per_node", "max_memory_per_node"
_ENDLESS = 1 << 62


def alike_slots(shapes: Sequence[Shape]) -> NodeDemand | None:
    """Return what slots take that are all alike and may share nodes; None for a job that asks for anything else."""
    demand = node_demand(shapes)
    if len(shapes) != 1 or demand.nodes.least == demand.nodes.most:
        return None
    return None if counted_request(shapes[0]) is None else demand


@dataclass(frozen=True, slots=True)
class NodeBounds:
    """How many nodes a partition gives a job at least and at most, and how many slots of it one node may host.

    slots : None where it cannot be told.
    """

    least: float
    most: float
    slots: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """The fewest and the most nodes on which slots can lie; any number between will do. fewest : 0 if not all fit."""

    fewest: int
    most: int

    def within(self, bounds: NodeBounds) -> bool:
        """Whether bounds leave a number of nodes."""
        return 0 < self.fewest <= bounds.most and max(self.fewest, bounds.least) <= min(self.most, bounds.most)


class FewNodes:
    """One job of alike slots, to be held against what partitions of a fleet say of numbers of nodes."""

    def __init__(self, index: FleetIndex, shape: Shape, demand: NodeDemand, work: Work) -> None:
        self._index, self._demand, self._work = index, demand, work
        self._each, self.wanted = index.copies.each(shape)
        self.noun = _noun(shape)

    @classmethod
    def of(cls, index: FleetIndex, shapes: Sequence[Shape], limit: SiteLimit | None, work: Work) -> FewNodes | None:
        """Return a job to be counted; None for other shapes, and where no partition has bounds that matter."""
        demand = None if limit is None else alike_slots(shapes)
        if limit is None or demand is None:
            return None
        found = cls(index, shapes[0], demand, work)
        offered = index.offered(limit.subsystem)
        return found if any(found.bounds(dict(properties)) for properties, _ in offered) else None

    def bounds(self, values: Mapping[str, Value]) -> NodeBounds | None:
        """Return the bounds of a partition, given by its fields; None where any number of nodes is within them."""
        least, most = _number(values.get(MIN_NODES)) or 0, _number(values.get(MAX_NODES))
        most = _ENDLESS if most is None else most
        if least <= 1 and most >= self._demand.nodes.most:
            return None
        slots: float | None = _ENDLESS
        for field, each in ((_CORES, self._demand.cores.most), (_MEMORY, self._demand.memory_bytes.most)):
            if each and field in values and slots is not None:
                limit = _number(values[field])
                slots = None if limit is None else min(slots, limit // each)
        return NodeBounds(least, most, slots)

    def spread(self, cluster: int, here: int, bounds: NodeBounds) -> Spread | None:
        """Return on how many nodes of a cluster the slots can lie; None where that cannot be told.

        here : the place classes that count, from the cluster's first, as a number.
        """
        compiled, first = self._index.compiled(cluster), int(self._index.firsts[cluster])
        numbers = bitset.members(here)
        self._work.step(4 + len(numbers) // 16)
        vertices = compiled.cluster.graph.vertices
        places = [compiled.classes[number].places for number in numbers]
        if self._each is None or bounds.slots is None:
            return None
        if any(vertices[some[0]].type != NODE or vertices[some[0]].size != 1 for some in places):
            return None
        each = np.minimum(self._each[[first + number for number in numbers]], int(min(bounds.slots, _ENDLESS)))
        order = np.argsort(-each, kind="stable")
        each, nodes = each[order], np.array([len(some) for some in places], dtype=np.int64)[order]
        most = min(self.wanted, int(nodes[each > 0].sum()))
        held = np.cumsum(each * nodes)
        last = int(np.searchsorted(held, self.wanted))
        if last == len(held):
            return Spread(0, most)
        before = int(held[last - 1]) if last else 0
        return Spread(int(nodes[:last].sum()) - (before - self.wanted) // int(each[last]), most)


def _noun(shape: Shape) -> str:
    """Return what the slots are: the one thing in each, or slots."""
    (request,) = shape
    while request.type in SLOTS and len(request.contents) == 1 and request.contents[0].count == 1:
        (request,) = request.contents
    return "slot" if request.type in SLOTS else request.type


def _number(value: Value | None) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value
