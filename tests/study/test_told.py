"""Telling just some subsystems: `simulate --tell`, by which an answer of `minimal` or `value` is checked."""

from __future__ import annotations

import math

import plain_experiments as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.input_cache import cache_folder
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.matching.kernels import load_kernels
from placewise.study.builds.design import BuildDesign
from placewise.study.builds.run import run_builds
from placewise.study.design import Design
from placewise.study.games import game_of
from placewise.study.inputs import draw, gather
from placewise.study.run import run
from placewise.worth.sufficiency import smallest_set

KERNELS = load_kernels("numpy")


@given(plain.fleets(), plain.workloads(), st.data())
def test_telling_some_is_submitting_with_just_these(fleet, workload, data):
    names = sorted({r.subsystem for r in workload.requirements})
    told = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    score = run(fleet, workload, Design(tell=tuple(told), orders=0), KERNELS).results.scores["told"]
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
    scores = run(fleet, workload, Design(tell=names, orders=0), KERNELS).results.scores
    assert scores["told"] == scores["all"]


@pytest.mark.parametrize("dataset", ["reliabuild", "spack-build"])
def test_the_smallest_set_gives_what_minimal_says(public_data, dataset):
    inputs = gather(public_data / dataset, None, 0, cache_folder())
    game = game_of(inputs, KERNELS, forms="all")
    # The proof has tests of its own.
    found = smallest_set(game, 0.95, random_orders=1, limit_s=0)
    if dataset == "reliabuild":
        results = run(inputs.fleet, inputs.jobs, Design(("none",), tell=found.metadata, orders=0), KERNELS).results
        assert len(found.metadata) == 24
    else:
        design = BuildDesign(tell=found.metadata, orders=0)
        results = run_builds(inputs.fleet, inputs.jobs, inputs.study, design, KERNELS).results
        assert found.metadata == ("arch", "compiler-at-least")
    assert math.isclose(results.scores["told"].success, found.reached, rel_tol=1e-12)
    assert found.met


def test_forms_are_told_by_name():
    inputs = draw(shipped_profile("spack-build"), 10, 50, 0)
    design = BuildDesign(tell=("compiler-version", "arch", "arch"), orders=0, minimum_builds=10)
    scores = run_builds(inputs.fleet, inputs.jobs, inputs.study, design, KERNELS).results.scores
    assert scores["told"] == scores["arch-compiler-compiler-version"]


def test_names_that_nobody_knows_are_refused():
    inputs = draw(shipped_profile("spack-build"), 10, 50, 0)
    with pytest.raises(InputError, match="no such form"):
        run_builds(inputs.fleet, inputs.jobs, inputs.study, BuildDesign(tell=("arhc",)), KERNELS)
    inputs = draw(shipped_profile("reliabuild"), 10, 50, 0)
    with pytest.raises(InputError, match="no job needs") as refused:
        run(inputs.fleet, inputs.jobs, Design(tell=("zlibb",)), KERNELS)
    assert "zlib" in refused.value.expected
    with pytest.raises(InputError, match="nothing to tell"):
        Design(experiments=("told",))
