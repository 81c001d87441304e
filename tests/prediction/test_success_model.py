"""Learned models of success: what is learned, forecast and known."""

import dataclasses
import sys

import numpy as np
import pytest
from drawn_outcomes import fact_of, learnable, outcome_records, records_of
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

from placewise.errors import InputError
from placewise.model.outcomes.success_card import Learned
from placewise.model.outcomes.success_model import Calibration, KnownFact, PackageRates, SuccessModel, Trees
from placewise.prediction.success import (
    Boosting,
    Known,
    encoded,
    fit,
    fold_of,
    forecast,
    out_of_fold,
    scores,
    table,
    unseen,
)
from placewise.prediction.success.calibration import AS_IT_IS, calibrated
from placewise.prediction.success.carded import Restricted, with_card
from placewise.prediction.success.encoding import package_rates, places, rate_of
from placewise.prediction.success.forecast import log_odds, probability
from placewise.prediction.success.learner import _grown, fit_and_hold_out

FEW = Boosting(iterations=15, least_leaf=5)
ALL = Known(("cmake", "perl", "compiler", "os", "nowhere"))


@pytest.fixture(scope="module")
def learned():
    records = learnable()
    return records, fit(records, ALL, fold_of(records, "none", 3), FEW)


def random_trees(random, facts, count=4):
    """Trees of any shape, each a root that is divided a few times."""
    rows = []
    starts = []
    for _ in range(count):
        starts.append(len(rows))
        open_ = [len(rows)]
        rows.append([0, 0.0, 0, 0, 0, random.normal()])
        for _ in range(random.integers(0, 6)):
            node = open_.pop(random.integers(len(open_)))
            left, right = len(rows), len(rows) + 1
            rows[node] = [
                random.integers(facts + 1),
                random.integers(-1, 4) / 2,
                left,
                right,
                random.choice([left, right]),
                0.0,
            ]
            rows += [[0, 0.0, 0, 0, 0, random.normal()] for _ in range(2)]
            open_ += [left, right]
    feature, threshold, left, right, missing, value = zip(*rows, strict=True)
    whole = lambda column: np.array(column, dtype=np.int64)  # noqa: E731
    return Trees(
        0.3,
        whole(starts),
        whole(feature),
        np.array(threshold, float),
        whole(left),
        whole(right),
        whole(missing),
        np.array(value, float),
    )


def plain_log_odds(trees, row):
    total = trees.base
    for start in trees.starts:
        node = start
        while trees.left[node]:
            value = row[trees.feature[node]]
            way = trees.missing if np.isnan(value) else trees.left if value <= trees.threshold[node] else trees.right
            node = way[node]
        total += trees.value[node]
    return total


def test_forecasts_are_those_of_scikit_learn():
    records = learnable()
    model = fit(records, ALL, fold_of(records, "none", 3), FEW)
    columns = np.column_stack(
        [rate_of(model.rates, records.packages)[records.package], encoded(model.facts, records.facts, len(records))]
    )
    oracle = HistGradientBoostingClassifier(
        max_iter=15,
        learning_rate=FEW.learning_rate,
        max_leaf_nodes=31,
        min_samples_leaf=5,
        early_stopping=False,
        random_state=0,
    )
    kept = [0, 1, 2, 3]  # `os` does not vary and `nowhere` is never there
    with threadpool_limits(1):
        oracle.fit(columns[:, kept], records.succeeded)
    expected = oracle.predict_proba(columns[:, kept])[:, 1]
    assert np.abs(probability(log_odds(model.trees, columns), AS_IT_IS) - expected).max() < 1e-12
    assert len(set(expected.tolist())) > 10


