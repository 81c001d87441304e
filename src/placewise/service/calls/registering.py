"""Registers, changes and deletes clusters: committed first, then indexed, then answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from placewise.errors import InputError
from placewise.formats.fleets.cluster_texts import parse_cluster, parse_subsystem_text, state_changes
from placewise.matching.cluster_facts import CLUSTER
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Scalar
from placewise.service.calls.finishing import finishing
from placewise.service.calls.permission import require_cluster, require_registration_secret
from placewise.service.guard.credentials import Issued, hash_of, issue
from placewise.service.guard.given import check_name
from placewise.service.guard.refusals import Exhausted, Unauthenticated, Unavailable
from placewise.service.live.acts import NewDocument, Taught
from placewise.service.live.live_fleet import Member, with_subsystems
from placewise.service.live.loading import load
from placewise.service.live.state import State
from placewise.service.live.teaching import taught_by, taught_by_cluster, taught_by_state
from placewise.service.store import clusters as store
from placewise.service.store.clusters import NewCluster
from placewise.service.store.vocabulary import grow_vocabulary

T = TypeVar("T")

# Parsing less than this takes no longer than handing it to another thread.
_SHORT = 32 << 10
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
    state: State, name: str, registration_secret: str, nodes: str, subsystems: Mapping[str, str], fields: str = ""
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
    size = len(nodes) + sum(map(len, subsystems.values()))
    cluster, taught = await _parse(state, size, partial(_read_cluster, state.fleet.vocabulary, name, nodes, subsystems))
    taught = taught.over(taught_by_state(values, state.fleet.vocabulary))
    _check_names(state, taught)
    issued = issue()
    new = NewCluster(name, hash_of(issued.secret), hash_of(issued.token), nodes, dict(subsystems), json.dumps(values))
    added = await state.writer.do(state.acts.add_clusters, (new, taught))
    if added is None:
        return None
    state.fleet.learn(added.vocabulary)
    state.fleet.put(
        Member(added.number, name, 1, new.secret_hash, new.token_hash, now := state.now(), now), cluster, values
    )
    return issued


@finishing
async def change(state: State, name: str, secret: str, changes: Changes) -> None:
    """Change parts of a cluster: all that is asked for, or nothing.

    Raises Unauthenticated for a wrong name or secret and InputError for documents that cannot be used.
    """
    require_cluster(state, name, secret)
    async with state.changing(name):
        for _ in range(_ATTEMPTS):
            member = require_cluster(state, name, secret)
            values = _merged(dict(state.fleet.state(name)), changes.state)
            cluster, taught = await _changed(state, member, changes)
            taught = taught.over(taught_by_state(values, state.fleet.vocabulary))
            _check_names(state, taught)
            now = state.now()
            fields = json.dumps(values) if changes.state else None
            changed = await _store(state, member, changes, fields, taught, now)
            if changed is not None:
                state.fleet.learn(changed.vocabulary)
                state.fleet.put(replace(member, revision=changed.number, updated_at=now), cluster, values)
                return
            # Another server changed or deleted the cluster: what was worked out here is not what it would become.
            await load(state, [member.id])
    raise Unavailable("others change this cluster all the time; try again")


@finishing
async def delete(state: State, name: str, secret: str) -> int:
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
        state.ring(member.id)
        return len(cancelled or ())


@finishing
async def rotate(state: State, name: str, secret: str, *, keep_secret: bool, keep_token: bool) -> Issued:
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


async def _changed(state: State, member: Member, changes: Changes) -> tuple[Cluster, Vocabulary]:
    """Return the cluster as it will be, and what its new subsystems teach."""
    vocabulary = state.fleet.vocabulary
    known = state.fleet.cluster(member.name)
    names = {one.name for one in known.subsystems}
    for name in changes.removed:
        if name not in names:
            raise InputError("the cluster has no such subsystem", found=name, expected="one that it has")
        if name in changes.subsystems:
            raise InputError("a subsystem is both replaced and removed", found=name, expected="one of them")
    _check_subsystems(state, changes.subsystems, len(names.union(changes.subsystems)) - len(set(changes.removed)))
    size = len(changes.nodes) + sum(map(len, changes.subsystems.values()))
    if changes.nodes or changes.removed:
        # The other subsystems attach to vertices of the new graph by what their documents say.
        stored = await state.read(lambda connection: store.load_clusters(connection, [member.id]))
        documents = {**(stored[0].subsystems if stored else {}), **changes.subsystems}
        for name in changes.removed:
            if documents.pop(name, None) is None and stored:
                problem = "the subsystem is one that the cluster's graph says"
                raise InputError(problem, found=name, expected="a subsystem that was registered")
        nodes = changes.nodes or (stored[0].nodes if stored else "")
        return await state.beside(partial(_read_cluster, vocabulary, known.name, nodes, documents))
    if not changes.subsystems:
        return known, Vocabulary()

    def read() -> tuple[dict[str, Subsystem], Vocabulary]:
        found = {
            name: parse_subsystem_text(text, name, known.graph, vocabulary) for name, text in changes.subsystems.items()
        }
        return found, taught_by(found.values(), vocabulary)

    added, taught = await _parse(state, size, read)
    return with_subsystems(known, added, ()), taught


def _read_cluster(
    vocabulary: Vocabulary, name: str, nodes: str, subsystems: Mapping[str, str]
) -> tuple[Cluster, Vocabulary]:
    cluster = parse_cluster(name, nodes, subsystems, vocabulary)
    return cluster, taught_by_cluster(cluster, (), vocabulary)


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


async def _parse(state: State, size: int, parse: Callable[[], T]) -> T:
    return parse() if size < _SHORT else await state.beside(parse)


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
