"""Small sets that suffice: against trying every set, and what is proven of them."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_games import fleet_of, fleets, game, names_of, plain_worth, plain_worths, workloads

from placewise.errors import InputError
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.worth import pareto, sufficiency
from placewise.worth.pareto import level_points
from placewise.worth.playing import Playing
from placewise.worth.sufficiency import greedy_names, smallest_set

scorings = st.sampled_from(["corrected", "published"])
targets = st.sampled_from([0.3, 0.6, 0.9, 1.0])


@pytest.fixture
def never_trying_all(monkeypatch):
    """Leave even few subsystems to the search and its proof."""
    monkeypatch.setattr(sufficiency, "MOST_TRIED", -1)


def smallest_by_trying(worths, wanted, cost=len):
    enough = [told for told, worth in worths.items() if worth >= wanted - 1e-12]
    return min(map(cost, enough), default=None)


@given(fleets(), workloads(), scorings, targets)
def test_no_smaller_set_suffices(fleet, workload, scoring, target):
    one = game(fleet, workload, scoring)
    found = smallest_set(one, target, random_orders=1)
    worths = plain_worths(fleet, workload, scoring)
    least = smallest_by_trying(worths, target * one.ceiling)
    assert math.isclose(found.reached, worths[frozenset(found.metadata)], abs_tol=1e-12)
    if least is None:
        assert not found.met
        assert found.unreachable
        assert math.isclose(found.reached, max(worths.values()), abs_tol=1e-12)
    else:
        assert found.met
        assert found.optimal
        assert len(found.metadata) == found.at_least == least


@given(fleets(), workloads(), scorings, targets)
def test_the_proof_never_claims_too_much(fleet, workload, scoring, target):
    before, sufficiency.MOST_TRIED = sufficiency.MOST_TRIED, -1
    try:
        one = game(fleet, workload, scoring)
        found = smallest_set(one, target, random_orders=1)
    finally:
        sufficiency.MOST_TRIED = before
    least = smallest_by_trying(plain_worths(fleet, workload, scoring), target * one.ceiling)
    if found.at_least is not None and least is not None:
        assert found.at_least <= least
    if found.optimal:
        assert len(found.metadata) == least
    if found.unreachable:
        assert least is None
    if scoring == "corrected" and least is not None:
        # What decides success is all that is told, so that the program's success is the true one.
        assert found.optimal


@given(fleets(), workloads(), st.fixed_dictionaries({p: st.sampled_from([0.0, 0.5, 1.0, 3.0]) for p in "abcd"}))
def test_with_costs_no_cheaper_set_suffices(fleet, workload, costs):
    one = game(fleet, workload)
    price = np.array([costs[name] for name in one.names])
    worths = plain_worths(fleet, workload)
    least = smallest_by_trying(worths, 0.8 * one.ceiling, lambda told: sum(costs[name] for name in told))
    for most_tried in (12, -1):
        before, sufficiency.MOST_TRIED = sufficiency.MOST_TRIED, most_tried
        try:
            found = smallest_set(one, 0.8, costs=price, random_orders=1)
        finally:
            sufficiency.MOST_TRIED = before
        assert found.cost == pytest.approx(least)
        assert found.optimal


@given(fleets(), workloads(), scorings)
def test_the_greedy_path_takes_what_adds_most_and_its_curve_is_true(fleet, workload, scoring):
    one = game(fleet, workload, scoring)
    found = smallest_set(one, 0.9, random_orders=3)
    worths = plain_worths(fleet, workload, scoring)
    assert sorted(found.path) == names_of(workload)
    for told, worth in enumerate(found.greedy.tolist()):
        assert math.isclose(worth, worths[frozenset(found.path[:told])], abs_tol=1e-9)
    useful = {one.names[player] for player in Playing.of(one).useful}
    for told, name in enumerate(found.path):
        if name in useful:
            before = frozenset(found.path[:told])
            best = max(worths[before | {other}] for other in useful - before)
            assert worths[before | {name}] >= best - 1e-9
    assert np.all(found.random[0] <= found.random[2] + 1e-12)
    assert found.random[:, 0] == pytest.approx(worths[frozenset()])
    assert found.random[:, -1] == pytest.approx(worths[frozenset(found.path)])


@given(fleets(), workloads())
def test_gains_and_losses_are_differences(fleet, workload):
    one = game(fleet, workload)
    playing = Playing.of(one)
    worths = plain_worths(fleet, workload)
    for size in range(len(one.names) + 1):
        for chosen in combinations(range(len(one.names)), size):
            told = playing.flags(chosen)
            names = frozenset(one.names[at] for at in chosen)
            assert math.isclose(playing.worth(told), worths[names], abs_tol=1e-9)
            gains, losses = playing.gains(told), playing.losses(told)
            for at, name in enumerate(one.names):
                if at in chosen:
                    assert losses[at] == pytest.approx(worths[names] - worths[names - {name}], abs=1e-9)
                    assert gains[at] == 0
                else:
                    assert gains[at] == pytest.approx(worths[names | {name}] - worths[names], abs=1e-9)
                    assert losses[at] == np.inf


@given(fleets(), workloads(), scorings, targets)
def test_dropping_keeps_what_is_wanted_and_leaves_nothing_to_drop(fleet, workload, scoring, target):
    one = game(fleet, workload, scoring)
    playing = Playing.of(one)
    worths = plain_worths(fleet, workload, scoring)
    everyone = list(range(len(one.names)))
    wanted = target * worths[frozenset(one.names)]
    left = frozenset(one.names[at] for at in sufficiency.dropped(playing, everyone, wanted))
    assert worths[left] >= wanted - 1e-9
    assert all(worths[left - {name}] < wanted + 1e-9 for name in left)


def test_without_a_proof_nothing_is_claimed(never_trying_all):
    fleet = fleet_of({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2"})
    job = Workload.from_rows(["j"], [[version_requirement("a", "1", "1"), version_requirement("b", "1", "1")]])
    found = smallest_set(game(fleet, job), 1.0, limit_s=0)
    assert found.metadata == ("a", "b")
    assert found.met
    assert found.at_least is None
    assert not found.optimal


@pytest.mark.parametrize(("better", "worse"), ["ab", "ba"])
def test_of_equally_cheap_sets_that_suffice_the_better_is_named(better, worse):
    fleet = fleet_of(*({better: one, worse: other} for one, other in ("11", "12", "21", "31")))
    wanted = [version_requirement(name, "1", "1") for name in "ab"]
    one = game(fleet, Workload.from_rows(["j"], [wanted]))
    # One of the four clusters without metadata; one of the two that meet the better, one of the three the worse.
    found = smallest_set(one, 0.3, random_orders=1)
    assert (found.metadata, found.reached) == ((better,), pytest.approx(1 / 2))
    assert found.cost == found.at_least == 1
    assert found.optimal


@pytest.mark.parametrize("target", [0.0, -1.0, 1.5, float("nan")], ids=str)
def test_a_target_that_is_no_share_is_refused(target):
    fleet = fleet_of({"a": "1"})
    job = Workload.from_rows(["j"], [[version_requirement("a", "1", "1")]])
    with pytest.raises(InputError, match="target"):
        smallest_set(game(fleet, job), target)


def beats(a, b):
    """Whether a level of (cost, success, waste) is as good as another in all three, and better in one."""
    slack = 1e-9
    as_good = a[0] <= b[0] and a[1] >= b[1] - slack and a[2] <= b[2] + slack
    return as_good and (a[0] < b[0] or a[1] > b[1] + slack or a[2] < b[2] - slack)


@given(fleets(), workloads(), scorings)
def test_levels_are_what_metadata_on_them_gives_and_the_front_is_that_of_every_set(fleet, workload, scoring):
    one = game(fleet, workload, scoring)
    points, exact = level_points(one, greedy_names(one))
    assert exact
    for point in points:
        matched, success = plain_worth(fleet, workload, set(point.metadata), scoring)
        assert point.matched == pytest.approx(matched, abs=1e-9)
        assert point.success == pytest.approx(success, abs=1e-9)
        assert point.waste == pytest.approx(matched - success, abs=1e-9)
        assert point.cost == len(point.metadata)
    names = names_of(workload)
    every = {}
    for size in range(len(names) + 1):
        for metadata in combinations(names, size):
            matched, success = plain_worth(fleet, workload, set(metadata), scoring)
            every[frozenset(metadata)] = (size, success, matched - success)
    listed = {frozenset(point.metadata): point for point in points}
    for metadata, own in every.items():
        best = not any(beats(other, own) for other in every.values())
        if metadata in listed:
            assert listed[metadata].on_front == best
        else:
            # What changes no match anywhere need not be in a set.
            assert not best


@given(fleets(), workloads())
def test_a_front_that_is_searched_for_says_so_and_lists_nothing_that_another_level_beats(fleet, workload):
    one = game(fleet, workload)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pareto, "MOST_TRIED", -1)
        points, exact = level_points(one, greedy_names(one))
    assert not exact
    figures = [(point.cost, point.success, point.waste) for point in points]
    for point, own in zip(points, figures, strict=True):
        matched, success = plain_worth(fleet, workload, set(point.metadata))
        assert (point.matched, point.success) == (pytest.approx(matched), pytest.approx(success))
        assert point.on_front == (not any(beats(other, own) for other in figures))


@given(fleets(), workloads())
def test_limiting_pairs_leaves_out_pairs_and_changes_none(fleet, workload):
    one = game(fleet, workload)
    path = greedy_names(one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pareto, "MOST_TRIED", -1)
        every = {point.metadata: point for point in level_points(one, path)[0]}
        patch.setattr(pareto, "MOST_PAIRED", 2)
        few = {point.metadata: point for point in level_points(one, path)[0]}
    for metadata, point in few.items():
        if metadata in every:
            assert (point.matched, point.success) == pytest.approx((every[metadata].matched, every[metadata].success))
    assert len([point for point in few.values() if point.kind == "pair"]) <= 1


def test_more_random_orders_than_memory_could_hold_are_refused():
    one = game(fleet_of({"a": "1"}), Workload.from_rows(["j"], [[version_requirement("a", "1", "1")]]))
    with pytest.raises(InputError, match="--random-orders"):
        smallest_set(one, 0.9, random_orders=10**18)
