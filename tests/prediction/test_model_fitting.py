"""Fitting and validating package by package."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsRegressor

from placewise.errors import InputError
from placewise.formats.results.model_files import models_json
from placewise.model.results.runtime_models import KINDS, CrossValidation, Line, Models, PackageModels
from placewise.prediction import fit_models, predict
from placewise.prediction.builds import PackageBuilds
from placewise.prediction.pooling import nested
from placewise.prediction.validation import cross_validate, out_of_fold


def synthetic(**packages):
    """Columns of builds: for each package a slope in s/GiB and a number of builds, with some noise."""
    random = np.random.default_rng(1)
    names, memory, duration = [], [], []
    for name, (slope, count) in packages.items():
        gib = random.uniform(1, 4, count)
        names += [name] * count
        memory += (gib * 2**30).tolist()
        duration += (500 + slope * gib + random.normal(0, 5, count)).tolist()
    return names, np.array(memory), np.array(duration)


BUILDS = synthetic(rising=(100, 120), falling=(-60, 101), rare=(10, 99))


def test_slopes_and_cards_are_recovered():
    models = fit_models(*BUILDS)
    assert models.packages == ("falling", "rising")
    assert models.too_few == (("rare", 99),)
    rising, falling = models.card("rising"), models.card("falling")
    assert rising.slope_s_per_gib == pytest.approx(100, abs=2)
    assert rising.slope_s_per_byte * 2**30 == pytest.approx(rising.slope_s_per_gib)
    assert (rising.slope_sign, falling.slope_sign) == (1, -1)
    assert rising.builds == 120
    assert rising.memory_range_bytes == (BUILDS[1][:120].min(), BUILDS[1][:120].max())
    assert rising.fastest_runtime_s == pytest.approx(np.sort(BUILDS[2][:120])[:12].mean())
    assert falling.fastest_runtime_s == pytest.approx(np.sort(BUILDS[2][120:221])[:11].mean())
    assert rising.best_memory_bytes == BUILDS[1][BUILDS[2][:120].argmin()]
    assert rising.validation.linear.mean_absolute_error_s == pytest.approx(5 * np.sqrt(2 / np.pi), rel=0.25)
    assert rising.validation.linear.root_mean_square_error_s == pytest.approx(5, rel=0.25)
    assert rising.validation.linear.correlation > 0.99
    assert rising.validation.linear.relative_error < rising.validation.mean.relative_error
    assert rising.validation.mean.correlation is None


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_builds_tells_nothing(random):
    names, memory, duration = BUILDS[0], np.round(BUILDS[1], -8), BUILDS[2]
    assert len(set(memory)) < len(memory) / 2
    order = list(range(len(names)))
    random.shuffle(order)
    shuffled = fit_models([names[i] for i in order], memory[order], duration[order])
    assert models_json(shuffled) == models_json(fit_models(names, memory, duration))


def test_the_seed_decides_the_folds_and_nothing_else():
    one, other = fit_models(*BUILDS, seed=1), fit_models(*BUILDS, seed=2)
    assert models_json(one) == models_json(fit_models(*BUILDS, seed=1))
    assert one.card("rising").validation != other.card("rising").validation
    assert one.by_package[0].linear == other.by_package[0].linear


def test_other_packages_do_not_change_a_package():
    alone = fit_models(BUILDS[0][:120], BUILDS[1][:120], BUILDS[2][:120])
    assert alone.card("rising") == fit_models(*BUILDS).card("rising")


def without_facts(memory, duration):
    return PackageBuilds(memory, duration, np.zeros((0, len(memory)), dtype=np.int64))


@given(st.integers(0, 4), st.integers(0, 10_000))
def test_no_build_helps_to_predict_its_own_fold(fold, seed):
    random = np.random.default_rng(seed)
    memory, duration = np.sort(random.uniform(1e8, 1e9, 30)), random.uniform(10, 100, 30)
    fold_of, groups = random.permutation(30) % 5, nested(random.integers(0, 3, (2, 30)))
    changed = np.where(fold_of == fold, random.uniform(1e3, 1e4, 30), duration)
    before, after = (out_of_fold(PackageBuilds(memory, one, groups), fold_of) for one in (duration, changed))
    assert before.keys() == {"linear", "log-linear", "knn", "mean", "hierarchical"}
    for kind, predicted in before.items():
        assert (predicted[fold_of == fold] == after[kind][fold_of == fold]).all()
        if kind != "knn":
            assert (predicted[fold_of != fold] != after[kind][fold_of != fold]).all()


def test_out_of_fold_neighbours_are_those_of_scikit_learn():
    memory, duration = BUILDS[1][:120], BUILDS[2][:120]
    order = np.argsort(memory)
    memory, duration = memory[order], duration[order]
    fold_of = np.arange(120) % 4
    found = out_of_fold(without_facts(memory, duration), fold_of)["knn"]
    for fold in range(4):
        train, held_out = fold_of != fold, fold_of == fold
        oracle = KNeighborsRegressor().fit(memory[train, None], duration[train])
        assert found[held_out] == pytest.approx(oracle.predict(memory[held_out, None]), rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_packages_of_few_builds(count):
    names, memory, duration = (column[:count] for column in BUILDS)
    models = fit_models(names, memory, duration, minimum_builds=1)
    assert (models.by_package[0].validation is None) == (count == 1)
    assert models.card("rising").builds == count
    for kind in KINDS:
        assert np.isfinite(predict(models, kind, "rising", memory).runtime_s).all()


def test_validation_is_left_out_on_demand():
    assert fit_models(*BUILDS, cross_validate=False).card("rising").validation is None
    assert fit_models(*BUILDS, cross_validate=False).by_package[0].linear == fit_models(*BUILDS).by_package[0].linear


def test_what_does_not_vary_has_no_correlation():
    found = cross_validate("p", without_facts(np.full(10, 5.0), np.full(10, 7.0)), np.arange(10) % 5, 0)
    assert found.linear == found.knn == CrossValidation(0.0, 0.0, 0.0, None)


def test_nothing_fitted_is_a_value():
    models = fit_models(*BUILDS, minimum_builds=1000)
    assert len(models) == 0
    assert dict(models.too_few) == {"falling": 101, "rare": 99, "rising": 120}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), "do not pair up"),
        ((["p"], [1.0, 2.0], [1.0]), "do not pair up"),
        ((["p"], [0.0], [1.0]), "memory_bytes is not usable; expected a number above 0 and at most 1e+100; found 0.0"),
        ((["p", "q"], [1.0, 2.0], [1.0, float("nan")]), "build 2: duration_s is not usable"),
        ((["p"], [float("inf")], [1.0]), "memory_bytes is not usable"),
        ((["p"], ["x"], [1.0]), "memory_bytes does not hold numbers"),
        ((["p"], [[1.0]], [1.0]), "memory_bytes is not one column"),
        ((["p", "p"], [1e-320, 2e-320], [1.0, 2.0]), "package 'p': a line is not finite"),
        ((["p"], [1.1e100], [1.0]), "memory_bytes is not usable"),
        (([""], [1.0], [1.0]), "a package has no name"),
    ],
)
def test_bad_builds_are_refused(arguments, message):
    with pytest.raises(InputError) as caught:
        fit_models(*arguments, minimum_builds=1)
    assert message in str(caught.value)


@pytest.mark.parametrize("setting", [{"minimum_builds": 0}, {"folds": 1}, {"seed": -1}])
def test_bad_settings_are_refused(setting):
    with pytest.raises(InputError, match="is not usable"):
        fit_models(*BUILDS, **setting)


@given(st.lists(st.tuples(*[st.floats(0, 1e100, exclude_min=True)] * 2), min_size=1, max_size=12))
def test_any_numbers_make_models_or_one_clear_error(pairs):
    memory, duration = zip(*pairs, strict=True)
    try:
        models = fit_models(["p"] * len(pairs), memory, duration, minimum_builds=1)
    except InputError as error:
        assert str(error).startswith("package 'p'")
        return
    for kind in KINDS:
        assert not np.isnan(predict(models, kind, "p", memory).runtime_s).any()


def test_bad_models_are_refused():
    line = Line(1.0, 2.0)
    one = PackageModels("p", np.array([1.0]), np.array([2.0]), line, line, None)
    with pytest.raises(InputError, match="occurs twice"):
        Models((one,), (("p", 3),), 100, 5, 0)
    with pytest.raises(InputError, match="has no models"):
        Models((one,), (), 100, 5, 0).card("q")
    with pytest.raises(InputError, match="do not pair up"):
        PackageModels("p", np.array([]), np.array([]), line, line, None)
    with pytest.raises(InputError, match="correlation is not usable"):
        CrossValidation(1.0, 1.0, 1.0, 1.5)
    with pytest.raises(InputError, match="error is not usable"):
        CrossValidation(1.0, float("inf"), 1.0, None)


@pytest.mark.slow
def test_more_memory_is_slower_for_97_of_171_public_packages(public_models):
    assert len(public_models) == 171
    assert public_models.too_few == ()
    assert sum(card.slope_sign > 0 for card in public_models.cards()) == 97


def test_public_neighbours_are_those_of_scikit_learn(public_builds, public_models):
    of_package = np.array(public_builds.packages)
    elsewhere = np.random.default_rng(0).uniform(1e8, 6e10, 100)
    for package in public_models.packages:
        chosen = of_package == package
        memory, duration = public_builds.memory_bytes[chosen], public_builds.duration_s[chosen]
        oracle = KNeighborsRegressor().fit(memory[:, None], duration)
        asked = np.concatenate([memory, elsewhere])
        found = predict(public_models, "knn", package, asked).runtime_s
        assert found == pytest.approx(oracle.predict(asked[:, None]), rel=1e-12)
