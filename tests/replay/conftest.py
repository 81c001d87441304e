"""The kernel of replays is compiled by one process of a run of the tests; the others find it in numba's cache."""

import fcntl
import importlib.util
import os
from pathlib import Path

import pytest

from placewise.formats.traces.trace_fleet import fleet_of_trace
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay
from placewise.synthesis.traces import synthetic_trace


@pytest.fixture(scope="session", autouse=True)
def _kernel(tmp_path_factory):
    if importlib.util.find_spec("numba") is None or os.environ.get("NUMBA_DISABLE_JIT"):
        return
    with Path(tmp_path_factory.getbasetemp().parent / "kernel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        trace = synthetic_trace(2, 0)
        replay(trace, fleet_of_trace(trace), ReplaySettings(), engine="numba")
