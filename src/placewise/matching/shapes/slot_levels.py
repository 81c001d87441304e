"""Under which vertices a slot lies, and which asks may want the same vertices.

A slot that names neither places nor what contains them lies on one place, as long as something of it is inside
places. Every other slot lies under one vertex of the lowest common container type: of the types of containers that
contain all that the slot holds, somewhere in the tree as it is, a vertex that contains some of it and no other such
vertex; where no type contains all, the slot may spread over whatever it is asked for in. A slot of one vertex keeps
nothing together, so it lies wherever that is.

RFC 14: "A resource type of type: slot SHALL indicate a grouping of resources". Fluxion matches a slot at a vertex that
has all that the slot names right below it; here levels between may be left out, as RFC 14 leaves out what is not asked
for.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from placewise.matching.clusters.subtrees import INSIDE, PLACE, Subtrees
from placewise.matching.clusters.tree import Tree
from placewise.matching.shapes.asks import CHOICE, Ask
from placewise.model.jobs.job import SLOT


class Levels:
    """Where the slots lie in trees of one layout."""

    def __init__(self, tree: Tree, subtrees: Subtrees) -> None:
        """Take a tree, and the subtrees that are asked about: those of trees of the same layout, in growing number."""
        self._own, self._above_places, self._trees = tree.subtrees, tree.above_places, subtrees
        self._on_places: dict[Ask, bool] = {}
        self._lowest: dict[frozenset[str], _Lowest] = {}
        self._shared: dict[tuple[Ask, Ask], bool] = {}
        self._within: dict[str, frozenset[str]] | None = None

    def on_places(self, ask: Ask) -> bool:
        """Whether a slot, or each alternative of a choice, lies on one place."""
        known = self._on_places.get(ask)
        if known is None:
            parts = [ask.contents] if ask.type == SLOT else list(ask.alternatives)
            known = all(
                self._is_inside(
                    frozenset().union(*[inner.drawn for inner, _ in part]),
                    frozenset().union(*[inner.held for inner, _ in part]),
                )
                for part in parts
            )
            self._on_places[ask] = known
        return known

    def _is_inside(self, drawn: frozenset[str], held: frozenset[str]) -> bool:
        if not self._above_places.isdisjoint(drawn):
            return False
        return not self._own.types_in_places.isdisjoint(held) or held.isdisjoint(self._own.all_types)

    def stopping(self, ask: Ask) -> Hashable:
        """Return what is the same for asks that stop at the same vertices."""
        if not ask.bundles:
            return ask.type
        if self.on_places(ask):
            return True
        return None if ask.type == CHOICE or _holds_one(ask) else ask.held

    def numbers(self, ask: Ask) -> set[int]:
        """Return the subtrees under one of which a slot lies that does not lie on one place."""
        if ask.type == CHOICE or _holds_one(ask):
            return set()
        lowest = self._lowest.get(ask.held)
        if lowest is None:
            lowest = self._lowest[ask.held] = _Lowest(self._common(ask.held), ask.held)
        return lowest.among(self._trees)

    def _common(self, held: frozenset[str]) -> frozenset[str]:
        """Return the types of containers that contain all types, somewhere in the tree."""
        contained: dict[str, set[str]] = {}
        for kind, status, inside in self._own.layout:
            if status not in (INSIDE, PLACE):
                contained.setdefault(kind, set()).update(inside & held)
        return frozenset(kind for kind, types in contained.items() if types == held)

    def share(self, one: Ask, other: Ask) -> bool:
        """Whether two asks may want the same vertices."""
        key = (one, other)
        known = self._shared.get(key)
        if known is None:
            known = self._shared[key] = self._share(one, other)
        return known

    def _share(self, one: Ask, other: Ask) -> bool:
        if one.drawn.isdisjoint(other.drawn):
            return False
        if one.bundles or other.bundles or one.type == other.type:
            return True
        if self._within is None:
            within: dict[str, set[str]] = {}
            for kind, _, inside in self._own.layout:
                within.setdefault(kind, set()).update(inside)
            self._within = {kind: frozenset(inside) for kind, inside in within.items()}
        nothing = frozenset[str]()
        # Vertices of types that are nowhere in one another have nothing in common inside.
        return other.type in self._within.get(one.type, nothing) or one.type in self._within.get(other.type, nothing)


@dataclass(slots=True)
class _Lowest:
    """The lowest containers of some types that contain something asked for, and what contains those."""

    common: frozenset[str]
    held: frozenset[str]
    found: set[int] = field(default_factory=set)
    above: set[int] = field(default_factory=set)
    seen: int = 0

    def among(self, trees: Subtrees) -> set[int]:
        """Return those among subtrees, of which there may be more than before."""
        # Numbers ascend from what is contained to what contains.
        for number in range(self.seen, len(trees.types)):
            if trees.status[number] not in (INSIDE, PLACE):
                if any(child in self.found or child in self.above for child, _ in trees.below[number]):
                    self.above.add(number)
                elif trees.types[number] in self.common and not self.held.isdisjoint(trees.inside[number]):
                    self.found.add(number)
        self.seen = len(trees.types)
        return self.found


def _holds_one(ask: Ask) -> bool:
    """Whether a slot holds one vertex and nothing beside it."""
    if len(ask.contents) != 1:
        return False
    inside, count = ask.contents[0]
    return bool(count == 1) and (not inside.bundles or (inside.type == SLOT and _holds_one(inside)))
