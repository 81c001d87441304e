"""What a changed fleet does to jobs, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.advice.fleet_diff import ClusterCauses, FleetDiff, JobChange
from placewise.report.data.fleets.fleet_diff import Gain, job_counts
from placewise.report.words.fleets.fleet_changes import NOTHING, count_lines
from placewise.report.words.numbers import counted, jobs, shown

CAUSES: dict[Gain, str] = {
    "lost": "Why jobs lose clusters",
    "gained": "What was in the way where jobs gain clusters",
    "may_lose": "Why clusters cannot match any more that might have",
    "may_gain": "What was in the way where clusters may match now",
}
MAYBE = "?"
MAYBE_MEANS = (
    "A question mark means that a cluster's description does not say enough: it may match now, or may have before."
)


def diff_lines(found: FleetDiff) -> Iterator[str]:
    """Yield what came of a comparison: of clusters, and then of jobs."""
    clusters = ", ".join(count_lines(found.fleet))
    if not found.fleet:
        yield f"{NOTHING} {clusters}." if clusters else NOTHING
    elif not any(one.what != "unchanged" for one in found.fleet.clusters):
        yield f"{clusters}; the vocabulary is another one."
    else:
        yield f"{clusters}."
    if found.jobs is None:
        return
    counts = job_counts(found.jobs)
    if not found.jobs:
        yield f"None of {jobs(counts.jobs)} gains or loses a cluster."
        return
    fewer, more = (f"{count:,}" if count else "none" for count in (counts.fewer, counts.more))
    yield f"Jobs that lose clusters: {fewer} of {counts.jobs:,}; jobs that gain some: {more}."
    if counts.newly_nowhere:
        yield f"Jobs that match no cluster any more: {counts.newly_nowhere:,}."
    if counts.newly_somewhere:
        yield f"Jobs that matched no cluster and match one now: {counts.newly_somewhere:,}."
    if counts.uncertain:
        yield f"Jobs for which only what may match changes, as not enough is described: {counts.uncertain:,}."


def job_name(change: JobChange) -> str:
    """Write the name of equal jobs: that of the first, and how many others there are."""
    others = len(set(change.names)) - 1
    return shown(change.names[0]) + (f" and {counted(others, 'other')}" if others else "")


def lost_names(change: JobChange) -> list[str]:
    """Return the clusters that a job loses; those of which it was not certain are marked."""
    return _named(change.lost, change.may_lose)


def gained_names(change: JobChange) -> list[str]:
    """Return the clusters that a job gains; those of which it is not certain are marked."""
    return _named(change.gained, change.may_gain)


def _named(certain: Sequence[ClusterCauses], maybe: Sequence[ClusterCauses]) -> list[str]:
    return [shown(one.cluster) for one in certain] + [f"{shown(one.cluster)}{MAYBE}" for one in maybe]