@given(st.integers(0, 2**32), st.integers(0, 3))
def test_trees_are_followed_as_written(seed, facts):
    random = np.random.default_rng(seed)
    trees = random_trees(random, facts)
    rows = random.choice([np.nan, -0.5, 0.0, 0.5, 1.0, 2.0], (9, facts + 1))
    assert log_odds(trees, rows).tolist() == [plain_log_odds(trees, row) for row in rows]


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_a_table_is_the_forecast_of_each_pair(seed, facts):
    random = np.random.default_rng(seed)
    known = tuple(KnownFact(str(i), "", "text", ("x", "y")) for i in range(facts))
    rates = PackageRates(("a", "b"), np.array([0.2, 0.9]), 0.5)
    model = SuccessModel(
        known, rates, random_trees(random, facts), Calibration(np.array([-1.0, 0.5]), np.array([0.2, 0.7]), 0.1)
    )
    packages = random.choice(["a", "b", "new"], 5).tolist()
    jobs, environments = (random.choice([np.nan, 0.0, 0.5, 1.0], (n, facts)) for n in (5, 4))
    open_ = random.random((5, facts)) < 0.5
    found = table(model, packages, jobs, open_, environments)
    for j in range(5):
        rows = np.column_stack([np.full(4, rate_of(rates, packages)[j]), np.where(open_[j], environments, jobs[j])])
        assert found[j].tolist() == probability(log_odds(model.trees, rows), model.calibration).tolist()


@given(outcome_records(), st.sampled_from(["none", "cmake"]), st.booleans())
def test_any_records_are_learned_from(records, hold_out, calibrate):
    try:
        fold = fold_of(records, hold_out, 3)
    except InputError:
        return
    p = out_of_fold(
        records, Known(("cmake",), ("compiler",)), fold, Boosting(iterations=3, least_leaf=2), calibrate=calibrate
    )
    assert ((p > 0) & (p < 1)).all()


@pytest.mark.parametrize("calibrate", [False, True])
def test_the_outcomes_of_a_fold_do_not_change_its_forecasts(calibrate):
    records = learnable()
    fold = fold_of(records, "none", 3)
    changed = dataclasses.replace(records, succeeded=np.where(fold == 1, ~records.succeeded, records.succeeded))
    one, other = (out_of_fold(some, ALL, fold, FEW, calibrate=calibrate) for some in (records, changed))
    assert np.array_equal(one[fold == 1], other[fold == 1])
    assert not np.array_equal(one[fold != 1], other[fold != 1])


def test_what_is_known_is_what_helps():
    records = learnable(3000)
    fold = fold_of(records, "none", 3)
    loss = {
        known: scores(records.succeeded, out_of_fold(records, known, fold, FEW), records.package).log_loss
        for known in (
            Known(()),
            Known(("perl",)),
            Known((), ("cmake",)),
            Known(("cmake",)),
            Known(("cmake",), ("cmake",)),
        )
    }
    nothing, perl, there, cmake, both = loss.values()
    assert cmake < there - 0.05 < nothing - 0.1
    assert perl > nothing - 0.01
    assert both == cmake


def test_a_package_that_is_not_known_has_no_rate():
    records = learnable()
    model = fit(records, Known((), package=False), fold_of(records, "none", 3), FEW)
    assert len(set(forecast(model, records).tolist())) == 1
    assert forecast(model, records)[0] == pytest.approx(records.succeeded.mean(), abs=0.01)


def test_one_outcome_only_is_forecast_as_nearly_sure():
    records = dataclasses.replace(learnable(), succeeded=np.ones(800, dtype=bool))
    p = out_of_fold(records, ALL, fold_of(records, "none", 3), FEW, calibrate=True)
    assert (p > 0.999).all()


def test_of_two_folds_none_is_left_to_calibrate_on():
    records = learnable()
    fold = fold_of(records, "none", 2)
    p = out_of_fold(records, ALL, fold, FEW, calibrate=True)
    assert np.array_equal(p, out_of_fold(records, ALL, fold, FEW))


