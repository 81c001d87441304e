import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError, PlacewiseError

texts = st.none() | st.text(min_size=1, max_size=5)
things = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=3)


def test_all_parts_are_written():
    error = InputError("is wrong", file="a.yaml", place="line 3", found="x", expected="y")
    assert str(error) == "a.yaml, line 3: is wrong; expected y; found 'x'"
    assert str(InputError("is wrong")) == "is wrong"
    assert isinstance(error, PlacewiseError)


@given(things)
def test_whatever_was_found_counts_even_nothing(found):
    error = InputError("is wrong", found=found)
    assert error.found == found
    assert "; found " in str(error)
    assert "; found " not in str(InputError("is wrong"))


@pytest.mark.parametrize(
    "found",
    [
        "x" * 10_000,
        list(range(10_000)),
        {i: i for i in range(10_000)},
        1 << 60_000,
        [1 << 60_000],
        {"a": {"b": 1 << 60_000}},
    ],
    ids=["text", "list", "mapping", "number", "number in a list", "number in mappings"],
)
def test_what_was_found_is_shortened(found):
    assert len(str(InputError("is wrong", found=found))) < 300


def test_what_was_found_may_contain_itself_and_be_deep():
    loop = []
    loop.append(loop)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for found in (loop, deep):
        assert len(str(InputError("is wrong", found=found))) < 300
    while deep:
        deep = deep.pop()


def test_what_was_found_may_be_unwilling_to_be_written():
    class Unwilling:
        def __repr__(self):
            raise RuntimeError

    assert "found" in str(InputError("is wrong", found=Unwilling()))


def test_what_was_found_stays_on_one_line():
    assert "\n" not in str(InputError("is wrong", found="a\nb"))


def test_the_outer_file_and_place_are_added():
    error = InputError("is wrong", place="field 'x'")
    assert error.within(place="job 'j'") is error
    assert error.within(file="a.yaml", place="line 3").within(file="outer.zip") is error
    assert (error.file, error.place) == ("a.yaml", "line 3, job 'j', field 'x'")
    assert str(error) == "a.yaml, line 3, job 'j', field 'x': is wrong"
    assert str(InputError("is wrong").within().within(place="here")) == "here: is wrong"


@given(texts, texts, st.just(...) | things, texts)
def test_an_error_survives_the_way_from_another_process(file, place, found, expected):
    facts = {"file": file, "place": place, "expected": expected} | ({} if found is ... else {"found": found})
    error = InputError("is wrong", **facts)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is InputError
        assert str(again) == str(error)
        assert (again.problem, again.file, again.place) == (error.problem, error.file, error.place)
