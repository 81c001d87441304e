"""Headline figures are those of the scores, and their intervals are over what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import plain_experiments as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import KERNELS, run

from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.jobs.workload import Workload
from placewise.model.progress import SILENT
from placewise.model.quantities import CEILING, FLEET, LAST, MACRO, SUCCESS, SUCCESS_OF_MATCHED, UNMATCHED, Quantity
from placewise.model.studies.settings import Settings
from placewise.study.sources import draw
from placewise.study.vary import intervals
from placewise.study.vary.intervals import compared_by_experiment, with_intervals
from placewise.sweep.runner import HERE, Runner

FOLDER = {"single": "single-subsystem", "expanding": "expanded-subsystems"}


def unsure(found, resamples=60, runner=HERE):
    study = found.prepared.study
    settings = replace(study.settings, resamples=resamples, seed=5)
    return with_intervals(
        found.results,
        found.observed,
        replace(study, settings=settings),
        None,
        runner=runner,
        key="k",
        progress=SILENT,
    )


def values(results):
    return {(one.experiment, one.quantity): one.value for one in results.headlines}


def check_scores(results, found, pooled=()):
    for name, score in results.scores.items():
        assert found.get((name, SUCCESS_OF_MATCHED)) == pytest.approx(score.success_of_matched.mean)
        assert found[name, UNMATCHED] == pytest.approx(score.unmatched / score.total_jobs)
        if name not in pooled:
            assert found[name, SUCCESS] == pytest.approx(score.success)


@given(plain.fleets(), plain.workloads(), st.booleans(), st.sampled_from(["corrected", "published"]))
def test_headline_values_are_those_of_the_scores(fleet, workload, sample, scoring):
    results = run(fleet, workload, Settings(orders=0, sample=sample, scoring=scoring), KERNELS)
    found = values(unsure(results, resamples=0))
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
    one, other = (unsure(run(fleet, jobs, Settings(orders=2), KERNELS)) for jobs in (workload, more))
    for mine, theirs in zip((*one.headlines, *one.differences), (*other.headlines, *other.differences), strict=True):
        assert mine.value == pytest.approx(theirs.value)
        for a, b in zip(mine.intervals, theirs.intervals, strict=True):
            assert (a.low, a.high, a.over) == (pytest.approx(b.low), pytest.approx(b.high), b.over)


@settings(max_examples=20)
@given(plain.fleets(), plain.workloads())
def test_differences_are_paired(fleet, workload):
    same = Quantity("all", SUCCESS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "compared_by_experiment", lambda study: [*compared_by_experiment(study), (same, same)])
        results = unsure(run(fleet, workload, Settings(orders=0), KERNELS))
    found = values(results)
    itself = results.differences[-1]
    assert (itself.value, itself.intervals[0].low, itself.intervals[0].high) == (0, 0, 0)
    gain = results.differences[0]
    assert gain.value == pytest.approx(found["all", SUCCESS] - found["none", SUCCESS])
    # Telling everything refuses no cluster that would succeed, so on no draw it loses.
    assert gain.intervals[0].low >= -1e-12


def test_intervals_say_what_they_are_over():
    drawn = draw(shipped_profile("reliabuild"), 12, 40, 1)
    found = run(drawn.fleet, drawn.jobs, Settings(orders=3, unique=True), KERNELS)
    results = unsure(found)
    packages = len(set(found.prepared.demands.jobs.columns["package"]))
    by_figure = {(one.experiment, one.quantity): one for one in results.headlines}
    assert [one.over for one in by_figure["all", SUCCESS].intervals] == [f"60 resamples of {packages} root packages"]
    assert [one.over for one in by_figure["expanded-subsystems", SUCCESS_OF_MATCHED].intervals][1:] == [
        "3 random orders"
    ]
    low, high = results.orders.success_of_matched.min(), results.orders.success_of_matched.max()
    assert by_figure["expanded-subsystems", SUCCESS_OF_MATCHED].intervals[1].low == pytest.approx(low)
    assert by_figure["expanded-subsystems", SUCCESS_OF_MATCHED].intervals[1].high == pytest.approx(high)


def test_threads_and_blocks_change_nothing():
    drawn = draw(shipped_profile("reliabuild"), 12, 40, 1)
    found = run(drawn.fleet, drawn.jobs, Settings(orders=0), KERNELS)
    with ThreadPoolExecutor(3) as threads:
        there = unsure(found, runner=Runner(threads))
    assert there.headlines == unsure(found).headlines


@pytest.mark.parametrize("sample", [False, True])
def test_headlines_of_builds(sample):
    drawn = draw(shipped_profile("spack-build"), 15, 400, 2)
    design = Settings(orders=2, sample=sample, minimum_builds=20)
    found = run(drawn.fleet, drawn.jobs, design, KERNELS)
    results = unsure(found)
    check_scores(results, values(results))
    assert values(results)["expanded-subsystems", LAST] == pytest.approx(results.last_level)
    platforms = {*zip(*(drawn.jobs.texts(name) for name in ("arch", "compiler", "compiler_version")), strict=True)}
    packages = len(set(drawn.jobs.texts("packages")))
    assert results.headlines[0].intervals[0].over == f"60 resamples of {packages} root packages"
    by_profile = run(drawn.fleet, drawn.jobs, replace(design, unit="profile"), KERNELS)
    over = unsure(by_profile).headlines[0].intervals[0].over
    assert over == f"60 resamples of {len(platforms)} requirement profiles"
    assert {one.than for one in results.differences} == {"none", "arch-compiler-compiler-version-memory"}
