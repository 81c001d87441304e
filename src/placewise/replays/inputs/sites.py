"""What the clusters of a fleet have for jobs to hold, counted from their containment graphs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.kinds.scales.units import unit_of
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.jobs.job import NODE
from placewise.model.traces.replay import Hold
from placewise.replays.state.space import CORES, GPUS, MEMORY, WHOLE_GPU, Nodes, Pool, Space

PRICE, PROCESSOR_PRICE = "cost_per_node_hour", "cost_per_processor_hour"
_ENOUGH_MEMORY = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One cluster as a replay sees it.

    processors : all of them. price : cost_per_node_hour, NaN where not said. processor_price : see `processor_price`.
    nodes : (nodes, columns) what each has (see `space.Nodes`), None where processors are a pool.
    vertices : where each node is in the containment graph.
    """

    name: str
    processors: int
    price: float = nan
    processor_price: float = nan
    nodes: NDArray[np.int64] | None = None
    vertices: dict[int, int] = field(default_factory=dict)

    def space(self) -> Space:
        """Return all of it, free."""
        return Pool(self.processors) if self.nodes is None else Nodes(self.nodes)


def site_of(cluster: Cluster, hold: Hold) -> Site:
    """Count what a cluster has. Raises InputError for one without processors, or without nodes where these are held."""
    graph = cluster.graph
    processors = sum(vertex.size for vertex in graph.vertices if vertex.type == "core")
    if not processors:
        raise InputError(f"cluster {cluster.name!r} has no processors", expected="vertices of type core in its graph")
    prices = _said(cluster, PRICE), processor_price(cluster)
    if hold == "processors":
        return Site(cluster.name, processors, *prices)
    nodes, vertices = _nodes(graph)
    if not len(nodes):
        raise InputError(f"cluster {cluster.name!r} has no nodes", expected="vertices of type node in its graph")
    return Site(cluster.name, processors, *prices, nodes, vertices)


def processor_price(cluster: Cluster) -> float:
    """Return the price of a processor for an hour, NaN where it is not known.

    From the cluster's state: `cost_per_processor_hour`, else `cost_per_node_hour` by the processors that a node has on
    average. Where processors are a pool, without nodes, each counts as a node.
    """
    each = _said(cluster, PROCESSOR_PRICE)
    if not isnan(each):
        return each
    nodes, processors = (sum(one.size for one in cluster.graph.vertices if one.type == kind) for kind in (NODE, "core"))
    return _said(cluster, PRICE) * (nodes / processors if nodes and processors else 1.0)


def _said(cluster: Cluster, field: str) -> float:
    """Return a number of the cluster's state, NaN where there is none."""
    found = dict(cluster.state).get(field)
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else nan


def _nodes(graph: ResourceGraph) -> tuple[NDArray[np.int64], dict[int, int]]:
    rows: dict[int, int] = {}
    of_vertex: list[int | None] = []
    cores: dict[int, int] = defaultdict(int)
    memory: dict[int, int] = {}
    gpus: dict[int, int] = defaultdict(int)
    for position, vertex in enumerate(graph.vertices):
        row = None if vertex.parent is None else of_vertex[vertex.parent]
        if vertex.type == NODE:
            row = rows[position] = len(rows)
        of_vertex.append(row)
        if row is None:
            continue
        if vertex.type == "core":
            cores[row] += vertex.size
        elif vertex.type == "memory":
            memory[row] = memory.get(row, 0) + _bytes(vertex)
        elif vertex.type == "gpu":
            gpus[row] += vertex.size
    most = max(gpus.values(), default=0)
    nodes = np.zeros((len(rows), GPUS + most), dtype=np.int64)
    for row in range(len(rows)):
        nodes[row, CORES] = cores[row]
        nodes[row, MEMORY] = memory.get(row, _ENOUGH_MEMORY)
        nodes[row, GPUS : GPUS + gpus[row]] = WHOLE_GPU
    return nodes, rows


def _bytes(vertex: Vertex) -> int:
    if not vertex.unit:
        return vertex.size
    unit, byte = unit_of(vertex.unit), unit_of("B")
    if unit is None or byte is None or unit.dimension != byte.dimension:
        raise InputError(
            f"the size of {vertex.id!r} is not a number of bytes", found=vertex.unit, expected="such as GB"
        )
    return int(vertex.size * unit.scale / byte.scale)
