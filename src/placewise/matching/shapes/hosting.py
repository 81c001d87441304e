"""Whether a containment tree can host the shape of a job on the places that are usable for it.

A request is hosted by the vertices of its type, each of which must hold the contents asked for; every unit of a vertex
serves one request. The answer is exact (see `fitting`), within a budget of work for a whole job, beyond which it is
refused. Where a slot lies says `slot_levels`, which vertices are usable `tree`.

The alternatives are Fluxion's: of or_slots side by side each slot may have any of the shapes ("the scheduler can select
any combination"), of xor_slots exactly one shape is taken for the whole job. Fluxion leaves open what or_slots of
unlike counts come to; here those of one count are mixed, and only one count is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from placewise.matching.clusters.facts import Facts, Tests
from placewise.matching.clusters.place_kinds import PlaceKinds
from placewise.matching.clusters.tree import Tree
from placewise.matching.shapes.asks import CHOICE, Demand, compiled, drawn_types
from placewise.matching.shapes.forest import Bits, Forest, Forests
from placewise.matching.shapes.simple_counting import (
    holds_simple,
    is_simple,
    opened_slots,
    simple_bundles,
    simple_count,
    simple_offer,
)
from placewise.matching.shapes.slot_levels import Levels
from placewise.matching.shapes.work import Work
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import SLOT, ResourceRequest, Shape
from placewise.model.requirements.requirement import Expression

__all__ = [
    "Copies",
    "Hosting",
    "Tree",
    "copies_within",
    "has_alternatives",
    "hosts",
    "inner_by_type",
    "inner_requirements",
    "on_one_place",
    "spans_places",
]


class Hosting:
    """The shapes of a job's groups, to be asked of many clusters.

    vocabulary : of the fleet, where requirements stand inside the shapes; own : those of subsystems that have one of
    their own. possible : whether a vertex counts too of which it is unknown whether it meets them. work : the budget
    of all that is asked, that for one cluster if not given. Raises InputError for too many alternatives, and for
    bounds of another kind than their fields.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        vocabulary: Vocabulary | None = None,
        own: Mapping[str, Vocabulary] | None = None,
        *,
        possible: bool = False,
        work: Work | None = None,
    ) -> None:
        self._work = work or Work.of(1)
        self._demands = compiled(shapes)
        self._groups, self._possible = len(shapes), possible
        self._marks: dict[str, tuple[Facts, PlaceKinds, list[int], Bits]] = {}
        self._forests = Forests(self._work)
        self._answers: dict[tuple[Forest, int], bool] = {}
        wanted = [pair for shape in shapes for pair in inner_by_type(shape)]
        self._tests = Tests(wanted, vocabulary or Vocabulary(), own) if wanted else None

    def asks_inside(self, name: str) -> bool:
        """Whether a requirement inside the shapes is of this subsystem."""
        return self._tests is not None and self._tests.asks(name)

    def on(
        self,
        kinds: PlaceKinds,
        usable: Sequence[int],
        cluster: Cluster | None = None,
        seen: Subsystem | None = None,
    ) -> bool:
        """Whether a tree hosts every group's shape at once, each on its own usable kinds of places, as sets.

        A group without a shape asks for one usable place. cluster : that of the tree, whose vertices meet requirements
        inside the shapes; seen : what all of it sees besides. Raises InputError for what takes too much work.
        """
        if not all(usable):
            return False
        if any(not demand for demand in self._demands):
            return True
        forest, facts, kinds, parts, bits = self._seen(kinds, cluster, seen)
        if facts is not None:
            usable = [sum(1 << at for at, kind in enumerate(parts) if one >> kind & 1) for one in usable]
        return self._hosts(forest, forest.root(kinds, usable, bits), facts)

    def alone(
        self, kinds: PlaceKinds, usable: int, cluster: Cluster | None = None, seen: Subsystem | None = None
    ) -> list[int]:
        """Return the places of usable kinds of which each hosts all that is asked if no other is usable. See `on`."""
        forest, facts, kinds, parts, bits = self._seen(kinds, cluster, seen)
        return [
            place
            for at, kind in enumerate(parts)
            if usable >> kind & 1 and self._hosts(forest, forest.root(kinds, [1 << at] * self._groups, bits), facts)
            for place in kinds.kinds[at]
        ]

    def _hosts(self, forest: Forest, root: int, facts: Facts | None) -> bool:
        key = forest, root
        found = self._answers.get(key)
        if found is None:
            fitting = forest.fitting(facts)
            found = self._answers[key] = any(fitting.hosts(root, demand) for demand in self._demands)
        return found

    def _seen(
        self, kinds: PlaceKinds, cluster: Cluster | None, seen: Subsystem | None
    ) -> tuple[Forest, Facts | None, PlaceKinds, Sequence[int], Bits | None]:
        """Return the forest of a tree, and its places in kinds that the tests inside tell apart, see `_facts`."""
        facts, parts, bits = None, None, None
        if cluster is not None and self._tests is not None:
            facts, kinds, parts, bits = self._facts(self._tests, cluster, kinds, seen)
        forest = self._forests.of(kinds.tree, None if facts is None else (facts.everywhere, facts.in_part))
        return forest, facts, kinds, range(len(kinds.kinds)) if parts is None else parts, bits

    def _facts(
        self, tests: Tests, cluster: Cluster, kinds: PlaceKinds, seen: Subsystem | None
    ) -> tuple[Facts, PlaceKinds, list[int], Bits]:
        """Return what the tests inside say of a cluster: kinds of places that they tell apart, each with its bits."""
        found = self._marks.get(cluster.name)
        if found is None:
            tree = kinds.tree
            self._work.step(tests.steps(cluster) + len(tree.outline) // 2)
            facts = Facts(
                tests, self._groups, tests.everywhere(cluster.name, seen), self._possible, tests.in_part(cluster.name)
            )
            bits = facts.marks(cluster, tree)
            finer, parts = kinds.refined(bits)
            found = (
                facts,
                finer,
                [kind for kind, _ in parts],
                Bits([own for _, own in parts], [bits[position] for position in tree.outside]),
            )
            self._marks[cluster.name] = found
        return found


def inner_by_type(shape: Shape) -> Iterator[tuple[str, Expression]]:
    """Yield the requirements that stand inside a shape, each with the type of the resource that it stands in."""
    waiting = list(shape)
    while waiting:
        request = waiting.pop()
        waiting += request.contents
        for requirement in request.requirements:
            yield request.type, requirement


def inner_requirements(shape: Shape) -> list[Expression]:
    """Return the requirements that stand inside a shape, each once."""
    return list(dict.fromkeys([requirement for _, requirement in inner_by_type(shape)]))


def hosts(tree: Tree, groups: Sequence[tuple[Shape, Collection[int]]]) -> bool:
    """Whether the tree hosts every group's shape at once, each on its own usable places. See `Hosting`."""
    kinds = PlaceKinds.single(tree)
    return Hosting([shape for shape, _ in groups]).on(kinds, [kinds.of(usable) for _, usable in groups])


def copies_within(tree: Tree, place: int, request: ResourceRequest) -> int:
    """Count the copies of a request that one place can host, itself included; more than it wants need not be told.

    Raises InputError for what takes too much work.
    """
    return Copies(request).on(tree, [place])[0]


class Copies:
    """Counts copies of a request on places of many clusters; its slots lie on places. See `copies_within`.

    work : the budget of all that is asked, that for one cluster if not given.
    """

    def __init__(self, request: ResourceRequest, work: Work | None = None) -> None:
        self._demands, self._work = _compiled(request), work or Work.of(1)
        self._opened = [
            opened_slots(ask.contents) if ask.type == SLOT and holds_simple(ask.contents) else None
            for ((ask, _),) in self._demands
        ]
        self._forests = Forests(self._work)

    def on(self, tree: Tree, places: Sequence[int]) -> list[int]:
        """Count the copies that each of some places of a tree can host."""
        subtrees = tree.subtrees
        numbers = list(dict.fromkeys(subtrees.number_of[place] for place in places))
        found = [0] * len(numbers)
        self._work.step(len(numbers))
        for demand, opened in zip(self._demands, self._opened, strict=True):
            ((ask, most),) = demand
            if opened is not None:
                copies = [simple_bundles(subtrees, number, opened) for number in numbers]
            elif is_simple(ask):
                copies = [
                    simple_offer(subtrees, number, ask)
                    if subtrees.types[number] == ask.type
                    else simple_count(subtrees, number, ask)
                    for number in numbers
                ]
            else:
                forest = self._forests.of(tree)
                copies = [forest.fitting().copies_at(forest.numbers(tree)[number], ask, most) for number in numbers]
            found = [max(pair) for pair in zip(found, copies, strict=True)]
        copies_at = dict(zip(numbers, found, strict=True))
        return [copies_at[subtrees.number_of[place]] for place in places]


def spans_places(tree: Tree, request: ResourceRequest) -> bool:
    """Whether a request names nodes, or things that contain nodes, rather than parts of one node."""
    return not tree.above_places.isdisjoint(drawn_types(request))


def on_one_place(tree: Tree, request: ResourceRequest) -> bool:
    """Whether every copy of a slot lies on one place."""
    levels = Levels(tree, tree.subtrees)
    return all(
        levels.on_places(ask) for demand in _compiled(request) for ask, _ in demand if ask.type in (SLOT, CHOICE)
    )


def has_alternatives(request: ResourceRequest) -> bool:
    """Whether one of several ways has to be chosen for all copies of a request together."""
    return len(_compiled(request)) > 1


@lru_cache(maxsize=64)
def _compiled(request: ResourceRequest) -> tuple[Demand, ...]:
    return compiled([(request,)])
