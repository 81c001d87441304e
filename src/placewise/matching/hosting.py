"""Whether a containment tree can host the shape of a job on the places that are usable for it.

Counts go through the tree: a request is hosted by the vertices of its type, each of which must hold the
contents asked for. Siblings that ask for vertices of one type take different vertices (Hall's condition
over the siblings, so the answer is exact); siblings that draw on one type at different depths are refused.

What is in a place counts if the place is usable. Of what is outside all places, a vertex that contains
places counts if a usable one is among them. One that contains none counts if its type neither occurs
inside a place of the graph nor contains one, as that of storage beside the nodes, or if every place is usable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from placewise.errors import InputError
from placewise.model.job import NODE, SLOT, ResourceRequest, Shape
from placewise.model.resources import ResourceGraph

MOST_SIBLINGS = 12


@dataclass(frozen=True, slots=True)
class Tree:
    """A containment graph with what counting needs to know of it.

    place_of : for each vertex, the place at or above it, None outside all places. A graph without
        nodes is one place, its root.
    places : the places.
    seeing : the places and what contains them; what attaches elsewhere is seen from no place.
    beside : the vertices outside all places of types that neither occur inside one nor contain one.
    above_places : the types of the places and of what contains them.
    """

    graph: ResourceGraph
    place_of: tuple[int | None, ...]
    places: frozenset[int]
    seeing: frozenset[int]
    beside: frozenset[int]
    above_places: frozenset[str]

    @classmethod
    def of(cls, graph: ResourceGraph) -> Tree:
        """Derive the places of a graph."""
        vertices = graph.vertices
        nodeless = all(vertex.type != NODE for vertex in vertices)
        place_of: list[int | None] = [0 if nodeless else None]
        for position, vertex in enumerate(vertices):
            if position:
                above = place_of[vertex.parent or 0]
                place_of.append(position if above is None and vertex.type == NODE else above)
            elif vertex.type == NODE:
                place_of[0] = 0
        places = frozenset(place for place in place_of if place is not None)
        seeing = _with_containers(graph, places)
        inside = {vertex.type for vertex, place in zip(vertices, place_of, strict=True) if place is not None}
        above_types = {vertices[position].type for position in seeing - places}
        elsewhere = inside | above_types
        beside = [i for i, place in enumerate(place_of) if place is None and vertices[i].type not in elsewhere]
        return cls(graph, tuple(place_of), places, seeing, frozenset(beside) - seeing, frozenset(above_types | {NODE}))

    def places_below(self, vertex: int) -> list[int]:
        """List the places inside a vertex, or the place that the vertex is part of."""
        if self.place_of[vertex] is not None:
            return [vertex]
        found, stack = [], [vertex]
        while stack:
            position = stack.pop()
            if self.place_of[position] is not None:
                found.append(position)
            else:
                stack.extend(self.graph.children[position])
        return found


@dataclass(frozen=True, slots=True)
class _Ask:
    """A request together with what it may use: places, and vertices outside all places; None means everything."""

    request: ResourceRequest
    usable: frozenset[int] | None


def hosts(tree: Tree, groups: Sequence[tuple[Shape, Collection[int]]]) -> bool:
    """Whether the tree hosts every group's shape at once, each on its own usable places.

    A group without a shape asks for one usable place. Raises InputError for a shape that draws on one
    type of resource in ways that cannot be counted exactly.
    """
    if not all(usable for _, usable in groups):
        return False
    asks = [_Ask(request, parts) for shape, usable in groups for parts in [_parts(tree, usable)] for request in shape]
    return not asks or _copies(tree, 0, asks, inclusive=True) >= 1


def copies_within(tree: Tree, place: int, request: ResourceRequest) -> int:
    """Count the copies of a request that one place can host, itself included."""
    return _available(tree, place, _Ask(request, None), inclusive=True)


def spans_places(tree: Tree, request: ResourceRequest) -> bool:
    """Whether a request names nodes, or things that contain nodes, rather than parts of one node."""
    return not tree.above_places.isdisjoint(_types(request))


def _copies(tree: Tree, vertex: int, asks: Sequence[_Ask], *, inclusive: bool) -> int:
    """Count how many times all the asks fit together inside a vertex."""
    _refuse_overlap([ask.request for ask in asks])
    rivals: dict[tuple[str, int], list[_Ask]] = {}
    for number, ask in enumerate(asks):
        # Slots side by side draw on different types, so each is counted by itself.
        rivals.setdefault((ask.request.type, number if ask.request.type == SLOT else -1), []).append(ask)
    return min(_copies_of_rivals(tree, vertex, group, inclusive=inclusive) for group in rivals.values())


def _copies_of_rivals(tree: Tree, vertex: int, asks: Sequence[_Ask], *, inclusive: bool) -> int:
    if len(asks) == 1:
        return _available(tree, vertex, asks[0], inclusive=inclusive) // asks[0].request.count
    if len(asks) > MOST_SIBLINGS:
        raise InputError(
            f"too many different requests for {asks[0].request.type!r} side by side",
            found=len(asks),
            expected=f"at most {MOST_SIBLINGS}",
        )
    offers = []
    for candidate in _topmost(tree, vertex, asks[0].request.type, inclusive=inclusive):
        offers.append([_offer(tree, candidate, ask) for ask in asks])
        size = tree.graph.vertices[candidate].size
        if size > 1 and sum(bool(n and ask.request.contents) for n, ask in zip(offers[-1], asks, strict=True)) > 1:
            raise InputError(
                f"different requests for what is inside {asks[0].request.type!r} vertices side by side",
                place=f"vertex {tree.graph.vertices[candidate].id!r}",
                found=size,
                expected="vertices of size 1, whose contents are not shared",
            )
    # Hall: any choice of rivals together must find as many vertices as it asks for.
    return min(
        sum(max(offer[i] for i in chosen) for offer in offers) // sum(asks[i].request.count for i in chosen)
        for size in range(1, len(asks) + 1)
        for chosen in combinations(range(len(asks)), size)
    )


def _available(tree: Tree, vertex: int, ask: _Ask, *, inclusive: bool) -> int:
    request = ask.request
    if request.type != SLOT:
        candidates = _topmost(tree, vertex, request.type, inclusive=inclusive)
        return sum(_offer(tree, candidate, ask) for candidate in candidates)
    contents = [_Ask(inside, ask.usable) for inside in request.contents]
    if spans_places(tree, request):
        return _copies(tree, vertex, contents, inclusive=inclusive)
    # A slot stays on one place, so what two places have left over does not add up.
    return sum(
        _copies(tree, place, contents, inclusive=False)
        for place in tree.places_below(vertex)
        if _may_use(tree, place, ask)
    )


def _offer(tree: Tree, candidate: int, ask: _Ask) -> int:
    request, vertex = ask.request, tree.graph.vertices[candidate]
    if not _may_use(tree, candidate, ask) or (request.unit and request.unit != vertex.unit):
        return 0
    if not request.contents:
        return vertex.size
    contents = [_Ask(inside, ask.usable) for inside in request.contents]
    return min(vertex.size, _copies(tree, candidate, contents, inclusive=False))


def _topmost(tree: Tree, vertex: int, wanted: str, *, inclusive: bool) -> Iterator[int]:
    """Yield the vertices of a type, not looking inside those found."""
    stack = [vertex] if inclusive else list(tree.graph.children[vertex])
    while stack:
        position = stack.pop()
        if tree.graph.vertices[position].type == wanted:
            yield position
        else:
            stack.extend(tree.graph.children[position])


def _parts(tree: Tree, usable: Collection[int]) -> frozenset[int] | None:
    """Return the usable places with the vertices outside all places that count with them; None for everything."""
    if tree.places.issubset(usable):
        return None
    return tree.beside | _with_containers(tree.graph, usable)


def _with_containers(graph: ResourceGraph, positions: Iterable[int]) -> frozenset[int]:
    found: set[int] = set()
    for position in positions:
        step: int | None = position
        while step is not None and step not in found:
            found.add(step)
            step = graph.vertices[step].parent
    return frozenset(found)


def _may_use(tree: Tree, position: int, ask: _Ask) -> bool:
    place = tree.place_of[position]
    return ask.usable is None or (position if place is None else place) in ask.usable


def _types(request: ResourceRequest) -> set[str]:
    types = set() if request.type == SLOT else {request.type}
    for inside in request.contents:
        types |= _types(inside)
    return types


def _refuse_overlap(requests: Sequence[ResourceRequest]) -> None:
    for one, other in combinations(requests, 2):
        if one.type == other.type and one.type != SLOT:
            continue
        shared = _types(one) & _types(other)
        if shared:
            raise InputError(
                f"side by side, {one} and {other} draw on the same {', '.join(sorted(shared))}",
                expected="requests side by side for different types, or for the same type at the same depth",
            )
