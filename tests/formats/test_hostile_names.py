"""Control characters, which a terminal would obey, are in no name that is read or written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.fleets.cluster_features import features_json, fleet_of
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.formats.jobs.jobspec_writing import jobspec_texts
from placewise.formats.records.build_records import read_build_records
from placewise.formats.results.results_folder import read_results
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import package_subsystem
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement

BAD = "a\x1b[2J"
BUILD = {"arch": "x", "compiler": "gcc", "compiler_version": "9", "memory": 1}
NODES = {"graph": {"nodes": {"r": {"metadata": {"type": "cluster"}}}}}


@given(st.text(min_size=1))
def test_a_text_is_refused_for_its_control_characters_alone(text):
    bad = any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    assert values.any_control([text]) == bad
    if bad:
        with pytest.raises(InputError, match="control character"):
            values.text(text, "x")
    else:
        assert values.text(text, "x") == text


@pytest.mark.parametrize(
    "document",
    [{BAD: {"zlib": "1"}}, {"c": {BAD: "1"}}, {"c": {"zlib": BAD}}, {BAD: BUILD}, {"c": BUILD | {"arch": BAD}}],
)
def test_in_cluster_features(document):
    with pytest.raises(InputError, match="control character"):
        fleet_of(document, "f.json")


@pytest.mark.parametrize(
    "job",
    [
        {"name": BAD, "resources": {}},
        {"name": "a", "package": BAD, "resources": {}},
        {"name": "a", "resources": {BAD: {"min": "1", "max": "2"}}},
        {"name": "a", "resources": {"zlib": {"min": BAD, "max": "2"}}},
    ],
)
def test_in_jobs(job):
    plain = {"name": "b", "resources": {"zlib": {"min": "1", "max": "2"}}}
    with pytest.raises(InputError, match="control character") as caught:
        parse_job_entries([plain] * 3 + [job], "f.yaml")
    assert caught.value.file == "f.yaml"
    assert "job " in caught.value.place


def test_in_a_jobspec(tmp_path):
    text = 'version: 1\ntask: {command: [x], resources: {os: {match: [{field: name, match: "%s"}]}}}\n'
    jobspec_text(text % "x", "job", "f.yaml")
    with pytest.raises(InputError, match="control character"):
        jobspec_text(text % r"\e[2J", "job", "f.yaml")
    with pytest.raises(InputError, match="control character"):
        jobspec_text(text % "x", BAD, "f.yaml")


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("%1B-subsystem.json", NODES),
        ("nodes.json", NODES | {"name": BAD}),
        ("nodes.json", {"graph": {"nodes": {"r": {"metadata": {"type": BAD}}}}}),
    ],
)
def test_in_a_cluster(tmp_path, name, nodes):
    (tmp_path / "nodes.json").write_text(json.dumps(NODES))
    (tmp_path / name).write_text(json.dumps(nodes))
    with pytest.raises(InputError, match="control character"):
        read_fleet(tmp_path)


def test_in_builds(tmp_path):
    (tmp_path / "b.csv").write_text(f"package,memory,duration\nzlib,1,1\n{BAD},1,1\n")
    with pytest.raises(InputError, match="row 2"):
        read_build_records(tmp_path / "b.csv", cache=None)


def test_in_results(tmp_path):
    (tmp_path / "scores.json").write_text(json.dumps({BAD: {}}))
    with pytest.raises(InputError, match="control character"):
        read_results(tmp_path)


def test_none_is_written(tmp_path):
    requirement = version_requirement(BAD, "1", None)
    for write in (
        lambda: features_json(Fleet((Cluster("a", subsystems=(package_subsystem(BAD, "1"),)),))),
        lambda: features_json(Fleet((Cluster(BAD, subsystems=(package_subsystem("a", "1"),)),))),
        lambda: jobspec_texts(Workload.from_rows([BAD], [[]], {})),
        lambda: jobspec_texts(Workload.from_rows(["a"], [[requirement]], {})),
        lambda: write_cluster(Cluster(BAD), tmp_path / "c"),
    ):
        with pytest.raises(InputError, match="control character"):
            write()
    assert not (tmp_path / "c").exists()


def test_a_folder_with_parts_of_a_cluster_is_not_left_out(tmp_path):
    write_cluster(Cluster("a"), tmp_path / "a")
    (tmp_path / "notes").mkdir()
    assert read_fleet(tmp_path).names == ("a",)
    for part in ("gcc-subsystem.json", "state.json", "cluster-state.json"):
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / part).write_text("{}")
        with pytest.raises(InputError, match="no nodes.json") as caught:
            read_fleet(tmp_path)
        assert caught.value.file == str(tmp_path / "b")
        (tmp_path / "b" / part).unlink()
