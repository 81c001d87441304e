"""Shapley values: against brute force, and the laws that single them out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_games import (
    PACKAGES,
    fleet_of,
    fleets,
    game,
    names_of,
    plain_values,
    plain_worth,
    plain_worths,
    workloads,
)

from placewise.errors import InputError, PlacewiseError
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import package_subsystem
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.study import values as valuing
from placewise.study.values import costs_of, worth_of
from placewise.worth import game as game_module
from placewise.worth.shapley import DrawnOrders, estimates, exact_shares

scorings = st.sampled_from(["corrected", "published"])


def by_name(worth, field="value"):
    return {one.name: getattr(one, field) for one in worth.subsystems}


def near(one, other):
    return one.keys() == other.keys() and all(math.isclose(one[k], other[k], abs_tol=1e-9) for k in one)


@given(fleets(), workloads(), scorings)
def test_exact_values_are_those_of_brute_force(fleet, workload, scoring):
    worth = worth_of(game(fleet, workload, scoring))
    worths = plain_worths(fleet, workload, scoring)
    assert worth.exact
    assert near(by_name(worth), plain_values(worths, names_of(workload)))
    assert math.isclose(sum(by_name(worth).values()), worth.everything - worth.nothing, abs_tol=1e-9)
    assert math.isclose(worth.nothing, worths[frozenset()], abs_tol=1e-12)
    assert math.isclose(worth.everything, worths[frozenset(names_of(workload))], abs_tol=1e-12)


@given(fleets(), workloads(), scorings)
def test_lifts_and_losses_are_those_of_brute_force(fleet, workload, scoring):
    worth = worth_of(game(fleet, workload, scoring))
    worths = plain_worths(fleet, workload, scoring)
    everyone = frozenset(names_of(workload))
    lifts = {name: worths[frozenset([name])] - worths[frozenset()] for name in everyone}
    losses = {name: worths[everyone] - worths[everyone - {name}] for name in everyone}
    assert near(by_name(worth, "single_lift"), lifts)
    assert near(by_name(worth, "drop_one_loss"), losses)


@given(fleets(), workloads(), st.permutations(PACKAGES))
def test_other_names_change_no_value(fleet, workload, shuffled):
    rename = dict(zip(PACKAGES, shuffled, strict=True))
    renamed_fleet = Fleet(
        tuple(
            Cluster(
                c.name,
                subsystems=tuple(
                    package_subsystem(rename[s.name], dict(s.vertices[0].properties)["version"]) for s in c.subsystems
                ),
            )
            for c in fleet.clusters
        )
    )
    rows = [
        [
            version_requirement(rename[r.subsystem], *r.conditions[0].predicate.versions.bounds)
            for r in workload.job(job).requirements
        ]
        for job in range(len(workload))
    ]
    renamed = Workload.from_rows(workload.names, rows)
    one, other = worth_of(game(fleet, workload)), worth_of(game(renamed_fleet, renamed))
    for field in ("value", "single_lift", "drop_one_loss", "blame", "sole", "jobs"):
        assert near({rename[k]: v for k, v in by_name(one, field).items()}, by_name(other, field))


@given(fleets(), workloads())
def test_what_every_cluster_meets_is_worth_nothing(fleet, workload):
    everywhere = Fleet(
        tuple(Cluster(c.name, subsystems=(*c.subsystems, package_subsystem("met", "2"))) for c in fleet.clusters)
    )
    met = version_requirement("met", "1", "3")
    rows = [[*workload.job(job).requirements, met] for job in range(len(workload))]
    worth = worth_of(game(everywhere, Workload.from_rows(workload.names, rows)))
    (found,) = [one for one in worth.subsystems if one.name == "met"]
    assert (found.value, found.single_lift, found.drop_one_loss, found.blame, found.sole) == (0, 0, 0, 0, 0)
    assert found.jobs == len(workload)


@given(fleets(), workloads())
def test_twins_have_one_value(fleet, workload):
    """A subsystem that is asked for and offered wherever another is, in the same way, is worth the same."""

    def twin(subsystem):
        return package_subsystem("twin", dict(subsystem.vertices[0].properties)["version"])

    doubled = Fleet(
        tuple(
            Cluster(c.name, subsystems=(*c.subsystems, *(twin(s) for s in c.subsystems if s.name == "a")))
            for c in fleet.clusters
        )
    )
    rows = []
    for job in range(len(workload)):
        wanted = list(workload.job(job).requirements)
        bounds = [r.conditions[0].predicate.versions.bounds for r in wanted if r.subsystem == "a"]
        rows.append([*wanted, *(version_requirement("twin", *each) for each in bounds)])
    values = by_name(worth_of(game(doubled, Workload.from_rows(workload.names, rows))))
    if "a" in values:
        assert math.isclose(values["a"], values["twin"], abs_tol=1e-12)


@given(fleets(), workloads())
def test_every_refused_pair_is_blamed_once(fleet, workload):
    worth = worth_of(game(fleet, workload))
    shares = dict.fromkeys(names_of(workload), 0.0)
    sole = dict.fromkeys(names_of(workload), 0)
    refused = 0
    for job in range(len(workload)):
        wanted = workload.job(job).requirements
        for cluster in fleet.clusters:
            alone = Fleet((cluster,))
            failing = [r.subsystem for r in wanted if not plain_worth_of_one(alone, r)]
            refused += bool(failing)
            for name in failing:
                shares[name] += 1 / len(failing)
                sole[name] += len(failing) == 1
    assert near(by_name(worth, "blame"), shares)
    assert by_name(worth, "sole") == sole
    assert worth.incompatible == refused
    assert worth.pairs == len(workload) * len(fleet)


def plain_worth_of_one(fleet, requirement):
    return plain_worth(fleet, Workload.from_rows(["j"], [[requirement]]), {requirement.subsystem})[0] == 1.0


@settings(max_examples=settings.default.max_examples // 2)
@given(fleets(), workloads(), scorings, st.integers(0, 3))
def test_drawn_orders_agree_with_exact_values_within_their_error(fleet, workload, scoring, seed):
    one = game(fleet, workload, scoring)
    exact = worth_of(one)
    drawn = worth_of(one, method="sampled", precision=0.2, seed=seed)
    assert math.isclose(sum(by_name(drawn).values()), drawn.everything - drawn.nothing, abs_tol=1e-9), (
        "each order divides the whole"
    )
    errors = by_name(drawn, "standard_error")
    for name, value in by_name(exact).items():
        # Six standard errors, and one more order's worth where all that were drawn agree by chance.
        assert abs(by_name(drawn)[name] - value) <= 6 * errors[name] + 0.15


def test_the_standard_error_is_that_of_the_mean_of_the_draws():
    one = game(every_combination(13), asking_for_all())
    task = DrawnOrders(one, 0, 4, 7)
    rows = np.array([DrawnOrders(one, 0, 1, seed)(0)[: len(one.names)] for seed in range(64)])
    sums = np.sum([np.concatenate([row, row * row]) for row in rows], axis=0)
    mean, error = estimates(sums, 64)
    assert np.allclose(mean, rows.mean(axis=0))
    assert np.allclose(error, rows.std(axis=0, ddof=1) / 8)
    assert error.min() > 0
    assert task(3) == task(3)
    assert task(3) != task(4)


def every_combination(clusters):
    return fleet_of(*({p: str(1 + (at >> bit & 1)) for bit, p in enumerate("abcd")} for at in range(clusters)))


def asking_for_all():
    return Workload.from_rows(["j"], [[version_requirement(p, "1", "1") for p in "abcd"]])


def asking_for_both():
    return Workload.from_rows(["j"], [[version_requirement("a", "1", "1"), version_requirement("b", "1", "1")]])


def test_sampling_stops_at_the_precision_asked_for():
    one = game(every_combination(13), asking_for_all())
    rough = worth_of(one, method="sampled", precision=0.1)
    fine = worth_of(one, method="sampled", precision=0.005)
    assert rough.permutations < fine.permutations
    for worth, precision in ((rough, 0.1), (fine, 0.005)):
        assert all(one.standard_error <= precision * abs(one.value) for one in worth.subsystems)


@given(fleets(), workloads(), st.integers(1, 64))
def test_block_sizes_change_nothing(fleet, workload, words):
    expected = worth_of(game(fleet, workload))
    before, game_module._BLOCK_WORDS = game_module._BLOCK_WORDS, words
    try:
        found = worth_of(game(fleet, workload))
    finally:
        game_module._BLOCK_WORDS = before
    for field in ("value", "single_lift", "drop_one_loss", "blame"):
        assert near(by_name(found, field), by_name(expected, field))


def test_values_that_do_not_sum_up_are_our_fault_and_said(monkeypatch):
    def lossy(game, limit):
        shares = exact_shares(game, limit)
        return type(shares)(shares.job, shares.player, shares.value * 0.9, shares.coalitions)

    monkeypatch.setattr(valuing, "exact_shares", lossy)
    one = game(fleet_of({"a": "1", "b": "1"}, {"a": "2", "b": "1"}), asking_for_both())
    with pytest.raises(PlacewiseError, match="do not sum"):
        worth_of(one)


def test_net_value_is_value_less_cost():
    one = game(fleet_of({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "3"}), asking_for_both())
    worth = worth_of(one, costs={"a": 0.25}, job_worth=2.0)
    for found in worth.subsystems:
        cost = {"a": 0.25, "b": 0.0}[found.name]
        assert found.collection_cost == cost
        assert found.net == pytest.approx(found.value * 1 * 2.0 - cost)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "guess"}, "no such method"),
        ({"precision": 0.0}, "--precision"),
        ({"precision": float("nan")}, "--precision"),
        ({"costs": {"zlib": 1.0}}, "no job needs"),
    ],
    ids=["method", "precision-0", "precision-nan", "cost"],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    one = game(fleet_of({"a": "1", "b": "1"}), asking_for_both())
    with pytest.raises(InputError, match=message):
        worth_of(one, **settings)


def test_costs_that_are_not_given_are_nothing():
    assert costs_of(("a", "b"), {"b": 2.0}).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("worth", [float("inf"), 1e308, float("nan"), -1.0])
def test_a_worth_that_no_figure_can_hold_is_refused(worth):
    with pytest.raises(InputError, match="--job-worth"):
        worth_of(two_jobs(), costs={"a": 1.0}, job_worth=worth)


def test_costs_whose_sum_no_figure_can_hold_are_refused():
    with pytest.raises(InputError, match="costs"):
        costs_of(("a", "b"), {"a": 1e308, "b": 1e308})


def test_more_resamples_than_memory_could_hold_are_refused():
    with pytest.raises(InputError, match="--resamples"):
        worth_of(two_jobs(), resamples=10**18)


def two_jobs():
    fleet = fleet_of({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "3"})
    wanted = [(version_requirement("a", "2", "2"),), (version_requirement("b", "3", "3"),)]
    return game(fleet, Workload.from_rows(["one", "two"], wanted))
