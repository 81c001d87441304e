from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.results.results import UnmatchedJob
from placewise.report.data.statistics import (
    MOST_BINS,
    central_interval,
    histogram,
    percentile_shares,
    share_histogram,
    whole_number_histogram,
)
from placewise.report.data.studies.experiments import by_gain, single_without_metadata

shares = st.lists(st.floats(0, 1), min_size=1, max_size=60).map(np.array)


@given(shares, st.floats(0, 1))
def test_the_interval_holds_the_median_and_lies_within_the_values(values, share):
    found = central_interval(values, share)
    assert values.min() <= found.low <= found.median <= found.high <= values.max()
    assert found.count == len(values)


@given(shares, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_never_narrows_the_interval(values, one, other):
    small, large = sorted((one, other))
    inner, outer = central_interval(values, small), central_interval(values, large)
    assert outer.low <= inner.low + 1e-12
    assert outer.high >= inner.high - 1e-12


def test_the_interval_of_a_known_sample():
    # The n-th of N draws lies above n / (N + 1) of all that could be drawn, on average.
    found = central_interval(np.arange(1, 41) / 41, 0.95)
    assert (found.low, found.median, found.high) == pytest.approx((0.025, 0.5, 0.975))


def test_nan_is_left_out_and_only_nan_is_nothing():
    assert central_interval(np.array([np.nan, 0.25])).count == 1
    assert central_interval(np.array([np.nan])) is None
    assert central_interval(np.array([])) is None


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_0_to_1_is_refused(share):
    with pytest.raises(InputError, match="share of an interval"):
        central_interval(np.array([0.5]), share)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=80))
def test_whole_numbers_are_all_counted_each_in_the_bin_around_it(values):
    found = whole_number_histogram(values)
    assert found.counts.sum() == len(values)
    assert len(found.counts) <= MOST_BINS
    for low, high, count in zip(found.edges[:-1], found.edges[1:], found.counts, strict=True):
        assert count == sum(low < value < high for value in values)


def test_few_whole_numbers_have_a_bin_each():
    assert whole_number_histogram([3, 5, 5]).edges.tolist() == [2.5, 3.5, 4.5, 5.5]
    assert whole_number_histogram([3, 5, 5]).counts.tolist() == [1, 0, 2]


@given(st.lists(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), max_size=40))
def test_shares_are_counted_exactly(pairs):
    found = share_histogram([UnmatchedJob("j", at, needed) for at, needed in pairs], 20)
    expected = [0] * 20
    for at, needed in pairs:
        expected[int(Fraction(at - 1, needed) * 20)] += 1
    assert found.counts.tolist() == expected


def test_a_share_on_an_edge_counts_above_it_whatever_its_rounding():
    # 3/20 as a float is below 0.15 in some arithmetic.
    assert share_histogram([UnmatchedJob("j", 4, 20)]).counts.tolist().index(1) == 3


@given(shares)
def test_a_histogram_counts_everything_within_its_edges(values):
    found = histogram(values)
    assert found.counts.sum() == len(values)
    assert found.edges[0] <= values.min() + 1e-12
    assert values.max() <= found.edges[-1] + 1e-12
    assert np.all(np.diff(found.edges) > 0)


def test_equal_numbers_stand_in_the_middle_of_one_bin():
    found = histogram(np.full(9, 1.0))
    assert found.counts.tolist() == [9]
    assert found.edges.mean() == pytest.approx(1.0)


@pytest.mark.parametrize("count", [lambda: histogram(np.array([])), lambda: whole_number_histogram([])])
def test_nothing_cannot_be_counted(count):
    with pytest.raises(InputError, match="nothing to count"):
        count()


def test_single_is_beside_no_metadata_on_the_very_same_submissions(full):
    jobs = [subsystem.score.total_jobs for subsystem in full.subsystems]
    success = [subsystem.baseline for subsystem in full.subsystems]
    assert single_without_metadata(full) == pytest.approx(np.average(success, weights=jobs))
    unknown = replace(full, subsystems=tuple(replace(one, baseline=None) for one in full.subsystems))
    assert single_without_metadata(unknown) is None
    assert single_without_metadata(replace(full, subsystems=())) is None


def test_subsystems_are_ordered_by_what_they_add_to_success(full):
    ordered = by_gain(full.subsystems)
    assert [(s.subsystem, round(gain, 6)) for s, gain in ordered] == [("cmake", 0.0218), ("perl", 0.0215)]


numbers = st.lists(st.floats(-100, 100), min_size=2, max_size=101).map(sorted).map(np.array)


@given(numbers, st.lists(st.floats(-100, 100), max_size=20))
@example(np.array([-2e-323, 2e-323]), [0.0, 0.0])
@example(np.array([1.0]), [1.0])
def test_shares_between_edges_are_all_there_is(percentiles, inner):
    edges = np.array(sorted([-101.0, *inner, 100.0]))
    shares = percentile_shares(percentiles, edges)
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1)


def test_shares_of_known_percentiles():
    even = np.arange(101.0)
    assert percentile_shares(even, np.array([0.0, 25.0, 50.5, 100.0])).tolist() == pytest.approx([0.25, 0.255, 0.495])
    # Most are equal: they lie in the one bin.
    assert percentile_shares(np.array([1.0, 2, 2, 2, 2]), np.array([0.0, 1.5, 2.5])).tolist() == [0.125, 0.875]
    assert percentile_shares(np.array([]), np.array([0.0, 1.0])).tolist() == [0.0]
