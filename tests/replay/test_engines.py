"""The quick engines give the schedule of the definition, job by job."""

import numpy as np
import pytest
from random_replays import disagreements, fleet_of_pools, trace_of

from placewise.errors import InputError
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay


def test_one_pool_in_python_is_the_definition():
    assert list(disagreements(range(2), ["python"], jobs=30, clusters=1)) == []


@pytest.mark.slow
@pytest.mark.usefixtures("kernel")
def test_the_kernel_is_the_definition():
    assert list(disagreements(range(2, 4), ["numba"], jobs=30)) == []


@pytest.mark.slow
@pytest.mark.usefixtures("kernel")
def test_the_kept_plan_of_a_deep_queue_is_the_definition():
    combinations = [("fcfs", estimates, "earliest-start") for estimates in ("limit", "user-mean")]
    assert list(disagreements(range(300, 308), ["numba"], combinations, jobs=250)) == []


@pytest.mark.slow
@pytest.mark.usefixtures("kernel")
def test_a_reservation_that_has_passed_is_moved_to_now():
    """A job was placed elsewhere when it had become due, and nothing happened on its own cluster until later."""
    assert list(disagreements([80], ["numba"], [("conservative", "user-mean", "random")])) == []


@pytest.mark.slow
@pytest.mark.usefixtures("kernel")
def test_the_engines_agree_on_more_random_traces():
    assert list(disagreements(range(100, 120), ["numba"])) == []


@pytest.mark.parametrize("engine", ["plain", "python", pytest.param("numba", marks=pytest.mark.slow)])
@pytest.mark.parametrize("late", [False, True])
def test_no_jobs_and_jobs_that_fit_nowhere(engine, late, request):
    if engine == "numba":
        request.getfixturevalue("kernel")
    fleet, settings = fleet_of_pools([4, 2]), ReplaySettings(late=late)
    assert len(replay(trace_of([], [], [], []), fleet, settings, engine=engine)) == 0
    found = replay(trace_of([0, 0], [5, 5], [5, 5], [5, 4]), fleet, settings, engine=engine)
    assert (found.cluster.tolist(), found.start_s.tolist(), found.end_s.tolist()) == ([-1, 0], [-1, 0], [-1, 5])


@pytest.mark.parametrize("engine", ["plain", pytest.param("numba", marks=pytest.mark.slow)])
def test_a_job_that_fails_tries_elsewhere_and_its_followers_wait(engine, request):
    if engine == "numba":
        request.getfixturevalue("kernel")
    truth = np.array([[False, True], [True, True]])
    trace = trace_of([0, 0], [10, 10], [20, 20], [1, 1], after=[-1, 0], think=[-1, 3])
    settings = ReplaySettings(fail_after=0.5, retries=1, dependencies=True)
    found = replay(trace, fleet_of_pools([1, 1]), settings, truth=truth, engine=engine)
    assert found.job.tolist() == [0, 0, 1]
    assert found.cluster.tolist() == [0, 1, 0]
    assert found.failed.tolist() == [True, False, False]
    assert (found.submit_s.tolist(), found.end_s.tolist()) == ([0, 5, 18], [5, 15, 28])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"submit": [-1]}, "submission time"),
        ({"runtime": [-1]}, "runtime"),
        ({"processors": [0]}, "processors"),
        ({"after": [0]}, "does not come before"),
        ({"after": [7]}, "does not come before"),
        ({"submit": [10**12]}, "submission time"),
        ({"limit": [10**18]}, "limit"),
        ({"limit": [-1]}, "no job of the trace has a limit"),
    ],
)
def test_traces_that_cannot_be_replayed_are_refused(change, problem):
    columns = {"submit": [0], "runtime": [1], "limit": [1], "processors": [1]} | change
    with pytest.raises(InputError, match=problem):
        replay(trace_of(**columns), fleet_of_pools([1]), ReplaySettings())


def test_fleets_and_outcomes_that_cannot_be_replayed_are_refused():
    trace = trace_of([0], [1], [1], [1])
    with pytest.raises(InputError, match="no nodes"):
        replay(trace, fleet_of_pools([1]), ReplaySettings(hold="nodes"))
    with pytest.raises(InputError, match="no cluster"):
        replay(trace, fleet_of_pools([1]), ReplaySettings(policies={"nowhere": "fcfs"}))
    with pytest.raises(InputError, match="shape"):
        replay(trace, fleet_of_pools([1]), ReplaySettings(), truth=np.ones((2, 1)))
    with pytest.raises(InputError, match="probability"):
        replay(trace, fleet_of_pools([1]), ReplaySettings(), truth=np.array([[np.nan]]))


def test_the_definition_on_a_few_jobs():
    # 4 processors: a long job of 3; one of 4 behind it, which has a reservation at 10; then three of 1.
    trace = trace_of([0, 1, 2, 3, 4], [10, 5, 8, 9, 1], [10, 5, 8, 9, 1], [3, 4, 1, 1, 1])
    starts = {
        policy: replay(trace, fleet_of_pools([4]), ReplaySettings(policy=policy), engine="plain").start_s.tolist()
        for policy in ("fcfs", "sjf", "easy", "easy-sjbf", "conservative")
    }
    assert starts["fcfs"] == [0, 10, 15, 15, 15]
    assert starts["easy"] == [0, 10, 2, 15, 15]
    assert starts["conservative"] == [0, 10, 2, 15, 15]
    assert starts["easy-sjbf"] == [0, 10, 2, 15, 15]
    assert starts["sjf"] == [0, 10, 15, 15, 4]
