import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, unshaped

ROOT = Vertex("0", "cluster")
GRAPH = ResourceGraph((ROOT, Vertex("1", "node", 0), Vertex("2", "core", 1, 4)))

parents = st.lists(st.integers(0, 30), max_size=12).map(lambda draws: [d % (i + 1) for i, d in enumerate(draws)])


@given(parents)
def test_children_are_the_inverse_of_parents(above):
    graph = ResourceGraph((ROOT, *(Vertex(str(i + 1), "node", parent) for i, parent in enumerate(above))))
    found = {child: parent for parent, below in enumerate(graph.children) for child in below}
    assert found == dict(enumerate(above, start=1))
    assert all(list(below) == sorted(below) for below in graph.children)
    assert hash(graph) == hash(ResourceGraph(graph.vertices))


@pytest.mark.parametrize(
    ("vertices", "problem"),
    [
        ((), "no vertices"),
        ((Vertex("0", "node", 0),), "one root"),
        ((ROOT, Vertex("1", "node")), "one root"),
        ((ROOT, Vertex("0", "node", 0)), "share an id"),
        ((ROOT, Vertex("1", "node", 1)), "precedes its container"),
        ((ROOT, Vertex("1", "node", 2), Vertex("2", "rack", 0)), "precedes its container"),
        ((ROOT, Vertex("1", "node", -1)), "precedes its container"),
        ((ROOT, Vertex("1", "node", 0, -1)), "negative size"),
    ],
)
def test_what_is_no_containment_tree_is_refused(vertices, problem):
    with pytest.raises(InputError, match=problem):
        ResourceGraph(vertices)


def test_a_cluster_that_says_nothing_is_a_root():
    assert Cluster("a").graph == unshaped()
    assert unshaped().vertices == (Vertex("0", "cluster"),)


pairs = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([1, True, "x", 1.5]), max_size=4).map(
    lambda properties: list(properties.items())
)


@given(pairs, st.lists(st.integers(0, 5), max_size=5), st.randoms(use_true_random=False))
def test_a_subsystem_vertex_is_canonical(properties, where, random):
    vertex = SubsystemVertex(tuple(properties), tuple(where))
    random.shuffle(properties)
    random.shuffle(where)
    assert SubsystemVertex(tuple(properties), (*where, *where)) == vertex
    assert list(vertex.properties) == sorted(properties, key=lambda pair: pair[0])
    assert list(vertex.attached_to) == sorted(set(where))


@given(pairs, st.randoms(use_true_random=False))
def test_a_cluster_is_canonical(state, random):
    subsystems = [Subsystem(name, ()) for name in "abc"]
    cluster = Cluster("x", subsystems=tuple(subsystems), state=tuple(state))
    random.shuffle(state)
    random.shuffle(subsystems)
    assert Cluster("x", subsystems=tuple(subsystems), state=tuple(state)) == cluster
    assert hash(cluster) == hash(Cluster("x", subsystems=tuple(subsystems), state=tuple(state)))
    assert [s.name for s in cluster.subsystems] == ["a", "b", "c"]
    assert dict(cluster.state) == dict(state)


def test_values_of_different_kinds_need_no_order():
    twice = (("x", 1), ("x", "b"))
    assert Cluster("a", state=twice).state == SubsystemVertex(twice).properties == twice


@pytest.mark.parametrize("where", [(3,), (0, 3), (-1,), (-1, 0)])
def test_a_subsystem_attaches_to_vertices_of_the_graph(where):
    vertex = SubsystemVertex((("version", "1"),), where)
    with pytest.raises(InputError, match="attaches to no vertex") as caught:
        Cluster("a", GRAPH, (Subsystem("gcc", (vertex,)),))
    assert caught.value.found in where
    assert Cluster("a", GRAPH, (Subsystem("gcc", (SubsystemVertex((), (0, 1, 2)),)),))


def test_a_cluster_has_a_name_and_its_subsystems_differ():
    with pytest.raises(InputError, match="no name"):
        Cluster("")
    with pytest.raises(InputError, match="two subsystems") as caught:
        Cluster("a", subsystems=(Subsystem("gcc", ()), Subsystem("arch", ()), Subsystem("gcc", ())))
    assert caught.value.found == "gcc"


def test_a_fleet_keeps_its_order_and_its_names_differ():
    fleet = Fleet((Cluster("b", subsystems=(Subsystem("z", ()),)), Cluster("a", subsystems=(Subsystem("y", ()),))))
    assert fleet.names == ("b", "a")
    assert fleet.subsystem_names == ("y", "z")
    assert len(fleet) == 2
    assert len(Fleet(())) == 0
    with pytest.raises(InputError, match="have the same name") as caught:
        Fleet((Cluster("a"), Cluster("b"), Cluster("b")))
    assert caught.value.found == "b"


def test_a_fleet_is_made_of_any_clusters_in_a_row():
    clusters = (Cluster("a"), Cluster("b"))
    given = list(clusters)
    fleet = Fleet(given)
    given.pop()
    assert fleet == Fleet(iter(clusters)) == Fleet(clusters)
    assert hash(fleet) == hash(Fleet(clusters))
    assert fleet.clusters == clusters


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (ROOT, "size"),
        (GRAPH, "vertices"),
        (SubsystemVertex(()), "properties"),
        (Subsystem("a", ()), "name"),
        (Cluster("a"), "name"),
        (Fleet(()), "clusters"),
    ],
)
def test_values_are_frozen_hashable_and_slotted(value, field):
    assert isinstance(hash(value), int)
    assert not hasattr(value, "__dict__")
    with pytest.raises(AttributeError):
        setattr(value, field, None)
