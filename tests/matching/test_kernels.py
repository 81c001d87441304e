import importlib.util
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.bits.rows import Rows

NUMBA = importlib.util.find_spec("numba") is not None
NAMES = [
    "numpy",
    pytest.param("numba", marks=pytest.mark.skipif(not NUMBA, reason="numba (extra fast) is not installed")),
]


@st.composite
def problems(draw):
    """A table of sets, rows of positions in it and the set of all members; some rows repeat or are empty."""
    words = draw(st.integers(1, 20))
    size = 64 * words - draw(st.integers(0, 63))
    density = draw(st.sampled_from([0.0, 0.02, 0.5, 0.9, 0.999, 1.0]))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    sets = draw(st.integers(0, 6))
    table = bitset.pack(random.random((sets, size)) < density)
    if sets and draw(st.booleans()):
        table[draw(st.integers(0, sets - 1))] = bitset.full(size)
    rows = draw(st.lists(st.lists(st.integers(0, sets - 1), max_size=8), max_size=12)) if sets else []
    rows += [[]] * draw(st.integers(0, 3))
    return table, rows, size


def laid_out(rows):
    offsets = np.cumsum([0, *map(len, rows)])
    return Rows.of(offsets.astype(np.int64), np.array([i for row in rows for i in row], dtype=np.int32))


def naive(table, row, everything):
    return reduce(np.bitwise_and, (table[i] for i in row), everything)


@pytest.mark.parametrize("name", NAMES)
@given(problem=problems())
def test_intersections_and_their_sizes(name, problem):
    table, rows, size = problem
    everything = bitset.full(size)
    expected = np.array([naive(table, row, everything) for row in rows], dtype=np.uint64).reshape(-1, table.shape[1])
    kernels, before = load_kernels(name), table.copy()
    assert kernels.name == name
    found = kernels.intersect(table, laid_out(rows), everything)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint64
    counted = kernels.count(table, laid_out(rows), everything)
    np.testing.assert_array_equal(counted, bitset.size_of(expected))
    assert counted.dtype == np.int64
    np.testing.assert_array_equal(table, before)
    np.testing.assert_array_equal(everything, bitset.full(size))


@pytest.mark.parametrize("name", NAMES)
@given(problem=problems())
def test_padding_bits_never_match(name, problem):
    table, rows, size = problem
    # As if a careless caller had left the padding of every set full.
    careless = table | ~bitset.full(size)
    kernels = load_kernels(name)
    for ask in (kernels.intersect, kernels.count):
        np.testing.assert_array_equal(
            ask(careless, laid_out(rows), bitset.full(size)), ask(table, laid_out(rows), bitset.full(size))
        )


def naive_prefixes(table, row):
    """The intersections of growing prefixes, up to and with the first that is empty."""
    formed = []
    for k in range(1, len(row) + 1):
        formed.append(reduce(np.bitwise_and, (table[i] for i in row[:k])))
        if not formed[-1].any():
            break
    return formed


@pytest.mark.parametrize("name", NAMES)
@given(problem=problems())
def test_prefixes(name, problem):
    table, rows, _ = problem
    formed = [naive_prefixes(table, row) for row in rows]
    found = load_kernels(name).prefixes(table, laid_out(rows))
    assert found.reached.tolist() == [len(prefixes) for prefixes in formed]
    assert found.reached.dtype == np.int64
    expected = [prefix for prefixes in formed for prefix in prefixes]
    np.testing.assert_array_equal(found.bits, np.array(expected, dtype=np.uint64).reshape(-1, table.shape[1]))


@pytest.mark.parametrize("name", NAMES)
def test_many_jobs_are_answered_as_few_are(name):
    random = np.random.default_rng(7)
    table = bitset.pack(random.random((40, 130)) < 0.8)
    lengths = random.integers(0, 6, 40_000)
    rows = Rows.of(np.append(0, np.cumsum(lengths)), random.integers(0, 40, lengths.sum()).astype(np.int32))
    everything, kernels = bitset.full(130), load_kernels(name)
    found, counted, formed = (
        kernels.intersect(table, rows, everything),
        kernels.count(table, rows, everything),
        kernels.prefixes(table, rows),
    )
    np.testing.assert_array_equal(counted, bitset.size_of(found))
    starts = np.append(0, np.cumsum(formed.reached))
    for job in [*range(0, 40_000, 997), 16_383, 16_384, 32_767, 32_768, 39_999]:
        row = rows.ids[rows.offsets[job] : rows.offsets[job + 1]].tolist()
        np.testing.assert_array_equal(found[job], naive(table, row, everything))
        expected = np.array(naive_prefixes(table, row), dtype=np.uint64).reshape(-1, table.shape[1])
        np.testing.assert_array_equal(formed.bits[starts[job] : starts[job + 1]], expected)


@pytest.mark.parametrize("name", NAMES)
def test_arrays_that_cannot_be_written_are_read(name):
    table, everything = bitset.pack(np.eye(3, 70, dtype=np.bool_)), bitset.full(70)
    rows = laid_out([[0], [0, 1], []])
    for array in (table, everything, rows.offsets, rows.ids):
        array.flags.writeable = False
    kernels = load_kernels(name)
    assert kernels.count(table, rows, everything).tolist() == [1, 0, 70]
    assert bitset.size_of(kernels.intersect(table, rows, everything)).tolist() == [1, 0, 70]
    assert kernels.prefixes(table, rows).reached.tolist() == [1, 2, 0]


def test_kernels_come_by_name():
    assert load_kernels("numpy").name == "numpy"
    assert load_kernels().name == ("numba" if NUMBA else "numpy")
    for name in ("", "fortran", "Numpy"):
        with pytest.raises(InputError, match="no such kernels"):
            load_kernels(name)


def test_without_numba_auto_falls_back_and_numba_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    assert isinstance(load_kernels("auto"), NumpyKernels)
    with pytest.raises(InputError, match="placewise\\[fast\\]"):
        load_kernels("numba")
