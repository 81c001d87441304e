"""Small random trees and shapes, to hold the exact counting against the exhaustive placer."""

import random
from collections import Counter

import oracle

from placewise.errors import InputError
from placewise.matching.clusters.place_kinds import PlaceKinds
from placewise.matching.shapes.hosting import Hosting, Tree, hosts
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, all_of, any_of, negated

MOST_UNITS = 14


def graph(rng):  # noqa: C901, one recipe
    """A small tree: racks or chassis, nodes and storage nodes, what is in them, and what stands beside."""
    vertices = [Vertex("0", "cluster" if rng.random() < 0.9 else "node")]

    def add(kind, parent, size=1, unit=""):
        vertices.append(Vertex(str(len(vertices)), kind, parent, size, unit))
        return len(vertices) - 1

    def fill(holder, depth):
        for kind in ("core", "gpu"):
            cores = rng.choice((0, 1, 2, 3, 4))
            if rng.random() < 0.5:
                add(kind, holder, cores)
            else:
                for _ in range(cores):
                    add(kind, holder)
        if rng.random() < 0.2:
            add("memory", holder, rng.randint(1, 2), rng.choice(("B", "bit", "")))
        if depth and rng.random() < 0.3:
            for _ in range(rng.randint(1, 2)):
                fill(add("socket", holder, 1 if rng.random() < 0.8 else 2), 0)

    holders = [0]
    for _ in range(rng.choice((0, 0, 1, 2))):
        rack = add("rack", 0)
        holders.append(rack)
        holders += [add("chassis", rack if rng.random() < 0.7 else 0) for _ in range(rng.choice((0, 0, 1, 2)))]
    for _ in range(rng.randint(1, 4)):
        fill(add("node", rng.choice(holders), 1 if rng.random() < 0.85 else 2), 1)
    if rng.random() < 0.3:
        fill(add("storage_node", rng.choice(holders)), 0)
    if rng.random() < 0.1:
        fill(add("node", rng.randrange(len(vertices))), 0)
    for _ in range(rng.choice((0, 0, 1, 2))):
        add("ssd", rng.choice(holders), rng.choice((1, 1, 2)))
    if rng.random() < 0.2:
        add("core", rng.choice(holders), rng.randint(1, 2))
    return ResourceGraph(tuple(vertices))


# What a document usually asks for inside what, the wider first; now and then anything stands in anything.
INSIDE = {
    "": ("rack", "chassis", "node", "node", "node", "slot", "or_slot", "xor_slot", "core", "ssd", "storage_node"),
    "rack": ("chassis", "node", "node", "slot", "or_slot", "ssd", "core"),
    "chassis": ("node", "slot", "ssd", "storage_node", "core"),
    "node": ("slot", "or_slot", "socket", "core", "core", "gpu", "memory"),
    "storage_node": ("core", "gpu"),
    "socket": ("core", "gpu", "slot", "or_slot"),
    "slot": ("core", "core", "gpu", "node", "ssd", "socket", "memory"),
    "part": ("core", "core", "gpu", "socket"),
}
HOLDERS = ("slot", "or_slot", "xor_slot", "node", "socket", "rack", "chassis", "storage_node")


def shape(rng, within="", levels=3):
    """A few requests side by side."""
    many = rng.choice((1, 2, 2, 3, 4)) if not within else rng.choice((1, 1, 1, 2, 2))
    kinds = [rng.choice(INSIDE[within]) for _ in range(many)]
    if rng.random() < 0.4:
        kinds = [kinds[0]] * len(kinds)
    if rng.random() < 0.3:
        kinds = [rng.choice(("or_slot", "xor_slot"))] * 2 + kinds[:1]
    return tuple(request(rng, kind, within, levels) for kind in kinds)


def request(rng, kind, within, levels):
    if kind in HOLDERS and levels and (kind.endswith("slot") or rng.random() < 0.7):
        inside = (
            ("part" if within in ("node", "socket") or rng.random() < 0.5 else "slot")
            if kind.endswith("slot")
            else kind
        )
        if rng.random() < 0.05:
            inside = rng.choice(tuple(INSIDE))
        return ResourceRequest(kind, rng.choice((1, 1, 1, 2)), shape(rng, inside, levels - 1))
    kind = "core" if kind.endswith("slot") else kind
    unit = rng.choice(("", "B", "bit")) if kind == "memory" else ""
    return ResourceRequest(kind, rng.choice((1, 1, 1, 2, 3)), unit=unit)


