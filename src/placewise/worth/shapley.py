"""Shapley values: what each subsystem adds on average, over all orders of adding metadata.

The value of player i (Shapley 1953) is the sum over sets S without i of |S|! (n - |S| - 1)! / n! times
v(S and i) - v(S). It is linear in the game and 0 for a player who changes nothing, so that it is worked out job by
job over the few players that matter to the job: exactly by evaluating every set of them, or by drawing orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from placewise.model import streams
from placewise.worth.game import Game, SmallGames, kinds_of, player_counts, shares, small_games

MOST_PLAYERS = 20
# Words of sets that exact values may take: about four seconds of work.
_MOST_WORDS = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What each subsystem adds to the success of each job, where it may add anything.

    job, player : (entries,) positions. value : (entries,) its Shapley value in the game of the job.
    coalitions : how many sets were evaluated.
    """

    job: NDArray[np.int64]
    player: NDArray[np.int64]
    value: NDArray[np.float64]
    coalitions: int

    def summed(self, game: Game) -> NDArray[np.float64]:
        """Return (names,) the value of each subsystem in the whole game."""
        weights = game.weights[self.job] * self.value
        return np.bincount(self.player, weights, minlength=len(game.names)) / game.jobs


def exact_limit(game: Game) -> int:
    """Return how many players a job may have for its game to be worth evaluating whole."""
    jobs = np.bincount(player_counts(game), minlength=MOST_PLAYERS + 1)[: MOST_PLAYERS + 1]
    words = np.cumsum(jobs * 2.0 ** np.arange(len(jobs))) * game.index.words
    return int(np.flatnonzero(words <= _MOST_WORDS).max(initial=0))


def exact_shares(game: Game, limit: int) -> Shares:
    """Work out the games of all jobs with at most `limit` players, whole."""
    jobs, players, values = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    coalitions = 0
    for games in small_games(game, every_set=True):
        if games.size > limit:
            break
        coalitions += len(games) << games.size
        jobs.append(np.repeat(games.jobs, games.size))
        players.append(games.players.ravel().astype(np.int64))
        kinds = kinds_of(game, games)
        worth = game.success(_all_sets(game, kinds.games), kinds.games.jobs)
        values.append(values_of_sets(worth[kinds.of_game]).ravel())
    return Shares(np.concatenate(jobs), np.concatenate(players), np.concatenate(values), coalitions)


def _all_sets(game: Game, games: SmallGames) -> NDArray[np.uint64]:
    """Return (games, 2^n, words) the places at which each set of players holds; player i is bit i of its number."""
    sets = np.empty((len(games), 1 << games.size, game.index.words), dtype=np.uint64)
    sets[:, 0] = game.index.everything
    for player in range(games.size):
        known = 1 << player
        np.bitwise_and(sets[:, :known], games.rows[:, player, None], out=sets[:, known : 2 * known])
    return sets


def values_of_sets(worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (games, n) Shapley values of games given as (games, 2^n) worths of sets; player i is bit i of a set."""
    games, sets = worth.shape
    n = sets.bit_length() - 1
    others = np.bitwise_count(np.arange(sets >> 1, dtype=np.uint64))
    weight = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])[others]
    values = np.empty((games, n))
    for player in range(n):
        pairs = worth.reshape(games, -1, 2, 1 << player)
        values[:, player] = (pairs[:, :, 1] - pairs[:, :, 0]).reshape(games, -1) @ weight
    return values


@dataclass(frozen=True, slots=True, eq=False)
class DrawnOrders:
    """A piece of sampling: what subsystems add along random orders, a fresh order for every job.

    Every job has an order of its own, since orders in common would make jobs err together; each order is used
    forwards and backwards, since who comes late in one comes early in the other.

    limit : jobs with more players than this take part. pairs : orders a piece, each used both ways.
    first : the piece that is number 0 here.
    """

    game: Game
    limit: int
    pairs: int
    seed: int
    first: int = 0

    @property
    def width(self) -> int:
        """The sums of values and of their squares, a number a subsystem each."""
        return 2 * len(self.game.names)

    def __call__(self, number: int) -> list[float]:
        """Return the sums over the pairs of piece `number`."""
        generator = streams.generator(self.seed, streams.VALUES, self.first + number)
        names = len(self.game.names)
        totals = np.zeros((self.pairs, names))
        for games in small_games(self.game, least=self.limit + 1):
            weights = shares(self.game, games)
            for pair in range(self.pairs):
                order = np.argsort(generator.random((len(games), games.size)), axis=1)
                added = (added_along(self.game, games, order) + added_along(self.game, games, order[:, ::-1])) / 2
                totals[pair] += np.bincount(games.players.ravel(), (weights * added).ravel(), minlength=names)
        sums: list[float] = np.concatenate([totals.sum(axis=0), (totals * totals).sum(axis=0)]).tolist()
        return sums


def added_along(game: Game, games: SmallGames, order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (games, ..., n) what each player adds when players come in orders, (games, ..., n) positions."""
    rows = games.rows[np.arange(len(games)).reshape(-1, *[1] * (order.ndim - 1)), order]
    reached = np.empty((*order.shape[:-1], games.size + 1, rows.shape[-1]), dtype=np.uint64)
    reached[..., 0, :] = game.index.everything
    np.bitwise_and.accumulate(rows, axis=-2, out=reached[..., 1:, :])
    steps = np.diff(game.success(reached, games.jobs), axis=-1)
    added = np.empty_like(steps)
    np.put_along_axis(added, order, steps, axis=-1)
    return added


def estimates(sums: NDArray[np.float64], draws: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (names,) means and their standard errors from added-up pieces, given how many pairs they hold.

    The standard error is that of a mean of independent draws, by the unbiased variance; infinite for one draw.
    """
    total, squares = np.split(sums, 2)
    mean = total / draws
    if draws < 2:
        return mean, np.full(len(mean), np.inf)
    # Rounding may leave a difference of equals below zero.
    variance = np.maximum(squares - draws * mean * mean, 0.0) / (draws - 1)
    return mean, np.sqrt(variance / draws)
