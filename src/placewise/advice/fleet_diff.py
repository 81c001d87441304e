"""What is different between two descriptions of a fleet, and which jobs gain and lose clusters by it, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from placewise.errors import InputError, locating
from placewise.matching.causes.many_jobs import CausesOfMany
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import Match, match
from placewise.model.advice.asked_jobs import AskedJobs
from placewise.model.advice.fleet_diff import ClusterCauses, FleetDiff, JobChange, JobChanges
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.fleet_comparison import compare_fleets, kinds_changed
from placewise.model.jobs.job import Job

NOT_THERE = "the cluster is not in the fleet"

_NOTHING = Match((), ())


@dataclass(frozen=True, slots=True)
class _Side:
    """A fleet before or after, compiled."""

    index: FleetIndex
    causes: CausesOfMany


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a job matches on one side. problem : why it cannot be asked there; it matches nothing then."""

    job: Job
    match: Match
    problem: InputError | None = None


def fleet_diff(
    before: Fleet, after: Fleet, asked: AskedJobs | None = None, *, ignore_limits: bool = False
) -> FleetDiff:
    """Return what is different between two descriptions of a fleet, and, of jobs, who gains and loses which clusters.

    What one description knows, subsystems, fields and types of resources, the other knows too: what is gone is not
    there, and no mistake of the job's. A cluster that is only renamed is the same one. A job that cannot be asked of
    one of the two, since a field has another kind there, matches nothing there. ignore_limits : leave out what the
    sites' partitions and nodes allow. Raises InputError for a job that can be asked of neither.
    """
    changes = compare_fleets(before, after)
    if asked is None:
        return FleetDiff(changes)
    differ = {name for one in changes.clusters if one.what != "unchanged" for name in (one.cluster, one.was)}
    sides = _sides(before, after, differ)
    # Answers may differ by nothing else: the kind of a field that nobody said follows from what is first offered.
    old, new = (side.index.vocabulary.kinds for side in sides)
    both = old.keys() & new.keys()
    inferred = kinds_changed({name: old[name] for name in both}, {name: new[name] for name in both})
    kinds = {one.name: one for one in (*inferred, *changes.kinds)}
    changes = replace(changes, kinds=tuple(kinds[name] for name in sorted(kinds)))
    return FleetDiff(changes, _job_changes(sides, changes.renamed, asked, ignore_limits))


def _sides(before: Fleet, after: Fleet, differ: Collection[str]) -> tuple[_Side, _Side]:
    indexes = FleetIndex(before, names_apart=True), FleetIndex(after, names_apart=True)
    fields = indexes[0].facts.fields | indexes[1].facts.fields
    types = indexes[0].known_types | indexes[1].known_types
    sides = []
    for fleet, index, other in ((before, *indexes), (after, *indexes[::-1])):
        words = replace(index.vocabulary.with_known(other.vocabulary.known, {}), types=types)
        states = {one.name: dict(one.state) for one in fleet.clusters}
        known = index.in_vocabulary(words).with_states(states, fields)
        sides.append(_Side(known, CausesOfMany(known, differ)))
    return sides[0], sides[1]


def _job_changes(
    sides: tuple[_Side, _Side], renamed: Mapping[str, str], asked: AskedJobs, ignore_limits: bool
) -> JobChanges:
    changed, nowhere = [], [0, 0]
    for job, names in zip(asked.jobs, asked.names, strict=True):
        before, after = (_answer(side, job, ignore_limits) for side in sides)
        if before.problem is not None and after.problem is not None:
            raise before.problem
        for number, answer in enumerate((before, after)):
            nowhere[number] += 0 if answer.match else len(names)
        change = _job_change(names, sides, renamed, before, after)
        if change:
            changed.append(change)
    return JobChanges(asked.count, tuple(changed), *nowhere)


def _answer(side: _Side, job: Job, ignore_limits: bool) -> _Answer:
    try:
        with locating(place=f"job {job.name!r}"):
            limited = job if ignore_limits else with_limits(job, side.index.vocabulary)
            return _Answer(limited, match(side.index, limited))
    except InputError as error:
        return _Answer(job, _NOTHING, error)


def _job_change(
    names: tuple[str, ...], sides: tuple[_Side, _Side], renamed: Mapping[str, str], before: _Answer, after: _Answer
) -> JobChange:
    matched, might = ({renamed.get(one, one) for one in some} for some in (before.match.names, before.match.unknown))
    matches, may = set(after.match.names), set(after.match.unknown)
    if (matched, might) == (matches, may):
        return JobChange(names, len(matched), len(matches))
    first = {new: old for old, new in renamed.items()}

    def gained(clusters: set[str]) -> tuple[ClusterCauses, ...]:
        return _causes({one: first.get(one, one) for one in clusters}, sides[0], before)

    def lost(clusters: set[str]) -> tuple[ClusterCauses, ...]:
        return _causes({first.get(one, one): one for one in clusters}, sides[1], after)

    return JobChange(
        names,
        len(matched),
        len(matches),
        gained(matches - matched),
        lost(matched - matches),
        gained(may - matched - might),
        lost(might - matches - may),
    )


def _causes(clusters: Mapping[str, str], elsewhere: _Side, answer: _Answer) -> tuple[ClusterCauses, ...]:
    """Return clusters that match on one side with the causes for which they do not on the other.

    clusters : their names where they match, each with that on the other side. answer : of the other side.
    """
    asked = [name for name in clusters.values() if name in elsewhere.index.positions]
    found: dict[str, tuple[str, ...]] = {}
    if answer.problem is not None:
        found = dict.fromkeys(asked, (answer.problem.problem,))
    elif asked:
        found = elsewhere.causes.of(answer.job, answer.match, asked)
    return tuple(ClusterCauses(name, found.get(other, (NOT_THERE,))) for name, other in sorted(clusters.items()))
