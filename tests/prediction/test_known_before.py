"""Runtimes by what is known before a run, and errors of choices and of later builds."""

import statistics
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.results.model_files import models_from_json, models_json
from placewise.model.results.grouped_runtimes import Group, GroupedRuntimes
from placewise.prediction import fit_models, predict
from placewise.prediction.cost import not_clearly_worse
from placewise.prediction.pooling import nested, pooled
from placewise.prediction.validation import later


def drawn(seed=0, builds=200, packages=3, noise=0.1):
    """Builds whose runtime depends on the arch, twice as long on one of two, and not on memory."""
    random = np.random.default_rng(seed)
    names = [f"p{i % packages}" for i in range(builds)]
    arch, compiler = (random.choice(["a", "b"], builds).tolist() for _ in range(2))
    seconds = np.where(np.array(arch) == "b", 200.0, 100.0) * np.exp(random.normal(0, noise, builds))
    return names, random.uniform(1e8, 1e9, builds), seconds, {"arch": arch, "compiler": compiler}


NAMES, MEMORY, DURATION, FACTS = drawn()
MODELS = fit_models(NAMES, MEMORY, DURATION, facts=FACTS, minimum_builds=10, nest=("best", "best-with-memory"))


def test_a_runtime_is_that_of_what_the_build_runs_on():
    on = {arch: float(predict(MODELS, "hierarchical", "p0", np.nan, (arch, "a")).runtime_s) for arch in "ab"}
    assert on["a"] == pytest.approx(100, rel=0.1)
    assert on["b"] == pytest.approx(200, rel=0.1)
    assert MODELS.get("p0").kind("best") == "hierarchical"
    validation = MODELS.card("p0").validation
    assert validation.hierarchical.relative_error < validation.mean.relative_error / 2


def test_what_is_not_known_is_as_the_group_above():
    arch = predict(MODELS, "hierarchical", "p0", np.nan, ("a",)).runtime_s
    assert predict(MODELS, "hierarchical", "p0", 1e9, ("a", None)).runtime_s == arch
    assert predict(MODELS, "hierarchical", "p0", 1e9, ("a", "never seen")).runtime_s == arch
    nothing = predict(MODELS, "hierarchical", "p0", 1e9).runtime_s
    assert predict(MODELS, "hierarchical", "p0", 1e9, (None, "a")).runtime_s == nothing
    assert arch < nothing < 2 * arch


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(2, 40))
def test_effects_are_drawn_towards_the_group_above(seed, facts, builds):
    random = np.random.default_rng(seed)
    groups = nested(random.integers(0, 3, (facts, builds)))
    duration, everything = random.uniform(1, 100, builds), np.ones(builds, dtype=bool)
    found = np.log(pooled(groups, duration, everything))
    log = np.log(duration)
    scale = found[0, 0] - log.mean()
    for depth, group in enumerate(groups):
        for one in set(group.tolist()):
            inside = group == one
            above, own, raw = found[depth, inside][0], found[depth + 1, inside][0], log[inside].mean() + scale
            assert len(set(found[depth + 1, inside])) == 1
            assert min(above, raw) - 1e-9 <= own <= max(above, raw) + 1e-9


@given(st.integers(0, 1000))
def test_sums_are_kept(seed):
    random = np.random.default_rng(seed)
    groups = nested(random.integers(0, 3, (2, 30)))
    duration = random.uniform(1, 100, 30)
    found = pooled(groups, duration, np.ones(30, dtype=bool))[-1]
    assert (duration / found).mean() == pytest.approx(1)


def test_where_nothing_depends_on_facts_they_change_little():
    names, memory, duration, facts = drawn(seed=3, noise=0.5)
    shuffled = np.random.default_rng(1).permutation(duration)
    found = fit_models(names, memory, shuffled, facts=facts, minimum_builds=10)
    validations = [card.validation for card in found.cards()]
    more = statistics.mean(one.hierarchical.relative_error - one.mean.relative_error for one in validations)
    assert abs(more) < 0.03


