"""A naive matcher over model values, to hold the compiled one against: slow, and short enough to be believed."""

import difflib
from dataclasses import replace
from itertools import permutations, product

from placewise.errors import Incomparable, InputError
from placewise.kinds.resolving import test_of
from placewise.kinds.vocabulary.inferring import learned
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.resources import ResourceGraph
from placewise.model.jobs.job import NODE, OR_SLOT, SLOT, XOR_SLOT
from placewise.model.requirements.requirement import AllOf, AnyOf, Not, tests_of


def above(graph, vertex):
    """The vertex and what contains it, innermost first."""
    chain = []
    while vertex is not None:
        chain.append(vertex)
        vertex = graph.vertices[vertex].parent
    return chain


def places(graph):
    """The nodes that are in no other node, or the root of a graph without nodes."""
    nodes = {i for i, vertex in enumerate(graph.vertices) if vertex.type == NODE}
    return [i for i in sorted(nodes) if nodes & set(above(graph, i)) == {i}] or [0]


def answer(cluster, place, expression, vocabulary):
    """Whether an expression holds at a place: True, False, or None where it is unknown (Kleene)."""
    if isinstance(expression, Not):
        inner = answer(cluster, place, expression.part, vocabulary)
        return None if inner is None else not inner
    if isinstance(expression, AllOf | AnyOf):
        answers = [answer(cluster, place, part, vocabulary) for part in expression.parts]
        decisive = isinstance(expression, AnyOf)
        return decisive if decisive in answers else None if None in answers else not decisive
    return of_vertices(cluster, attached(cluster, above(cluster.graph, place), expression), expression, vocabulary)


def attached(cluster, positions, requirement):
    """The vertices of a requirement's subsystem that are attached at any of some positions."""
    return [
        vertex
        for subsystem in cluster.subsystems
        if subsystem.name == requirement.subsystem
        for vertex in subsystem.vertices
        if set(positions) & set(vertex.attached_to)
    ]


def of_vertices(cluster, vertices, requirement, vocabulary, further=()):
    """What some vertices answer together, further answers counted."""
    said = vocabulary.completeness(cluster.name, requirement.subsystem)
    answers = [*further, *(meets(vertex.properties, requirement, vocabulary, said) for vertex in vertices)]
    if True in answers:
        return True
    return False if vocabulary.is_complete(cluster.name, requirement.subsystem) and None not in answers else None


def meets(properties, requirement, vocabulary, complete=True):
    """Whether one vertex meets a requirement: None where a value cannot be compared, or a field is not described.

    What is missing is not met where all is described.
    """
    values, answers = dict(properties), []
    for condition in requirement.conditions:
        test = test_of(requirement.subsystem, condition, vocabulary)
        if condition.field not in values:
            answers.append(False if complete is True else None)
            continue
        try:
            answers.append(test(values[condition.field], values))
        except Incomparable:
            answers.append(None)
    return False if False in answers else None if None in answers else True


def understood(fleet, wanted):
    """Whether every name that the expressions use is one of the fleet's, and every bound of its field's kind."""
    vocabulary = learned(
        fleet.vocabulary, [(s.name, v.properties) for c in fleet.clusters for s in c.subsystems for v in s.vertices]
    )
    for requirement in (test for expression in wanted for test in tests_of(expression)):
        vertices = [
            dict(vertex.properties)
            for cluster in fleet.clusters
            for subsystem in cluster.subsystems
            if subsystem.name == requirement.subsystem
            for vertex in subsystem.vertices
        ]
        fields = {field for values in vertices for field in values}
        flags = [said for (_, name), said in vocabulary.complete.items() if name in ("", requirement.subsystem)]
        described = all(said is True for said in flags)
        if requirement.subsystem not in fleet.subsystem_names and (
            # Some cluster may have what nobody described; a like name is a slip.
            all(flags) or difflib.get_close_matches(requirement.subsystem, fleet.subsystem_names, cutoff=0.75)
        ):
            return False
        for field in {condition.field for condition in requirement.conditions} - fields if fields else ():
            # Where not all is described, a field may be one that nobody described; a like name is a slip.
            if described or difflib.get_close_matches(field, fields):
                return False
        try:
            for condition in requirement.conditions:
                test_of(requirement.subsystem, condition, vocabulary)
        except InputError:
            return False
    return True


def usable(cluster, expressions, vocabulary, *, possible=False):
    """The places at which every expression holds, or may hold."""
    accepted = (True, None) if possible else (True,)
    return [
        place
        for place in places(cluster.graph)
        if all(answer(cluster, place, expression, vocabulary) in accepted for expression in expressions)
    ]


def matching(fleet, job, vocabulary=None, *, possible=False):
    """The positions of the clusters that match, or may match, ascending."""
    words = vocabulary or FleetIndex(fleet).vocabulary
    return tuple(
        position
        for position, cluster in enumerate(fleet.clusters)
        if hosting(
            cluster.graph,
            [(group.shape, usable(cluster, group.requirements, words, possible=possible)) for group in job.groups],
        )
    )


