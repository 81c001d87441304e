"""Fluxion's graphs: vertices as a list, edges by subsystem, hosts, ranks, properties and states of nodes."""

import copy
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.jgf.clusters import parse_graph
from placewise.formats.fleets.jgf.document import graph_document
from placewise.formats.fleets.jgf.quick import quick_tree
from placewise.formats.fleets.jgf.tree import careful_tree
from placewise.model.fleets.resources import ResourceGraph, Vertex

DATA = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data is not at {DATA}")


def vertex(id_, kind="node", **metadata):
    return {"id": id_, "metadata": {"type": kind, **metadata}}


def edge(source, target, subsystem="containment", **more):
    return {"source": source, "target": target, "metadata": {"subsystem": subsystem}, **more}


def graph(nodes, edges=(), **more):
    return {"graph": {"nodes": list(nodes), "edges": list(edges), **more}}


def small(**metadata):
    """A cluster with a node of which the metadata say this."""
    return graph([vertex("0", "cluster"), vertex("1", **metadata)], [edge("0", "1")])


def facts(document):
    """Return the subsystems by name: fields and positions of each vertex."""
    found = {}
    for subsystem in parse_graph(document, "f.json").subsystems():
        found[subsystem.name] = [(dict(one.properties), one.attached_to) for one in subsystem.vertices]
    return found


def tree(document):
    return parse_graph(document, "f.json").graph


def refusal(document):
    with pytest.raises(InputError) as caught:
        parse_graph(document, "f.json")
    return str(caught.value)


# Trees


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"relation": "contains"},
        {"metadata": None},
        {"metadata": {}},
        {"metadata": {"subsystem": "containment"}},
        {"metadata": {"name": {"containment": "contains"}}},
        {"metadata": {"subsystem": "containment", "name": {"containment": "contains"}}},
        {"metadata": {"subsystem": "containment", "relationship": "contains"}},
    ],
)
@pytest.mark.parametrize("directed", [{}, {"directed": True}, {"directed": False}])
def test_whatever_an_edge_says_of_containment_the_tree_is_the_same(told, directed):
    nodes = [vertex("0", "cluster"), vertex("1"), vertex("2", "memory", size=16, unit="GiB")]
    edges = [{"source": "0", "target": "1", **told}, {"source": "1", "target": "2", **told}]
    expected = (Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "memory", 1, 16, "GiB"))
    assert tree(graph(nodes, edges, **directed)).vertices == expected
    # Not as usual, so read by the careful way.
    assert tree(graph(nodes, [*edges, edges[0]], **directed)).vertices == expected


def test_an_edge_in_leads_upwards_in_metadata_too():
    nodes = [vertex("0", "cluster"), vertex("1")]
    ways = [
        {"metadata": {"name": {"containment": "in"}}},
        {"metadata": {"subsystem": "containment", "relationship": "in"}},
        {"relation": "in"},
    ]
    for told in ways:
        assert tree(graph(nodes, [{"source": "1", "target": "0", **told}])).vertices[1].parent == 0


def test_whole_numbers_are_ids_and_as_large_as_they_like():
    huge = 10**30
    read = tree(graph([vertex(7, "cluster"), vertex(huge)], [edge(7, huge)]))
    assert [one.id for one in read.vertices] == ["7", str(huge)]


