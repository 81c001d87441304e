"""Clusters as folders of JSON Graph Format v2: ``nodes.json`` and one ``<name>-subsystem.json`` a subsystem.

The format is that of https://jsongraphformat.info (version 2: vertices by id) with the relations and
metadata of Flux's resource graphs. An edge ``contains`` leads from container to contained, an edge
``in`` the other way; either alone suffices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from placewise.errors import InputError, locating
from placewise.formats.plain_fields import UNSAID, plain_fields, vertex_fields
from placewise.formats.reading import entries_of, found_at, read_json
from placewise.formats.values import mapping, refuse_control, sequence, text
from placewise.formats.writing import write_json
from placewise.model.cluster import Cluster
from placewise.model.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.scalar import Scalar, Value
from placewise.model.vocabulary import Vocabulary

NODES_FILE = "nodes.json"
SUBSYSTEM_SUFFIX = "-subsystem.json"
STATE_FILES = ("state.json", "cluster-state.json")
# A vertex attaches to all that its container does, so a short document can stand for more than any memory holds.
MOST_HANDED_ON = 2_000_000
STRUCTURAL = ("paths", "ephemeral")
"""Mappings in a vertex's metadata that say where it lies, or what Flux holds there just now, and not what it is."""
_SHOWN = 8


def read_cluster(folder: Path, *, name: str | None = None, vocabulary: Vocabulary = UNSAID) -> Cluster:
    """Return the cluster of a folder: nodes.json, its subsystem files, and the flat state.json if there is one.

    The cluster's name is `name`, or that in nodes.json, or the folder's. `vocabulary` says, beside the built-in one,
    what fields can hold. Raises InputError naming the file and the place in it.
    """
    if found_at(folder) != "folder":
        raise InputError("is not a folder", file=folder, expected=f"a cluster's folder, with {NODES_FILE} in it")
    nodes = folder / NODES_FILE
    own_name, graph = parse_containment(read_json(nodes), nodes)
    positions = _positions(graph)
    subsystems = []
    state: tuple[tuple[str, Scalar], ...] | None = None
    for path in cluster_files(folder):
        if path.name.endswith(SUBSYSTEM_SUFFIX):
            subsystem = unquote(path.name.removesuffix(SUBSYSTEM_SUFFIX))
            with locating(file=path):
                refuse_control(subsystem, "the file's name")
            subsystems.append(_subsystem(read_json(path), subsystem, positions, path, vocabulary))
        elif state is None:
            with locating(file=path):
                state = tuple(plain_fields(mapping(read_json(path), "state").items(), "state").items())
        else:
            raise InputError("two files give the cluster's state", file=folder, found=list(STATE_FILES))
    if name is None:
        name = folder.resolve().name if own_name is None else own_name
    with locating(file=folder):
        refuse_control(name, "the cluster's name")
        return Cluster(name, graph, tuple(subsystems), state or ())


def parse_containment(document: Any, source: object) -> tuple[str | None, ResourceGraph]:
    """Return a document's name, if it has one, and its containment graph.

    Vertices keep the document's order, each after its container. A missing size is 1, a missing unit
    empty. Raises InputError for a graph that is no tree (a cycle, two containers of one vertex, several
    roots, an edge to an unknown vertex) and for a vertex without a usable type, size or unit.
    """
    with locating(file=source):
        name, nodes, edges = _graph(document)
        if not nodes:
            raise InputError("the graph has no vertices", place="graph.nodes", expected="at least a root")
        containers = _containers(nodes, edges)
        positions = _container_first(nodes, containers)
        parents = {contained: positions[container] for contained, container in containers.items()}
        return name, ResourceGraph(tuple(_vertex(id_, nodes[id_], parents.get(id_)) for id_ in positions))


def parse_subsystem(
    document: Any, name: str, graph: ResourceGraph, source: object, vocabulary: Vocabulary = UNSAID
) -> Subsystem:
    """Return the subsystem of a document whose edges attach its vertices to those of `graph`.

    A vertex's properties are all the plain values of its metadata, and of the mapping ``attributes`` in
    it; a list of plain values is a set of them, an empty list too. Of mappings, ``paths`` (where the vertex lies) and
    ``ephemeral`` (what Flux holds there just now) are left out, being no properties, and so are empty ones.
    A vertex attaches to every containment vertex
    from which a ``contains`` edge leads to it, to every one to which its ``in`` edges lead, and to those of
    a subsystem vertex that contains it. The two directions are united rather than compared: in the
    public data the last pair of edges of every vertex names two different containment vertices.
    A vertex that attaches to nothing, as the subsystem's own root in that data, could meet no
    requirement and is left out.

    Raises InputError for an edge that names an unknown vertex or leads from the subsystem into the
    containment graph, an id that both graphs use, what a field of its kind
    cannot hold (see `check_value`), and any other mapping.
    """
    return _subsystem(document, name, _positions(graph), source, vocabulary)


