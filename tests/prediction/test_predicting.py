"""Predictions, flags and costs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.results.runtime_models import KINDS
from placewise.prediction import additional, fit_models, predict, predict_matrix, reference_runtime

MEMORY = np.array([1e9, 2e9, 3e9, 4e9, 5e9, 6e9])
MODELS = fit_models(
    ["a"] * 6 + ["b"] * 6,
    np.concatenate([MEMORY, MEMORY * 10]),
    [600.0, 500.0, 450.0, 400.0, 200.0, 100.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
    minimum_builds=1,
)


@given(st.lists(st.floats(1e6, 1e12), min_size=1, max_size=9), st.sampled_from(KINDS))
def test_a_matrix_is_its_rows(asked, kind):
    found = predict_matrix(MODELS, kind, ("b", "none", "a"), asked)
    assert found.runtime_s.shape == found.outside.shape == (3, len(asked))
    for row, package in enumerate(("b", "none", "a")):
        alone = predict(MODELS, kind, package, asked)
        assert np.array_equal(found.runtime_s[row], alone.runtime_s, equal_nan=True)
        assert np.array_equal(found.outside[row], alone.outside)


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_outside_is_flagged_and_still_predicted(kind):
    found = predict(MODELS, kind, "a", [0.9e9, 1e9, 3.5e9, 6e9, 6.1e9])
    assert found.outside.tolist() == [True, False, False, False, True]
    assert np.isfinite(found.runtime_s).all()


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_packages_and_memory_have_no_runtime(kind):
    found = predict_matrix(MODELS, kind, ("none", "a"), [1e9, np.nan])
    assert np.isnan(found.runtime_s).tolist() == [[True, True], [False, True]]
    assert not found.outside.any()
    assert "none" not in MODELS
    assert "a" in MODELS


def test_the_shape_asked_is_the_shape_given():
    for shape in ((), (0,), (2, 3)):
        for kind in KINDS:
            assert predict(MODELS, kind, "a", np.full(shape, 2e9)).runtime_s.shape == shape
    assert predict_matrix(MODELS, "knn", (), [1e9]).runtime_s.shape == (0, 1)


def test_nothing_overflows_with_a_warning():
    for kind in KINDS:
        assert not np.isnan(predict(MODELS, kind, "b", [5e-324, 1.7e308]).runtime_s).any()


@pytest.mark.parametrize("memory", [0.0, -1.0, np.inf])
def test_memory_that_cannot_be_is_refused(memory):
    with pytest.raises(InputError, match="memory is not usable"):
        predict_matrix(MODELS, "linear", ("a",), [1e9, memory])


def test_unknown_kinds_are_refused():
    with pytest.raises(InputError, match="unknown kind of model; expected one of best, best-with.*; found 'svm'"):
        predict(MODELS, "svm", "a", 1e9)
    with pytest.raises(InputError, match="unknown reference"):
        reference_runtime(MODELS, "knn", ("a",), "slowest")


def test_references():
    fastest = reference_runtime(MODELS, "knn", ("a", "none"), "fastest")
    assert fastest[0] == 100.0
    assert np.isnan(fastest[1])
    # The five builds nearest to that of 6e9 bytes, which is the fastest.
    best = reference_runtime(MODELS, "knn", ("a", "none", "b"), "best-memory")
    assert best[[0, 2]].tolist() == [pytest.approx(330.0), pytest.approx(30.0)]
    assert np.isnan(best[1])


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 100))
def test_additional_is_the_difference_and_its_price(runtime, reference, price):
    more, cost = additional([[runtime]], [reference], [price])
    assert more[0, 0] == runtime - reference
    assert cost[0, 0] == pytest.approx((runtime - reference) / 3600 * price)


def test_additional_of_what_is_not_known_is_not_known():
    more, cost = additional([[3600.0, 7200.0], [np.nan, np.nan]], [3600.0, np.nan], [2.0, 5.0])
    assert more[0].tolist() == [0.0, 3600.0]
    assert cost[0].tolist() == [0.0, 5.0]
    assert np.isnan(more[1]).all()
    assert np.isnan(cost[1]).all()


@pytest.mark.parametrize(
    "arrays", [([1.0], [1.0], [1.0]), ([[1.0]], [1.0, 2.0], [1.0]), ([[1.0, 2.0]], [1.0], [1.0]), ([[1.0]], 1.0, [1.0])]
)
def test_shapes_that_do_not_fit_are_refused(arrays):
    with pytest.raises(InputError, match="do not fit"):
        additional(*arrays)


def test_the_best_memory_is_that_of_the_prior_work(public_data, public_models):
    published = json.loads((public_data / "spack-build" / "linear-model-params.json").read_text())
    found = {card.package: card.best_memory_bytes for card in public_models.cards()}
    assert found == {name: one["memory_global_best_runtime"] for name, one in published.items()}


@given(st.lists(st.tuples(st.floats(1e6, 1e9), st.floats(1.0, 1e4)), min_size=2, max_size=30))
def test_best_is_the_kind_that_predicts_builds_held_out_best(builds):
    memory, duration = zip(*builds, strict=True)
    models = fit_models(["a"] * len(builds), memory, duration, minimum_builds=1)
    validation = models.card("a").validation
    errors = {"mean": validation.mean} | {kind: validation.of(kind) for kind in KINDS}
    chosen = models.get("a").kind("best-with-memory")
    assert errors[chosen].mean_absolute_error_s == min(one.mean_absolute_error_s for one in errors.values())
    found = predict(models, "best-with-memory", "a", [*memory, 1e12, 1.0])
    inside = predict(models, chosen, "a", [*memory, max(memory), min(memory)])
    assert found.runtime_s.tolist() == inside.runtime_s.tolist()
    assert found.outside.tolist()[-2:] == [chosen != "mean"] * 2
    assert models.get("a").kind("best") == "mean"  # nothing else is known before a run


def test_the_mean_needs_no_memory():
    found = predict(MODELS, "mean", "b", [np.nan, 1.0])
    assert found.runtime_s.tolist() == [35.0, 35.0]
    assert not found.outside.any()
    unvalidated = fit_models(["a"], [1e9], [5.0], minimum_builds=1, cross_validate=False)
    assert predict(unvalidated, "best", "a", 1e9).runtime_s == 5.0
