import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.synthesis.rounds import fit_rounds, round_length


def taken(pool, clusters, rng):
    column = []
    while len(column) < clusters:
        column += rng.sample(pool, len(pool))
    return column[:clusters]


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8), st.integers(1, 40), st.randoms())
def test_a_round_explains_the_column_and_is_no_longer_than_the_pool(pool, clusters, rng):
    column = taken(pool, clusters, rng)
    size = round_length(column)
    assert size <= max(len(pool), 1)
    first = sorted(column[:size])
    for start in range(0, clusters, size):
        block = sorted(column[start : start + size])
        assert block == first or (len(block) < size and all(block.count(v) <= first.count(v) for v in block))


def test_a_pool_of_different_versions_is_found_again():
    rng = random.Random(7)
    for size in range(1, 40):
        pool = [f"{i}.0" for i in range(size)]
        ((packages, (picks,)),) = fit_rounds({"zlib": taken(pool, 100, rng)})
        assert packages == ("zlib",)
        assert sorted(picks) == sorted(pool)


def test_a_version_that_comes_twice_a_round_stands_twice():
    column = list("6574636") * 12
    ((_, (picks,)),) = fit_rounds({"papi": column})
    assert sorted(picks) == sorted("6574636")


def test_what_follows_no_rounds_is_one_pool():
    column = list("bbbbba")
    assert round_length(column) == len(column)


def test_packages_whose_rounds_agree_are_one_pool():
    rng = random.Random(1)
    order = taken(range(5), 100, rng)
    columns = {
        "gdbm": ["abcde"[i] for i in order],
        "zlib": ["vwxyz"[i] for i in order],
        "perl": taken("abcde", 100, rng),
    }
    found = {packages: {*zip(*picks, strict=True)} for packages, picks in fit_rounds(columns)}
    assert found == {("gdbm", "zlib"): set(zip("abcde", "vwxyz", strict=True)), ("perl",): {(v,) for v in "abcde"}}


def test_the_first_round_may_be_in_another_order():
    later = list("abcd") * 20
    (found,) = fit_rounds({"gdbm": [*"badc", *later], "zlib": [*"wxyz", *"wxyz" * 20]})
    assert found == (("gdbm", "zlib"), [list("abcd"), list("wxyz")])


def test_few_rounds_are_no_evidence_of_step():
    columns = {"gdbm": list("ababab"), "zlib": list("xyxyxy")}
    assert [packages for packages, _ in fit_rounds(columns)] == [("gdbm",), ("zlib",)]


@pytest.mark.parametrize("size", [1, 100])
def test_constant_and_all_different_columns_are_not_in_step(size):
    column = [str(i % size) for i in range(100)]
    assert len(list(fit_rounds({"gdbm": column, "zlib": column}))) == 2
