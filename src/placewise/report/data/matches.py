"""What jobs match, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placewise.matching.match import Match


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


def matches_document(found: Sequence[tuple[str, Match]], total: int) -> dict[str, Any]:
    """Return the document of one job, or that of several: a list under ``jobs``."""
    documents = [match_document(job, one, total) for job, one in found]
    return documents[0] if len(documents) == 1 else {"jobs": documents}