def inside(cluster, vertex, expression, vocabulary, described=()):
    """Whether an expression in a resource holds of a vertex, as `answer`.

    described : pairs of a vertex and what describes it, beside what is attached.
    """
    if isinstance(expression, Not):
        inner = inside(cluster, vertex, expression.part, vocabulary, described)
        return None if inner is None else not inner
    if isinstance(expression, AllOf | AnyOf):
        answers = [inside(cluster, vertex, part, vocabulary, described) for part in expression.parts]
        decisive = isinstance(expression, AnyOf)
        return decisive if decisive in answers else None if None in answers else not decisive
    chain = above(cluster.graph, vertex)
    inner = [at for at in places(cluster.graph) if at in chain[1:]]
    chain = chain[: chain.index(inner[0]) + 1] if inner else chain
    own = expression.subsystem == cluster.graph.vertices[vertex].type
    counted, further = [one for at, one in described if at == vertex and own], []
    for at in chain:
        there = attached(cluster, [at], expression)
        said = [meets(one.properties, expression, vocabulary) for one in there]
        otherwise = [meets(one.properties, expression, vocabulary, False) is False for one in there]
        several = at != vertex or cluster.graph.vertices[vertex].size > 1
        if own and several and True in said and True in otherwise:
            further.append(None)
        else:
            counted += there
    return of_vertices(cluster, counted, expression, vocabulary, further)


def in_units(cluster):
    """The cluster with each vertex that contains nothing as single ones, each with one of what is attached to it."""
    vertices, moved = list(cluster.graph.vertices), {}
    for at, vertex in enumerate(cluster.graph.vertices):
        if vertex.size > 1 and not vertex.unit and not cluster.graph.children[at]:
            vertices[at] = vertex._replace(size=1)
            units = [at, *range(len(vertices), len(vertices) + vertex.size - 1)]
            vertices += [vertex._replace(id=f"{vertex.id} {unit}", size=1) for unit in units[1:]]
            moved[at] = iter(units)
    subsystems = [
        replace(
            subsystem,
            vertices=tuple(
                replace(one, attached_to=tuple(next(moved[at]) if at in moved else at for at in one.attached_to))
                for one in subsystem.vertices
            ),
        )
        for subsystem in cluster.subsystems
    ]
    return replace(cluster, graph=ResourceGraph(tuple(vertices)), subsystems=tuple(subsystems))


