"""Clusters as documents in JSON Graph Format v2 that read back equal."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from placewise.errors import InputError
from placewise.formats.fleets.jgf.subsystems import FACT, OF_FIELDS
from placewise.formats.fleets.jgf.tree import type_of
from placewise.formats.plain_fields import UNSAID, plain_fields, vertex_fields
from placewise.formats.values import refuse_control
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.fleets.vocabulary import Vocabulary

NODES_FILE = "nodes.json"
SUBSYSTEM_SUFFIX = "-subsystem.json"
STATE_FILE = "state.json"


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
        documents[STATE_FILE] = plain_fields(cluster.state, "state")
    return documents


def cluster_file_names(cluster: Cluster) -> tuple[str, ...]:
    """Return the names of the files of `cluster_documents`, without making these."""
    names = (NODES_FILE, *(_file_name(subsystem.name) for subsystem in cluster.subsystems))
    return (*names, STATE_FILE) if cluster.state else names


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
            "type": type_of(vertex.type, f"graph.nodes.{vertex.id}.metadata.type"),
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
        metadata: dict[str, Any] = vertex_fields(subsystem.name, vertex.properties, place, vocabulary)
        kind, apart = metadata.get("type"), next((name for name in OF_FIELDS if name not in metadata), "")
        if isinstance(kind, str) and FACT.fullmatch(kind) and apart:
            del metadata["type"]  # there it would say a fact, a field and its value
            metadata[apart] = {"type": kind}
        nodes[id_] = {"label": id_, "metadata": metadata}
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
        raise InputError(
            "the subsystem's name cannot be a file name", found=subsystem, expected="Unicode text"
        ) from error
