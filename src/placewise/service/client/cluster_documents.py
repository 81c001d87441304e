"""Clusters as the texts that are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from placewise.formats.fleets.jgf import STATE_FILES, read_cluster
from placewise.formats.fleets.jgf_writing import NODES_FILE, SUBSYSTEM_SUFFIX, cluster_documents
from placewise.model.cluster import Cluster


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
        cluster = read_cluster(cluster)
    texts = {name: json.dumps(document) for name, document in cluster_documents(cluster).items()}
    nodes, state = texts.pop(NODES_FILE), texts.pop(STATE_FILES[0], "")
    subsystems = {unquote(name.removesuffix(SUBSYSTEM_SUFFIX)): text for name, text in texts.items()}
    return cluster.name, Documents(nodes, subsystems, state)
