"""What a changed fleet does to jobs, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.advice.fleet_diff import ClusterCauses, FleetDiff, JobChange
from placewise.model.fleets.fleet_changes import ClusterChange, FleetChanges
from placewise.model.scalar import counted
from placewise.report.data.fleets.fleet_diff import Gain, job_counts, most_affecting
from placewise.report.words.fleets.fleet_changes import NOTHING, WORDS, cluster_lines, counts_sentence
from placewise.report.words.numbers import jobs, listed, shown

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

_MOST_NAMED = 3
_VOCABULARY = "The clusters are described alike, but the vocabulary has changed"


def diff_lines(found: FleetDiff) -> Iterator[str]:
    """Yield what came of a comparison: the answer, what became of the clusters, and then what of the jobs."""
    yield diff_answer(found)
    yield from clusters_lines(found)
    yield from jobs_lines(found)


def diff_answer(found: FleetDiff) -> str:
    """Say in a sentence what changed for whom: for jobs if there are any, else for clusters; and what changed most."""
    clusters = counts_sentence(found.fleet)
    if found.jobs is None:
        if not found.fleet:
            return f"{NOTHING} {clusters}." if clusters else NOTHING
        most = _most_changed(found.fleet)
        return f"{clusters}{'; ' if most else ''}{most}." if clusters else f"{_VOCABULARY}."
    if not found.jobs:
        return f"None of {jobs(found.jobs.jobs)} gains or loses a cluster."
    counts, of = job_counts(found.jobs), f"of {jobs(found.jobs.jobs)}"
    lose, gain = ("loses" if counts.fewer == 1 else "lose"), ("gains" if counts.more == 1 else "gain")
    if counts.fewer:
        gains = f"{counts.more:,} {gain} some" if counts.more else "none gains any"
        said = f"{counts.fewer:,} {of} {lose} clusters and {gains}"
    elif counts.more:
        said = f"{counts.more:,} {of} {gain} clusters and none loses any"
    else:
        said = f"None {of} gains or loses a cluster for certain, but {counts.uncertain:,} may"
    return f"{said}: {_most_affecting(found)}."


def clusters_lines(found: FleetDiff) -> Iterator[str]:
    """Yield how many clusters changed, where the answer is about jobs."""
    if found.jobs is None:
        return
    if not found.fleet:
        yield NOTHING
    elif any(one.what != "unchanged" for one in found.fleet.clusters):
        yield f"{counts_sentence(found.fleet)}."
    else:
        yield f"{_VOCABULARY}."


def jobs_lines(found: FleetDiff) -> Iterator[str]:
    """Yield what becomes of jobs beside what the answer says."""
    if not found.jobs:
        return
    counts = job_counts(found.jobs)
    if counts.newly_nowhere:
        yield f"Jobs that match no cluster any more: {counts.newly_nowhere:,}."
    if counts.newly_somewhere:
        yield f"Jobs that matched no cluster and match one now: {counts.newly_somewhere:,}."
    if counts.uncertain and (counts.fewer or counts.more):
        yield f"Jobs for which only what may match changes, as not enough is described: {counts.uncertain:,}."


def _most_affecting(found: FleetDiff) -> str:
    """Name the clusters that most jobs gain or lose, with what became of them."""
    names, count = most_affecting(found.jobs) if found.jobs else ([], 0)
    there = {name: one for one in found.fleet.clusters for name in (one.was, one.cluster)}
    named = [_with_change(name, there.get(name)) for name in names[:_MOST_NAMED]]
    if len(names) == 1:
        return f"{named[0]} affects the most jobs, {count:,}" if count > 1 else f"{named[0]} affects it"
    if len(names) > _MOST_NAMED:
        return f"{len(names):,} clusters, such as {named[0]}, affect {jobs(count)} each"
    return f"{listed(named)} affect {jobs(count)} each"


def _most_changed(changes: FleetChanges) -> str:
    """Name the clusters with the most differences; nothing where none changed."""
    counts = {one: len(list(cluster_lines(one, _first_name))) for one in changes.of("changed")}
    most = [one for one, count in counts.items() if count == max(counts.values())]
    named = [_with_change(one.cluster, one) for one in most[:_MOST_NAMED]]
    if len(most) > _MOST_NAMED:
        return f"{len(most):,} of them differ most, such as {named[0]}"
    return f"{listed(named)} {'differs' if len(named) == 1 else 'differ'} most" if named else ""


def _with_change(name: str, change: ClusterChange | None) -> str:
    """Write a cluster's name and in brackets what became of it: new, gone, or its one difference, or how many."""
    if change is None or change.what == "unchanged":
        return shown(name)
    lines = list(cluster_lines(change, _first_name)) if change.what == "changed" else [WORDS[change.what]]
    return f"{shown(name)} ({lines[0] if len(lines) == 1 else counted(len(lines), 'difference')})"


def _first_name(names: Sequence[str]) -> str:
    return f"{shown(names[0])}{', ...' if names[1:] else ''}"


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
