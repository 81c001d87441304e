"""Changes applied: the fleet or the jobs as they are after a change."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from placewise.advice.suggestions.case import Case
from placewise.advice.suggestions.suggestion import Change
from placewise.errors import InputError, in_words, one_of
from placewise.model.advice.changes import FactDescribed, PriceMoved
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import VERTICES
from placewise.worth.near_misses.suggestions import Relaxation, changed_fleet

AnyCase = TypeVar("AnyCase", bound=Case)


def applied(case: AnyCase, change: Change) -> AnyCase:
    """Return a case with a change made. Raises InputError for a change of something that is not there."""
    if isinstance(change, Relaxation):
        return case.relaxed(change)
    if isinstance(change, FactDescribed):
        return case.on(described_fleet(case.fleet, change))
    if isinstance(change, PriceMoved):
        return case.on(repriced_fleet(case.fleet, change))
    return case.on(changed_fleet(case.fleet, change))


def described_fleet(fleet: Fleet, fact: FactDescribed) -> Fleet:
    """Return the fleet in which all that a cluster has of a subsystem is described. InputError for no such cluster."""
    cluster = _named(fleet, fact.cluster)
    words = fleet.vocabulary
    said = {**words.complete, (fact.cluster, fact.subsystem): True}
    if fact.answer is not None:
        by_fields = words.completeness(fact.cluster, fact.subsystem) == VERTICES
        cluster = _with_fields(cluster, fact) if by_fields else _with_vertex(cluster, fact)
    return Fleet(_instead(fleet, cluster), replace(words, complete=said))


def repriced_fleet(fleet: Fleet, move: PriceMoved) -> Fleet:
    """Return the fleet in which a cluster has other prices.

    Raises InputError where the fleet has no such cluster, or it has another price before.
    """
    cluster = _named(fleet, move.cluster)
    state = dict(cluster.state)
    for name, before, after in move.prices:
        if state.get(name) != before:
            problem = f"the price {name} of cluster {move.cluster!r} is another"
            raise InputError(problem, found=state.get(name), expected=in_words(before))
        state[name] = after
    return Fleet(_instead(fleet, replace(cluster, state=tuple(state.items()))), fleet.vocabulary)


def _named(fleet: Fleet, name: str) -> Cluster:
    found = next((one for one in fleet.clusters if one.name == name), None)
    if found is None:
        raise InputError("the fleet has no such cluster", found=name, expected=one_of(name, fleet.names))
    return found


def _instead(fleet: Fleet, cluster: Cluster) -> tuple[Cluster, ...]:
    return tuple(cluster if one.name == cluster.name else one for one in fleet.clusters)


def _with_vertex(cluster: Cluster, fact: FactDescribed) -> Cluster:
    vertices = tuple(vertex for one in cluster.subsystems if one.name == fact.subsystem for vertex in one.vertices)
    return _having(cluster, Subsystem(fact.subsystem, (*vertices, SubsystemVertex(fact.answer or ()))))


def _with_fields(cluster: Cluster, fact: FactDescribed) -> Cluster:
    """Return the cluster whose vertices of the subsystem have the fields of the answer, where they do not say them."""
    found = next((one for one in cluster.subsystems if one.name == fact.subsystem), None)
    if found is None:
        return cluster
    answer = dict(fact.answer or ())
    vertices = tuple(
        replace(vertex, properties=tuple({**answer, **dict(vertex.properties)}.items())) for vertex in found.vertices
    )
    return _having(cluster, Subsystem(fact.subsystem, vertices))


def _having(cluster: Cluster, subsystem: Subsystem) -> Cluster:
    others = tuple(one for one in cluster.subsystems if one.name != subsystem.name)
    return replace(cluster, subsystems=(*others, subsystem))
