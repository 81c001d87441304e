from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_strategies import profiles

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.studies.build_profile import PRICES
from placewise.synthesis import draw_job_chunks, draw_jobs, draw_prices, workloads


def jobs_of(chunks):
    """Every job's name and requirements."""
    return [
        (name, tuple(chunk.requirements[i] for i in chunk.ids[a:b].tolist()))
        for chunk in chunks
        for name, (a, b) in zip(chunk.names, pairwise(chunk.offsets.tolist()), strict=True)
    ]


@given(profile=profiles, jobs=st.integers(1, 40), more=st.integers(0, 40), seed=st.integers(0, 2**70))
def test_a_seed_gives_the_same_jobs_the_first_of_a_larger_draw_too(profile, jobs, more, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workloads, "_BLOCK", 16)
        drawn = list(draw_job_chunks(profile, jobs, seed))
        assert [len(chunk) for chunk in drawn[:-1]] == [16] * (len(drawn) - 1)
        assert all(chunk.requirements == profile.jobs.requirements for chunk in drawn)
        found = jobs_of(drawn)
        assert [name for name, _ in found] == [f"job-{number:07d}" for number in range(1, jobs + 1)]
        assert jobs_of(draw_job_chunks(profile, jobs + more, seed))[:jobs] == found


def test_jobs_are_as_common_as_in_a_whole_draw():
    profile, jobs = shipped_profile("reliabuild"), 60_000
    whole = draw_jobs(profile, jobs, 1)
    (chunk,) = draw_job_chunks(profile, jobs, 2)
    # A whole draw leaves out the requirements that no job has.
    at = {requirement: position for position, requirement in enumerate(profile.jobs.requirements)}
    expected, found = (
        np.bincount(np.array([at[r] for r in drawn.requirements])[drawn.ids], minlength=len(at))
        for drawn in (whole, chunk)
    )
    assert expected.sum() > 20 * jobs
    # Each count is one of many draws, so the difference of two has at most twice the variance of a Poisson count.
    assert (np.abs(found - expected) <= 6 * np.sqrt(2 * np.maximum(expected, 20))).all()


def test_chunks_differ_from_each_other_and_by_seed():
    profile = shipped_profile("reliabuild")
    one, two, short = draw_job_chunks(profile, (2 << 16) + 5, 0)
    assert (len(one), len(two), len(short)) == (1 << 16, 1 << 16, 5)
    assert one.ids.tobytes() != two.ids.tobytes()
    (other,) = draw_job_chunks(profile, 1 << 16, 1)
    assert other.ids.tobytes() != one.ids.tobytes()
    assert two.names[0] == "job-0065537"


@pytest.mark.parametrize(("jobs", "seed", "said"), [(0, 0, "number of jobs"), (True, 0, "number"), (5, -1, "seed")])
def test_bad_sizes_and_seeds_are_refused_at_once(jobs, seed, said):
    with pytest.raises(InputError, match=said):
        draw_job_chunks(shipped_profile("reliabuild"), jobs, seed)


@given(clusters=st.integers(1, 200), more=st.integers(0, 50), seed=st.integers(0, 2**70))
def test_prices_are_those_of_the_prior_work(clusters, more, seed):
    prices = draw_prices(clusters, seed)
    assert prices.shape == (clusters,)
    assert set(prices.tolist()) <= set(PRICES)
    assert draw_prices(clusters + more, seed)[:clusters].tolist() == prices.tolist()


def test_each_price_is_as_likely():
    counts = Counter(draw_prices(40_000, 0).tolist())
    assert all(abs(counts[price] - 10_000) < 500 for price in PRICES)
    for clusters, seed in ((0, 0), (5, -1)):
        with pytest.raises(InputError):
            draw_prices(clusters, seed)
