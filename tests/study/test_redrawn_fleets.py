"""Fleets drawn anew: the short way to their figures is the long one's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.experiment_folder import read_experiment
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.formats.studies.study_file import shipped_study
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import load_kernels
from placewise.model.cluster import Cluster, Fleet
from placewise.model.resources import ResourceGraph, Vertex
from placewise.study.builds import forms
from placewise.study.builds.design import BuildDesign
from placewise.study.builds.run import run_builds
from placewise.study.design import EXPERIMENTS, Design
from placewise.study.figures import JOINT, Figure
from placewise.study.inputs import Inputs, draw
from placewise.study.run import run
from placewise.study.varying.fleets import FleetTask, VersionFleets, pools_of
from placewise.study.varying.observing import Requested
from placewise.study.varying.redrawing import fleets_like
from placewise.sweep.executors import runner
from placewise.sweep.runner import HERE
from placewise.synthesis import draw_fleet

KERNELS = load_kernels("numpy")
PROFILE = shipped_profile("reliabuild")


@pytest.fixture(scope="module")
def drawn():
    return draw(PROFILE, 12, 50, 3)


def figures(observed):
    names, ratios = observed.ratios()
    return dict(zip(names, ratios.values().tolist(), strict=True))


@settings(max_examples=8)
@given(st.integers(3, 70), st.integers(0, 2**32), st.sampled_from(["corrected", "published"]))
def test_a_drawn_fleet_is_that_of_its_seed(clusters, seed, scoring):
    jobs = draw(PROFILE, 1, 30, 5).jobs
    design = Design(scoring=scoring, orders=0, tell=(jobs.requirements[0].subsystem,))
    requested = Requested.of(jobs, design, KERNELS)
    source = VersionFleets.of(requested, PROFILE.fleet.pools, design.experiments)
    fleet = draw_fleet(PROFILE, clusters, seed)
    found = figures(source.observed(clusters, seed))
    assert found == figures(requested.on(FleetIndex(fleet), design.experiments))
    scores = run(fleet, jobs, design, KERNELS).results.scores
    assert {name for name, _, _ in found} - {"fleet"} == set(scores)
    for name in ("none", "told", "all"):
        assert found[Figure(name, JOINT)] == pytest.approx(scores[name].success)


@settings(max_examples=8)
@given(st.integers(1, 70), st.integers(0, 2**32), st.sampled_from(["corrected", "published"]))
def test_builds_on_a_drawn_fleet(clusters, seed, scoring):
    profile = shipped_profile("spack-build")
    inputs = draw(profile, 2, 300, 4)
    design = BuildDesign(scoring=scoring, orders=0, minimum_builds=20, tell=("memory", "compiler"))
    found = figures(fleets_like(inputs, inputs.jobs, design, KERNELS).observed(clusters, seed))
    fleet = draw_fleet(profile, clusters, seed)
    results = run_builds(fleet, inputs.jobs, shipped_study(), design, KERNELS).results
    for level in results.levels:
        if not level.name.startswith("constraint"):
            assert found[Figure(level.name, JOINT)] == pytest.approx(level.score.success)
    assert found[Figure("expanded-subsystems", "joint success at the last level")] == pytest.approx(results.last_level)


def test_many_bounds_at_once_are_met_where_each_is(monkeypatch):
    inputs = draw(shipped_profile("spack-build"), 70, 500, 6)
    index = FleetIndex(inputs.fleet)
    numeric = [form for level in shipped_study().levels for form in level.told if form.subsystem == "memory"]
    quick = [forms.form_rows(index, inputs.jobs, form) for form in numeric]
    monkeypatch.setattr(forms, "_numeric_rows", lambda *_: None)
    for form, one in zip(numeric, quick, strict=True):
        other = forms.form_rows(index, inputs.jobs, form)
        assert np.array_equal(one.table[one.ids], other.table[other.ids])
        assert one.table[one.ids].any()


def test_a_fleet_depends_on_its_number_alone(drawn):
    task = FleetTask.of(fleets_like(drawn, drawn.jobs, Design(), KERNELS), 12, 9)
    forwards = [task(number) for number in range(4)]
    assert [task(number) for number in (3, 2, 1, 0)] == forwards[::-1]
    assert len(set(map(tuple, forwards))) == 4


def test_processes_change_no_byte(drawn):
    task = FleetTask.of(fleets_like(drawn, drawn.jobs, Design(), KERNELS), 12, 9)
    here = HERE.rows("fleets", task, 5, key="k")
    with runner(2) as two:
        assert two.rows("fleets", task, 5, key="k").tobytes() == here.tobytes()


def test_pools_are_fitted_where_none_are_known(drawn):
    requested = Requested.of(drawn.jobs, Design(), KERNELS)
    pools = pools_of(drawn.fleet, requested)
    task = FleetTask.of(VersionFleets.of(requested, pools, EXPERIMENTS[:1]), 12, 0)
    assert len(task(0)) == task.width


def test_what_a_profile_does_not_hold_is_said(drawn):
    nodes = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", parent=0)))
    shaped = Fleet(tuple(Cluster(c.name, nodes, c.subsystems) for c in drawn.fleet.clusters))
    with pytest.raises(InputError, match="what nodes it has"):
        fleets_like(Inputs(shaped, drawn.jobs, "here"), drawn.jobs, Design(), KERNELS)
    with pytest.raises(InputError, match="expectation"):
        fleets_like(drawn, drawn.jobs, Design(sample=True), KERNELS)
    requested = Requested.of(drawn.jobs, Design(), KERNELS)
    with pytest.raises(InputError, match="lacks a package"):
        VersionFleets.of(requested, PROFILE.fleet.pools[:1], ("none",))


def test_the_public_fleet_is_near_the_mean_of_its_like(public_data):
    experiment = read_experiment(public_data / "reliabuild", cache=None)
    jobs = experiment.workload.select(np.flatnonzero(experiment.workload.requirement_counts))
    inputs = Inputs(experiment.fleet, experiment.workload, "public")
    task = FleetTask.of(fleets_like(inputs, jobs, Design(experiments=("all",)), KERNELS), len(inputs.fleet), 0)
    success = HERE.rows("fleets", task, 20, key="k")[:, task.figures.index(Figure("all", JOINT))]
    assert 0.33 < success.mean() < 0.48
    assert success.min() < 0.4314 < success.max()
