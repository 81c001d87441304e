"""When a job would start: held against what a replay of the same jobs does."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_replays import fleet_of_pools, random_case, trace_of

import placewise as pw
from placewise.errors import InputError
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.traces.queue_state import QueuedJob, QueueState, RunningJob
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.replaying import in_parts
from placewise.replays.run import replay
from placewise.replays.start_estimates import cores_of, estimate_starts

seeds = st.integers(0, 10**9)
moments = st.floats(0, 1)
JOB = Job("asked")
LIMITS = ["fcfs", "sjf", "easy", "easy-sjbf"]


def one_cluster(seed, *, exact):
    """A trace on one pool whose jobs fit it and end by their limits; exact : at their limits."""
    case = random_case(seed, clusters=1)
    trace, capacity = case.trace, in_parts(case.fleet, 1).clusters[0].graph.vertices[1].size
    limit = np.where(trace.requested_s > 0, trace.requested_s, 50)
    runtime = limit if exact else np.minimum(trace.runtime_s, limit)
    return (trace.submit_s, runtime, limit, np.minimum(trace.processors, capacity)), case.fleet


def state_at(columns, found, now):
    """What runs and what waits after all events up to a moment."""
    running, queued = [], []
    order = np.argsort(found.start_s, kind="stable").tolist()
    for row in order:
        job = int(found.job[row])
        start, end, size, limit = found.start_s[row], found.end_s[row], columns[3][job], columns[2][job]
        if 0 <= start <= now < end:
            running.append(RunningJob(str(job), "c0", int(size), int(start), int(limit)))
    for row in range(len(found)):
        job = int(found.job[row])
        if found.submit_s[row] <= now and not 0 <= found.start_s[row] <= now:
            queued.append(
                QueuedJob(str(job), "c0", int(columns[3][job]), int(found.submit_s[row]), int(columns[2][job]))
            )
    return QueueState(now, tuple(running), tuple(queued))


def estimate(fleet, state, policy, processors, limit):
    return estimate_starts(fleet, [0], JOB, state, policy=policy, processors=processors, limit_s=limit).clusters[0]


def asked_at(columns, now, size, limit, runtime, later):
    """The same trace with one job more, submitted after all events of a moment, and nobody later unless asked for."""
    earlier = columns[0] <= now
    kept = earlier | np.full(len(earlier), later)
    parts = [column[kept] for column in columns]
    # Ends of this second come before the job: it is submitted a second later, with all others that come later.
    submit = np.where(parts[0] > now, parts[0] + 1, parts[0])
    at = int((submit <= now).sum()) if not (np.diff(submit) < 0).any() else len(submit)
    extra = (now + 1, runtime, limit, size)
    return trace_of(*(np.insert(column, at, one) for column, one in zip([submit, *parts[1:]], extra, strict=True))), at


@given(seeds, st.sampled_from(LIMITS), moments, st.integers(1, 40), st.integers(1, 60))
def test_it_is_the_start_if_nobody_comes_and_all_run_to_their_limits(seed, policy, share, size, limit):
    columns, fleet = one_cluster(seed, exact=True)
    now = int(share * (columns[0].max(initial=0) + 60))
    size = min(size, fleet.clusters[0].graph.vertices[1].size)
    trace, at = asked_at(columns, now, size, limit, limit, later=False)
    settings = ReplaySettings(policy=policy)
    found = replay(trace, fleet, settings)
    # What the queue is at the moment of the submission, from the replay without that job.
    before = tuple(column[columns[0] <= now] for column in columns)
    alone = replay(trace_of(*before), fleet, settings)
    assume(not (alone.end_s == now + 1).any())  # in the replay the submission comes before ends of that second
    state = state_at(before, alone, now + 1)
    there = estimate(fleet, state, policy, size, limit)
    row = int(np.flatnonzero(found.job == at)[0])
    assert there.start_s == found.start_s[row]
    assert there.wait_s == there.start_s - (now + 1)


@given(seeds, moments, st.integers(1, 40), st.integers(1, 60), st.integers(0, 60), st.booleans())
def test_under_fcfs_no_start_is_later(seed, share, size, limit, runtime, later):
    columns, fleet = one_cluster(seed, exact=False)
    columns = tuple(column[np.argsort(columns[0], kind="stable")] for column in columns)
    now = int(share * (columns[0].max(initial=0) + 60))
    size = min(size, fleet.clusters[0].graph.vertices[1].size)
    trace, at = asked_at(columns, now, size, limit, min(runtime, limit), later=later)
    settings = ReplaySettings(policy="fcfs")
    found = replay(trace, fleet, settings)
    before = tuple(column[columns[0] <= now] for column in columns)
    there = estimate(fleet, state_at(before, replay(trace_of(*before), fleet, settings), now + 1), "fcfs", size, limit)
    assert there.is_bound
    assert found.start_s[int(np.flatnonzero(found.job == at)[0])] <= there.start_s


@given(seeds, st.sampled_from(["fcfs", "conservative"]), st.booleans())
def test_no_start_is_later_where_the_queue_is_planned_from_now_on(seed, policy, later):
    """All are submitted at one moment, then the job, then perhaps others, after that."""
    (submit, runtime, limit, size), fleet = one_cluster(seed, exact=False)
    if not len(submit):
        return
    half = (len(submit) + 1) // 2
    times = np.where(np.arange(len(submit)) < half, 0, 1 + submit)
    kept = slice(None) if later else slice(half)
    columns = [column[kept] for column in (times, np.maximum(runtime, 1), limit, size)]
    found = replay(trace_of(*columns), fleet, ReplaySettings(policy=policy))
    first = [column[: half - 1] for column in columns]
    alone = replay(trace_of(*first), fleet, ReplaySettings(policy=policy))
    state = state_at(first, alone, 0)
    there = estimate(fleet, state, policy, int(size[half - 1]), int(limit[half - 1]))
    started = dict(zip(found.job.tolist(), found.start_s.tolist(), strict=True))
    assert there.is_bound
    assert started[half - 1] <= there.start_s
    if policy == "conservative":
        reserved = dict(zip(found.job.tolist(), found.reserved_s.tolist(), strict=True))
        assert reserved[half - 1] == there.start_s


def test_each_cluster_has_its_own_queue_and_policy():
    fleet = fleet_of_pools([4, 8])
    state = QueueState(
        100,
        (RunningJob("1", "c0", 4, 50, 100), RunningJob("2", "c1", 6, 0, 20)),
        (QueuedJob("3", "c0,c1", 8, 90, 30), QueuedJob("4", "c1", 9, 91, 30), QueuedJob("5", "gone", 1, 92, 30)),
    )
    job = Job("asked", (ResourceGroup((ResourceRequest("core", 2),)),), attributes=(("duration", 10),))
    found = pw.estimate_start(fleet, job, state, "fcfs", policies={"c0": "easy"})
    first, second = found.clusters
    # c0: the job of 8 never fits, so the queue is empty. c1: job 2 outlived its limit and is planned to end at 101.
    assert (first.start_s, first.queued, first.is_bound) == (150, 0, False)
    assert (second.start_s, second.wait_s, second.queued, second.is_bound) == (131, 31, 1, True)
    assert (found.processors, found.limit_s) == (2, 10)
    assert len(found.notes) == 3
    assert pw.estimate_start(fleet, job, state, "easy", processors=8).clusters[0].start_s is None


@pytest.mark.parametrize(
    ("said", "limit"), [("2h", 7200), ("0:30", 30), (90.5, 90), ("unlimited", 86_400), (0, 86_400)]
)
def test_the_limit_of_a_job_is_its_duration_however_it_is_written(said, limit):
    job = Job("asked", (ResourceGroup((ResourceRequest("core", 2),)),), attributes=(("duration", said),))
    assert pw.estimate_start(fleet_of_pools([4]), job, QueueState(0, (), ())).limit_s == limit


def test_a_duration_that_is_no_length_of_time_is_refused():
    job = Job("asked", (ResourceGroup((ResourceRequest("core", 2),)),), attributes=(("duration", "soon"),))
    with pytest.raises(InputError, match="duration.*soon"):
        pw.estimate_start(fleet_of_pools([4]), job, QueueState(0, (), ()))


def test_alternatives_count_once():
    slots = tuple(ResourceRequest("or_slot", 2, (ResourceRequest("core", cores),)) for cores in (3, 5))
    assert cores_of(ResourceRequest("node", 2, (*slots, ResourceRequest("core", 1)))) == 22


@pytest.mark.parametrize(
    ("state", "options", "word"),
    [
        (QueueState(0, (RunningJob("1", "c0", 5, 0, 9),), ()), {"processors": 1}, "more runs"),
        (QueueState(0, (RunningJob("1", "x", 1, 0, 9),), ()), {"processors": 1}, "no job is on"),
        (QueueState(0, (), ()), {}, "cores"),
        (QueueState(0, (), ()), {"processors": 1, "policy": "best"}, "policy"),
        (QueueState(0, (), ()), {"processors": 1, "policies": {"c9": "fcfs"}}, "c9"),
        (QueueState(0, (), ()), {"processors": 1, "limit_s": 10**15}, "limit"),
    ],
)
def test_what_cannot_be_planned_is_refused(state, options, word):
    with pytest.raises(InputError, match=word):
        pw.estimate_start(fleet_of_pools([4, 8]), JOB, state, **options)


def test_a_job_without_a_limit_is_no_bound():
    state = QueueState(0, (RunningJob("1", "c0", 4, 0, None),), ())
    there = estimate(fleet_of_pools([4]), state, "fcfs", 1, 5)
    assert (there.start_s, there.is_bound) == (86_400, False)
