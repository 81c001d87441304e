"""The three curves, beside scikit-learn and plain loops."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

from placewise.errors import InputError
from placewise.prediction.curves import fit_line, fit_power, fit_steps, on_line, on_power

amounts = st.floats(1.0, 1e6)


@st.composite
def builds(draw, memory=amounts, distinct=True):
    """Memory, ascending, and duration."""
    found = sorted(draw(st.lists(memory, min_size=1, max_size=40, unique=distinct)))
    durations = draw(st.lists(amounts, min_size=len(found), max_size=len(found)))
    return np.array(found, dtype=float), np.array(durations)


def nearest_with_shared_ties(memory, duration, at, k=5):
    """Every choice among builds of equal memory at the edge counts alike; of two sides, the lower memory."""
    groups = {}
    for m, d in zip(memory.tolist(), duration.tolist(), strict=True):
        groups.setdefault(m, []).append(d)
    left, total = min(k, len(memory)), 0.0
    count = left
    for _, durations in sorted(groups.items(), key=lambda item: (abs(item[0] - at), item[0])):
        taken = min(left, len(durations))
        total += taken * sum(durations) / len(durations)
        left -= taken
    return total / count


@given(builds(), st.lists(st.floats(0.5, 2e6), min_size=1, max_size=20))
def test_nearest_neighbours_are_those_of_scikit_learn(pair, asked):
    memory, duration = pair
    asked = np.array(asked)
    # Where two builds are about equally far, scikit-learn may take either.
    near = np.sort(np.abs(memory[:, None] - asked), axis=0)
    k = min(5, len(memory))
    assume(len(memory) <= k or (near[k] - near[k - 1] > 1e-6).all())
    oracle = KNeighborsRegressor(k, algorithm="kd_tree").fit(memory[:, None], duration)
    assert fit_steps(memory, duration).at(asked) == pytest.approx(oracle.predict(asked[:, None]), rel=1e-12)


@given(builds(st.integers(1, 12), distinct=False), st.integers(0, 26))
def test_builds_equally_far_share_their_places(pair, twice):
    memory, duration = pair
    at = twice / 2
    expected = nearest_with_shared_ties(memory, duration, at)
    assert fit_steps(memory, duration).at(np.array([at])) == pytest.approx([expected])


@given(builds(st.integers(1, 12), distinct=False))
def test_scikit_learn_breaks_ties_within_what_they_allow(pair):
    memory, duration = pair
    k = min(5, len(memory))
    oracle = KNeighborsRegressor(k).fit(memory[:, None], duration)
    asked = np.arange(0, 13, 0.5)
    answers = np.stack([oracle.predict(asked[:, None]), fit_steps(memory, duration).at(asked)], axis=1)
    for at, both in zip(asked, answers, strict=True):
        distance = np.abs(memory - at)
        edge = np.sort(distance)[k - 1]
        sure, tied = duration[distance < edge], np.sort(duration[distance == edge])
        left = k - len(sure)
        low, high = ((sure.sum() + part.sum()) / k for part in (tied[:left], tied[-left:]))
        assert (low * (1 - 1e-12) <= both).all()
        assert (both <= high * (1 + 1e-12)).all()


def test_few_builds_are_all_neighbours():
    steps = fit_steps(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 60.0]))
    assert steps.at(np.array([0.1, 2.0, 1e9])).tolist() == [30.0, 30.0, 30.0]


def test_unknown_memory_gives_no_runtime():
    assert np.isnan(fit_steps(np.array([1.0, 2.0]), np.array([1.0, 2.0])).at(np.array([np.nan])))


@given(builds())
def test_lines_are_those_of_scikit_learn(pair):
    memory, duration = pair
    assume(len(memory) > 1 and np.ptp(memory) > 1)
    oracle = LinearRegression().fit(memory[:, None], duration)
    expected = oracle.predict(memory[:, None])
    assert on_line(fit_line(memory, duration), memory) == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.ptp(duration))


@given(st.floats(-1e-6, 1e-6), st.floats(1e3, 1e5), st.integers(2, 50))
def test_lines_recover_what_made_the_builds(slope, intercept, count):
    memory = np.linspace(1e8, 1e9, count)
    line = fit_line(memory, intercept + slope * memory)
    assert line.slope == pytest.approx(slope, rel=1e-6, abs=1e-14)
    assert line.intercept == pytest.approx(intercept, rel=1e-6)


@given(st.floats(-2, 2), st.floats(1e-3, 1e3), st.integers(2, 50))
def test_power_laws_recover_what_made_the_builds(exponent, factor, count):
    memory = np.geomspace(1e6, 1e10, count)
    line = fit_power(memory, factor * memory**exponent)
    assert line.slope == pytest.approx(exponent, abs=1e-9)
    assert np.exp(line.intercept) == pytest.approx(factor, rel=1e-6)


@given(builds(), st.floats(1e-3, 1e12))
def test_power_laws_stay_above_zero(pair, at):
    assert on_power(fit_power(*pair), np.array([at]))[0] >= 0


def test_power_laws_aim_at_the_mean_and_not_the_geometric_mean():
    random = np.random.default_rng(3)
    memory = random.uniform(1e9, 2e9, 20_000)
    duration = 100 * np.exp(random.normal(0, 0.8, 20_000))
    assert on_power(fit_power(memory, duration), memory).mean() == pytest.approx(duration.mean(), rel=0.01)
    assert np.exp(np.log(duration).mean()) < 0.8 * duration.mean()


@pytest.mark.parametrize("fit", [fit_line, fit_power])
@pytest.mark.parametrize("value", [0.1, 3.0, 1e9 / 3])
def test_memory_that_does_not_vary_gives_a_level_line(fit, value):
    line = fit(np.full(3, value), np.array([10.0, 20.0, 60.0]))
    assert line.slope == 0
    assert (np.exp(line.intercept) if fit is fit_power else line.intercept) == pytest.approx(30.0)


def test_lines_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match="a line is not finite"):
        fit_line(np.array([1e-320, 2e-320]), np.array([1.0, 2.0]))


@pytest.mark.parametrize("scale", [1e-150, 1e100])
def test_lines_do_not_depend_on_the_unit(scale):
    x, y = np.array([1.0, 2.0, 4.0]), np.array([1.0, 5.0, 6.0])
    assert fit_line(x * scale, y).slope * scale == pytest.approx(fit_line(x, y).slope)
