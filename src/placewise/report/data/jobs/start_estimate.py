"""When a job would start, as plain values for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from placewise.model.traces.start_estimate import StartEstimate


def start_document(found: StartEstimate) -> dict[str, Any]:
    """Return when a job would start on each cluster as mappings and lists; times are Unix times, in seconds."""
    document = asdict(found)
    document["clusters"] = list(document["clusters"])
    document["notes"] = list(document["notes"])
    return document
