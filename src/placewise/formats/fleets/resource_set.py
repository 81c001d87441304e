"""R, the set of resources that Flux hands to an instance or a job (RFC 20, version 1), as a cluster.

Where its ``scheduling`` holds a graph, that is the cluster, with the properties by rank of ``execution``. Without one
each rank is a node, with its cores and gpus as one vertex each that stands for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.jgf.clusters import parse_graph
from placewise.formats.fleets.jgf.tree import type_of
from placewise.formats.node_facts import HOST, PROPERTY, RANK, Facts
from placewise.formats.notations.hostlists import parse_hostlist
from placewise.formats.notations.idsets import parse_idset, size
from placewise.formats.values import mapping, sequence, text
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import NODE

MOST_RANKS = 1 << 20
"""So many ranks one R may have: a short text could stand for more of them than any memory holds."""


def is_resource_set(document: Any) -> bool:
    """Whether a document is an R: a version as a number, and what is there for execution or scheduling."""
    return (
        isinstance(document, dict)
        and not isinstance(document.get("version", {}), dict | str)
        and ("execution" in document or "scheduling" in document)
    )


def parse_resource_set(document: Any, name: str, source: object, vocabulary: Vocabulary) -> Cluster:
    """Return the cluster of an R. Raises InputError for anything else, and for parts that contradict each other."""
    with locating(file=source):
        top = mapping(document, "document")
        if type(top["version"]) is not int or top["version"] != 1:
            raise InputError("is not a known version of R", place="version", found=top["version"], expected="1")
        execution = mapping(top["execution"], "execution") if top.get("execution") is not None else None
        scheduling = mapping(top["scheduling"], "scheduling") if top.get("scheduling") is not None else None
        if scheduling is not None and "graph" in scheduling:
            with locating(place="scheduling"):
                read = parse_graph({"graph": scheduling["graph"]}, None, vocabulary)
            graph, facts, by_rank = read.graph, read.facts, read.by_rank
        elif execution is not None:
            graph, facts, by_rank = _of_ranks(execution, vocabulary)
        else:
            raise InputError("has neither execution nor a graph", place="scheduling", expected="scheduling.graph")
        if execution is not None:
            _add_properties(execution, facts, by_rank)
        return Cluster(name, graph, facts.subsystems())


def _of_ranks(
    execution: Mapping[str, Any], vocabulary: Vocabulary
) -> tuple[ResourceGraph, Facts, dict[int, list[int]]]:
    children, named = _children_by_rank(execution)
    ranks = sorted(children)
    if not ranks:
        raise InputError("has no ranks", place="execution.R_lite", expected="at least one")
    hosts = _hosts(execution, ranks)
    facts = Facts(vocabulary)
    vertices = [Vertex("cluster", "cluster")]
    by_rank: dict[int, list[int]] = {}
    for number, rank in enumerate(ranks):
        at = len(vertices)
        by_rank[rank] = [at]
        vertices.append(Vertex(f"rank{rank}", NODE, 0))
        vertices += [Vertex(f"rank{rank}-{kind}", kind, at, size) for kind, size in children[rank].items()]
        facts.attach(RANK, (("id", rank),), (at,))
        host = hosts[number] if hosts else named.get(rank)
        if host is not None:
            facts.add(HOST, (("name", host),), at, "execution.nodelist")
    return ResourceGraph(tuple(vertices)), facts, by_rank


def _children_by_rank(execution: Mapping[str, Any]) -> tuple[dict[int, dict[str, int]], dict[int, str]]:
    """Return for each rank how many there are of each type, and the hostname where it stands right there."""
    children: dict[int, dict[str, int]] = {}
    named: dict[int, str] = {}
    for number, value in enumerate(sequence(execution.get("R_lite"), "execution.R_lite")):
        place = f"execution.R_lite[{number}]"
        entry = mapping(value, place)
        ranks = _ids(entry.get("rank"), f"{place}.rank")
        held = {}
        for kind, ids in mapping(entry.get("children"), f"{place}.children").items():
            count = size(_ids(ids, f"{place}.children.{kind}"))
            if count:
                held[type_of(kind, f"{place}.children")] = count
        if len(children) + size(ranks) > MOST_RANKS:
            raise InputError("holds too many ranks", place=place, expected=f"at most {MOST_RANKS}")
        host = text(entry["node"], f"{place}.node") if "node" in entry else None
        for low, high in ranks:
            for rank in range(low, high + 1):
                if rank in children:
                    raise InputError("gives a rank twice", place=f"{place}.rank", found=rank, expected="each rank once")
                children[rank] = held
                if host is not None:
                    named[rank] = host
    return children, named


def _hosts(execution: Mapping[str, Any], ranks: list[int]) -> list[str]:
    """Return the names of the ranks' hosts, in order of rank; none where there is no list."""
    if execution.get("nodelist") is None:
        return []
    place = "execution.nodelist"
    hosts: list[str] = []
    for number, written in enumerate(sequence(execution["nodelist"], place)):
        at = f"{place}[{number}]"
        # An empty list of hosts is one, though no node is in it.
        hosts += parse_hostlist("" if written == "" else text(written, at), at, MOST_RANKS - len(hosts))
    if len(hosts) != len(ranks):
        raise InputError(
            "does not name a host for each rank", place=place, found=len(hosts), expected=f"{len(ranks)} names"
        )
    return hosts


def _ids(value: Any, place: str) -> list[tuple[int, int]]:
    """Return the ranges of an idset; none where it is empty."""
    return [] if value == "" else parse_idset(text(value, place), place)


def _add_properties(execution: Mapping[str, Any], facts: Facts, by_rank: Mapping[int, Sequence[int]]) -> None:
    if execution.get("properties") is None:
        return
    for name, ids in mapping(execution["properties"], "execution.properties").items():
        place = f"execution.properties.{name}"
        fields = (("name", text(name, "execution.properties")),)
        told = facts.positions(PROPERTY, "name", name)
        positions = []
        for low, high in _ids(ids, place):
            for rank in range(low, high + 1):
                if rank not in by_rank:
                    raise InputError(
                        "names a rank that does not exist", place=place, found=rank, expected="a known rank"
                    )
                positions += [at for at in by_rank[rank] if at not in told]
        if positions:
            facts.attach(PROPERTY, fields, positions)
