"""Names of nodes are left out where no job asks for them."""

from dataclasses import replace

import pytest

from placewise.matching.causes.why_not import why_not
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.requirements.requirement import Requirement, negated

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
    whole, apart = FleetIndex(FLEET), FleetIndex(FLEET, names_apart=True)
    assert apart.size == 2 + 2
    assert apart.asked_by(job).size == classes
    assert match(apart, job) == match(whole, job)
    assert why_not(apart, job) == why_not(whole, job)
    assert apart.fleet == whole.fleet


def test_names_follow_the_changes_of_the_fleet():
    job = asking("host{name=a7}")
    bare = FleetIndex(Fleet(()), names_apart=True)
    both = bare.changed({one.name: one for one in FLEET.clusters})
    assert both.size == 2 + 2
    assert match(both, job).names == ("named",)
    assert match(both.changed({"named": replace(FLEET.clusters[0], subsystems=(RANKS,))}), job).names == ()
    assert match(both.changed({"named": None}), job).names == ()
    assert match(both.changed({"new": replace(FLEET.clusters[0], name="new")}), job).names == ("named", "new")


def test_names_are_never_quietly_nowhere():
    with pytest.raises(RuntimeError, match="names of nodes"):
        FleetIndex(FLEET, names_apart=True).meeting(Requirement.parse("host{name=a7}"))
