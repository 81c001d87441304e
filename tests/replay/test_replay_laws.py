"""What holds of every schedule, whatever the trace."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_replays import (
    crowded_case,
    difference,
    fleet_of_pools,
    overcommitted,
    random_case,
    random_settings,
    trace_of,
)

from placewise.model.fleets.cluster import Fleet
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay

seeds = st.integers(0, 10**9)
policies = st.sampled_from(["fcfs", "sjf", "easy", "easy-sjbf", "conservative"])
estimates = st.sampled_from(["limit", "exact", "doubled", "user-mean"])
places = st.sampled_from(["earliest-start", "first", "random", "least-loaded", "cheapest", "late"])


@given(seeds, policies, estimates, places, st.sampled_from([random_case, crowded_case]))
def test_never_more_in_use_than_there_is_and_work_is_conserved(seed, policy, estimate, place, drawn):
    case = drawn(seed)
    found = replay(case.trace, case.fleet, random_settings(seed, policy, estimate, place, case.fleet), truth=case.truth)
    assert overcommitted(found) is None
    ran = found.start_s >= 0
    assert (found.start_s[ran] >= found.submit_s[ran]).all()
    assert (found.end_s[ran] - found.start_s[ran] <= case.trace.runtime_s[found.job[ran]]).all()
    done = ran & ~found.failed
    assert (found.end_s[done] - found.start_s[done] == case.trace.runtime_s[found.job[done]]).all()
    assert len(set(found.job[done].tolist())) == done.sum()
    assert set(found.job.tolist()) == set(range(len(case.trace)))
    fits = found.processors <= found.capacity.max(initial=0)
    assert not (found.start_s[~fits] >= 0).any()


@pytest.mark.parametrize("place", ["earliest-start", "random", "least-loaded"])
@given(seeds)
def test_nothing_is_overcommitted_where_plans_are_wrong_and_queues_long(place, seed):
    case = crowded_case(seed, jobs=100)
    settings = ReplaySettings(policy="conservative", estimates="user-mean", place=place, retries=1, seed=seed)
    assert overcommitted(replay(case.trace, case.fleet, settings, truth=case.truth)) is None


@pytest.mark.parametrize("engine", ["plain", pytest.param("numba", marks=pytest.mark.slow)])
def test_a_job_that_may_start_now_as_another_is_placed_elsewhere_starts_and_nothing_is_overcommitted(engine, request):
    """Once it waited for the next event of its own cluster, and held on when its processors were promised to others."""
    if engine == "numba":
        request.getfixturevalue("kernel")
    jobs = [  # submission, runtime, limit, processors, user, whether only the larger cluster will do
        (0, 10, 100, 1, 0, 1),  # the user's mean is 10 s
        (11, 60, 100, 1, 0, 1),  # planned to end at 21; found out at 23, and planned to end at its limit, 111
        (11, 10, 10, 3, 1, 1),  # reserved from 21, moved behind 111
        (11, 15, 15, 1, 2, 1),  # reserved from 31, moved to 23
        (23, 1, 1, 1, 3, 0),  # goes to the other cluster
        (30, 5, 5, 2, 4, 1),  # reserved from 38, when the job of 15 s ends
        (39, 1, 1, 1, 5, 1),
    ]
    submit, runtime, limit, processors, user, ask = (list(column) for column in zip(*jobs, strict=True))
    asks = ((), (Requirement.parse("a"),))
    trace = trace_of(submit, runtime, limit, processors, user=user, ask=ask, asks=asks)
    fleet = fleet_of_pools([1, 3], packages={1: ["a"]})
    settings = ReplaySettings(policy="conservative", estimates="user-mean", place="first")
    found = replay(trace, fleet, settings, engine=engine)
    assert overcommitted(found) is None
    assert found.cluster.tolist() == [1, 1, 1, 1, 0, 1, 1]
    assert found.start_s.tolist() == [0, 11, 71, 23, 23, 38, 43]


def unlimited(case):
    """The trace whose jobs end within their limits."""
    limit = np.where(case.trace.requested_s > 0, case.trace.requested_s, 86_400)
    return replace(case.trace, requested_s=limit, runtime_s=np.minimum(case.trace.runtime_s, limit))


@given(seeds, st.sampled_from(["easy", "easy-sjbf", "conservative"]), places)
def test_no_job_starts_later_than_its_first_reservation(seed, policy, place):
    case = random_case(seed)
    late = place == "late"
    settings = ReplaySettings(policy=policy, place="earliest-start" if late else place, late=late, seed=seed)
    found = replay(unlimited(case), case.fleet, settings)
    reserved = found.reserved_s >= 0
    assert (found.start_s[reserved] <= found.reserved_s[reserved]).all()
    if policy == "conservative":
        assert (reserved == (found.start_s >= 0)).all()


@given(seeds, policies, estimates, st.randoms())
def test_the_names_of_clusters_change_nothing(seed, policy, estimate, random):
    case = random_case(seed)
    order = list(range(len(case.fleet)))
    settings = replace(random_settings(seed, policy, estimate, "least-loaded", case.fleet), policies={})
    names = [f"n{number}" for number in order]
    random.shuffle(names)
    renamed = Fleet(tuple(replace(one, name=name) for one, name in zip(case.fleet.clusters, names, strict=True)))
    one, other = (replay(case.trace, fleet, settings, truth=case.truth) for fleet in (case.fleet, renamed))
    assert difference(replace(one, clusters=()), replace(other, clusters=())) is None


@given(seeds, policies, estimates)
def test_a_fleet_of_one_cluster_behaves_as_the_cluster(seed, policy, estimate):
    case = random_case(seed, clusters=1)
    settings = ReplaySettings(policy=policy, estimates=estimate, seed=seed)
    found = [
        replay(case.trace, case.fleet, replace(settings, place=place, late=late))
        for place, late in (("earliest-start", False), ("random", False), ("earliest-start", True))
    ]
    for other in found[1:]:
        assert np.array_equal(found[0].start_s, other.start_s)


@given(seeds, policies)
def test_an_estimated_start_is_the_start_if_nobody_else_comes(seed, policy):
    """The last job of a trace starts at the earlier of what it would find on either of two clusters."""
    case = random_case(seed, clusters=2)
    trace = unlimited(case)
    # A plan takes a second at least for every job, so those that end at once start earlier than planned.
    trace = replace(trace, runtime_s=np.maximum(trace.runtime_s, 1))
    trace = replace(trace, ask=np.zeros(len(trace), np.int32), submit_s=np.arange(len(trace)))
    settings = ReplaySettings(policy=policy, estimates="exact")
    whole = replay(trace, case.fleet, settings)
    last = len(trace) - 1
    if last < 0 or whole.cluster[last] < 0:
        return
    # The same queues, and the last job sent to each cluster in turn.
    starts = []
    for cluster, capacity in enumerate(whole.capacity.tolist()):
        rows = np.flatnonzero((whole.cluster == cluster) | (np.arange(len(trace)) == last))
        if trace.processors[last] <= capacity:
            own = trace_of(
                *(column[rows] for column in (trace.submit_s, trace.runtime_s, trace.requested_s, trace.processors))
            )
            starts.append(int(replay(own, fleet_of_pools([capacity]), settings).start_s[-1]))
    assert whole.start_s[last] == min(starts)


def test_a_started_job_is_never_moved():
    # Starts are written once; an attempt has one row, and rows are in the order of submission.
    trace = trace_of([5, 0, 5], [9, 9, 9], [9, 9, 9], [1, 2, 1])
    found = replay(trace, fleet_of_pools([2]), ReplaySettings())
    assert found.job.tolist() == [1, 0, 2]
    assert found.start_s.tolist() == [0, 9, 9]


@pytest.mark.parametrize("place", ["earliest-start", "random"])
def test_the_same_seed_gives_the_same_schedule(place):
    case = random_case(3)
    settings = ReplaySettings(place=place, seed=5)
    assert difference(*(replay(case.trace, case.fleet, settings, truth=case.truth) for _ in range(2))) is None
