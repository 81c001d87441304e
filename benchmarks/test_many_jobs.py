import pytest

from placewise.bench.large import time_large


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_a_million_jobs(benchmark, kernels):
    """The time of the whole process, drawing included; what matching took and its memory are beside it."""
    pytest.importorskip(kernels)
    timing = benchmark.pedantic(time_large, args=(kernels, 1_000_000, 1000, 3), rounds=1)
    benchmark.extra_info["jobs"] = timing.jobs
    benchmark.extra_info["matching_s"] = timing.seconds
    benchmark.extra_info["peak_bytes"] = timing.peak_bytes
