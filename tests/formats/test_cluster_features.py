import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.cluster_features import (
    SPACK_BUILD,
    features_json,
    features_kind,
    fleet_of,
    package_subsystem,
    read_features,
    write_features,
)
from placewise.formats.reading import read_json
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex

DATA = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data are not at {DATA}")

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
versions = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}[a-z]?|develop", fullmatch=True)
documents = st.dictionaries(names, st.dictionaries(names, versions, min_size=1, max_size=5), min_size=1, max_size=5)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(documents)
def test_each_cluster_offers_exactly_its_packages_in_its_versions(document):
    fleet = fleet_of(document, "x.json")
    assert fleet.names == tuple(document)
    for cluster, features in zip(fleet.clusters, document.values(), strict=True):
        assert cluster.subsystems == tuple(package_subsystem(name, features[name]) for name in sorted(features))
        assert all(
            s.vertices[0].properties == (("type", "package"), ("version", features[s.name])) for s in cluster.subsystems
        )
        assert all(s.vertices[0].attached_to == (0,) for s in cluster.subsystems)


@given(documents)
def test_a_fleet_reads_back_as_it_was_written(document):
    fleet = fleet_of(document, "x.json")
    assert fleet_of(json.loads(features_json(fleet)), "y.json") == fleet


@given(anything)
def test_any_document_is_a_fleet_or_an_input_error(document):
    try:
        fleet = fleet_of(document, "x.json")
    except InputError as error:
        assert error.file == "x.json"
    else:
        assert len(fleet) > 0


def test_clusters_share_the_values_of_equal_packages():
    fleet = fleet_of({"a": {"gcc": "9"}, "b": {"gcc": "9"}, "c": {"gcc": "10"}}, "x.json")
    a, b, c = (cluster.subsystems[0] for cluster in fleet.clusters)
    assert a is b
    assert a != c


def test_a_cluster_may_lack_what_others_have():
    fleet = fleet_of({"a": {"gcc": "9", "zlib": "1"}, "cluster-b": {"gcc": "9"}}, "x.json")
    assert [[s.name for s in cluster.subsystems] for cluster in fleet.clusters] == [["gcc", "zlib"], ["gcc"]]
    assert fleet.names == ("a", "cluster-b")


def test_a_whole_number_is_read_as_its_digits_and_is_not_taken_for_another_value():
    fleet = fleet_of({"a": {"gcc": "1"}, "b": {"gcc": 1}}, "x.json")
    assert fleet.clusters[0].subsystems == fleet.clusters[1].subsystems
    with pytest.raises(InputError, match="cluster 'b', package 'gcc'"):
        fleet_of({"a": {"gcc": 1}, "b": {"gcc": True}}, "x.json")
    with pytest.raises(InputError, match="quoted version"):
        fleet_of({"a": {"gcc": 1}, "b": {"gcc": 1.0}}, "x.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": {"gcc": 1.10}}', "cluster 'a', package 'gcc': a version is written as a number"),
        ('{"a": {"gcc": null}}', "cluster 'a', package 'gcc': is not text"),
        ('{"a": {"gcc": ["9"]}}', "cluster 'a', package 'gcc': is not text"),
        ('{"a": {"gcc": ""}}', "cluster 'a', package 'gcc': is not text"),
        ('{"a": {"gcc": "9 or so"}}', "cluster 'a', package 'gcc': not a version"),
        ('{"a": {"": "9"}}', "cluster 'a', package '': a package has no name"),
        ('{"": {"gcc": "9"}}', "a cluster has no name"),
        ('{"a": {}}', "cluster 'a': the cluster offers nothing"),
        ('{"a": null}', "cluster 'a': is not a mapping"),
        ('{"a": {"gcc": "9"}, "a": {"gcc": "9"}}', "the key 'a' occurs twice"),
        ("{}", "is not a fleet"),
        ("[]", "is not a fleet"),
        ("null", "is not a fleet"),
        ("", "the document is empty"),
        ("{", "is not valid JSON"),
    ],
)
def test_a_bad_file_is_refused_with_file_cluster_and_package(tmp_path, content, said):
    path = tmp_path / "cluster-features.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_features(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_features(tmp_path / "cluster-features.json")


@pytest.mark.parametrize(
    "fleet",
    [
        Fleet(()),
        Fleet((Cluster("a"),)),
        Fleet((Cluster("a", subsystems=(package_subsystem("gcc", "9"),), state=(("nodes_free", 3),)),)),
        Fleet((Cluster("a", subsystems=(Subsystem("gcc", ()),)),)),
        Fleet((Cluster("a", subsystems=(Subsystem("gcc", (SubsystemVertex((("version", "9"),)),)),)),)),
    ],
)
def test_what_the_file_cannot_hold_is_refused_and_nothing_is_written(tmp_path, fleet):
    with pytest.raises(InputError):
        write_features(fleet, tmp_path / "cluster-features.json")
    assert list(tmp_path.iterdir()) == []


@needs_data
def test_the_real_fleet_survives_a_round_trip(tmp_path):
    path = DATA / "reliabuild" / "cluster-features.json"
    fleet = read_features(path)
    assert (len(fleet), len(fleet.subsystem_names)) == (100, 219)
    write_features(fleet, tmp_path / "again.json")
    assert read_features(tmp_path / "again.json") == fleet
    document = read_json(path)
    assert {
        c.name: {s.name: dict(s.vertices[0].properties)["version"] for s in c.subsystems} for c in fleet.clusters
    } == document
    assert features_kind(read_json(DATA / "spack-build" / "cluster-features.json")) == SPACK_BUILD
