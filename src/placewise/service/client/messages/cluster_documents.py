"""Clusters as the texts that are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from placewise.formats.fleets.jgf.clusters import STATE_FILES, read_cluster
from placewise.formats.fleets.jgf.writing import NODES_FILE, SUBSYSTEM_SUFFIX, cluster_documents
from placewise.formats.fleets.vocabulary.of_fleet import vocabulary_in
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.vocabulary import FieldKind, FieldName, Vocabulary
from placewise.model.versions.range_notation import has_epoch


@dataclass(frozen=True, slots=True)
class Documents:
    """A cluster, or parts of one: graphs as JSON Graph Format texts, subsystems by name, the state a flat JSON object.

    Empty is what is not there.
    """

    nodes: str = ""
    subsystems: Mapping[str, str] = field(default_factory=dict)
    state: str = ""


def documents_of(cluster: Cluster | Path) -> tuple[str, Documents]:
    """Return the name and the documents of a cluster, or of that in a folder of JGF files.

    The documents say what Placewise reads of the files, and no more. Raises InputError naming file and place.
    """
    if isinstance(cluster, Path):
        cluster = read_cluster(cluster, vocabulary=vocabulary_in(cluster))
    texts = {name: json.dumps(document) for name, document in cluster_documents(cluster, _schemes(cluster)).items()}
    nodes, state = texts.pop(NODES_FILE), texts.pop(STATE_FILES[0], "")
    subsystems = {unquote(name.removesuffix(SUBSYSTEM_SUFFIX)): text for name, text in texts.items()}
    return cluster.name, Documents(nodes, subsystems, state)


def _schemes(cluster: Cluster) -> Vocabulary:
    """Return a vocabulary under which versions with an epoch are written: the scheduler's says whether they may be."""
    found: dict[FieldName, FieldKind] = {}
    for subsystem in cluster.subsystems:
        for vertex in subsystem.vertices:
            for name, value in vertex.properties:
                if isinstance(value, str) and has_epoch(value):
                    kind = kind_of(Vocabulary(), subsystem.name, name)
                    if kind is not None and kind.name == "version":
                        found[subsystem.name, name] = FieldKind("version", scheme="debian")
    return Vocabulary(found)
