"""First come, first served against SimPy, start by start, and against the theory of queues."""

from math import factorial

import numpy as np
import pytest
import simpy
from random_replays import fleet_of_pools, trace_of
from swf_columns import strictly_cleaned

from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay

FCFS = ReplaySettings(policy="fcfs", estimates="exact")


def simulated(submit, runtime, processors, capacity):
    """Starts by SimPy: a container gives processors in the order in which they were asked for."""
    environment = simpy.Environment()
    pool = simpy.Container(environment, capacity, init=capacity)
    starts = np.full(len(submit), -1, dtype=np.int64)

    def job(number):
        yield pool.get(processors[number])
        starts[number] = environment.now
        yield environment.timeout(runtime[number])
        yield pool.put(processors[number])

    def arrivals():
        for number in np.argsort(submit, kind="stable").tolist():
            yield environment.timeout(submit[number] - environment.now)
            environment.process(job(number))

    environment.process(arrivals())
    environment.run()
    return starts


def test_first_come_first_served_is_that_of_simpy_on_kth(public_data):
    trace = strictly_cleaned(public_data / "traces" / "KTH-SP2-1996-2.swf.gz", 100)
    found = replay(trace, fleet_of_pools([100]), FCFS)
    columns = [column.tolist() for column in (trace.submit_s, trace.runtime_s, trace.processors)]
    expected = simulated(*columns, 100)
    assert np.array_equal(found.start_s, expected[found.job])


def test_first_come_first_served_is_that_of_simpy_on_three_clusters():
    draw = np.random.default_rng(7)
    count, capacity = 2000, [5, 16, 40]
    submit = np.sort(draw.integers(0, 20_000, count))
    runtime, processors = draw.integers(1, 300, count), draw.integers(1, 17, count)
    trace = trace_of(submit, runtime, runtime, processors)
    found = replay(trace, fleet_of_pools(capacity), ReplaySettings(policy="fcfs", place="random", seed=3))
    assert set(found.cluster.tolist()) == {0, 1, 2}
    for cluster, size in enumerate(capacity):
        rows = np.flatnonzero(found.cluster == cluster)
        columns = [column[rows].tolist() for column in (submit, runtime, processors)]
        assert found.start_s[rows].tolist() == simulated(*columns, size).tolist()


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (1, 0.9), (5, 0.8)])
def test_waits_are_those_of_theory(servers, load):
    """Means of 30 batches, since jobs in a row are not independent. Erlang's C formula (1917) for M/M/c."""
    draw = np.random.default_rng(11)
    # Whole seconds, many to a job, so that rounding is of no weight.
    mean, count = 100_000.0, 600_000
    gaps, runtime = draw.exponential(mean / (load * servers), count), draw.exponential(mean, count)
    trace = trace_of(np.cumsum(gaps).astype(np.int64), runtime.astype(np.int64), np.ones(count), np.ones(count))
    found = replay(trace, fleet_of_pools([servers]), FCFS)
    batches = (found.start_s - found.submit_s)[count // 10 :].reshape(30, -1).mean(axis=1)
    offered = load * servers
    last = offered**servers / factorial(servers) / (1 - load)
    waits = last / (sum(offered**k / factorial(k) for k in range(servers)) + last)
    expected = waits * mean / (servers * (1 - load))
    assert abs(batches.mean() - expected) < 4 * batches.std(ddof=1) / np.sqrt(30)
