"""Clusters taken over from the store, at start and when another server changed them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from dataclasses import fields

import structlog

from placewise.errors import InputError
from placewise.formats.fleets.cluster_texts import parse_cluster, parse_subsystem_text
from placewise.formats.fleets.jgf.clusters import parse_containment
from placewise.formats.reading import parse_json
from placewise.matching.clusters.compiled_cluster import CompiledCluster
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar
from placewise.service.beside.teaching import taught_by_cluster
from placewise.service.live.live_fleet import Member, with_subsystems
from placewise.service.live.state import State
from placewise.service.store.rows import clusters as store
from placewise.service.store.rows.clusters import StoredCluster
from placewise.service.store.rows.vocabulary import extent, grow_vocabulary, load_vocabulary

_log = structlog.get_logger()


async def load(state: State, ids: Collection[int] | None = None) -> None:
    """Take clusters over from the store, these or all; those that are no longer there are dropped."""

    def read() -> tuple[Vocabulary, list[tuple[Member, Cluster, dict[str, Scalar], CompiledCluster]]]:
        (taught, unusable), stored = state.database.read(
            lambda connection: (load_vocabulary(connection), store.load_clusters(connection, ids))
        )
        for name in unusable:
            _log.error("what is known of a subsystem cannot be used", subsystem=name)
        return taught, [
            (_member(one), cluster, _fields(one), state.fleet.compile(cluster))
            for one in stored
            if (cluster := _cluster(one, own)) is not None
        ]

    own = state.fleet.own
    before = {member.id for member in state.fleet.members()}
    taught, found = await state.beside(read)
    state.fleet.learn(taught)
    there = {member.id for member, *_ in found}
    asked = {member.id for member in state.fleet.members()} if ids is None else set(ids)
    for cluster_id in asked - there:
        state.fleet.drop(cluster_id)
    for member, cluster, state_fields, compiled in found:
        if member.id in before and state.fleet.name_of(member.id) is None:
            continue  # deleted here, since it was read
        known = state.fleet.member(member.name)
        if known is not None and known.id != member.id:
            state.fleet.drop(known.id)
        if known is None or known.id != member.id or known.revision < member.revision:
            state.fleet.put(member, cluster, state_fields, compiled)


async def learn_from_others(state: State) -> None:
    """Take over what other servers on the same PostgreSQL have learned, be it of clusters that are gone again."""
    if state.database.dialect == "sqlite":
        return
    known = await state.read(extent)
    if known != state.fleet.extent:
        taught, _ = await state.read(load_vocabulary)
        state.fleet.learn(taught)
        state.fleet.extent = known


async def write_down(state: State) -> None:
    """Keep what the clusters that are registered teach and the store does not know: they came before it kept such."""
    vocabulary = state.fleet.vocabulary
    missing = Vocabulary()
    for member in state.fleet.members():
        cluster, fields = state.fleet.cluster(member.name), state.fleet.state(member.name)
        missing = missing.over(taught_by_cluster(cluster, fields, vocabulary))
    if missing != Vocabulary():
        state.fleet.learn(await state.write(lambda connection: grow_vocabulary(connection, missing)))


def _member(stored: StoredCluster) -> Member:
    return Member(**{field.name: getattr(stored, field.name) for field in fields(Member)})


def _fields(stored: StoredCluster) -> dict[str, Scalar]:
    """Return a stored cluster's state; none where it cannot be read, for the reason below."""
    try:
        fields: dict[str, Scalar] = json.loads(stored.state)
    except ValueError as error:
        _log.error("a cluster's state in the store cannot be used", cluster=stored.name, error=str(error))
        return {}
    return fields


def _cluster(stored: StoredCluster, own: Vocabulary) -> Cluster | None:
    """Return a stored cluster without those of its subsystems that cannot be used; None if its graph cannot.

    Each was, when it was stored; but another server may have replaced the graph that a subsystem attaches to. One
    such cluster must not keep the others from being loaded.
    """
    try:
        return parse_cluster(stored.name, stored.nodes, stored.subsystems, own)
    except InputError as error:
        _log.error("a cluster in the store cannot be used whole", cluster=stored.name, error=str(error))
    try:
        # What a graph says of its nodes may have been nobody's concern when it was stored.
        cluster = Cluster(stored.name, parse_containment(parse_json(stored.nodes, "nodes"), "nodes")[1])
    except InputError:
        return None
    usable: dict[str, Subsystem] = {}
    for name, text in stored.subsystems.items():
        with contextlib.suppress(InputError):
            usable[name] = parse_subsystem_text(text, name, cluster.graph, own)
    return with_subsystems(cluster, usable, ())
