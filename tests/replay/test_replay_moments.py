"""The queues of a replay at a moment, read from its folder, and the start that is estimated from them."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_replays import fleet_of_pools, random_case, trace_of

import placewise as pw
from placewise.errors import InputError
from placewise.formats.queues.reading import read_queue_state
from placewise.formats.results.replay_files import write_replay
from placewise.model.jobs.job import Job
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace_cleaning import clean
from placewise.replays.replaying import replay_trace
from placewise.replays.run import replay

JOB = Job("asked")
seeds = st.integers(0, 10**9)
clusters = st.integers(1, 3)
moments = st.floats(0, 1)


def columns_of(seed, clusters):
    """Jobs that fit somewhere and run for a second or longer, in order; each has a limit."""
    case = random_case(seed, clusters=clusters, jobs=40)
    sizes = [cluster.graph.vertices[1].size for cluster in case.fleet.clusters]
    limit = np.where(case.trace.requested_s > 0, case.trace.requested_s, 50)
    runtime = np.clip(case.trace.runtime_s, 1, limit)
    submit = np.sort(case.trace.submit_s)
    assume(len(submit))
    return [submit, runtime, limit, np.minimum(case.trace.processors, max(sizes))], fleet_of_pools(sizes)


def replayed_of(trace, fleet, settings):
    return replay_trace(clean(trace, "none"), fleet, settings, resamples=0, origin="here")


def state_of(trace, fleet, settings, now):
    with TemporaryDirectory() as folder:
        write_replay(Path(folder), replayed_of(trace, fleet, settings))
        state = read_queue_state(Path(folder), now_s=now)
        assert read_queue_state(Path(folder) / "jobs.parquet", now_s=now) == state
    return state


def estimated(fleet, state, policy, processors, limit):
    return pw.estimate_start(fleet, JOB, state, policy, processors=int(processors), limit_s=int(limit)).clusters


def moment_in(columns, share):
    """A moment after which some job is submitted."""
    last = int(columns[0].max())
    now = int(share * last)
    assume(now < last)
    return now, int(np.flatnonzero(columns[0] > now)[0])


def row_of(found, job):
    return int(np.flatnonzero(found.job == job)[0])


@given(seeds, clusters, moments)
def test_the_next_job_starts_when_it_was_estimated_to(seed, clusters, share):
    columns, fleet = columns_of(seed, clusters)
    now, job = moment_in(columns, share)
    trace, settings = trace_of(*columns), ReplaySettings(policy="fcfs", estimates="exact")
    found = replay(trace, fleet, settings)
    state = state_of(trace, fleet, settings, now)
    starts = estimated(fleet, state, "fcfs", columns[3][job], columns[1][job])
    row = row_of(found, job)
    # Submitted at that moment it would perhaps start before it is submitted.
    times = [None if one.start_s is None else max(one.start_s, int(columns[0][job])) for one in starts]
    assert times[found.cluster[row]] == found.start_s[row]
    # The replay sent it to where it starts earliest, the first of equal ones.
    assert found.cluster[row] == min((time, at) for at, time in enumerate(times) if time is not None)[1]


@given(seeds, clusters, moments)
def test_under_fcfs_no_job_that_comes_next_starts_later(seed, clusters, share):
    columns, fleet = columns_of(seed, clusters)
    now, job = moment_in(columns, share)
    trace, settings = trace_of(*columns), ReplaySettings(policy="fcfs")
    found = replay(trace, fleet, settings)
    starts = estimated(fleet, state_of(trace, fleet, settings, now), "fcfs", columns[3][job], columns[2][job])
    row = row_of(found, job)
    there = starts[found.cluster[row]]
    assert there.is_bound
    assert found.start_s[row] <= max(there.start_s, columns[0][job])


def inserted(columns, now, size, limit, runtime):
    """The jobs with one more, the last that is submitted in a second, and its position."""
    at = int((columns[0] <= now).sum())
    return [np.insert(column, at, one) for column, one in zip(columns, (now, runtime, limit, size), strict=True)], at


@given(seeds, clusters, moments, st.integers(1, 60))
def test_under_conservative_a_job_starts_when_it_was_estimated_to(seed, clusters, share, limit):
    """A hole in the plan that is long enough now may be too short in a second: the job is submitted now."""
    columns, fleet = columns_of(seed, clusters)
    settings = ReplaySettings(policy="conservative", estimates="exact")
    now, size = int(share * columns[0].max()), int(columns[3][0])
    state = state_of(trace_of(*columns), fleet, settings, now)
    more, job = inserted(columns, now, size, limit, limit)
    found = replay(trace_of(*more), fleet, settings)
    row = row_of(found, job)
    starts = [one.start_s for one in estimated(fleet, state, "conservative", size, limit)]
    assert starts[found.cluster[row]] == found.start_s[row]
    assert found.cluster[row] == min((time, at) for at, time in enumerate(starts) if time is not None)[1]


@given(seeds, clusters, moments, st.floats(0, 1), st.integers(1, 60))
def test_under_conservative_no_job_starts_later(seed, clusters, share, shorter, asked):
    """Until the moment jobs run to their limits, so that the plan is that of the queue; from then on they end early."""
    columns, fleet = columns_of(seed, clusters)
    submit, _, limit, size = columns
    now, settings = int(share * submit.max()), ReplaySettings(policy="conservative")
    more, job = inserted([submit, limit, limit, size], now, int(size[0]), asked, asked)
    full = replay(trace_of(*more), fleet, settings)
    begun = np.full(len(more[0]), now)
    begun[full.job] = np.where(full.start_s >= 0, full.start_s, now)
    least = np.maximum(now + 1 - begun, 1)
    runtime = np.where(begun + more[2] <= now, more[2], np.clip((shorter * more[2]).astype(np.int64), least, more[2]))
    found = replay(trace_of(more[0], runtime, *more[2:]), fleet, settings)
    others = [np.delete(column, job) for column in (more[0], runtime, *more[2:])]
    state = state_of(trace_of(*others), fleet, settings, now)
    row = row_of(found, job)
    there = estimated(fleet, state, "conservative", size[0], asked)[found.cluster[row]]
    assert there.is_bound
    assert found.start_s[row] <= there.start_s


@given(seeds, clusters, st.sampled_from(["sjf", "easy", "easy-sjbf"]), st.integers(1, 90), st.integers(1, 60))
def test_it_is_the_start_if_nobody_else_comes(seed, clusters, policy, later, limit):
    columns, fleet = columns_of(seed, clusters)
    settings = ReplaySettings(policy=policy, estimates="exact")
    now = int(columns[0].max()) + later
    before = replay(trace_of(*columns), fleet, settings)
    assume(not (before.end_s == now).any())  # what ends in that second comes after the submission in the replay
    size = int(columns[3][0])
    whole = trace_of(*(np.append(column, one) for column, one in zip(columns, (now, limit, limit, size), strict=True)))
    found = replay(whole, fleet, settings)
    state = state_of(trace_of(*columns), fleet, settings, now)
    there = estimated(fleet, state, policy, size, limit)[found.cluster[-1]]
    assert not there.is_bound
    assert there.start_s == found.start_s[-1]


def test_who_ran_and_who_waited(tmp_path):
    trace = trace_of([0, 0, 1, 2, 2], [10, 10, 5, 4, 4], [20, -1, 7, 4, 4], [4, 2, 2, 1, 9])
    fleet = fleet_of_pools([4, 2])
    write_replay(tmp_path, replayed_of(trace, fleet, ReplaySettings(policy="fcfs", estimates="limit")))
    state = read_queue_state(tmp_path, now_s=2)
    assert [(one.name, one.cluster, one.start_s, one.limit_s) for one in state.running] == [
        ("1", "c0", 0, 20),
        ("2", "c1", 0, None),
    ]
    assert [(one.name, one.cluster, one.submit_s, one.limit_s) for one in state.queued] == [
        ("3", "c0", 1, 7),
        ("4", "c0", 2, 4),
    ]
    assert state.is_virtual
    assert dict(state.left_out) == {"no cluster is left for the job": 1}
    # A second later nothing changed, and at the end nobody is left.
    later = read_queue_state(tmp_path, now_s=3)
    assert (later.running, later.queued) == (state.running, state.queued)
    assert read_queue_state(tmp_path, now_s=10**6).running == ()
    with pytest.raises(InputError, match="moment"):
        read_queue_state(tmp_path)
    write_replay(tmp_path, replayed_of(trace, fleet, ReplaySettings(estimates="doubled")))
    assert [one.limit_s for one in read_queue_state(tmp_path, now_s=0).running] == [40, None]


def test_what_has_no_queue_of_each_cluster_is_refused(tmp_path):
    trace = trace_of([0], [1], [1], [1])
    write_replay(tmp_path, replayed_of(trace, fleet_of_pools([4, 2]), ReplaySettings(late=True)))
    with pytest.raises(InputError, match="one queue"):
        read_queue_state(tmp_path, now_s=0)
    write_replay(tmp_path, replayed_of(trace, fleet_of_pools([4]), ReplaySettings(late=True)))
    assert len(read_queue_state(tmp_path, now_s=0).running) == 1
    write_replay(tmp_path, replayed_of(replace(trace, processor_parts=1000), fleet_of_pools([4]), ReplaySettings()))
    with pytest.raises(InputError, match="fractions of processors"):
        read_queue_state(tmp_path, now_s=0)


def test_a_job_is_on_the_cluster_that_the_replay_sent_it_to(tmp_path):
    trace = trace_of([0, 0], [10, 10], [10, 10], [4, 2])
    write_replay(tmp_path, replayed_of(trace, fleet_of_pools([4, 2]), ReplaySettings()))
    one = fleet_of_pools([4])
    found = pw.estimate_start(one, JOB, tmp_path, "fcfs", processors=1, limit_s=1, now_s=1)
    assert (found.is_virtual, found.clusters[0].start_s, found.clusters[0].running) == (True, 10, 1)
    assert any("'c1'" in note for note in found.notes)
