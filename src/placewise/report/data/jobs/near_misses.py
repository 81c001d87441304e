"""How far unmatched jobs are from matching, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from placewise.worth.near_misses.suggestions import NearMisses, Success


def near_misses_document(found: NearMisses) -> dict[str, Any]:
    """Return near misses as mappings and lists; what success becomes is null where requirements decide it."""
    return {
        "total_jobs": found.jobs,
        "unmatched": found.unmatched,
        "fewest_failing_requirements": [{"requirements": number, "jobs": jobs} for number, jobs in found.fewest],
        "no_cluster_large_enough": found.too_large,
        "matches_only": found.matches_only,
        "relaxations": [
            {
                "requirement": str(one.requirement),
                "subsystem": one.requirement.subsystem,
                "to": None if one.relaxed is None else str(one.relaxed),
                "jobs_with_requirement": one.jobs,
                "jobs_gained": one.gained,
                "clusters_per_job_gained": one.clusters_per_job,
                "success": _success_document(one.success),
                "steps": [
                    {"to": None if step.relaxed is None else str(step.relaxed), "jobs_gained": step.gained}
                    for step in one.steps
                ],
            }
            for one in found.relaxations
        ],
        "fleet_changes": [
            {
                "cluster": one.cluster,
                "subsystem": one.subsystem,
                "before": None if one.before is None else dict(one.before),
                "after": dict(one.after),
                "jobs_gained": one.gained,
                "jobs_lost": one.lost,
                "jobs_net": one.net,
                "success": _success_document(one.success),
            }
            for one in found.changes
        ],
    }


def _success_document(success: Success | None) -> dict[str, float] | None:
    return (
        None
        if success is None
        else {
            "gained": success.gained,
            "lost": success.lost,
            "net": success.net,
        }
    )
