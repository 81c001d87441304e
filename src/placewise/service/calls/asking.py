"""Questions that change nothing: what matches, why not, which clusters and jobs there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.causes.cause import Blocked, CausesThere
from placewise.matching.causes.why_not import WhyNot, why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import Match, clusters_meeting, match_of, matching
from placewise.matching.preferences import Scores, scores
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression, tests_of
from placewise.model.scalar import counted
from placewise.service.beside.turns import Caller
from placewise.service.calls.undecided import incomparable_in_words, undecided, unknown_in_words
from placewise.service.live.state import State

FITS_NOWHERE = "fits on no cluster: "
"""What the reason of a refusal begins with; what keeps the clusters from matching follows, with `; ` between."""
FURTHER_FAIL = "further requirements fail somewhere"

_PAIRS_A_STEP = 4


async def match(state: State, caller: Caller, job: Job, usable: frozenset[str] | None) -> tuple[Match, Scores | None]:
    """Return the clusters, of those that may be used, that could ever run a job, and those that may.

    Beside it what the job's wishes count on the clusters that match; None without wishes.
    """
    index = state.fleet.scheduler.index

    def found(check: Callable[[int], None]) -> tuple[Match, Scores | None]:
        work = Work.of(len(index.names), check)
        able = matching(index, job, work=work)
        open_ones = undecided(index, job, usable, able, work)
        if usable is not None:
            able &= bitset.to_number(bitset.pack(_flags(index, usable)))
        matched = replace(match_of(index, able), unknown=open_ones.unknown, incomparable=open_ones.incomparable)
        return matched, scores_of(index, job, able, check)

    return await state.heavy.at_once_or_beside(caller, found)


def scores_of(index: FleetIndex, job: Job, clusters: int, check: Callable[[int], None]) -> Scores | None:
    """Return what a job's wishes count on some clusters, the highest score first; None without wishes."""
    return scores(index, job, clusters, check) if job.wishes else None


async def explain(state: State, caller: Caller, job: Job, usable: frozenset[str] | None) -> WhyNot:
    """Say why the clusters that may be used and do not match a job do not, and of which it cannot be said."""
    index = state.fleet.scheduler.index

    def found(check: Callable[[int], None]) -> WhyNot:
        # To look at each requirement on each cluster is work too, however little is found.
        check(len(index.names) * len(job.requirements) // _PAIRS_A_STEP)
        why = why_not(index, job, check)
        return why if usable is None else _restricted(why, index, usable)

    return await state.heavy.at_once_or_beside(caller, found)


def most_failed(
    index: FleetIndex, job: Job, usable: frozenset[str] | None, check: Callable[[int], None]
) -> list[tuple[Expression, int]]:
    """Return the requirements that fail on some of the clusters that may be used, and on how many: most first.

    Where it is unknown whether a requirement holds, it does not fail. A fraction of what `explain` takes.
    """
    work = Work.of(len(index.names), check)
    index = index.asked_by(job, work)
    usable_ones = bitset.to_number(
        index.clusters_of(index.everything) if usable is None else bitset.pack(_flags(index, usable))
    )
    total = usable_ones.bit_count()
    failed = []
    for requirement in job.requirements:
        possible = clusters_meeting(index, requirement, possible=True, work=work)
        failures = total - (possible & usable_ones).bit_count()
        if failures:
            failed.append((requirement, failures))
    return sorted(failed, key=itemgetter(1), reverse=True)


def _flags(index: FleetIndex, names: frozenset[str]) -> NDArray[np.bool_]:
    return np.fromiter((name in names for name in index.names), np.bool_, count=len(index.names))


def in_words(why: WhyNot) -> list[str]:
    """Say line by line what keeps clusters from matching, the requirements that fail on most first."""
    of = counted(why.total, "cluster")
    undecided_ones = {one.cluster for one in why.unknown} | {one.cluster for one in why.incomparable}
    failed = [(one.requirement, len(set(one.clusters) - undecided_ones)) for one in why.blocked]
    lines = [f"{requirement} fails on {count} of {of}" for requirement, count in failed if count]
    if why.too_small:
        lines.append(f"{len(why.too_small)} of {of} cannot host the resources")
    if why.scattered:
        lines.append(f"{len(why.scattered)} of {of} meet the requirements only on different nodes")
    lines += [f"no cluster has a resource of type {kind!r}" for kind in why.unknown_types]
    about = tuple(sorted({fact.subsystem for one in why.unknown for fact in one.facts} - {""}))
    lines += [*unknown_in_words(len(why.unknown), about), *incomparable_in_words(why.incomparable)]
    return lines or ["no cluster is registered" if not why.total else "nothing keeps the clusters from matching now"]


def _restricted(why: WhyNot, index: FleetIndex, usable: frozenset[str]) -> WhyNot:
    """Return an explanation without the clusters that may not be used."""

    def some(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in usable)

    def lacking(names: tuple[str, ...], requirement: Expression) -> int:
        subsystems = {test.subsystem for test in tests_of(requirement)}
        return sum(not any(index.has(index.positions[name], one) for one in subsystems) for name in names)

    def there(causes: tuple[CausesThere, ...]) -> tuple[CausesThere, ...]:
        return tuple(CausesThere(one.causes, names) for one in causes if (names := some(one.clusters)))

    blocked = [
        Blocked(one.requirement, names, lacking(names, one.requirement), there(one.causes))
        for one in why.blocked
        if (names := some(one.clusters))
    ]
    return replace(
        why,
        total=sum(name in index.positions for name in usable),
        matched=some(why.matched),
        blocked=tuple(sorted(blocked, key=lambda one: -len(one.clusters))),
        near_misses=tuple(near for near in why.near_misses if near.cluster in usable),
        scattered=some(why.scattered),
        too_small=some(why.too_small),
        unknown=tuple(one for one in why.unknown if one.cluster in usable),
        incomparable=tuple(one for one in why.incomparable if one.cluster in usable),
        apart=there(why.apart),
    )