def worlds(cluster, most=4):
    """Some of the ways in which unlike vertices may describe like resources below them, see `inside`."""
    graph, ways, claims = cluster.graph, [], []
    occupied = {at for subsystem in cluster.subsystems for one in subsystem.vertices for at in one.attached_to}
    for subsystem, position in product(cluster.subsystems, range(len(graph.vertices))):
        there = [one for one in subsystem.vertices if position in one.attached_to]
        below = [
            at
            for at, vertex in enumerate(graph.vertices)
            if vertex.type == subsystem.name and position in above(graph, at)[1:]
        ]
        nodes = [frozenset(places(graph)) & set(above(graph, at)) for at in (position, *below)]
        alike = len({graph.vertices[at].parent for at in below}) == 1 and not any(graph.children[at] for at in below)
        if not alike or len(set(nodes)) > 1 or occupied & set(below):
            continue
        fields = dict.fromkeys(field for one in there for field, _ in one.properties)
        groups = [[one for one in there if field in dict(one.properties)] for field in fields]
        groups = [
            group
            for group, field in zip(groups, fields, strict=True)
            if len({dict(one.properties)[field] for one in group}) > 1 and len(group) <= len(below)
        ]
        if groups:
            chosen = max(groups, key=len)
            every = list(permutations(below, len(chosen)))
            ways.append((below, [list(zip(way, chosen, strict=True)) for way in every[:: max(1, len(every) // most)]]))
            claims += below
    # What is attached at two places above the same resources is not brought together.
    alone = [some for below, some in ways if all(claims.count(at) == 1 for at in below)]
    return [[pair for part in way for pair in part] for way in product(*alone)]


def hosting_inside(cluster, shape, vocabulary, *, possible=False):
    """Whether a shape with requirements in it is hosted, or may be, whatever describes what."""
    cluster, accepted = in_units(cluster), (True, None) if possible else (True,)
    return all(
        hosting(
            cluster.graph,
            [(shape, places(cluster.graph))],
            lambda vertex, one, world=world: inside(cluster, vertex, one, vocabulary, world) in accepted,
        )
        for world in worlds(cluster)
    )


BITS = {"": 1, "bit": 1, "B": 8, "kB": 8000, "KiB": 8192}


def hosting(graph, groups, meeting=None):
    """Whether some choice of vertices, each unit of them taken once, gives every group its shape: by trying all.

    meeting : whether a vertex meets what is required of it inside a shape; else that does not count.
    """
    if not all(allowed for _, allowed in groups):
        return False
    ways = product(*[list(spelled_out(shape)) for shape, _ in groups])
    allowed = [frozenset(some) for _, some in groups]
    return any(_fits(graph, list(zip(way, allowed, strict=True)), meeting) for way in ways)


def spelled_out(requests):
    """Every way to choose among xor_slots, and among or_slots of unlike counts: requests as

    (type, unit, count, ways, required) where each way is a tuple of what is inside; only or_slots of one count have
    several.
    """
    plain = [r for r in requests if r.type not in (OR_SLOT, XOR_SLOT)]
    parts = [
        [[(r.type, r.unit, r.count, (inside,), r.requirements)] for inside in spelled_out(r.contents)] for r in plain
    ]
    if any(r.type == XOR_SLOT for r in requests):
        parts.append(
            [
                [(SLOT, "", r.count, (inside,), ())]
                for r in requests
                if r.type == XOR_SLOT
                for inside in spelled_out(r.contents)
            ]
        )
    loose = [r for r in requests if r.type == OR_SLOT]
    if loose:
        parts.append(
            [
                [(SLOT, "", count, insides, ())]
                for count in sorted({r.count for r in loose})
                for insides in product(*[list(spelled_out(r.contents)) for r in loose if r.count == count])
            ]
        )
    return [tuple(one for part in way for one in part) for way in product(*parts)]


def _drawn(inside):
    return {kind for kind, _, _, ways, _ in inside for way in ways for kind in {kind} - {SLOT} | _drawn(way)}


def _held(inside):
    return {
        found
        for kind, _, _, ways, _ in inside
        for found in ([kind] if kind != SLOT else [f for way in ways for f in _held(way)])
    }


def _holds_one(way):
    """Whether one vertex is held and nothing beside it: there is nothing to keep together."""
    if len(way) != 1 or way[0][2] != 1 or len(way[0][3]) != 1:
        return False
    return way[0][0] != SLOT or _holds_one(way[0][3][0])


def _fits(graph, groups, meeting):  # noqa: C901, one search, best read in one piece
    vertices = graph.vertices
    chains = [above(graph, v) for v in range(len(vertices))]
    nodes = places(graph)
    outer = {NODE} | {vertices[v].type for place in nodes for v in chains[place][1:]}
    inner = {vertices[v].type for v, chain in enumerate(chains) if set(chain) & set(nodes)}
    seen = set()

    def tasks(requests, container, itself, allowed):
        return [
            ((kind, unit, ways, required), container, itself, allowed)
            for kind, unit, count, ways, required in requests
            for _ in range(count if ways != ((),) else count * BITS[unit])
        ]

    def counts(v, allowed):
        inside, below = set(chains[v]) & set(nodes), {p for p in nodes if v in chains[p]}
        if inside or below:
            return bool((inside or below) & allowed)
        alike = [chain for vertex, chain in zip(vertices, chains, strict=True) if vertex.type == vertices[v].type]
        holds_nodes = vertices[v].type in outer
        return set(nodes) <= allowed or not (holds_nodes or any(set(chain) & set(nodes) for chain in alike))

    def candidates(kind, container, itself):
        found = [
            v
            for v, chain in enumerate(chains)
            if container in chain and vertices[v].type == kind and (itself or v != container)
        ]
        # What lies inside another vertex of its type is part of that one.
        return [v for v in found if not set(chains[v][1:]) & set(found)]

    def grounds(way, container, itself):
        """Under what a slot may lie, and whether that itself counts."""
        held = _held(way)
        if not _drawn(way) & outer and (held & inner or not held & {vertex.type for vertex in vertices}):
            return [(p, False) for p in nodes if container in chains[p]] or [(container, False)], True
        if _holds_one(way):
            return [(container, itself)], False
        outside = [v for v, chain in enumerate(chains) if not set(chain) & set(nodes)]
        contained = {v: {vertices[w].type for w, chain in enumerate(chains) if v in chain[1:]} & held for v in outside}
        common = [
            v
            for v in outside
            if set().union(*(contained[w] for w in outside if vertices[w].type == vertices[v].type)) == held
            and contained[v]
        ]
        lowest = [v for v in common if not any(v in chains[w][1:] for w in common)]
        return [(v, False) for v in lowest if container in chains[v]] or [(container, itself)], False

    def fits(todo, left):
        state = (tuple(todo), left)
        if not todo or state in seen:
            return not todo
        seen.add(state)
        ((kind, unit, ways, required), container, itself, allowed), rest = todo[0], todo[1:]
        if kind == SLOT:
            for way in ways:
                found, on_place = grounds(way, container, itself)
                for place, too in found:
                    if (not on_place or set(chains[place]) & allowed) and fits(
                        tasks(way, place, too, allowed) + rest, left
                    ):
                        return True
            return False
        for v in candidates(kind, container, itself):
            fine = ways == ((),)
            if unit and not (vertices[v].unit == unit or (fine and vertices[v].unit)):
                continue
            needed = 1 if unit and fine else BITS[vertices[v].unit]
            if left[v] >= needed and counts(v, allowed) and all(meeting is None or meeting(v, one) for one in required):
                taken = (*left[:v], left[v] - needed, *left[v + 1 :])
                if fits(tasks(ways[0], v, False, allowed) + rest, taken):
                    return True
        return False

    todo = [task for way, allowed in groups for task in tasks(way, 0, True, allowed)]
    return fits(todo, tuple(vertex.size * BITS[vertex.unit] for vertex in vertices))
