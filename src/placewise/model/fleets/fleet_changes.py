"""What is different between two descriptions of a fleet, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from placewise.model.fleets.joined_parts import Overlap
from placewise.model.scalar import Value

Names: TypeAlias = tuple[str, ...]
Fields: TypeAlias = tuple[tuple[str, Value], ...]
What: TypeAlias = Literal["added", "gone", "renamed", "changed", "unchanged"]

_MIRRORED: dict[What, What] = {"added": "gone", "gone": "added"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Things that came, went, and are other than before, by name, each sorted."""

    added: Names = ()
    gone: Names = ()
    changed: Names = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.added or self.gone or self.changed)

    def mirrored(self) -> Difference:
        """Return the difference the other way round."""
        return Difference(self.gone, self.added, self.changed)


@dataclass(frozen=True, slots=True)
class FactChange:
    """A vertex of a subsystem that came, went, has other fields, or is on other nodes.

    before, after : its fields; None where it is not there. on_before, on_after : on how many nodes it is; None where it
    is of the whole cluster, or not there.
    """

    subsystem: str
    before: Fields | None
    after: Fields | None
    on_before: int | None = None
    on_after: int | None = None

    def mirrored(self) -> FactChange:
        """Return the change the other way round."""
        return FactChange(self.subsystem, self.after, self.before, self.on_after, self.on_before)


@dataclass(frozen=True, slots=True)
class CountChange:
    """How many resources of a type there are in all, in a unit (empty for a plain count)."""

    type: str
    unit: str
    before: int
    after: int

    def mirrored(self) -> CountChange:
        """Return the change the other way round."""
        return CountChange(self.type, self.unit, self.after, self.before)


@dataclass(frozen=True, slots=True)
class ValueChange:
    """Something with a name that has another value; None where it has none."""

    name: str
    before: Value | None
    after: Value | None

    def mirrored(self) -> ValueChange:
        """Return the change the other way round."""
        return ValueChange(self.name, self.after, self.before)


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """What became of a cluster; all but the first three are empty unless it was there before and is now.

    what : how it differs as a whole. was : the name that it had, of one that is renamed and else as it was.
    resources : of which types there are more or fewer. state : numbers and words of its own, such as prices.
    complete : by subsystem, empty for all that is not named, whether all there is of it is described.
    layout : whether resources or facts are elsewhere in it, which nothing else here shows.
    words : whether the vocabulary in its own folder has other kinds or names of values.
    overlaps : what several imports say of it, of which one counts.
    """

    cluster: str
    what: What
    was: str = ""
    nodes: Difference = Difference()
    subsystems: Difference = Difference()
    facts: tuple[FactChange, ...] = ()
    resources: tuple[CountChange, ...] = ()
    state: tuple[ValueChange, ...] = ()
    complete: tuple[ValueChange, ...] = ()
    layout: bool = False
    words: bool = False
    overlaps: tuple[Overlap, ...] = ()

    def mirrored(self) -> ClusterChange:
        """Return the change the other way round."""
        return replace(
            self,
            cluster=self.was or self.cluster,
            what=_MIRRORED.get(self.what, self.what),
            was=self.cluster if self.was else "",
            nodes=self.nodes.mirrored(),
            subsystems=self.subsystems.mirrored(),
            facts=tuple(one.mirrored() for one in self.facts),
            resources=tuple(one.mirrored() for one in self.resources),
            state=tuple(one.mirrored() for one in self.state),
            complete=tuple(one.mirrored() for one in self.complete),
        )


@dataclass(frozen=True, slots=True)
class FleetChanges:
    """What became of the clusters of a fleet, by name, and of its vocabulary.

    clusters : sorted by name; unchanged ones too.
    kinds : of fields, as ``subsystem.field`` (``*`` for every subsystem). aliases : likewise, with the name of the
    value, as ``subsystem.field: name``.
    """

    clusters: tuple[ClusterChange, ...]
    kinds: tuple[ValueChange, ...] = ()
    aliases: tuple[ValueChange, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is different."""
        return bool(self.kinds or self.aliases) or any(one.what != "unchanged" for one in self.clusters)

    @property
    def renamed(self) -> dict[str, str]:
        """The name that each renamed cluster has now, by the one that it had."""
        return {one.was: one.cluster for one in self.clusters if one.what == "renamed"}

    def of(self, what: What) -> Iterator[ClusterChange]:
        """Yield the clusters of which one thing became."""
        return (one for one in self.clusters if one.what == what)

    def mirrored(self) -> FleetChanges:
        """Return what is different the other way round."""
        clusters = sorted((one.mirrored() for one in self.clusters), key=lambda one: one.cluster)
        return FleetChanges(
            tuple(clusters),
            tuple(one.mirrored() for one in self.kinds),
            tuple(one.mirrored() for one in self.aliases),
        )
