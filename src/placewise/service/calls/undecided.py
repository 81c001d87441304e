"""The clusters of which it cannot be said whether they match a job: something is not described, or not comparable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from placewise.matching.fleet.index import FleetIndex
from placewise.matching.fleet.open_tests import open_tests
from placewise.matching.incomparable import Incomparable
from placewise.matching.match import incomparables, match_of, undecided_clusters
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression
from placewise.model.scalar import counted

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Undecided:
    """The clusters that may match a job.

    unknown : the names of those where what is not described decides. about : the subsystems that are not described,
    of all of them. incomparable : those of which a value decides that cannot be compared with what is asked.
    """

    unknown: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    incomparable: tuple[Incomparable[Expression], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unknown or self.incomparable)

    def in_words(self) -> list[str]:
        """Say line by line what may match, and what keeps it from being known."""
        return [*unknown_in_words(len(self.unknown), self.about), *incomparable_in_words(self.incomparable)]


def undecided(
    index: FleetIndex, job: Job, usable: frozenset[str] | None, matched: int | None = None, work: Work | None = None
) -> Undecided:
    """Return which of the clusters that may be used it cannot be said of whether they match. Raises what `match` does.

    Where every answer is certain, this takes next to nothing. matched, work : see `undecided_clusters`.
    """
    clusters = undecided_clusters(index, job, matched, work)
    if usable is not None:
        clusters &= _set_of(index, usable)
    if not clusters:
        return Undecided()
    incomparable = incomparables(index, job, clusters)
    for one in incomparable:
        clusters &= ~(1 << index.positions[one.cluster])
    return Undecided(match_of(index, clusters).names, tuple(sorted(set(_about(index, job, clusters)))), incomparable)


def unknown_in_words(count: int, about: tuple[str, ...]) -> list[str]:
    """Say how many clusters may match, and what of them is not described; nothing where there are none."""
    if not count:
        return []
    names = _some(about) or "what is asked for"
    who, they = ("1 more cluster", "it has") if count == 1 else (f"{count} more clusters", "they have")
    return [f"{who} may match: what {they} of {names} is not described"]


def incomparable_in_words(found: tuple[Incomparable[Expression], ...]) -> list[str]:
    """Say which clusters have a value that cannot be compared; of many the first."""
    lines = [f"{one.cluster} cannot be compared with {one.requirement}: {one.problem}" for one in found[:_SHOWN]]
    rest = len(found) - _SHOWN
    return lines + ([f"{counted(rest, 'further cluster')} cannot be compared with what is asked"] if rest > 0 else [])


def _about(index: FleetIndex, job: Job, clusters: int) -> Iterator[str]:
    """Yield the subsystems that some of the clusters may have more of than is described, if that may matter."""
    index = index.asked_by(job)
    for requirement in job.requirements:
        for test, open_ones in open_tests(index, requirement):
            if open_ones & clusters:
                yield test.subsystem


def _set_of(index: FleetIndex, names: frozenset[str]) -> int:
    return sum(1 << index.positions[name] for name in names if name in index.positions)


def _some(names: tuple[str, ...]) -> str:
    shown = " or ".join(names[:_SHOWN])
    return f"{shown} or others" if len(names) > _SHOWN else shown
