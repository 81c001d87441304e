"""One formula for every truth: p of 0 and 1 gives the figures of rules to the last digit, and any p its mean."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields, is_dataclass, replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from plain_experiments import fleets, workloads
from studies import KERNELS, study_of
from test_any_records import DECLARED, fleet_of, jobs, offers, records_of

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.studies.settings import Settings
from placewise.outcomes import judging
from placewise.outcomes.chances import ChanceSets, ChanceTable
from placewise.outcomes.success import success_on
from placewise.study.demands import record_demands, version_demands
from placewise.study.demands.demands import demands_of
from placewise.study.near_misses import near_misses_of
from placewise.study.run import run_study
from placewise.study.values import game_of, worth_of
from placewise.worth.game import with_all_metadata, without_metadata
from placewise.worth.sufficiency import smallest_set

BRIEF = Settings(orders=2, resamples=3, fleets=2)


def as_table(sets, clusters):
    """Return sets of clusters as a table of 0 and 1 whose rows and columns are in an order of their own."""
    whole = bitset.unpack(sets, clusters).astype(np.float64)
    rows, row = np.unique(whole, axis=0, return_inverse=True)
    table, column = np.unique(rows, axis=1, return_inverse=True)
    return ChanceTable(table, row.reshape(-1), column.reshape(-1))


def under_tables(clusters):
    """Replace the sets of every truth by tables that hold the same."""
    stack = ExitStack()
    for module in (version_demands, record_demands, judging):
        stack.enter_context(patch.object(module, "ChanceSets", lambda sets: as_table(sets, clusters)))
    return stack


def same(one, other):
    """Whether two values are equal to the last digit, arrays and what holds them included."""
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


def figures(study):
    """Return all that simulate, value, minimal and near-miss work out of a study."""
    run = run_study(study, KERNELS)
    game = game_of(study, KERNELS)
    found = [run.results, run.tables, worth_of(game, resamples=3), smallest_set(game, 0.9, random_orders=3)]
    if study.settings.scoring == "corrected" or study.rules:
        found.append(near_misses_of(study, top=5))
    return found


@given(fleets(), workloads(), st.sampled_from(["corrected", "published"]), st.booleans())
@settings(max_examples=12)
def test_zero_and_one_give_version_jobs_the_figures_of_rules(fleet, workload, scoring, sample):
    study = study_of(fleet, workload, replace(BRIEF, scoring=scoring, sample=sample))
    by_rules = figures(study)
    with under_tables(len(fleet)):
        assert same(by_rules, figures(study))


@given(offers, jobs)
@settings(max_examples=12)
def test_zero_and_one_give_records_the_figures_of_rules(clusters, rows):
    study = study_of(fleet_of(clusters), records_of(rows), BRIEF, **DECLARED)
    by_rules = figures(study)
    with under_tables(len(clusters)):
        assert same(by_rules, figures(study))


@st.composite
def tables(draw, clusters, jobs):
    """Tables of p, rows and columns of which several jobs and clusters may share."""
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    p = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.125, 0.3, 0.5, 0.9, 1.0])))
    row, column = (
        np.array(draw(st.lists(st.integers(0, most - 1), min_size=size, max_size=size)), dtype=np.int64)
        for most, size in zip(shape, (jobs, clusters), strict=True)
    )
    return ChanceTable(p, row, column)


@given(st.data(), fleets(), workloads())
def test_success_is_the_mean_of_p_over_the_match_and_the_ceiling_the_mean_of_its_maximum(data, fleet, workload):
    study = study_of(fleet, workload, Settings(orders=2, resamples=0, fleets=0))
    asked = demands_of(study, KERNELS).on(FleetIndex(fleet))
    chances = data.draw(tables(len(fleet), len(asked.weights)))
    p = np.array([[chances.table[row, column] for column in chances.column] for row in chances.row])
    matches = asked.places.clusters_of(
        np.stack(
            [
                np.bitwise_and.reduce(asked.questions.table[asked.questions.ids[a:b]], axis=0)
                for a, b in zip(asked.questions.offsets, asked.questions.offsets[1:], strict=False)
            ]
        )
    )
    flags = bitset.unpack(matches, len(fleet))
    wanted = [p[job][flags[job]].mean() if flags[job].any() else 0.0 for job in range(len(p))]
    with patch.object(version_demands, "ChanceSets", lambda _: chances):
        results = run_study(study, KERNELS).results
        game = game_of(study, KERNELS)
    weights = asked.weights / asked.weights.sum()
    assert results.ceiling == pytest.approx(weights @ p.max(axis=1), abs=1e-12)
    assert results.scores["all"].success == pytest.approx(weights @ wanted, abs=1e-12)
    assert results.scores["none"].success == pytest.approx(weights @ p.mean(axis=1), abs=1e-12)
    assert results.scores["none"].recall in (None, pytest.approx(1.0))
    assert with_all_metadata(game) == pytest.approx(wanted, abs=1e-12)
    assert without_metadata(game) == pytest.approx(p.mean(axis=1), abs=1e-12)
    assert game.ceiling == pytest.approx(results.ceiling, abs=1e-12)
    # Where p is a probability every set of few players is tried, so that what is least is known all the same.
    found = smallest_set(game, 0.5, random_orders=1)
    assert found.at_least is not None or found.unreachable


@given(st.data(), st.integers(1, 90), st.integers(1, 6))
def test_tables_sum_up_as_loops_do(data, clusters, count):
    chances = data.draw(tables(clusters, count))
    flags = data.draw(arrays(np.bool_, (count, 3, clusters)))
    every = np.arange(count)
    p = chances.on_each(clusters)
    found = success_on(bitset.pack(flags), chances, every)
    for job in range(count):
        for one in range(3):
            some = p[job][flags[job, one]]
            assert found.share[job, one] == pytest.approx(some.mean() if len(some) else 0.0, abs=1e-12)
    assert chances.total == pytest.approx(p.sum(axis=1), abs=1e-12)
    assert chances.able.tolist() == (p > 0).sum(axis=1).tolist()
    assert chances.best.tolist() == p.max(axis=1).tolist()
    certain = chances.certain()
    if certain is not None:
        sets = ChanceSets(certain)
        for name in ("total", "able", "best"):
            assert np.array_equal(getattr(sets, name), getattr(chances, name))
        assert np.array_equal(sets.on_each(clusters), p)


@pytest.mark.parametrize("wrong", [1.5, -0.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(InputError, match="not a probability"):
        ChanceTable(np.array([[wrong]]), np.zeros(1, np.int64), np.zeros(1, np.int64))
