"""What subsystem vertices say of containment vertices, for requirements that stand inside a shape.

A containment vertex inside a place meets a requirement by what is attached to it or to what contains it, up to and
including the place; a place, and what is outside all places, by what is attached to it or to anything above. Of a
vertex that stands for several, what is attached counts for one unit each.

Where a test is of the very type of the resource that it stands in, what is attached above describes one or some of
several such resources. If one of what is attached at one place meets the test and another says otherwise, having the
field with another value, it is unknown of each resource below whether it meets the test, but for those of which
`alike` says it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.clusters.compiled_cluster import vertex_key
from placewise.matching.clusters.tree import Tree
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import AllOf, Expression, Not, Requirement, tests_of

YES, MAYBE, NO = 2, 1, 0


class Tests:
    """The tests of vertices that stand inside a shape, compiled.

    Of each test a set of bits says whether something there meets it, whether something there may, and, if it is of the
    type of the resource that it stands in, whether something there says otherwise.
    kept : the bits but for those that say otherwise.
    wanted : what is required, each with the type of the resource that it stands in. own : the vocabularies of
    subsystems that have one of their own. Raises InputError for a bound of another kind than its field's.
    """

    def __init__(
        self,
        wanted: Iterable[tuple[str, Expression]],
        vocabulary: Vocabulary,
        own: Mapping[str, Vocabulary] | None = None,
    ) -> None:
        found = dict.fromkeys((test, test.subsystem == kind) for kind, one in wanted for test in tests_of(one))
        self._bits = {pair: 3 * number for number, pair in enumerate(found)}
        self._by_name: dict[str, list[tuple[int, VertexTest, int]]] = {}
        for (test, of_own_type), bit in self._bits.items():
            self._by_name.setdefault(test.subsystem, []).append(
                (bit, VertexTest.of(test, (own or {}).get(test.subsystem, vocabulary)), 4 * of_own_type)
            )
        self.width = 3 * len(found)
        self.kept = ~sum(4 << bit for bit in self._bits.values())
        self._met: dict[Hashable, int] = {}
        self._vocabulary = vocabulary

    def of_vertex(self, name: str, vertex: SubsystemVertex, in_part: Collection[str]) -> int:
        """Return what a subsystem vertex meets, as bits.

        in_part : the subsystems whose vertices may have fields that are not described.
        """
        if name not in self._by_name:
            return 0
        key = name, name in in_part, vertex_key(vertex)
        bits = self._met.get(key)
        if bits is None:
            bits = 0
            for bit, test, otherwise in self._by_name[name]:
                answer = test.ask(dict(vertex.properties))
                if answer is Answer.YES:
                    bits |= 3 << bit
                elif answer is Answer.NO:
                    bits |= otherwise << bit
                elif not isinstance(answer, Answer) or (answer is Answer.MISSING and name in in_part):
                    bits |= 2 << bit
            self._met[key] = bits
        return bits

    def shared(self, bits: int) -> int:
        """Return what is met by all that is attached at one place, of each of several that it may describe."""
        return bits & self.kept & ~((bits & ~self.kept) >> 2)

    def steps(self, cluster: Cluster) -> int:
        """Return about how many steps of work it takes to ask a cluster."""
        steps, in_part = 0, self.in_part(cluster.name)
        for one in cluster.subsystems:
            if one.name in self._by_name:
                part = one.name in in_part
                unlike = sum([(one.name, part, vertex_key(vertex)) not in self._met for vertex in one.vertices])
                steps += 2 * unlike * len(self._by_name[one.name]) + len(one.vertices) // 2
                steps += sum([len(vertex.attached_to) for vertex in one.vertices]) // 8
        return steps

    def in_part(self, cluster: str) -> frozenset[str]:
        """Return the subsystems asked for whose vertices on a cluster may have fields that are not described."""
        return frozenset([name for name in self._by_name if not self._vocabulary.says_all_fields(cluster, name)])

    def asks(self, name: str) -> bool:
        """Whether a test is of this subsystem."""
        return name in self._by_name

    def everywhere(self, cluster: str, seen: Subsystem | None) -> int:
        """Return what is met anywhere on a cluster by what all of it sees, or may be by what is not described."""
        bits, in_part = 0, self.in_part(cluster)
        for vertex in seen.vertices if seen else ():
            bits |= self.of_vertex(seen.name if seen else "", vertex, in_part)
        for name, tests in self._by_name.items():
            if not self._vocabulary.is_complete(cluster, name):
                bits |= sum(2 << bit for bit, *_ in tests)
        return bits & self.kept

    def placed(self, cluster: Cluster, tree: Tree) -> dict[int, int]:
        """Return what is met at the vertices of a cluster by what is attached right there."""
        found: dict[int, int] = {}
        in_part = self.in_part(cluster.name)
        for subsystem in cluster.subsystems:
            if subsystem.name in self._by_name:
                for vertex in subsystem.vertices:
                    bits = self.of_vertex(subsystem.name, vertex, in_part)
                    for position in vertex.attached_to if bits else ():
                        if position in tree.seeing:
                            found[position] = found.get(position, 0) | bits
        return found

    def holds(self, expression: Expression, bits: int, kind: str) -> int:
        """Return whether an expression in a resource of a type holds where so much is met: YES, MAYBE or NO."""
        if isinstance(expression, Requirement):
            return (NO, YES, MAYBE, YES)[bits >> self._bits[expression, expression.subsystem == kind] & 3]
        if isinstance(expression, Not):
            return YES - self.holds(expression.part, bits, kind)
        answers = [self.holds(part, bits, kind) for part in expression.parts]
        return min(answers) if isinstance(expression, AllOf) else max(answers)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the tests of a shape say of one cluster.

    groups : the number of resource groups; in the mark of a vertex come the groups first, then what is met by what is
        attached to the place, then what is met there or above.
    everywhere : what is met, or may be, wherever one looks. possible : whether what may be met counts too.
    in_part : the subsystems whose vertices may have fields that are not described.
    """

    tests: Tests
    groups: int
    everywhere: int
    possible: bool
    in_part: frozenset[str] = frozenset()

    def of_vertex(self, name: str, vertex: SubsystemVertex) -> int:
        """Return what a subsystem vertex of the cluster meets, as bits."""
        return self.tests.of_vertex(name, vertex, self.in_part) & self.tests.kept

    def below(self, attached: Iterable[tuple[str, SubsystemVertex]]) -> int:
        """Return what is met below a vertex by what is attached to it, as bits."""
        bits = 0
        for name, vertex in attached:
            bits |= self.tests.of_vertex(name, vertex, self.in_part)
        return self.tests.shared(bits)

    def met(self, expressions: Sequence[Expression], bits: int, kind: str) -> bool:
        """Whether all expressions in a resource of a type hold where so much is met."""
        least = MAYBE if self.possible else YES
        return all(self.tests.holds(expression, bits | self.everywhere, kind) >= least for expression in expressions)

    def inside(self, mark: int) -> int:
        """Return what the place says of what is inside it."""
        return mark >> self.groups & ((1 << self.tests.width) - 1)

    def seen(self, mark: int) -> int:
        """Return what is met at a place or outside all places, there or above."""
        return mark >> self.groups + self.tests.width

    def marks(self, cluster: Cluster, tree: Tree) -> dict[int, int]:
        """Return the bits of places and of what is outside them, to be added to those of the groups."""
        here = self.tests.placed(cluster, tree)
        passed: dict[int, int] = {}
        marks = {}
        for position in reversed(tree.outline):
            vertex = tree.graph.vertices[position]
            seen = passing = passed[vertex.parent] if vertex.parent is not None else 0
            below = bits = here.get(position, 0)
            if bits:
                below = self.tests.shared(bits)
                seen |= bits & self.tests.kept if vertex.size == 1 else below
                passing |= below
            elif position in tree.attached:
                passing |= self.below(tree.attached[position])
            passed[position] = passing
            marks[position] = (below | seen << self.tests.width) << self.groups
        return marks
