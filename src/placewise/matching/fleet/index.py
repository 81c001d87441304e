"""A fleet compiled for matching, in one module: all that is asked of it reads the same clusters, facts and vocabulary.

Each distinct requirement becomes a set of place classes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.kinds.vertex_test import VertexTest
from placewise.kinds.vocabulary.inferring import learned
from placewise.matching.bits import bitset
from placewise.matching.clusters.cluster_facts import CLUSTER, ClusterFacts
from placewise.matching.clusters.compiled_cluster import CompiledCluster, Properties
from placewise.matching.clusters.places import PlaceClass
from placewise.matching.fleet.counting import CountedShapes, Counts, moved_counts
from placewise.matching.fleet.described import Described
from placewise.matching.fleet.known_names import (
    USUAL_TYPES,
    about_characters,
    offered_by,
    require_field,
    require_subsystem,
    require_types,
)
from placewise.matching.fleet.layout import Layout
from placewise.matching.fleet.meeting import Meeting, all_met, any_met, most_asked, not_met, tested
from placewise.matching.fleet.named_places import asks_for_names, expressions_of, names_nodes, without_names
from placewise.matching.fleet.offers import Change, Offers, changed_offers, moved_offers
from placewise.matching.fleet.recent import Recent
from placewise.matching.shapes.hosting import Hosting, inner_requirements
from placewise.matching.shapes.work import Work
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import NAMES_OF_NODES, Subsystem
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceRequest, Shape
from placewise.model.requirements.requirement import AllOf, AnyOf, Expression, Not, Requirement, tests_of
from placewise.model.scalar import Scalar

# What strangers ask for is without end, so what is remembered of it is bounded: so many bytes of answers to
# requirements, each estimated from its text and its row, and so many shapes.
_MOST_ROW_BYTES = 1 << 26
_REQUIREMENT_BYTES = 1000
_BYTES_A_CHARACTER = 50
_MOST_SHAPES = 64

_MOST_TESTS = 20_000
_MOST_EXPLAINED_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, eq=False)
class _Contents:
    """All that an index holds.

    types : the types of resources that there are or ever were.
    rows : one memory serves all that descend from one fleet; the stamps tell which answers still count.
    states : the clusters' states by name, where they are not those that the clusters have themselves; said : the
        fields that were ever said in one.
    named : the clusters that have names of single nodes, with them, where those are kept apart.
    """

    layout: Layout
    offers: Mapping[str, Offers]
    vocabulary: Vocabulary
    types: frozenset[str]
    rows: Recent[Expression, Meeting]
    counts: Recent[ResourceRequest, Counts]
    states: Mapping[str, Mapping[str, Scalar]] | None = None
    said: Collection[str] = ()
    named: Mapping[str, Cluster] | None = None


class FleetIndex:
    """The compiled form of a fleet; build it once, match many jobs, and derive that of a changed fleet from it.

    names_apart : whether hostnames and ranks are compiled only when a job asks for them (see `asked_by`): without them
    nodes that are alike are one place class.

    It never changes, but for what it remembers of its answers; several threads may ask it at once.

    Attributes
    ----------
    names : the names of the clusters, in the fleet's order.
    positions : the position of each cluster in that order, by name.
    vocabulary : the fleet's, with all that was ever offered.
    known_types : the types of resources that there are or were in the fleets that this index descends from, and usual
        ones.
    firsts : (clusters + 1,) int64, the first place class of each cluster, and the number of classes.
    size : the number of place classes.
    everything : (words,) the set of all place classes, read-only; all_places : the same as a number.
    layout : which place classes are of which cluster. copies : how many copies of a shape each class hosts.
    explained : why requirements fail, as `causes.why_not` keeps it.
    last_met : the last job that was asked for, and where each requirement of each of its groups holds.
    """

    def __init__(self, fleet: Fleet | _Contents, *, names_apart: bool = False) -> None:
        if isinstance(fleet, Fleet):
            named = {one.name: one for one in fleet.clusters if names_nodes(one)} if names_apart else None
            clusters = fleet.clusters if named is None else tuple(map(without_names, fleet.clusters))
            layout = Layout.of(replace(fleet, clusters=clusters))
            changes = [
                Change(None, compiled, first)
                for compiled, first in zip(layout.clusters, layout.firsts.tolist(), strict=False)
            ]
            offers = changed_offers({}, changes, layout.words)
            vocabulary = learned(fleet.vocabulary, offered_by(fleet.clusters))
            types = USUAL_TYPES.union(vocabulary.types, *[one.tree.subtrees.all_types for one in layout.clusters])
            rows: Recent[Expression, Meeting] = Recent(_MOST_ROW_BYTES)
            contents = _Contents(layout, offers, vocabulary, types, rows, Recent(_MOST_SHAPES), named=named)
        else:
            contents = fleet
            layout = contents.layout
        self.names, self.positions, self.firsts = layout.names, layout.positions, layout.firsts
        self.size = layout.size
        self.everything = bitset.full(self.size)
        self.all_places = (1 << self.size) - 1
        for array in (self.firsts, self.everything):
            array.flags.writeable = False
        self.vocabulary = contents.vocabulary
        self.known_types = contents.types
        self._all_complete = self.vocabulary.all_complete
        self._contents, self.layout, self._offers = contents, layout, contents.offers
        self._nothing = np.zeros(self.words, dtype=np.uint64)
        self._described = Described(layout, self.vocabulary)
        self._having: dict[str, NDArray[np.bool_]] = {}
        # An index never changes, so its own answers need no stamps.
        self._answers: dict[Expression, Meeting] = {}
        self._vertices_asked: dict[Requirement, int] = {}
        self.explained: Recent[Expression, Any] = Recent(_MOST_EXPLAINED_BYTES)
        self.last_met: tuple[Job, list[list[Meeting]]] | None = None
        self._rows, self.copies = contents.rows, CountedShapes(layout, contents.counts)
        self._hosting_alone: Recent[tuple[Shape, bool], int] = Recent(_MOST_SHAPES)

    def compiling(self, cluster: Cluster) -> CompiledCluster:
        """Compile a cluster for `changed`, which is most of the work and may be done on another thread."""
        before = self.positions.get(cluster.name)
        kept = cluster if self._contents.named is None else without_names(cluster)
        return CompiledCluster.of(kept, None if before is None else self.compiled(before))

    def changed(
        self, clusters: Mapping[str, Cluster | None], compiled: Mapping[str, CompiledCluster] | None = None
    ) -> FleetIndex:
        """Return the index of the fleet with some clusters as they are now, None for one that is gone.

        A known name keeps its position, new ones come last in the order given, and a gone one leaves no gap;
        that an unknown one is gone changes nothing. This index stays as it is. The work is that of compiling
        the clusters given, and of moving columns where one of them goes or has another number of classes.
        compiled : by name, those of the clusters that were compiled before, see `compiling`.
        Raises InputError for a cluster under a name that is not its own.
        """
        named, offered = self._contents.named, clusters
        if named is not None:
            kept = {name: one for name, one in named.items() if name not in clusters}
            named = {**kept, **{name: one for name, one in clusters.items() if one is not None and names_nodes(one)}}
            clusters = {name: None if one is None else without_names(one) for name, one in clusters.items()}
        moved = self.layout.changed(clusters, compiled or {})
        if moved is None:
            return self
        layout, offers = moved.layout, self._offers
        if moved.columns_moved or layout.words != self.words:
            offers = moved_offers(offers, self.size, moved.pieces)
        counts: Recent[ResourceRequest, Counts] = Recent(_MOST_SHAPES)
        for request, before in self.copies.known.items():
            after = moved_counts(before, moved.pieces, moved.changes)
            if after is not None:
                counts.keep(request, after)
        vocabulary = learned(self.vocabulary, offered_by(one for one in offered.values() if one is not None))
        types = self.known_types.union(*[one.after.tree.subtrees.all_types for one in moved.changes if one.after])
        offers = changed_offers(offers, moved.changes, layout.words)
        known = replace(self._contents, vocabulary=vocabulary, types=types, named=named)
        return FleetIndex(replace(known, layout=layout, offers=offers, counts=counts))

    def with_states(self, states: Mapping[str, Mapping[str, Scalar]], said: Collection[str] = ()) -> FleetIndex:
        """Return the index of the same fleet in which clusters have these states, by name; nothing is compiled anew.

        said : further fields that are known, though no state has them now.
        """
        return FleetIndex(replace(self._contents, states=states, said=said))

    def in_vocabulary(self, vocabulary: Vocabulary) -> FleetIndex:
        """Return the index of the same fleet in another vocabulary, which has to know all of its words."""
        before = self.vocabulary
        # An answer that was given holds wherever words mean the same.
        alike = (vocabulary.kinds, vocabulary.aliases, vocabulary.complete) == (
            before.kinds,
            before.aliases,
            before.complete,
        )
        rows = self._rows if alike else Recent(_MOST_ROW_BYTES)
        types = self.known_types | vocabulary.types
        return FleetIndex(replace(self._contents, vocabulary=vocabulary, types=types, rows=rows))

    @cached_property
    def fleet(self) -> Fleet:
        """The fleet compiled, in the vocabulary that it has come to."""
        named = self._contents.named or {}
        return Fleet(tuple([named.get(one.cluster.name, one.cluster) for one in self.layout.clusters]), self.vocabulary)

    def naming(self, expressions: Iterable[Expression], work: Work | None = None) -> FleetIndex:
        """Return the index that can answer some expressions: one with names of nodes where they ask for such.

        Its clusters have the same positions. It is this index itself where names are not kept apart. work : looked at
        before such an index is compiled, which the first to ask for names has to wait for.
        """
        if not self._contents.named or not asks_for_names(expressions):
            return self
        if work is not None and "_with_names" not in self.__dict__:
            work.look(sum(len(one.cluster.graph.vertices) for one in self.layout.clusters))
        return self._with_names

    def asked_by(self, job: Job, work: Work | None = None) -> FleetIndex:
        """Return the index that can answer a job. See `naming`."""
        return self.naming(expressions_of(job), work) if self._contents.named else self

    @cached_property
    def _with_names(self) -> FleetIndex:
        whole = FleetIndex(self.fleet)
        return FleetIndex(replace(whole._contents, states=self._contents.states, said=self._contents.said))

    @cached_property
    def classes(self) -> list[PlaceClass]:
        """The place classes of all clusters, cluster by cluster."""
        return [
            PlaceClass(position, kind.places, kind.visible)
            for position, one in enumerate(self.layout.clusters)
            for kind in one.classes
        ]

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.names)

    @property
    def words(self) -> int:
        """The number of 64-bit words of a set of place classes."""
        return len(self.everything)

    @property
    def rows(self) -> int:
        """The number of distinct vertices that the fleet offers, a set of place classes each."""
        return sum(len(offers.vertices) for offers in self._offers.values())

    @property
    def size_bytes(self) -> int:
        """The memory of all sets of place classes, and about that of the answers remembered."""
        return self.rows * self.everything.nbytes + self._rows.weight

    def compiled(self, cluster: int) -> CompiledCluster:
        """Return a cluster as matching sees it."""
        return self.layout.clusters[cluster]

    def clusters_with(self, subsystem: str) -> int:
        """Return how many clusters have a subsystem, whether a place sees anything of it or not."""
        offers = self._offers.get(subsystem)
        if offers is None and subsystem == CLUSTER:
            return len(self.names)
        return offers.clusters if offers else 0

    def offered(self, subsystem: str) -> list[tuple[Properties, NDArray[np.uint64]]]:
        """List the distinct vertices of a subsystem, each with the (words,) place classes that see it, read-only."""
        return [(key[0], row) for key, row in self._offers_of(subsystem).vertices.items()]

    def subsystem(self, cluster: int, name: str) -> Subsystem | None:
        """Return what a cluster offers of a subsystem, its own facts as ``cluster``; None where it does not have it."""
        if self._has_facts(name):
            return self.facts.subsystem(cluster)
        return self.compiled(cluster).subsystems.get(name)

    def has(self, cluster: int, name: str) -> bool:
        """Whether a cluster has a subsystem, its own facts counted as ``cluster``."""
        return name in self.compiled(cluster).subsystems or self._has_facts(name)

    def having(self, name: str) -> NDArray[np.bool_]:
        """Return (clusters,) whether each has a subsystem. See `has`."""
        if name not in self._having:
            self._having[name] = np.array([self.has(one, name) for one in range(len(self.names))], dtype=np.bool_)
        return self._having[name]

    @cached_property
    def facts(self) -> ClusterFacts:
        """The clusters' own facts, which tests of ``cluster`` are about unless some cluster has such a subsystem."""
        states, said = self._contents.states, self._contents.said
        if states is None:
            found: list[Mapping[str, Scalar]] = [dict(one.cluster.state) for one in self.layout.clusters]
        else:
            found = [states.get(name, {}) for name in self.names]
        return ClusterFacts(self.names, found, said)

    def vocabulary_of(self, subsystem: str) -> Vocabulary:
        """Return the vocabulary in which the tests of a subsystem are understood."""
        return self._vocabulary_of_facts if self._has_facts(subsystem) else self.vocabulary

    @cached_property
    def _vocabulary_of_facts(self) -> Vocabulary:
        return self.facts.vocabulary(self.vocabulary)

    def _has_facts(self, subsystem: str) -> bool:
        return subsystem == CLUSTER and CLUSTER not in self._offers

    def _offers_of(self, subsystem: str, fields: Iterable[str] | None = None) -> Offers:
        """Return what the fleet offers of a subsystem; of the clusters' own facts those fields alone."""
        if self._has_facts(subsystem):
            return Offers(len(self.names), self.facts.offered(self.firsts, fields))
        return self._offers.get(subsystem) or Offers()

    def meeting(self, requirement: Expression, work: Work | None = None) -> Meeting:
        """Return the place classes at which a requirement holds, and those at which it may.

        work : looked at before vertices are asked, as many as that may be.
        Raises InputError for a subsystem or a field that no cluster has or ever had: such a requirement is not
        unmet, it is not understood. So is a bound of another kind than its field.
        """
        answer = self._answers.get(requirement)
        if answer is not None:
            return answer
        kept, stamp = self._rows.get(requirement), self._stamp(requirement)
        if kept is None or kept.stamp != stamp:
            kept = self._met(requirement, stamp, work)
            weight = _REQUIREMENT_BYTES + _BYTES_A_CHARACTER * about_characters(requirement)
            self._rows.keep(requirement, kept, weight + (2 if kept.certain else 4) * kept.yes.nbytes)
        if len(self._answers) * (_REQUIREMENT_BYTES + 4 * self.everything.nbytes) >= _MOST_ROW_BYTES:
            self._answers.clear()
        self._answers[requirement] = kept
        return kept

    def _stamp(self, requirement: Expression) -> object:
        """Return what changes whenever the answer to a requirement may."""
        if isinstance(requirement, SiteLimit):
            return self.layout
        if isinstance(requirement, Requirement):
            if self._has_facts(requirement.subsystem):
                return self.facts
            offers = self._offers.get(requirement.subsystem)
            if offers is None or not self._all_complete:
                return self.layout
            # What no place sees makes fields known too, and with them their kinds.
            return offers.stamp, self.vocabulary.known.get(requirement.subsystem)
        if isinstance(requirement, Not):
            # What does not hold changes with every place that comes.
            return self.layout
        return tuple([self._stamp(part) for part in requirement.parts])

    def _met(self, requirement: Expression, stamp: object, work: Work | None) -> Meeting:
        if isinstance(requirement, AllOf):
            return all_met((self.meeting(part, work) for part in requirement.parts), stamp)
        if isinstance(requirement, AnyOf):
            return any_met((self.meeting(part, work) for part in requirement.parts), stamp)
        if isinstance(requirement, Not):
            return not_met(self.meeting(requirement.part, work), self.everything, stamp)
        if isinstance(requirement, SiteLimit):
            if work is not None:
                work.look(len(self._offers_of(requirement.subsystem).vertices))
            return self._limited(requirement, stamp)
        if self._contents.named and requirement.subsystem in NAMES_OF_NODES:
            raise RuntimeError("names of nodes are asked of an index that keeps them apart; see `naming`")
        self.require_known(requirement.subsystem)
        for condition in requirement.conditions:
            self._require_field(requirement.subsystem, condition.field)
        test = VertexTest.of(requirement, self.vocabulary_of(requirement.subsystem))
        offers = self._offers_of(requirement.subsystem, [condition.field for condition in requirement.conditions])
        if work is not None:
            work.look(most_asked(requirement, offers))
        return tested(
            test,
            offers,
            self._nothing,
            stamp,
            incomplete=self._described.incomplete(requirement.subsystem),
            in_part=self._described.in_part(requirement.subsystem),
        )

    def _limited(self, limit: SiteLimit, stamp: object) -> Meeting:
        """Return where a limit allows what is asked; everywhere, or nowhere, on clusters that do not describe it."""
        described = self._described.describing(limit.subsystem)
        test, offers = VertexTest.of(limit, self.vocabulary), self._offers_of(limit.subsystem)
        if not limit.otherwise:
            return tested(test, offers, self._nothing, stamp, incomplete=None, in_part=None)
        incomplete = self._described.incomplete(limit.subsystem)
        met = tested(
            test,
            offers,
            self._nothing,
            stamp,
            incomplete=None if incomplete is None else incomplete & described,
            in_part=self._described.in_part(limit.subsystem),
        )
        others = self.everything & ~described
        yes = met.yes | others
        return Meeting.of(yes, yes if met.certain else met.possible | others, met.problems, stamp)

    def vertices_asked(self, test: Requirement) -> int:
        """Return of how many vertices, at the most, a requirement is asked."""
        asked = self._vertices_asked.get(test)
        if asked is None:
            if len(self._vertices_asked) >= _MOST_TESTS:
                self._vertices_asked.clear()
            offers = self._offers_of(test.subsystem, [one.field for one in test.conditions])
            asked = self._vertices_asked[test] = most_asked(test, offers)
        return asked

    def require_known(self, subsystem: str) -> None:
        """Raise InputError when no cluster has, ever had, or may have, a subsystem of this name."""
        known = self.vocabulary.known
        if subsystem not in known and not self._has_facts(subsystem):
            require_subsystem(subsystem, known, incomplete=self.vocabulary.may_have_more(subsystem))

    def require_types(self, shape: Shape) -> None:
        """Raise InputError for a shape that asks for a type of resource that no cluster has, or ever had."""
        require_types(shape, self.known_types)

    def _require_field(self, subsystem: str, field: str) -> None:
        fields = self.vocabulary.known.get(subsystem, frozenset())
        if self._has_facts(subsystem):
            fields |= self.facts.fields
        require_field(subsystem, field, fields, incomplete=self.vocabulary.may_be_incomplete(subsystem))

    def table(self, requirements: Sequence[Expression], *, possible: bool = False) -> NDArray[np.uint64]:
        """Return (requirements, words): the place classes at which each requirement holds, or `possible` ones too."""
        table = np.empty((len(requirements), self.words), dtype=np.uint64)
        for position, requirement in enumerate(requirements):
            met = self.meeting(requirement)
            table[position] = met.possible if possible else met.yes
        return table

    def clusters_of(
        self, places: NDArray[np.uint64], shape: Shape = (), *, possible: bool = False, work: Work | None = None
    ) -> NDArray[np.uint64]:
        """Turn (..., words) sets of usable place classes into (..., words) sets of clusters that can host the shape.

        Without a shape one usable place is enough; the argument itself may then be the answer. possible : whether
        vertices count that may meet what is required of them inside the shape. work : the budget, one for each set
        if not given. Raises InputError for what takes more.
        """
        clusters = len(self.names)
        if not shape and clusters == self.size:
            return places
        rows = places.reshape(-1, self.words)
        found = np.empty((len(rows), bitset.word_count(clusters)), dtype=np.uint64)
        per_class, wanted = self.copies.of(shape, work) if shape else (None, 0)
        step = max(1, (1 << 24) // max(1, self.size))
        for start in range(0, len(rows), step):
            usable = bitset.unpack(rows[start : start + step], self.size)
            if not shape:
                # Every cluster has a class, which is what joining slices asks for.
                able = np.logical_or.reduceat(usable, self.firsts[:-1], axis=-1) if self.names else usable
            elif per_class is None:
                able = np.array([self._hosting(flags, shape, possible, work) for flags in usable])
            else:
                # Every cluster has a class, which is what adding up slices asks for.
                copies = usable * per_class
                able = (np.add.reduceat(copies, self.firsts[:-1], axis=-1) if self.names else copies) >= wanted
            found[start : start + step] = bitset.pack(able)
        return found.reshape(*places.shape[:-1], found.shape[-1])

    def hosting_alone(self, shape: Shape, *, possible: bool = False, check: Callable[[int], None] | None = None) -> int:
        """Return the clusters that can host a shape where every place is usable, as a number. See `clusters_of`."""
        number = self._hosting_alone.get((shape, possible))
        if number is None:
            # Where this is too much, fewer places may be asked: only some of the budget is for it.
            work = Work(Work.of(len(self.names)).left // 4, check=check)
            number = bitset.to_number(self.clusters_of(self.everything, shape, possible=possible, work=work))
            self._hosting_alone.keep((shape, possible), number)
        return number

    def hosting_of(self, shapes: Sequence[Shape], *, possible: bool = False, work: Work | None = None) -> Hosting:
        """Return the shapes of a job's groups, to be asked of clusters of this fleet.

        work : the budget of all that is asked, that for one job if not given.
        Raises InputError for requirements inside them that are not understood, see `meeting`, and as `Hosting` does.
        """
        work = work or Work.of(len(self.names))
        key = (tuple(shapes), possible)
        found: Hosting | None = work.known.get(key)
        if found is None:
            for requirement in {one for shape in shapes for one in inner_requirements(shape)}:
                self.meeting(requirement, work)
            facts = self._has_facts(CLUSTER) and CLUSTER in _asked_inside(shapes)
            own = {CLUSTER: self._vocabulary_of_facts} if facts else None
            found = work.known[key] = Hosting(shapes, self.vocabulary, own, possible=possible, work=work)
        return found

    def hosts(self, asked: Hosting, cluster: int, usable: Sequence[int]) -> bool:
        """Whether a cluster hosts every group's shape at once, each on its own usable place classes.

        usable : sets of the cluster's classes, counted from its first, as numbers. See `Hosting.on`.
        """
        compiled = self.compiled(cluster)
        return asked.on(compiled.kinds, usable, compiled.cluster, self._seen_inside(asked, cluster))

    def hosting_alone_at(self, asked: Hosting, cluster: int, usable: int) -> list[int]:
        """Return the places of usable classes of a cluster of which each alone hosts what is asked. See `hosts`."""
        compiled = self.compiled(cluster)
        return asked.alone(compiled.kinds, usable, compiled.cluster, self._seen_inside(asked, cluster))

    def _seen_inside(self, asked: Hosting, cluster: int) -> Subsystem | None:
        """Return the cluster's own facts where they are asked for inside the shapes."""
        return self.facts.subsystem(cluster) if self._has_facts(CLUSTER) and asked.asks_inside(CLUSTER) else None

    def _hosting(self, usable: NDArray[np.bool_], shape: Shape, possible: bool, work: Work | None) -> NDArray[np.bool_]:
        """Return (clusters,) whether each hosts the shape on the places of its usable classes."""
        able = np.zeros(len(self.names), dtype=np.bool_)
        asked = self.hosting_of([shape], possible=possible, work=work)
        places = bitset.to_number(bitset.pack(usable))
        for cluster in range(len(self.names)):
            if here := self.layout.here(cluster, places):
                able[cluster] = self.hosts(asked, cluster, [here])
        return able


def _asked_inside(shapes: Sequence[Shape]) -> set[str]:
    """Return the subsystems that requirements inside shapes are of."""
    return {test.subsystem for shape in shapes for one in inner_requirements(shape) for test in tests_of(one)}
