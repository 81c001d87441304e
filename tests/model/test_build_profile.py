import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.studies.build_profile import PAIRS, BuiltPackage, Share, price_quarter, scatter

RISING = ((1.0, 2.0),) * 4
signs = st.floats(-1, 1)


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1), st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_more_memory_is_never_cheaper(one, other, levels):
    least, most = sorted((one, other))
    quarters = [price_quarter(least + level * (most - least), least, most) for level in sorted(levels)]
    assert quarters == sorted(quarters)
    assert set(quarters) <= {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("memory", "quarter"), [(4, 0), (24, 0), (25, 1), (47, 1), (48, 2), (74, 2), (75, 3), (100, 3), (1000, 3)]
)
def test_quarters_are_of_the_most_but_the_half_is_of_the_span(memory, quarter):
    assert price_quarter(memory, 4, 100) == quarter


@given(st.lists(signs, min_size=6, max_size=6), st.lists(signs, min_size=8, max_size=8), st.floats(0.01, 100))
def test_the_factor_is_of_what_shifts_leave_of_the_correlations(correlations, shifts, weight):
    left = np.eye(4)
    for pair, correlation in zip(PAIRS, correlations, strict=True):
        left[pair] = left[pair[::-1]] = correlation
    means = np.reshape(shifts, (2, 4))
    weights = np.array([weight, 1.0]) / (weight + 1)
    left -= np.einsum("s,sm,sn->mn", weights, means, means)
    smallest = np.linalg.eigvalsh(left).min()
    assume(abs(smallest) > 1e-6)
    shares = (Share(0, weight, tuple(shifts[:4])), Share(1, 1.0, tuple(shifts[4:])))
    if smallest < 0:
        with pytest.raises(InputError, match="package 'p': correlations and shifts do not go together"):
            BuiltPackage("p", shares, RISING, tuple(correlations))
        return
    factor = np.array(scatter(BuiltPackage("p", shares, RISING, tuple(correlations))))
    assert np.array_equal(factor, np.tril(factor))
    assert factor @ factor.T == pytest.approx(left, abs=1e-9)


@pytest.mark.parametrize(
    "bad", [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (1.0, math.inf), (1.0, math.nan), (1.0, 1e19), ()]
)
def test_quantiles_rise_from_above_0(bad):
    for measure in range(4):
        quantiles = list(RISING)
        quantiles[measure] = bad
        if measure == 2 and bad == (0.0, 1.0):
            BuiltPackage("p", (Share(0, 1.0),), tuple(quantiles))
            continue
        with pytest.raises(InputError, match=r"the quantiles of \w+ are not usable"):
            BuiltPackage("p", (Share(0, 1.0),), tuple(quantiles))
