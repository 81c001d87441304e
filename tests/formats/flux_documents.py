"""Small Flux jobspecs and fleets, for tests."""

from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex


def flux(*resources, **system):
    """A jobspec of resources and system attributes."""
    document = {"version": 9999, "resources": list(resources), "tasks": [], "attributes": {"system": system}}
    return document if system else {**document, "attributes": None}


def vertex(kind, count, *inside, **more):
    """A resource vertex."""
    return {"type": kind, "count": count, **({"with": list(inside)} if inside else {}), **more}


def slot(count, *inside, label="default", **more):
    """A task slot."""
    return vertex("slot", count, *inside, label=label, **more)


def read(document):
    """The job of a document."""
    return parse_jobspec(document, "job")


def shape_of(*resources):
    """The shape of the only group."""
    (group,) = read(flux(*resources)).groups
    return group.shape


def wanted_of(constraints):
    """The requirements of constraints, as lines."""
    (group,) = read(flux(vertex("node", 1), constraints=constraints)).groups
    return sorted(map(str, group.requirements))


def fleet_of(**clusters):
    """A fleet of nodes: of each cluster, what each of its nodes offers by subsystem, as mappings of fields."""
    return Fleet(tuple(_cluster(name, nodes) for name, nodes in clusters.items()))


def _cluster(name, nodes, cores=4):
    vertices = [Vertex("c", "cluster")]
    offered = {}
    for number, node in enumerate(nodes):
        at = len(vertices)
        vertices += [Vertex(f"n{number}", "node", 0), Vertex(f"k{number}", "core", at, cores)]
        for subsystem, listed in node.items():
            rows = offered.setdefault(subsystem, [])
            rows += [SubsystemVertex(tuple(one.items()), (at,)) for one in listed]
    subsystems = tuple(Subsystem(subsystem, tuple(rows)) for subsystem, rows in offered.items())
    return Cluster(name, ResourceGraph(tuple(vertices)), subsystems)


def matched(fleet, job):
    """The names of the clusters that match."""
    return list(match(FleetIndex(fleet), job).names)
