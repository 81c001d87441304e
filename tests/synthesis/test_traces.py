from __future__ import annotations

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.synthesis.traces import synthetic_trace


def test_the_load_is_what_was_asked_for():
    for load in (0.3, 0.9, 1.4):
        trace = synthetic_trace(200_000, 1, processors=(128, 256), load=load)
        work = float((trace.runtime_s.astype(float) * trace.processors).sum())
        assert work / (384 * trace.submit_s[-1]) == pytest.approx(load, rel=0.02)


def test_arrivals_are_poisson():
    gaps = np.diff(synthetic_trace(100_000, 2, load=0.01).submit_s)
    # Of exponential gaps the standard deviation is the mean.
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.03)
    assert (gaps >= 0).all()


def test_runtimes_are_lognormal():
    logs = np.log(synthetic_trace(100_000, 3, median_runtime_s=1e6, sigma=1.5).runtime_s)
    assert logs.mean() == pytest.approx(np.log(1e6), abs=0.02)
    assert logs.std() == pytest.approx(1.5, rel=0.02)


def test_sizes_are_powers_of_two_up_to_a_share_of_the_smallest_cluster():
    sizes, counts = np.unique(
        synthetic_trace(50_000, 4, processors=(100, 1000), largest_share=0.5).processors, return_counts=True
    )
    assert sizes.tolist() == [1, 2, 4, 8, 16, 32]
    assert counts.min() > 0.9 * counts.mean()
    assert set(synthetic_trace(99, 4, processors=(1,)).processors.tolist()) == {1}


def test_limits_are_runtimes_times_a_factor():
    trace = synthetic_trace(100_000, 5, median_runtime_s=1e5, overestimate=3.0)
    factors = trace.requested_s / trace.runtime_s
    assert factors.min() >= 1
    assert factors.mean() == pytest.approx(3, rel=0.02)
    exact = synthetic_trace(1000, 5, overestimate=1.0)
    assert (exact.requested_s == exact.runtime_s).all()


def test_a_seed_gives_the_same_trace_and_another_another():
    one, same, other = (synthetic_trace(1000, seed) for seed in (6, 6, 7))
    for name in ("submit_s", "runtime_s", "requested_s", "processors"):
        assert (getattr(one, name) == getattr(same, name)).all()
        assert (getattr(one, name) != getattr(other, name)).any()


@pytest.mark.parametrize(
    "changes",
    [
        *({"jobs": 0}, {"seed": -1}, {"processors": ()}, {"processors": (0,)}, {"load": 0.0}, {"load": float("nan")}),
        *({"load": float("inf")}, {"sigma": -1.0}, {"overestimate": 0.5}, {"largest_share": 2.0}, {"users": 0}),
        *({"median_runtime_s": 0.0}, {"sigma": float("nan")}),
    ],
)
def test_values_out_of_range_are_refused(changes):
    with pytest.raises(InputError):
        synthetic_trace(**{"jobs": 10, "seed": 0, **changes})


def test_the_longest_is_still_a_number():
    trace = synthetic_trace(1000, 8, median_runtime_s=1e9, sigma=9.0, overestimate=999.0, load=1e-6)
    assert (trace.runtime_s > 0).all()
    assert (trace.requested_s >= trace.runtime_s).all()
    assert (np.diff(trace.submit_s) >= 0).all()