def units(requests):
    return sum(r.count * (1 + units(r.contents)) * (8 if r.unit == "B" else 1) for r in requests)


def case(rng):
    """A tree with groups, each a shape and the places that it may use."""
    while True:
        tree = graph(rng)
        groups = [ResourceGroup(shape(rng)).shape for _ in range(1 if rng.random() < 0.8 else 2)]
        if 2 <= sum(map(units, groups)) <= MOST_UNITS:
            break
    places = oracle.places(tree)
    allowed = [set(places) if rng.random() < 0.6 else {p for p in places if rng.random() < 0.6} for _ in groups]
    return tree, list(zip(groups, allowed, strict=True))


def disagreements(seed, cases, most=3):
    """Return what was found over so many cases, and the first ones on which counting and trying all differ."""
    rng = random.Random(seed)
    tally, wrong = Counter(), []
    for _ in range(cases):
        tree, groups = case(rng)
        expected = oracle.hosting(tree, groups)
        try:
            found = hosts(Tree.of(tree), groups)
        except InputError as error:
            found = str(error)
        tally["refused" if isinstance(found, str) else "hosted" if found else "not hosted"] += 1
        if found != expected:
            wrong.append((expected, found, tree, groups))
        if len(wrong) == most:
            break
    return tally, wrong


OWN = ("gpu", "ssd", "node")


def described(rng, tree):
    """The subsystems of a cluster of a tree: unlike ones of a resource's own type, most of them attached above it."""
    subsystems = []
    for kind in OWN:
        own = [at for at, vertex in enumerate(tree.vertices) if vertex.type == kind]
        below = [at for at in own if tree.vertices[at].size == 1 and rng.random() < 0.1]
        over = [up for at in own for up in oracle.above(tree, at)[1 : 2 if rng.random() < 0.7 else None]]
        where = below + [rng.choice(over) for _ in range(rng.choice((0, 1, 1, 2, 3))) if over]
        subsystems.append(
            Subsystem(
                kind,
                tuple(
                    SubsystemVertex(tuple(sorted(_properties(rng).items())), (at,))
                    for at in where
                    for _ in range(1 if at in below else rng.choice((1, 2, 2, 3)))
                ),
            )
        )
    return tuple(subsystems)


def _properties(rng):
    fields = rng.choice((("model",), ("model",), ("model",), ("model", "driver"), ("driver",)))
    return {field: rng.choice("ab") for field in fields}


def required(rng, requests):
    """The requests with requirements in some of them, most of the resource's own type."""
    return tuple(
        ResourceRequest(r.type, r.count, required(rng, r.contents), r.unit, _wanted(rng, r.type)) for r in requests
    )


def _wanted(rng, kind):
    if kind.endswith("slot") or rng.random() < (0.2 if kind in OWN else 0.8):
        return ()
    name = kind if kind in OWN and rng.random() < 0.9 else rng.choice(OWN)

    one, other = (
        Requirement(name, (Condition(rng.choice(("model", "model", "model", "driver")), Equals(rng.choice("ab"))),))
        for _ in range(2)
    )
    return (rng.choice((one, one, one, negated(one), any_of((one, other)), all_of((one, other)))),)


def disagreements_inside(seed, cases, most=3):
    """As `disagreements`, for shapes with requirements in them: whether they are hosted, or may be."""
    rng = random.Random(seed)
    tally, wrong = Counter(), []
    while sum(tally.values()) < cases and len(wrong) < most:
        tree, few = graph(rng), tuple(ResourceRequest(rng.choice(OWN), rng.choice((1, 1, 2))) for _ in range(2))
        wanted = ResourceGroup(required(rng, rng.choice((shape(rng), few, few[:1])))).shape
        if units(wanted) > MOST_UNITS // 2:
            continue
        cluster = Cluster("c", tree, described(rng, tree))
        words = Vocabulary(complete={("", kind): rng.choice((True, True, "vertices", False)) for kind in OWN})
        offered = [(one.name, vertex) for one in cluster.subsystems for vertex in one.vertices]
        kinds = PlaceKinds.single(Tree.of(tree, offered))
        for possible in (False, True):
            expected = oracle.hosting_inside(cluster, wanted, words, possible=possible)
            found = Hosting([wanted], words, possible=possible).on(kinds, [kinds.all], cluster)
            tally[possible, found] += 1
            if found != expected:
                wrong.append((expected, found, possible, cluster, wanted, words))
    return tally, wrong
