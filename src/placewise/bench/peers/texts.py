"""A fleet and a workload as plain texts, from which peers build what they understand."""

from __future__ import annotations

from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import VERSION, version_bounds


def offered(fleet: Fleet) -> list[dict[str, str]]:
    """Return for each cluster the version of each package that it has."""
    return [
        {
            subsystem.name: str(dict(vertex.properties)[VERSION])
            for subsystem in cluster.subsystems
            for vertex in subsystem.vertices
        }
        for cluster in fleet.clusters
    ]


def wanted(workload: Workload) -> list[tuple[str, str | None, str | None]]:
    """Return package, minimum and maximum of each requirement; None leaves that end open."""
    return [(r.subsystem, *version_bounds(r)) for r in workload.requirements]