def test_trees_are_those_that_scikit_learn_grows_with_equal_columns_left_in():
    ensemble = pytest.importorskip("sklearn.ensemble")
    chance = np.random.default_rng(5)
    some = chance.integers(0, 9, size=(400, 3)).astype(float)
    some[chance.random((400, 3)) < 0.2] = np.nan
    columns = some[:, [0, 1, 0, 2, 1]]
    succeeded = chance.random(400) < 1 / (1 + np.exp(-np.nan_to_num(some).sum(axis=1) / 4 + 2))
    grower = ensemble.HistGradientBoostingClassifier(
        max_iter=15, learning_rate=0.2, max_leaf_nodes=31, min_samples_leaf=5, early_stopping=False, random_state=0
    ).fit(columns, succeeded)
    trees = _grown(columns, succeeded, FEW)
    assert log_odds(trees, columns) == pytest.approx(grower.decision_function(columns), abs=1e-12)


def test_the_three_ways_to_hold_out_agree():
    records = learnable()
    fold = fold_of(records, "none", 3)
    model, raw, p = fit_and_hold_out(records, ALL, fold, FEW)
    assert np.array_equal(raw, out_of_fold(records, ALL, fold, FEW))
    assert np.array_equal(p, out_of_fold(records, ALL, fold, FEW, calibrate=True))
    assert np.array_equal(forecast(model, records), forecast(fit(records, ALL, fold, FEW), records))


def test_calibration_mends_forecasts_that_are_too_sure():
    records = learnable(1500)
    fold = fold_of(records, "none", 4)
    wild = Boosting(iterations=40, learning_rate=0.5, least_leaf=2)
    raw, p = (out_of_fold(records, ALL, fold, wild, calibrate=some) for some in (False, True))
    before, after = (scores(records.succeeded, some, records.package) for some in (raw, p))
    assert after.log_loss < before.log_loss
    assert after.calibration_error < before.calibration_error


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=60))
def test_the_calibration_is_isotonic_regression(rows):
    raw, y = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    found = calibrated(raw, y)
    if len(set(raw.tolist())) < 2:
        assert found is AS_IT_IS
        return
    oracle = IsotonicRegression().fit_transform(raw, y)
    steps = {rate: oracle == rate for rate in set(oracle.tolist())}
    smoothed = {rate: (y[step].sum() + 0.5) / (step.sum() + 1) for rate, step in steps.items()}
    # A small step's rate may be smoothed below that of the step before it, and is that one then.
    for rate in steps:
        expected = max(smoothed[lower] for lower in steps if lower <= rate)
        assert np.interp(raw[steps[rate]], found.raw, found.rate) == pytest.approx(expected)


@given(st.integers(0, 2**32))
def test_calibration_keeps_the_order_of_forecasts(seed):
    random = np.random.default_rng(seed)
    raw, y = random.normal(0, 3, 50), random.random(50) < 0.5
    p = probability(np.sort(raw), calibrated(raw, y))
    assert (np.diff(p) > 0).all()
    assert ((p > 0) & (p < 1)).all()


def test_rates_are_smoothed_towards_all_records():
    records = records_of("aaab", "1111", [True, True, True, False])
    rates = package_rates(records.package, records.succeeded, ("a", "b", "c"), smoothing=4)
    assert rates.packages == ("a", "b")
    assert rates.rates.tolist() == [(3 + 4 * 0.75) / 7, (0 + 4 * 0.75) / 5]
    assert rate_of(rates, ["b", "c"]).tolist() == [rates.rates[1], 0.75]


def test_a_value_between_two_known_ones_is_halfway():
    versions = KnownFact("cmake", "", "version", ("3.2", "3.10", "3.20"))
    assert places(versions, ["3.10", "3.9", "1", "4", "3-2"]).tolist() == [1.0, 0.5, -0.5, 2.5, 0.0]
    assert np.isnan(places(versions, ["no version!", ""])).all()
    numbers = KnownFact("memory", "", "number", ("1", "10", "1e3"))
    assert places(numbers, ["10", "10.0", "5", "2000"]).tolist() == [1.0, 1.0, 0.5, 2.5]
    assert np.isnan(places(numbers, ["many", "nan"])).all()
    texts = KnownFact("compiler", "", "text", ("gcc", "intel"))
    assert places(texts, ["intel"]).tolist() == [1.0]
    assert np.isnan(places(texts, ["clang"])).all()


