"""Scenarios that were replayed before a sweep was stopped are not replayed again."""

from dataclasses import replace

import numpy as np
import pytest

from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import Scenario
from placewise.model.traces.trace_cleaning import clean
from placewise.study.timed import replays
from placewise.study.timed.keys import scenario_keys
from placewise.study.timed.replays import run_scenarios
from placewise.sweep.runner import Runner
from placewise.synthesis.traces import synthetic_trace

TRACE = synthetic_trace(40, 1, processors=(8, 4))
FLEET = fleet_of_trace(TRACE)


def scenario(policy, **changes):
    return Scenario(policy, ReplaySettings(policy=policy, **changes), FLEET)


@pytest.fixture
def replayed(monkeypatch):
    """The policies that were replayed, and may not be."""
    seen, refused = [], set()
    original = replays.replay_trace

    def listened(cleaned, fleet, settings, **how):
        if settings.policy in refused:
            raise KeyboardInterrupt
        seen.append(settings.policy)
        return original(cleaned, fleet, settings, **how)

    monkeypatch.setattr(replays, "replay_trace", listened)
    return seen, refused


def test_a_sweep_that_was_stopped_goes_on_where_it_was(tmp_path, replayed):
    seen, refused = replayed
    scenarios = [scenario(policy) for policy in ("fcfs", "sjf", "easy")]
    refused.add("easy")
    with pytest.raises(KeyboardInterrupt):
        run_scenarios(clean(TRACE), scenarios, runner=Runner(parts=tmp_path))
    refused.clear()
    seen.clear()
    # In another order, and with one that was not asked for before.
    resumed = run_scenarios(clean(TRACE), [scenario("easy-sjbf"), *scenarios[::-1]], runner=Runner(parts=tmp_path))
    assert seen == ["easy-sjbf", "easy"]
    whole = run_scenarios(clean(TRACE), [scenario("easy-sjbf"), *scenarios[::-1]])
    assert resumed[0] == whole[0]


def test_another_trace_fleet_or_setting_is_another_scenario():
    one = scenario("easy")
    (key,) = scenario_keys(TRACE, [one])
    others = [
        scenario("easy", seed=1),
        scenario("easy", retries=1),
        scenario("easy", policies={"cluster-1": "fcfs"}),
        replace(one, metadata=()),
        replace(one, fleet=replace(FLEET, clusters=FLEET.clusters[:1])),
        replace(one, fleet=replace(FLEET, clusters=(replace(FLEET.clusters[0], state=(("a", 1),)), FLEET.clusters[1]))),
    ]
    assert len({key, *scenario_keys(TRACE, others)}) == len(others) + 1
    longer = replace(TRACE, runtime_s=TRACE.runtime_s + 1)
    assert scenario_keys(longer, [one]) != [key]
    assert scenario_keys(replace(TRACE, submit_s=np.array(TRACE.submit_s)), [replace(one, name="other")]) == [key]
