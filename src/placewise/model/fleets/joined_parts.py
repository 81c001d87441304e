"""One cluster of several descriptions: a batch system describes its machines, Spack its software."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placewise.errors import InputError
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem
from placewise.model.fleets.vocabulary import EVERY, Completeness, Vocabulary, fullest

OF_NODES = ("arch", "os")
"""Subsystems that differ from node to node: several vertices of a whole cluster do not say which node has which."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of source says of a cluster.

    words : its vocabulary, of which no completeness names a cluster.
    """

    kind: str
    cluster: Cluster
    words: Vocabulary

    @property
    def has_machines(self) -> bool:
        """Whether it describes what the cluster consists of."""
        return len(self.cluster.graph.vertices) > 1

    def describes(self, subsystem: str) -> bool:
        """Whether it has vertices of a subsystem."""
        return any(one.name == subsystem for one in self.cluster.subsystems)


@dataclass(frozen=True, slots=True)
class Overlap:
    """A subsystem that a part describes, and that the cluster does not take from it.

    left_out : the kind of that part. counts : the kind of the part that is taken instead, empty for none.
    """

    subsystem: str
    left_out: str
    counts: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A cluster of all its parts, its vocabulary as a part has it, and what was left out of which part."""

    cluster: Cluster
    words: Vocabulary
    overlaps: tuple[Overlap, ...] = ()


def joined_parts(parts: Iterable[Part]) -> Joined:
    """Return the cluster that parts of one name describe together, whatever order they are in.

    What is said of the whole cluster holds of each of its machines. A subsystem is of one part: that with machines
    counts before the others. Raises InputError for two parts with machines, and ValueError for none.
    """
    ordered = sorted(parts, key=lambda part: (not part.has_machines, part.kind))
    if not ordered:
        raise ValueError("a cluster has no parts")
    first, *others = ordered
    if others and others[0].has_machines:
        raise InputError(
            f"both {first.kind} and {others[0].kind} describe its machines",
            place=f"cluster {first.cluster.name!r}",
            expected="another --name, another --out, or --force to replace what the other wrote",
        )
    taken: dict[str, str] = {}
    subsystems: list[Subsystem] = []
    overlaps: list[Overlap] = []
    for part in ordered:
        for subsystem in part.cluster.subsystems:
            name = subsystem.name
            if name in taken:
                overlaps.append(Overlap(name, part.kind, taken[name]))
            elif name in OF_NODES and first.has_machines and part is not first and len(subsystem.vertices) > 1:
                overlaps.append(Overlap(name, part.kind))
            else:
                taken[name] = part.kind
                subsystems.append(subsystem)
    state = {key: value for part in reversed(ordered) for key, value in part.cluster.state}
    cluster = Cluster(first.cluster.name, first.cluster.graph, tuple(subsystems), tuple(state.items()))
    return Joined(cluster, _words(ordered, taken), tuple(overlaps))


def _words(parts: Sequence[Part], taken: dict[str, str]) -> Vocabulary:
    """Return what all parts say of words; the completeness of a subsystem is that of the part that it is taken from.

    Of one that no part has, a part that says there is none counts before one that does not know.
    """
    words = Vocabulary()
    for part in parts:
        words = words.over(part.words)
    every = fullest(part.words.completeness(EVERY, EVERY) for part in parts)
    complete: dict[tuple[str, str], Completeness] = {(EVERY, EVERY): every} if words.complete else {}
    said = {name for _, name in words.complete} - {EVERY}
    for name in sorted(said | taken.keys()):
        explicit = [part.words.complete[EVERY, name] for part in parts if (EVERY, name) in part.words.complete]
        owner = next((part for part in parts if part.kind == taken.get(name)), None)
        flag = fullest(explicit) if owner is None else owner.words.completeness(EVERY, name)
        if explicit or flag != every:
            complete[EVERY, name] = flag
    known = {**{name: frozenset[str]() for _, name in complete if name}, **words.known}
    return Vocabulary(words.kinds, words.aliases, known, complete, words.types)
