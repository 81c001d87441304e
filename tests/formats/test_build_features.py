import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.build_features import build_features, build_features_json, build_fleet_of
from placewise.formats.fleets.cluster_features import RELIABUILD, SPACK_BUILD, features_kind, fleet_of, read_features
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex

GRAY = {
    "memory": 45717849080,
    "cost_per_node_hour": 4.2,
    "arch": "linux-ubuntu20.04-x86_64_v3",
    "compiler": "gcc",
    "compiler_version": "7.5.0",
}

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)
features = st.fixed_dictionaries(
    {
        "memory": st.integers(1, 2**63 - 1),
        "arch": texts,
        "compiler": texts,
        "compiler_version": st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}|develop", fullmatch=True),
    },
    optional={
        "cost_per_node_hour": st.floats(0, 1e9),
        "nodes_free": st.integers(0, 2**63 - 1),
    },
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def test_a_cluster_offers_its_features_as_subsystems_and_says_them_as_state():
    (cluster,) = build_fleet_of({"gray": GRAY}, "x.json").clusters
    assert cluster.name == "gray"
    assert cluster.state == tuple(sorted(GRAY.items()))
    assert len(cluster.graph.vertices) == 1
    assert [(s.name, [(v.properties, v.attached_to) for v in s.vertices]) for s in cluster.subsystems] == [
        ("arch", [((("type", "arch"), ("value", "linux-ubuntu20.04-x86_64_v3")), (0,))]),
        ("compiler", [((("name", "gcc"), ("type", "compiler"), ("version", "7.5.0")), (0,))]),
        ("memory", [((("type", "memory"), ("value", 45717849080)), (0,))]),
    ]


@given(st.dictionaries(texts, features, min_size=1, max_size=4))
def test_a_fleet_reads_back_as_it_was_written(document):
    fleet = fleet_of(document, "x.json")
    assert features_kind(document) == SPACK_BUILD
    assert build_features(fleet) == document
    assert fleet_of(json.loads(build_features_json(fleet)), "y.json") == fleet


@given(st.dictionaries(st.text(max_size=3), features | anything, max_size=3) | anything)
def test_any_document_is_a_fleet_or_an_input_error(document):
    try:
        fleet = build_fleet_of(document, "x.json")
    except InputError as error:
        assert error.file == "x.json"
    else:
        assert len(fleet) > 0


@pytest.mark.parametrize("unknown", [{}, {"cost_per_node_hour": None}])
def test_a_price_that_is_not_known_is_absent_from_the_state(unknown):
    known = {name: value for name, value in GRAY.items() if name != "cost_per_node_hour"}
    (cluster,) = fleet_of({"gray": known | unknown}, "x.json").clusters
    assert dict(cluster.state) == known


def test_numbers_take_their_type_from_the_field():
    (cluster,) = build_fleet_of({"gray": {**GRAY, "memory": 2e9, "cost_per_node_hour": 0}}, "x.json").clusters
    state = dict(cluster.state)
    assert [(state[f], type(state[f])) for f in ("memory", "cost_per_node_hour")] == [
        (2_000_000_000, int),
        (0.0, float),
    ]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        *[("memory", bad, "whole number") for bad in (None, "1", True, 1.5, math.nan, math.inf, [1])],
        *[("memory", bad, "not a usable amount") for bad in (0, -1, 0.0, 2**63, 1e300)],
        *[("cost_per_node_hour", bad, "not a number") for bad in ("1", True, [1])],
        *[("cost_per_node_hour", bad, "not a usable amount") for bad in (-1, -0.5, math.nan, math.inf, 10**400)],
        *[("nodes_free", bad, "whole number") for bad in (None, "1", True, 1.5, math.nan)],
        *[("nodes_free", bad, "not a usable amount") for bad in (-1, 2**63)],
        *[(text, bad, "not text") for text in ("arch", "compiler") for bad in (None, "", 1.5, [])],
        ("compiler_version", 11.1, "written as a number"),
        ("compiler_version", None, "not text"),
        ("compiler_version", "a b", "not a version"),
    ],
)
def test_a_bad_value_is_refused_by_cluster_and_field(field, value, said):
    with pytest.raises(InputError) as caught:
        fleet_of({"ok": GRAY, "gray": {**GRAY, field: value}}, "x.json")
    assert str(caught.value).startswith(f"x.json, cluster 'gray', {field}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("field", ["memory", "arch", "compiler", "compiler_version"])
def test_a_missing_field_is_refused(field):
    with pytest.raises(InputError, match=f"^x.json, cluster 'gray': has no {field}; expected memory, arch"):
        fleet_of({"gray": {name: value for name, value in GRAY.items() if name != field}}, "x.json")


def test_an_unknown_field_is_refused():
    with pytest.raises(InputError, match="^x.json, cluster 'gray': holds an unknown field.*found 'price'"):
        fleet_of({"gray": {**GRAY, "price": 1}}, "x.json")


@pytest.mark.parametrize(
    ("features", "kind"),
    [
        (GRAY, SPACK_BUILD),
        ({"cost_per_node_hour": 1}, SPACK_BUILD),
        ({"memory": 1, "arch": "x", "compiler": "gcc"}, SPACK_BUILD),
        ({"gcc": "9", "memory": "1"}, RELIABUILD),
        ({}, RELIABUILD),
    ],
)
def test_the_kind_is_told_by_the_fields(features, kind):
    assert features_kind({"a": features}) == kind


CLUSTER = build_fleet_of({"gray": GRAY}, "x.json").clusters[0]
NODE = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", parent=0)))


@pytest.mark.parametrize(
    ("clusters", "said"),
    [
        ((), "without clusters"),
        ((Cluster("gray"),), "cluster 'gray': has no memory"),
        ((Cluster("gray", CLUSTER.graph, CLUSTER.subsystems[1:], CLUSTER.state),), "cluster 'gray': cannot be written"),
        ((Cluster("gray", NODE, CLUSTER.subsystems, CLUSTER.state),), "cluster 'gray': cannot be written"),
        ((Cluster("gray", CLUSTER.graph, CLUSTER.subsystems, (*CLUSTER.state, ("more", 1))),), "unknown field"),
    ],
)
def test_a_fleet_that_says_something_else_is_not_written(clusters, said):
    with pytest.raises(InputError, match=said):
        build_features_json(Fleet(clusters))


def test_the_real_fleet_is_read_and_written_back_to_the_byte(public_data):
    path = public_data / "spack-build" / "cluster-features.json"
    fleet = read_features(path)
    assert len(fleet) == 100
    assert fleet.subsystem_names == ("arch", "compiler", "memory")
    assert all(dict(cluster.state)["cost_per_node_hour"] > 0 for cluster in fleet.clusters)
    assert build_features_json(fleet).strip() == path.read_bytes().strip()
