"""What a job's attributes ask of a site's partitions and nodes: the one place where attributes become expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from placewise.errors import InputError, locating
from placewise.matching.limits.few_nodes import MAX_NODES, MIN_NODES, alike_slots
from placewise.matching.limits.node_demand import NodeDemand, node_demand
from placewise.model.durations import seconds_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.site_limit import (
    Admits,
    AdmitsUnnamed,
    AtLeast,
    AtMost,
    Closed,
    GivesWhole,
    IfSaid,
    KeepsOut,
    MemoryOfCores,
    NotOnly,
    Open,
    SiteLimit,
    TimeAllowed,
    is_whole,
    tolerating,
)
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, Shape
from placewise.model.jobs.toleration import parse_tolerations
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals, OneOf, Predicate, Within
from placewise.model.requirements.requirement import Condition, Expression, Not
from placewise.model.scalar import Scalar, scalar_text

PARTITION = "partition"
NODE = "node"
STATE = "state"
TAINT = "taint"
PARTITION_FIELDS = (
    *("name", "time_limit", "accounts", "denied_accounts", "qos", "denied_qos", "groups", STATE, "exclusive"),
    *(MAX_NODES, MIN_NODES, "max_cores_per_node", "max_memory_per_node", "max_memory_per_core"),
    *("root_only", "reservation_only"),
)
_EFFECT = "effect"

_QUEUE = ("queue", PARTITION)
_ADMITTED = ((("account", "bank"), "accounts", "denied_accounts"), (("qos",), "qos", "denied_qos"))
_GROUP, _RESERVATION, _TOLERATIONS = "group", "reservation", "tolerations"
ATTRIBUTES = (
    *("duration", *_QUEUE, *(name for names, _, _ in _ADMITTED for name in names), "exclusive"),
    *(_GROUP, _RESERVATION, _TOLERATIONS),
)
"""The attributes of jobs that limits are about."""

_NODE_IN_USE = Not(SiteLimit(NODE, (Condition(STATE, Closed()),), otherwise=False))


def with_limits(job: Job, vocabulary: Vocabulary) -> Job:
    """Return a job that has to meet the limits of sites, in a fleet that describes some; else the job itself.

    One partition must allow all that the job's attributes and its shape ask for, and nodes host nothing that are down
    or drained, or have a taint that the job does not tolerate; a cluster that describes no partitions has no limits.
    Raises InputError for attributes that cannot be understood.
    """
    with locating(place=f"job {job.name!r}"):
        limits = limits_of(dict(job.attributes), vocabulary.known, [group.shape for group in job.groups])
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
                found[said] = limits_of(attributes, known, [workload.shape])
        rows.append([*(workload.requirements[number] for number in workload.row(job)), *found[said]])
    return Workload.from_rows(workload.names, rows, workload.columns, workload.shape)


def described_in(fleet: Fleet) -> dict[str, set[str]]:
    """Return the fields of what limits are about, as the clusters of a fleet describe them."""
    known: dict[str, set[str]] = {}
    for cluster in fleet.clusters:
        for subsystem in cluster.subsystems:
            if subsystem.name in (PARTITION, NODE, TAINT):
                fields = (name for vertex in subsystem.vertices for name, _ in vertex.properties)
                known.setdefault(subsystem.name, set()).update(fields)
    return known


def limits_of(
    attributes: Mapping[str, Scalar], known: Mapping[str, Collection[str]], shapes: Sequence[Shape] = ()
) -> tuple[Expression, ...]:
    """Return what attributes and shapes ask of the sites of a fleet, of which these fields of subsystems are known."""
    found: list[Expression] = []
    fields = known.get(PARTITION, ())
    if any(field in fields for field in PARTITION_FIELDS):
        demand, counted = node_demand(shapes), alike_slots(shapes) is not None
        implied = [one for one in _implied(attributes, demand, counted=counted) if one.field in fields]
        found.append(SiteLimit(PARTITION, (*_asked(attributes), *implied)))
    if STATE in known.get(NODE, ()):
        found.append(_NODE_IN_USE)
    if _EFFECT in known.get(TAINT, ()):
        with locating(place=f"attribute {_TOLERATIONS!r}"):
            tolerated = parse_tolerations(scalar_text(attributes.get(_TOLERATIONS, "")))
        found.append(tolerating(tolerated, _seconds(attributes) or None))
    return tuple(found)


def _implied(attributes: Mapping[str, Scalar], demand: NodeDemand, *, counted: bool) -> Iterable[Condition]:
    """Yield what is held against a job that does not speak of it, where a partition does.

    counted : whether the nodes that it takes are counted where they are (see `few_nodes`).
    """
    for names, allowed, _ in _ADMITTED:
        if not _one_of(attributes, names):
            yield Condition(allowed, AdmitsUnnamed())
    # Traces have groups that no site lists.
    yield Condition("groups", Admits(scalar_text(attributes[_GROUP])) if _GROUP in attributes else AdmitsUnnamed())
    yield Condition("root_only", NotOnly())
    if not attributes.get(_RESERVATION):
        yield Condition("reservation_only", NotOnly())
    if demand.nodes.most:
        yield Condition(MAX_NODES, AtMost(demand.nodes.least, demand.nodes.most, counted=counted))
        yield Condition(MIN_NODES, AtLeast(demand.nodes.most))
    if demand.cores.most:
        yield Condition("max_cores_per_node", AtMost(demand.cores.least, demand.cores.most))
    if demand.memory_bytes.most:
        # Of alternatives the one that takes most: a limit may be written in any unit.
        yield Condition("max_memory_per_node", IfSaid(Within(f"{demand.memory_bytes.most} B")))
        yield Condition("max_memory_per_core", MemoryOfCores(demand.bytes_a_core))


def _asked(attributes: Mapping[str, Scalar]) -> list[Condition]:
    conditions = [Condition(STATE, Open())]
    if queue := _one_of(attributes, _QUEUE):
        names = tuple(name for one in queue.split(",") if (name := one.strip()))
        named: Predicate = OneOf(names) if len(names) > 1 else Equals(names[0] if names else queue)
        conditions.append(Condition("name", named))
    if seconds := _seconds(attributes):
        conditions.append(Condition("time_limit", TimeAllowed(seconds)))
    for names, allowed, denied in _ADMITTED:
        if name := _one_of(attributes, names):
            conditions += [Condition(allowed, Admits(name)), Condition(denied, KeepsOut(name))]
    if "exclusive" in attributes:
        whole = is_whole(attributes["exclusive"])
        if whole is None:
            problem, found = "does not say whether nodes are wanted whole", attributes["exclusive"]
            raise InputError(problem, place="attribute 'exclusive'", found=found, expected="true or false")
        conditions.append(Condition("exclusive", GivesWhole(whole)))
    return conditions


def _seconds(attributes: Mapping[str, Scalar]) -> float:
    """Return how long a job runs at most, in seconds; 0 where it does not say, or says 0."""
    duration = attributes.get("duration")
    with locating(place="attribute 'duration'"):
        return seconds_of(duration) if duration else 0.0


def _one_of(attributes: Mapping[str, Scalar], names: tuple[str, ...]) -> str:
    """Return what attributes of one meaning say. Raises InputError where they say two things."""
    said = {scalar_text(attributes[name]) for name in names if name in attributes}
    if len(said) > 1:
        expected = f"one of {' and '.join(names)}, or the same in both"
        raise InputError("two attributes of one meaning differ", found=sorted(said), expected=expected)
    return next(iter(said), "")