def test_paths_say_what_contains_what_where_no_edge_does():
    paths = {"0": "/a0", "1": "/a0/n0", "2": "/a0/n0/core0", "3": "/a0/n1"}
    nodes = [vertex(id_, "x", paths={"containment": path}) for id_, path in paths.items()]
    assert [one.parent for one in tree(graph(nodes)).vertices] == [None, 0, 1, 0]
    del nodes[2]["metadata"]["paths"]
    assert "4 roots" in refusal(graph(nodes))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (graph([]), "no vertices"),
        (graph([5]), "graph.nodes[0]: is not a mapping"),
        (graph([{"metadata": {"type": "node"}}]), "graph.nodes[0].id"),
        (graph([{"id": None, "metadata": {"type": "node"}}]), "graph.nodes[0].id"),
        (graph([{"id": "0"}]), "graph.nodes[0].metadata: is not a mapping"),
        (graph([vertex("0"), vertex("0")]), "graph.nodes[1]: two vertices share an id"),
        (graph([vertex("0"), vertex("1")]), "2 roots: '0', '1'"),
        (graph([vertex("0"), vertex("1")], [edge("0", "1"), edge("1", "0")]), "cycle: "),
        (graph([vertex("0"), vertex("1"), vertex("2")], [edge("1", "2"), edge("2", "1")]), "cycle: "),
        (graph([vertex("0"), vertex("1"), vertex("2")], [edge("0", "2"), edge("1", "2")]), "lies in both '0' and '1'"),
        (graph([vertex("0"), vertex("1")], [edge("0", "9")]), "graph.edges[0]: an edge names an unknown vertex"),
        (graph([vertex("0"), vertex("1")], [edge(None, "1")]), "graph.edges[0].source"),
        (graph([vertex("0"), vertex("1")], [5]), "graph.edges[0]: is not a mapping"),
        (graph([vertex("0"), vertex("1")], [{"source": "0", "target": "1", "metadata": 5}]), "graph.edges[0].metadata"),
        (graph([vertex("0"), vertex("1")], [edge("0", "1", 5)]), "graph.edges[0].metadata.subsystem"),
        (graph([vertex("0"), vertex("1")], [edge("0", "1", relation="near")]), "the relation is not known"),
        (graph([vertex("0"), vertex("1")], [edge("0", "1", relation=None)]), "the relation is not known"),
        (graph([vertex("0"), vertex("1")], [edge("0", "1", "power")]), "no edge belongs to the containment subsystem"),
        (graph([vertex("0", 5)]), "graph.nodes[0].metadata.type"),
        (graph([vertex("0", "a\n")]), "control character"),
        (graph([vertex("0", "")]), "type"),
        (graph([vertex("0", size=-1)]), "graph.nodes[0].metadata.size"),
        (graph([vertex("0", size=True)]), "size"),
        (graph([vertex("0", size="1")]), "size"),
        (graph([vertex("0", unit=None)]), "graph.nodes[0].metadata.unit"),
        (graph([vertex("0")], directed=1), "graph.directed"),
        ({"graph": {"nodes": [vertex("0")], "edges": {}}}, "graph.edges"),
    ],
)
def test_a_list_that_is_no_tree_is_refused_with_its_place(document, said):
    message = refusal(document)
    assert message.startswith("f.json")
    assert said in message


# Facts of nodes


def test_hosts_ranks_and_properties_are_attached_to_their_nodes():
    nodes = [
        vertex("0", "cluster", rank=-1, name="tiny0"),
        vertex("1", name="a1", rank=0, properties={"amd": "", "ssd": "36"}),
        vertex("2", name="a2", rank=1, properties=["amd"]),
    ]
    assert facts(graph(nodes, [edge("0", "1"), edge("0", "2")])) == {
        "host": [({"name": "a1"}, (1,)), ({"name": "a2"}, (2,))],
        "rank": [({"id": 0}, (1,)), ({"id": 1}, (2,))],
        "property": [({"name": "amd"}, (1, 2)), ({"name": "ssd", "value": "36"}, (1,))],
    }


def test_a_node_without_a_name_is_called_as_fluxion_calls_it():
    assert facts(small(basename="n", id=7))["host"] == [({"name": "n7"}, (1,))]
    assert facts(small(id=7))["host"] == [({"name": "node7"}, (1,))]
    assert facts(small()) == {}


@pytest.mark.parametrize(
    ("status", "state"),
    [(0, "up"), (1, "down"), (2, "down"), ("UP", "up"), ("drained", "drained"), ("drain", "drained")],
)
def test_states_of_nodes_are_facts(status, state):
    assert facts(small(status=status))["node"] == [({"state": state}, (1,))]


def test_a_node_of_which_no_state_is_given_is_up_where_one_is():
    nodes = [vertex("0", "cluster"), vertex("1", status=1), vertex("2"), vertex("3", status=1)]
    read = facts(graph(nodes, [edge("0", one) for one in "123"]))
    assert read["node"] == [({"state": "down"}, (1, 3)), ({"state": "up"}, (2,))]


def test_properties_and_state_of_other_vertices_are_fields_of_their_type():
    nodes = [
        vertex("0", "cluster", properties={}),
        vertex("1", "rack", properties={"rabbit": "r2", "ssdcount": "36"}, status=0),
        vertex("2", "gpu", properties=["a100"]),
        vertex("3", "gpu", properties=["a100"], status=1),
    ]
    read = facts(graph(nodes, [edge("0", "1"), edge("1", "2"), edge("1", "3")]))
    assert read == {
        "rack": [({"rabbit": "r2", "ssdcount": "36"}, (1,))],
        "gpu": [({"properties": ("a100",)}, (2,)), ({"properties": ("a100",), "state": "down"}, (3,))],
    }


