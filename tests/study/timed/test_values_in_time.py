"""What metadata is worth in time, held against all orders of adding it."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from random_replays import fleet_of_pools, trace_of

from placewise.errors import InputError
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import Scenario
from placewise.model.traces.trace_cleaning import clean
from placewise.replays.replaying import replay_trace
from placewise.replays.summaries.fates import fates_of
from placewise.study.timed.values import worth_in_time

# On the second cluster is a, on the third b, and on every one c.
PACKAGES = {0: ["c"], 1: ["a", "c"], 2: ["b", "c"]}


def cleaned_trace(seed=5, jobs=40):
    draw = np.random.default_rng(seed)
    asks = ((), *((Requirement.parse(name),) for name in "abc"), (Requirement.parse("a"), Requirement.parse("c")))
    runtime = draw.integers(5, 50, jobs)
    return clean(
        trace_of(
            np.sort(draw.integers(0, 120, jobs)),
            runtime,
            runtime + 5,
            draw.integers(1, 4, jobs),
            ask=draw.integers(0, len(asks), jobs),
            asks=asks,
        ),
        "none",
    )


USUAL = Scenario("usual", ReplaySettings(retries=2, fail_after=0.5), fleet_of_pools([4, 4, 4], packages=PACKAGES))


def played(cleaned, metadata):
    found = replay_trace(cleaned, USUAL.fleet, USUAL.settings, metadata=metadata, resamples=0, engine="python")
    return fates_of(found.trace, found.schedule)


def test_all_orders_of_adding_metadata_give_the_same():
    cleaned = cleaned_trace()
    known = {}
    waiting, wasted = dict.fromkeys("abc", 0.0), dict.fromkeys("abc", 0.0)
    for order in permutations("abc"):
        for place, name in enumerate(order):
            for size in (place, place + 1):
                known.setdefault(frozenset(order[:size]), played(cleaned, tuple(sorted(order[:size]))))
            before, after = known[frozenset(order[:place])], known[frozenset(order[: place + 1])]
            waiting[name] += (before.wait_s.sum() - after.wait_s.sum()) / 6
            wasted[name] += (before.wasted_s.sum() - after.wasted_s.sum()) / 6
    found = {one.piece: one for one in worth_in_time(cleaned, USUAL, ["easy"], engine="python")}
    for name in "abc":
        assert found[name].waiting_s == pytest.approx(waiting[name], abs=1e-6)
        assert found[name].wasted_s == pytest.approx(wasted[name], abs=1e-6)
    assert any(wasted.values())


def test_what_every_cluster_has_is_worth_nothing_exactly():
    found = {one.piece: one for one in worth_in_time(cleaned_trace(), USUAL, ["easy", "fcfs"], engine="python")}
    assert (found["c"].narrows, found["c"].waiting_s, found["c"].lost_s, found["c"].wasted_s) == (0, 0, 0, 0)
    assert found["c"].jobs > 0
    assert found["a"].narrows > 0


def test_values_add_up_to_what_all_metadata_takes_away():
    cleaned = cleaned_trace(8)
    nothing, everything = played(cleaned, ()), played(cleaned, None)
    found = worth_in_time(cleaned, USUAL, ["easy"], engine="python")
    assert sum(one.waiting_s for one in found) == pytest.approx(float((nothing.wait_s - everything.wait_s).sum()))
    assert sum(one.wasted_s for one in found) == pytest.approx(float((nothing.wasted_s - everything.wasted_s).sum()))


def test_a_trace_without_requirements_has_nothing_to_value():
    bare = clean(trace_of([0], [1], [1], [1]), "none")
    with pytest.raises(InputError, match="requirements"):
        worth_in_time(bare, USUAL, ["easy"])