def test_a_choice_validated_by_the_builds_that_it_was_made_by_looks_too_good():
    """The least of several errors is optimistic, which the nested one is not: seen on durations by chance alone."""
    random = np.random.default_rng(0)
    names = [f"p{i % 40}" for i in range(800)]
    models = fit_models(
        names, random.uniform(1e8, 1e9, 800), random.lognormal(3, 1, 800), minimum_builds=5, nest=("best-with-memory",)
    )
    validations = [card.validation for card in models.cards()]
    chosen = [one.of(one.choose("best-with-memory")).relative_error for one in validations]
    nested_error = [one.best_with_memory.relative_error for one in validations]
    assert all(least <= one.mean.relative_error for least, one in zip(chosen, validations, strict=True))
    assert statistics.mean(nested_error) > statistics.mean(chosen) + 0.01


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_later_builds_are_after_all_others(times):
    held_out = later(np.array(times, dtype=float))
    if held_out is None:
        return
    assert held_out.sum() >= max(1, len(times) // 5)
    assert min(np.array(times)[held_out]) > max(np.array(times)[~held_out])


def test_a_change_in_time_shows_in_the_later_builds_only():
    names, memory, duration, facts = drawn()
    times = np.arange(len(names), dtype=float)
    slower = np.where(times >= 160, 5 * duration, duration)
    steady, changed = (
        fit_models(names, memory, one, facts=facts, times_s=times, minimum_builds=10).cards()
        for one in (duration, slower)
    )
    assert max(card.later.hierarchical.relative_error for card in steady) < 0.15
    assert min(card.later.hierarchical.relative_error for card in changed) > 0.7
    assert fit_models(names, memory, duration, facts=facts, minimum_builds=10).cards()[0].later is None


def test_memory_is_not_used_unless_asked_for():
    other = np.random.default_rng(7).permutation(MEMORY)
    shuffled = fit_models(NAMES, other, DURATION, facts=FACTS, minimum_builds=10)
    for choice in ("best", "mean", "hierarchical"):
        for package in MODELS.packages:
            found = [predict(one, choice, package, 5e8, ("a", "b")).runtime_s for one in (MODELS, shuffled)]
            assert found[0] == pytest.approx(found[1], rel=0.02)  # other folds may choose another model
            assert predict(MODELS, choice, package, 1.0, ("a", "b")).runtime_s == found[0]
    assert not {"linear", "log-linear", "knn"} & set(not_clearly_worse(MODELS, "best"))


def test_a_model_clearly_worse_bounds_no_cost():
    assert not_clearly_worse(MODELS, "best") == ("best", "hierarchical")
    assert not_clearly_worse(MODELS, "mean") == ("mean", "hierarchical")


def test_models_are_read_as_they_were_written():
    text = models_json(MODELS)
    assert models_json(models_from_json(text, "here")) == text


@pytest.mark.parametrize(
    "groups", [(), (Group(("a",), 1.0),), (Group((), 1.0), Group((), 2.0)), (Group((), 0.0),), (Group((), np.nan),)]
)
def test_groups_that_cannot_be(groups):
    with pytest.raises(InputError, match="not usable"):
        GroupedRuntimes(groups)


def test_boosting_learns_across_packages_and_is_saved():
    pytest.importorskip("sklearn")
    models = fit_models(NAMES, MEMORY, DURATION, facts=FACTS, minimum_builds=10, boosted=True, seed=1)
    on = {arch: float(predict(models, "boosted", "p0", np.nan, (arch, "a")).runtime_s) for arch in "ab"}
    assert on["a"] == pytest.approx(100, rel=0.1)
    assert on["b"] == pytest.approx(200, rel=0.1)
    validation = models.card("p0").validation
    assert validation.boosted.relative_error < validation.mean.relative_error / 2
    again = models_from_json(models_json(models), "here")
    assert again.get("p1").boosted == models.get("p1").boosted
    assert np.isnan(predict(MODELS, "boosted", "p0", 1e9, ("a", "a")).runtime_s)


def test_boosting_says_what_it_needs(monkeypatch):
    with pytest.raises(InputError, match="columns like arch, compiler"):
        fit_models(NAMES, MEMORY, DURATION, minimum_builds=10, boosted=True)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(InputError, match=r"placewise\[learn\]"):
        fit_models(NAMES, MEMORY, DURATION, facts=FACTS, minimum_builds=10, boosted=True)


def test_public_builds_are_predicted_better_by_what_they_ran_on(public_builds):
    models = fit_models(
        public_builds.packages,
        public_builds.memory_bytes,
        public_builds.duration_s,
        facts=public_builds.facts,
        nest=("best",),
    )
    validations = [card.validation for card in models.cards()]
    errors = {
        kind: statistics.median(one.of(kind).relative_error for one in validations)
        for kind in ("mean", "hierarchical", "best")
    }
    assert errors["hierarchical"] < 0.37
    assert errors["mean"] > 0.38
    assert errors["best"] < 0.37
    assert not_clearly_worse(models, "best") == ("best", "mean", "hierarchical")


def test_a_group_without_builds_is_the_group_above_where_nothing_varies_within_groups():
    groups = np.array([[1, 1, 1, 2, 0]])
    seconds = np.array([1.0, 1.0, 1.0, 2.0, 1.0])
    learned = np.array([True, True, True, True, False])
    found = pooled(groups, seconds, learned)[-1]
    assert np.isfinite(found).all()
    assert found[4] == pytest.approx(pooled(groups, seconds, learned)[0][4])
