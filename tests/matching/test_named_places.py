"""Names of nodes are left out where no job asks for them."""

import pytest

from placewise.matching.deciding import required_job
from placewise.matching.index import FleetIndex
from placewise.matching.match import match
from placewise.matching.named_places import as_asked
from placewise.matching.why_not import why_not
from placewise.model.cluster import Cluster, Fleet
from placewise.model.requirement import Requirement, negated
from placewise.model.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex

NODES = 50
GRAPH = ResourceGraph((Vertex("c", "cluster"), *(Vertex(f"n{number}", "node", 0) for number in range(NODES))))


def named(subsystem, field, values):
    vertices = [SubsystemVertex(((field, value),), (at,)) for at, value in enumerate(values, 1)]
    return Subsystem(subsystem, tuple(vertices))


HOSTS = named("host", "name", [f"a{number}" for number in range(NODES)])
RANKS = named("rank", "id", range(NODES))
PROPERTY = Subsystem("property", (SubsystemVertex((("name", "big"),), (1, 2)),))
FLEET = Fleet((Cluster("named", GRAPH, (HOSTS, RANKS, PROPERTY)), Cluster("plain", GRAPH, (PROPERTY,))))


def asking(*lines):
    return required_job([Requirement.parse(line) for line in lines])


@pytest.mark.parametrize(
    ("job", "classes"),
    [
        (asking("property{name=big}"), 2 + 2),
        (asking("host{name=a7}"), NODES + 2),
        (asking("property{name=big}", "rank{id=1}"), NODES + 2),
        (required_job([negated(Requirement.parse("host{name=a7}"))]), NODES + 2),
    ],
)
def test_the_answer_is_that_of_the_whole_fleet_on_fewer_classes(job, classes):
    whole, lean = FleetIndex(FLEET), FleetIndex(as_asked(FLEET, [job]))
    assert lean.size == classes
    assert match(lean, job) == match(whole, job)
    assert why_not(lean, job) == why_not(whole, job)


def test_what_one_job_names_is_there_for_all():
    assert FleetIndex(as_asked(FLEET, [asking("property{name=big}"), asking("host{name=a7}")])).size == NODES + 2


def test_a_fleet_without_names_is_as_it_was():
    fleet = Fleet((Cluster("plain", GRAPH, (PROPERTY,)),))
    assert as_asked(fleet, []) is fleet
