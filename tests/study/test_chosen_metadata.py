"""Telling just some subsystems: `simulate --tell`, by which an answer of `minimal` or `value` is checked."""

from __future__ import annotations

import math

import plain_experiments as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import KERNELS, game, gathered, run

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.studies.settings import Settings
from placewise.study.sources import draw
from placewise.worth.sufficiency import smallest_set


@given(plain.fleets(), plain.workloads(), st.data())
def test_telling_some_is_submitting_with_just_these(fleet, workload, data):
    names = sorted({r.subsystem for r in workload.requirements})
    told = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    score = run(fleet, workload, Settings(metadata=tuple(told), orders=0), KERNELS).results.scores["chosen"]
    expected = [
        plain.submit(fleet, workload, job, [r for r in workload.job(job).requirements if r.subsystem in told], 0)
        for job in range(len(workload))
    ]
    assert score.total_jobs == len(workload)
    assert score.unmatched == sum(not one.matched for one in expected)
    assert math.isclose(score.success, sum(one.success for one in expected) / len(expected), abs_tol=1e-12)


@given(plain.fleets(), plain.workloads())
def test_telling_every_one_is_telling_all(fleet, workload):
    names = tuple(sorted({r.subsystem for r in workload.requirements}))
    scores = run(fleet, workload, Settings(metadata=names, orders=0), KERNELS).results.scores
    assert scores["chosen"] == scores["all"]


@pytest.mark.parametrize("dataset", ["reliabuild", pytest.param("spack-build", marks=pytest.mark.slow)])
def test_the_smallest_set_gives_what_minimal_says(public_data, dataset):
    inputs = gathered(public_data / dataset)
    played = game(inputs, among="all")
    # The proof has tests of its own.
    found = smallest_set(played, 0.95, random_orders=1, limit_s=0)
    if dataset == "reliabuild":
        results = run(
            inputs.fleet, inputs.jobs, Settings(("none",), metadata=found.metadata, orders=0), KERNELS
        ).results
        assert len(found.metadata) == 24
    else:
        design = Settings(metadata=found.metadata, orders=0)
        results = run(inputs.fleet, inputs.jobs, design, KERNELS).results
        assert found.metadata == ("arch", "compiler-at-least")
    assert math.isclose(results.scores["chosen"].success, found.reached, rel_tol=1e-12)
    assert found.met


def test_forms_are_told_by_name():
    inputs = draw(shipped_profile("spack-build"), 10, 50, 0)
    design = Settings(metadata=("compiler-version", "arch", "arch"), orders=0, minimum_builds=10)
    scores = run(inputs.fleet, inputs.jobs, design, KERNELS).results.scores
    assert scores["chosen"] == scores["arch-compiler-compiler-version"]


def test_names_that_nobody_knows_are_refused():
    inputs = draw(shipped_profile("spack-build"), 10, 50, 0)
    with pytest.raises(InputError, match="no such question"):
        run(inputs.fleet, inputs.jobs, Settings(metadata=("arhc",)), KERNELS)
    inputs = draw(shipped_profile("reliabuild"), 10, 50, 0)
    with pytest.raises(InputError, match="no job needs") as refused:
        run(inputs.fleet, inputs.jobs, Settings(metadata=("zlibb",)), KERNELS)
    assert "zlib" in refused.value.expected
    with pytest.raises(InputError, match="chosen has no metadata"):
        run(inputs.fleet, inputs.jobs, Settings(experiments=("chosen",)), KERNELS)