def test_of_vertices_by_id_only_what_is_said_outright_is_a_fact():
    nodes = {"0": {"metadata": {"type": "cluster"}}, "1": {"metadata": {"type": "node", "name": "node0", "rank": -1}}}
    document = {"graph": {"nodes": nodes, "edges": [{"source": "0", "target": "1"}]}}
    assert facts(document) == {}
    nodes["1"]["metadata"].update(rank=3, properties={"big": ""})
    assert set(facts(document)) == {"host", "rank", "property"}


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"rank": "0"}, "graph.nodes[1].metadata.rank: is not a rank"),
        ({"rank": True}, "is not a rank"),
        ({"rank": -2}, "is not a rank"),
        ({"rank": 2**64}, "is not a rank"),
        ({"name": 5}, "graph.nodes[1].metadata.name: is not a name"),
        ({"name": ""}, "is not a name"),
        ({"name": "a\n"}, "control character"),
        ({"properties": 5}, "graph.nodes[1].metadata.properties"),
        ({"properties": [None]}, "graph.nodes[1].metadata.properties[0]"),
        ({"properties": {"a": {"b": 1}}}, "graph.nodes[1].metadata.properties.a.value"),
        ({"status": 9}, "graph.nodes[1].metadata.status: is not a status"),
        ({"status": True}, "is not a status"),
        ({"status": "broken"}, "is not a status"),
        ({"type": "rack", "status": []}, "is not a status"),
        ({"type": "rack", "properties": {"a": [[]]}}, "plain value"),
    ],
)
def test_facts_that_are_none_are_refused(metadata, said):
    assert said in refusal(small(**metadata))


# Further subsystems in one graph


def test_power_is_a_subsystem_beside_the_tree():
    nodes = [
        vertex("0", "cluster"),
        vertex("1", "rack"),
        vertex("2", "pdu", name="pdu0"),
        vertex("3", name="a"),
        vertex("4", "core"),
        vertex("5", "powerpanel", name="panel0", paths={"power": "/panel0"}),
    ]
    inside = [edge("0", "1"), edge("1", "2"), edge("1", "3"), edge("3", "4")]
    power = [edge("5", "2", "power"), edge("2", "3", "power"), edge("3", "4", "power")]
    read = parse_graph(graph(nodes, inside + power), "f.json")
    assert [one.id for one in read.graph.vertices] == ["0", "1", "2", "3", "4"]
    found = facts(graph(nodes, inside + power))["power"]
    # The panel and the pdu are seen from the node that they feed; that the node feeds its own core is no news.
    assert found == [({"type": "powerpanel", "name": "panel0"}, (2, 3)), ({"type": "pdu", "name": "pdu0"}, (3,))]


def test_what_only_another_subsystem_has_is_attached_to_what_contains_it_there():
    nodes = [vertex("0", "cluster"), vertex("1"), vertex("2", "switch"), vertex("3", "port", speed=100)]
    edges = [edge("0", "1"), edge("1", "2", "network"), edge("2", "3", "network")]
    assert facts(graph(nodes, edges))["network"] == [
        ({"type": "switch"}, (1,)),
        ({"type": "port", "speed": 100}, (1,)),
    ]


def test_an_edge_may_be_of_several_subsystems():
    nodes = [vertex("0", "cluster"), vertex("1"), vertex("2", "panel")]
    edges = [
        {"source": "0", "target": "1", "metadata": {"name": {"containment": "contains"}}},
        {"source": "2", "target": "1", "metadata": {"name": {"power": "supplies", "cooling": "drives"}}},
    ]
    assert {name: places for name, [(_, places)] in facts(graph(nodes, edges)).items()} == {
        "power": (1,),
        "cooling": (1,),
    }


def test_a_cycle_of_another_subsystem_is_no_error():
    nodes = [vertex("0", "cluster"), vertex("1"), vertex("2", "a"), vertex("3", "b")]
    edges = [edge("0", "1"), edge("2", "3", "ring"), edge("3", "2", "ring"), edge("2", "1", "ring")]
    assert [places for _, places in facts(graph(nodes, edges))["ring"]] == [(1,), (1,)]


# Laws

ids = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=3), min_size=1, max_size=8, unique=True)


@st.composite
def trees(draw):
    vertices = [
        Vertex(
            id_,
            draw(st.sampled_from(["node", "core", "rack"])),
            None if number == 0 else draw(st.integers(0, number - 1)),
            draw(st.integers(0, 2**70)),
            draw(st.sampled_from(["", "GiB"])),
        )
        for number, id_ in enumerate(draw(ids))
    ]
    return ResourceGraph(tuple(vertices))


def written(read, *, by_id=False):
    nodes = [vertex(one.id, one.type, size=one.size, unit=one.unit) for one in read.vertices]
    edges = [edge(read.vertices[one.parent].id, one.id) for one in read.vertices if one.parent is not None]
    document = graph(nodes, edges)
    if by_id:
        document["graph"]["nodes"] = {one.pop("id"): one for one in nodes}
    return document


