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

from placewise.matching.asks import CHOICE, Ask
from placewise.matching.subtrees import INSIDE, PLACE, Subtrees
from placewise.model.job import SLOT


class Levels:
    """Where the slots of one tree lie."""

    def __init__(self, subtrees: Subtrees, above_places: frozenset[str]) -> None:
        self._trees, self._above_places = subtrees, above_places
        self._on_places: dict[Ask, bool] = {}
        self._numbers: dict[frozenset[str], set[int]] = {}
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
        return not self._trees.types_in_places.isdisjoint(held) or held.isdisjoint(self._trees.all_types)

    def numbers(self, ask: Ask) -> set[int]:
        """Return the subtrees under one of which a slot lies that does not lie on one place."""
        if ask.type == CHOICE or _holds_one(ask):
            return set()
        found = self._numbers.get(ask.held)
        if found is None:
            found = self._numbers[ask.held] = self._lowest(ask.held)
        return found

    def _lowest(self, held: frozenset[str]) -> set[int]:
        trees = self._trees
        outside = [number for number, status in enumerate(trees.status) if status not in (INSIDE, PLACE)]
        contained: dict[str, set[str]] = {}
        for number in outside:
            contained.setdefault(trees.types[number], set()).update(trees.inside[number] & held)
        common = {kind for kind, types in contained.items() if types == held}
        candidates = {n for n in outside if trees.types[n] in common and not held.isdisjoint(trees.inside[n])}
        # What contains a candidate is no lowest one; numbers ascend from what is contained to what contains.
        above: set[int] = set()
        for number in outside:
            if any(child in candidates or child in above for child, _ in trees.below[number]):
                above.add(number)
        return candidates - above

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
            for kind, inside in zip(self._trees.types, self._trees.inside, strict=True):
                within.setdefault(kind, set()).update(inside)
            self._within = {kind: frozenset(inside) for kind, inside in within.items()}
        nothing = frozenset[str]()
        # Vertices of types that are nowhere in one another have nothing in common inside.
        return other.type in self._within.get(one.type, nothing) or one.type in self._within.get(other.type, nothing)


def _holds_one(ask: Ask) -> bool:
    """Whether a slot holds one vertex and nothing beside it."""
    if len(ask.contents) != 1:
        return False
    inside, count = ask.contents[0]
    return bool(count == 1) and (not inside.bundles or (inside.type == SLOT and _holds_one(inside)))
