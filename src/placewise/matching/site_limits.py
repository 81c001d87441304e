"""What a job's attributes ask of a site's partitions and nodes: the one place where attributes become expressions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from placewise.errors import InputError, locating
from placewise.model.durations import seconds_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.site_limit import (
    Admits,
    Closed,
    GivesWhole,
    KeepsOut,
    Open,
    SiteLimit,
    TimeAllowed,
    is_whole,
)
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals, OneOf, Predicate
from placewise.model.requirements.requirement import Condition, Expression, Not
from placewise.model.scalar import Scalar, scalar_text

PARTITION = "partition"
NODE = "node"
STATE = "state"
PARTITION_FIELDS = ("name", "time_limit", "accounts", "denied_accounts", STATE, "exclusive")

_QUEUE = ("queue", PARTITION)
_ACCOUNT = ("account", "bank")
ATTRIBUTES = ("duration", *_QUEUE, *_ACCOUNT, "exclusive")
"""The attributes of jobs that limits are about."""

_NODE_IN_USE = Not(SiteLimit(NODE, (Condition(STATE, Closed()),), otherwise=False))


def with_limits(job: Job, vocabulary: Vocabulary) -> Job:
    """Return a job that has to meet the limits of sites, in a fleet that describes some; else the job itself.

    One partition must allow all that the job's attributes ask for, and nodes that are down or drained host nothing; a
    cluster that describes no partitions has no limits. Raises InputError for attributes that cannot be understood.
    """
    with locating(place=f"job {job.name!r}"):
        limits = limits_of(dict(job.attributes), vocabulary.known)
    if not limits:
        return job
    groups = [replace(group, requirements=(*group.requirements, *limits)) for group in job.groups]
    return replace(job, groups=tuple(groups))


def workload_with_limits(workload: Workload, known: Mapping[str, Collection[str]]) -> Workload:
    """Return a workload of which each job has to meet the limits of sites, as `with_limits` does for one.

    known : the fields of subsystems that the fleet describes, as in a vocabulary.
    """
    if not limits_of({}, known):
        return workload
    named = [name for name in ATTRIBUTES if name in workload.columns]
    found: dict[tuple[Scalar | None, ...], tuple[Expression, ...]] = {}
    rows = []
    for job, name in enumerate(workload.names):
        said = tuple([workload.columns[one][job] for one in named])
        if said not in found:
            attributes = {one: value for one, value in zip(named, said, strict=True) if value is not None}
            with locating(place=f"job {name!r}"):
                found[said] = limits_of(attributes, known)
        rows.append([*(workload.requirements[number] for number in workload.row(job)), *found[said]])
    return Workload.from_rows(workload.names, rows, workload.columns, workload.shape)


def described_in(fleet: Fleet) -> dict[str, set[str]]:
    """Return the fields of what limits are about, as the clusters of a fleet describe them."""
    known: dict[str, set[str]] = {}
    for cluster in fleet.clusters:
        for subsystem in cluster.subsystems:
            if subsystem.name in (PARTITION, NODE):
                fields = (name for vertex in subsystem.vertices for name, _ in vertex.properties)
                known.setdefault(subsystem.name, set()).update(fields)
    return known


def limits_of(attributes: Mapping[str, Scalar], known: Mapping[str, Collection[str]]) -> tuple[Expression, ...]:
    """Return what attributes ask of the sites of a fleet, of which these fields of subsystems are known."""
    found: list[Expression] = []
    if any(field in known.get(PARTITION, ()) for field in PARTITION_FIELDS):
        found.append(SiteLimit(PARTITION, tuple(_asked(attributes))))
    if STATE in known.get(NODE, ()):
        found.append(_NODE_IN_USE)
    return tuple(found)


def _asked(attributes: Mapping[str, Scalar]) -> list[Condition]:
    conditions = [Condition(STATE, Open())]
    if queue := _one_of(attributes, _QUEUE):
        names = tuple(name for one in queue.split(",") if (name := one.strip()))
        named: Predicate = OneOf(names) if len(names) > 1 else Equals(names[0] if names else queue)
        conditions.append(Condition("name", named))
    # A duration of 0 says that there is none.
    if duration := attributes.get("duration"):
        with locating(place="attribute 'duration'"):
            if seconds := seconds_of(duration):
                conditions.append(Condition("time_limit", TimeAllowed(seconds)))
    if account := _one_of(attributes, _ACCOUNT):
        conditions.append(Condition("accounts", Admits(account)))
        conditions.append(Condition("denied_accounts", KeepsOut(account)))
    if "exclusive" in attributes:
        whole = is_whole(attributes["exclusive"])
        if whole is None:
            problem, found = "does not say whether nodes are wanted whole", attributes["exclusive"]
            raise InputError(problem, place="attribute 'exclusive'", found=found, expected="true or false")
        conditions.append(Condition("exclusive", GivesWhole(whole)))
    return conditions


def _one_of(attributes: Mapping[str, Scalar], names: tuple[str, ...]) -> str:
    """Return what attributes of one meaning say. Raises InputError where they say two things."""
    said = {scalar_text(attributes[name]) for name in names if name in attributes}
    if len(said) > 1:
        expected = f"one of {' and '.join(names)}, or the same in both"
        raise InputError("two attributes of one meaning differ", found=sorted(said), expected=expected)
    return next(iter(said), "")
