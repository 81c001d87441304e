import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from placewise import plugins
from placewise.errors import InputError
from placewise.selection.policies import (
    NONE,
    cheapest,
    draw_numbers,
    fastest,
    first,
    highest,
    least_loaded,
    lowest,
    random_choice,
)
from placewise.selection.situation import Situation

POLICIES = [random_choice, first, least_loaded, cheapest, fastest]
BUILT_IN = ("cheapest", "fastest", "first", "least-loaded", "random")
# Few numbers, so that ties are common.
PREDICTIONS = st.sampled_from([0.5, 1.0, 2.0, np.inf, np.nan])


@st.composite
def blocks(draw):
    jobs, clusters = draw(st.integers(0, 12)), draw(st.integers(1, 9))
    candidates = draw(hnp.arrays(np.bool_, (jobs, clusters)))
    load = draw(hnp.arrays(np.int64, clusters, elements=st.integers(0, 4)))
    draws = draw(hnp.arrays(np.float64, jobs, elements=st.floats(0, 1, exclude_max=True)))
    shape = draw(st.sampled_from([(clusters,), (jobs, 1), (jobs, clusters)]))
    values = {
        name: draw(hnp.arrays(np.float64, shape, elements=PREDICTIONS))
        for name in ("predicted_cost", "predicted_runtime_s")
    }
    return candidates, Situation(load, draws, values)


def broadcast(block, name):
    candidates, situation = block
    return np.broadcast_to(situation.values[name], candidates.shape)


@pytest.mark.parametrize("policy", POLICIES)
@given(block=blocks())
def test_a_job_gets_one_of_its_candidates_or_none(policy, block):
    candidates, situation = block
    arrays = [candidates, situation.load, situation.draws, *situation.values.values()]
    before = [array.copy() for array in arrays]
    chosen = policy(candidates, situation)
    assert chosen.shape == (len(candidates),)
    assert chosen.dtype == np.int64
    for job, cluster in enumerate(chosen):
        assert candidates[job, cluster] if candidates[job].any() else cluster == NONE
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@given(blocks())
def test_a_random_choice_is_the_candidate_at_the_share_drawn(block):
    candidates, situation = block
    for job, cluster in enumerate(random_choice(candidates, situation)):
        options = np.flatnonzero(candidates[job])
        if len(options):
            assert cluster == options[int(situation.draws[job] * len(options))]


@given(st.integers(1, 200))
def test_the_largest_draw_is_the_last_candidate(clusters):
    draws = np.array([np.nextafter(1.0, 0.0), 0.0])
    candidates = np.ones((2, clusters), dtype=np.bool_)
    assert random_choice(candidates, Situation(np.zeros(clusters, dtype=np.int64), draws)).tolist() == [clusters - 1, 0]


def test_a_random_choice_is_uniform_over_the_candidates():
    jobs, candidates = 60_000, np.array([0, 1, 1, 0, 1, 1, 1, 0, 1], dtype=np.bool_)
    block = np.tile(candidates, (jobs, 1))
    chosen = random_choice(block, Situation(np.zeros(9, dtype=np.int64), draw_numbers(1, 0, jobs)))
    counts = np.bincount(chosen, minlength=9)
    assert not counts[~candidates].any()
    expected = jobs / candidates.sum()
    # Chi-square with 5 degrees of freedom exceeds 25.7 once in 10,000 seeds; the seed is fixed.
    assert ((counts[candidates] - expected) ** 2 / expected).sum() < 25.7


@given(blocks())
def test_first_is_the_lowest_position(block):
    candidates, _ = block
    assert first(*block).tolist() == [next((c for c in range(len(row)) if row[c]), NONE) for row in candidates]


@given(blocks())
def test_least_loaded_counts_the_jobs_of_its_block_and_breaks_ties_by_position(block):
    candidates, situation = block
    load = situation.load.tolist()
    for row, cluster in zip(candidates, least_loaded(*block), strict=True):
        expected = min((c for c in range(len(load)) if row[c]), key=load.__getitem__, default=NONE)
        assert cluster == expected
        if expected != NONE:
            load[expected] += 1


@given(blocks(), st.integers(0, 12))
def test_a_policy_chooses_the_same_in_two_blocks_as_in_one(block, cut):
    candidates, situation = block
    for policy in POLICIES:
        whole = policy(*block)
        start = policy(candidates[:cut], situation.of(slice(cut)))
        later = situation.load + np.bincount(start[start != NONE], minlength=situation.clusters)
        rest = policy(candidates[cut:], situation.of(slice(cut, None), load=later))
        assert [*start, *rest] == whole.tolist()


