"""Clusters taken over from the store, at start and when another server changed them."""

from __future__ import annotations

import json
from collections.abc import Collection

from placewise.formats.cluster_texts import parse_cluster
from placewise.model.cluster import Cluster
from placewise.model.requirement import Scalar
from placewise.service.live_fleet import Member
from placewise.service.state import State
from placewise.service.store import clusters as store
from placewise.service.store.clusters import StoredCluster


async def load(state: State, ids: Collection[int] | None = None) -> None:
    """Take clusters over from the store, these or all; those that are no longer there are dropped."""

    def read() -> list[tuple[Member, Cluster, dict[str, Scalar]]]:
        stored = state.database.read(lambda connection: store.load_clusters(connection, ids))
        return [(_member(one), parse_cluster(one.name, one.nodes, one.subsystems), _state(one)) for one in stored]

    found = await state.beside(read)
    there = {member.id for member, _, _ in found}
    asked = {member.id for member in state.fleet.members()} if ids is None else set(ids)
    for cluster_id in asked - there:
        state.fleet.drop(cluster_id)
    for member, cluster, fields in found:
        known = state.fleet.member(member.name)
        if known is not None and known.id != member.id:
            state.fleet.drop(known.id)
        if known is None or known.id != member.id or known.revision < member.revision:
            state.fleet.put(member, cluster, fields)


def _member(stored: StoredCluster) -> Member:
    return Member(
        stored.id,
        stored.name,
        stored.revision,
        stored.secret_hash,
        stored.token_hash,
        stored.registered_at,
        stored.updated_at,
    )


def _state(stored: StoredCluster) -> dict[str, Scalar]:
    return dict(json.loads(stored.state))
