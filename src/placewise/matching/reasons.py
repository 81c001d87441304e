"""Why a job matches no cluster, in one line."""

from __future__ import annotations

from placewise.matching.index import FleetIndex
from placewise.matching.match import clusters_meeting
from placewise.model.job import Job


def reason(index: FleetIndex, job: Job) -> str:
    """Return one line about a job that matches no cluster: the requirement that is met on the fewest clusters.

    Raises InputError as `match` does.
    """
    total = len(index.names)
    met = [(clusters_meeting(index, requirement), requirement) for requirement in job.requirements]
    if not met:
        return "no cluster can host the resources asked for"
    unmet = [requirement for clusters, requirement in met if not clusters]
    if unmet:
        more = f", nor {len(unmet) - 1} more" if len(unmet) > 1 else ""
        return f"no cluster meets {unmet[0]}{more}"
    together = (1 << total) - 1
    for clusters, _ in met:
        together &= clusters
    if together:
        return "no cluster meets all at once on the nodes asked for"
    clusters, fewest = min(met, key=lambda one: one[0].bit_count())
    return f"no cluster meets all; {clusters.bit_count()} of {total} meet {fewest}"
