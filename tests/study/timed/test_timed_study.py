"""The experiment `timed` of a study of a trace: the same grid as a scenario file, by the same path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_replays import fleet_of_pools, trace_of

import placewise as pw
from placewise.errors import InputError
from placewise.formats.results.timed_files import read_scenario_jobs, read_timed
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Requirement
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Level, Study
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import TimedSettings
from placewise.replays.summaries.fates import fates_with
from placewise.study.record import write_run
from placewise.study.run import run_study
from placewise.sweep.executors import runner
from placewise.sweep.parts import PARTS
from placewise.sweep.runner import Runner

# On the second cluster is a, on the third b, and on every one c.
PACKAGES = {0: ["c"], 1: ["a", "c"], 2: ["b", "c"]}
ASKS = ((), *((Requirement.parse(name),) for name in "abc"), (Requirement.parse("a"), Requirement.parse("c")))
NO_JOBS = Workload.from_rows((), ())


def study_of(seed=5, jobs=40, *, asks=ASKS, levels=(), timed=None, policy_of_all="easy", **changes):
    draw = np.random.default_rng(seed)
    runtime = draw.integers(5, 50, jobs)
    trace = trace_of(
        np.sort(draw.integers(0, 120, jobs)),
        runtime,
        runtime + 5,
        draw.integers(1, 4, jobs),
        ask=draw.integers(0, len(asks), jobs),
        asks=asks,
    )
    timed = timed or TimedSettings((policy_of_all,), replay=ReplaySettings(retries=2, fail_after=0.5), clean="none")
    changes = {"resamples": 0, **changes}
    fleet = fleet_of_pools([4, 4, 4], packages=PACKAGES)
    return Study(fleet, NO_JOBS, levels=levels, settings=Settings(**changes), trace=trace, timed=timed)


def by_level(run):
    return {(one.level, one.settings.policy): one for one in run.results.timed.results}


def test_levels_are_none_those_of_the_study_and_all():
    found = by_level(run_study(study_of(levels=(Level("both", ["a", "b"]),))))
    assert [level for level, _ in found] == ["no metadata", "both", "all metadata"]
    assert [one.metadata for one in found.values()] == [(), ("a", "b"), None]


def test_each_policy_meets_each_level_and_single_is_a_level_a_piece():
    timed = TimedSettings(("fcfs", "easy"), ("none", "single", "all"), clean="none")
    run = run_study(study_of(timed=timed, values=False))
    on = [f"metadata on {name}" for name in sorted("abc")]
    levels = [level for level, policy in by_level(run) if policy == "fcfs"]
    assert sorted(levels[1:-1]) == on
    assert len(run.results.timed.results) == 2 * len(levels)
    policies = {one.name: one.settings.policy for one in run.results.timed.results}
    for one in run.results.timed.comparisons:
        assert one.second.endswith("no metadata")
        if not one.first.endswith("no metadata"):
            assert policies[one.first] == policies[one.second]


def test_a_trace_without_requirements_has_one_level_and_says_that_nothing_is_valued():
    run = run_study(study_of(asks=((),)))
    assert [level for level, _ in by_level(run)] == ["all metadata"]
    assert run.results.timed.values == ()
    assert "no job has requirements" in run.left_out[0]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    jobs=st.integers(1, 30),
    policy=st.sampled_from(["fcfs", "sjf", "easy", "easy-sjbf", "conservative"]),
    retries=st.integers(0, 2),
    share=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_values_add_up_to_none_less_all_and_what_changes_no_match_is_worth_nothing(seed, jobs, policy, retries, share):
    timed = TimedSettings((policy,), replay=ReplaySettings(retries=retries, fail_after=share), clean="none")
    run = run_study(study_of(seed, jobs, timed=timed))
    found = by_level(run)
    # Where the jobs that were drawn require nothing there is one level, see above.
    assume(len(found) > 1)
    nothing, everything = found["no metadata", policy], found["all metadata", policy]
    values = run.results.timed.values
    taken = nothing.work.wasted_processor_s - everything.work.wasted_processor_s
    assert sum(one.wasted_s for one in values) == pytest.approx(taken, abs=1e-6)
    if values:
        # All jobs start whatever the metadata here, so that waits are over all of them.
        waits = [one.waits.wait_s.mean * one.waits.jobs for one in (nothing, everything)]
        assert sum(one.waiting_s for one in values) == pytest.approx(waits[0] - waits[1], abs=1e-6)
    for one in values:
        if one.piece == "c":
            assert (one.narrows, one.waiting_s, one.lost_s, one.wasted_s) == (0, 0, 0, 0)


def written(study, folder, workers=1):
    folder.mkdir()
    with runner(workers, parts=folder / PARTS) as where:
        write_run(folder, run_study(study, runner=where), "placewise")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_folder_has_the_same_bytes_for_any_number_of_workers(tmp_path):
    study = study_of(seed=7, resamples=20)
    here, there = written(study, tmp_path / "one"), written(study, tmp_path / "two", 2)
    assert here == there
    assert set(here) == {"scenario-jobs.parquet", "scenarios.json", "scores.json", "study.json", "summary.json"}


def test_a_run_that_was_interrupted_goes_on_from_what_was_replayed(tmp_path, monkeypatch):
    monkeypatch.setattr("placewise.study.timed.values._AT_A_TIME", 3)
    study = study_of(seed=11, resamples=20)
    keeping = Runner(parts=tmp_path)
    first = run_study(study, runner=keeping)
    monkeypatch.setattr("placewise.study.timed.replays.replay_trace", lambda *_, **__: pytest.fail("replayed again"))
    assert run_study(study, runner=keeping).results.timed == first.results.timed
    with pytest.raises(pytest.fail.Exception):
        run_study(study_of(seed=11, resamples=20, policy_of_all="fcfs"), runner=keeping)


def test_what_was_written_is_read_as_it_was(tmp_path):
    study = study_of(seed=9)
    run = run_study(study)
    folder = tmp_path / "out"
    folder.mkdir()
    write_run(folder, run, "placewise")
    assert read_timed(folder) == run.results.timed
    assert pw.read_results(folder).timed == run.results.timed
    jobs = read_scenario_jobs(folder)
    assert list(jobs) == [one.name for one in run.results.timed.results]
    for fates, (names, columns) in zip(run.fates, jobs.values(), strict=True):
        assert tuple(names) == run.jobs
        read = fates_with(columns)
        for name in ("wait_s", "end_s", "started", "wasted_s", "cluster"):
            assert (getattr(read, name) == getattr(fates, name)).all(), name


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (lambda: study_of(timed=TimedSettings(("easy",), ("some",))), "no such level"),
        (lambda: study_of(levels=(Level("some", ["x"]),)), "no job has metadata on this"),
        (lambda: study_of(levels=(Level("all metadata", ["a"]),)), "two levels have one name"),
        (lambda: study_of(experiments=["all"]), "a trace has no such experiment"),
        (lambda: study_of(unique=True), "--unique has no effect"),
        (lambda: study_of(metadata=["x"]), "no job has metadata on this"),
    ],
)
def test_what_no_replay_takes_is_one_clear_error(study, said):
    with pytest.raises(InputError, match=said):
        run_study(study())


@pytest.mark.parametrize("policies", [(), ("best",), ("easy", "easy"), "easy"])
def test_policies_are_named_once_each(policies):
    with pytest.raises(InputError, match="polic"):
        TimedSettings(policies)


def test_jobs_without_submission_times_are_not_replayed():
    study = Study(fleet_of_pools([4]), Workload.from_rows(["a"], [[ASKS[1][0]]]), settings=Settings(("timed",)))
    with pytest.raises(InputError, match="no submission times"):
        run_study(study)
    with pytest.raises(InputError, match="other jobs"):
        Study(fleet_of_pools([4]), study.jobs, trace=study_of().trace)
