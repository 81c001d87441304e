"""What a changed fleet does to jobs: the numbers of its tables, and plain values for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from placewise.model.advice.fleet_diff import ClusterCauses, FleetDiff, JobChange, JobChanges
from placewise.report.data.fleets.fleet_changes import fleet_changes_document

Gain: TypeAlias = Literal["lost", "gained", "may_lose", "may_gain"]

_KEYS: dict[Gain, str] = {
    "lost": "lost",
    "gained": "gained",
    "may_lose": "cannot_match_any_more",
    "may_gain": "may_match_now",
}


@dataclass(frozen=True, slots=True)
class CauseCount:
    """One cause, the jobs that lose (or gain) clusters for it, and those clusters.

    jobs : how many, equal ones too. names : one of each that are equal, in the order asked.
    """

    cause: str
    jobs: int
    names: tuple[str, ...]
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs gain and lose clusters.

    fewer : lose some. more : gain some. newly_nowhere : matched some cluster and match none now; newly_somewhere :
    the other way round. uncertain : neither gain nor lose one for certain, but may.
    """

    jobs: int
    fewer: int
    more: int
    newly_nowhere: int
    newly_somewhere: int
    uncertain: int


def job_counts(found: JobChanges) -> JobCounts:
    """Count the jobs that gain and lose clusters, equal ones too."""
    changed = found.changed
    return JobCounts(
        found.jobs,
        sum(len(one.names) for one in changed if one.lost),
        sum(len(one.names) for one in changed if one.gained),
        sum(len(one.names) for one in changed if one.matched_before and not one.matched_after),
        sum(len(one.names) for one in changed if one.matched_after and not one.matched_before),
        sum(len(one.names) for one in changed if not one.lost and not one.gained),
    )


def by_cause(found: JobChanges, what: Gain) -> list[CauseCount]:
    """Return the causes for which jobs gain or lose clusters, certainly or not, those of most jobs first."""
    jobs: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    clusters: dict[str, dict[str, None]] = {}
    for change in found.changed:
        there: tuple[ClusterCauses, ...] = getattr(change, what)
        for cause in dict.fromkeys(line for one in there for line in one.causes):
            jobs[cause] = jobs.get(cause, 0) + len(change.names)
            names.setdefault(cause, []).append(change.names[0])
        for one in there:
            for cause in one.causes:
                clusters.setdefault(cause, {})[one.cluster] = None
    return sorted(
        (CauseCount(cause, jobs[cause], tuple(names[cause]), tuple(sorted(clusters[cause]))) for cause in jobs),
        key=lambda one: (-one.jobs, -len(one.clusters), one.cause),
    )


def most_affected(found: JobChanges) -> list[JobChange]:
    """Return the jobs that change: those first that match nothing any more, then those that lose most."""
    return sorted(
        found.changed,
        key=lambda one: (
            not (one.matched_before and not one.matched_after),
            -len(one.lost),
            -len(one.gained),
            -len(one.names),
            one.names,
        ),
    )


def most_affecting(found: JobChanges) -> tuple[list[str], int]:
    """Return the clusters that the most jobs gain or lose, and how many jobs that is.

    Only where no job gains or loses one for certain are the uncertain ones counted.
    """
    for certain in (True, False):
        affected: Counter[str] = Counter()
        for change in found.changed:
            there = change.lost + change.gained if certain else change.may_lose + change.may_gain
            affected.update(dict.fromkeys((one.cluster for one in there), len(change.names)))
        if affected:
            most = max(affected.values())
            return sorted(cluster for cluster, jobs in affected.items() if jobs == most), most
    return [], 0


def diff_document(found: FleetDiff) -> dict[str, Any]:
    """Return what is different between two fleets, and what it does to jobs, as mappings and lists."""
    return {
        "differ": bool(found),
        "fleet": fleet_changes_document(found.fleet),
        "jobs": None if found.jobs is None else _jobs_document(found.jobs),
    }


def _jobs_document(found: JobChanges) -> dict[str, Any]:
    counts = job_counts(found)
    return {
        "jobs": counts.jobs,
        "lose_clusters": counts.fewer,
        "gain_clusters": counts.more,
        "match_nothing_any_more": counts.newly_nowhere,
        "match_something_now": counts.newly_somewhere,
        "match_nothing_before": found.nowhere_before,
        "match_nothing_after": found.nowhere_after,
        **{f"{key}_by_cause": [_cause_document(one) for one in by_cause(found, what)] for what, key in _KEYS.items()},
        "changed": [
            {
                "names": list(one.names),
                "matched_before": one.matched_before,
                "matched_after": one.matched_after,
                **{key: _clusters(getattr(one, what)) for what, key in _KEYS.items()},
            }
            for one in found.changed
        ],
    }


def _cause_document(one: CauseCount) -> dict[str, Any]:
    return {"cause": one.cause, "jobs": one.jobs, "clusters": list(one.clusters)}


def _clusters(found: Sequence[ClusterCauses]) -> list[dict[str, Any]]:
    return [{"cluster": one.cluster, "causes": list(one.causes)} for one in found]
