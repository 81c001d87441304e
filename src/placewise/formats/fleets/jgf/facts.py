"""What the metadata of a graph's vertices say beside type, size and unit, as subsystems (see `node_facts`)."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_, itemgetter
from typing import Any

from placewise.formats.fleets.jgf.document import GraphDocument
from placewise.formats.node_facts import (
    HOST,
    NODE_STATE,
    PROPERTY,
    RANK,
    UP,
    Facts,
    host_name,
    node_state,
    properties_of,
    property_fields,
    rank_of,
    vertex_pairs,
)
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.jobs.job import NODE


def gather(facts: Facts, document: GraphDocument, graph: ResourceGraph) -> dict[int, list[int]]:
    """Gather what the vertices of a containment tree say, and return the positions of nodes by rank.

    A node of a list of vertices has the name that Fluxion gives it. Where vertices are by id, names are anybody's, and
    only those of nodes with a rank are hosts. Properties and state of any other vertex are fields of a subsystem that
    is called as its type is. Raises InputError for a rank, a name, a status or a property that is none.
    """
    states: dict[int, str] = {}
    by_rank: dict[int, list[int]] = {}
    metadata = _metadata(document, graph)
    positions = [position for position, vertex in enumerate(graph.vertices) if vertex.type == NODE]
    for position in positions:
        _node(facts, document, graph.vertices[position], position, metadata[position], states, by_rank)
    for position in [at for at, one in enumerate(metadata) if "properties" in one or "status" in one]:
        vertex = graph.vertices[position]
        if vertex.type != NODE:
            place = f"{document.place(vertex.id)}.metadata"
            pairs = vertex_pairs(metadata[position], place)
            if pairs:
                facts.add(vertex.type, pairs, position, place)
    if states:
        for position in positions:
            # What Fluxion says nothing of is up.
            facts.attach(NODE_STATE, (("state", states.get(position, UP)),), (position,))
    return by_rank


def _metadata(document: GraphDocument, graph: ResourceGraph) -> list[Any]:
    """Return the metadata of the tree's vertices, which are there, since each has a type."""
    nodes, vertices = document.nodes, graph.vertices
    if len(nodes) == len(vertices) and all(map(is_, nodes, map(itemgetter(0), vertices))):
        return list(map(itemgetter("metadata"), nodes.values()))
    return [nodes[vertex.id]["metadata"] for vertex in vertices]


def _node(
    facts: Facts,
    document: GraphDocument,
    vertex: Vertex,
    position: int,
    metadata: Mapping[str, Any],
    states: dict[int, str],
    by_rank: dict[int, list[int]],
) -> None:
    place = f"{document.place(vertex.id)}.metadata"
    rank = rank_of(metadata.get("rank", -1), f"{place}.rank") if "rank" in metadata else None
    if rank is not None:
        facts.attach(RANK, (("id", rank),), (position,))
        by_rank.setdefault(rank, []).append(position)
    if document.listed or rank is not None:
        name = _name(metadata, place)
        if name is not None:
            facts.add(HOST, (("name", name),), position, place)
    for name, value in properties_of(metadata.get("properties"), f"{place}.properties"):
        facts.add(PROPERTY, property_fields(name, value), position, f"{place}.properties.{name}")
    if metadata.get("status") is not None:
        states[position] = node_state(metadata["status"], f"{place}.status")


def _name(metadata: Mapping[str, Any], place: str) -> str | None:
    """Return the name of a node as Fluxion has it: without one, its basename and its number."""
    if "name" in metadata:
        return host_name(metadata["name"], f"{place}.name")
    number = metadata.get("id")
    if type(number) is not int:
        return None
    return host_name(metadata.get("basename", NODE), f"{place}.basename") + str(number)
