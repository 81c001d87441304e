"""Flux's R (RFC 20, version 1) as a cluster."""

import copy
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.resource_set import is_resource_set, parse_resource_set
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import clusters_meeting
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.resources import Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import Requirement

DATA = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data is not at {DATA}")


def resource_set(*entries, **execution):
    lite = [{"rank": rank, "children": children} for rank, children in entries]
    return {"version": 1, "execution": {"R_lite": lite, **execution}}


SMALL = resource_set(("0-1", {"core": "0-3"}), ("2", {"core": "0", "gpu": "0-1"}), nodelist=["a[1-2],b"])


def cluster(document):
    return parse_resource_set(document, "x", "x.R", Vocabulary())


def facts(document):
    found = {}
    for subsystem in cluster(document).subsystems:
        found[subsystem.name] = [(dict(one.properties), one.attached_to) for one in subsystem.vertices]
    return found


def test_each_rank_is_a_node_with_what_it_has():
    assert cluster(SMALL).graph.vertices == (
        Vertex("cluster", "cluster"),
        Vertex("rank0", "node", 0),
        Vertex("rank0-core", "core", 1, 4),
        Vertex("rank1", "node", 0),
        Vertex("rank1-core", "core", 3, 4),
        Vertex("rank2", "node", 0),
        Vertex("rank2-core", "core", 5, 1),
        Vertex("rank2-gpu", "gpu", 5, 2),
    )


def test_hosts_stand_in_the_order_of_ranks():
    document = resource_set(("3", {"core": "0"}), ("0,2", {"core": "0"}), nodelist=["a[1-2]", "", "b"])
    read = facts(document)
    assert read["rank"] == [({"id": 0}, (1,)), ({"id": 2}, (3,)), ({"id": 3}, (5,))]
    assert read["host"] == [({"name": "a1"}, (1,)), ({"name": "a2"}, (3,)), ({"name": "b"}, (5,))]


def test_a_host_may_stand_beside_its_rank():
    document = {"version": 1, "execution": {"R_lite": [{"rank": "0", "node": "a", "children": {"core": "0"}}]}}
    assert facts(document)["host"] == [({"name": "a"}, (1,))]


def test_a_property_is_one_vertex_on_all_its_nodes():
    document = {**SMALL, "execution": {**SMALL["execution"], "properties": {"big": "0,2", "old": ""}}}
    assert facts(document)["property"] == [({"name": "big"}, (1, 5))]


def test_a_graph_is_the_cluster_and_keeps_what_execution_says():
    nodes = [
        {"id": "0", "metadata": {"type": "cluster"}},
        {"id": "1", "metadata": {"type": "node", "name": "a1", "rank": 0, "properties": {"big": ""}}},
        {"id": "2", "metadata": {"type": "node", "name": "a2", "rank": 1}},
    ]
    edges = [{"source": "0", "target": one, "metadata": {"subsystem": "containment"}} for one in "12"]
    document = resource_set(("0-1", {"core": "0"}), nodelist=["a[1-2]"], properties={"big": "0-1", "new": "1"})
    document["scheduling"] = {"writer": "fluxion", "graph": {"nodes": nodes, "edges": edges}}
    assert [one.type for one in cluster(document).graph.vertices] == ["cluster", "node", "node"]
    read = facts(document)
    assert read["host"] == [({"name": "a1"}, (1,)), ({"name": "a2"}, (2,))]
    assert read["property"] == [({"name": "big"}, (1, 2)), ({"name": "new"}, (2,))]
    del document["execution"]
    assert facts(document)["rank"] == [({"id": 0}, (1,)), ({"id": 1}, (2,))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version: is not a known version of R"),
        ({"version": True}, "is not a known version of R"),
        ({"version": None}, "is not a known version of R"),
        ({"execution": None}, "has neither execution nor a graph"),
        ({"execution": 5}, "execution: is not a mapping"),
        ({"execution": {}}, "execution.R_lite: is not a list"),
        ({"execution": {"R_lite": []}}, "has no ranks"),
        ({"execution": {"R_lite": [5]}}, "execution.R_lite[0]"),
        ({"execution": {"R_lite": [{"children": {}}]}}, "execution.R_lite[0].rank"),
        ({"execution": {"R_lite": [{"rank": "0"}]}}, "execution.R_lite[0].children"),
        ({"execution": {"R_lite": [{"rank": "1-0", "children": {}}]}}, "execution.R_lite[0].rank"),
        ({"execution": {"R_lite": [{"rank": "0", "children": {"core": "x"}}]}}, "execution.R_lite[0].children.core"),
        ({"execution": {"R_lite": [{"rank": "0", "children": {"": "0"}}]}}, "type"),
        ({"execution": {"R_lite": [{"rank": "0", "children": {}}] * 2}}, "gives a rank twice"),
        ({"execution": {"R_lite": [{"rank": "0-999999999", "children": {}}]}}, "too many ranks"),
        ({"execution": {**SMALL["execution"], "nodelist": ["a[1-2]"]}}, "does not name a host for each rank"),
        ({"execution": {**SMALL["execution"], "nodelist": ["a[1-999999999]"]}}, "too many hosts"),
        ({"execution": {**SMALL["execution"], "nodelist": "a[1-3]"}}, "execution.nodelist: is not a list"),
        ({"execution": {**SMALL["execution"], "nodelist": ["a[1-"]}}, "execution.nodelist[0]"),
        ({"execution": {**SMALL["execution"], "properties": {"a": "0-9"}}}, "execution.properties.a: names a rank"),
        ({"execution": {**SMALL["execution"], "properties": {"a": "0-999999999999"}}}, "names a rank"),
        ({"execution": {**SMALL["execution"], "properties": ["a"]}}, "execution.properties"),
        ({"scheduling": {"graph": {"nodes": 5}}}, "scheduling, graph.nodes"),
        ({"scheduling": []}, "scheduling: is not a mapping"),
    ],
)
def test_what_is_no_resource_set_is_refused_with_its_place(change, said):
    with pytest.raises(InputError) as caught:
        cluster({**SMALL, **change})
    assert str(caught.value).startswith("x.R, ")
    assert said in str(caught.value)


