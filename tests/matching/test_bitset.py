import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from placewise.matching.bits import bitset

sizes = st.integers(0, 200) | st.sampled_from([0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 192, 256, 257, 320, 321])
heads = st.sampled_from([(), (0,), (1,), (3,), (2, 3)])


@st.composite
def flags(draw):
    shape = (*draw(heads), draw(sizes))
    return draw(hnp.arrays(np.bool_, shape)) if draw(st.booleans()) else np.full(shape, draw(st.booleans()))


@given(flags())
def test_packing_and_unpacking_are_inverse(given_flags):
    size = given_flags.shape[-1]
    packed = bitset.pack(given_flags)
    assert packed.dtype == np.uint64
    assert packed.shape == (*given_flags.shape[:-1], bitset.word_count(size))
    np.testing.assert_array_equal(bitset.unpack(packed, size), given_flags)
    # Padding bits are zero.
    assert not bitset.unpack(packed, packed.shape[-1] * 64)[..., size:].any()
    np.testing.assert_array_equal(bitset.size_of(packed), given_flags.sum(axis=-1))


@given(st.lists(st.integers(-1, 199), max_size=5))
def test_singletons_hold_their_member_and_none_below_zero(members):
    sets = bitset.unpack(bitset.singletons(np.array(members, dtype=np.int64), 200), 200)
    assert [np.flatnonzero(one).tolist() for one in sets] == [[m] if m >= 0 else [] for m in members]


@given(st.sets(st.integers(0, 199)))
def test_bit_i_of_word_w_is_member_64_w_plus_i(members):
    wanted = np.isin(np.arange(200), list(members))
    number = sum(int(word) << 64 * place for place, word in enumerate(bitset.pack(wanted)))
    assert number == sum(1 << member for member in members)


@given(flags())
def test_views_pack_as_their_copies_do(given_flags):
    turned = given_flags[..., ::-1]
    np.testing.assert_array_equal(bitset.pack(turned), bitset.pack(turned.copy()))
    packed = bitset.pack(np.stack([given_flags, ~given_flags], axis=-2))
    first = packed[..., 0, :]
    np.testing.assert_array_equal(bitset.unpack(first, given_flags.shape[-1]), given_flags)


@pytest.mark.parametrize(
    ("size", "words"), [(0, 1), (1, 1), (63, 1), (64, 1), (65, 2), (128, 2), (129, 3), (256, 4), (257, 5)]
)
def test_the_full_set_has_every_member_and_no_more(size, words):
    assert bitset.word_count(size) == words
    assert bitset.full(size).shape == (words,)
    assert sum(int(word) << 64 * place for place, word in enumerate(bitset.full(size))) == (1 << size) - 1
    assert bitset.size_of(bitset.full(size)) == size
    assert bitset.size_of(bitset.full(size)).dtype == np.int64
