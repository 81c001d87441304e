"""What a reading process is asked to do: texts in, model values out. Nothing here knows of the service."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.formats.fleets.cluster_texts import parse_cluster, parse_subsystem_text
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job
from placewise.service.beside.teaching import taught_by, taught_by_cluster


def read_jobspec(text: str, name: str, separate_entries: bool) -> Job:
    """Return the job of a jobspec. Raises InputError."""
    return jobspec_text(text, name, None, separate_entries=separate_entries)


def read_cluster(
    vocabulary: Vocabulary, name: str, nodes: str, subsystems: Mapping[str, str]
) -> tuple[Cluster, Vocabulary]:
    """Return a cluster, and what it teaches. Raises InputError."""
    cluster = parse_cluster(name, nodes, subsystems, vocabulary)
    return cluster, taught_by_cluster(cluster, (), vocabulary)


def read_subsystems(
    vocabulary: Vocabulary, graph: ResourceGraph, texts: Mapping[str, str]
) -> tuple[dict[str, Subsystem], Vocabulary]:
    """Return the subsystems of texts by name, attached to a graph, and what they teach. Raises InputError."""
    found = {name: parse_subsystem_text(text, name, graph, vocabulary) for name, text in texts.items()}
    return found, taught_by(found.values(), vocabulary)
