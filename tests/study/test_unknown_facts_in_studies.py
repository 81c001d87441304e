"""Studies of fleets of which not everything is described: jobs go where it is known that they can, unless told else."""

import json

import pytest

import placewise as pw

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
