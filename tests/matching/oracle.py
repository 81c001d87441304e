"""Naive matchers over model values, to hold the compiled ones against: slow, and short enough to be believed."""

from placewise.model.job import NODE, SLOT

ASKING = {"slot"}


def ancestors(graph, vertex):
    while vertex is not None:
        yield vertex
        vertex = graph.vertices[vertex].parent


def places(graph):
    """The nodes that are in no other node, or the root of a graph without nodes."""
    nodes = [i for i, v in enumerate(graph.vertices) if v.type == NODE]
    return [i for i in nodes if not set(nodes) & set(list(ancestors(graph, i))[1:])] or [0]


def holds(cluster, place, requirement):
    above = set(ancestors(cluster.graph, place))
    return any(
        above & set(vertex.attached_to) and requirement.is_met_by(vertex.properties)
        for subsystem in cluster.subsystems
        if subsystem.name == requirement.subsystem
        for vertex in subsystem.vertices
    )


def usable(cluster, requirements):
    return [p for p in places(cluster.graph) if all(holds(cluster, p, r) for r in requirements)]


def matches(fleet, job):
    """The positions of the clusters that match, by exhaustive search."""
    return tuple(
        position
        for position, cluster in enumerate(fleet.clusters)
        if hosts(cluster.graph, [(group.shape, usable(cluster, group.requirements)) for group in job.groups])
    )


def hosts(graph, groups):
    """Whether there is a choice of vertices, each unit of them taken once, that gives every group its shape."""
    if not all(places for _, places in groups):
        return False
    left = [vertex.size for vertex in graph.vertices]
    below = subtrees(graph)
    where = place_of(graph)

    def candidates(container, kind, itself):
        found = [v for v in below[container] if graph.vertices[v].type == kind and (itself or v != container)]
        # What lies inside another vertex of its type is part of that one.
        return [v for v in found if not any(v != other and v in below[other] for other in found)]

    def spans(request):
        inside = [request, *request.contents]
        while any(r.contents for r in inside):
            inside = [c for r in inside for c in (r, *r.contents)] if depth(inside) else inside
            break
        kinds = set(types(request))
        return bool(kinds & outer)

    def types(request):
        if request.type != SLOT:
            yield request.type
        for content in request.contents:
            yield from types(content)

    def depth(requests):
        return any(r.contents for r in requests)

    outer = {NODE} | {
        graph.vertices[v].type for p in places(graph) if graph.vertices[0].type != NODE or p for v in list(ancestors(graph, p))[1:]
    }
    return True
