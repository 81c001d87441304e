"""The clusters that are registered now: the scheduler over them, their credentials' hashes and their states."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.matching.clusters.compiled_cluster import CompiledCluster
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import NODE
from placewise.model.scalar import Scalar
from placewise.scheduler import Scheduler
from placewise.selection.policies import Policy
from placewise.selection.stated_numbers import COST, PRICE, numbers_of_states

# Fields of states, from strangers, that are known though no cluster says them now.
_MOST_FACTS = 10_000
# Columns of states that are kept: requests name the fields, and states may have any number of them.
_MOST_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class Member:
    """A registered cluster as the service knows it: the store's id and revision, and hashes of secret and token."""

    id: int
    name: str
    revision: int
    secret_hash: bytes
    token_hash: bytes
    registered_at: float
    updated_at: float


class LiveFleet:
    """The registered clusters. One thread owns it; what it hands out are values that do not change.

    The index is brought up to date when it is next asked for, so that a cluster whose subsystems arrive
    one by one is compiled once.

    own : the operator's vocabulary, which counts before what clusters teach.
    revision : grows with every change of what clusters are.
    extent : that of the store's vocabulary when it was last taken over from other servers.
    """

    def __init__(self, policy: Policy, own: Vocabulary | None = None) -> None:
        self.own = self._vocabulary = own or Vocabulary()
        self._scheduler = Scheduler(FleetIndex(Fleet((), self.own), names_apart=True), policy)
        self._members: dict[str, Member] = {}
        self._names: dict[int, str] = {}
        self._clusters: dict[str, Cluster] = {}
        self._states: dict[str, Mapping[str, Scalar]] = {}
        self._changed: dict[str, Cluster | None] = {}
        self._compiled: dict[str, CompiledCluster] = {}
        self._nodes: dict[str, int] = {}
        self.revision = 0
        self._ids: tuple[int, Mapping[str, int]] = (0, {})
        self._numbers: dict[str, NDArray[np.float64] | None] = {}
        self._all_fields: list[str] | None = None
        self._learned = self._stated = False
        self._said: set[str] = set()
        self.extent = (0, 0)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler, its index up to date."""
        if self._learned:
            self._scheduler.index = self._scheduler.index.in_vocabulary(self._vocabulary)
            self._learned = False
        if self._changed:
            self._scheduler.change(self._changed, self._compiled)
            self._changed, self._compiled = {}, {}
        if self._stated:
            self._scheduler.index = self._scheduler.index.with_states(dict(self._states), frozenset(self._said))
            self._stated = False
        return self._scheduler

    @property
    def vocabulary(self) -> Vocabulary:
        """What is known of the words of clusters, those that are gone included."""
        return self._vocabulary

    def learn(self, taught: Vocabulary) -> None:
        """Take over what the store knows of some subsystems; a kind that it says counts before what was known here."""
        if taught != Vocabulary():
            before = self._vocabulary
            known = dict(before.known)
            for name, fields in taught.known.items():
                known[name] = known.get(name, frozenset()) | fields
            said = {name: kind for name, kind in taught.kinds.items() if self.own.kind_of(*name) is None}
            types = before.types | taught.types
            self._vocabulary = replace(before, known=known, kinds={**before.kinds, **said}, types=types)
            self._learned = True
            self.revision += 1

    def compile(self, cluster: Cluster) -> CompiledCluster:
        """Compile a cluster for `put`. Any thread may do that, while the fleet is changed and asked."""
        return self._scheduler.index.compiling(cluster)

    def put(
        self,
        member: Member,
        cluster: Cluster,
        state: Mapping[str, Scalar],
        compiled: CompiledCluster | None = None,
    ) -> None:
        """Add a cluster, or replace what is known of it.

        cluster : without its state, of which nothing is compiled: it changes often, and few jobs ask about it.
        compiled : the same, compiled, where that takes longer than others can wait for.
        """
        self.revision += 1
        known = self._members.get(member.name)
        if known is not None and known.id != member.id:
            self.drop(known.id)
        if member.name in self._changed and self._changed[member.name] is None:
            # The scheduler must see the former cluster of this name go, or this one would have its load.
            _ = self.scheduler
        self._members[member.name] = member
        self._names[member.id] = member.name
        if self._clusters.get(member.name) is not cluster:
            self._clusters[member.name] = self._changed[member.name] = cluster
            self._compiled.pop(member.name, None)
            if compiled is not None:
                self._compiled[member.name] = compiled
            # Counted now, as many look at it.
            self._nodes[member.name] = node_count(cluster.graph)
        if self._states.get(member.name) != state:
            self._stated = True
            if len(self._said) < _MOST_FACTS:
                self._said.update(state)
        self._states[member.name] = state
        self._forget_numbers()

    def update(self, member: Member) -> None:
        """Replace a member's credentials and revision; one that is gone meanwhile stays gone."""
        if member.id in self._names:
            self._members[member.name] = member

    def drop(self, cluster_id: int) -> None:
        """Forget a cluster; one that is not known is ignored."""
        name = self._names.pop(cluster_id, None)
        if name is not None and self._members[name].id == cluster_id:
            del self._members[name], self._clusters[name], self._states[name], self._nodes[name]
            self.revision += 1
            self._compiled.pop(name, None)
            self._stated = True
            self._changed[name] = None
            self._forget_numbers()

    def ended(self, cluster_id: int | None) -> None:
        """Count one job less on a cluster; on one that is gone there is none to count, whoever has its name now."""
        name = None if cluster_id is None else self._names.get(cluster_id)
        if name is not None:
            self.scheduler.ended(name)

    def member(self, name: str) -> Member | None:
        """Return the cluster of a name."""
        return self._members.get(name)

    def name_of(self, cluster_id: int) -> str | None:
        """Return the name of a cluster by its id."""
        return self._names.get(cluster_id)

    def ids(self) -> Mapping[str, int]:
        """Return the id of each cluster by its name, as they are now; what is returned does not change later."""
        if self._ids[0] != self.revision:
            self._ids = self.revision, {member.name: member.id for member in self._members.values()}
        return self._ids[1]

    def members(self) -> Iterable[Member]:
        """Return all clusters, as they are now."""
        return tuple(self._members.values())

    def cluster(self, name: str) -> Cluster:
        """Return a cluster's graph and subsystems."""
        return self._clusters[name]

    def nodes(self, name: str) -> int:
        """Return how many nodes a cluster has."""
        return self._nodes[name]

    def state(self, name: str) -> Mapping[str, Scalar]:
        """Return a cluster's state."""
        return self._states[name]

    def numbers(self, names: Collection[str] | None) -> Mapping[str, NDArray[np.float64]]:
        """Return (clusters,) numbers by field of the clusters' states, NaN where a cluster does not say one.

        names : the fields that are read; None for every one. Those that no cluster says a number of are left out.
        Booleans are 1 and 0. ``predicted_cost`` is ``cost_per_node_hour`` where no state has it itself: what
        a node costs for an hour, since nothing better is known of a job here.
        """
        wanted = {*self.fields(), COST} if names is None else names
        return {name: column for name in wanted if (column := self._column(name)) is not None}

    def fields(self) -> Sequence[str]:
        """Return the names of all fields of the clusters' states, sorted."""
        if self._all_fields is None:
            self._all_fields = sorted({field for state in self._states.values() for field in state})
        return self._all_fields

    def _forget_numbers(self) -> None:
        self._numbers.clear()
        self._all_fields = None

    def _column(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of a field, kept while the states stay as they are; None where there are none."""
        if name not in self._numbers:
            if len(self._numbers) >= _MOST_COLUMNS:
                self._numbers.clear()
            self._numbers[name] = self._built(name)
        column = self._numbers[name]
        if column is None and name == COST:
            return self._column(PRICE)
        return column

    def _built(self, name: str) -> NDArray[np.float64] | None:
        states = (self._states[cluster] for cluster in self.scheduler.index.names)
        return numbers_of_states({name: state[name]} if name in state else {} for state in states).get(name)


def node_count(graph: ResourceGraph) -> int:
    """Return how many nodes a cluster has."""
    return sum([vertex.size for vertex in graph.vertices if vertex.type == NODE])


def with_subsystems(cluster: Cluster, added: Mapping[str, Subsystem], removed: Iterable[str]) -> Cluster:
    """Return a cluster with other subsystems; those added replace those of their names."""
    gone = {*added, *removed}
    kept = [one for one in cluster.subsystems if one.name not in gone]
    return replace(cluster, subsystems=(*kept, *added.values()))
