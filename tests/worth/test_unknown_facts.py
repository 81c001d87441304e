"""What is not described, ranked by the jobs that it would settle."""

import json
from dataclasses import replace

import pytest

from placewise.formats.experiment_folder import read_experiment
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.worth.unknown_facts import UnknownFact, unknown_facts

FEATURES = {"a": {"cmake": "3.20"}, "b": {"cmake": "3.10", "hdf5": "1.12"}, "c": {"hdf5": "1.10"}}
VOCABULARY = "subsystems: {cmake: {}, hdf5: {}}\nclusters:\n  a: {complete: false}\n  c: {complete: false}\n"
JOBS = """
- {name: one, resources: {cmake: {min: "3.15"}}}
- {name: two, resources: {cmake: {min: "3.15"}, hdf5: {min: "1.9"}}}
- {name: three, resources: {cmake: {min: "3.15"}, hdf5: {min: "1.12"}}}
- {name: four, resources: {}, requires: [{any: [{cmake: {version: "3.15:"}}, {hdf5: {version: "1.14:"}}]}]}
"""


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "jobspecs").mkdir()
    (tmp_path / "cluster-features.json").write_text(json.dumps(FEATURES))
    (tmp_path / "vocabulary.yaml").write_text(VOCABULARY)
    (tmp_path / "jobspecs" / "jobs.yaml").write_text(JOBS)
    return read_experiment(tmp_path, cache=None)


def test_a_fact_settles_the_jobs_of_which_nothing_else_is_unknown(experiment):
    facts = unknown_facts(FleetIndex(experiment.fleet), experiment.jobs)
    # Cluster a has a cmake that does for all four jobs; c may have another cmake, and another hdf5.
    assert facts == (
        UnknownFact("c", "cmake", settled=2, undecided=4),
        UnknownFact("a", "hdf5", settled=2, undecided=2),
        UnknownFact("c", "hdf5", settled=0, undecided=2),
    )


def test_what_settles_alone_leaves_nothing_undecided_once_it_is_described(experiment):
    fleet, jobs = experiment.fleet, experiment.jobs
    for fact in unknown_facts(FleetIndex(fleet), jobs):
        said = {**fleet.vocabulary.complete, (fact.cluster, fact.subsystem): True}
        described = FleetIndex(replace(fleet, vocabulary=replace(fleet.vocabulary, complete=said)))
        before, after = (
            sum(fact.cluster in match(index, jobs.job(job)).unknown for job in range(len(jobs)))
            for index in (FleetIndex(fleet), described)
        )
        assert before - after >= fact.settled


def test_nothing_is_listed_where_all_is_described(experiment):
    fleet = replace(experiment.fleet, vocabulary=replace(experiment.fleet.vocabulary, complete={}))
    assert unknown_facts(FleetIndex(fleet), experiment.jobs) == ()
