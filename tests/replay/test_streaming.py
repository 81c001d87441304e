"""A replay by parts gives the files of a replay of the whole trace."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
from random_replays import PLACES, random_settings
from streamed_replays import both_ways, sorted_trace

from placewise.errors import InputError
from placewise.model.traces.replay import Estimates, QueuePolicy


def assert_alike(folders):
    whole, streamed = folders
    for name in ("summary.json", "jobs.csv"):
        assert (streamed / name).read_bytes() == (whole / name).read_bytes()
    assert pq.read_table(streamed / "jobs.parquet").equals(pq.read_table(whole / "jobs.parquet"))


def settings_of(seed, policy, estimates, place, fleet):
    draw = np.random.default_rng((seed, 3))
    ends = {"warm_up_s": int(draw.integers(0, 30)), "cool_down_s": int(draw.integers(0, 30))}
    settings = random_settings(seed, policy, estimates, place, fleet)
    return replace(settings, dependencies=False, **(ends if draw.random() < 0.5 else {}))


@pytest.mark.slow
@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("policy", get_args(QueuePolicy))
def test_a_replay_by_parts_is_that_of_the_whole_trace(policy, size, tmp_path):
    replayed = 0
    for number, (estimates, place) in enumerate(product(get_args(Estimates), PLACES)):
        trace, fleet = sorted_trace(number + 1000 * size, 120 if size < 1000 else 2500)
        settings = settings_of(number, policy, estimates, place, fleet)
        metadata = None if number % 2 else ()
        try:
            folders = both_ways(trace, fleet, settings, size, tmp_path / str(number), metadata=metadata)
        except InputError as error:  # of the whole trace, which comes first
            assert "no job" in str(error) or "without jobs" in str(error)
            continue
        assert_alike(folders)
        replayed += 1
    assert replayed > 15


def test_what_ends_and_what_starts_in_one_second_has_room():
    """As many jobs end as were planned to, and as many start before their ends are taken: all are in one heap."""
    pytest.importorskip("numba")
    script = """
import numpy as np
from random_replays import fleet_of_pools, trace_of
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay
ones = np.ones(8, dtype=int)
trace = trace_of(0 * ones, 5 * ones, 5 * ones, ones)
found = replay(trace, fleet_of_pools([4]), ReplaySettings(), engine="numba")
assert found.start_s.tolist() == [0] * 4 + [5] * 4, found.start_s
"""
    # Without compiling, what is out of bounds is an error.
    place = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", script], env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
