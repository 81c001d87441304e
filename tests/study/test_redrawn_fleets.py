"""Fleets drawn anew: the short way to their quantities is the long one's."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import KERNELS, SHIPPED, gathered, run, study_of

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.quantities import LAST, SUCCESS, Quantity
from placewise.model.studies.settings import Settings
from placewise.model.studies.version_profile import VersionFleet
from placewise.study.demands import record_questions
from placewise.study.demands.demands import demands_of
from placewise.study.levels.observed import observe
from placewise.study.sources import draw
from placewise.study.vary.fleets import fleets_like as fleets_of
from placewise.sweep.executors import runner
from placewise.sweep.runner import HERE
from placewise.synthesis import draw_fleet

PROFILE = shipped_profile("reliabuild")
SEEDED = Settings(seed=9)


@pytest.fixture(scope="module")
def drawn():
    return replace(draw(PROFILE, 12, 50, 3), settings=SEEDED)


def fleets_like(study):
    return fleets_of(study, demands_of(study, KERNELS), KERNELS)


def figures(observed):
    names, ratios = observed.ratios()
    return dict(zip(names, ratios.values().tolist(), strict=True))


@settings(max_examples=8)
@given(st.integers(3, 70), st.integers(0, 2**32), st.sampled_from(["corrected", "published"]))
def test_a_drawn_fleet_is_that_of_its_seed(clusters, seed, scoring):
    jobs = draw(PROFILE, 1, 30, 5).jobs
    fleet = draw_fleet(PROFILE, clusters, seed)
    chosen = Settings(scoring=scoring, orders=0, metadata=(jobs.requirements[0].subsystem,))
    study = replace(study_of(fleet, jobs, chosen), profile=PROFILE)
    found = figures(fleets_like(study).observed(clusters, seed))
    long_way = figures(observe(study, demands_of(study, KERNELS).on(FleetIndex(fleet)), KERNELS))
    # Where nothing matches there is nothing to average, and NaN is not equal to itself.
    assert list(found) == list(long_way)
    assert np.array_equal(list(found.values()), list(long_way.values()), equal_nan=True)
    scores = run(fleet, jobs, chosen).results.scores
    assert {name for name, _, _ in found} - {"fleet"} == set(scores)
    for name in ("none", "chosen", "all"):
        assert found[Quantity(name, SUCCESS)] == pytest.approx(scores[name].success)


@settings(max_examples=8)
@given(st.integers(1, 70), st.integers(0, 2**32), st.sampled_from(["corrected", "published"]))
def test_builds_on_a_drawn_fleet(clusters, seed, scoring):
    profile = shipped_profile("spack-build")
    chosen = Settings(scoring=scoring, orders=0, minimum_builds=20, metadata=("memory", "compiler"))
    study = replace(draw(profile, 2, 300, 4), settings=chosen)
    found = figures(fleets_like(study).observed(clusters, seed))
    results = run(draw_fleet(profile, clusters, seed), study.jobs, chosen).results
    for level in results.levels:
        if not level.name.startswith("constraint"):
            assert found[Quantity(level.name, SUCCESS)] == pytest.approx(level.score.success)
    assert found[Quantity("expanded-subsystems", LAST)] == pytest.approx(results.last_level)


def test_many_bounds_at_once_are_met_where_each_is(monkeypatch):
    inputs = draw(shipped_profile("spack-build"), 70, 500, 6)
    index = FleetIndex(inputs.fleet)
    numeric = [question for question in SHIPPED.questions if question.subsystem == "memory"]
    quick = [record_questions.answers(index, inputs.jobs, question) for question in numeric]
    monkeypatch.setattr(record_questions, "_numeric_answers", lambda *_: None)
    for question, one in zip(numeric, quick, strict=True):
        other = record_questions.answers(index, inputs.jobs, question)
        assert np.array_equal(one.table[one.ids], other.table[other.ids])
        assert one.table[one.ids].any()


def test_a_fleet_depends_on_its_number_alone(drawn):
    task = fleets_like(drawn)
    forwards = [task(number) for number in range(4)]
    assert [task(number) for number in (3, 2, 1, 0)] == forwards[::-1]
    assert len(set(map(tuple, forwards))) == 4


def test_processes_change_no_byte(drawn):
    task = fleets_like(drawn)
    here = HERE.rows("fleets", task, 5, key="k")
    with runner(2) as two:
        assert two.rows("fleets", task, 5, key="k").tobytes() == here.tobytes()


def test_pools_are_fitted_where_none_are_known(drawn):
    task = fleets_like(replace(drawn, profile=None))
    assert len(task(0)) == task.width


def test_what_a_profile_does_not_hold_is_said(drawn):
    nodes = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", parent=0)))
    shaped = Fleet(tuple(Cluster(c.name, nodes, c.subsystems) for c in drawn.fleet.clusters))
    with pytest.raises(InputError, match="what nodes it has"):
        fleets_like(replace(drawn, fleet=shaped, profile=None))
    with pytest.raises(InputError, match="draws or chooses otherwise"):
        fleets_like(replace(drawn, settings=Settings(sample=True)))
    with pytest.raises(InputError, match="lacks a package"):
        fleets_like(replace(drawn, profile=SimpleNamespace(fleet=VersionFleet(PROFILE.fleet.pools[1:]))))


def test_the_public_fleet_is_near_the_mean_of_its_like(public_data):
    study = replace(gathered(public_data / "reliabuild"), settings=Settings(experiments=("all",)))
    task = fleets_like(study)
    success = HERE.rows("fleets", task, 20, key="k")[:, task.quantities.index(Quantity("all", SUCCESS))]
    assert 0.33 < success.mean() < 0.48
    assert success.min() < 0.4314 < success.max()
