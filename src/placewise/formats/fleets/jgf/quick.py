"""The containment tree of a usual document, all vertices at once; None where anything is not as usual.

Usual is: every vertex after its container, every edge alike and of containment. What is not, wrong or not, is left to
`tree`, which names the place of an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from itertools import count, repeat
from operator import ge, itemgetter
from typing import Any

from placewise.formats.fleets.jgf.document import CONTAINMENT, CONTAINS, GraphDocument
from placewise.formats.values import any_control
from placewise.model.fleets.resources import ResourceGraph, Vertex

_USUAL_METADATA = (
    None,
    {"subsystem": CONTAINMENT},
    {"name": {CONTAINMENT: CONTAINS}},
    {"subsystem": CONTAINMENT, "name": {CONTAINMENT: CONTAINS}},
    {"subsystem": CONTAINMENT, "relationship": CONTAINS},
)


def quick_tree(document: GraphDocument) -> ResourceGraph | None:
    """Return the containment tree, its vertices in the document's order."""
    nodes, edges = document.nodes, document.edges
    if not nodes or len(edges) != len(nodes) - 1:
        return None
    with contextlib.suppress(KeyError, TypeError):
        if _only(dict, edges) and _only(dict, nodes.values()):
            parents = _parents(document)
            columns = _columns(list(map(itemgetter("metadata"), nodes.values())))
            if parents is not None and columns is not None:
                types, sizes, units = columns
                return ResourceGraph(tuple(map(Vertex, nodes, types, parents, sizes, units)))
    return None


def _columns(metadata: list[dict[str, Any]]) -> tuple[list[str], list[int], list[str]] | None:
    """Return types, sizes and units. Raises KeyError for a vertex without a type, and TypeError for what is none."""
    if not _only(dict, metadata):
        return None
    types = list(map(itemgetter("type"), metadata))
    sizes = [one.get("size", 1) for one in metadata]
    units = [one.get("unit", "") for one in metadata]
    if not _only(int, sizes) or min(sizes) < 0 or not _only(str, types) or not _only(str, units):
        return None
    kinds = dict(zip(types, types, strict=True))
    if "" in kinds or any_control(kinds):
        return None
    # One text for all vertices of a type.
    return list(map(kinds.__getitem__, types)), sizes, units


def _parents(document: GraphDocument) -> list[int | None] | None:
    """Return the position of each vertex' container. Raises KeyError for an edge of an unknown vertex or of none."""
    edges, positions = document.edges, document.numbers
    if not edges:
        return [None]
    if not _usual(edges):
        return None
    above = list(map(positions.__getitem__, map(itemgetter("source"), edges)))
    contained = list(map(itemgetter("target"), edges))
    if contained == list(document.nodes)[1:]:
        return None if any(map(ge, above, count(1))) else [None, *above]
    below = list(map(positions.__getitem__, contained))
    # So many edges to so many vertices are a tree, if none lies in two and none precedes its container.
    if len(set(below)) < len(below) or 0 in below or any(map(ge, above, below)):
        return None
    parents: list[int | None] = [None] * len(positions)
    for position, container in zip(below, above, strict=True):
        parents[position] = container
    return parents


def _usual(edges: list[dict[str, Any]]) -> bool:
    """Whether all edges say that their source contains their target."""
    first = edges[0]
    metadata = first.get("metadata")
    if first.get("relation", CONTAINS) != CONTAINS or metadata not in _USUAL_METADATA:
        return False
    relations = list(map(dict.get, edges, repeat("relation"), repeat(CONTAINS)))
    told = list(map(dict.get, edges, repeat("metadata")))
    return relations.count(CONTAINS) == told.count(metadata) == len(edges)


def _only(kind: type, values: Iterable[Any]) -> bool:
    return set(map(type, values)) <= {kind}
