"""Why an expression does not hold on a cluster: the causes that are there, each in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from placewise.matching.bits import bitset
from placewise.matching.causes.cause import (
    ABSENT,
    FEW,
    FIELD,
    INCOMPARABLE,
    NODE,
    PRESENT,
    UNDESCRIBED,
    UNSEEN,
    VALUE,
    VERTEX,
    Cause,
    CausesThere,
)
from placewise.matching.causes.limit_causes import in_force, limit_causes, not_said_by_job
from placewise.matching.causes.wording import ask, listed, value_there, vertex_there, wanted_of_one
from placewise.matching.clusters.compiled_cluster import CompiledCluster, Properties, vertex_key
from placewise.matching.clusters.vertex_answers import Conditions, VertexAnswers
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.one_partition import limit_among
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.fleets.vocabulary import Completeness
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import AllOf, AnyOf, Condition, Expression, Not, Requirement, tests_of

__all__ = [
    "ABSENT",
    "FEW",
    "FIELD",
    "INCOMPARABLE",
    "NODE",
    "PRESENT",
    "UNDESCRIBED",
    "UNSEEN",
    "VALUE",
    "VERTEX",
    "Cause",
    "Causes",
    "CausesThere",
    "too_few",
]

LOOKS, LOOKS_AT_A_CLUSTER = 2_000, 60
"""So many vertices are looked at to explain a job, and so many more for each cluster; to begin counts as some."""

_LOOKS_A_TEST = 10

_NAME = "name"
_Places: TypeAlias = int
"""Place classes of the fleet, as a number."""


class Causes:
    """Finds causes in a fleet; what is equal in two clusters is looked at once. check : see `Work`."""

    def __init__(self, index: FleetIndex, check: Callable[[int], None] | None = None) -> None:
        self._index, self._check = index, check
        self._all_complete = index.vocabulary.all_complete
        self._names: dict[Expression, tuple[str, ...]] = {}
        self._tested: dict[Requirement, Conditions] = {}
        self._found: dict[tuple[Expression, object], tuple[Cause, ...]] = {}
        self._contents: dict[tuple[int, str], object] = {}
        self._left = LOOKS + LOOKS_AT_A_CLUSTER * len(index.names)

    def of(self, cluster: int, expression: Expression) -> tuple[Cause, ...]:
        """Return the causes for which an expression holds on no place of a cluster, given by position. See `at`."""
        if self.exhausted:
            return ()
        key = (expression, self._content(cluster, expression))
        causes = self._found.get(key)
        if causes is None:
            causes = self._found[key] = self.at(cluster, expression, self.places(cluster))
        return causes

    def at(self, cluster: int, expression: Expression, where: _Places) -> tuple[Cause, ...]:
        """Return the causes for which an expression holds on none of some places of a cluster.

        None where too much was looked at already: a job may require more than anybody wants to read.
        """
        if not self.exhausted:
            looks = self._looks(cluster, expression)
            self._left -= looks
            if self._check is not None:
                self._check(looks)
        if self.exhausted:
            return ()
        return tuple(dict.fromkeys(self._against(_There(self._index, cluster), expression, where)))

    @property
    def left(self) -> int:
        """How many more vertices are looked at."""
        return self._left

    def spend(self, looks: int) -> bool:
        """Count what was looked at for an earlier explanation, and return whether that is within what is left."""
        if looks <= self._left:
            self._left -= looks
            return True
        return False

    @property
    def exhausted(self) -> bool:
        """Whether no more causes are looked for."""
        return self._left < 0

    def places(self, cluster: int) -> _Places:
        """Return all place classes of a cluster."""
        first, end = int(self._index.firsts[cluster]), int(self._index.firsts[cluster + 1])
        return ((1 << (end - first)) - 1) << first

    def _content(self, cluster: int, expression: Expression) -> object:
        """Return a value that is the same for clusters that have the same causes."""
        compiled = self._index.compiled(cluster)
        if len(compiled.cluster.graph.vertices) > 1:
            return cluster
        return tuple([self._content_of(cluster, name) for name in self._names_in(expression)])

    def _content_of(self, cluster: int, name: str) -> object:
        if (cluster, name) not in self._contents:
            subsystem = self._index.subsystem(cluster, name)
            vertices = subsystem and tuple([(vertex_key(v), v.attached_to) for v in subsystem.vertices])
            complete = self._all_complete or self._index.vocabulary.completeness(self._index.names[cluster], name)
            self._contents[cluster, name] = vertices, complete
        return self._contents[cluster, name]

    def _names_in(self, expression: Expression) -> tuple[str, ...]:
        """Return the subsystems of the tests of an expression, one for each test."""
        names = self._names.get(expression)
        if names is None:
            names = self._names[expression] = tuple(test.subsystem for test in tests_of(expression))
        return names

    def _looks(self, cluster: int, expression: Expression) -> int:
        """Return how many vertices are looked at to say why an expression does not hold on a cluster."""
        there = (self._index.subsystem(cluster, name) for name in self._names_in(expression))
        return sum([_LOOKS_A_TEST + (len(one.vertices) if one else 0) for one in there])

    def _against(self, there: _There, expression: Expression, where: _Places) -> Iterator[Cause]:
        """Yield why an expression is not met on any of the places."""
        if isinstance(expression, Requirement):
            yield from self._not_met(there, expression, where)
        elif isinstance(expression, Not):
            yield from self._in_favour(there, expression.part, where)
        elif isinstance(expression, AnyOf):
            for part in expression.parts:
                yield from self._against(there, part, where)
        else:
            # What certainly fails decides, whatever is unknown.
            failing = [part for part in expression.parts if not self._index.meeting(part).possible_number & where]
            failing = failing or [part for part in expression.parts if not self._index.meeting(part).yes_number & where]
            for part in failing:
                yield from self._against(there, part, where)
            if not failing:
                yield there.apart(expression.parts, where)

    def _in_favour(self, there: _There, expression: Expression, where: _Places) -> Iterator[Cause]:
        """Yield why an expression is met, or may be, on all of the places."""
        if isinstance(expression, Requirement):
            yield from self._met(there, expression, where)
        elif isinstance(expression, Not):
            yield from self._against(there, expression.part, where)
        elif isinstance(expression, AllOf):
            for part in expression.parts:
                yield from self._in_favour(there, part, where)
        else:
            for part in expression.parts:
                if on := self._index.meeting(part).possible_number & where:
                    yield from self._in_favour(there, part, on)

    def _vertices(self, there: _There, test: Requirement, where: _Places) -> list[VertexAnswers]:
        if test not in self._tested:
            self._tested[test] = Conditions(test, self._index.vocabulary_of(test.subsystem))
        tested = self._tested[test]
        in_part = there.completeness(test.subsystem) is not True
        return [tested.vertex(properties, in_part=in_part) for properties in there.seen(test.subsystem, where)]

    def _not_met(self, there: _There, test: Requirement, where: _Places) -> Iterator[Cause]:
        name = test.subsystem
        vertices = self._vertices(there, test, where)
        problems = [vertex for vertex in vertices if vertex.undecided]
        if not there.completeness(name):
            yield from (_incomparable(test, vertex) for vertex in problems if not vertex.not_said)
            yield _undescribed(test, vertices)
            return
        for vertex in problems:
            yield _undecided(test, vertex)
        if not vertices:
            yield there.nothing_seen(test)
        elif isinstance(test, SiteLimit):
            yield from limit_causes(test, vertices)
        elif not problems:
            yield from _wrong(test, vertices)

    def _met(self, there: _There, test: Requirement, where: _Places) -> Iterator[Cause]:
        vertices = self._vertices(there, test, where)
        meeting = [vertex for vertex in vertices if vertex.meets]
        if meeting and isinstance(test, SiteLimit):
            yield in_force(test, meeting)
            return
        if meeting:
            fields = (_NAME, "version", *(condition.field for condition in test.conditions))
            found = listed([vertex_there(vertex.values, fields) for vertex in meeting])
            line = f"there is a {test.subsystem} {found}".rstrip()
            yield Cause(PRESENT, test.subsystem, "", f"not {test}", found, line)
            return
        described = there.completeness(test.subsystem) or isinstance(test, SiteLimit)
        for vertex in vertices:
            if vertex.undecided and (described or not vertex.not_said):
                yield _undecided(test, vertex)
        if not described:
            yield _undescribed(test, vertices)


class _There:
    """A cluster, and what is seen from its places."""

    def __init__(self, index: FleetIndex, cluster: int) -> None:
        self._index, self._cluster = index, cluster
        self._compiled: CompiledCluster = index.compiled(cluster)
        self._first = int(index.firsts[cluster])
        self._mask = (1 << len(self._compiled.classes)) - 1

    def completeness(self, subsystem: str) -> Completeness:
        """Return how completely a subsystem is described."""
        return self._index.vocabulary.completeness(self._compiled.cluster.name, subsystem)

    def seen(self, subsystem: str, where: _Places) -> list[Properties]:
        """List the distinct vertices that some of the places see, by their properties."""
        classes = self._compiled.classes
        here = where >> self._first & self._mask
        if here == self._mask or subsystem not in self._compiled.subsystems:
            seeing, found = self._compiled.tree.seeing, self._index.subsystem(self._cluster, subsystem)
            vertices = [v for v in (found.vertices if found else ()) if not seeing.isdisjoint(v.attached_to)]
        else:
            chosen = [classes[number] for number in bitset.members(here)]
            vertices = [vertex for kind in chosen for name, vertex in kind.visible if name == subsystem]
        return [key[0] for key in dict.fromkeys(map(vertex_key, vertices))]

    def nothing_seen(self, test: Requirement) -> Cause:
        """Return the cause where no vertex of a subsystem is seen."""
        name = test.subsystem
        found = self._index.subsystem(self._cluster, name)
        if found is None or not found.vertices:
            return Cause(ABSENT, name, "", str(test), "", f"no {name} there")
        if self.seen(name, self._all):
            return Cause(NODE, name, "", str(test), "", f"no {name} on the nodes that meet the rest")
        return Cause(UNSEEN, name, "", str(test), "", f"{name} is attached where no node sees it")

    @property
    def _all(self) -> _Places:
        return self._mask << self._first

    def count(self, where: _Places) -> int:
        """Return how many places there are in some place classes of this cluster."""
        return sum(
            len(kind.places) for number, kind in enumerate(self._compiled.classes, self._first) if where >> number & 1
        )

    def apart(self, parts: Iterable[Expression], where: _Places) -> Cause:
        """Return the cause where each part holds somewhere, and all of them nowhere together."""
        total = self.count(where)
        wanted = list(parts)
        offered = [
            f"{ask(part)} on {self.count(self._index.meeting(part).yes_number & where)} of {total}" for part in wanted
        ]
        asked = " and ".join(map(ask, wanted))
        name = "|".join(sorted({test.subsystem for part in wanted for test in tests_of(part)}))
        line = f"not together on one node: {listed(offered, most=6)} nodes"
        return Cause(NODE, name, "", asked, listed(offered, most=6), line)


def too_few(index: FleetIndex, cluster: int, groups: Sequence[tuple[Expression, ...]]) -> Cause:
    """Return the cause where each requirement is met on a cluster, and too few of its nodes meet all of a group."""
    there, causes = _There(index, cluster), Causes(index)
    where = causes.places(cluster)
    for requirements in groups:
        together = where
        for requirement in requirements:
            together &= index.meeting(requirement).yes_number
        if not together:
            return there.apart(requirements, where)
        count, total = there.count(together), there.count(where)
        if count < total:
            asked = " and ".join(map(ask, requirements))
            offered = f"{count} of {total} nodes"
            line = f"too few: {offered} {_meet(count)} {asked}"
            if (limit := limit_among(requirements)) and index.has(cluster, limit.subsystem):
                line += f", or no one {limit.subsystem} has enough of them"
            return Cause(FEW, "", "", asked, offered, line)
    every = [one for requirements in groups for one in requirements]
    if (limit := limit_among(every)) and index.has(cluster, limit.subsystem):
        return Cause(FEW, limit.subsystem, "", str(limit), "", f"too few: no one {limit.subsystem} has enough nodes")
    return Cause(FEW, "", "", "", "", "too few: its nodes cannot host all that is asked for at once")


def _meet(count: int) -> str:
    return "meets" if count == 1 else "meet"


def _wrong(test: Requirement, vertices: list[VertexAnswers]) -> Iterator[Cause]:
    """Yield the causes where vertices are seen, and none meets the test: what none of them has, or not together."""
    unmet = [
        position for position in range(len(test.conditions)) if not any(vertex.answers[position] for vertex in vertices)
    ]
    if not unmet:
        fields = [condition.field for condition in test.conditions]
        found = listed([vertex_there(vertex.values, fields) for vertex in vertices])
        line = f"no one {test.subsystem} {wanted_of_one(test)}: there are {found}"
        yield Cause(VERTEX, test.subsystem, "", str(test), found, line)
        return
    # What is called otherwise is another thing, of which no more is asked.
    named = [position for position in unmet if test.conditions[position].field == _NAME]
    fewest = min(sum(not answer for answer in vertex.answers) for vertex in vertices)
    near = [vertex for vertex in vertices if sum(not answer for answer in vertex.answers) == fewest]
    for position in named or unmet:
        yield _wrong_value(test, test.conditions[position], near, vertices)


def _wrong_value(
    test: Requirement, condition: Condition, near: list[VertexAnswers], vertices: list[VertexAnswers]
) -> Cause:
    noun, field, asked = _noun(test, near), condition.field, ask(condition)
    values = [value_there(vertex.values, field) for vertex in near if field in vertex.values]
    if not values:
        values = [value_there(vertex.values, field) for vertex in vertices if field in vertex.values]
        noun = test.subsystem if values else noun
    if not values:
        return Cause(FIELD, test.subsystem, field, asked, "", f"{noun} there has no {field}, asked {asked}")
    offered = listed(values)
    return Cause(VALUE, test.subsystem, field, asked, offered, f"{noun} has {field} {offered}, asked {asked}")


def _noun(test: Requirement, vertices: list[VertexAnswers]) -> str:
    """Return what the vertices are called: the subsystem, and the name that was asked for."""
    for condition in test.conditions:
        if condition.field == _NAME and isinstance(condition.predicate, Equals):
            text = condition.predicate.text
            if all(_NAME in vertex.values and value_there(vertex.values, _NAME) == text for vertex in vertices):
                return f"{test.subsystem} {text}"
    return test.subsystem


def _undecided(test: Requirement, vertex: VertexAnswers) -> Cause:
    """Return why a vertex answers neither yes nor no: what is not said first, as saying it may settle all."""
    if not vertex.not_said:
        return _incomparable(test, vertex)
    condition = test.conditions[vertex.not_said[0]]
    field, asked = condition.field, ask(condition)
    if isinstance(test, SiteLimit) and field in vertex.values:
        return not_said_by_job(test, condition, vertex)
    fields = dict.fromkeys(test.conditions[position].field for position in vertex.not_said)
    missing = [one for one in fields if one not in vertex.values]
    called = vertex_there(vertex.values, [one for one in (_NAME, "version") if one in vertex.values])
    noun = f"{test.subsystem} {called}".rstrip()
    if len(missing) > 1:
        line = f"the {listed(missing)} of {noun} are not described there, asked {test}"
    else:
        line = f"the {field} of {noun} is not described there, asked {asked}"
    return Cause(UNDESCRIBED, test.subsystem, field, asked, called, line)


def _incomparable(test: Requirement, vertex: VertexAnswers) -> Cause:
    for condition, problem in zip(test.conditions, vertex.problems, strict=True):
        if problem is not None:
            field, asked = condition.field, ask(condition)
            offered = value_there(vertex.values, field)
            line = f"{test.subsystem} has {field} {offered}, asked {asked}: {problem.problem}"
            return Cause(INCOMPARABLE, test.subsystem, field, asked, offered, line)
    raise AssertionError(vertex)


def _undescribed(test: Requirement, vertices: list[VertexAnswers]) -> Cause:
    fields = [condition.field for condition in test.conditions]
    found = listed([vertex_there(vertex.values, fields) for vertex in vertices])
    line = f"{test.subsystem} is not described completely there"
    asked = ask(test)
    described = f"; described: {found}" if found else ""
    return Cause(UNDESCRIBED, test.subsystem, "", asked, found, f"{line}, asked {asked}{described}")
