"""Subsystems from graphs: a document of their own, or the edges of another subsystem in one graph of several."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from placewise.errors import InputError
from placewise.formats.fleets.jgf.document import Edge, GraphDocument, edges_of, unknown_vertex
from placewise.formats.plain_fields import vertex_fields
from placewise.formats.values import mapping
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Value

# A vertex attaches to all that its container does, so a short document can stand for more than any memory holds.
MOST_HANDED_ON = 2_000_000
STRUCTURAL = ("paths", "ephemeral")
"""Mappings in a vertex's metadata that say where it lies, or what Flux holds there just now, and not what it is."""
FACT = re.compile(r"([A-Za-z_][\w.-]*)=([^=].*)", re.DOTALL)
"""A type that says a fact, as rainbow's ``cpu.target=amd64``: a field and its value."""

OF_FIELDS = ("attributes", "properties")
"""Mappings whose entries are fields like any other."""


def subsystem_of(document: GraphDocument, name: str, positions: Mapping[str, int], vocabulary: Vocabulary) -> Subsystem:
    """Return the subsystem of a document of its own; see `clusters.parse_subsystem`."""
    nodes = document.nodes
    for id_ in nodes:
        if id_ in positions:
            raise InputError(
                "a vertex of the subsystem has the id of a containment vertex",
                place=document.place(id_),
                expected="ids of its own",
            )
    properties = {id_: _properties(name, document, id_, vocabulary) for id_ in nodes}
    attached = _attachments(nodes, edges_of(document), positions)
    return Subsystem(
        name, tuple(SubsystemVertex(properties[id_], tuple(places)) for id_, places in attached.items() if places)
    )


def further_subsystems(
    document: GraphDocument, graph: ResourceGraph, edges: Iterable[Edge], vocabulary: Vocabulary
) -> Iterator[Subsystem]:
    """Yield the further subsystems of a graph that has several, such as power.

    Its vertices are those that contain others in it, each attached to what it contains there, directly or through
    others; and those that are in no containment tree, each attached to what contains it. What lies
    in a vertex in the containment tree, too, is no news and attaches to nothing, and what says nothing new is left out.
    """
    by_name: dict[str, list[Edge]] = {}
    for edge in edges:
        by_name.setdefault(edge.subsystem, []).append(edge)
    if not by_name:
        return
    positions = {vertex.id: position for position, vertex in enumerate(graph.vertices)}
    for name, own in by_name.items():
        vertices = []
        for id_, places in _joined(own, positions).items():
            topmost = _topmost(places, graph, positions.get(id_))
            if topmost:
                vertices.append(SubsystemVertex(_properties(name, document, id_, vocabulary), topmost))
        if vertices:
            yield Subsystem(name, tuple(vertices))


def _joined(edges: list[Edge], positions: Mapping[str, int]) -> dict[str, set[int]]:
    """Return for each vertex what it contains of the tree, and for one outside the tree what contains it there."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for edge in edges:
        above.setdefault(edge.contained, []).append(edge.container)
        below.setdefault(edge.container, []).append(edge.contained)
    ids = dict.fromkeys(id_ for edge in edges for id_ in (edge.container, edge.contained))
    itself = {id_: {positions[id_]} if id_ in positions else set() for id_ in ids}
    contained = _handed_on(lambda id_: above.get(id_, ()), itself)
    within = {
        id_: {positions[one] for one in above.get(id_, ()) if one in positions} for id_ in ids if id_ not in positions
    }
    _handed_on(lambda id_: [one for one in below.get(id_, ()) if one in within], within)
    return {id_: places | within.get(id_, set()) for id_, places in contained.items()}


def _topmost(places: set[int], graph: ResourceGraph, own: int | None) -> tuple[int, ...]:
    """Return the places that lie neither in another one of them nor in the vertex itself."""
    stops = places if own is None else places | {own}
    found = []
    for place in places:
        if place == own:
            continue
        step = graph.vertices[place].parent
        while step is not None and step not in stops:
            step = graph.vertices[step].parent
        if step is None:
            found.append(place)
    return tuple(found)


def _attachments(nodes: Mapping[str, Any], edges: Iterable[Edge], positions: Mapping[str, int]) -> dict[str, set[int]]:
    attached: dict[str, set[int]] = {id_: set() for id_ in nodes}
    contents: dict[str, list[str]] = {}
    for edge in edges:
        container, contained = edge.container, edge.contained
        if container not in attached and container not in positions:
            raise unknown_vertex(container, edge.place)
        if contained not in attached:
            if contained not in positions:
                raise unknown_vertex(contained, edge.place)
            raise InputError(
                f"an edge puts {contained!r} into {container!r}",
                place=edge.place,
                expected="edges from containment vertices to vertices of the subsystem",
            )
        if container in attached:
            contents.setdefault(container, []).append(contained)
        else:
            attached[contained].add(positions[container])
    return _handed_on(lambda id_: contents.get(id_, ()), attached)


def _handed_on(receivers: Callable[[str], Collection[str]], attached: dict[str, set[int]]) -> dict[str, set[int]]:
    """Hand on what each vertex attaches to until nothing changes. Raises InputError where that is too much."""
    waiting = [id_ for id_, places in attached.items() if places]
    handed_on = 0
    while waiting:
        giver = waiting.pop()
        for receiver in receivers(giver):
            handed_on += len(attached[giver])
            if handed_on > MOST_HANDED_ON:
                raise InputError(
                    "nested vertices attach to too many containment vertices",
                    place="graph.edges",
                    expected=f"at most {MOST_HANDED_ON} attachments",
                )
            if not attached[giver] <= attached[receiver]:
                attached[receiver] |= attached[giver]
                waiting.append(receiver)
    return attached


def _properties(
    subsystem: str, document: GraphDocument, id_: str, vocabulary: Vocabulary
) -> tuple[tuple[str, Value], ...]:
    place = f"{document.place(id_)}.metadata"
    metadata = document.metadata(id_)
    nested = [name for name in OF_FIELDS if type(metadata.get(name)) is dict]
    pairs = _plain(metadata, place, (*STRUCTURAL, *nested))
    for name in nested:
        inner = mapping(metadata[name], f"{place}.{name}")
        pairs = chain(pairs, _plain(inner, f"{place}.{name}", ()))
    fact = FACT.fullmatch(kind) if isinstance(kind := metadata.get("type"), str) else None
    if fact and not any(fact[1] in metadata[name] for name in nested) and fact[1] not in metadata:
        pairs = chain(pairs, [(fact[1], fact[2])])
    return tuple(vertex_fields(subsystem, pairs, place, vocabulary).items())


def _plain(metadata: Mapping[str, Any], place: str, structural: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield what is no mapping. Raises InputError for a mapping that says something and is not structural."""
    for field, value in metadata.items():
        if type(value) is not dict:
            yield field, value
        elif value and field not in structural:
            raise InputError(
                "is a mapping, which no requirement can test",
                place=f"{place}.{field}",
                found=value,
                expected="a plain value or a list of plain values; put further fields under attributes",
            )
