"""A game laid out for asking about sets of players again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.worth.game import (
    Game,
    Kinds,
    SmallGames,
    kinds_of,
    mean_over_jobs,
    shares,
    small_games,
    without_each,
    without_metadata,
)


@dataclass(frozen=True, slots=True, eq=False)
class Playing:
    """A game, its jobs in blocks.

    kinds : by block, which of its games are the same. base : the success of the jobs that no player changes.
    costs : (names,) what metadata on each costs.
    """

    game: Game
    blocks: tuple[SmallGames, ...]
    kinds: tuple[Kinds, ...]
    base: float
    costs: NDArray[np.float64]

    @classmethod
    def of(cls, game: Game, costs: NDArray[np.float64] | None = None) -> Playing:
        """Lay out a game; metadata on each subsystem costs 1 if costs are not given."""
        blocks = tuple(small_games(game))
        untouched = without_metadata(game)
        for games in blocks:
            untouched[games.jobs] = 0.0
        kinds = tuple(kinds_of(game, games) for games in blocks)
        price = np.ones(len(game.names)) if costs is None else costs
        return cls(game, blocks, kinds, mean_over_jobs(game, untouched), price)

    @property
    def useful(self) -> NDArray[np.int64]:
        """The players that change anything for a job that can succeed, ascending."""
        return np.unique(np.concatenate([np.zeros(0, np.int32), *(b.players.ravel() for b in self.blocks)])).astype(
            np.int64
        )

    def flags(self, players: Iterable[int]) -> NDArray[np.bool_]:
        """Return (names,) flags of players, given their positions."""
        flags = np.zeros(len(self.game.names), dtype=np.bool_)
        flags[list(players)] = True
        return flags

    def worth(self, flags: NDArray[np.bool_]) -> float:
        """Return v of a set of players, given as (names,) flags."""
        total = self.base
        for games, kinds in self._blocks:
            total += self._weighted(games, kinds, self._met(kinds, flags)[:, None]).sum()
        return float(total)

    def gains(self, flags: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return (names,) what each one more adds to a set; 0 for those in it."""
        gains = np.zeros(len(flags))
        for games, kinds in self._blocks:
            now = self._met(kinds, flags)[:, None]
            added = self._weighted(games, kinds, now & kinds.games.rows) - self._weighted(games, kinds, now)
            gains += np.bincount(games.players.ravel(), added.ravel(), minlength=len(flags))
        return gains

    def losses(self, flags: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return (names,) what leaving out each one of a set takes away; infinite for the others."""
        losses = np.zeros(len(flags))
        for games, kinds in self._blocks:
            rows = self._rows_of(kinds, flags)
            now = np.bitwise_and.reduce(rows, axis=1, keepdims=True)
            others = without_each(self.game, rows)
            lost = self._weighted(games, kinds, now) - self._weighted(games, kinds, others)
            losses += np.bincount(games.players.ravel(), lost.ravel(), minlength=len(flags))
        losses[~flags] = np.inf
        return losses

    @property
    def _blocks(self) -> Iterator[tuple[SmallGames, Kinds]]:
        return zip(self.blocks, self.kinds, strict=True)

    def _met(self, kinds: Kinds, flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
        met: NDArray[np.uint64] = np.bitwise_and.reduce(self._rows_of(kinds, flags), axis=1)
        return met

    def _weighted(self, games: SmallGames, kinds: Kinds, places: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Return (games, sets) what each game adds to v at (kinds, sets, words) places."""
        return self.game.success(places, kinds.games.jobs)[kinds.of_game] * shares(self.game, games)

    def _rows_of(self, kinds: Kinds, flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
        games = kinds.games
        return np.where(flags[games.players][:, :, None], games.rows, self.game.index.everything)
