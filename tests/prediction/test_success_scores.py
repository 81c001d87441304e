"""Scores of forecasts, beside scikit-learn and plain loops."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from placewise.errors import InputError
from placewise.prediction.success import scores as of
from placewise.prediction.success.scores import auc, auc_within, brier, reliability
from placewise.prediction.success.scores import log_loss as ours

# Few values, so that forecasts are equal often.
rows = st.lists(
    st.tuples(
        st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.95, 1.0]) | st.floats(0, 1), st.integers(0, 3)
    ),
    min_size=1,
    max_size=60,
)


def columns(some):
    outcome, p, package = zip(*some, strict=True)
    return np.array(outcome), np.array(p, dtype=float), np.array(package, dtype=np.int32)


@given(rows)
def test_scores_are_those_of_scikit_learn(some):
    y, p, _ = columns(some)
    assert brier(y, p) == pytest.approx(brier_score_loss(y, p, pos_label=True), abs=1e-12)
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    assert ours(y, inside) == pytest.approx(log_loss(y, inside, labels=[False, True]), abs=1e-9)
    if y.all() or not y.any():
        assert auc(y, p) is None
    else:
        assert auc(y, p) == pytest.approx(roc_auc_score(y, p), abs=1e-12)


@given(rows)
def test_auc_within_packages_is_the_mean_by_records(some):
    y, p, package = columns(some)
    found, weights = [], []
    for one in set(package.tolist()):
        inside = package == one
        good, bad = p[inside & y], p[inside & ~y]
        if len(good) and len(bad):
            wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
            found.append(wins / (len(good) * len(bad)))
            weights.append(int(inside.sum()))
    expected = np.average(found, weights=weights) if found else None
    assert auc_within(y, p, package) == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(rows, st.integers(1, 20))
def test_reliability_counts_every_record_once(some, bins):
    y, p, _ = columns(some)
    found = reliability(y, p, bins)
    expected = 0.0
    for bin_ in range(bins):
        inside = [i for i in range(len(p)) if min(int(p[i] * bins), bins - 1) == bin_]
        assert found.records[bin_] == len(inside)
        if inside:
            assert found.observed[bin_] == pytest.approx(y[inside].mean())
            expected += abs(p[inside].mean() - y[inside].mean()) * len(inside) / len(p)
    assert found.expected_error == pytest.approx(expected, abs=1e-12)


@given(rows)
def test_what_tells_packages_apart_gains_nothing_within_them(some):
    y, _, package = columns(some)
    assume(auc_within(y, package / 3, package) is not None)
    assert auc_within(y, package / 3, package) == 0.5


def test_what_is_no_probability_is_refused():
    for bad in (np.array([np.nan, 0.5]), np.array([1.1, 0.5]), np.array([0.5]), np.zeros((2, 1))):
        with pytest.raises(InputError):
            of(np.array([True, False]), bad, np.zeros(2, dtype=np.int32))
    with pytest.raises(InputError):
        brier(np.array([], dtype=bool), np.array([]))
