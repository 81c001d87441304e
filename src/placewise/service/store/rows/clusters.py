"""Clusters as they are kept: one row each, and for each graph and subsystem its document."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from placewise.service.guard.given import check_name, check_text
from placewise.service.store.dialects import CLUSTERS_CHANNEL, among, insert_or_replace, insert_unless, notify
from placewise.service.store.rows.jobs import cancel_all
from placewise.service.store.tables import agents, clusters, graphs, live, servers, subsystems


@dataclass(frozen=True, slots=True)
class NewCluster:
    """A cluster to be registered.

    secret_hash, token_hash : of the credentials for pulling and for submitting.
    nodes : the containment graph's document.
    subsystems : documents by name.
    state : JSON.
    Raises InputError for a name or text that cannot be kept.
    """

    name: str
    secret_hash: bytes = field(repr=False)
    token_hash: bytes = field(repr=False)
    nodes: str
    subsystems: Mapping[str, str]
    state: str

    def __post_init__(self) -> None:
        check_name(self.name, "the cluster's name")
        _check_documents(self.subsystems, (), self.nodes, self.state)


@dataclass(frozen=True, slots=True)
class StoredCluster:
    """A cluster that is registered; `revision` grows with every change of it."""

    id: int
    name: str
    secret_hash: bytes = field(repr=False)
    token_hash: bytes = field(repr=False)
    nodes: str
    subsystems: dict[str, str]
    state: str
    revision: int
    registered_at: float
    updated_at: float


def add_clusters(connection: Connection, items: Sequence[NewCluster], now: float) -> list[int | None]:
    """Register clusters and return their ids, in the order given; None where a registered cluster has the name.

    Of two with one name the first is taken.
    """
    if not items:
        return []
    first: dict[str, NewCluster] = {}
    for item in items:
        first.setdefault(item.name, item)
    rows = [
        {
            "name": item.name,
            "secret_hash": item.secret_hash,
            "token_hash": item.token_hash,
            "state": item.state,
            "revision": 1,
            "registered_at": now,
            "updated_at": now,
        }
        for item in first.values()
    ]
    adding = insert_unless(connection, clusters, [clusters.c.name], live).returning(clusters.c.name, clusters.c.id)
    ids: dict[str, int] = dict(connection.execute(adding, rows).all())
    if ids:
        added = [(ids[name], item) for name, item in first.items() if name in ids]
        connection.execute(insert(graphs), [{"cluster_id": number, "nodes": item.nodes} for number, item in added])
        documents = [
            {"cluster_id": number, "name": name, "document": document}
            for number, item in added
            for name, document in item.subsystems.items()
        ]
        if documents:
            connection.execute(insert(subsystems), documents)
        notify(connection, CLUSTERS_CHANNEL, ids.values())
    return [ids.pop(item.name, None) for item in items]


def put_subsystems(
    connection: Connection, items: Sequence[tuple[int, str, str]], now: float, at: Mapping[int, int] | None = None
) -> list[int | None]:
    """Add or replace subsystems, given as cluster id, name and document, and return their clusters' new revisions.

    at : the revisions that clusters are thought to be at, by id; any if None.
    None where no such cluster is registered, or it is at another revision.

    Of two for one cluster and name the last is kept. Raises InputError for a name or text that cannot be kept.
    """
    for _, name, document in items:
        _check_documents({name: document})
    there = _locked(connection, {cluster_id for cluster_id, _, _ in items}, at)
    documents = {(cluster_id, name): text for cluster_id, name, text in items if cluster_id in there}
    if documents:
        rows = [
            {"cluster_id": cluster_id, "name": name, "document": text} for (cluster_id, name), text in documents.items()
        ]
        connection.execute(insert_or_replace(connection, subsystems, "document"), rows)
    revisions = _changed(connection, there, now)
    return [revisions.get(cluster_id) for cluster_id, _, _ in items]


def remove_subsystems(connection: Connection, items: Sequence[tuple[int, str]], now: float) -> list[bool]:
    """Remove subsystems, given as cluster id and name; False where no registered cluster has it."""
    there = _locked(connection, {cluster_id for cluster_id, _ in items})
    asked = {item for item in items if item[0] in there}
    if not asked:
        return [False] * len(items)
    which = tuple_(subsystems.c.cluster_id, subsystems.c.name).in_(sorted(asked))
    removing = delete(subsystems).where(which).returning(subsystems.c.cluster_id, subsystems.c.name)
    removed = {(cluster_id, name) for cluster_id, name in connection.execute(removing)}
    _changed(connection, {cluster_id for cluster_id, _ in removed}, now)
    return [item in removed for item in items]


def update_cluster(
    connection: Connection,
    cluster_id: int,
    *,
    nodes: str | None = None,
    subsystems: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
    state: str | None = None,
    now: float,
    at: int | None = None,
) -> int | None:
    """Change what is given of a cluster at once and return its new revision; None where no such is registered.

    at : the revision that it is thought to be at; None is returned, and nothing changed, if it is another one.
    A subsystem that is both given and removed is kept as given. Raises InputError for a name or text that cannot be
    kept.
    """
    documents = subsystems or {}
    _check_documents(documents, removed, nodes, state)
    if not _locked(connection, {cluster_id}, None if at is None else {cluster_id: at}):
        return None
    if nodes is not None:
        connection.execute(update(graphs).where(graphs.c.cluster_id == cluster_id).values(nodes=nodes))
    if removed:
        remove_subsystems(connection, [(cluster_id, name) for name in removed], now)
    if documents:
        put_subsystems(connection, [(cluster_id, name, text) for name, text in documents.items()], now)
    return _changed(connection, {cluster_id}, now, **({} if state is None else {"state": state})).get(cluster_id)


def rotate(
    connection: Connection,
    cluster_id: int,
    *,
    secret_hash: bytes | None = None,
    token_hash: bytes | None = None,
    now: float,
) -> int | None:
    """Replace the credentials that are given, and return the cluster's new revision; None where there is no such."""
    hashes = {"secret_hash": secret_hash, "token_hash": token_hash}
    given = {name: value for name, value in hashes.items() if value is not None}
    return _changed(connection, {cluster_id}, now, **given).get(cluster_id)


