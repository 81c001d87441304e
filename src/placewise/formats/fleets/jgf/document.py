"""The parts of a document in JSON Graph Format, version 1 or 2: vertices by id, and edges by subsystem.

Fluxion lists its vertices and says in an edge's metadata to which subsystem it belongs; version 2 has vertices by
id and an edge's ``relation``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

from placewise.errors import InputError
from placewise.formats.values import flag, mapping, refuse_control, sequence, text

CONTAINMENT = "containment"
CONTAINS, IN = "contains", "in"
SHOWN = 8


class Edge(NamedTuple):
    """One edge as far as it belongs to one subsystem; number : its own in the document."""

    subsystem: str
    container: str
    contained: str
    number: int

    @property
    def place(self) -> str:
        """Where the edge stands."""
        return edge_place(self.number)


@dataclass(frozen=True)
class GraphDocument:
    """Name, if the document has one, vertices by id, and edges as they stand there.

    listed : whether the vertices are a list, as Fluxion writes them.
    """

    name: str | None
    nodes: Mapping[str, Any]
    edges: list[Any]
    listed: bool

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The vertices' places in the document's order, by id."""
        return dict(zip(self.nodes, count(), strict=False))

    def place(self, id_: str) -> str:
        """Return where a vertex stands."""
        return f"graph.nodes[{self.numbers[id_]}]" if self.listed else f"graph.nodes.{id_}"

    def metadata(self, id_: str) -> dict[str, Any]:
        """Return the metadata of a vertex; none is the same as empty."""
        place = self.place(id_)
        return mapping(mapping(self.nodes[id_], place).get("metadata", {}), f"{place}.metadata")


def is_graph(document: Any) -> bool:
    """Whether a document has a graph, rather than a cluster of that name with versions of packages."""
    graph = document.get("graph") if isinstance(document, dict) else None
    return isinstance(graph, dict) and isinstance(graph.get("nodes"), dict | list)


def graph_document(document: Any) -> GraphDocument:
    """Return the parts of a document, whose vertices and edges are not looked at yet, save for the ids of a list.

    Raises InputError for a document that has no graph.
    """
    top = mapping(document, "document")
    if "graph" not in top:
        wanted = 'JSON Graph Format: {"graph": {"nodes": ..., "edges": [...]}}'
        raise InputError("has no graph", found=list(top)[:SHOWN], expected=wanted)
    graph = mapping(top["graph"], "graph")
    # Whether directed or not: an edge leads from its source to its target, as in Fluxion, which writes both.
    flag(graph.get("directed", True), "graph.directed")
    listed = isinstance(graph.get("nodes"), list)
    nodes = _by_id(graph["nodes"]) if listed else mapping(graph.get("nodes"), "graph.nodes")
    edges = sequence(graph.get("edges", []), "graph.edges")
    return GraphDocument(text(top["name"], "name") if "name" in top else None, nodes, edges, listed)


def edges_of(document: GraphDocument) -> Iterator[Edge]:
    """Yield the edges, each once a subsystem that it belongs to.

    Of containment the relation is ``contains`` or ``in``. What another subsystem calls its relations is its own affair:
    such an edge leads downwards, unless its relation is ``in``.
    """
    for number, value in enumerate(document.edges):
        place = edge_place(number)
        edge = mapping(value, place)
        source, target = edge.get("source"), edge.get("target")
        if type(source) is not str or type(target) is not str:
            source, target = _id(source, f"{place}.source"), _id(target, f"{place}.target")
        for subsystem, relation in _relations(edge, place):
            if relation == IN:
                yield Edge(subsystem, target, source, number)
            elif relation == CONTAINS or subsystem != CONTAINMENT:
                yield Edge(subsystem, source, target, number)
            else:
                raise InputError(
                    "the relation is not known", place=f"{place}.relation", found=relation, expected="contains or in"
                )


def edge_place(number: int) -> str:
    """Return where an edge stands."""
    return f"graph.edges[{number}]"


def unknown_vertex(id_: str, place: str) -> InputError:
    """Return the error for an edge that names a vertex that is not there."""
    return InputError("an edge names an unknown vertex", place=place, found=id_, expected="the id of a vertex")


def _relations(edge: Mapping[str, Any], place: str) -> list[tuple[str, Any]]:
    metadata = edge.get("metadata")
    if metadata is None:
        return [(CONTAINMENT, edge.get("relation", CONTAINS))]
    mapping(metadata, f"{place}.metadata")
    named = metadata.get("name")
    if isinstance(named, dict) and named and "subsystem" not in metadata:
        return [(_subsystem(name, f"{place}.metadata.name"), relation) for name, relation in named.items()]
    subsystem = _subsystem(metadata.get("subsystem", CONTAINMENT), f"{place}.metadata.subsystem")
    relation = metadata.get("relationship", edge.get("relation"))
    if isinstance(named, dict) and relation is None:
        relation = named.get(subsystem)
    if relation is None and "relation" not in edge and "relationship" not in metadata:
        relation = CONTAINS
    return [(subsystem, relation)]


def _subsystem(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError("is not a subsystem", place=place, found=value, expected="a name such as containment")
    refuse_control(value, place)
    return value


def _by_id(listed: list[Any]) -> dict[str, Any]:
    with contextlib.suppress(KeyError, TypeError):
        ids = list(map(itemgetter("id"), listed))
        nodes = dict(zip(ids, listed, strict=True))
        if len(nodes) == len(listed) and set(map(type, ids)) == {str} and set(map(type, listed)) == {dict}:
            return nodes
    # One by one, so that an error names its place.
    nodes = {}
    for number, value in enumerate(listed):
        place = f"graph.nodes[{number}]"
        id_ = mapping(value, place).get("id")
        id_ = _id(id_, f"{place}.id")
        if id_ in nodes:
            raise InputError("two vertices share an id", place=place, found=id_, expected="ids that differ")
        nodes[id_] = value
    return nodes


def _id(value: Any, place: str) -> str:
    return value if isinstance(value, str) else text(value, place)
