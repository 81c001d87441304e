"""A naive matcher over model values, to hold the compiled one against: slow, and short enough to be believed."""

import difflib
from itertools import combinations

from placewise.errors import Incomparable, InputError
from placewise.kinds.inferring import learned
from placewise.kinds.resolving import test_of
from placewise.matching.index import FleetIndex
from placewise.model.job import NODE, SLOT
from placewise.model.requirement import AllOf, AnyOf, Not, tests_of


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
    answers = [
        meets(vertex.properties, expression, vocabulary)
        for subsystem in cluster.subsystems
        if subsystem.name == expression.subsystem
        for vertex in subsystem.vertices
        if set(above(cluster.graph, place)) & set(vertex.attached_to)
    ]
    if True in answers:
        return True
    return False if vocabulary.is_complete(cluster.name, expression.subsystem) and None not in answers else None


def meets(properties, requirement, vocabulary):
    """Whether one vertex meets a requirement: None where a value cannot be compared; what is missing is not met."""
    values, answers = dict(properties), []
    for condition in requirement.conditions:
        test = test_of(requirement.subsystem, condition, vocabulary)
        try:
            answers.append(condition.field in values and test(values[condition.field], values))
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
        if requirement.subsystem not in fleet.subsystem_names:
            return False
        described = all(said for (_, name), said in vocabulary.complete.items() if name in ("", requirement.subsystem))
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


def hosting(graph, groups):  # noqa: C901, one search, best read in one piece
    """Whether some choice of vertices, each unit of them taken once, gives every group its shape: by trying all."""
    if not all(allowed for _, allowed in groups):
        return False
    chains = [above(graph, v) for v in range(len(graph.vertices))]
    nodes = places(graph)
    outer = {NODE} | {graph.vertices[v].type for place in nodes for v in chains[place][1:]}
    seen = set()

    def tasks(requests, container, itself, allowed):
        return [(r, container, itself, allowed) for r in requests for _ in range(r.count)]

    def counts(v, allowed):
        inside, below = set(chains[v]) & set(nodes), {p for p in nodes if v in chains[p]}
        if inside or below:
            return bool((inside or below) & allowed)
        alike = [
            chain for vertex, chain in zip(graph.vertices, chains, strict=True) if vertex.type == graph.vertices[v].type
        ]
        holds_nodes = graph.vertices[v].type in outer
        return set(nodes) <= allowed or not (holds_nodes or any(set(chain) & set(nodes) for chain in alike))

    def candidates(kind, container, itself):
        found = [
            v
            for v, chain in enumerate(chains)
            if container in chain and graph.vertices[v].type == kind and (itself or v != container)
        ]
        # What lies inside another vertex of its type is part of that one.
        return [v for v in found if not set(chains[v][1:]) & set(found)]

    def fits(todo, left):
        state = (tuple(todo), left)
        if not todo or state in seen:
            return not todo
        seen.add(state)
        (request, container, itself, allowed), rest = todo[0], todo[1:]
        if request.type == SLOT:
            if types(request) & outer:
                return fits(tasks(request.contents, container, itself, allowed) + rest, left)
            inside = [p for p in nodes if container in chains[p]] or [container]
            return any(
                fits(tasks(request.contents, place, False, allowed) + rest, left)
                for place in inside
                if set(chains[place]) & allowed
            )
        for v in candidates(request.type, container, itself):
            if left[v] and request.unit in ("", graph.vertices[v].unit) and counts(v, allowed):
                taken = (*left[:v], left[v] - 1, *left[v + 1 :])
                if fits(tasks(request.contents, v, False, allowed) + rest, taken):
                    return True
        return False

    todo = [task for shape, allowed in groups for task in tasks(shape, 0, True, frozenset(allowed))]
    return fits(todo, tuple(vertex.size for vertex in graph.vertices))


def types(request):
    """The types of vertices that a request draws on."""
    return {request.type} - {SLOT} | {kind for inside in request.contents for kind in types(inside)}


def overlapping(requests):
    """Whether, somewhere in a shape, requests side by side draw on one type in ways that are not counted."""
    return any(overlapping(r.contents) for r in requests) or any(
        (one.type != other.type or one.type == SLOT) and types(one) & types(other)
        for one, other in combinations(requests, 2)
    )
