"""Scenarios side by side: each as it would be alone, wherever it is computed, and paired job by job."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_replays import fleet_of_pools, trace_of

from placewise.errors import InputError
from placewise.formats.results.timed_files import timed_document
from placewise.formats.studies.scenario_file import read_scenarios
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import Scenario
from placewise.model.traces.trace_cleaning import clean
from placewise.replays.replaying import replay_trace
from placewise.replays.summaries.fates import WEEK_S, fates_of
from placewise.study.timed.paired import paired
from placewise.study.timed.replays import run_scenarios
from placewise.sweep.executors import runner


def cleaned_trace(jobs=120, weeks=6):
    draw = np.random.default_rng(4)
    runtime = draw.integers(100, 40_000, jobs)
    submit = np.sort(draw.integers(0, weeks * WEEK_S, jobs))
    return clean(trace_of(submit, runtime, 2 * runtime, draw.integers(1, 5, jobs)), "none")


SCENARIOS = (
    Scenario("easy", ReplaySettings(), fleet_of_pools([4])),
    Scenario("fcfs", ReplaySettings(policy="fcfs", policies={"c0": "sjf"}), fleet_of_pools([4])),
    Scenario("larger", ReplaySettings(), fleet_of_pools([4, 2], prices=[1, 2])),
)


def test_each_is_as_it_would_be_alone():
    cleaned = cleaned_trace()
    found, _ = run_scenarios(cleaned, SCENARIOS, resamples=50, engine="python")
    for scenario, one in zip(SCENARIOS, found.results, strict=True):
        alone = replay_trace(cleaned, scenario.fleet, scenario.settings, resamples=50, engine="python").summary
        for name in ("jobs", "succeeded", "waits", "means", "work", "makespan_s", "utilisation", "never_started"):
            assert getattr(one, name) == getattr(alone, name), name


def test_workers_do_not_change_a_byte():
    cleaned = cleaned_trace()
    here, _ = run_scenarios(cleaned, SCENARIOS, resamples=50, engine="python")
    with runner(2) as elsewhere:
        there, _ = run_scenarios(cleaned, SCENARIOS, resamples=50, engine="python", runner=elsewhere)
    assert timed_document(here) == timed_document(there)


def test_pairs_are_of_the_same_jobs():
    cleaned = cleaned_trace()
    fates = [
        fates_of(cleaned.trace, replay_trace(cleaned, one.fleet, one.settings, resamples=0, engine="python").schedule)
        for one in SCENARIOS[:2]
    ]
    found = paired(("a", "b"), *fates, resamples=200)
    wait = next(one for one in found.means if one.quantity == "wait_s")
    assert wait.difference == pytest.approx(float(np.mean(fates[0].wait_s - fates[1].wait_s)))
    assert wait.interval.low <= wait.difference <= wait.interval.high
    back = paired(("b", "a"), fates[1], fates[0], resamples=200)
    turned = next(one for one in back.means if one.quantity == "wait_s")
    assert (turned.interval.low, turned.interval.high) == (
        pytest.approx(-wait.interval.high),
        pytest.approx(-wait.interval.low),
    )
    same = paired(("a", "a"), fates[0], fates[0], resamples=200)
    assert all((one.difference, one.interval.low, one.interval.high) == (0, 0, 0) for one in same.means)


def test_waste_is_in_processors_where_the_trace_counts_in_parts_of_them():
    cleaned = cleaned_trace()
    trace = cleaned.trace
    in_parts = replace(
        cleaned,
        trace=replace(
            trace,
            processors=1000 * trace.processors,
            requested_processors=1000 * trace.requested_processors,
            processor_parts=1000,
            asks=((), (Requirement.parse("a"),)),
            ask=np.arange(len(trace), dtype=np.int32) % 2,
        ),
    )
    fleet = fleet_of_pools([4, 4], packages={1: ["a"]})
    some = [
        Scenario(name, ReplaySettings(retries=1, fail_after=0.5), fleet, metadata)
        for name, metadata in (("with", None), ("without", ()))
    ]
    found, _ = run_scenarios(in_parts, some, resamples=0, engine="python")
    wasted = next(one for one in found.comparisons[0].means if one.quantity == "wasted_s")
    work = found.results[1].work
    assert work.wasted_processor_s > 0
    assert wasted.first * found.comparisons[0].jobs == pytest.approx(work.wasted_processor_s)
    assert wasted.second == 0


USUAL = Scenario("usual", ReplaySettings(retries=3), fleet_of_pools([4]), None, "here")


def test_a_file_is_a_grid_and_more(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        'policies = ["easy", "fcfs"]\nvalues = true\n[levels]\nnone = []\nall = "all"\n'
        '[scenarios.late]\nlate = true\nfail_after_s = 5\nmetadata = ["a"]\n'
    )
    found = read_scenarios(path, USUAL)
    assert [one.name for one in found.scenarios] == ["easy, none", "easy, all", "fcfs, none", "fcfs, all", "late"]
    assert [one.metadata for one in found.scenarios] == [(), None, (), None, ("a",)]
    late = found.scenarios[-1].settings
    assert (late.late, late.fail_after_s, late.retries, late.policy) == (True, 5, 3, "easy")
    assert (found.policies, found.values) == (("easy", "fcfs"), True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("values = true", "number of scenarios"),
        ("policies = [", "TOML"),
        ('policies = ["best"]', "policies[0]"),
        ("policies = 3", "policies"),
        ("[scenarios.a]\nretries = -1", "retries"),
        ("[scenarios.a]\nretries = 1.5", "retries"),
        ('[scenarios.a]\ncolour = "red"', "colour"),
        ('policies = ["easy"]\n[scenarios.easy]\n', "easy"),
        ('[scenarios.a]\nfleet = "nowhere"', "nowhere"),
        ("[levels]\na = [true]", "levels"),
        ("values = 1\npolicies = ['easy']", "values"),
        ("a = " + "[" * 5000, "TOML"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path, text, place):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(InputError) as found:
        read_scenarios(path, USUAL)
    assert place in str(found.value)
    assert "s.toml" in str(found.value) or "nowhere" in str(found.value)
