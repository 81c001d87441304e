"""The vocabulary of a fleet, wherever it lies."""

from __future__ import annotations

import json

import pytest

from placewise.errors import InputError
from placewise.formats.experiment_folder import read_experiment
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary

NODES = {"graph": {"directed": True, "nodes": {"0": {"metadata": {"type": "cluster"}}}, "edges": []}}
KIND = "subsystems: {gpu: {fields: {memory: {kind: quantity, unit: %s}}}}\n"


@pytest.fixture
def fleet(tmp_path):
    """A folder of two clusters' folders."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "nodes.json").write_text(json.dumps({"name": name, **NODES}))
    return tmp_path


def test_without_a_file_nothing_is_said(fleet):
    assert read_fleet(fleet).vocabulary == Vocabulary()


def test_it_lies_in_the_folder_of_folders_or_of_one_cluster(fleet):
    (fleet / "vocabulary.yaml").write_text(KIND % "GB")
    assert read_fleet(fleet).vocabulary.kinds == {("gpu", "memory"): FieldKind("quantity", "GB")}
    assert read_fleet(fleet / "one").vocabulary == Vocabulary()
    (fleet / "one" / "vocabulary.yaml").write_text(KIND % "MB")
    assert read_fleet(fleet / "one").vocabulary.kinds == {("gpu", "memory"): FieldKind("quantity", "MB")}
    # The fleet's own decides.
    assert read_fleet(fleet).vocabulary.kinds == {("gpu", "memory"): FieldKind("quantity", "GB")}


def test_it_lies_beside_features(tmp_path):
    (tmp_path / "cluster-features.json").write_text('{"one": {"gcc": "12.1"}}')
    (tmp_path / "vocabulary.yaml").write_text("complete: false")
    for path in (tmp_path, tmp_path / "cluster-features.json"):
        assert read_fleet(path).vocabulary.complete == {("", ""): False}


def test_clusters_that_contradict_each_other_are_refused(fleet):
    (fleet / "one" / "vocabulary.yaml").write_text(KIND % "MB")
    (fleet / "two" / "vocabulary.yaml").write_text(KIND % "MB")
    assert read_fleet(fleet).vocabulary.kinds == {("gpu", "memory"): FieldKind("quantity", "MB")}
    (fleet / "two" / "vocabulary.yaml").write_text(KIND % "GB")
    with pytest.raises(InputError, match="'memory' of 'gpu' has another meaning in .*one.vocabulary.yaml"):
        read_fleet(fleet)


def test_completeness_in_a_cluster_s_folder_is_that_of_the_cluster(fleet):
    (fleet / "one" / "vocabulary.yaml").write_text("complete: false\nsubsystems: {gpu: {complete: true}}\n")
    (fleet / "two" / "vocabulary.yaml").write_text("clusters: {two: {subsystems: {gpu: {complete: false}}}}\n")
    said = read_fleet(fleet).vocabulary
    assert said.complete == {("one", ""): False, ("one", "gpu"): True, ("two", "gpu"): False}
    assert said.known == {"gpu": frozenset()}
    (fleet / "vocabulary.yaml").write_text("clusters: {one: {complete: true}}\n")
    assert read_fleet(fleet).vocabulary.complete["one", ""]


@pytest.mark.parametrize("where", [".", "one"])
def test_a_cluster_that_is_not_there_is_refused_with_the_nearest_name(fleet, where):
    path = fleet / where / "vocabulary.yaml"
    path.write_text("clusters: {ome: {complete: true}}\n")
    with pytest.raises(InputError, match="no cluster has this name; expected a cluster of the fleet, such as one") as e:
        read_fleet(fleet)
    assert e.value.file == str(path)


def test_an_experiment_has_it_from_the_cache_too(tmp_path):
    folder = tmp_path / "experiment"
    (folder / "jobspecs").mkdir(parents=True)
    (folder / "cluster-features.json").write_text('{"one": {"gcc": "12.1"}}')
    (folder / "jobspecs" / "jobs.yaml").write_text("- {name: a, package: x, resources: {fpga: {min: '1'}}}\n")
    with pytest.raises(InputError, match="no cluster of the fleet has the subsystem 'fpga'"):
        read_experiment(folder, cache=None)
    (folder / "vocabulary.yaml").write_text("subsystems: {fpga: {}}\n")
    for cache in (None, tmp_path / "cache", tmp_path / "cache"):
        found = read_experiment(folder, cache=cache)
        assert found.fleet.vocabulary.known == {"fpga": frozenset()}
        assert [name for name, _ in found.inputs][1] == "vocabulary.yaml"
    (folder / "vocabulary.yaml").write_text("subsystems: {fpga: {complete: false}}\n")
    assert not read_experiment(folder, cache=tmp_path / "cache").fleet.vocabulary.all_complete
