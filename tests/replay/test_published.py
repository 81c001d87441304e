"""The figures that were published with the trace of KTH, to 12 digits."""

import numpy as np
import pytest
from random_replays import difference, fleet_of_pools, trace_of
from swf_columns import strictly_cleaned

from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay

FLEET = fleet_of_pools([100])

# Mean bounded slowdown, mean turnaround in seconds, the longest.
PUBLISHED = {
    ("easy", "limit"): (92.5765397336295, 15696.7981812436, 309231),
    ("easy-sjbf", "limit"): (69.4054005803035, 14764.0026684456, 372238),
    ("easy", "exact"): (71.7223851124418, 15187.6077033812, 356843),
    ("easy-sjbf", "exact"): (49.8477189313406, 14295.9468417542, 335193),
    ("fcfs", "limit"): (6814.973310176236, 362636.3352410379, 1125465),
}
MEAN_WAIT_S = {"fcfs": 353776.4091499596, "easy": 6836.872090165373}


@pytest.fixture(scope="module")
def kth(public_data):
    return strictly_cleaned(public_data / "traces" / "KTH-SP2-1996-2.swf.gz", 100)


@pytest.fixture(scope="module")
def nasa(public_data):
    return strictly_cleaned(public_data / "traces" / "NASA-iPSC-1993-3.1-cln.swf.gz", 128)


@pytest.mark.parametrize(
    "engine", ["python", pytest.param("numba", marks=pytest.mark.slow), pytest.param("plain", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("policy", "estimates"), PUBLISHED)
def test_published_figures(kth, policy, estimates, engine, request):
    if engine == "numba":
        request.getfixturevalue("kernel")
    found = replay(kth, FLEET, ReplaySettings(policy=policy, estimates=estimates), engine=engine)
    assert len(found) == 28481
    runtime, turnaround = kth.runtime_s[found.job], found.end_s - found.submit_s
    slowdown = np.maximum(1, turnaround / np.maximum(runtime, 10))
    expected = PUBLISHED[policy, estimates]
    assert (slowdown.mean(), turnaround.mean(), turnaround.max()) == pytest.approx(expected, rel=1e-12)
    if estimates == "limit" and policy in MEAN_WAIT_S:
        assert (found.start_s - found.submit_s).mean() == pytest.approx(MEAN_WAIT_S[policy], rel=1e-12)


def first_of(trace, jobs):
    columns = (trace.submit_s, trace.runtime_s, trace.requested_s, trace.processors)
    return trace_of(*(column[:jobs] for column in columns), user=trace.user.codes[:jobs])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["python", "numba"])
@pytest.mark.parametrize("estimates", ["limit", "exact", "doubled", "user-mean"])
@pytest.mark.parametrize("policy", ["fcfs", "sjf", "easy", "easy-sjbf", "conservative"])
@pytest.mark.usefixtures("kernel")
def test_the_engines_agree_on_recorded_traces(kth, nasa, policy, estimates, engine):
    settings = ReplaySettings(policy=policy, estimates=estimates)
    if policy == "conservative":
        # The definition takes minutes for all of them.
        kth, nasa = first_of(kth, 3000), first_of(nasa, 3000)
    assert difference(*(replay(kth, FLEET, settings, engine=name) for name in ("plain", engine))) is None
    if estimates in ("exact", "user-mean"):
        fleet = fleet_of_pools([128])
        assert difference(*(replay(nasa, fleet, settings, engine=name) for name in ("plain", engine))) is None
