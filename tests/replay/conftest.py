"""The kernel of replays is compiled by one process of a run of the tests; the others find it in numba's cache."""

import fcntl
from pathlib import Path

import pytest

from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay
from placewise.synthesis.traces import synthetic_trace


@pytest.fixture(scope="session")
def kernel(tmp_path_factory):
    """Compile the kernel, or wait for who does; tests that need it are slow, since that takes half a minute."""
    pytest.importorskip("numba")
    with Path(tmp_path_factory.getbasetemp().parent / "kernel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        trace = synthetic_trace(2, 0)
        replay(trace, fleet_of_trace(trace), ReplaySettings(), engine="numba")
