"""The numbers of a replay's figures, held against sums second by second."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_replays import random_case

from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replayed import Replayed, TraceRecord
from placewise.model.traces.trace_cleaning import clean
from placewise.replays.run import replay
from placewise.replays.summaries.numbers import summary_of
from placewise.report.data.replays.replay import DAY_S, bars_of, class_waits, over_time


def replayed(seed):
    case = random_case(seed)
    settings = ReplaySettings()
    schedule = replay(case.trace, case.fleet, settings, truth=case.truth, engine="python")
    summary = summary_of(case.trace, case.fleet, settings, schedule, resamples=0)
    return Replayed(TraceRecord.of(clean(case.trace, "none")), "", settings, None, summary, case.trace, schedule)


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_use_and_queue_over_time(seed, bins):
    found = over_time(one := replayed(seed), bins)
    schedule = one.schedule
    started = np.flatnonzero(schedule.start_s >= 0)
    if found is None:
        assert not len(started) or schedule.end_s.max() <= schedule.submit_s.min()
        return
    length = float(found.edges[1] - found.edges[0]) * DAY_S
    used = [
        sum(
            int(schedule.processors[row] * (schedule.end_s[row] - schedule.start_s[row]))
            for row in started
            if schedule.cluster[row] == cluster
        )
        for cluster in range(len(schedule.clusters))
    ]
    assert (found.used.sum(axis=1) * length).tolist() == pytest.approx(used, rel=1e-9, abs=1e-6)
    waits = int((schedule.start_s - schedule.submit_s)[started].sum())
    assert float(found.waiting.sum() * length) == pytest.approx(waits, rel=1e-9, abs=1e-6)
    assert (found.used <= schedule.capacity[:, None] * (1 + 1e-9)).all()


@given(st.integers(0, 10_000))
def test_bars_cover_what_was_used(seed):
    one = replayed(seed)
    bars, schedule = bars_of(one), one.schedule
    lasting = (schedule.start_s >= 0) & (schedule.end_s > schedule.start_s)
    area = int((schedule.processors * (schedule.end_s - schedule.start_s))[lasting].sum())
    if bars is None:
        assert area == 0
    else:
        found = float(((bars.end - bars.start) * (bars.high - bars.low)).sum() * DAY_S)
        assert found == pytest.approx(area, rel=1e-9)


@given(st.integers(0, 10_000))
def test_classes_hold_each_job_once(seed):
    one = replayed(seed)
    found = class_waits(one.summary)
    assert (0 if found is None else int(found.jobs.sum())) == one.summary.waits.jobs
