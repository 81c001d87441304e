"""What is said of imports that describe one cluster together."""

from __future__ import annotations

from placewise.model.fleets.joined_parts import Overlap


def overlap_reason(overlap: Overlap) -> str:
    """Say why a cluster does not take a subsystem from an import."""
    if overlap.counts:
        return f"{overlap.counts} describes it too, and counts before it"
    return "there are several, and no file says which machines have which"
