"""Who watches a cluster's jobs: one is woken for a new job, and nobody sleeps while a job waits."""

import time
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import running_server
from talking import talking

from placewise.service.calls import receiving
from placewise.service.live import upkeep
from placewise.service.live.watching import Watcher, Watches
from placewise.service.wire import placewise_pb2 as v1

WATCHERS = 30
SOON_S = 60


@pytest.fixture
def looks(monkeypatch):
    """How often somebody looked for jobs."""
    counted = []
    real = receiving.receive

    async def receive(*given, **named):
        counted.append(1)
        return await real(*given, **named)

    monkeypatch.setattr(receiving, "receive", receive)
    # Nobody looks by himself.
    monkeypatch.setattr(receiving, "_LOOK_AGAIN_S", 600.0)
    monkeypatch.setattr(upkeep, "_COMPARE_S", 600.0)
    return counted


def until(true):
    end = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_new_job_wakes_one_of_many_watchers_and_each_of_many_jobs_another(tmp_path, looks):
    with ExitStack() as stack:
        server = stack.enter_context(running_server(tmp_path / "p.db"))
        talk = stack.enter_context(talking(server))
        owner = v1.ClusterSecret(name="gray", secret=talk.register("gray").secret)
        request = v1.WatchAssignmentsRequest(cluster=owner, most=1)
        streams = [talk.v1.WatchAssignments(request, timeout=SOON_S) for _ in range(WATCHERS)]
        for one in streams:
            stack.callback(one.cancel)
        until(lambda: len(looks) == WATCHERS)
        talk.submit()
        until(lambda: len(looks) == WATCHERS + 1)
        time.sleep(0.2)
        assert len(looks) == WATCHERS + 1
        for _ in range(WATCHERS - 1):
            talk.submit()
        assert len({next(one).job_id for one in streams}) == WATCHERS
        assert len(looks) == 2 * WATCHERS


def test_who_accepts_is_given_the_next_job(tmp_path, looks):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        owner = v1.ClusterSecret(name="gray", secret=talk.register("gray").secret)
        jobs = [talk.submit().job_id for _ in range(3)]
        stream = talk.v1.WatchAssignments(v1.WatchAssignmentsRequest(cluster=owner, most=1), timeout=SOON_S)
        for job in jobs:
            given = next(stream)
            assert given.job_id == job
            accepted = v1.AcceptJobsRequest.Accepted(job_id=job, lease=given.lease)
            assert list(talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=owner, jobs=[accepted])).accepted) == [job]
        stream.cancel()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.lists(st.integers(1, 9), max_size=6))
def test_as_many_are_woken_as_take_the_new_jobs_and_no_more(rooms, batches):
    watches = Watches()
    watchers = [Watcher(most) for most in rooms]
    for one in watchers:
        watches.add(1, one)
        one.looks()
    for jobs in batches:
        watches.ring(1, jobs)
    promised = sum(one.promised for one in watchers)
    assert promised == min(sum(batches), sum(rooms))
    woken = [one for one in watchers if one.woken.is_set()]
    assert all(one.promised <= one.most for one in watchers)
    # No fewer would do, in the order in which they wait.
    needed, left = 0, promised
    while left > 0:
        left -= rooms[needed]
        needed += 1
    assert woken == watchers[:needed]
    # Whoever leaves without having looked hands on what he was woken for.
    for leaving in watchers[:-1]:
        before = leaving.promised
        free = sum(one.most - one.promised for one in watchers if one is not leaving)
        watches.remove(1, leaving)
        watchers = watchers[1:]
        assert sum(one.promised for one in watchers) >= promised - before + min(before, free) - 0
        promised = sum(one.promised for one in watchers)


def test_a_watcher_without_room_is_woken_by_his_own_jobs_alone():
    watches, full, idle = Watches(), Watcher(1, {7: 100.0}), Watcher(2)
    for one in (full, idle):
        watches.add(1, one)
        one.looks()
    watches.ring(1, 5)
    assert (full.woken.is_set(), idle.promised) == (False, 2)
    watches.accepted(1, {8})
    assert not full.woken.is_set()
    watches.lapsed(1, 99.0)
    assert not full.woken.is_set()
    watches.accepted(1, {7, 8})
    assert full.woken.is_set()
    assert full.room == 1
