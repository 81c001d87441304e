import random
from dataclasses import replace

import oracle
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from matching_strategies import Growing, R, graphs, shapes
from random_shapes import case, disagreements

from placewise.errors import InputError
from placewise.matching.clusters.place_kinds import PlaceKinds
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.matching.shapes.hosting import Hosting, Tree, copies_within, hosts, spans_places
from placewise.matching.shapes.work import Work
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Requirement


def cluster_of(*nodes, root="cluster"):
    """A tree of nodes, each given as what is in it: (type, size) or (type, size, unit)."""
    tree = Growing(root)
    for inside in nodes:
        node = tree.add("node", 0)
        for kind, *rest in inside:
            tree.add(kind, node, *rest)
    return ResourceGraph(tuple(tree.vertices))


def hosted(graph, *groups):
    """Ask for groups on every place, each a sequence of requests: of the tree, and of a compiled fleet."""
    wanted = tuple(ResourceGroup(tuple(shape)) for shape in groups)
    answer = hosts(Tree.of(graph), [(group.shape, oracle.places(graph)) for group in wanted])
    assert bool(match(FleetIndex(Fleet((Cluster("a", graph),))), Job("j", wanted))) == answer
    return answer


@given(graphs())
def test_the_places_are_the_outermost_nodes(graph):
    tree = Tree.of(graph)
    places = oracle.places(graph)
    for vertex in range(len(graph.vertices)):
        inside = set(oracle.above(graph, vertex)) & set(places)
        assert tree.place_of[vertex] == (inside.pop() if inside else None)
        below = [p for p in places if vertex in oracle.above(graph, p)]
        assert sorted(tree.places_below(vertex)) == (below if tree.place_of[vertex] is None else [vertex])


@settings(max_examples=settings.default.max_examples * 3)
@given(graphs(), st.lists(shapes, min_size=1, max_size=2), st.data())
def test_hosting_is_what_trying_everything_finds(graph, wanted, data):
    places = oracle.places(graph)
    some = st.just(set(places)) | st.sets(st.sampled_from(places))
    groups = [(ResourceGroup(shape).shape, data.draw(some)) for shape in wanted]
    expected = oracle.hosting(graph, groups)
    event(f"hosted: {expected}")
    assert hosts(Tree.of(graph), groups) == expected
    if len(groups) == 1:
        assert hosted(graph, groups[0][0]) == oracle.hosting(graph, [(groups[0][0], places)])


rival = st.builds(
    R,
    st.just("node"),
    st.integers(1, 2),
    st.sampled_from([(), (R("core"),), (R("core", 2),), (R("gpu"),), (R("core", 2), R("gpu"))]),
)


@settings(max_examples=settings.default.max_examples * 3)
@given(
    st.lists(
        st.sampled_from([(), (("core", 1),), (("core", 2),), (("gpu", 1),), (("core", 2), ("gpu", 1))]), max_size=5
    ),
    st.lists(rival, min_size=2, max_size=4),
    st.data(),
)
def test_rivals_for_nodes_take_different_nodes(nodes, rivals, data):
    graph = cluster_of(*nodes)
    places = oracle.places(graph)
    groups = [((request,), data.draw(st.sets(st.sampled_from(places)))) for request in rivals]
    assert hosts(Tree.of(graph), groups) == oracle.hosting(graph, groups)
    assert hosted(graph, rivals) == oracle.hosting(graph, [(tuple(rivals), places)])
    nested = R("slot", data.draw(st.integers(1, 2)), tuple(rivals))
    assert hosted(graph, [nested]) == oracle.hosting(graph, [((nested,), places)])


