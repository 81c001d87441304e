"""A replay by parts gives the files of a replay of the whole trace."""

from dataclasses import replace
from itertools import product
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
            assert "no job" in str(error) or "without jobs" in str(error)  # noqa: PT017
            continue
        assert_alike(folders)
        replayed += 1
    assert replayed > 15
