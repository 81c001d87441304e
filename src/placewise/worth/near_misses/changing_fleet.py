"""Which change of one subsystem of one cluster would let the most further jobs match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import Incomparable, InputError
from placewise.kinds.resolving import test_of
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.matching.bits import bitset
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import (
    Contains,
    Equals,
    InNumericRange,
    InVersionRange,
    OneOf,
    Predicate,
    Within,
)
from placewise.model.requirements.requirement import VERSION, Condition, Expression, Requirement, tests_of
from placewise.model.scalar import Scalar, Value, scalar_text
from placewise.model.versions.version import parse_version
from placewise.model.versions.version_range import parse_bounds
from placewise.worth.near_misses.near_jobs import by_subsystem, without_each
from placewise.worth.near_misses.ranking import Ranking
from placewise.worth.near_misses.suggestions import FleetChange

_MOST_OFFERED = 1_000
"""Of more distinct vertices of a subsystem the first so many are tried; values asked for always are."""


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where one vertex of a subsystem could be changed.

    reach : (words,) the place classes that see a cluster's one vertex, and all of clusters that have none.
    before : the properties of that one vertex, by cluster; None where there is none.
    """

    reach: NDArray[np.uint64]
    before: dict[int, Properties | None]


def best_changes(
    index: FleetIndex,
    workload: Workload,
    weights: NDArray[np.int64],
    matches: NDArray[np.uint64],
    top: int,
    least: int,
    *,
    numbers: bool = True,
) -> list[FleetChange]:
    """Return the changes of one subsystem of one cluster with the most net jobs, at most `top` of `least` or more.

    weights : (jobs,) how many equal jobs each stands for. matches : (jobs, words) the clusters that match each.
    numbers : whether bounds that jobs set on numbers are values to change to; what is offered elsewhere always is.

    What some expression of a job is about stays as it is: a change may meet one part of it and break another.
    """
    demands, made_of = by_subsystem(index, workload)
    subject = [workload.requirements[made[0]].subsystem for made in made_of]
    fixed = _of_expressions(workload.requirements)
    changeable = {name: _changeable(index, name, fixed) for name in dict.fromkeys(subject)}
    reach = np.array([changeable[name].reach for name in subject], dtype=np.uint64).reshape(-1, index.words)
    count = bitset.size_of(matches)
    near: dict[tuple[int, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for job, demand, places in without_each(index, demands, np.flatnonzero(count == 0)):
        able = bitset.unpack(index.clusters_of(places & reach[demand], workload.shape), len(index.names))
        for entry, cluster in zip(*(found.tolist() for found in np.nonzero(able)), strict=True):
            what = int(demand[entry])
            near[cluster, subject[what]][what] += int(weights[job[entry]])
    # What the jobs that match one cluster alone demand there.
    staying: dict[tuple[int, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for single in np.flatnonzero(count == 1).tolist():
        only = bitset.to_number(matches[single]).bit_length() - 1
        for what in demands.ids[demands.offsets[single] : demands.offsets[single + 1]].tolist():
            staying[only, subject[what]][what] += int(weights[single])
    ranking: Ranking[FleetChange] = Ranking(top, least)
    ordered = sorted(near, key=lambda where: (-sum(near[where].values()), where))
    tests = tuple(one if isinstance(one, Requirement) else None for one in workload.requirements)
    trial = Trial(index, tests, made_of, numbers=numbers)
    for where in ordered:
        if not ranking.could_hold(sum(near[where].values())):
            break
        cluster, subsystem = where
        before = changeable[subsystem].before[cluster]
        best = trial.best(subsystem, before, near[where], staying.get(where, {}))
        if best is not None:
            after, gained, lost = best
            change = FleetChange(index.names[cluster], subsystem, before, after, gained, lost)
            ranking.add(change.net, (f"{gained:020}", change.cluster, subsystem), change)
    return ranking.best()


def _of_expressions(requirements: Iterable[Expression]) -> set[str]:
    """Return what expressions are about: their names as one, and each subsystem in them."""
    expressions = [one for one in requirements if not isinstance(one, Requirement)]
    return {one.subsystem for one in expressions} | {test.subsystem for one in expressions for test in tests_of(one)}


def _changeable(index: FleetIndex, subsystem: str, fixed: Collection[str]) -> _Places:
    if subsystem in fixed:
        return _Places(np.zeros(index.words, dtype=np.uint64), {})
    before: dict[int, Properties | None] = {}
    lacking = np.zeros(len(index.names), dtype=np.bool_)
    single = np.zeros(len(index.names), dtype=np.bool_)
    for cluster in range(len(index.names)):
        found = index.compiled(cluster).subsystems.get(subsystem)
        lacking[cluster] = found is None
        if found is None:
            before[cluster] = None
        elif len(found.vertices) == 1:
            single[cluster] = True
            before[cluster] = found.vertices[0].properties
    sizes = np.diff(index.firsts)
    seen = np.zeros(index.words, dtype=np.uint64)
    for _, row in index.offered(subsystem):
        seen |= row
    return _Places(bitset.pack(np.repeat(single, sizes)) & seen | bitset.pack(np.repeat(lacking, sizes)), before)


class Trial:
    """Tries vertices against demands, and remembers which requirement each meets."""

    def __init__(
        self,
        index: FleetIndex,
        requirements: tuple[Requirement | None, ...],
        made_of: list[tuple[int, ...]],
        *,
        numbers: bool,
    ) -> None:
        self._index, self._requirements, self._made_of, self._numbers = index, requirements, made_of, numbers
        self._tests: dict[int, VertexTest] = {}
        self._met: dict[tuple[int, str], bool] = {}
        self._offered: dict[str, dict[str, Properties]] = {}

    def best(
        self, subsystem: str, before: Properties | None, near: Mapping[int, int], staying: Mapping[int, int]
    ) -> tuple[Properties, int, int] | None:
        """Return the vertex that nets most, and what it gains and loses; the nearest to what is there among equals.

        near : by demand, the jobs that it alone keeps from matching. staying : by demand, those that would be lost.
        """
        if subsystem not in self._offered:
            offered = [properties for properties, _ in self._index.offered(subsystem)[:_MOST_OFFERED]]
            self._offered[subsystem] = {repr(properties): properties for properties in offered}
        tried = dict(self._offered[subsystem])
        for what in near:
            for properties in self.made_to_meet(before or (), what):
                tried[repr(properties)] = properties
        tried.pop(repr(before), None)
        best: tuple[Properties, int, int] | None = None
        for name, properties in self._by_distance(before, tried):
            gained = sum(weight for what, weight in near.items() if self.meets(name, properties, what))
            if best is not None and gained <= best[1] - best[2]:
                continue
            lost = sum(weight for what, weight in staying.items() if not self.meets(name, properties, what))
            if best is None or gained - lost > best[1] - best[2]:
                best = properties, gained, lost
        return best

    def meets(self, name: str, properties: Properties, what: int) -> bool:
        """Whether a vertex, whose text is its name here, meets all that a demand asks."""
        for number in self._made_of[what]:
            met = self._met.get((number, name))
            if met is None:
                met = self._met[number, name] = self._test(number).ask(dict(properties)) is Answer.YES
            if not met:
                return False
        return True

    def _asked(self, number: int) -> Requirement:
        requirement = self._requirements[number]
        if requirement is None:
            raise InputError("an expression is not a test of one vertex", expected="a plain requirement")
        return requirement

    def _test(self, number: int) -> VertexTest:
        test = self._tests.get(number)
        if test is None:
            test = self._tests[number] = VertexTest.of(self._asked(number), self._index.vocabulary)
        return test

    def made_to_meet(self, before: Properties, what: int) -> Iterator[Properties]:
        """Yield the vertex with its fields changed, where they have to be, to the nearest bounds that a demand sets."""
        values: dict[str, Value] = dict(before)
        for number in self._made_of[what]:
            requirement = self._asked(number)
            for condition in requirement.conditions:
                if self._holds(requirement, condition, values):
                    continue
                value = self._nearest(requirement, condition, values)
                if value is None:
                    return
                values[condition.field] = value
        properties = tuple(sorted(values.items(), key=lambda pair: pair[0]))
        if self.meets(repr(properties), properties, what):
            yield properties

    def _holds(self, requirement: Requirement, condition: Condition, values: Mapping[str, Value]) -> bool:
        """Whether a vertex meets a condition; a bound that the field does not understand is not met."""
        if condition.field not in values:
            return False
        try:
            test = test_of(requirement.subsystem, condition, self._index.vocabulary)
            return test(values[condition.field], values)
        except (Incomparable, InputError):
            return False

    def _nearest(self, requirement: Requirement, condition: Condition, values: Mapping[str, Value]) -> Value | None:
        """Return a value that a condition asks for, the nearer of two bounds; None where it names none."""
        predicate = condition.predicate
        kind = kind_of(self._index.vocabulary, requirement.subsystem, condition.field)
        if isinstance(predicate, Contains):
            here = values.get(condition.field, ())
            members = here if isinstance(here, tuple) else ()
            return tuple(dict.fromkeys((*members, *predicate.texts)))
        if isinstance(predicate, Equals | OneOf):
            text = predicate.text if isinstance(predicate, Equals) else predicate.texts[0]
            return (text,) if kind is not None and kind.name == "set" else text
        least: Scalar | None = None
        most: Scalar | None = None
        beyond: Predicate | None = None
        if isinstance(predicate, InVersionRange):
            least, most = predicate.versions.bounds
            beyond = None if most is None else InVersionRange(parse_bounds(most, None))
        elif isinstance(predicate, InNumericRange | Within):
            of_numbers = kind is None or kind.name in ("number", "quantity")
            if of_numbers and not self._numbers:
                return None
            least, most = predicate.minimum, predicate.maximum
            beyond = None if most is None else Within(minimum=most)
        if least is None or (
            beyond is not None and self._holds(requirement, replace(condition, predicate=beyond), values)
        ):
            return most
        return least

    @staticmethod
    def _by_distance(before: Properties | None, tried: Mapping[str, Properties]) -> Iterable[tuple[str, Properties]]:
        """List the vertices, those first that are fewest places from what is there when all are in order."""
        ordered = sorted(tried.items(), key=lambda item: _order(item[1]))
        if before is None:
            return ordered
        here = sum(_order(properties) < _order(before) for _, properties in ordered)
        places = {
            name: number - here if number >= here else here - 1 - number for number, (name, _) in enumerate(ordered)
        }
        return sorted(ordered, key=lambda item: places[item[0]])


def _order(properties: Properties) -> list[tuple[str, int, object]]:
    """Return what orders vertices: numbers as numbers, versions as versions, everything else as text."""
    keys: list[tuple[str, int, object]] = []
    for name, value in properties:
        if isinstance(value, int | float) and value == value:
            keys.append((name, 0, value))
            continue
        try:
            keys.append((name, 1, parse_version(scalar_text(value)).key) if name == VERSION else (name, 2, str(value)))
        except InputError:
            keys.append((name, 2, str(value)))
    return keys
