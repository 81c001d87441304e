"""Whether a tree hosts all that is asked for at once, exactly: one search, whose steps call and remember each other.

It works within a budget. Asks that draw on different vertices are counted each alone. Asks for one type that compete
only for its vertices are a flow. What competes for more is searched: for each distinct subtree the largest counts that
it hosts together, added up over the subtrees, however many equal ones there are. What subsystem vertices say of a
vertex is worked out elsewhere (see `facts` and `alike`), and only looked up here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction
from functools import cache, reduce
from heapq import heappop, heappush
from operator import or_
from typing import Any, TypeAlias

from placewise.matching.clusters.facts import Facts
from placewise.matching.clusters.subtrees import INSIDE, PLACE, Subtrees
from placewise.matching.shapes.asks import CHOICE, NO_MEASURE, Ask, Demand, joined, measured
from placewise.matching.shapes.frontiers import (
    Frontier,
    Vector,
    bounded_away,
    explored,
    greedily_reached,
    most_that_holds,
    reached,
)
from placewise.matching.shapes.mixes import mixes
from placewise.matching.shapes.rough_bounds import each_apart, least_amounts
from placewise.matching.shapes.simple_counting import holds_simple, opened_slots, simple_bundles
from placewise.matching.shapes.slot_levels import Levels
from placewise.matching.shapes.transport import transported
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import SLOT
from placewise.model.requirements.requirement import Expression

At: TypeAlias = tuple[int, int]
"""A vertex: the number of its subtree, and the groups for which it is usable, as bits.

