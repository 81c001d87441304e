"""Headline figures are those of the scores, and their intervals are over what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import plain_experiments as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.formats.profiles.profile_file import shipped_profile
from placewise.formats.studies.study_file import shipped_study
from placewise.matching.kernels import load_kernels
from placewise.model.workload import Workload
from placewise.study.builds.design import BuildDesign
from placewise.study.builds.run import run_builds
from placewise.study.design import Design
from placewise.study.figures import BUILD, CEILING, FLEET, JOINT, LAST, MACRO, UNMATCHED, Figure
from placewise.study.inputs import draw
from placewise.study.run import run
from placewise.study.varying.uncertainty import Asked, compared_experiments, compared_levels, with_uncertainty
from placewise.sweep.runner import HERE, Runner

KERNELS = load_kernels("numpy")
FOLDER = {"single": "single-subsystem", "expanding": "expanded-subsystems"}


def unsure(found, compared, resamples=60, runner=HERE):
    asked = Asked(resamples, 0, 5)
    return with_uncertainty(
        found.results, found.observed, compared, None, asked, runner=runner, key="k", progress=lambda *_: None
    )


def values(results):
    return {(one.experiment, one.quantity): one.value for one in results.headlines}


def check_scores(results, found, pooled=()):
    for name, score in results.scores.items():
        assert found.get((name, BUILD)) == pytest.approx(score.success_of_matched.mean)
        assert found[name, UNMATCHED] == pytest.approx(score.unmatched / score.total_jobs)
        if name not in pooled:
            assert found[name, JOINT] == pytest.approx(score.success)


@given(plain.fleets(), plain.workloads(), st.booleans(), st.sampled_from(["corrected", "published"]))
def test_headline_values_are_those_of_the_scores(fleet, workload, sample, scoring):
    results = run(fleet, workload, Design(orders=0, sample=sample, scoring=scoring), KERNELS)
    found = values(unsure(results, compared_experiments(), resamples=0))
    results = results.results
    check_scores(results, found, pooled=("expanded-subsystems",))
    assert found.get(("single-subsystem", MACRO)) == pytest.approx(results.single.macro)
    assert found["expanded-subsystems", LAST] == pytest.approx(results.last_level)
    assert found[FLEET, CEILING] == pytest.approx(results.ceiling)


@settings(max_examples=20)
@given(plain.fleets(), plain.workloads(), st.integers(2, 4))
def test_equal_jobs_are_one_observation(fleet, workload, times):
    rows = [workload.job(job).requirements for job in range(len(workload)) for _ in range(times)]
    more = Workload.from_rows([f"m{number}" for number in range(len(rows))], rows)
    one, other = (
        unsure(run(fleet, jobs, Design(orders=2), KERNELS), compared_experiments()) for jobs in (workload, more)
    )
    for mine, theirs in zip((*one.headlines, *one.differences), (*other.headlines, *other.differences), strict=True):
        assert mine.value == pytest.approx(theirs.value)
        for a, b in zip(mine.intervals, theirs.intervals, strict=True):
            assert (a.low, a.high, a.over) == (pytest.approx(b.low), pytest.approx(b.high), b.over)


@settings(max_examples=20)
@given(plain.fleets(), plain.workloads())
def test_differences_are_paired(fleet, workload):
    joint, same = Figure("all", JOINT), Figure("all", JOINT)
    results = unsure(run(fleet, workload, Design(orders=0), KERNELS), [*compared_experiments(), (joint, same)])
    found = values(results)
    itself = results.differences[-1]
    assert (itself.value, itself.intervals[0].low, itself.intervals[0].high) == (0, 0, 0)
    gain = results.differences[0]
    assert gain.value == pytest.approx(found["all", JOINT] - found["none", JOINT])
    # Telling everything refuses no cluster that would succeed, so on no draw it loses.
    assert gain.intervals[0].low >= -1e-12


def test_intervals_say_what_they_are_over():
    drawn = draw(shipped_profile("reliabuild"), 12, 40, 1)
    found = run(drawn.fleet, drawn.jobs, Design(orders=3, unique=True), KERNELS)
    results = unsure(found, compared_experiments())
    profiles = len(found.workload)
    by_figure = {(one.experiment, one.quantity): one for one in results.headlines}
    assert [one.over for one in by_figure["all", JOINT].intervals] == [
        f"60 resamples of {profiles} requirement profiles"
    ]
    assert [one.over for one in by_figure["expanded-subsystems", BUILD].intervals][1:] == ["3 random orders"]
    low, high = np.quantile(results.orders.success_of_matched, [0.025, 0.975])
    assert by_figure["expanded-subsystems", BUILD].intervals[1].low == pytest.approx(low)
    assert by_figure["expanded-subsystems", BUILD].intervals[1].high == pytest.approx(high)


def test_threads_and_blocks_change_nothing():
    drawn = draw(shipped_profile("reliabuild"), 12, 40, 1)
    found = run(drawn.fleet, drawn.jobs, Design(orders=0), KERNELS)
    with ThreadPoolExecutor(3) as threads:
        there = unsure(found, compared_experiments(), runner=Runner(threads))
    assert there.headlines == unsure(found, compared_experiments()).headlines


@pytest.mark.parametrize("sample", [False, True])
def test_headlines_of_builds(sample):
    drawn = draw(shipped_profile("spack-build"), 15, 400, 2)
    design = BuildDesign(orders=2, sample=sample, minimum_builds=20)
    study = shipped_study()
    found = run_builds(drawn.fleet, drawn.jobs, study, design, KERNELS)
    results = unsure(found, compared_levels(study, list(found.results.scores)))
    check_scores(results, values(results))
    assert values(results)["expanded-subsystems", LAST] == pytest.approx(results.last_level)
    platforms = {*zip(drawn.jobs.arch, drawn.jobs.compiler, drawn.jobs.compiler_version, strict=True)}
    assert results.headlines[0].intervals[0].over == f"60 resamples of {len(platforms)} requirement profiles"
    assert {one.than for one in results.differences} == {"none", "arch-compiler-compiler-version-memory"}
