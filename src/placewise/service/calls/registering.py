"""Registers, changes and deletes clusters: committed first, then indexed, then answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from sqlalchemy import Connection

from placewise.errors import InputError, one_of
from placewise.formats.fleets.cluster_texts import state_changes
from placewise.matching.clusters.cluster_facts import CLUSTER
from placewise.matching.clusters.compiled_cluster import CompiledCluster
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar
from placewise.service.beside.documents import read_cluster, read_subsystems
from placewise.service.beside.teaching import taught_by_state
from placewise.service.beside.turns import Caller, Stop
from placewise.service.calls.finishing import finishing
from placewise.service.calls.permission import require_cluster, require_registration_secret
from placewise.service.guard.credentials import Issued, hash_of, issue
from placewise.service.guard.given import check_name
from placewise.service.guard.refusals import Exhausted, Unauthenticated, Unavailable
from placewise.service.live.acts import NewDocument, Taught
from placewise.service.live.live_fleet import Member, with_subsystems
from placewise.service.live.loading import load
from placewise.service.live.state import State
from placewise.service.store.rows import clusters as store
from placewise.service.store.rows.clusters import NewCluster
from placewise.service.store.rows.vocabulary import grow_vocabulary

_Read: TypeAlias = tuple[Cluster, Vocabulary, CompiledCluster | None]

# Characters of documents, and vertices that they attach to: to read so many takes a millisecond.
_SHORT = 16 << 10
_FEW_VERTICES = 500
_MOST_FIELDS = 1000
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Changes:
    """What of a cluster changes, as the texts that its owner sent; what is empty stays as it is.

    state : fields to set; null removes one.
    """

    nodes: str = ""
    subsystems: Mapping[str, str] = field(default_factory=dict)
    removed: Sequence[str] = ()
    state: str = ""


@finishing
async def register(
    state: State,
    caller: Caller,
    name: str,
    registration_secret: str,
    nodes: str,
    subsystems: Mapping[str, str],
    fields: str = "",
) -> Issued | None:
    """Register a cluster and return its new secret and token; None if the name is taken.

    Raises Unauthenticated for a wrong registration secret, InputError for documents that cannot be used, and
    Exhausted where there are as many clusters as may be.
    """
    require_registration_secret(state, registration_secret)
    check_name(name, "the cluster's name")
    if state.fleet.member(name) is not None:
        return None
    if len(state.fleet) >= state.settings.most_clusters:
        raise Exhausted("no more clusters can be registered", expected=f"at most {state.settings.most_clusters}")
    _check_subsystems(state, subsystems, len(subsystems))
    values = _merged({}, fields)
    read = partial(read_cluster, state.fleet.vocabulary, name, nodes, subsystems)
    cluster, taught, compiled = await _read_whole(state, caller, nodes, subsystems, read)
    taught = taught.over(taught_by_state(values, state.fleet.vocabulary))
    _check_names(state, taught)
    issued = issue()
    new = NewCluster(name, hash_of(issued.secret), hash_of(issued.token), nodes, dict(subsystems), json.dumps(values))
    added = await state.writer.do(state.acts.add_clusters, (new, taught))
    if added is None:
        return None
    state.fleet.learn(added.vocabulary)
    state.fleet.put(
        Member(added.number, name, 1, new.secret_hash, new.token_hash, now := state.now(), now),
        cluster,
        values,
        compiled,
    )
    return issued


@finishing
async def change(state: State, caller: Caller, name: str, secret: str, changes: Changes) -> None:
    """Change parts of a cluster: all that is asked for, or nothing.

    Raises Unauthenticated for a wrong name or secret and InputError for documents that cannot be used.
    """
    require_cluster(state, name, secret)
    async with state.changing(name):
        for _ in range(_ATTEMPTS):
            member = require_cluster(state, name, secret)
            values = _merged(dict(state.fleet.state(name)), changes.state)
            cluster, taught, compiled = await _changed(state, caller, member, changes)
            taught = taught.over(taught_by_state(values, state.fleet.vocabulary))
            _check_names(state, taught)
            now = state.now()
            fields = json.dumps(values) if changes.state else None
            changed = await _store(state, member, changes, fields, taught, now)
            if changed is not None:
                state.fleet.learn(changed.vocabulary)
                state.fleet.put(replace(member, revision=changed.number, updated_at=now), cluster, values, compiled)
                return
            # Another server changed or deleted the cluster: what was worked out here is not what it would become.
            await load(state, [member.id])
    raise Unavailable("others change this cluster all the time; try again")


@finishing
async def delete(state: State, _caller: Caller, name: str, secret: str) -> int:
    """Delete a cluster and return how many of its jobs that cancels.

    Raises Unauthenticated for a wrong name or secret.
    """
    # Before waiting as well: how long a change under way takes would show a stranger that there is such a cluster.
    require_cluster(state, name, secret)
    async with state.changing(name):
        member = require_cluster(state, name, secret)
        now = state.now()
        cancelled = await state.write(lambda connection: store.delete_cluster(connection, member.id, now))
        state.fleet.drop(member.id)
        state.watches.wake_all(member.id)
        return len(cancelled or ())


@finishing
async def rotate(
    state: State, _caller: Caller, name: str, secret: str, *, keep_secret: bool, keep_token: bool
) -> Issued:
    """Replace a cluster's secret, token or both, and return the new ones, empty where one is kept.

    Raises Unauthenticated for a wrong name or secret.
    """
    if keep_secret and keep_token:
        raise InputError("nothing is to be replaced", expected="a new secret, a new token or both")
    require_cluster(state, name, secret)
    async with state.changing(name):
        member = require_cluster(state, name, secret)
        issued = issue()
        secret_hash = None if keep_secret else hash_of(issued.secret)
        token_hash = None if keep_token else hash_of(issued.token)
        now = state.now()
        revision = await state.write(
            lambda connection: store.rotate(
                connection, member.id, secret_hash=secret_hash, token_hash=token_hash, now=now
            )
        )
        if revision is None:
            raise Unauthenticated("no such cluster, or the secret is not its own")
        # Another server's change of the graphs is still to be taken over, which a lower revision shows.
        state.fleet.update(
            replace(
                member,
                revision=min(revision, member.revision + 1),
                secret_hash=secret_hash or member.secret_hash,
                token_hash=token_hash or member.token_hash,
            )
        )
        return Issued("" if keep_secret else issued.secret, "" if keep_token else issued.token)


async def _changed(state: State, caller: Caller, member: Member, changes: Changes) -> _Read:
    """Return the cluster as it will be, and what its new subsystems teach."""
    vocabulary = state.fleet.vocabulary
    known = state.fleet.cluster(member.name)
    names = {one.name for one in known.subsystems}
    for name in changes.removed:
        if name not in names:
            raise InputError("the cluster has no such subsystem", found=name, expected=one_of(name, sorted(names)))
        if name in changes.subsystems:
            raise InputError("a subsystem is both replaced and removed", found=name, expected="one of them")
    _check_subsystems(state, changes.subsystems, len(names.union(changes.subsystems)) - len(set(changes.removed)))
    if changes.nodes or changes.removed:
        # The other subsystems attach to vertices of the new graph by what their documents say.
        stored = await state.read(lambda connection: store.load_clusters(connection, [member.id]))
        documents = {**(stored[0].subsystems if stored else {}), **changes.subsystems}
        for name in changes.removed:
            if documents.pop(name, None) is None and stored:
                problem = "the subsystem is one that the cluster's graph says"
                raise InputError(problem, found=name, expected="a subsystem that was registered")
        nodes = changes.nodes or (stored[0].nodes if stored else "")
        read = partial(read_cluster, vocabulary, known.name, nodes, documents)
        return await _read_whole(state, caller, nodes, documents, read)
    if not changes.subsystems:
        return known, Vocabulary(), None
    return await _with_some(state, caller, known, changes.subsystems)


async def _with_some(state: State, caller: Caller, known: Cluster, texts: Mapping[str, str]) -> _Read:
    """Return a cluster with some subsystems put in place of what it has."""
    read_some = partial(read_subsystems, state.fleet.vocabulary, known.graph, texts)

    def put_in(read: tuple[dict[str, Subsystem], Vocabulary]) -> tuple[Cluster, Vocabulary]:
        return with_subsystems(known, read[0], ()), read[1]

    size = sum(map(len, texts.values()))
    if size < _SHORT and len(known.graph.vertices) < _FEW_VERTICES:
        return *put_in(read_some()), None

    def beside(stop: Stop) -> _Read:
        cluster, taught = put_in(read_some() if size < _SHORT else state.reading.ask(stop, read_some))
        return cluster, taught, state.fleet.compile(cluster)

    return await state.heavy.beside(caller, beside)


async def _read_whole(
    state: State,
    caller: Caller,
    nodes: str,
    subsystems: Mapping[str, str],
    read: Callable[[], tuple[Cluster, Vocabulary]],
) -> _Read:
    """Return a cluster that is read whole, and what it teaches; a large one compiled."""
    if len(nodes) + sum(map(len, subsystems.values())) < _SHORT:
        return *read(), None

    def beside(stop: Stop) -> _Read:
        cluster, taught = state.reading.ask(stop, read)
        stop.check()
        return cluster, taught, state.fleet.compile(cluster)

    return await state.heavy.beside(caller, beside)


def _check_names(state: State, taught: Vocabulary) -> None:
    """Raise Exhausted where more names would be known than may be."""
    names = len(taught.types) + sum(1 + len(fields) for name, fields in taught.known.items() if name != CLUSTER)
    known = sum(1 + len(fields) for fields in state.fleet.vocabulary.known.values()) if names else 0
    if names and known + names > state.settings.most_names:
        most = f"at most {state.settings.most_names} subsystems and fields"
        raise Exhausted("no more names can be remembered", found=known + names, expected=most)


async def _store(
    state: State, member: Member, changes: Changes, fields: str | None, taught: Vocabulary, now: float
) -> Taught | None:
    """Commit changes, and what they teach; None if the cluster is not as `member` says, or gone."""
    if len(changes.subsystems) == 1 and not (changes.nodes or changes.removed or changes.state):
        ((name, text),) = changes.subsystems.items()
        document = NewDocument(member.id, member.revision, name, text, taught)
        return await state.writer.do(state.acts.put_subsystems, document)

    def act(connection: Connection) -> Taught | None:
        revision = store.update_cluster(
            connection,
            member.id,
            nodes=changes.nodes or None,
            subsystems=changes.subsystems,
            removed=changes.removed,
            state=fields,
            now=now,
            at=member.revision,
        )
        return None if revision is None else Taught(revision, grow_vocabulary(connection, taught))

    return await state.write(act)


def _check_subsystems(state: State, subsystems: Mapping[str, str], total: int) -> None:
    for name in subsystems:
        check_name(name, "the subsystem's name")
    if total > state.settings.most_subsystems:
        most = f"at most {state.settings.most_subsystems}"
        raise Exhausted("the cluster would have too many subsystems", found=total, expected=most)


def _merged(known: dict[str, Scalar], text: str) -> dict[str, Scalar]:
    if not text:
        return known
    merged = {**known, **state_changes(text)}
    kept = {name: value for name, value in merged.items() if value is not None}
    if len(kept) > _MOST_FIELDS:
        raise Exhausted("the state has too many fields", found=len(kept), expected=f"at most {_MOST_FIELDS}")
    return kept
