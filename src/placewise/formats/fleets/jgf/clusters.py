"""Clusters in JSON Graph Format: a folder of ``nodes.json`` and a ``<name>-subsystem.json`` a subsystem, or one graph.

The format is that of https://jsongraphformat.info (version 2: vertices by id; version 1: a list of them) with the
relations and metadata of Flux's resource graphs. An edge ``contains`` leads from container to contained, an edge
``in`` the other way; either alone suffices. A graph of several subsystems says in an edge's metadata which it is of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from placewise.errors import InputError, locating
from placewise.formats.fleets.jgf.document import Edge, graph_document
from placewise.formats.fleets.jgf.facts import gather
from placewise.formats.fleets.jgf.quick import quick_tree
from placewise.formats.fleets.jgf.subsystems import further_subsystems, subsystem_of
from placewise.formats.fleets.jgf.tree import careful_tree
from placewise.formats.fleets.jgf.writing import NODES_FILE, STATE_FILE, SUBSYSTEM_SUFFIX, cluster_documents
from placewise.formats.node_facts import Facts
from placewise.formats.parsing import garbage_collector_off
from placewise.formats.plain_fields import UNSAID, plain_fields
from placewise.formats.reading import entries_of, found_at, read_json
from placewise.formats.values import mapping, refuse_control
from placewise.formats.writing import write_json
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar

STATE_FILES = (STATE_FILE, "cluster-state.json")
_SHOWN = 8


class GraphRead(NamedTuple):
    """A graph as it was read: its name, if it has one, the containment tree, all else as facts, and nodes by rank."""

    name: str | None
    graph: ResourceGraph
    facts: Facts
    by_rank: dict[int, list[int]]

    def subsystems(self, given: Iterable[Subsystem] = ()) -> tuple[Subsystem, ...]:
        """Return the subsystems given, and those of the graph that have other names."""
        found = tuple(given)
        names = {subsystem.name for subsystem in found}
        return (*found, *(subsystem for subsystem in self.facts.subsystems() if subsystem.name not in names))


def read_cluster(
    folder: Path,
    *,
    name: str | None = None,
    vocabulary: Vocabulary = UNSAID,
    files: Collection[str] | None = None,
) -> Cluster:
    """Return the cluster of a folder: nodes.json, its subsystem files, and the flat state.json if there is one.

    The cluster's name is `name`, or that in nodes.json, or the folder's. `vocabulary` says, beside the built-in one,
    what fields can hold. files : the only ones beside nodes.json that are read; None for all. What nodes.json says of
    hosts, ranks, properties and states counts where no file of that subsystem is there. Raises InputError naming the
    file and the place in it.
    """
    if found_at(folder) != "folder":
        raise InputError("is not a folder", file=folder, expected=f"a cluster's folder, with {NODES_FILE} in it")
    nodes = folder / NODES_FILE
    with garbage_collector_off():
        read = parse_graph(read_json(nodes), nodes, vocabulary)
    positions = _positions(read.graph)
    subsystems = []
    state: tuple[tuple[str, Scalar], ...] | None = None
    for path in cluster_files(folder):
        if files is not None and path.name not in files:
            continue
        if path.name.endswith(SUBSYSTEM_SUFFIX):
            subsystem = unquote(path.name.removesuffix(SUBSYSTEM_SUFFIX))
            with locating(file=path):
                refuse_control(subsystem, "the file's name")
            subsystems.append(_subsystem(read_json(path), subsystem, positions, path, vocabulary))
        elif state is None:
            with locating(file=path):
                state = tuple(plain_fields(mapping(read_json(path), "state").items(), "state").items())
        else:
            raise InputError(
                "two files give the cluster's state", file=folder, found=list(STATE_FILES), expected="one of them"
            )
    if name is None:
        name = folder.resolve().name if read.name is None else read.name
    with locating(file=folder):
        refuse_control(name, "the cluster's name")
        return Cluster(name, read.graph, read.subsystems(subsystems), state or ())


def parse_graph(document: Any, source: object, vocabulary: Vocabulary = UNSAID) -> GraphRead:
    """Return all that a document says: its containment tree, and what else there is of its vertices.

    Vertices keep the document's order, each after its container. A missing size is 1, a missing unit
    empty. Raises InputError for a graph that is no tree (a cycle, two containers of one vertex, several
    roots, an edge to an unknown vertex) and for a vertex without a usable type, size or unit.
    """
    with locating(file=source):
        parts = graph_document(document)
        graph = quick_tree(parts)
        facts = Facts(vocabulary)
        edges: list[Edge] = []
        if graph is None:
            graph, edges = careful_tree(parts)
        by_rank = gather(facts, parts, graph)
        for subsystem in further_subsystems(parts, graph, edges, vocabulary):
            for vertex in subsystem.vertices:
                facts.attach(subsystem.name, vertex.properties, vertex.attached_to)
        return GraphRead(parts.name, graph, facts, by_rank)


def parse_containment(document: Any, source: object) -> tuple[str | None, ResourceGraph]:
    """Return a document's name, if it has one, and its containment graph. Raises InputError as `parse_graph` does."""
    with locating(file=source):
        parts = graph_document(document)
        graph = quick_tree(parts)
        return parts.name, careful_tree(parts)[0] if graph is None else graph


def parse_subsystem(
    document: Any, name: str, graph: ResourceGraph, source: object, vocabulary: Vocabulary = UNSAID
) -> Subsystem:
    """Return the subsystem of a document whose edges attach its vertices to those of `graph`.

    A vertex's properties are all the plain values of its metadata, and of the mappings ``attributes`` and
    ``properties`` in it; a list of plain values is a set of them, an empty list too. Of mappings, ``paths`` (where the
    vertex lies) and ``ephemeral`` (what Flux holds there just now) are left out, being no properties, and so are empty
    ones. A vertex attaches to every containment vertex
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


def _positions(graph: ResourceGraph) -> dict[str, int]:
    return {vertex.id: position for position, vertex in enumerate(graph.vertices)}


def _subsystem(
    document: Any, name: str, positions: dict[str, int], source: object, vocabulary: Vocabulary
) -> Subsystem:
    with locating(file=source):
        return subsystem_of(graph_document(document), name, positions, vocabulary)
