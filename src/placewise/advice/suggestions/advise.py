"""The changes worth making: candidates are applied one by one, and ranked by what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from placewise.advice.suggestions.applying import AnyCase, applied
from placewise.advice.suggestions.case import Candidates
from placewise.advice.suggestions.facts import open_facts
from placewise.advice.suggestions.prices import price_moves
from placewise.advice.suggestions.suggestion import Advice, Applied, Change, Suggestion
from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.model.advice.changes import FactDescribed
from placewise.model.fleets.cluster import Fleet
from placewise.model.progress import SILENT, Progress
from placewise.worth.near_misses.search import near_misses
from placewise.worth.near_misses.suggestions import FleetChange, Relaxation

_Near = TypeVar("_Near", Relaxation, FleetChange)

TOP = 10
_MOST_LOOKED_AT = 1_000
_MOST_OF_EACH = 5


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What may be worth it: a change, or a fact with each of its answers."""

    changes: tuple[Change, ...]
    settles: int = 0


def advise(case: AnyCase, *, top: int = TOP, progress: Progress = SILENT) -> Advice:
    """Return the changes that gain most, each alone, by the rule of `Suggestion.rank`, at most `top`.

    Candidates are unknown facts, prices at which a cluster would be chosen, and the near misses of the jobs. What is
    unknown is to be described, and not to be changed. Each is applied, and the jobs are asked again. Those that gain
    matches alone come last; those by which jobs succeed less are left out.

    Raises InputError for a `top` below 1, an empty fleet, no jobs, and jobs that cannot be asked of the fleet.
    """
    if top < 1:
        raise InputError("top is not usable", found=top, expected="1 or more")
    before = case.standing()
    candidates, matches_only = _candidates(case, max(top, case.most_tried), progress)
    found = []
    count = sum(len(one.changes) for one in candidates)
    tried = 0
    for candidate in candidates:
        outcomes = []
        for change in candidate.changes:
            progress.advanced("applying changes", tried, count)
            tried += 1
            try:
                after = applied(case, change).standing()
            except InputError:
                # Once it is made, what a job asks cannot be compared with what is there: no change to suggest.
                continue
            outcomes.append(Applied(change, case.gains(before, after)))
        # A fact of which a single answer could be tried gains between nobody knows what.
        if len(outcomes) > isinstance(candidate.changes[0], FactDescribed):
            # Of answers that gain the same the first: that nothing more is there, then what most jobs ask for.
            least, most = min(outcomes, key=lambda one: one.gained), max(outcomes, key=lambda one: one.gained)
            found.append(Suggestion(least, most, candidate.settles))
    useful = sorted((one for one in found if one.gains_something or one.gains_matches_only), key=lambda one: one.rank)
    shown = useful[:top]
    losing = sum(not one.gains_something and not one.gains_matches_only for one in found if one.most.gains.matches > 0)
    unseen = sum(not one.gains_something for one in useful[top:])
    return Advice(case.now(before), tuple(shown), tried, matches_only + losing + unseen, case.notes)


def _candidates(case: AnyCase, most: int, progress: Progress) -> tuple[list[_Candidate], int]:
    """Return what is to be applied, and how many changes gain matches only and are not."""
    index = FleetIndex(case.fleet)
    if not index.names:
        raise InputError("the fleet has no clusters", expected="at least one")
    progress.advanced("unknown facts", 0, 3)
    jobs = case.candidates
    facts = open_facts(index, jobs, most)
    found = [_Candidate(one.answers, one.fact.settled) for one in facts]
    progress.advanced("prices", 1, 3)
    choices = case.choices(index)
    moves = [] if choices is None else price_moves(case.fleet, choices)
    found += [_Candidate((one,)) for one in moves]
    progress.advanced("near misses", 2, 3)
    relaxations: dict[tuple[str, str], Relaxation] = {}
    changes: dict[tuple[str, str, str], FleetChange] = {}
    matches_only = 0
    for one in jobs:
        near = near_misses(
            index, one.workload, judging=one.judging, top=_MOST_LOOKED_AT, numbers=one.numbers, progress=progress
        )
        matches_only += near.matches_only
        for way in near.relaxations:
            relaxations.setdefault((str(way.requirement), str(way.relaxed)), way)
        further = _for_each(index, one) if case.spreads else ()
        for change in (*near.changes, *further):
            if case.fleet.vocabulary.completeness(change.cluster, change.subsystem) is True:
                changes.setdefault((change.cluster, change.subsystem, repr(change.after)), change)
    found += [_Candidate((one,)) for one in _first(relaxations.values(), most)]
    found += [_Candidate((one,)) for one in _first(changes.values(), most)]
    return found, matches_only


def _for_each(index: FleetIndex, jobs: Candidates) -> Iterator[FleetChange]:
    """Yield the changes of each cluster by which the most further jobs match it, be it that they match others or not.

    That is what near misses are on a fleet of this cluster alone, which knows the words of the others.
    """
    for cluster in index.fleet.clusters:
        alone = FleetIndex(Fleet((cluster,), index.vocabulary))
        yield from near_misses(alone, jobs.workload, top=_MOST_OF_EACH, numbers=jobs.numbers).changes


def _first(suggested: Iterable[_Near], most: int) -> list[_Near]:
    """Return the candidates that near misses say gain most, where those of several shapes of jobs come together."""
    return sorted(suggested, key=lambda one: -_expected(one))[:most]


def _expected(one: Relaxation | FleetChange) -> float:
    if one.success is not None:
        return round(one.success.net, 6)
    return one.net if isinstance(one, FleetChange) else one.gained
