"""Ways of drawing orders for Shapley values, by the error that is left: each against the exact values.

    python benchmarks/value_sampling.py DATA/reliabuild [ORDERS [REPEATS]]

Prints, for the 20 largest values, the root mean square of the relative error left by so many orders (over repeats),
the orders that one order in common would need for the same, and the time an order takes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.formats.cache.input_cache import cache_folder
from placewise.study.sources import read_study
from placewise.study.values import game_of
from placewise.worth.game import Game, SmallGames, shares, small_games
from placewise.worth.shapley import added_along, exact_limit, exact_shares

Draw = Callable[[Game, list[SmallGames], np.random.Generator, int], NDArray[np.float64]]


def in_common(game: Game, blocks: list[SmallGames], generator: np.random.Generator, orders: int) -> NDArray[np.float64]:
    """Draw one order of all subsystems for all jobs."""
    total = np.zeros(len(game.names))
    for _ in range(orders):
        rank = generator.permutation(len(game.names))
        for games in blocks:
            total += _summed(game, games, np.argsort(rank[games.players], axis=1))
    return total / orders


def own(game: Game, blocks: list[SmallGames], generator: np.random.Generator, orders: int) -> NDArray[np.float64]:
    """Draw an order of its own for every job."""
    total = np.zeros(len(game.names))
    for _ in range(orders):
        for games in blocks:
            total += _summed(game, games, np.argsort(generator.random(games.players.shape), axis=1))
    return total / orders


def own_both_ways(
    game: Game, blocks: list[SmallGames], generator: np.random.Generator, orders: int
) -> NDArray[np.float64]:
    """Draw an order of its own for every job, and use it forwards and backwards."""
    total = np.zeros(len(game.names))
    for _ in range(orders // 2):
        for games in blocks:
            order = np.argsort(generator.random(games.players.shape), axis=1)
            total += _summed(game, games, order) + _summed(game, games, order[:, ::-1])
    return total / orders


def _summed(game: Game, games: SmallGames, order: NDArray[np.int64]) -> NDArray[np.float64]:
    added = added_along(game, games, order) * shares(game, games)
    return np.bincount(games.players.ravel(), added.ravel(), minlength=len(game.names))


def main() -> None:
    """Print a line for each way."""
    orders = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 50
    game = game_of(read_study(Path(sys.argv[1]), cache=cache_folder()))
    exact = exact_shares(game, exact_limit(game)).summed(game)
    top = np.argsort(-exact)[:20]
    blocks = list(small_games(game))
    ways: dict[str, Draw] = {"one order in common": in_common, "an order a job": own, "and backwards": own_both_ways}
    base = None
    print(f"{orders} orders, {repeats} repeats; relative error of the 20 largest values")
    for name, draw in ways.items():
        generator = np.random.default_rng(0)
        started = time.perf_counter()
        found = np.array([draw(game, blocks, generator, orders)[top] for _ in range(repeats)])
        seconds = (time.perf_counter() - started) / (repeats * orders)
        error = float(np.sqrt((((found - exact[top]) / exact[top]) ** 2).mean()))
        base = base or error
        print(
            f"  {name:<20} {100 * error:6.3f} %  needs {(error / base) ** 2:6.3f} times the orders,"
            f" {1e3 * seconds:.3f} ms an order"
        )


if __name__ == "__main__":
    main()
