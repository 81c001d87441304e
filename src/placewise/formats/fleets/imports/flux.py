"""Flux: R (RFC 20) and Fluxion's graphs, each file a cluster, by the readers that ``--fleet`` has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.jgf.clusters import parse_graph
from placewise.formats.fleets.jgf.document import CONTAINMENT, graph_document, is_graph
from placewise.formats.fleets.resource_set import is_resource_set, parse_resource_set
from placewise.formats.given import Given
from placewise.formats.node_facts import HOST, NODE_STATE, PROPERTY, RANK
from placewise.formats.plain_fields import UNSAID
from placewise.formats.values import refuse_control
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.resources import ResourceGraph
from placewise.model.jobs.job import NODE

_GPU = "gpu"
OF_NODES = {HOST: "a name", RANK: "a rank", NODE_STATE: "a state"}
"""What every node has, be it said or not."""
_NO_MEANING = ("basename", "uniq_id", "exclusive", "ephemeral", "paths")
_IN_EXECUTION = ("R_lite", "nodelist", "properties")


def import_flux(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return a cluster a file. Raises InputError naming file and place."""
    account = Account()
    clusters = []
    for given in files:
        with locating(file=given.path):
            cluster = _cluster(given, asked.name if len(files) == 1 else "", account)
        clusters.append(cluster)
        for vertex in cluster.graph.vertices[1:]:
            account.read(f"{vertex.unit} of {vertex.type}" if vertex.unit else f"{vertex.type}s", vertex.size)
        account.unknown(cluster.name, "", "Flux says nothing of software, targets, filesystems and networks")
        nodes = {at for at, vertex in enumerate(cluster.graph.vertices) if vertex.type == NODE}
        for subsystem in {PROPERTY, *(one.name for one in cluster.subsystems)} - OF_NODES.keys():
            account.described(cluster.name, subsystem)
        for subsystem, what in OF_NODES.items():
            said = [one for one in cluster.subsystems if one.name == subsystem]
            if nodes <= {at for one in said for vertex in one.vertices for at in vertex.attached_to}:
                account.described(cluster.name, subsystem)
            else:
                account.unknown(cluster.name, subsystem, f"not every node has {what}")
        if not any(vertex.type == _GPU for vertex in cluster.graph.vertices):
            account.described(cluster.name, _GPU)
    return Imported(
        asked.name or clusters[0].name,
        tuple(clusters),
        account.vocabulary(),
        account.counts(),
        account.dropped(),
        account.unknowns(),
    )


def is_flux_json(document: object) -> bool:
    """Whether a JSON document is an R or a graph."""
    return is_resource_set(document) or is_graph(document)


def _cluster(given: Given, name: str, account: Account) -> Cluster:
    refuse_control(given.name, "the file's name")
    document = given.json()
    if is_resource_set(document):
        cluster = parse_resource_set(document, name or given.name, given.path, UNSAID)
        _account_of_resource_set(document, cluster.graph, given, account)
        return cluster
    if not is_graph(document):
        raise InputError("is neither Flux's R nor a graph", expected="R, or a graph of Fluxion in JSON")
    read = parse_graph(document, given.path, UNSAID)
    _account_of_graph(document, read.graph, given, account)
    return Cluster(name or read.name or given.name, read.graph, read.subsystems())


def _account_of_resource_set(document: dict[str, Any], tree: ResourceGraph, given: Given, account: Account) -> None:
    for key in sorted(document.keys() - {"version", "execution", "scheduling"}):
        account.drop("keys", given.path, key, "says nothing of the resources")
    execution, scheduling = document.get("execution"), document.get("scheduling")
    for key in sorted((execution or {}).keys() - set(_IN_EXECUTION)):
        account.drop("keys", given.path, f"execution.{key}", "is of the job that holds the resources")
    graph = (scheduling or {}).get("graph")
    for key in sorted((scheduling or {}).keys() - {"graph"}):
        account.drop("keys", given.path, f"scheduling.{key}", "says nothing of the resources")
    for key in ("R_lite", "nodelist"):
        if graph is not None and key in (execution or {}):
            account.drop("keys", given.path, f"execution.{key}", "the graph of scheduling counts instead")
    if graph is not None:
        _account_of_graph(scheduling, tree, given, account)


def _account_of_graph(document: Any, tree: ResourceGraph, given: Given, account: Account) -> None:
    """Note what the reader leaves out of the metadata of vertices, and the paths that edges contradict."""
    parts = graph_document(document)
    found = {key for id_ in parts.nodes for key in parts.metadata(id_) if key in _NO_MEANING}
    for key in sorted(found):
        account.drop("keys of vertices", given.path, key, "says nothing of what is there")
    paths = [_path(parts.metadata(vertex.id)) for vertex in tree.vertices]
    for vertex, path in zip(tree.vertices, paths, strict=True):
        above = None if vertex.parent is None else paths[vertex.parent]
        if path and above and path.rpartition("/")[0] != above:
            place = parts.place(vertex.id)
            account.drop("paths of vertices", given.path, place, "the edges say another container, and count")


def _path(metadata: Mapping[str, Any]) -> str:
    paths = metadata.get("paths")
    path = paths.get(CONTAINMENT) if isinstance(paths, dict) else None
    return path if isinstance(path, str) else ""
