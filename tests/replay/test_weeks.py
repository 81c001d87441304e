"""Intervals over weeks: how often they hold what they should, and where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from random_replays import fleet_of_pools, trace_of

from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay
from placewise.replays.summaries.fates import WEEK_S, fates_of
from placewise.replays.summaries.weeks import LEAST_WEEKS, mean_intervals


def test_they_hold_the_true_mean_about_as_often_as_they_say():
    # Jobs of a week share an effect, and weeks differ in size: rows drawn apart would make intervals far too narrow.
    draw = np.random.default_rng(1)
    weeks, rounds, held = 40, 300, 0
    week = np.repeat(np.arange(weeks), draw.integers(5, 60, weeks))
    # Each quantity is drawn on its own; that all have the same weeks drawn again makes it one call.
    values = 10 + draw.normal(0, 3, (weeks, rounds))[week] + draw.normal(0, 5, (len(week), rounds))
    for interval in mean_intervals(values, week, 2, resamples=300):
        held += interval.low <= 10 <= interval.high
    # 95 % of 300, less three standard errors and the narrowness of 40 weeks.
    assert 0.88 <= held / rounds <= 0.99


def test_what_does_not_vary_has_no_width():
    week = np.repeat(np.arange(6), 10)
    (interval,) = mean_intervals(np.full((60, 1), 7.0), week, 0)
    assert (interval.low, interval.high) == (pytest.approx(7), pytest.approx(7))


@pytest.mark.parametrize("weeks", range(LEAST_WEEKS + 1))
def test_few_weeks_have_none(weeks):
    week = np.repeat(np.arange(weeks), 5)
    (interval,) = mean_intervals(np.arange(5.0 * weeks)[:, None], week, 0)
    assert (interval is None) == (weeks < LEAST_WEEKS)


def test_a_seed_gives_the_same_and_another_does_not():
    week = np.repeat(np.arange(8), 5)
    values = np.arange(40.0)[:, None] ** 2
    assert mean_intervals(values, week, 3) == mean_intervals(values, week, 3)
    assert mean_intervals(values, week, 3) != mean_intervals(values, week, 4)


def test_weeks_begin_with_the_first_submission():
    trace = trace_of([5, WEEK_S + 4, WEEK_S + 5, 3 * WEEK_S], [1] * 4, [1] * 4, [1] * 4)
    schedule = replay(trace, fleet_of_pools([1]), ReplaySettings(), engine="plain")
    assert fates_of(trace, schedule).weeks().tolist() == [0, 0, 1, 2]
