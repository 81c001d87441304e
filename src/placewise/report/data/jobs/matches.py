"""What jobs match, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from placewise.matching.match import Match
from placewise.matching.preferences import Scores


def match_document(job: str, found: Match, total: int) -> dict[str, Any]:
    """Return the match of a job in a fleet of so many clusters as mappings and lists."""
    return {
        "job": job,
        "clusters": list(found.names),
        "unknown": list(found.unknown),
        "incomparable": [
            {"cluster": one.cluster, "requirement": str(one.requirement), "problem": one.problem}
            for one in found.incomparable
        ],
        "total_clusters": total,
    }


def scores_document(found: Scores) -> list[dict[str, Any]]:
    """Return what wishes count on clusters as mappings and lists, the highest score first."""
    return [
        {
            "cluster": one.cluster,
            "score": one.score,
            "wishes": [
                {"wish": str(wish.expression), "weight": wish.weight, "holds": holds}
                for wish, holds in zip(found.wishes, one.holds, strict=True)
            ],
        }
        for one in found.clusters
    ]


def matches_document(
    found: Sequence[tuple[str, Match]],
    total: int,
    scored: Sequence[Scores] | None = None,
    nodes: Sequence[Mapping[str, Sequence[str]]] | None = None,
) -> dict[str, Any]:
    """Return the document of one job, or that of several: a list under ``jobs``; with scores and nodes, where given."""
    documents = [match_document(job, one, total) for job, one in found]
    for document, scores in zip(documents, scored or (), strict=False):
        document["scores"] = scores_document(scores)
    for document, fitting in zip(documents, nodes or (), strict=False):
        document["nodes"] = {cluster: list(names) for cluster, names in fitting.items()}
    return documents[0] if len(documents) == 1 else {"jobs": documents}