def test_a_number_beyond_all_is_beyond():
    assert places(KnownFact("memory", "", "number", ("1",)), ["inf", "-inf"]).tolist() == [0.5, -0.5]


def test_facts_are_found_by_name_and_what_is_missing_is_missing(learned):
    _, model = learned
    facts = [
        fact_of("compiler", "text", ["intel", None]),
        fact_of("cmake", "version", ["3.15", "3.1"]),
        fact_of("x", "text", ["1", "2"]),
    ]
    assert [one.name for one in model.facts] == list(ALL.facts)
    found = encoded(model.facts, facts, 2)
    assert found[:, 0].tolist() == [2.5, 0.0]
    assert np.isnan(found[:, [1, 3, 4]]).all()
    assert found[0, 2] == 1.0
    assert np.isnan(found[1, 2])
    assert unseen(model, facts, 2).tolist() == [[True, False, False, False, False], [False] * 5]


def test_only_values_that_occur_are_known():
    fact = fact_of("cmake", "version", ["1", "2", "3", "2"])
    kept = dataclasses.replace(fact, codes=np.array([0, 2, 0, 2], dtype=np.int32))
    records = records_of("abab", "1111", [True, False, True, False], [kept])
    model = fit(records, Known(("cmake",)), np.array([0, 0, 1, 1], dtype=np.int32), FEW)
    assert model.facts[0].values == ("1", "3")
    assert encoded(model.facts, [fact], 4)[:, 0].tolist() == [0.0, 0.5, 1.0, 0.5]


def test_models_that_know_less_are_learned_once():
    records = learnable()
    fold = fold_of(records, "none", 3)
    models = Restricted(records, fold, FEW)
    one = models.knowing(["perl", "cmake"])
    assert models.knowing(("cmake", "perl")) is one
    assert np.array_equal(forecast(one, records), forecast(fit(records, Known(("cmake", "perl")), fold, FEW), records))
    assert models.knowing(["cmake"]) is not one


def test_the_card_says_how_good_the_model_is():
    records = learnable()
    source = Learned("some.parquet", "ab" * 32, "built", len(records), int(records.succeeded.sum()), 5)
    card = with_card(records, ALL, source, folds=3, boosting=FEW).card
    p = out_of_fold(records, ALL, fold_of(records, "none", 3), FEW, calibrate=True)
    assert card.held_out == scores(records.succeeded, p, records.package)
    assert sum(one.records for one in card.by_fold) == len(records)
    assert card.one_value == ("os", "nowhere")
    assert card.held_out.log_loss < card.base_log_loss
    assert set(card.libraries) == {"scikit-learn", "numpy"}


def test_unknown_names_and_folds_that_do_not_fit_are_refused():
    records = learnable()
    fold = fold_of(records, "none", 3)
    for known, some in ((Known(("boost",)), fold), (ALL, fold[1:]), (ALL, fold * 0), (ALL, fold * 2)):
        with pytest.raises(InputError):
            out_of_fold(records, known, some, FEW)


def test_tables_of_other_shapes_are_refused(learned):
    _, model = learned
    with pytest.raises(InputError):
        table(model, ["a"], np.zeros((1, 4)), np.zeros((1, 4), dtype=bool), np.zeros((2, 5)))


def test_without_scikit_learn_a_model_forecasts_and_nothing_is_learned(learned, monkeypatch):
    records, model = learned
    expected = forecast(model, records)
    for name in ("sklearn", "sklearn.ensemble", "threadpoolctl"):
        monkeypatch.setitem(sys.modules, name, None)
    assert np.array_equal(forecast(model, records), expected)
    with pytest.raises(InputError, match="scikit-learn"):
        fit(records, ALL, fold_of(records, "none", 3), FEW)
