"""Two descriptions of a cluster, or of a fleet, compared: in what order things are described does not matter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.fleet_changes import (
    ClusterChange,
    CountChange,
    Difference,
    FactChange,
    Fields,
    FleetChanges,
    ValueChange,
)
from placewise.model.fleets.resources import NAMES_OF_NODES, SubsystemVertex
from placewise.model.fleets.vocabulary import EVERY, FieldKind, FieldName, Vocabulary
from placewise.model.jobs.job import NODE
from placewise.model.scalar import Value

_NAME = "name"
_UNSAID = Vocabulary()
T = TypeVar("T")

_Fact: TypeAlias = tuple[str, Fields, tuple[type, ...]]
"""A subsystem and the fields of a vertex, with their types: 1, 1.0 and true are equal to Python."""

_Place: TypeAlias = tuple[str | None, str]
"""The node that a vertex is in, None for one that is in none, and the type of the resource that it is attached to."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A cluster without the order in which it is described.

    whole : a number that is equal for equal clusters, whatever their names. nodes : likewise, by the node's id.
    facts : where each is. types : of resources, by type and unit. of_subsystem : the facts of each.
    """

    whole: int
    nodes: Mapping[str, int]
    facts: Mapping[_Fact, frozenset[_Place]]
    types: Mapping[tuple[str, str], int]
    of_subsystem: Mapping[str, frozenset[Hashable]]


class _Numbers(dict[Hashable, int]):
    """A number for each distinct value."""

    def __missing__(self, key: Hashable) -> int:
        self[key] = found = len(self)
        return found


def cluster_change(
    before: Cluster | None,
    after: Cluster | None,
    words_before: Vocabulary = _UNSAID,
    words_after: Vocabulary = _UNSAID,
    *,
    own_words: bool = False,
) -> ClusterChange:
    """Return what became of a cluster; None where it is not there.

    own_words : whether the vocabularies are the cluster's own, so that what is said of kinds and names counts too.
    Raises ValueError for a cluster that never was.
    """
    if after is None:
        if before is None:
            raise ValueError("there is no cluster")
        return ClusterChange(before.name, "gone")
    if before is None:
        return ClusterChange(after.name, "added")
    change = ClusterChange(
        after.name,
        "changed",
        state=_values_changed(dict(before.state), dict(after.state)),
        complete=_complete_changed(before, after, words_before, words_after),
        words=own_words and replace(words_before, complete={}) != replace(words_after, complete={}),
    )
    if not _alike(before, after):
        numbers = _Numbers()
        change = _described_anew(change, _seen(before, numbers), _seen(after, numbers))
    same = change == ClusterChange(after.name, "changed")
    return ClusterChange(after.name, "unchanged") if same else change


def compare_fleets(before: Fleet, after: Fleet) -> FleetChanges:
    """Return what is different between two descriptions of a fleet.

    A cluster that has another name and is else as it was is renamed, where one alone can be meant. What a vocabulary
    only knows, as it was there once, is no difference.
    """
    old = {one.name: one for one in before.clusters}
    new = {one.name: one for one in after.clusters}
    words = before.vocabulary, after.vocabulary
    gone, added = [old[name] for name in old if name not in new], [new[name] for name in new if name not in old]
    renamed = _renamed(gone, added, words)
    changes = [ClusterChange(name, "renamed", was=was) for was, name in renamed.items()]
    rest = (old.keys() | new.keys()) - renamed.keys() - set(renamed.values())
    changes += [cluster_change(old.get(name), new.get(name), *words) for name in rest]
    return FleetChanges(
        tuple(sorted(changes, key=lambda one: one.cluster)),
        kinds_changed(*(one.kinds for one in words)),
        _values_changed(*(_aliases(one) for one in words)),
    )


def _alike(before: Cluster, after: Cluster) -> bool:
    """Whether two clusters are described alike in the same order, which is quicker to see than that in another."""
    return (
        before.graph == after.graph
        and before.subsystems == after.subsystems
        and all(
            type(value) is type(other)
            for one, two in zip(before.subsystems, after.subsystems, strict=True)
            for vertex, other_vertex in zip(one.vertices, two.vertices, strict=True)
            for (_, value), (_, other) in zip(vertex.properties, other_vertex.properties, strict=True)
        )
    )


def _renamed(gone: Iterable[Cluster], added: Iterable[Cluster], words: tuple[Vocabulary, Vocabulary]) -> dict[str, str]:
    numbers = _Numbers()
    old, new = (
        _alone(clusters, lambda one: (_seen(one, numbers).whole, frozenset(_typed(one.state))))
        for clusters in (gone, added)
    )
    return {
        old[key].name: new[key].name
        for key in old.keys() & new.keys()
        if not _complete_changed(old[key], new[key], *words)
    }


def _alone(values: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, T]:
    """Return the values that share their key with no other, by their keys."""
    found: dict[Hashable, list[T]] = {}
    for value in values:
        found.setdefault(key(value), []).append(value)
    return {key: values[0] for key, values in found.items() if len(values) == 1}


def _described_anew(change: ClusterChange, before: _Seen, after: _Seen) -> ClusterChange:
    found = replace(
        change,
        nodes=_difference(before.nodes, after.nodes),
        subsystems=_difference(before.of_subsystem, after.of_subsystem),
        facts=tuple(_facts_changed(before, after)),
        resources=tuple(
            CountChange(*key, before.types.get(key, 0), after.types.get(key, 0))
            for key in sorted(before.types.keys() | after.types.keys())
            if before.types.get(key) != after.types.get(key)
        ),
    )
    shown = found.nodes or found.subsystems or found.facts or found.resources
    return replace(found, layout=before.whole != after.whole and not shown)


def _difference(before: Mapping[str, object], after: Mapping[str, object]) -> Difference:
    return Difference(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )


def _facts_changed(before: _Seen, after: _Seen) -> Iterator[FactChange]:
    """Yield facts that came, went or are elsewhere; what nodes brought that came, or took with them, is left out."""
    both = before.nodes.keys() & after.nodes.keys()

    def of_both(places: frozenset[_Place]) -> frozenset[_Place]:
        return frozenset(one for one in places if one[0] is None or one[0] in both)

    gone: list[_Fact] = []
    came: list[_Fact] = []
    moved: list[tuple[str, FactChange]] = []
    for fact in before.facts.keys() | after.facts.keys():
        old, new = before.facts.get(fact), after.facts.get(fact)
        if old == new:
            continue
        if old is None or new is None:
            there = old or new or frozenset()
            if fact[0] not in NAMES_OF_NODES or of_both(there):
                (came if old is None else gone).append(fact)
        elif of_both(old) != of_both(new):
            moved.append((_order(fact), FactChange(fact[0], fact[1], fact[1], _nodes_of(old), _nodes_of(new))))
    pairs: list[tuple[_Fact, _Fact]] = []
    for key in (
        lambda fact, seen: (fact[0], dict(fact[1]).get(_NAME), seen.facts[fact]),
        lambda fact, _: (fact[0], dict(fact[1]).get(_NAME)),
    ):
        old_alone = _alone(gone, lambda fact, key=key: key(fact, before))  # type: ignore[misc]
        new_alone = _alone(came, lambda fact, key=key: key(fact, after))  # type: ignore[misc]
        found = [(old_alone[one], new_alone[one]) for one in old_alone.keys() & new_alone.keys()]
        gone = [one for one in gone if one not in {old for old, _ in found}]
        came = [one for one in came if one not in {new for _, new in found}]
        pairs += found
    changes = [
        *moved,
        *(
            (
                min(_order(old), _order(new)),
                FactChange(old[0], old[1], new[1], _nodes_of(before.facts[old]), _nodes_of(after.facts[new])),
            )
            for old, new in pairs
        ),
        *((_order(one), FactChange(one[0], one[1], None, _nodes_of(before.facts[one]))) for one in gone),
        *((_order(one), FactChange(one[0], None, one[1], None, _nodes_of(after.facts[one]))) for one in came),
    ]
    yield from (change for _, change in sorted(changes, key=lambda one: one[0]))


def _order(fact: _Fact) -> str:
    return repr((fact[0], str(dict(fact[1]).get(_NAME, "")), fact[1]))


def _nodes_of(places: frozenset[_Place]) -> int | None:
    """Return on how many nodes a fact is, None where it is of more than nodes."""
    nodes = {node for node, _ in places}
    return None if None in nodes else len(nodes)


def _seen(cluster: Cluster, numbers: _Numbers) -> _Seen:
    vertices, children = cluster.graph.vertices, cluster.graph.children
    places: list[_Place] = []
    types: Counter[tuple[str, str]] = Counter()
    for vertex in vertices:
        # Above nodes a vertex is known by its type alone.
        holder = None if vertex.parent is None else places[vertex.parent][0]
        places.append((vertex.id if vertex.type == NODE else holder, vertex.type))
        if vertex.parent is not None:
            types[vertex.type, vertex.unit] += vertex.size
    facts: defaultdict[_Fact, set[_Place]] = defaultdict(set)
    at: defaultdict[int, set[int]] = defaultdict(set)
    of_subsystem: dict[str, set[Hashable]] = {one.name: set() for one in cluster.subsystems}
    for subsystem in cluster.subsystems:
        for one in subsystem.vertices:
            fact = _fact(subsystem.name, one)
            number = numbers[fact]
            for position in one.attached_to:
                at[position].add(number)
            there = {places[position] for position in one.attached_to}
            facts[fact] |= there
            of_subsystem[subsystem.name] |= {(number, place) for place in there}
    inside = [0] * len(vertices)
    nodes: dict[str, int] = {}
    for position in reversed(range(len(vertices))):
        vertex = vertices[position]
        node = vertex.id if vertex.type == NODE else None
        below = tuple(sorted([inside[child] for child in children[position]]))
        content = (vertex.type, vertex.size, vertex.unit, tuple(sorted(at.get(position, ()))), below)
        inside[position] = numbers[node, content]
        if node is not None:
            nodes[node] = numbers[None, content]
    subsystems = frozenset(of_subsystem)
    return _Seen(
        numbers[subsystems, inside[0]],
        nodes,
        {fact: frozenset(found) for fact, found in facts.items()},
        types,
        {name: frozenset(found) for name, found in of_subsystem.items()},
    )


def _fact(subsystem: str, vertex: SubsystemVertex) -> _Fact:
    return subsystem, vertex.properties, tuple(type(value) for _, value in vertex.properties)


def _typed(pairs: Iterable[tuple[str, Value]]) -> Iterator[tuple[str, Value, type]]:
    return ((name, value, type(value)) for name, value in pairs)


def _values_changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[ValueChange, ...]:
    return tuple(
        ValueChange(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if (type(before.get(name)), before.get(name)) != (type(after.get(name)), after.get(name))
    )


def _complete_changed(before: Cluster, after: Cluster, *words: Vocabulary) -> tuple[ValueChange, ...]:
    """Return of which subsystems it is another than before whether all there is of them is described.

    Where that is so of all that is not named, the others are those that do not go with it, as they were or not.
    """
    if all(one.all_complete for one in words):
        return ()
    names = {one.name for cluster in (before, after) for one in cluster.subsystems}
    names |= {subsystem for one in words for _, subsystem in one.complete}
    old, new = (
        {name: said.completeness(cluster.name, name) for name in names | {EVERY}}
        for cluster, said in zip((before, after), words, strict=True)
    )
    pairs = {name: (old[name], new[name]) for name in sorted(old)}
    general = pairs[EVERY]
    unlike = {name: pair for name, pair in pairs.items() if name == EVERY or pair != general}
    if general[0] == general[1]:
        unlike = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return tuple(ValueChange(name, *pair) for name, pair in unlike.items())


def kinds_changed(
    before: Mapping[FieldName, FieldKind], after: Mapping[FieldName, FieldKind]
) -> tuple[ValueChange, ...]:
    """Return the fields that are of another kind, or of none."""
    old, new = ({_field(name): _kind(kind) for name, kind in kinds.items()} for kinds in (before, after))
    return _values_changed(old, new)


def _kind(kind: FieldKind) -> str:
    return " ".join(part for part in (kind.name, kind.unit and f"in {kind.unit}", kind.scheme) if part)


def _aliases(words: Vocabulary) -> dict[str, Value]:
    return {
        f"{_field(name)}: {alias}": meant for name, aliases in words.aliases.items() for alias, meant in aliases.items()
    }


def _field(name: FieldName) -> str:
    subsystem, field = name
    return f"{subsystem or '*'}.{field}"
