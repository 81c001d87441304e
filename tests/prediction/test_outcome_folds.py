"""Folds of records with outcomes."""

import numpy as np
import pytest
from drawn_outcomes import learnable, outcome_records, records_of
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.prediction.success import fold_of


@given(outcome_records(), st.sampled_from(["none", "package", "version", "cmake", "compiler"]), st.integers(0, 3))
def test_what_belongs_together_is_in_one_fold(records, hold_out, seed):
    try:
        fold = fold_of(records, hold_out, 2, seed)
    except InputError:
        # One chain of names and packages through all records.
        assert hold_out != "none" or len(set(records.names)) < 2
        return
    assert sorted(set(fold.tolist())) == [0, 1]
    known = {"package": records.package, "version": records.job} | {one.name: one.codes for one in records.facts}
    together = [np.array(records.names), *([] if hold_out == "none" else [known[hold_out]])]
    for column in together:
        for value in set(column.tolist()):
            assert len(set(fold[column == value].tolist())) == 1
    assert np.array_equal(fold, fold_of(records, hold_out, 2, seed))


@given(st.integers(2, 7), st.integers(0, 5))
def test_each_package_and_outcome_is_spread_evenly(count, seed):
    records = learnable()
    fold = fold_of(records, "none", count, seed)
    for package in range(len(records.packages)):
        for outcome in (False, True):
            sizes = np.bincount(fold[(records.package == package) & (records.succeeded == outcome)], minlength=count)
            assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(fold)
    assert sizes.max() - sizes.min() <= 1


def test_a_chain_of_names_is_one_group():
    # Each name is in two packages, each package has two names; beside the chain there is one more record.
    count = 20_000
    packages = [f"p{i // 2}" for i in range(count)]
    names = [f"n{(i + 1) // 2}" for i in range(count)]
    fold = fold_of(
        records_of([*packages, "q"], ["1"] * (count + 1), [True] * (count + 1), (), [*names, "m"]), "package", 2
    )
    assert len(set(fold[:-1].tolist())) == 1
    assert fold[-1] != fold[0]


def test_another_seed_deals_otherwise():
    records = learnable()
    assert (fold_of(records, "none", 5, 0) != fold_of(records, "none", 5, 1)).any()


@pytest.mark.parametrize(
    ("hold_out", "count", "seed"), [("none", 1, 0), ("nothing", 2, 0), ("none", 2, -1), ("os", 2, 0)]
)
def test_what_gives_no_folds_is_refused(hold_out, count, seed):
    with pytest.raises(InputError):
        fold_of(learnable(), hold_out, count, seed)


def test_fewer_records_than_folds_are_refused():
    with pytest.raises(InputError, match="fewer"):
        fold_of(records_of("ab", "11", [True, False]), "none", 3)