def parse_subsystems(
    documents: Iterable[tuple[str, Any, object]], graph: ResourceGraph, vocabulary: Vocabulary = UNSAID
) -> tuple[Subsystem, ...]:
    """Return the subsystems of (name, document, source) triples, each as `parse_subsystem` does."""
    positions = _positions(graph)
    return tuple(_subsystem(document, name, positions, source, vocabulary) for name, document, source in documents)


def cluster_documents(cluster: Cluster, vocabulary: Vocabulary = UNSAID) -> dict[str, dict[str, Any]]:
    """Return the documents of a cluster by file name, from which `read_cluster` makes an equal one in this vocabulary.

    Raises InputError for what the files cannot hold: a subsystem vertex that attaches to nothing or has
    two values for a field, a version or a name as a float, a number that is not finite, an empty type.
    """
    for name in (cluster.name, *(subsystem.name for subsystem in cluster.subsystems)):
        refuse_control(name, "a name")
    documents: dict[str, dict[str, Any]] = {NODES_FILE: _containment_document(cluster)}
    for subsystem in cluster.subsystems:
        documents[_file_name(subsystem.name)] = _subsystem_document(subsystem, cluster.graph, vocabulary)
    if cluster.state:
        documents[STATE_FILES[0]] = plain_fields(cluster.state, "state")
    return documents


def write_cluster(cluster: Cluster, folder: Path, vocabulary: Vocabulary = UNSAID) -> None:
    """Write a cluster's documents into a folder, which is made if need be; files of equal names are replaced.

    nodes.json comes last, so that a folder whose writing was cut short is no cluster. Raises InputError,
    before anything is written, when the folder holds files that would be read as further parts of the cluster.
    """
    documents = cluster_documents(cluster, vocabulary)
    further = [path.name for path in cluster_files(folder) if path.name not in documents]
    if further:
        raise InputError(
            "the folder holds parts of another cluster", file=folder, found=further[:_SHOWN], expected="a new folder"
        )
    for name, document in reversed(documents.items()):
        write_json(folder / name, document)


def cluster_files(folder: Path) -> list[Path]:
    """Return the files of a cluster other than nodes.json, by name; none where there is no folder.

    Raises InputError when the folder cannot be listed.
    """
    names = entries_of(folder) if found_at(folder) == "folder" else []
    return [path for path in names if path.name.endswith(SUBSYSTEM_SUFFIX) or path.name in STATE_FILES]


def _graph(document: Any) -> tuple[str | None, dict[str, Any], Iterator[tuple[str, str, str]]]:
    """Return name, vertices by id, and edges as (container, contained, place)."""
    top = mapping(document, "document")
    if "graph" not in top:
        wanted = 'JSON Graph Format v2: {"graph": {"nodes": {...}, "edges": [...]}}'
        raise InputError("has no graph", found=list(top)[:_SHOWN], expected=wanted)
    graph = mapping(top["graph"], "graph")
    if graph.get("directed", True) is not True:
        raise InputError("is not a directed graph", place="graph.directed", found=graph["directed"], expected="true")
    if isinstance(graph.get("nodes"), list):
        raise InputError(
            "the vertices are a list, as in JSON Graph Format v1",
            place="graph.nodes",
            expected="vertices by id, as in version 2",
        )
    nodes = mapping(graph.get("nodes"), "graph.nodes")
    edges = sequence(graph.get("edges", []), "graph.edges")
    return text(top["name"], "name") if "name" in top else None, nodes, _edges(edges)


def _edges(edges: list[Any]) -> Iterator[tuple[str, str, str]]:
    for number, value in enumerate(edges):
        place = f"graph.edges[{number}]"
        edge = mapping(value, place)
        source, target = edge.get("source"), edge.get("target")
        if type(source) is not str or type(target) is not str:
            source, target = _id(source, f"{place}.source"), _id(target, f"{place}.target")
        relation = edge.get("relation", "contains")
        if relation == "contains":
            yield source, target, place
        elif relation == "in":
            yield target, source, place
        else:
            raise InputError(
                "the relation is not known", place=f"{place}.relation", found=relation, expected="contains or in"
            )


