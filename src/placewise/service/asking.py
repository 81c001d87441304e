"""Questions that change nothing: what matches, why not, which clusters and jobs there are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from placewise.matching.index import FleetIndex
from placewise.matching.match import Match
from placewise.matching.why_not import WhyNot, why_not
from placewise.model.job import Job
from placewise.service.state import State

_SHOWN = 4
_FEW_PAIRS = 10_000


def match(state: State, job: Job, usable: frozenset[str] | None) -> Match:
    """Return the clusters, of those that may be used, that could ever run a job."""
    found = state.fleet.scheduler.match(job)
    if usable is None:
        return found
    kept = [pair for pair in zip(found.positions, found.names, strict=True) if pair[1] in usable]
    return Match(tuple(position for position, _ in kept), tuple(name for _, name in kept))


async def explain(state: State, job: Job, usable: frozenset[str] | None, *, near_misses: bool = True) -> WhyNot:
    """Say why the clusters that may be used and do not match a job do not."""
    index = state.fleet.scheduler.index
    # Where it takes no longer than to wake another thread, it is done here.
    small = len(index.names) * len(job.requirements) < _FEW_PAIRS
    ask = partial(why_not, index, job, near_misses=near_misses)
    why = ask() if small else await state.beside(ask)
    return why if usable is None else _of(why, index, usable)


def in_short(why: WhyNot) -> str:
    """Say in one line why a job fits nowhere."""
    lines = in_words(why)
    shown = lines[:_SHOWN] + ([f"{len(lines) - _SHOWN} further reasons"] if len(lines) > _SHOWN else [])
    return "fits on no cluster: " + "; ".join(shown)


def in_words(why: WhyNot) -> list[str]:
    """Say line by line what keeps clusters from matching: the requirements that fail on most first."""
    lines = [f"{one.requirement} fails on {len(one.clusters)} of {why.total}" for one in why.blocked]
    if why.too_small:
        lines.append(f"{len(why.too_small)} of {why.total} cannot host the resources")
    if why.scattered:
        lines.append(f"{len(why.scattered)} of {why.total} meet the requirements only on different nodes")
    lines += [f"no cluster has a resource of type {kind!r}" for kind in why.unknown_types]
    return lines or ["no cluster is registered" if not why.total else "nothing keeps the clusters from matching now"]


def _of(why: WhyNot, index: FleetIndex, usable: frozenset[str]) -> WhyNot:
    """Leave out of an explanation the clusters that may not be used."""

    def some(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in usable)

    def lacking(names: tuple[str, ...], subsystem: str) -> int:
        return sum(subsystem not in index.compiled(index.positions[name]).subsystems for name in names)

    blocked = [
        replace(one, clusters=names, lacking=lacking(names, one.requirement.subsystem))
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
    )
