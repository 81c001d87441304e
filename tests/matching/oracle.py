"""A naive matcher over model values, to hold the compiled one against: slow, and short enough to be believed."""

from itertools import combinations

from placewise.model.job import NODE, SLOT


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


def holds(cluster, place, requirement):
    return any(
        set(above(cluster.graph, place)) & set(vertex.attached_to) and requirement.is_met_by(vertex.properties)
        for subsystem in cluster.subsystems
        if subsystem.name == requirement.subsystem
        for vertex in subsystem.vertices
    )


def usable(cluster, requirements):
    return [p for p in places(cluster.graph) if all(holds(cluster, p, r) for r in requirements)]


def matching(fleet, job):
    """The positions of the clusters that match, ascending."""
    return tuple(
        position
        for position, cluster in enumerate(fleet.clusters)
        if hosting(cluster.graph, [(group.shape, usable(cluster, group.requirements)) for group in job.groups])
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