@given(st.integers(1, 3), st.integers(0, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
def test_a_vertex_of_a_size_stands_for_so_many(size, cores, many, each, slots):
    tree = Growing("cluster")
    node = tree.add("node", 0, size)
    tree.add("core", node, cores)
    graph = ResourceGraph(tuple(tree.vertices))
    for request in (
        R("node", many),
        R("node", many, (R("core", each),)),
        R("node", many, (R("slot", slots, (R("core", each),)),)),
    ):
        assert hosted(graph, [request]) == oracle.hosting(graph, [((request,), [node])])


def test_hall_refuses_what_pairs_would_allow():
    # Each two of the three find enough nodes; all three together do not.
    graph = cluster_of([("core", 4)], [("core", 4)], [("gpu", 1)])
    big, bigger, any_node = R("node", 1, (R("core", 2),)), R("node", 1, (R("core", 3),)), R("node", 1)
    assert hosted(graph, [big, bigger])
    assert hosted(graph, [big, bigger, any_node])
    assert not hosted(graph, [big, bigger, R("node", 1, (R("core", 1),))])
    assert not hosted(graph, [big, bigger, R("node", 2)])


def test_slots_side_by_side_are_each_counted():
    graph = cluster_of([("core", 4), ("gpu", 1)])
    cores, gpus = R("slot", 2, (R("core", 2),)), R("slot", 1, (R("gpu"),))
    assert hosted(graph, [cores, gpus])
    assert hosted(graph, [cores], [gpus])
    assert not hosted(graph, [cores, R("slot", 2, (R("gpu"),))])
    assert not hosted(graph, [R("slot", 3, (R("core", 2),)), gpus])


def test_a_slot_stays_on_one_node():
    graph = cluster_of([("core", 3)], [("core", 3)])
    assert hosted(graph, [R("core", 6)])
    assert not hosted(graph, [R("slot", 1, (R("core", 6),))])
    assert hosted(graph, [R("slot", 2, (R("core", 2),))])
    assert not hosted(graph, [R("slot", 3, (R("core", 2),))])
    assert hosted(graph, [R("slot", 1, (R("node", 2, (R("core", 3),)),))])


def test_groups_share_nodes_unless_they_ask_for_nodes():
    graph = cluster_of([("core", 4), ("gpu", 1)])
    assert hosted(graph, [R("core", 4)], [R("gpu", 1)])
    assert hosted(graph, [R("core", 2)], [R("core", 2)])
    assert not hosted(graph, [R("core", 3)], [R("core", 2)])
    assert not hosted(graph, [R("node", 1)], [R("node", 1)])
    assert hosted(graph, [], [R("node", 1)])


def test_a_group_needs_a_usable_place_even_for_what_is_outside_places():
    tree = Growing("cluster")
    tree.add("node", 0)
    tree.add("license", 0, 2)
    graph = ResourceGraph(tuple(tree.vertices))
    assert hosted(graph, [R("license", 2)])
    assert not hosts(Tree.of(graph), [((R("license", 2),), [])])
    assert not hosts(Tree.of(graph), [((), []), ((), [1])])
    assert hosts(Tree.of(graph), [])


def test_units_are_those_of_the_vertices():
    graph = cluster_of([("memory", 8, "GB"), ("memory", 2, "MB")])
    assert hosted(graph, [R("memory", 8, unit="GB")])
    assert not hosted(graph, [R("memory", 9, unit="GB")])
    assert hosted(graph, [R("memory", 8002, unit="MB")])
    assert hosted(graph, [R("memory", 8_002_000, unit="kB")])
    assert not hosted(graph, [R("memory", 8_002_001, unit="kB")])
    assert hosted(graph, [R("memory", 7, unit="GiB")])
    assert not hosted(graph, [R("memory", 8, unit="GiB")])
    assert not hosted(graph, [R("memory", 1, unit="GHz")])
    assert not hosted(cluster_of([("memory", 8)]), [R("memory", 1, unit="GB")])
    assert hosted(graph, [R("memory", 10)])
    assert hosted(graph, [R("memory", 6, unit="GB"), R("memory", 4)])
    assert hosted(graph, [R("memory", 6000, unit="MB"), R("memory", 4)])
    assert not hosted(graph, [R("memory", 7, unit="GB"), R("memory", 4)])


def test_slots_that_want_the_same_cores():
    # RFC 14, use case 2.4: "11 tasks, one node, the first 10 tasks each using one core and 4G of RAM for read-db, the
    # last task using 6 cores and 24G of RAM for db".
    graph = cluster_of([("core", 16), ("memory", 64, "GB")])
    read = R("slot", 10, (R("core"), R("memory", 4, unit="GB")))
    for db, expected in ((6, True), (7, False)):
        both = [read, R("slot", 1, (R("core", db), R("memory", 24, unit="GB")))]
        assert hosted(graph, [R("node", 1, tuple(both))]) == hosted(graph, both) == expected
        assert hosted(graph, *([one] for one in both)) == expected


@pytest.mark.parametrize(
    ("shape", "cores"),
    [
        ([R("node", 1, (R("core"),)), R("core", 1)], 2),
        ([R("slot", 1, (R("core"),)), R("slot", 2, (R("core", 3),))], 7),
        ([R("slot", 1, (R("core"),)), R("core", 2)], 3),
        ([R("node", 1, (R("slot", 1, (R("core"),)), R("core", 1)))], 2),
    ],
)
def test_requests_at_different_depths_share_what_they_draw_on(shape, cores):
    for there in (cores - 1, cores):
        graph = cluster_of([("core", there)])
        assert hosted(graph, shape) == (there == cores)


def test_many_unlike_rivals_are_a_flow():
    graph = cluster_of(*[[("core", cores)] for cores in range(1, 21)])
    rivals = [R("node", 1, (R("core", cores),)) for cores in range(1, 21)]
    assert hosted(graph, rivals)
    assert not hosted(graph, [*rivals[1:], R("node", 1, (R("core", 21),))])
    assert not hosted(graph, [*rivals[1:], R("node", 2, (R("core", 2),))])


def test_rivals_for_the_inside_of_a_vertex_that_stands_for_several():
    tree = Growing("cluster")
    tree.add("core", tree.add("node", 0, 2), 8)
    graph = ResourceGraph(tuple(tree.vertices))
    assert not hosted(graph, [R("node", 1, (R("core", 8),)), R("node", 1, (R("core", 1),))])
    assert hosted(graph, [R("node", 1, (R("core", 7),)), R("node", 1, (R("core", 1),))])
    assert hosted(graph, [R("node", 1, (R("core", 8),)), R("node", 1)])
    assert not hosted(graph, [R("node", 1, (R("core", 8),)), R("node", 2)])


def chassis(*each):
    """A cluster of chassis, each given as how many nodes and how many ssd of which size."""
    tree = Growing("cluster")
    for nodes, ssds, size, unit in each:
        holder = tree.add("chassis", 0)
        for _ in range(nodes):
            tree.add("core", tree.add("node", holder), 4)
        for _ in range(ssds):
            tree.add("ssd", holder, size, unit)
    return ResourceGraph(tuple(tree.vertices))


def test_what_a_slot_holds_lies_under_one_vertex_of_the_level_above():
    both = R("slot", 1, (R("node"), R("ssd")))
    assert not hosted(chassis((2, 0, 1, ""), (0, 2, 1, "")), [both])
    assert hosted(chassis((2, 1, 1, ""), (0, 2, 1, "")), [both])
    graph = chassis((16, 36, 453, "GiB"), (16, 36, 453, "GiB"))
    for slots, expected in ((20, True), (21, False)):
        assert hosted(graph, [R("slot", slots, (R("node"), R("ssd", 1501, unit="GiB")))]) == expected
    # Three nodes in each of two chassis: one slot of two nodes in each.
    graph = chassis((3, 0, 1, ""), (3, 0, 1, ""))
    assert hosted(graph, [R("slot", 2, (R("node", 2),))])
    assert not hosted(graph, [R("slot", 3, (R("node", 2),))])
    assert hosted(graph, [R("node", 6)])


def test_disjoint_kinds_of_containers_beside_each_other():
    # flux-sched's rabbit jobspec: a chassis with a node, an ssd and a storage node.
    rabbit = R(
        "chassis", 1, (R("node", 1, (R("slot", 1, (R("core"),)),)), R("ssd"), R("storage_node", 1, (R("core"),)))
    )
    for kinds, expected in ((("node", "storage_node"), True), (("node", "node"), False)):
        tree = Growing("cluster")
        holder = tree.add("chassis", 0)
        tree.add("ssd", holder)
        for kind in kinds:
            tree.add("core", tree.add(kind, holder), 1)
        graph = ResourceGraph(tuple(tree.vertices))
        assert hosts(Tree.of(graph), [((rabbit,), oracle.places(graph))]) == expected


def test_or_slots_are_mixed_and_of_xor_slots_one_is_taken():
    graph = cluster_of([("core", 9), ("gpu", 1)])
    large, small = (R("core", 6),), (R("core", 2), R("gpu"))

    def beside(kind, *counts):
        return [R(kind, count, inside) for count, inside in zip(counts, (large, small), strict=True)]

    assert hosted(graph, beside("or_slot", 1, 1))
    assert hosted(graph, beside("or_slot", 2, 2))
    assert not hosted(graph, beside("or_slot", 3, 3))
    assert not hosted(graph, beside("xor_slot", 2, 2))
    assert hosted(graph, beside("xor_slot", 2, 1))
    assert hosted(graph, beside("or_slot", 3, 1))
    assert not hosted(graph, beside("or_slot", 3, 2))
    # The nodes of one request are alike in what they are given of xor_slots, not of or_slots.
    two = cluster_of([("core", 6)], [("core", 2), ("gpu", 1)])
    assert hosted(two, [R("node", 2, tuple(beside("or_slot", 1, 1)))])
    assert not hosted(two, [R("node", 2, tuple(beside("xor_slot", 1, 1)))])


def test_too_many_ways_to_choose_are_refused():
    graph = cluster_of([("core", 8)])
    shape = [R("node", 1, (R("xor_slot", 1, (R("core", n),)), R("xor_slot", 2, (R("core", n),)))) for n in range(1, 8)]
    with pytest.raises(InputError, match="too many ways to choose"):
        hosted(graph, shape)


def test_what_takes_too_much_work_is_refused():
    graph = cluster_of(*[[("core", 61)]] * 100)
    tight = [R("slot", 5900 // 9 // cores, (R("core", cores),)) for cores in range(13, 22)]
    many = [R("or_slot", 460, (R("core", cores),)) for cores in range(13, 40)]
    for shape in (tight, many):
        with pytest.raises(InputError, match="takes too much work"):
            hosted(graph, shape)


def test_a_thousand_random_cases_are_as_trying_everything_finds():
    _, wrong = disagreements(7, 1000)
    assert not wrong


def test_a_fleet_answers_as_its_trees_do():
    rng = random.Random(5)
    for _ in range(1000):
        tree, groups = case(rng)
        tree = replace(
            tree,
            vertices=tuple(v._replace(type="storage" if v.type == "storage_node" else v.type) for v in tree.vertices),
        )
        seen = tuple(Subsystem(f"s{n}", (SubsystemVertex((), tuple(at)),)) for n, (_, at) in enumerate(groups))
        index = FleetIndex(Fleet((Cluster("a", tree, seen),)))
        if any("storage_node" in str(shape) for shape, _ in groups):
            continue
        job = Job("j", tuple(ResourceGroup(shape, (Requirement(f"s{n}"),)) for n, (shape, _) in enumerate(groups)))
        assert bool(match(index, job)) == oracle.hosting(tree, groups)


@pytest.mark.parametrize("size", [2**31, 2**63, 10**30])
def test_sizes_and_counts_of_any_magnitude(size):
    graph = cluster_of([("core", size)], [("core", size)])
    index = FleetIndex(Fleet((Cluster("a", graph),)))
    for count, expected in ((1, True), (size, True), (2 * size, True), (2 * size + 1, False)):
        assert bool(match(index, Job("j", (ResourceGroup((R("core", count),)),)))) == expected
    for shape in ((R("core", 2 * size), R("node", 2)), (R("slot", size, (R("core", 2),)),)):
        assert match(index, Job("j", (ResourceGroup(shape),)))


def test_copies_within_a_place_count_the_place_itself():
    tree = Tree.of(cluster_of([("core", 7), ("gpu", 2)]))
    assert copies_within(tree, 1, R("node", 1, (R("core", 2),))) == 1
    assert copies_within(tree, 1, R("core", 9)) == 7
    assert copies_within(tree, 1, R("slot", 9, (R("core", 2), R("gpu")))) == 2


def test_what_names_nodes_or_their_containers_spans_places():
    tree = Tree.of(cluster_of([("core", 1)]))
    for request, spans in (
        (R("core"), False),
        (R("slot", 1, (R("core"),)), False),
        (R("node"), True),
        (R("slot", 1, (R("node"),)), True),
        (R("cluster"), True),
    ):
        assert spans_places(tree, request) == spans


def test_deep_and_wide_trees_are_walked_without_recursion():
    deep = [Vertex("0", "cluster"), *(Vertex(str(i), "group", i - 1) for i in range(1, 3000))]
    graph = ResourceGraph((*deep, Vertex("n", "node", len(deep) - 1), Vertex("c", "core", len(deep), 4)))
    assert hosted(graph, [R("node", 1, (R("core", 4),))])
    assert match(
        FleetIndex(Fleet((Cluster("a", graph),))), Job("j", (ResourceGroup((R("slot", 2, (R("core", 2),)),)),))
    )


def test_a_node_inside_a_node_is_part_of_it():
    tree = Growing("cluster")
    outer = tree.add("node", 0)
    inner = tree.add("node", outer)
    tree.add("core", inner, 4)
    graph = ResourceGraph(tuple(tree.vertices))
    assert hosted(graph, [R("node", 1, (R("core", 4),))])
    assert not hosted(graph, [R("node", 2)])
    assert not hosted(graph, [R("slot", 2, (R("node", 1),))])
    inside = Subsystem("gcc", (SubsystemVertex((), (inner,)),))
    wanted = Job("j", (ResourceGroup((), (Requirement("gcc"),)),))
    assert not match(FleetIndex(Fleet((Cluster("a", graph, (inside,)),))), wanted)


@given(data=st.data())
def test_trees_asked_after_others_are_answered_as_if_each_were_asked_first(data):
    """What is remembered of the subtrees of one tree says nothing wrong of another."""
    rng = random.Random(data.draw(st.integers(0, 1 << 30)))
    found = [case(rng) for _ in range(4)]
    asked = [shape for shape, _ in found[0][1]]
    together = Hosting(asked, work=Work(1 << 30))
    for graph, groups in found:
        allowed = [groups[at % len(groups)][1] for at in range(len(asked))]
        tree = Tree.of(graph)
        kinds = PlaceKinds.single(tree)
        usable = [kinds.of(places) for places in allowed]
        assert together.on(kinds, usable) == hosts(tree, list(zip(asked, allowed, strict=True)))
