"""Clusters as the texts that they are registered with: JSON Graph Format for each graph, a flat JSON object of state.

Errors name the text: ``nodes``, ``subsystem 'io'``, ``state``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.jgf.clusters import parse_graph, parse_subsystem, parse_subsystems
from placewise.formats.plain_fields import UNSAID, plain_fields
from placewise.formats.reading import parse_json
from placewise.formats.values import mapping, refuse_control
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar

_STATE = "state"


def parse_cluster(
    name: str, nodes_text: str, subsystem_texts: Mapping[str, str], vocabulary: Vocabulary = UNSAID
) -> Cluster:
    """Return the cluster of its containment graph and its subsystems by name, without a state.

    The name counts, whatever that in the graph is. What the graph says of hosts, ranks, properties and states counts
    where no subsystem of that name is given. `vocabulary` says, beside the built-in one, what fields can hold.
    Raises InputError naming the text and the place in it.
    """
    refuse_control(name, "the cluster's name")
    for subsystem in subsystem_texts:
        refuse_control(subsystem, "a subsystem's name")
    read = parse_graph(parse_json(nodes_text, "nodes"), "nodes", vocabulary)
    documents = (
        (subsystem, parse_json(text, _source(subsystem)), _source(subsystem))
        for subsystem, text in subsystem_texts.items()
    )
    return Cluster(name, read.graph, read.subsystems(parse_subsystems(documents, read.graph, vocabulary)))


def parse_subsystem_text(text: str, name: str, graph: ResourceGraph, vocabulary: Vocabulary = UNSAID) -> Subsystem:
    """Return the subsystem of a text, attached to a graph that is known. Raises InputError as `parse_cluster` does."""
    refuse_control(name, "a subsystem's name")
    return parse_subsystem(parse_json(text, _source(name)), name, graph, _source(name), vocabulary)


def state_changes(text: str) -> dict[str, Scalar | None]:
    """Return the fields that a flat JSON object sets, and None for those that it takes away.

    The prior work's client encodes what it reads from a file once more, so a JSON string that holds such an
    object is understood too. Raises InputError for anything else, and for numbers that no float64 holds.
    """
    with locating(file=_STATE):
        document = _state_document(text)
        fields = plain_fields(((field, value) for field, value in document.items() if value is not None), _STATE)
        return {field: fields.get(field) for field in document}


def _state_document(text: str) -> dict[str, Any]:
    if not text.strip():
        raise InputError("the document is empty", found=text, expected="a flat JSON object")
    document = parse_json(text, _STATE)
    return mapping(parse_json(document, _STATE) if isinstance(document, str) else document, _STATE)


def _source(subsystem: str) -> str:
    return f"subsystem {subsystem!r}"
