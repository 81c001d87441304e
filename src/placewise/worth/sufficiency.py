"""Which few subsystems suffice: greedy building and dropping, and every set where there are few."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model import streams
from placewise.model.results.worth import Sufficiency
from placewise.worth.game import Game, shares
from placewise.worth.playing import Playing
from placewise.worth.shapley import added_along

MOST_TRIED = 12
"""Players of which every set is tried."""
MOST_ORDERS = 1_000_000
_SLACK = 1e-12
# Steps of orders, one a player of a game, held at a time: few enough for the processor's second cache.
_BLOCK_STEPS = 1 << 17


def greedy_path(playing: Playing) -> tuple[list[int], list[float]]:
    """Add metadata on one subsystem after the other, each time the one that adds most for what it costs.

    Returns all players in that order, and v of none, of the first, of the first two, ...; of equals the first by name
    comes first, and those that change nothing come last.
    """
    flags = np.zeros(len(playing.game.names), dtype=np.bool_)
    useful = playing.useful
    path: list[int] = []
    worths = [playing.worth(flags)]
    while len(path) < len(useful):
        gains = playing.gains(flags)
        left = useful[~flags[useful]]
        best = left[np.argmax(_per_cost(gains[left], playing.costs[left]))]
        flags[best] = True
        path.append(int(best))
        worths.append(worths[-1] + float(gains[best]))
    rest = sorted(set(range(len(flags))) - set(path))
    return path + rest, worths + [worths[-1]] * len(rest)


def greedy_names(game: Game, costs: NDArray[np.float64] | None = None) -> tuple[str, ...]:
    """Return all subsystems in greedy order."""
    path, _ = greedy_path(Playing.of(game, costs))
    return tuple(game.names[player] for player in path)


def _per_cost(gains: NDArray[np.float64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    # What costs nothing and adds something comes before all else.
    free = np.where(gains > 0, np.inf, gains)
    return np.divide(gains, costs, out=free, where=costs > 0)


def dropped(playing: Playing, players: Sequence[int], wanted: float) -> list[int]:
    """Leave out one subsystem after the other, each time the one that takes least for what it saves, while v allows."""
    flags = playing.flags(players)
    while True:
        losses = playing.losses(flags)
        order = np.argsort(np.where(flags, losses / np.maximum(playing.costs, _SLACK), np.inf), kind="stable")
        now = playing.worth(flags)
        for player in order[: int(flags.sum())].tolist():
            if now - losses[player] >= wanted - _SLACK:
                flags[player] = False
                break
        else:
            return [player for player in players if flags[player]]


def every_set(playing: Playing, players: Sequence[int]) -> Iterator[tuple[float, float, list[int]]]:
    """Yield v, cost and players of every set of some players."""
    for size in range(len(players) + 1):
        for chosen in combinations(players, size):
            flags = playing.flags(chosen)
            yield playing.worth(flags), float(playing.costs[flags].sum()), list(chosen)


def random_ranks(names: int, orders: int, seed: int, stream: int = streams.SUFFICIENCY) -> NDArray[np.int64]:
    """Return (orders, names) the rank of each name in random orders, each of which depends on its number alone."""
    drawn = [streams.generator(seed, stream, number).permutation(names) for number in range(orders)]
    return np.array(drawn, dtype=np.int64).reshape(orders, names)


def along_orders(playing: Playing, ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (orders, names + 1) v of none, of the first, of the first two, ... by (orders, names) ranks."""
    orders, names = ranks.shape
    steps = np.zeros((orders, names))
    for games, kinds in zip(playing.blocks, playing.kinds, strict=True):
        share = shares(playing.game, games)[:, :, None]
        # Few orders of many games at a time, or many of few.
        at_a_time = max(1, _BLOCK_STEPS // (len(games) * games.size))
        for first in range(0, orders, at_a_time):
            some = slice(first, first + at_a_time)
            count = len(ranks[some])
            rank = ranks[some].T[kinds.games.players].swapaxes(1, 2)  # (kinds, orders, players)
            added = added_along(playing.game, kinds.games, np.argsort(rank, axis=2))[kinds.of_game] * share
            place = (rank + names * np.arange(count)[:, None])[kinds.of_game]
            sums = np.bincount(place.ravel(), added.ravel(), minlength=count * names)
            steps[some] += sums.reshape(count, names)
    nothing = playing.worth(np.zeros(names, dtype=np.bool_))
    return np.concatenate([np.full((orders, 1), nothing), nothing + np.cumsum(steps, axis=1)], axis=1)


def chosen_set(playing: Playing, wanted: float) -> list[int]:
    """Return the cheapest players that reach a success: of every set of few, of greedy building and dropping of many.

    Where none do, those that come nearest.
    """
    useful = playing.useful.tolist()
    if len(useful) <= MOST_TRIED:
        return _best_of_all(playing, useful, wanted)[0]
    return _greedy_choice(playing, *greedy_path(playing), wanted)


def smallest_set(
    game: Game,
    target: float,
    *,
    costs: NDArray[np.float64] | None = None,
    random_orders: int = 200,
    seed: int = 0,
    limit_s: float = 60.0,
) -> Sufficiency:
    """Find the cheapest subsystems that reach `target`, a share of the ceiling, and how few could do it at best.

    costs : (names,) of metadata on each; 1 if not given, so that the fewest are sought. random_orders : of the band
    beside the greedy curve. limit_s : seconds for the proof, 0 for none; with less, `at_least` may be lower.
    Raises InputError for a target that is no share, and for a number of random orders that is not usable.
    """
    if not 0 < target <= 1:
        raise InputError("--target is not a share of the ceiling", found=target, expected="above 0, at most 1")
    if not 1 <= random_orders <= MOST_ORDERS:
        raise InputError("--random-orders is not usable", found=random_orders, expected=f"1 to {MOST_ORDERS:,}")
    playing = Playing.of(game, costs)
    wanted = target * game.ceiling
    path, greedy = greedy_path(playing)
    useful = playing.useful.tolist()
    at_least: float | None
    if len(useful) <= MOST_TRIED:
        found, at_least = _best_of_all(playing, useful, wanted)
    else:
        found = _greedy_choice(playing, path, greedy, wanted)
        at_least, better = _proof(playing, wanted, found, limit_s) if limit_s else (None, None)
        found = found if better is None else better
    chosen = sorted(found, key=path.index)
    flags = playing.flags(chosen)
    band = np.percentile(
        along_orders(playing, random_ranks(len(game.names), random_orders, seed)), (2.5, 50, 97.5), axis=0
    )
    return Sufficiency(
        target,
        game.ceiling,
        tuple(game.names[player] for player in chosen),
        playing.worth(flags),
        None if at_least == math.inf else at_least,
        float(playing.costs[flags].sum()),
        tuple(game.names[player] for player in path),
        np.array(greedy),
        band,
        random_orders,
        unreachable=at_least == math.inf,
    )


def _best_of_all(playing: Playing, players: list[int], wanted: float) -> tuple[list[int], float]:
    sets = list(every_set(playing, players))
    enough = [one for one in sets if one[0] >= wanted - _SLACK]
    if not enough:
        return max(sets, key=lambda one: one[0])[2], math.inf
    _, cost, found = min(enough, key=lambda one: (one[1], -one[0]))
    return found, cost


def _proof(playing: Playing, wanted: float, found: list[int], limit_s: float) -> tuple[float | None, list[int] | None]:
    from placewise.worth.solver import least_cost  # noqa: PLC0415, loaded with its solver where there is a proof

    return least_cost(playing, wanted, found, limit_s)


def _greedy_choice(playing: Playing, path: list[int], greedy: list[float], wanted: float) -> list[int]:
    """Return the cheaper of what building up and what dropping leaves; the best prefix where nothing suffices."""
    useful = playing.useful.tolist()
    long_enough = np.flatnonzero(np.array(greedy) >= wanted - _SLACK)
    choices = []
    if len(long_enough):
        choices.append(dropped(playing, path[: int(long_enough[0])], wanted))
        start = useful if greedy[len(useful)] >= wanted - _SLACK else path[: int(long_enough[0])]
        choices.append(dropped(playing, start, wanted))
        return min(choices, key=lambda one: float(playing.costs[one].sum()))
    return path[: int(np.argmax(greedy))]
