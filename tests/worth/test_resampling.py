"""Ratios over units, and their bootstrap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.worth import resampling
from placewise.worth.resampling import Bootstrap, Centre, Column, Means, Ratios, Varied, interval_of
from placewise.worth.units import Labels

UNITS = Varied("root package", 13, resamples=1000)
ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20)


def column(rows, figure=0):
    unit, above, below = (np.array(values) for values in zip(*rows, strict=True))
    return Column(figure, unit, above.astype(float), below.astype(float))


def replicates(ratios, count=40, seed=3):
    task = Bootstrap(ratios, seed)
    return np.array([task(number) for number in range(count)])


@given(st.lists(ROWS, min_size=1, max_size=3), st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_a_figure_is_the_mean_of_ratios_of_sums(columns, times):
    ratios = Ratios.of([column(rows) for rows in columns], 5, 1)
    found = []
    for rows in columns:
        above = sum(times[unit] * above for unit, above, below in rows if _total(rows, unit))
        below = sum(times[unit] * below for unit, _, below in rows)
        if below:
            found.append(above / below)
    expected = np.mean(found) if found else np.nan
    assert ratios.values(np.array(times))[0] == pytest.approx(expected, nan_ok=True)


@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from([1, 12, 1 << 20]))
def test_ratios_given_together_are_those_given_apart(columns, cells):
    apart = Ratios.of([column(rows) for rows in columns], 5, 1)
    ratio = np.repeat(np.arange(len(columns)) * 2, [len(rows) for rows in columns])  # some occur in no row
    before, resampling._CELLS = resampling._CELLS, cells
    try:
        together = Ratios.of([replace(column([row for rows in columns for row in rows]), ratio=ratio)], 5, 1)
    finally:
        resampling._CELLS = before
    for name in ("starts", "figure", "unit", "numerator", "denominator"):
        assert np.array_equal(getattr(together, name), getattr(apart, name)), name


def _total(rows, wanted):
    return sum(below for unit, _, below in rows if unit == wanted)


@given(ROWS)
def test_one_unit_has_no_width(rows):
    ratios = Ratios.of([column([(0, above, below + 1) for _, above, below in rows])], 1, 1)
    found = replicates(ratios)[:, 0]
    assert (found == ratios.values()[0]).all()
    interval = interval_of(found, UNITS)
    assert interval.low == interval.high


@given(ROWS, st.integers(2, 5))
def test_jobs_split_up_or_merged_change_nothing(rows, parts):
    # Powers of two and whole numbers are summed exactly, in whatever order.
    split = [(unit, above * parts, below * parts) for unit, above, below in rows]
    pieces = [row for row in rows for _ in range(parts)]
    one, other = (replicates(Ratios.of([column(r)], 5, 1)) for r in (split, pieces))
    assert np.array_equal(one, other, equal_nan=True)


def test_a_replicate_depends_on_its_number_alone():
    random = np.random.default_rng(1)
    rows = [(unit, int(random.integers(5)), 5) for unit in range(5)]
    task = Bootstrap(Ratios.of([column(rows)], 5, 1), 7)
    forwards = [task(number) for number in range(10)]
    assert [task(number) for number in reversed(range(10))] == forwards[::-1]
    assert len(set(map(tuple, forwards))) > 1
    assert Bootstrap(task.ratios, 8)(0) != forwards[0] or Bootstrap(task.ratios, 8)(1) != forwards[1]


def test_a_figure_of_units_not_drawn_is_not_known():
    ratios = Ratios.of([column([(0, 1, 2)]), column([(1, 1, 2)], figure=1)], 2, 3)
    assert ratios.values(np.array([0, 2]))[1] == 0.5
    assert np.isnan(ratios.values(np.array([0, 2]))[[0, 2]]).all()


def test_an_interval_holds_the_central_part():
    interval = interval_of(np.append(np.arange(1001.0), np.nan), UNITS)
    assert (interval.low, interval.high) == (pytest.approx(25), pytest.approx(975))
    assert interval.level == 0.95
    assert interval_of(np.full(3, np.nan), UNITS) is None


@pytest.mark.parametrize("count", [40, 60, 100, 1000])
def test_of_new_draws_an_interval_of_draws_holds_95_in_100(count):
    # The n-th of N draws, whatever they are drawn from, lies above n / (N + 1) of all that could be drawn, on average.
    above = np.arange(1, count + 1) / (count + 1)
    interval = interval_of(above, Varied("fleet", count))
    assert (interval.low, interval.high) == (pytest.approx(0.025), pytest.approx(0.975))


def test_of_few_values_there_is_a_range_and_no_interval():
    few, enough = (interval_of(np.arange(count) / 10, UNITS, Centre(0.4, 0.1)) for count in (39, 40))
    assert (few.low, few.high, few.is_range) == (0.0, 3.8, True)
    assert not enough.is_range


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_influence_is_the_change_of_a_figure_when_a_unit_counts_for_a_little_more(columns):
    ratios = Ratios.of([column([(u, a, b + 1) for u, a, b in rows]) for rows in columns], 5, 1)
    step = 1e-6
    for unit in range(5):
        more = ratios.values(np.ones(5) + step * (np.arange(5) == unit))
        expected = (more - ratios.values()) / step
        np.testing.assert_allclose(ratios.influence()[:, unit], expected, rtol=1e-4, atol=1e-4)


@given(ROWS)
def test_the_influences_of_all_units_cancel(rows):
    ratios = Ratios.of([column([(u, a, b + 1) for u, a, b in rows])], 5, 1)
    assert ratios.influence().sum() == pytest.approx(0, abs=1e-12)


def test_means_have_the_influence_of_ratios_with_their_denominator():
    values, jobs = np.array([3.0, 0.0, 1.0]), np.array([4.0, 2.0, 5.0])
    means = Means.of(np.zeros(3, dtype=np.int64), np.arange(3), values, jobs, 1)
    np.testing.assert_allclose(means.influence(), Ratios.of([Column(0, np.arange(3), values, jobs)], 3, 1).influence())


def test_equal_units_kept_as_one_are_drawn_like_units_of_their_own():
    copies = np.array([5, 1, 14])
    apart = Ratios.of([Column(0, np.arange(20), np.repeat([1.0, 0.0, 0.5], copies), np.ones(20))], 20, 1)
    kept = Ratios.of([Column(0, np.arange(3), copies * [1.0, 0.0, 0.5], copies.astype(float))], 3, 1)
    assert kept.values() == pytest.approx(apart.values())
    one, other = (
        np.array([task(n)[0] for n in range(4000)]) for task in (Bootstrap(apart, 1), Bootstrap(kept, 2, copies))
    )
    # The standard error of either deviation is about 1.1 % of it.
    assert other.std() == pytest.approx(one.std(), rel=0.06)
    assert other.mean() == pytest.approx(one.mean(), abs=5 * one.std() / np.sqrt(4000))
    assert Centre.of(0.6, kept.influence()[0], copies).acceleration == pytest.approx(
        Centre.of(0.6, apart.influence()[0]).acceleration
    )


def test_without_bias_and_acceleration_the_ends_are_percentiles():
    values = np.linspace(0, 1, 2001)
    plain, centred = interval_of(values, UNITS), interval_of(values, UNITS, Centre(0.5, 0.0))
    assert (centred.low, centred.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_bias_moves_both_ends_as_published():
    # Efron and Tibshirani (1993), (14.10), by hand: z0 = -0.5244 where 30 % lie below, a = 0.05, so that the lower end
    # is at the level Phi(-0.5244 - 2.4844 / 1.1242) = Phi(-2.7343) and the upper at Phi(-0.5244 + 1.4356 / 0.9282).
    values = np.linspace(0, 1, 100_001)
    found = interval_of(values, UNITS, Centre(0.3, 0.05))
    assert (found.low, found.high) == (pytest.approx(0.00313, abs=2e-5), pytest.approx(0.8466, abs=2e-4))


def test_a_figure_without_spread_has_an_interval_without_width():
    found = interval_of(np.full(100, 0.25), UNITS, Centre(0.25, 0.0))
    assert (found.low, found.high) == (0.25, 0.25)


def test_jobs_are_divided_by_root_package_where_they_name_theirs():
    weights, profile, root = np.array([3, 1, 2]), np.array([0, 1, 1]), np.array([0, 0, 1])
    assert (Labels(weights, profile, root).units().word, Labels(weights, profile).units().word) == (
        "root package",
        "requirement profile",
    )
    assert len(Labels(weights, profile, root).units("row")) == 6
    with pytest.raises(InputError, match="root packages"):
        Labels(weights, profile).units("root-package")


@pytest.mark.slow
@pytest.mark.parametrize(("by_profile", "least", "most"), [(True, 0.88, 0.99), (False, 0.0, 0.75)])
def test_intervals_cover_as_often_as_they_say_if_units_are_profiles(by_profile, least, most):
    """Of profiles with many equal jobs, resampling single jobs pretends to know far more than it does."""
    random = np.random.default_rng(11)
    covered = 0
    studies = 200
    for study in range(studies):
        jobs = random.integers(1, 20, size=60)
        success = random.random(60) < 0.3
        unit = np.repeat(np.arange(60), jobs) if by_profile else np.arange(jobs.sum())
        gained = np.repeat(success, jobs).astype(float)
        ratios = Ratios.of([Column(0, unit, gained, np.ones(len(unit)))], int(unit.max()) + 1, 1)
        interval = interval_of(replicates(ratios, 150, study)[:, 0], UNITS)
        covered += interval.low <= 0.3 <= interval.high
    assert least <= covered / studies <= most


@pytest.mark.parametrize("seed", range(5))
def test_means_are_ratios_with_one_denominator(seed):
    rng = np.random.default_rng(seed)
    units, figures, rows = 7, 3, 40
    figure, unit, value = rng.integers(figures, size=rows), rng.integers(units, size=rows), rng.normal(size=rows)
    total = rng.integers(1, 5, units).astype(float)
    means = Means.of(figure, unit, value, total, figures)
    columns = [
        Column(
            one,
            np.concatenate([unit[figure == one], np.arange(units)]),
            np.concatenate([value[figure == one], np.zeros(units)]),
            np.concatenate([np.zeros(int((figure == one).sum())), total]),
        )
        for one in range(figures)
    ]
    ratios = Ratios.of(columns, units, figures)
    for times in (None, rng.integers(0, 4, units)):
        np.testing.assert_allclose(means.values(times), ratios.values(times), rtol=1e-12)


def test_an_interval_says_what_was_varied_in_words_and_as_a_value():
    interval = interval_of(np.arange(41.0), UNITS)
    assert (interval.over, interval.varied) == ("1,000 resamples of 13 root packages", "root package")
    assert str(Varied("fleet", 1, " drawn anew")) == "1 fleet drawn anew"
