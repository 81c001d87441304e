"""What single subsystems do: alone, when left out, and to the clusters that they refuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.worth.game import Game, shares, small_games, without_each

_BLOCK_PAIRS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Lifts:
    """Each (names,), in success: what metadata on one alone adds, and what leaving it out of all takes away."""

    single: NDArray[np.float64]
    drop_one: NDArray[np.float64]


def lifts(game: Game) -> Lifts:
    """Work out what every subsystem adds to nothing, and takes from everything."""
    names = len(game.names)
    single, drop_one = np.zeros(names), np.zeros(names)
    for games in small_games(game):
        players = games.players.ravel()
        weights = shares(game, games)
        everywhere = np.broadcast_to(game.index.everything, (len(games), 1, game.index.words))
        nothing = game.success(everywhere, games.jobs)
        alone = game.success(games.rows, games.jobs) - nothing
        single += np.bincount(players, (weights * alone).ravel(), minlength=names)
        everything = game.success(np.bitwise_and.reduce(games.rows, axis=1, keepdims=True), games.jobs)
        lost = everything - game.success(without_each(game, games.rows), games.jobs)
        drop_one += np.bincount(players, (weights * lost).ravel(), minlength=names)
    return Lifts(single, drop_one)


@dataclass(frozen=True, slots=True, eq=False)
class Blame:
    """Who refuses the incompatible (job, cluster) pairs, those in which a cluster fails some subsystem.

    shared : (names,) each pair divided equally among the subsystems that it fails, so that they sum to
        `incompatible`. sole : (names,) int64, the pairs that fail on the subsystem alone.
    """

    shared: NDArray[np.float64]
    sole: NDArray[np.int64]
    incompatible: int
    pairs: int


def blame(game: Game) -> Blame:
    """Attribute every incompatible pair exactly, equal jobs counted as often as they occur.

    A cluster fails a subsystem if none of its places meets what is asked of it; one that meets everything, but
    not together where the job needs it, fails none, and is not counted.
    """
    names, clusters = len(game.names), game.index.clusters
    shared, sole, incompatible = np.zeros(names), np.zeros(names, dtype=np.int64), 0
    for games in small_games(game, feasible=False):
        step = max(1, _BLOCK_PAIRS // (games.size * clusters))
        for start in range(0, len(games), step):
            block = slice(start, start + step)
            fails = ~bitset.unpack(game.index.clusters_of(games.rows[block]), clusters)
            weights = game.weights[games.jobs[block]]
            failing = fails.sum(axis=1, dtype=np.int32)
            part = np.divide(1.0, failing, out=np.zeros(failing.shape), where=failing > 0)
            players = games.players[block].ravel()
            parts = np.einsum("jpc,jc->jp", fails, part) * weights[:, None]
            alone = np.einsum("jpc,jc->jp", fails, failing == 1, dtype=np.int64) * weights[:, None]
            shared += np.bincount(players, parts.ravel(), minlength=names)
            sole += np.bincount(players, alone.ravel(), minlength=names).astype(np.int64)
            incompatible += int(weights @ (failing > 0).sum(axis=1))
    return Blame(shared, sole, incompatible, game.jobs * clusters)
