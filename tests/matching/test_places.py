import oracle
import pytest
from hypothesis import given
from matching_strategies import Growing, R, clusters

from placewise.matching.clusters.places import place_classes
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import count_matches, match
from placewise.matching.shapes.hosting import Tree, hosts
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement


def contents(graph, vertex):
    """What a vertex is and holds, whatever the order."""
    below = [contents(graph, child) for child in graph.children[vertex]]
    itself = graph.vertices[vertex]
    return itself.type, itself.size, itself.unit, tuple(sorted(below))


def seen_from(cluster, place):
    chain = set(oracle.above(cluster.graph, place))
    return [(s.name, v) for s in cluster.subsystems for v in s.vertices if chain & set(v.attached_to)]


@given(clusters())
def test_a_class_holds_the_places_that_nothing_can_tell_apart(cluster):
    classes = place_classes(3, cluster, Tree.of(cluster.graph))
    assert {kind.cluster for kind in classes} == {3}
    assert sorted(place for kind in classes for place in kind.places) == oracle.places(cluster.graph)
    for kind in classes:
        for place in kind.places:
            assert list(kind.visible) == seen_from(cluster, place)
            assert contents(cluster.graph, place) == contents(cluster.graph, kind.places[0])


def two_nodes(one, other):
    tree = Growing("cluster")
    for kind, size, unit in (one, other):
        tree.add(kind, tree.add("node", 0), size, unit)
    return ResourceGraph(tuple(tree.vertices))


@pytest.mark.parametrize(
    ("one", "other", "classes"),
    [
        (("core", 2, ""), ("core", 2, ""), 1),
        (("core", 2, ""), ("core", 1, ""), 2),
        (("core", 2, ""), ("gpu", 2, ""), 2),
        (("memory", 2, "GB"), ("memory", 2, "MB"), 2),
    ],
)
def test_nodes_that_hold_different_things_are_told_apart(one, other, classes):
    graph = two_nodes(one, other)
    assert len(place_classes(0, Cluster("a", graph), Tree.of(graph))) == classes
    index = FleetIndex(Fleet((Cluster("a", graph),)))
    kind, size, unit = one
    assert bool(match(index, Job("j", (ResourceGroup((R("node", 2, (R(kind, size, unit=unit),)),)),)))) == (
        classes == 1
    )


def test_equal_nodes_are_one_class_whatever_the_order_of_their_contents():
    tree = Growing("cluster")
    for kinds in (("core", "gpu"), ("gpu", "core")):
        node = tree.add("node", 0)
        for kind in kinds:
            tree.add(kind, node)
    graph = ResourceGraph(tuple(tree.vertices))
    (kind,) = place_classes(0, Cluster("a", graph), Tree.of(graph))
    assert len(kind.places) == 2


@pytest.mark.parametrize("outside", [0, 1, 2])
def test_what_is_outside_all_nodes_counts_for_what_may_be_anywhere(outside):
    tree = Growing("cluster")
    rack = tree.add("rack", 0)
    for _ in range(2):
        tree.add("core", tree.add("node", rack), 2)
    if outside:
        tree.add("core", rack, outside)
    index = FleetIndex(Fleet((Cluster("a", ResourceGraph(tuple(tree.vertices))),)))

    def matches(*shape):
        return bool(match(index, Job("j", (ResourceGroup(shape),))))

    assert matches(R("core", 4 + outside))
    assert not matches(R("core", 5 + outside))
    assert matches(R("slot", 2, (R("core", 2),)))
    assert not matches(R("slot", 3, (R("core", 2),)))
    assert matches(R("rack", 1, (R("core", 4 + outside),)))
    assert not matches(R("rack", 1, (R("core", 5 + outside),)))


def usable_hosts(tree, usable, *shape):
    """Ask a tree for a shape on some places, of the compiled code and of the oracle."""
    graph = ResourceGraph(tuple(tree.vertices))
    answer = hosts(Tree.of(graph), [(shape, usable)])
    assert answer == oracle.hosting(graph, [(shape, set(usable))])
    return answer


def test_what_is_outside_all_nodes_is_on_no_node_at_which_a_requirement_holds():
    tree = Growing("cluster")
    tree.add("core", 0, 8)
    node, other = tree.add("node", 0), tree.add("node", 0)
    tree.add("core", node, 2)
    assert not usable_hosts(tree, [node], R("core", 8))
    assert usable_hosts(tree, [node], R("core", 2))
    assert not usable_hosts(tree, [node], R("core", 3))
    # Where every node is usable nothing is asked of them that could fail.
    assert usable_hosts(tree, [node, other], R("core", 10))


def test_a_container_counts_only_if_a_usable_node_lies_in_it():
    tree = Growing("cluster")
    nodes = [tree.add("node", tree.add("rack", 0)) for _ in range(2)]
    for usable in ([nodes[0]], [nodes[1]]):
        assert not usable_hosts(tree, usable, R("rack", 2))
        assert not usable_hosts(tree, usable, R("slot", 2, (R("rack"),)))
        assert usable_hosts(tree, usable, R("rack", 1))
        assert usable_hosts(tree, usable, R("cluster", 1))
    assert usable_hosts(tree, nodes, R("rack", 2))


def test_what_exists_only_beside_the_nodes_counts_whichever_nodes_are_usable():
    tree = Growing("cluster")
    rack = tree.add("rack", 0)
    nodes = [tree.add("node", rack) for _ in range(2)]
    tree.add("storage", 0, 4)
    tree.add("storage", rack, 4)
    assert usable_hosts(tree, nodes[:1], R("storage", 8))
    assert usable_hosts(tree, nodes[:1], R("rack", 1, (R("storage", 4),)))
    tree.add("storage", nodes[0], 1)
    assert not usable_hosts(tree, nodes[:1], R("storage", 2))
    assert usable_hosts(tree, nodes, R("storage", 9))


@pytest.mark.parametrize("shape", [R("core", 8), R("rack", 2)])
def test_a_requirement_holds_on_all_that_a_job_uses(shape):
    tree = Growing("cluster")
    tree.add("core", 0, 8)
    racks = [tree.add("rack", 0) for _ in range(2)]
    nodes = [tree.add("node", rack) for rack in racks]
    for node in nodes:
        tree.add("core", node, 4)
    graph = ResourceGraph(tuple(tree.vertices))
    new, old = (SubsystemVertex((("version", version),), (at,)) for version, at in zip(("12", "9"), nodes, strict=True))
    index = FleetIndex(Fleet((Cluster("a", graph, (Subsystem("gcc", (new, old)),)),)))
    for version, expected in (("12", False), ("9", True)):
        job = Job("j", (ResourceGroup((shape,), (version_requirement("gcc", version, None),)),))
        assert bool(match(index, job)) == expected
        assert count_matches(index, Workload.from_rows(["j"], [job.requirements], shape=(shape,))).tolist() == [
            expected
        ]