def delete_cluster(connection: Connection, cluster_id: int, now: float) -> list[int] | None:
    """Delete a cluster, cancel its jobs that are not over, and return their ids; None where no such is registered.

    Its row stays while a job of it is kept; its documents do not. Its name is free again.
    """
    # The strongest lock: it waits for whoever adds jobs to this cluster, and they for it.
    row = select(clusters.c.name).where(clusters.c.id == cluster_id, live).with_for_update()
    name = connection.scalar(row)
    if name is None:
        return None
    _changed(connection, {cluster_id}, now, deleted_at=now)
    connection.execute(delete(graphs).where(graphs.c.cluster_id == cluster_id))
    connection.execute(delete(agents).where(agents.c.cluster_id == cluster_id))
    connection.execute(delete(subsystems).where(subsystems.c.cluster_id == cluster_id))
    return cancel_all(connection, cluster_id, f"the cluster {name!r} was deleted", now)


def load_clusters(connection: Connection, ids: Collection[int] | None = None) -> list[StoredCluster]:
    """Return the registered clusters, or those of them with the ids given, by id."""
    wanted = [live] if ids is None else [live, among(connection, clusters.c.id, ids)]
    documents: dict[int, dict[str, str]] = {}
    texts = select(subsystems.c.cluster_id, subsystems.c.name, subsystems.c.document).join(clusters).where(*wanted)
    for cluster_id, name, document in connection.execute(texts.order_by(subsystems.c.cluster_id, subsystems.c.name)):
        documents.setdefault(cluster_id, {})[name] = document
    kept = [column for column in clusters.c if column is not clusters.c.deleted_at]
    rows = select(*kept, graphs.c.nodes).join(graphs).where(*wanted).order_by(clusters.c.id)
    return [StoredCluster(subsystems=documents.get(row.id, {}), **row._asdict()) for row in connection.execute(rows)]


def revisions(connection: Connection) -> dict[int, int]:
    """Return the revision of each registered cluster by its id."""
    return dict(connection.execute(select(clusters.c.id, clusters.c.revision).where(live)).all())


def identity(connection: Connection) -> str:
    """Return the name that this database was given when it was made."""
    return connection.scalar(select(servers.c.identity)) or ""


def live_id(connection: Connection, name: str) -> int | None:
    """Return the id of the registered cluster of a name; None where there is none."""
    return connection.scalar(select(clusters.c.id).where(clusters.c.name == name, live))


def _locked(connection: Connection, ids: Collection[int], at: Mapping[int, int] | None = None) -> set[int]:
    """Return which ids are registered, and keep those from changing; in one order, so that two never wait crosswise.

    at : by id, the only revision that counts; any if None.
    """
    which = among(connection, clusters.c.id, ids), live
    rows = select(clusters.c.id, clusters.c.revision).where(*which).order_by(clusters.c.id)
    found = connection.execute(rows.with_for_update(key_share=True)).all()
    return {number for number, revision in found if at is None or at[number] == revision}


def _changed(connection: Connection, ids: Collection[int], now: float, **values: Any) -> dict[int, int]:
    """Count a change of registered clusters, set values of their rows, and return the revisions of those there were."""
    changing = update(clusters).where(among(connection, clusters.c.id, ids), live)
    changing = changing.values(revision=clusters.c.revision + 1, updated_at=now, **values)
    changed = connection.execute(changing.returning(clusters.c.id, clusters.c.revision))
    revisions = {row.id: row.revision for row in changed}
    notify(connection, CLUSTERS_CHANNEL, revisions)
    return revisions


def _check_documents(documents: Mapping[str, str], removed: Collection[str] = (), *others: str | None) -> None:
    for name in (*documents, *removed):
        check_name(name, "the subsystem's name")
    for text in (*documents.values(), *others):
        check_text(text, "a document of a cluster")
