"""Numbering without sorting: what NumPy's sort finds, however many keys are possible."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placewise.study.demands.numbering import first_of_each, numbered


@given(st.lists(st.integers(0, 299), max_size=30), st.sampled_from([300, 10_000]))
def test_keys_are_numbered_as_by_sorting(keys, possible):
    keys = np.array(keys, dtype=np.int64)
    distinct, number = numbered(keys, possible)
    expected, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    assert np.array_equal(distinct, expected)
    assert np.array_equal(number, inverse)
    assert (distinct.dtype, number.dtype) == (np.int64, np.int64)
    assert np.array_equal(first_of_each(number, len(distinct)), first)
