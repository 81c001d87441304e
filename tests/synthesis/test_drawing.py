import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.streams import Synthesis
from placewise.synthesis.drawing import Urns, stream

weights = st.one_of(st.just(0.0), st.floats(1e-300, 1e300))


@given(st.lists(st.lists(weights, min_size=1, max_size=6).filter(any), min_size=1, max_size=6), st.data())
def test_an_urn_gives_a_place_of_its_own_with_a_weight_above_0(lists, data):
    urn = data.draw(st.integers(0, len(lists) - 1))
    uniform = data.draw(st.one_of(st.floats(0, 1, exclude_max=True), st.just(np.nextafter(1, 0))))
    place = int(Urns(lists).draw(np.array([urn]), np.array([uniform]))[0])
    start = sum(map(len, lists[:urn]))
    assert start <= place < start + len(lists[urn])
    assert lists[urn][place - start] > 0


def test_an_urn_is_drawn_from_by_weight():
    uniform = (np.arange(1000) + 0.5) / 1000
    places = Urns([[5], [1, 0, 3, 6]]).draw(np.ones(1000, dtype=np.int64), uniform)
    assert np.bincount(places).tolist() == [0, 100, 0, 300, 600]


def test_urns_without_lists_draw_nothing():
    assert len(Urns([]).draw(np.empty(0, dtype=np.int64), np.empty(0))) == 0


def test_the_last_number_before_1_stays_in_its_urn():
    many = Urns([[1.0]] * 10_000)
    places = many.draw(np.array([9_998]), np.array([np.nextafter(1, 0)]))
    assert places.tolist() == [9_998]


def test_streams_of_a_seed_differ():
    assert stream(0, Synthesis.FLEET).random() != stream(0, Synthesis.WORKLOAD).random()


def test_a_stream_is_as_it_was():
    # The embedded default is a draw: were this to change, so would every published figure of it.
    assert stream(0, Synthesis.FLEET).random() == 0.9429375528828794
    assert stream(0, Synthesis.WORKLOAD).random() == 0.6771968569751019


@pytest.mark.parametrize("seed", [-1, 1.0, True, "0", None])
def test_a_seed_is_a_whole_number_of_0_or_more(seed):
    with pytest.raises(InputError, match="the seed is not usable"):
        stream(seed, Synthesis.FLEET)