@pytest.mark.parametrize(("policy", "name"), [(cheapest, "predicted_cost"), (fastest, "predicted_runtime_s")])
@given(block=blocks())
def test_the_lowest_prediction_wins_and_ties_go_to_the_first(policy, name, block):
    candidates, _ = block
    predicted = broadcast(block, name)
    for job, cluster in enumerate(policy(*block)):
        options = [c for c in range(candidates.shape[1]) if candidates[job, c]]
        # NaN is above everything, infinity included.
        key = [(bool(np.isnan(p)), 0 if np.isnan(p) else p) for p in predicted[job]]
        assert cluster == min(options, key=key.__getitem__, default=NONE)


@given(blocks())
def test_the_highest_is_the_last_when_sorted_upwards(block):
    candidates, _ = block
    keys = broadcast(block, "predicted_cost")
    for narrow, pick in ((lowest, 0), (highest, -1)):
        kept = narrow(candidates, keys)
        assert not (kept & ~candidates).any()
        np.testing.assert_array_equal(kept.any(axis=1), candidates.any(axis=1))
        for row, job_keys, job_kept in zip(candidates, keys, kept, strict=True):
            if row.any():
                wanted = np.sort(job_keys[row])[pick]  # NumPy sorts NaN to the end
                assert all(key == wanted or (np.isnan(key) and np.isnan(wanted)) for key in job_keys[job_kept])


def test_a_job_whose_costs_are_all_unknown_gets_its_first_candidate():
    values = {"predicted_cost": np.full(3, np.nan)}
    situation = Situation(np.zeros(3, dtype=np.int64), np.zeros(2), values)
    candidates = np.array([[False, True, True], [False, False, False]])
    assert cheapest(candidates, situation).tolist() == [1, NONE]


@pytest.mark.parametrize(("policy", "name"), [(cheapest, "predicted_cost"), (fastest, "predicted_runtime_s")])
def test_a_policy_says_what_it_needs(policy, name):
    situation = Situation(np.zeros(1, dtype=np.int64), np.zeros(1), {"nodes_free": np.array([3])})
    with pytest.raises(InputError, match=f"needs '{name}'.*found nodes_free"):
        policy(np.ones((1, 1), dtype=np.bool_), situation)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (np.zeros(3), "wrong shape"),
        (np.zeros((2, 3)), "wrong shape"),
        (np.zeros((3, 1)), "wrong shape"),
        (np.zeros((1, 1, 1)), "wrong shape"),
        (np.array(["a", "b"]), "not a number"),
        (np.array([None, 1]), "not a number"),
        (np.array([1j, 1]), "not a number"),
    ],
)
def test_a_situation_refuses_values_that_do_not_fit(value, problem):
    with pytest.raises(InputError, match=f"'x' .*{problem}|'x' is {problem}"):
        Situation(np.zeros(2, dtype=np.int64), np.zeros(4), {"x": value})


def test_the_values_of_a_situation_are_its_own():
    values = {"x": np.zeros(2)}
    situation = Situation(np.zeros(2, dtype=np.int64), np.zeros(1), values)
    values["y"] = np.zeros(2)
    assert set(situation.values) == {"x"}
    with pytest.raises(TypeError):
        situation.values["y"] = values["y"]


@given(st.integers(0, 2**40), st.integers(0, 5), st.integers(0, 50), st.integers(0, 50))
def test_draws_depend_on_seed_and_stream_alone(seed, stream, jobs, more):
    draws = draw_numbers(seed, stream, jobs)
    assert draws.shape == (jobs,)
    assert ((draws >= 0) & (draws < 1)).all()
    np.testing.assert_array_equal(draws, draw_numbers(seed, stream, jobs + more)[:jobs])
    if jobs:
        assert not np.array_equal(draws, draw_numbers(seed, stream + 1, jobs))
        assert not np.array_equal(draws, draw_numbers(seed + 1, stream, jobs))


@given(seed=st.integers(0, 2**70), first=st.integers(0, 10**12), jobs=st.integers(0, 20), cut=st.integers(0, 20))
def test_a_later_block_is_drawn_without_the_earlier(seed, first, jobs, cut):
    cut = min(cut, jobs)
    whole = draw_numbers(seed, 0, jobs, first=first)
    later = draw_numbers(seed, 0, jobs - cut, first=first + cut)
    np.testing.assert_array_equal(whole[cut:], later)
    np.testing.assert_array_equal(draw_numbers(seed, 0, jobs), draw_numbers(seed, 0, jobs, first=0))


def test_draws_do_not_change_between_versions():
    expected = [0.6369616873214543, 0.2697867137638703]
    assert np.random.default_rng(0).random(2).tolist() == expected, "NumPy's own stream has changed"
    assert draw_numbers(0, 1, 2).tolist() == np.random.default_rng(np.random.SeedSequence((0, 1))).random(2).tolist()


def test_the_built_in_policies_come_in_by_the_same_door():
    assert {name: plugins.load("policies", name) for name in BUILT_IN} == {
        "cheapest": cheapest,
        "fastest": fastest,
        "first": first,
        "least-loaded": least_loaded,
        "random": random_choice,
    }