What contains a whole tree has the number of the tree, inverted.
"""


class Fitting:
    """One question to trees of one layout; it remembers what it found, as they have subtrees in common."""

    def __init__(self, subtrees: Subtrees, levels: Levels, work: Work, facts: Facts | None = None) -> None:
        self._trees, self._levels, self._work, self._facts = subtrees, levels, work, facts
        self._kinds: dict[tuple[At, tuple[Expression, ...]], tuple[int, ...]] = {}
        self._fit: dict[tuple[At, Demand], bool] = {}
        self._found: dict[tuple[At, Ask, Any], Any] = {}
        self._stopped: dict[tuple[At, tuple[Hashable, ...]], list[tuple[At, int]]] = {}
        self._bundled: dict[tuple[At, Demand, Any], Any] = {}
        self._opened: dict[Demand, Demand | None] = {}

    def hosts(self, root: int, demand: Demand) -> bool:
        """Whether a whole tree, its root included, hosts a demand."""
        return self._fits((~root, -1), demand)

    def copies_at(self, number: int, ask: Ask, most: int) -> int:
        """Return how many of an ask a subtree hosts, its topmost vertex included, at most so many."""
        at = self._at(number, -1)
        return int(self._hosted(at, ask, most) if self._stops(at, ask) else self._available(at, ask, most))

    def _at(self, number: int, mark: int) -> At:
        own = self._trees.marks[number]
        return number, mark if own is None else own

    def _in_place(self, at: At) -> bool:
        return at[0] >= 0 and self._trees.status[at[0]] in (INSIDE, PLACE)

    def _stops(self, at: At, ask: Ask) -> bool:
        """Whether a vertex is one of those that an ask names, or one under which a slot lies."""
        number = at[0]
        if not ask.bundles:
            return self._trees.types[number] == ask.type
        if self._levels.on_places(ask):
            return self._trees.status[number] == PLACE
        return number in self._levels.numbers(ask)

    def _topmost(self, at: At, asks: tuple[Ask, ...]) -> list[tuple[At, int]]:
        """Return the vertices inside one at which any of the asks stops, not looking inside those; equal ones once."""
        key = (at, tuple([self._levels.stopping(ask) for ask in asks]))
        found = self._stopped.get(key)
        if found is None:
            found = self._stopped[key] = list(self._walk(at, asks))
            self._work.step(len(found))
        return found

    def _walk(self, at: At, asks: tuple[Ask, ...]) -> Iterator[tuple[At, int]]:
        trees = self._trees
        types = {ask.type for ask in asks if not ask.bundles}
        places = any(ask.bundles and self._levels.on_places(ask) for ask in asks)
        levels: set[int] = set()
        for ask in asks:
            if ask.bundles and not self._levels.on_places(ask):
                levels |= self._levels.numbers(ask)
        first = ((~at[0], 1),) if at[0] < 0 else trees.below[at[0]]
        counts: dict[At, int] = {}
        # What contains has larger numbers than what it contains, so the largest number has all its times.
        waiting: list[tuple[int, int]] = []

        def come(below: Sequence[tuple[int, int]], mark: int, times: int) -> None:
            for number, each in below:
                own = trees.marks[number]
                child = (number, mark if own is None else own)
                if child not in counts:
                    counts[child] = 0
                    heappush(waiting, (-number, child[1]))
                counts[child] += times * each

        come(first, at[1] | self._own_bits(at), 1)
        while waiting:
            minus, mark = heappop(waiting)
            number, times = -minus, counts[-minus, mark]
            if trees.types[number] in types or (places and trees.status[number] == PLACE) or number in levels:
                yield (number, mark), times
            elif places or levels or not types.isdisjoint(trees.inside[number]):
                come(trees.below[number], mark | self._own_bits((number, mark)), times)

    def _normal(self, at: At, demand: Demand) -> Demand:
        """Return a demand without slots that add nothing here: those inside the vertex under which they lie."""
        while True:
            opened = [ask for ask, _ in demand if ask.type == SLOT and self._opens(at, ask)]
            if not opened:
                return demand
            self._work.step(1 + len(demand) // 2)
            demand = joined(
                pair
                for ask, count in demand
                for pair in (
                    [(inner, each * count) for inner, each in ask.contents] if ask in opened else [(ask, count)]
                )
            )

    def _opens(self, at: At, ask: Ask) -> bool:
        if self._in_place(at):
            return True
        if self._levels.on_places(ask):
            return False
        numbers = self._levels.numbers(ask)
        return at[0] in numbers or not self._topmost(at, (ask,))

    def _fits(self, at: At, demand: Demand) -> bool:
        """Whether what is inside a vertex hosts a demand."""
        demand = self._normal(at, demand)
        key = (at, demand)
        found = self._fit.get(key)
        if found is None:
            self._work.step(1 + 2 * len(demand))
            found = self._fit[key] = self._decided(at, demand)
        return found

    def _decided(self, at: At, demand: Demand) -> bool:
        for position, (ask, count) in enumerate(demand):
            if ask.type == CHOICE and self._opens(at, ask):
                rest = demand[:position] + demand[position + 1 :]
                return self._some_mix(at, ask, count, rest)
        if not all(self._available(at, ask, count) >= count for ask, count in demand):
            return False
        return all(len(part) == 1 or self._compete(at, part) for part in self._parts(demand))

    def _some_mix(self, at: At, choice: Ask, count: int, rest: Demand) -> bool:
        """Whether some mix of the alternatives of a choice fits beside the rest."""
        kinds = [self._copies(at, demand, count) for demand in choice.alternatives]
        for mix in mixes(kinds, count, self._work):
            taken = [
                (ask, each * times)
                for demand, times in zip(choice.alternatives, mix, strict=True)
                for ask, each in demand
            ]
            self._work.step(1 + (len(taken) + len(rest)) // 2)
            if self._fits(at, joined((*taken, *rest))):
                return True
        return False

    def _parts(self, demand: Demand) -> list[Demand]:
        """Return the demand in parts that draw on different vertices."""
        if len(demand) == 1:
            return [demand]
        by_type: dict[str, list[tuple[Ask, Any]]] = {}
        for pair in demand:
            lists = {id(by_type[kind]): by_type[kind] for kind in pair[0].drawn if kind in by_type}
            together = [one for part in lists.values() for one in part] + [pair]
            for ask, _ in together:
                by_type.update(dict.fromkeys(ask.drawn, together))
            self._work.step(len(together) // 4)
        parts = []
        for rough in {id(part): part for part in by_type.values()}.values():
            parts += self._refined(rough) if len(rough) > 1 else [tuple(rough)]
        return parts

    def _refined(self, rough: Demand | list[tuple[Ask, Any]]) -> list[Demand]:
        parts: list[list[tuple[Ask, Any]]] = []
        for pair in rough:
            self._work.step(len(parts) // 8)
            touched = [part for part in parts if any(self._levels.share(pair[0], other) for other, _ in part)]
            parts = [part for part in parts if not any(part is one for one in touched)]
            parts.append([one for part in touched for one in part] + [pair])
        return [joined(part) for part in parts]

    def _available(self, at: At, ask: Ask, most: Any) -> Any:
        """Return how many of one ask alone what is inside a vertex hosts; more than `most` need not be told."""
        key = (at, ask, most)
        found = self._found.get(key)
        if found is None:
            self._work.step()
            if ask.bundles and self._opens(at, ask):
                found = (
                    self._copies(at, ask.contents, most)
                    if ask.type == SLOT
                    else most_that_holds(most, lambda count: self._fits(at, ((ask, count),)))
                )
            else:
                found = 0
                for one, times in self._topmost(at, (ask,)):
                    found += times * self._hosted(one, ask, most)
                    if found >= most:
                        break
            self._found[key] = found
        return found

    def _hosted(self, at: At, ask: Ask, most: Any) -> Any:
        """Return how many of an ask a vertex hosts at which it stops."""
        if ask.type == SLOT:
            return self._copies(at, ask.contents, most) if self._usable(at, ask) else 0
        if ask.type == CHOICE:
            return self._available(at, ask, most) if self._usable(at, ask) else 0
        units = self._units(at, ask)
        return self._copies(at, ask.contents, min(units, most)) if ask.contents and units else units

    def _usable(self, at: At, ask: Ask) -> bool:
        return bool(at[1] >> ask.group & 1) or (ask.bundles and not self._in_place(at))

    def _units(self, at: At, ask: Ask) -> Any:
        """Return the amount of a vertex that an ask may count."""
        if not at[1] >> ask.group & 1:
            return 0
        size, unit = self._trees.sizes[at[0]], self._trees.units[at[0]]
        if ask.requirements:
            size = sum(self._met_by(at, ask.requirements))
        if ask.measure == NO_MEASURE:
            return size
        if ask.measure == ("by name", unit):
            return size
        measure, scale = _measured(unit) if unit else (NO_MEASURE, 0)
        return size * scale if measure == ask.measure else 0

    def _own_bits(self, at: At) -> int:
        """Return what is met inside a vertex of a place by what is attached to it, as part of a mark."""
        if self._facts is None or at[0] < 0 or self._trees.status[at[0]] != INSIDE:
            return 0
        return self._facts.below(self._trees.attached[at[0]]) << self._facts.groups

    def _met_by(self, at: At, requirements: tuple[Expression, ...]) -> tuple[int, ...]:
        """Return how many units of a vertex meet requirements: of those that each attached vertex is, and of the rest.

        The last is the number of the rest; the others are 1 or 0, as many as there are attached vertices and units.
        """
        key = (at, requirements)
        found = self._kinds.get(key)
        if found is None:
            facts, number = self._facts, at[0]
            if facts is None:
                return (0,)
            self._work.step()
            above = facts.inside(at[1]) if self._trees.status[number] == INSIDE else facts.seen(at[1])
            size, kind, attached = self._trees.sizes[number], self._trees.types[number], self._trees.attached[number]
            own = [facts.of_vertex(name, vertex) for name, vertex in attached]
            if size == 1:
                together = reduce(or_, own, above)
                found = (int(facts.met(requirements, together, kind)),)
            else:
                own = sorted([bits for bits in own if bits], reverse=True)[:size]
                met = [int(facts.met(requirements, above | bits, kind)) for bits in own]
                found = (*met, (size - len(own)) * facts.met(requirements, above, kind))
            self._kinds[key] = found
        return found

    def _units_by_kind(self, at: At, asks: Sequence[Ask]) -> tuple[list[int], list[list[int]]]:
        """Return the units of a vertex, of each kind how many, and for each kind how many each ask may take."""
        size = self._trees.sizes[at[0]]
        usable = [at[1] >> ask.group & 1 for ask in asks]
        met = [self._met_by(at, ask.requirements) if ask.requirements else None for ask in asks]
        single = max([len(one) for one in met if one is not None], default=1) - 1
        supplies = [1] * single + [size - single]
        limits = [
            [
                supplies[kind] * allowed if one is None else min(one[kind], supplies[kind]) * allowed
                for one, allowed in zip(met, usable, strict=True)
            ]
            for kind in range(len(supplies))
        ]
        return supplies, limits

    def _copies(self, at: At, contents: Demand, most: Any) -> Any:
        """Return how many times a demand fits inside a vertex, at most so many."""
        key = (at, contents, most)
        found = self._bundled.get(key)
        if found is None and self._in_place(at) and (simple := self._simple(contents)):
            # All in a place is usable for the same groups as the place.
            self._work.step(1 + len(simple))
            usable = at[1] >> simple[0][0].group & 1
            found = self._bundled[key] = min(most, simple_bundles(self._trees, at[0], simple)) if usable else 0
        if found is None:
            normal = self._normal(at, contents)
            self._work.step(1 + len(normal))
            found = most
            for ask, count in normal:
                if ask.type == CHOICE and self._opens(at, ask):
                    continue
                found = min(found, self._available(at, ask, found * count) // count)
                if not found:
                    break
            if found and (
                any(ask.type == CHOICE for ask, _ in normal) or any(len(part) > 1 for part in self._parts(normal))
            ):
                found = most_that_holds(
                    found, lambda times: self._fits(at, tuple([(ask, count * times) for ask, count in normal]))
                )
            self._bundled[key] = found
        return found

    def _simple(self, contents: Demand) -> Demand | None:
        """Return contents without slots, if no part of them competes with another inside a place."""
        if contents not in self._opened:
            self._opened[contents] = opened_slots(contents) if holds_simple(contents) else None
        return self._opened[contents]

    def _compete(self, at: At, part: Demand) -> bool:
        """Whether asks fit together that each alone fit and that may want the same vertices."""
        asks = tuple([ask for ask, _ in part])
        stops = self._topmost(at, asks)
        self._work.step(len(stops) * len(part) // 4)
        offers = [
            [
                min(count, self._hosted(one, ask, count) if self._stops(one, ask) else self._available(one, ask, count))
                for ask, count in part
            ]
            for one, _ in stops
        ]
        if each_apart([count for _, count in part], [times for _, times in stops], offers):
            return True
        caps = tuple([count for _, count in part])
        weights = least_amounts(asks)
        if self._too_little(stops, caps, weights):
            return False
        flow = self._as_flow(asks, stops, offers)
        if flow is not None:
            supplies, limits = flow
            return transported(caps, supplies, limits, self._work)
        parts = [
            (self._frontier(one, part, tuple(offer)), times)
            for (one, times), offer in zip(stops, offers, strict=True)
            if any(offer)
        ]
        if bounded_away(parts, caps, list(weights.values()), self._work):
            return False
        return greedily_reached(parts, caps, self._work) or reached(parts, caps, self._work)

    def _too_little(self, stops: Sequence[tuple[At, int]], wanted: Vector, weights: dict[str, list[int]]) -> bool:
        """Whether there is not enough of some type for all asks, wherever they are put."""
        amounts = self._trees.amounts
        for kind, weight in weights.items():
            self._work.step(1 + len(stops) // 4)
            asked = sum([each * count for each, count in zip(weight, wanted, strict=True)])
            if asked > sum([times * amounts(number).get(kind, 0) for (number, _), times in stops]):
                return True
        return False

    def _as_flow(
        self, asks: Sequence[Ask], stops: Sequence[tuple[At, int]], offers: Sequence[Sequence[Any]]
    ) -> tuple[list[Any], list[list[Any]]] | None:
        """Return supplies and what each ask may take of them, if the asks want nothing of a vertex but its units."""
        first = asks[0]
        if any(ask.bundles or ask.type != first.type or ask.measure != first.measure for ask in asks):
            return None
        supplies, limits = [], []
        required = any(ask.requirements for ask in asks)
        for (one, times), offer in zip(stops, offers, strict=True):
            if required and self._trees.sizes[one[0]] > 1:
                if first.measure != NO_MEASURE or any(ask.contents for ask in asks):
                    return None
                kinds, each = self._units_by_kind(one, asks)
                supplies += [kind * times for kind in kinds]
                limits += [[amount * times for amount in row] for row in each]
                continue
            inside = sum(bool(ask.contents and amount) for ask, amount in zip(asks, offer, strict=True))
            size = max([self._units(one, ask) for ask in asks])
            if inside > 1 and size > 1:
                return None
            supplies.append(size * times)
            limits.append([amount * times for amount in offer])
        return supplies, limits

    def _frontier(self, at: At, part: Demand, caps: Vector) -> Frontier:
        """Return the largest counts of asks that one vertex hosts together, itself included."""
        if sum(bool(cap) for cap in caps) <= 1:
            return [caps]
        stopping = [self._stops(at, ask) for ask, _ in part]
        # A vertex of a type is taken by units, whoever asks for it.
        shares = []
        for (ask, _), stops in zip(part, stopping, strict=True):
            units = self._units(at, ask) if stops and not ask.bundles else 0
            measured_in = ask.measure != NO_MEASURE and units
            size = sum(self._met_by(at, ask.requirements)) if units and ask.requirements else self._trees.sizes[at[0]]
            shares.append((size, units) if measured_in else (1, 1))

        stopped = tuple([ask for (ask, _), stops in zip(part, stopping, strict=True) if stops and not ask.bundles])
        kinds = self._units_by_kind(at, stopped)

        def holds(counts: Vector) -> bool:
            self._work.step(len(counts))
            taken: list[Any] = []
            wanted: list[tuple[Ask, Any]] = []
            for (ask, _), count, stops, share in zip(part, counts, stopping, shares, strict=True):
                if not stops or ask.type == CHOICE:
                    wanted.append((ask, count))
                    continue
                if not ask.bundles:
                    # In the vertex's own units.
                    taken.append(Fraction(count * share[0]) / share[1] if count and share else count)
                wanted += [(inner, each * count) for inner, each in ask.contents]
            alike = len(kinds[0]) == 1
            enough = sum(taken) <= kinds[0][0] if alike else transported(taken, *kinds, self._work)
            return enough and self._fits(at, joined(wanted))

        return explored(caps, holds, self._work)


_measured = cache(measured)
