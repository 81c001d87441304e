"""What a match comes to where something is not described, and jobs that have to meet further requirements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import Match
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import AllOf, Expression

UNKNOWN = ("separate", "yes", "no")
"""What to take an unknown answer for; `separate` keeps those clusters apart."""

REQUIRED = "the job"
"""The name of a job that is nothing but requirements."""


def refuse_other_words(unknown: str, place: str | None = None) -> None:
    """Raise InputError for what is not one of UNKNOWN."""
    if unknown not in UNKNOWN:
        expected = " or ".join(UNKNOWN)
        raise InputError("does not say what to take the unknown for", place=place, found=unknown, expected=expected)


def decided(index: FleetIndex, found: Match, unknown: str) -> Match:
    """Return a match with the clusters of which it is unknown counted in (``yes``), out (``no``) or apart.

    Raises InputError for another word.
    """
    refuse_other_words(unknown)
    if unknown == "separate" or not found.unknown:
        return found
    if unknown == "no":
        return replace(found, unknown=())
    positions = sorted({*found.positions, *map(index.positions.__getitem__, found.unknown)})
    return replace(found, positions=tuple(positions), names=tuple(index.names[one] for one in positions), unknown=())


def not_comparable(index: FleetIndex, requirements: Iterable[Expression]) -> int:
    """Return on how many clusters a value decides of a requirement that cannot be compared with what is asked."""
    requirements = list(requirements)
    index, found = index.naming(requirements), 0
    for requirement in requirements:
        met = index.meeting(requirement)
        if met.certain:
            continue
        for _, places in met.problems:
            found |= bitset.to_number(index.clusters_of(places & met.possible & ~met.yes))
    return found.bit_count()


def required_job(requirements: Sequence[Expression], name: str = REQUIRED) -> Job:
    """Return the job that asks for one place at which some requirements hold, and for no shape."""
    return Job(name, (ResourceGroup((), _apart(requirements)),))


def with_requirements(job: Job, requirements: Sequence[Expression]) -> Job:
    """Return a job of which every group of resources has to meet further requirements as well."""
    if not requirements:
        return job
    further = _apart(requirements)
    groups = [replace(group, requirements=(*group.requirements, *further)) for group in job.groups]
    return replace(job, groups=tuple(groups))


def _apart(requirements: Sequence[Expression]) -> tuple[Expression, ...]:
    """Return requirements with each `and` as its parts, which hold at one place anyhow, so that each is told of."""
    return tuple(part for one in requirements for part in (one.parts if isinstance(one, AllOf) else (one,)))