def _id(value: Any, place: str) -> str:
    return value if isinstance(value, str) else text(value, place)


def _containers(nodes: Mapping[str, Any], edges: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    containers: dict[str, str] = {}
    for container, contained, place in edges:
        for id_ in (container, contained):
            if id_ not in nodes:
                raise _unknown(id_, place)
        if containers.setdefault(contained, container) != container:
            both = f"{containers[contained]!r} and {container!r}"
            raise InputError(f"vertex {contained!r} lies in both {both}", place=place, expected="one container")
    roots = [id_ for id_ in nodes if id_ not in containers]
    if len(roots) > 1:
        shown = ", ".join(map(repr, roots[:_SHOWN])) + (", ..." if len(roots) > _SHOWN else "")
        raise InputError(f"the graph has {len(roots)} roots: {shown}", place="graph.edges", expected="one root")
    return containers


def _container_first(nodes: Iterable[str], containers: Mapping[str, str]) -> dict[str, int]:
    """Return positions by id, in the document's order save that a container precedes what it contains."""
    positions: dict[str, int] = {}
    for id_ in nodes:
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
    shown = ", ".join(map(repr, members[:_SHOWN])) + (", ..." if len(members) > _SHOWN else "")
    return InputError(f"vertices contain each other in a cycle: {shown}", place="graph.edges", expected="a tree")


def _unknown(id_: str, place: str) -> InputError:
    return InputError("an edge names an unknown vertex", place=place, found=id_, expected="the id of a vertex")


def _vertex(id_: str, value: Any, parent: int | None) -> Vertex:
    place = _vertex_place(id_)
    metadata = mapping(mapping(value, place).get("metadata"), f"{place}.metadata")
    kind = _type(metadata.get("type"), f"{place}.metadata.type")
    size, unit = metadata.get("size", 1), metadata.get("unit", "")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        wanted = "a whole number of 0 or more"
        raise InputError("is not a usable size", place=f"{place}.metadata.size", found=size, expected=wanted)
    if not isinstance(unit, str):
        raise InputError("is not a usable unit", place=f"{place}.metadata.unit", found=unit, expected="text")
    return Vertex(id_, kind, parent, size, unit)


def _type(kind: Any, place: str) -> str:
    if not isinstance(kind, str) or not kind:
        raise InputError("is not a usable type", place=place, found=kind, expected="text such as node or core")
    refuse_control(kind, place)
    return kind


def _vertex_place(id_: str) -> str:
    return f"graph.nodes.{id_}"


def _positions(graph: ResourceGraph) -> dict[str, int]:
    return {vertex.id: position for position, vertex in enumerate(graph.vertices)}


def _subsystem(
    document: Any, name: str, positions: Mapping[str, int], source: object, vocabulary: Vocabulary
) -> Subsystem:
    with locating(file=source):
        _, nodes, edges = _graph(document)
        for id_ in nodes:
            if id_ in positions:
                raise InputError(
                    "a vertex of the subsystem has the id of a containment vertex",
                    place=_vertex_place(id_),
                    expected="ids of its own",
                )
        properties = {id_: _properties(name, node, _vertex_place(id_), vocabulary) for id_, node in nodes.items()}
        attached = _attachments(nodes, edges, positions)
        return Subsystem(
            name,
            tuple(SubsystemVertex(properties[id_], tuple(places)) for id_, places in attached.items() if places),
        )


def _attachments(
    nodes: Mapping[str, Any], edges: Iterable[tuple[str, str, str]], positions: Mapping[str, int]
) -> dict[str, set[int]]:
    attached: dict[str, set[int]] = {id_: set() for id_ in nodes}
    contents: dict[str, list[str]] = {}
    for container, contained, place in edges:
        if container not in attached and container not in positions:
            raise _unknown(container, place)
        if contained not in attached:
            if contained not in positions:
                raise _unknown(contained, place)
            raise InputError(
                f"an edge puts {contained!r} into {container!r}",
                place=place,
                expected="edges by which containment vertices contain those of the subsystem",
            )
        if container in attached:
            contents.setdefault(container, []).append(contained)
        else:
            attached[contained].add(positions[container])
    waiting = [id_ for id_ in contents if attached[id_]]
    handed_on = 0
    while waiting:
        container = waiting.pop()
        for contained in contents.get(container, ()):
            handed_on += len(attached[container])
            if handed_on > MOST_HANDED_ON:
                raise InputError(
                    "vertices inside others attach to too many containment vertices",
                    place="graph.edges",
                    expected=f"at most {MOST_HANDED_ON} attachments",
                )
            if not attached[container] <= attached[contained]:
                attached[contained] |= attached[container]
                waiting.append(contained)
    return attached


def _properties(subsystem: str, node: Any, place: str, vocabulary: Vocabulary) -> tuple[tuple[str, Value], ...]:
    place = f"{place}.metadata"
    metadata = mapping(mapping(node, place).get("metadata", {}), place)
    attributes = metadata.get("attributes")
    if type(attributes) is not dict:
        return tuple(vertex_fields(subsystem, _plain(metadata, place, STRUCTURAL), place, vocabulary).items())
    nested = _plain(mapping(attributes, f"{place}.attributes"), f"{place}.attributes", ())
    pairs = chain(_plain(metadata, place, (*STRUCTURAL, "attributes")), nested)
    return tuple(vertex_fields(subsystem, pairs, place, vocabulary).items())


def _plain(metadata: Mapping[str, Any], place: str, structural: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield what is no mapping. Raises InputError for a mapping that says something and is not structural."""
    for field, value in metadata.items():
        if type(value) is not dict:
            yield field, value
        elif value and field not in structural:
            raise InputError(
                "is a mapping, of which no requirement could speak",
                place=f"{place}.{field}",
                found=value,
                expected="a plain value or a list of them; what attributes holds is read as fields",
            )


def _containment_document(cluster: Cluster) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    edges = []
    paths: list[str] = []
    numbers: dict[str, int] = {}
    for position, vertex in enumerate(cluster.graph.vertices):
        number = numbers[vertex.type] = numbers.get(vertex.type, -1) + 1
        name = f"{vertex.type}{number}"
        paths.append(f"{'' if vertex.parent is None else paths[vertex.parent]}/{name}")
        metadata = {
            "type": _type(vertex.type, f"{_vertex_place(vertex.id)}.metadata.type"),
            "basename": vertex.type,
            "name": name,
            "id": number,
            "uniq_id": position,
            "rank": -1,
            "exclusive": False,
            "size": vertex.size,
            "unit": vertex.unit,
            "paths": {"containment": paths[position]},
        }
        nodes[vertex.id] = {"label": vertex.id, "metadata": metadata}
        if vertex.parent is not None:
            edges += _edge_pair(cluster.graph.vertices[vertex.parent].id, vertex.id)
    return {"name": cluster.name, "graph": {"directed": True, "nodes": nodes, "edges": edges}}


def _subsystem_document(subsystem: Subsystem, graph: ResourceGraph, vocabulary: Vocabulary) -> dict[str, Any]:
    taken = {vertex.id for vertex in graph.vertices}
    prefix = subsystem.name
    while any(f"{prefix}{number}" in taken for number in range(len(subsystem.vertices))):
        prefix += "-"
    nodes: dict[str, Any] = {}
    edges = []
    for number, vertex in enumerate(subsystem.vertices):
        id_ = f"{prefix}{number}"
        place = f"subsystem {subsystem.name!r}, vertex {number}"
        if not vertex.attached_to:
            raise InputError("the vertex attaches to nothing", place=place, expected="a vertex to attach to")
        nodes[id_] = {"label": id_, "metadata": vertex_fields(subsystem.name, vertex.properties, place, vocabulary)}
        for position in vertex.attached_to:
            edges += _edge_pair(graph.vertices[position].id, id_)
    return {"graph": {"directed": True, "nodes": nodes, "edges": edges}}


def _edge_pair(container: str, contained: str) -> list[dict[str, str]]:
    return [
        {"source": container, "target": contained, "relation": "contains"},
        {"source": contained, "target": container, "relation": "in"},
    ]


def _file_name(subsystem: str) -> str:
    """Return a file name that gives the subsystem's name back, whatever characters it has."""
    try:
        return quote(subsystem, safe=" +@=,~()") + SUBSYSTEM_SUFFIX
    except UnicodeEncodeError as error:
        raise InputError("the subsystem's name cannot be a file name", found=subsystem) from error
