"""What a schedule comes to, held against loops over its attempts."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean, median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_replays import fleet_of_pools, random_case, random_settings, trace_of

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace_cleaning import clean
from placewise.replays.replaying import replay_trace
from placewise.replays.run import replay
from placewise.replays.summaries.fates import fates_of
from placewise.replays.summaries.numbers import processor_prices, summary_of


def attempts_by_job(schedule):
    found = {}
    for row in range(len(schedule)):
        found.setdefault(int(schedule.job[row]), []).append(row)
    return found


@given(st.integers(0, 10_000), st.sampled_from(["fcfs", "easy", "conservative"]))
def test_jobs_by_a_loop_over_their_attempts(seed, policy):
    case = random_case(seed)
    settings = random_settings(seed, policy, "limit", "earliest-start", case.fleet)
    schedule = replay(case.trace, case.fleet, settings, truth=case.truth, engine="python")
    summary = summary_of(case.trace, case.fleet, settings, schedule, resamples=0)
    waits, turnarounds, bounded, failed, wasted, used = [], [], [], 0, 0, 0
    by_job = attempts_by_job(schedule)
    for job in range(len(case.trace)):
        rows = [row for row in by_job.get(job, []) if schedule.start_s[row] >= 0]
        for row in rows:
            work = int((schedule.end_s[row] - schedule.start_s[row]) * schedule.processors[row])
            used += work
            wasted += work if schedule.failed[row] else 0
        if not rows:
            continue
        waits.append(sum(int(schedule.start_s[row] - schedule.submit_s[row]) for row in rows))
        turnarounds.append(max(int(schedule.end_s[row]) for row in rows) - int(schedule.submit_s[by_job[job][0]]))
        bounded.append(max(1.0, turnarounds[-1] / max(int(case.trace.runtime_s[job]), 10)))
        failed += all(schedule.failed[row] for row in rows)
    assert summary.waits.jobs == len(waits)
    assert summary.never_started == len(case.trace) - len(waits)
    assert (summary.failed, summary.succeeded) == (failed, len(waits) - failed)
    assert (summary.work.used_processor_s, summary.work.wasted_processor_s) == (used, wasted)
    if waits:
        for spread, values in (
            (summary.waits.wait_s, waits),
            (summary.waits.turnaround_s, turnarounds),
            (summary.waits.bounded_slowdown, bounded),
        ):
            assert spread.mean == pytest.approx(fmean(values), rel=1e-15)
            assert (spread.median, spread.max) == (median(values), max(values))
    assert sum(one.waits.jobs for one in summary.clusters) == len(waits)
    assert sum(one.waits.jobs for one in summary.by_class) == len(waits)
    assert sum(one.work.used_processor_s for one in summary.clusters) == used


@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(0, 30))
def test_utilisation_second_by_second(seed, warm_up, cool_down):
    case = random_case(seed, jobs=20)
    settings = ReplaySettings(warm_up_s=warm_up, cool_down_s=cool_down)
    schedule = replay(case.trace, case.fleet, settings, engine="python")
    summary = summary_of(case.trace, case.fleet, settings, schedule, resamples=0)
    started = [row for row in range(len(schedule)) if schedule.start_s[row] >= 0]
    if not len(case.trace):
        assert (summary.jobs, summary.utilisation, summary.makespan_s) == (0, None, 0)
        return
    first = int(case.trace.submit_s.min())
    last = max((int(schedule.end_s[row]) for row in started), default=-1)
    seconds = range(first + warm_up, last - cool_down)
    used = sum(
        int(schedule.processors[row])
        for second in seconds
        for row in started
        if schedule.start_s[row] <= second < schedule.end_s[row]
    )
    there = int(schedule.capacity.sum()) * len(seconds)
    assert summary.utilisation == (pytest.approx(used / there) if there else None)


def test_ends_are_cut_by_the_first_submission_of_a_job():
    trace = trace_of([0, 10, 20, 30], [5] * 4, [5] * 4, [1] * 4)
    fleet = fleet_of_pools([4])
    for warm_up, cool_down, jobs in ((0, 0, 4), (10, 0, 3), (11, 0, 2), (0, 10, 3), (10, 10, 2), (31, 0, 0)):
        settings = ReplaySettings(warm_up_s=warm_up, cool_down_s=cool_down)
        schedule = replay(trace, fleet, settings, engine="python")
        assert summary_of(trace, fleet, settings, schedule, resamples=0).jobs == jobs


def test_a_retried_job_counts_from_its_first_submission_to_its_last_end():
    trace = trace_of([0], [100], [100], [2])
    truth = np.array([[False, True]])
    settings = ReplaySettings(place="first", retries=1, fail_after=0.25)
    schedule = replay(trace, fleet_of_pools([2, 2]), settings, truth=truth, engine="plain")
    summary = summary_of(trace, fleet_of_pools([2, 2]), settings, schedule, resamples=0)
    assert summary.waits.turnaround_s.mean == 125
    assert summary.waits.wait_s.mean == 0
    assert summary.waits.slowdown.mean == 1.25
    assert summary.work.wasted_processor_s == 50
    assert (summary.resubmissions, summary.failed, summary.succeeded) == (1, 0, 1)


def test_jains_index_is_one_where_all_wait_alike_and_one_of_n_where_one_waits_for_all():
    fleet = fleet_of_pools([1])
    settings = ReplaySettings()
    alike = trace_of([0, 1000, 2000], [100] * 3, [100] * 3, [1] * 3, user=[0, 1, 2])
    schedule = replay(alike, fleet, settings, engine="python")
    assert summary_of(alike, fleet, settings, schedule, resamples=0).fairness == pytest.approx(1.0)
    unlike = trace_of([0, 1, 2], [10**7, 10, 10**7], [10**7] * 3, [1] * 3, user=[0, 1, 0])
    schedule = replay(unlike, fleet, settings, engine="python")
    assert summary_of(unlike, fleet, settings, schedule, resamples=0).fairness == pytest.approx(0.5, abs=1e-5)


def test_prices_are_of_processors_of_nodes_or_not_known():
    nodes = [Vertex("0", "cluster")]
    for number in range(3):
        nodes += [Vertex(f"n{number}", "node", 0), Vertex(f"c{number}", "core", len(nodes), 8)]
    graph = ResourceGraph(tuple(nodes))
    states = [(), (("cost_per_node_hour", 4.0),), (("cost_per_node_hour", 4.0), ("cost_per_processor_hour", 2.0))]
    fleet = Fleet(tuple(Cluster(f"c{n}", graph, (), state) for n, state in enumerate(states)))
    assert np.array_equal(processor_prices(fleet), [np.nan, 0.5, 2.0], equal_nan=True)
    assert processor_prices(fleet_of_pools([8], prices=[3])).tolist() == [3.0]


def test_cost_is_unknown_where_a_job_ran_without_a_price():
    trace = trace_of([0, 0], [3600] * 2, [3600] * 2, [4, 4])
    priced = fleet_of_pools([4, 4], prices=[3, 5])
    settings = ReplaySettings()
    schedule = replay(trace, priced, settings, engine="python")
    assert summary_of(trace, priced, settings, schedule, resamples=0).work.cost == 4 * 3 + 4 * 5
    without = Fleet((priced.clusters[0], replace(priced.clusters[1], state=())))
    assert summary_of(trace, without, settings, schedule, resamples=0).work.cost is None


def test_jobs_that_were_never_submitted_are_there():
    # The second job waits for the first, which nothing can hold; so it is submitted all the same, and a third is not
    # lost either.
    trace = trace_of([0, 0, 0], [5] * 3, [5] * 3, [9, 1, 1], after=[-1, 0, -1])
    schedule = replay(trace, fleet_of_pools([2]), ReplaySettings(dependencies=True), engine="plain")
    fates = fates_of(trace, schedule)
    assert len(fates) == 3
    assert fates.started.tolist() == [False, True, True]


@pytest.mark.parametrize("engine", ["plain", "python"])
@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(("node_price", "cheapest"), [(4.0, 0), (12.0, 1)])
def test_the_cheapest_cluster_is_the_one_whose_processors_cost_least(engine, parts, node_price, cheapest):
    # Of nodes of 8 processors each costs an eighth of the node; a processor of a pool costs 1.
    nodes = ResourceGraph((Vertex("0", "cluster"), Vertex("n", "node", 0), Vertex("c", "core", 1, 8)))
    pool = fleet_of_pools([8], prices=[1]).clusters[0]
    fleet = Fleet((Cluster("nodes", nodes, (), (("cost_per_node_hour", node_price),)), pool))
    trace = replace(trace_of([0], [3600], [3600], [4 * parts]), processor_parts=parts)
    found = replay_trace(clean(trace, "none"), fleet, ReplaySettings(place="cheapest"), resamples=0, engine=engine)
    assert found.schedule.cluster.tolist() == [cheapest]
    assert found.summary.work.cost == 4 * min(node_price / 8, 1)
