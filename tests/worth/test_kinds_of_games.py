"""Games that are the same are played once: nothing differs, to the last digit, from playing each of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from plain_games import fleets, game, workloads

from placewise.model import streams
from placewise.outcomes.chances import ChanceSets
from placewise.worth import pareto, shapley, sufficiency
from placewise.worth.game import Kinds, kinds_of, shares, small_games
from placewise.worth.playing import Playing
from placewise.worth.shapley import added_along, exact_limit, exact_shares
from placewise.worth.sufficiency import along_orders, random_ranks

scorings = st.sampled_from(["corrected", "published"])


def several(one, times):
    """Return a game in which every job occurs so many times, each time with another weight."""
    questions = one.questions
    jobs = len(one.weights)
    lengths = np.tile(questions.per_job, times)
    return replace(
        one,
        questions=replace(
            questions, offsets=np.concatenate(([0], np.cumsum(lengths))), ids=np.tile(questions.ids, times)
        ),
        chances=ChanceSets(np.tile(one.chances.sets, (times, 1))),
        weights=np.tile(one.weights, times) + np.repeat(np.arange(times), jobs),
        unit=np.tile(one.unit, times),
    )


def each_alone(_, games):
    return Kinds(games, np.arange(len(games)))


def each_played(playing):
    return replace(playing, kinds=tuple(each_alone(None, games) for games in playing.blocks))


@given(fleets(), workloads(), scorings, st.integers(1, 3))
def test_kinds_stand_for_their_games(fleet, workload, scoring, times):
    one = several(game(fleet, workload, scoring), times)
    for games in small_games(one, feasible=False):
        kinds = kinds_of(one, games)
        assert np.array_equal(kinds.games.players[kinds.of_game], games.players)
        assert np.array_equal(kinds.games.rows[kinds.of_game], games.rows)
        assert np.array_equal(one.chances.sets[kinds.games.jobs][kinds.of_game], one.chances.sets[games.jobs])
        alike = {
            (games.players[at].tobytes(), games.rows[at].tobytes(), one.chances.sets[job].tobytes())
            for at, job in enumerate(games.jobs.tolist())
        }
        assert len(kinds.games) == len(alike) <= len(games) / times


@given(fleets(), workloads(), scorings, st.integers(1, 3), st.integers(0, 15))
def test_sets_of_players_come_to_the_same(fleet, workload, scoring, times, chosen):
    playing = Playing.of(several(game(fleet, workload, scoring), times))
    plain = each_played(playing)
    told = np.array([bool(chosen >> at & 1) for at in range(len(playing.game.names))])
    assert playing.worth(told) == plain.worth(told)
    assert np.array_equal(playing.gains(told), plain.gains(told))
    assert np.array_equal(playing.losses(told), plain.losses(told))


def plain_random_orders(playing, orders, seed):
    """Return v along random orders, one order and one game at a time."""
    names = len(playing.game.names)
    worths = np.empty((orders, names + 1))
    for number in range(orders):
        rank = streams.generator(seed, streams.SUFFICIENCY, number).permutation(names)
        steps = np.zeros(names)
        for games in playing.blocks:
            added = added_along(playing.game, games, np.argsort(rank[games.players], axis=1))
            steps += np.bincount(
                rank[games.players].ravel(), (added * shares(playing.game, games)).ravel(), minlength=names
            )
        worths[number, 0] = playing.worth(np.zeros(names, dtype=np.bool_))
        worths[number, 1:] = worths[number, 0] + np.cumsum(steps)
    return worths


@given(fleets(), workloads(), scorings, st.integers(1, 3), st.integers(1, 9), st.sampled_from([1, 7, 1 << 17]))
def test_random_orders_come_to_the_same_many_at_a_time(fleet, workload, scoring, times, orders, steps):
    playing = Playing.of(several(game(fleet, workload, scoring), times))
    before, sufficiency._BLOCK_STEPS = sufficiency._BLOCK_STEPS, steps
    try:
        found = along_orders(playing, random_ranks(len(playing.game.names), orders, 5))
    finally:
        sufficiency._BLOCK_STEPS = before
    assert np.array_equal(found, plain_random_orders(playing, orders, 5))


@given(fleets(), workloads(), scorings, st.integers(1, 3))
def test_levels_and_values_come_to_the_same(fleet, workload, scoring, times):
    one = several(game(fleet, workload, scoring), times)
    limit = exact_limit(one)
    levels, values = pareto.level_points(one, one.names), exact_shares(one, limit)
    pareto.kinds_of = shapley.kinds_of = each_alone
    try:
        plain_levels, plain_values = pareto.level_points(one, one.names), exact_shares(one, limit)
    finally:
        pareto.kinds_of = shapley.kinds_of = kinds_of
    assert levels == plain_levels
    assert np.array_equal(values.value, plain_values.value)