def test_clusters_called_version_and_execution_are_none():
    assert not is_resource_set({"version": {"cmake": "3"}, "execution": {"cmake": "3"}})
    assert not is_resource_set({"version": 1})
    assert is_resource_set({"version": 1, "scheduling": {}})


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "0", "0-1", "a[1-3]"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["core", "rank", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.data())
def test_a_damaged_resource_set_is_read_or_refused_with_an_input_error(data):
    document = copy.deepcopy(SMALL)
    document["execution"]["properties"] = {"big": "0,2"}
    at = document["execution"]
    while True:
        key = data.draw(st.sampled_from(list(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
        if not isinstance(at[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            at[key] = data.draw(json_like)
            break
        at = at[key]
    try:
        cluster(document)
    except InputError as error:
        assert error.file == "x.R"


def meeting(read, subsystem, **fields):
    ((name, value),) = fields.items()
    index = FleetIndex(Fleet((read,)))
    return clusters_meeting(index, Requirement.parse(f"{subsystem}{{{name}={value}}}"))


@needs_data
def test_the_public_resource_sets_are_read():
    (fluke,) = read_fleet(DATA / "fleets/flux/fluke.R").clusters
    assert (fluke.name, len(fluke.graph.vertices)) == ("fluke", 1 + 2 * 101)
    read = {one.name: one.vertices for one in fluke.subsystems}
    assert [len(read[name]) for name in ("host", "rank", "property")] == [101, 101, 2]
    assert dict(read["host"][0].properties) == {"name": "fluke3"}
    assert {dict(one.properties)["name"]: len(one.attached_to) for one in read["property"]} == {"batch": 93, "debug": 8}
    (tiny,) = read_fleet(DATA / "fleets/flux/tiny_rv1exec.json").clusters
    assert [one.size for one in tiny.graph.vertices] == [1, 1, 16, 4, 1, 16, 4]


@needs_data
def test_requirements_name_hosts_ranks_and_properties():
    (fluke,) = read_fleet(DATA / "fleets/flux/fluke.R").clusters
    assert meeting(fluke, "host", name="fluke103")
    assert not meeting(fluke, "host", name="fluke104")
    assert meeting(fluke, "rank", id="100")
    assert not meeting(fluke, "rank", id="101")
    assert meeting(fluke, "property", name="debug")


def test_a_resource_set_in_a_file_is_a_cluster_called_as_the_file(tmp_path):
    path = tmp_path / "fluke.R"
    path.write_text(json.dumps(SMALL))
    assert read_fleet(path).names == ("fluke",)
