"""Studies of fleets of which not everything is described: jobs go where it is known that they can, unless told else."""

import json

import pytest

import placewise as pw
from placewise.study.sources import read_study
from placewise.study.unknown_facts import unknown_facts_of

FEATURES = {"a": {"cmake": "3.20"}, "b": {"cmake": "3.10"}, "c": {"hdf5": "1.10"}}
JOBS = """
- {name: one, resources: {cmake: {min: "3.15"}}}
- {name: two, resources: {}, requires: [{any: [{cmake: {version: "3.10"}}, {hdf5: {version: "1.10:1.11"}}]}]}
- {name: three, resources: {}, requires: [{not: {cmake: {}}}]}
"""


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
    with pytest.raises(pw.InputError, match=r"unknown is not usable.*no or yes.*perhaps"):
        study.run(unknown="perhaps")


def test_a_study_file_may_name_jobspecs_and_a_fleet_of_their_own(study, tmp_path):
    (tmp_path / "study.toml").write_text('jobspecs = "jobspecs"\nclusters = "cluster-features.json"\n')
    named = read_study(tmp_path / "study.toml")
    assert (named.fleet, named.jobs.names) == (study.fleet, study.jobs.names)
    assert unknown_facts_of(named) == unknown_facts_of(read_study(tmp_path))
    assert dict(named.hashes).keys() == {"study.toml", "jobs.yaml"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('jobspecs = "jobspecs"', "no fleet"),
        ('jobspecs = "empty"\nclusters = "cluster-features.json"', "holds no jobspecs"),
        ('jobspecs = "none"\nclusters = "cluster-features.json"', "cannot be listed"),
        ('jobspecs = "other"\nclusters = "cluster-features.json"', "unknown subsystem 'petsc'"),
        ('jobspecs = "jobspecs"\nsource = "."', "one of the two"),
        ('jobspecs = "jobspecs"\nclusters = "x"\nrecords = "x.csv"', "one of the two"),
        ('jobspecs = "jobspecs"\nclusters = "x"\n[workload]\njobs = 1', "one of the two"),
    ],
)
def test_jobspecs_without_a_fleet_or_beside_other_jobs_are_refused(study, tmp_path, text, wanted):
    assert study
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "jobs.yaml").write_text("- {name: one, resources: {petsc: {min: '3'}}}\n")
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(pw.InputError, match=wanted):
        read_study(tmp_path / "study.toml")