@given(trees(), st.booleans(), st.randoms())
def test_reading_gives_back_the_tree_that_was_written(read, by_id, random):
    document = written(read, by_id=by_id)
    assert tree(document) == read
    parts = graph_document(document)
    assert quick_tree(parts) == careful_tree(parts)[0]
    random.shuffle(document["graph"]["edges"])
    assert tree(document) == read
    if not by_id:
        random.shuffle(document["graph"]["nodes"])
        shuffled = tree(document)
        names = [None if one.parent is None else shuffled.vertices[one.parent].id for one in shuffled.vertices]
        before = {one.id: None if one.parent is None else read.vertices[one.parent].id for one in read.vertices}
        assert dict(zip([one.id for one in shuffled.vertices], names, strict=True)) == before


KEYS = ("graph", "nodes", "edges", "metadata", "type", "size", "unit", "source", "target", "relation", "subsystem")
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "0", "1", "in", "node", "power"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*KEYS, "name", "rank", "status", "properties", "paths", "id", "containment"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.data())
def test_a_damaged_document_is_read_as_the_careful_way_reads_it_or_refused(data):
    document = copy.deepcopy(
        graph(
            [vertex("0", "cluster"), vertex("1", name="a", rank=0, properties={"a": ""}, status=1), vertex("2", "pdu")],
            [edge("0", "1"), edge("0", "2"), edge("2", "1", "power")],
        )
    )
    at = document
    while True:
        key = data.draw(st.sampled_from(list(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.integers(0, 3)) == 0:
            at[key] = data.draw(json_like)
            break
        at = at[key]
    try:
        read = parse_graph(document, "f.json")
    except InputError as error:
        assert error.file == "f.json"
    else:
        assert read.graph == careful_tree(graph_document(document))[0]


# Files


def test_a_graph_in_a_file_is_a_cluster_called_as_the_file(tmp_path):
    path = tmp_path / "corona.json"
    path.write_text(json.dumps(small(name="a1")))
    (cluster,) = read_fleet(path).clusters
    assert (cluster.name, [one.name for one in cluster.subsystems]) == ("corona", ["host"])
    path.write_text(json.dumps({"name": "tioga", **small(name="a1")}))
    assert read_fleet(path).names == ("tioga",)


def test_a_cluster_called_graph_is_still_one_of_versions(tmp_path):
    path = tmp_path / "cluster-features.json"
    path.write_text(json.dumps({"graph": {"cmake": "3.21.1"}}))
    assert read_fleet(path).names == ("graph",)


def test_a_file_that_ends_early_is_refused_wherever_it_ends(tmp_path):
    path = tmp_path / "f.json"
    content = json.dumps(small(name="a1"))
    for end in range(len(content)):
        path.write_text(content[:end])
        with pytest.raises(InputError) as caught:
            read_fleet(path)
        assert str(path) in str(caught.value)


def test_in_a_long_file_too_a_key_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "f.json"
    nodes = [vertex(str(number), "core", id=number) for number in range(3000)]
    content = json.dumps(graph(nodes, [edge("0", str(number)) for number in range(1, 3000)]))
    assert len(content) > 1 << 16
    path.write_text(content)
    assert len(read_fleet(path).clusters[0].graph.vertices) == 3000
    path.write_text(content.replace('"id": 2999', '"id": 1, "id": 2999'))
    with pytest.raises(InputError, match="occurs twice"):
        read_fleet(path)
    path.write_text(content.replace('"id": 2999', '"note": "a: b"'))
    assert len(read_fleet(path).clusters[0].graph.vertices) == 3000
    path.write_text(content.replace('"id": 2999', '"note": ' + "[" * 200 + "]" * 200))
    with pytest.raises(InputError, match="nested too deeply"):
        read_fleet(path)
    path.write_text(content.replace('"id": 2999', '"note": NaN'))
    with pytest.raises(InputError, match="not finite"):
        read_fleet(path)


@needs_data
def test_the_public_graph_of_fluxion_is_read(tmp_path):
    (cluster,) = read_fleet(DATA / "fleets/flux/tiny.json").clusters
    assert (cluster.name, len(cluster.graph.vertices)) == ("tiny", 100)
    types = [one.type for one in cluster.graph.vertices]
    counted = {kind: types.count(kind) for kind in set(types)}
    assert counted == {"core": 72, "memory": 16, "socket": 4, "gpu": 4, "node": 2, "cluster": 1, "rack": 1}
    hosts, ranks = cluster.subsystems
    assert [dict(one.properties)["name"] for one in hosts.vertices] == ["node0", "node1"]
    assert [dict(one.properties)["id"] for one in ranks.vertices] == [0, 1]
    assert {one.size for one in cluster.graph.vertices if one.type == "memory"} == {2}
