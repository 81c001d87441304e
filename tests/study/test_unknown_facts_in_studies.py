"""Studies of fleets of which not everything is described: jobs go where it is known that they can, unless told else."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

import placewise as pw
from placewise.formats.fleets.fleet_source import fleet_files, read_fleet
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.study.sources import read_study
from placewise.study.unknown_facts import unknown_facts_of

FEATURES = {"a": {"cmake": "3.20"}, "b": {"cmake": "3.10"}, "c": {"hdf5": "1.10"}}
JOBS = """
- {name: one, resources: {cmake: {min: "3.15"}}}
- {name: two, resources: {}, requires: [{any: [{cmake: {version: "3.10"}}, {hdf5: {version: "1.10:1.11"}}]}]}
- {name: three, resources: {}, requires: [{not: {cmake: {}}}]}
"""
FLEET_FILES = {"cluster-features.json", "vocabulary.yaml"}
_OPENED: list[set[Path] | None] = [None]


def _note(event, arguments):
    if event == "open" and _OPENED[0] is not None and isinstance(arguments[0], str | Path):
        _OPENED[0].add(Path(arguments[0]))


def opened_by(function, path):
    """Return the files below a path, or beside it, that a function opens."""
    if not _NOTED:
        sys.addaudithook(_note)
        _NOTED.append(True)
    _OPENED[0] = set()
    try:
        function(path)
        return {file for file in _OPENED[0] if file.is_relative_to(path.parent) and file.is_file()}
    finally:
        _OPENED[0] = None


_NOTED: list[bool] = []


@pytest.fixture
def study(tmp_path):
    (tmp_path / "jobspecs").mkdir()
    (tmp_path / "cluster-features.json").write_text(json.dumps(FEATURES))
    (tmp_path / "vocabulary.yaml").write_text("clusters: {c: {complete: false}}\n")
    (tmp_path / "jobspecs" / "jobs.yaml").write_text(JOBS)
    return pw.Study.from_folder(tmp_path, orders=0, fleets=0, resamples=0)


def test_jobs_go_only_where_it_is_known_that_they_can(study):
    score = study.run()["all"]
    # One goes to a, two to b or c; that c has no cmake is not known, so three goes nowhere.
    assert (score.unmatched, score.success) == (1, pytest.approx(2 / 3))


def test_with_unknown_yes_they_go_where_they_may_and_succeed_where_it_is_known(study):
    score = study.run(unknown="yes")["all"]
    assert score.unmatched == 0
    # One to a or c, of which a is known to do; two to b or c, both known; three to c, which may have a cmake.
    assert score.success == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_expressions_have_a_value_as_one_piece_of_metadata(study):
    names = {one.name for one in pw.value(study).subsystems}
    assert names == {"cmake", "cmake|hdf5"}


def test_another_word_is_refused(study):
    with pytest.raises(pw.InputError, match=r"unknown is not usable.*no, yes.*perhaps"):
        study.run(unknown="perhaps")


def test_a_study_file_may_name_jobspecs_and_a_fleet_of_their_own(study, tmp_path):
    (tmp_path / "study.toml").write_text('jobspecs = "jobspecs"\nclusters = "cluster-features.json"\n')
    named = read_study(tmp_path / "study.toml")
    assert (named.fleet, named.jobs.names) == (study.fleet, study.jobs.names)
    assert unknown_facts_of(named) == unknown_facts_of(read_study(tmp_path))
    assert dict(named.hashes).keys() == {"study.toml", "jobs.yaml", *FLEET_FILES}


def hashes_of(tmp_path, fleet):
    (tmp_path / "study.toml").write_text(f'jobspecs = "jobspecs"\nclusters = "{fleet}"\n')
    return dict(read_study(tmp_path / "study.toml").hashes)


def test_each_file_of_a_fleet_that_a_study_names_is_hashed(study, tmp_path):
    """What the reader opens is what is hashed, so that a fleet cannot change without a trace of it."""
    for one in study.fleet.clusters:
        write_cluster(one, tmp_path / "fleet" / one.name)
        (tmp_path / "fleet" / one.name / "import.json").write_text("{}")
        (tmp_path / "fleet" / one.name / "state.json").write_text('{"cost_per_node_hour": 1}')
    (tmp_path / "fleet" / "a" / "vocabulary.yaml").write_text("complete: true\n")
    (tmp_path / "fleet" / "vocabulary.yaml").write_text("clusters: {c: {complete: false}}\n")
    (tmp_path / "fleet" / "notes").mkdir()
    graph = tmp_path / "one" / "a.json"
    graph.parent.mkdir()
    graph.write_bytes((tmp_path / "fleet" / "a" / "nodes.json").read_bytes())
    for path in (tmp_path / "fleet", tmp_path / "fleet" / "a", graph, tmp_path / "cluster-features.json", tmp_path):
        opened = opened_by(read_fleet, path)
        assert opened == set(fleet_files(path))
        assert all(str(file.relative_to(path.parent)) for file in opened)
    before = hashes_of(tmp_path, "fleet")
    assert {name for name in before if name.startswith("fleet/")} == {
        *(f"fleet/{name}/{file}" for name in "abc" for file in ("nodes.json", "state.json")),
        *("fleet/a/cmake-subsystem.json", "fleet/b/cmake-subsystem.json", "fleet/c/hdf5-subsystem.json"),
        *("fleet/a/vocabulary.yaml", "fleet/vocabulary.yaml"),
    }
    for file in sorted(opened_by(read_fleet, tmp_path / "fleet")):
        content = file.read_bytes()
        file.write_bytes(content + b"\n")
        changed = hashes_of(tmp_path, "fleet")
        assert {name for name in changed if changed[name] != before[name]} == {file.relative_to(tmp_path).as_posix()}
        file.write_bytes(content)


def test_study_json_has_the_hashes_of_the_fleet(study, tmp_path):
    (tmp_path / "study.toml").write_text(
        'jobspecs = "jobspecs"\nclusters = "cluster-features.json"\n[run]\nexperiments = ["all"]\n'
    )
    pw.read_study(tmp_path / "study.toml").run().save(tmp_path / "out")
    record = json.loads((tmp_path / "out" / "study.json").read_text())
    assert {one["file"] for one in record["inputs"]} >= FLEET_FILES
    content = (tmp_path / "cluster-features.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() in {one["sha256"] for one in record["inputs"]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('jobspecs = "jobspecs"', "no fleet"),
        ('jobspecs = "empty"\nclusters = "cluster-features.json"', "holds no jobspecs"),
        ('jobspecs = "none"\nclusters = "cluster-features.json"', "cannot be listed"),
        ('jobspecs = "jobspecs"\nsource = "."', "one of the two"),
        ('jobspecs = "jobspecs"\nclusters = "x"\nrecords = "x.csv"', "one of the two"),
        ('jobspecs = "jobspecs"\nclusters = "x"\n[workload]\njobs = 1', "one of the two"),
    ],
)
def test_jobspecs_without_a_fleet_or_beside_other_jobs_are_refused(study, tmp_path, text, wanted):
    assert study
    (tmp_path / "empty").mkdir()
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(pw.InputError, match=wanted):
        read_study(tmp_path / "study.toml")


def test_what_no_cluster_names_is_unknown_in_a_study_too_unless_all_is_described(study, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "jobs.yaml").write_text("- {name: one, resources: {petsc: {min: '3'}}}\n")
    (tmp_path / "study.toml").write_text('jobspecs = "other"\nclusters = "cluster-features.json"\n')
    ((fact,), _) = unknown_facts_of(read_study(tmp_path / "study.toml"))
    assert (fact.cluster, fact.subsystem) == ("c", "petsc")
    (tmp_path / "vocabulary.yaml").unlink()
    with pytest.raises(pw.InputError, match="no cluster of the fleet has the subsystem 'petsc'"):
        read_study(tmp_path / "study.toml")
