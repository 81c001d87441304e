"""Small random fleets with unknown facts, and random expressions about them: many a second, from a seed."""

import random

import oracle

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, unshaped
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement, all_of, any_of, negated
from placewise.model.versions.version_range import parse_bounds

NAMES = ("gcc", "mpi", "gpu")
VALUES = {
    "version": ("9.4.0", "12.1", "12.3.0", "13", "v12", "1.3.0-rc1", "12.1", True),
    "name": ("a", "b", "c"),
    "memory": ("16 GB", "16GiB", "512Mi", 80, "40 GB", "large"),
    "cores": (8, 64, 128, 8.5, "many"),
    "features": (("x",), ("x", "y"), (), "x"),
    "target": ("zen2", "x86_64_v3", "x86_64_v4", "amd64", "power9"),
}
PREDICATES = {
    "version": (
        *(InVersionRange(parse_bounds(*bounds)) for bounds in [("12", None), (None, "12"), ("10", "13")]),
        Equals("12.1"),
        Equals("12:12"),
        OneOf(("13", "9.4.0")),
    ),
    "name": (Equals("a"), OneOf(("b", "c"))),
    "memory": (Within("16 GB"), Within(None, "20 GiB"), Within(40), Equals("16 GB")),
    "cores": (Within(8, 64), Within("9"), Equals("64")),
    "features": (Equals("y"), Contains(("x", "y")), OneOf(("y", "z"))),
    "target": (Equals(">=x86_64_v3"), Equals("x86_64"), OneOf(("zen2", "power9"))),
}


def a_fleet(draw: random.Random) -> Fleet:
    complete = {
        (draw.choice(["", "c0", "c1", "c2"]), draw.choice(["", *NAMES])): draw.choice([True, False, "vertices"])
        for _ in range(draw.choice([0, 1, 1, 2, 3]))
    }
    clusters = tuple(_cluster(draw, f"c{number}") for number in range(draw.randint(1, 3)))
    return Fleet(clusters, Vocabulary(complete=complete))


def _cluster(draw, name):
    graph = unshaped()
    if draw.random() < 0.6:
        nodes = draw.randint(1, 3)
        graph = ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(n + 1), "node", 0) for n in range(nodes))))
    return Cluster(
        name,
        graph,
        tuple(
            Subsystem(kind, tuple(_vertex(draw, len(graph.vertices)) for _ in range(draw.choice([0, 1, 1, 2]))))
            for kind in NAMES
            if draw.random() < 0.8
        ),
    )


def _vertex(draw, positions):
    values = {field: draw.choice(some) for field, some in VALUES.items() if draw.random() < 0.6}
    return SubsystemVertex(tuple(values.items()), (draw.randrange(positions),))


def an_expression(draw: random.Random, depth: int = 3):
    kind = draw.random()
    if depth == 0 or kind < 0.4:
        fields = draw.sample(sorted(PREDICATES), draw.choice([0, 1, 1, 2]))
        conditions = tuple(Condition(field, draw.choice(PREDICATES[field])) for field in fields)
        return Requirement(draw.choice(NAMES), conditions)
    if kind < 0.6:
        return negated(an_expression(draw, depth - 1))
    join = all_of if kind < 0.8 else any_of
    return join(an_expression(draw, depth - 1) for _ in range(draw.randint(1, 3)))


def disagreements(seed: int, pairs: int, expressions_a_fleet: int = 20):
    """Return how many answers there were of each kind, and the pairs on which index and naive evaluator differ."""
    draw = random.Random(seed)
    tally = {"pairs": 0, "refused": 0, "yes": 0, "unknown": 0, "no": 0}
    wrong = []
    while tally["pairs"] < pairs:
        fleet = a_fleet(draw)
        index = FleetIndex(fleet)
        for _ in range(expressions_a_fleet):
            expression = an_expression(draw)
            try:
                met = index.meeting(expression)
            except InputError:
                tally["refused"] += 1
                if oracle.understood(fleet, [expression]):
                    wrong.append((fleet, expression))
                continue
            tally["pairs"] += 1
            yes, possible = (bitset.unpack(row, index.size) for row in (met.yes, met.possible))
            for number, kind in enumerate(index.classes):
                for place in kind.places:
                    expected = oracle.answer(fleet.clusters[kind.cluster], place, expression, index.vocabulary)
                    found = True if yes[number] else None if possible[number] else False
                    tally["yes" if expected else "unknown" if expected is None else "no"] += 1
                    if found is not expected:
                        wrong.append((fleet, expression))
    return tally, wrong
