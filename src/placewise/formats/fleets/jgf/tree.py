"""The containment tree of a graph, read with care: what is wrong with it is one error that names the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from placewise.errors import InputError
from placewise.formats.fleets.jgf.document import CONTAINMENT, SHOWN, Edge, GraphDocument, edges_of, unknown_vertex
from placewise.formats.values import mapping, refuse_control
from placewise.model.fleets.resources import ResourceGraph, Vertex


def careful_tree(document: GraphDocument) -> tuple[ResourceGraph, list[Edge]]:
    """Return the containment tree, and the edges of other subsystems.

    Vertices keep the document's order, each after its container. A vertex of which only edges of other subsystems
    speak is not in the tree. Without edges, the paths of a list of vertices say what contains what.
    """
    nodes = document.nodes
    if not nodes:
        raise InputError("the graph has no vertices", place="graph.nodes", expected="at least a root")
    containing: list[Edge] = []
    others: list[Edge] = []
    for edge in edges_of(document):
        for id_ in (edge.container, edge.contained):
            if id_ not in nodes:
                raise unknown_vertex(id_, edge.place)
        (containing if edge.subsystem == CONTAINMENT else others).append(edge)
    ids = _ids_in_tree(nodes, containing, others)
    containers = _containers(containing) if document.edges else _containers_by_path(document)
    _one_root(ids, containers)
    positions = _container_first(ids, containers)
    parents = {contained: positions[container] for contained, container in containers.items()}
    return ResourceGraph(tuple(_vertex(document, id_, parents.get(id_)) for id_ in positions)), others


def type_of(kind: Any, place: str) -> str:
    """Return the type of a vertex. Raises InputError for one that no requirement could name."""
    if not isinstance(kind, str) or not kind:
        raise InputError("is not a usable type", place=place, found=kind, expected="text such as node or core")
    refuse_control(kind, place)
    return kind


def _ids_in_tree(nodes: Mapping[str, Any], containing: Iterable[Edge], others: Sequence[Edge]) -> list[str]:
    if not others:
        return list(nodes)
    outside = {id_ for edge in others for id_ in (edge.container, edge.contained)}
    outside -= {id_ for edge in containing for id_ in (edge.container, edge.contained)}
    ids = [id_ for id_ in nodes if id_ not in outside]
    if not ids:
        raise InputError(
            "no edge belongs to the containment subsystem",
            place="graph.edges",
            found=others[0].subsystem,
            expected="edges with the subsystem containment, or without one",
        )
    return ids


def _containers(containing: Iterable[Edge]) -> dict[str, str]:
    containers: dict[str, str] = {}
    for edge in containing:
        container, contained = edge.container, edge.contained
        if containers.setdefault(contained, container) != container:
            both = f"{containers[contained]!r} and {container!r}"
            raise InputError(f"vertex {contained!r} lies in both {both}", place=edge.place, expected="one container")
    return containers


def _containers_by_path(document: GraphDocument) -> dict[str, str]:
    """Return what contains each vertex by the paths in their metadata; nothing where one has no path of its own."""
    if not document.listed or len(document.nodes) == 1:
        return {}
    at: dict[str, str] = {}
    for id_ in document.nodes:
        paths = document.metadata(id_).get("paths")
        path = paths.get(CONTAINMENT) if isinstance(paths, dict) else None
        if not isinstance(path, str) or path in at:
            return {}
        at[path] = id_
    found = {}
    for path, id_ in at.items():
        above = path.rpartition("/")[0]
        if above in at:
            found[id_] = at[above]
    return found


def _one_root(ids: Iterable[str], containers: Mapping[str, str]) -> None:
    roots = [id_ for id_ in ids if id_ not in containers]
    if len(roots) > 1:
        shown = ", ".join(map(repr, roots[:SHOWN])) + (", ..." if len(roots) > SHOWN else "")
        raise InputError(f"the graph has {len(roots)} roots: {shown}", place="graph.edges", expected="one root")


def _container_first(ids: Iterable[str], containers: Mapping[str, str]) -> dict[str, int]:
    """Return positions by id, in the document's order save that a container precedes what it contains."""
    positions: dict[str, int] = {}
    for id_ in ids:
        path = []
        above: str | None = id_
        while above is not None and above not in positions:
            path.append(above)
            above = containers.get(above)
            if len(path) > len(containers) + 1:
                raise _cycle(path[-1], containers)
        for vertex in reversed(path):
            positions[vertex] = len(positions)
    return positions


def _cycle(start: str, containers: Mapping[str, str]) -> InputError:
    members = [start]
    while (above := containers[members[-1]]) != start:
        members.append(above)
    shown = ", ".join(map(repr, members[:SHOWN])) + (", ..." if len(members) > SHOWN else "")
    return InputError(f"vertices contain each other in a cycle: {shown}", place="graph.edges", expected="a tree")


def _vertex(document: GraphDocument, id_: str, parent: int | None) -> Vertex:
    place = document.place(id_)
    metadata = mapping(mapping(document.nodes[id_], place).get("metadata"), f"{place}.metadata")
    kind = type_of(metadata.get("type"), f"{place}.metadata.type")
    size, unit = metadata.get("size", 1), metadata.get("unit", "")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        wanted = "a whole number of 0 or more"
        raise InputError("is not a usable size", place=f"{place}.metadata.size", found=size, expected=wanted)
    if not isinstance(unit, str):
        raise InputError("is not a usable unit", place=f"{place}.metadata.unit", found=unit, expected="text")
    return Vertex(id_, kind, parent, size, unit)
