"""Levels of metadata that nothing beats: by cost, by the jobs that still match, and by success."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.model.worth import LevelPoint
from placewise.worth.game import Game, Kinds, SmallGames, kinds_of, shares, small_games, without_metadata

# Pairs grow with the square of the subsystems: of more than these the pairs of those that lift success most.
MOST_PAIRED = 300


def level_points(game: Game, path: Sequence[str], costs: NDArray[np.float64] | None = None) -> tuple[LevelPoint, ...]:
    """Return every level of interest: none, each subsystem alone, pairs, the prefixes of a path, and all.

    A path is followed as long as success changes: beyond, more metadata can only cost more and match less.

    path : all subsystems in the order of a greedy choice. costs : (names,) of metadata on each, 1 if not given.
    Of the pairs only those are kept that no other level beats.
    """
    price = np.ones(len(game.names)) if costs is None else costs
    measured = _Measured(game)
    none = measured.nothing
    points = [LevelPoint("none", (), 0.0, *none)]
    singles = none + measured.single
    points += [
        LevelPoint("single", (name,), float(price[at]), *singles[at].tolist()) for at, name in enumerate(game.names)
    ]
    position = {name: at for at, name in enumerate(game.names)}
    along = measured.along([position[name] for name in path])
    spent = np.cumsum([price[position[name]] for name in path])
    followed = int(np.flatnonzero(np.diff(along[:, 1], prepend=none[1])).max(initial=0)) + 1
    for count in range(2, len(path) + 1):
        if count <= followed or count == len(path):
            kind = "all" if count == len(path) else "greedy"
            points.append(LevelPoint(kind, tuple(path[:count]), float(spent[count - 1]), *along[count - 1].tolist()))
    known = {frozenset(point.metadata) for point in points}
    pairs = [pair for pair in _pairs(measured, price) if frozenset(pair.metadata) not in known]
    front = _front(np.array([[p.cost, p.matched, p.success] for p in [*points, *pairs]]))
    return tuple(
        replace(point, on_front=bool(best))
        for point, best in zip([*points, *pairs], front, strict=True)
        if best or point.kind != "pair"
    )


class _Measured:
    """Matched jobs and success, as shares of all jobs, in columns: of nothing, and what players change."""

    def __init__(self, game: Game) -> None:
        self.game = game
        names = len(game.names)
        everywhere = np.broadcast_to(game.index.everything, (len(game.weights), 1, game.index.words))
        matched = bitset.size_of(game.matches(everywhere, np.arange(len(game.weights))))[:, 0] > 0
        weights = game.weights / game.jobs
        self.nothing = np.array([weights @ matched, weights @ without_metadata(game)])
        self.blocks = [(games, kinds_of(game, games)) for games in small_games(game, feasible=False)]
        self.single = np.zeros((names, 2))
        for games, kinds in self.blocks:
            alone = self._of(games, kinds, kinds.games.rows) - self._of(games, kinds, everywhere[:1])
            np.add.at(self.single, games.players, alone)

    def _of(self, games: SmallGames, kinds: Kinds, places: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Return (games, sets, 2) weighted matches and successes at (kinds, sets, words) places."""
        places = np.broadcast_to(places, (len(kinds.games), *places.shape[1:]))
        matched = bitset.size_of(self.game.matches(places, kinds.games.jobs)) > 0
        found = np.stack([matched, self.game.success(places, kinds.games.jobs)], axis=-1)
        weighted: NDArray[np.float64] = found[kinds.of_game] * shares(self.game, games)[:, :, None]
        return weighted

    def along(self, path: Sequence[int]) -> NDArray[np.float64]:
        """Return (path, 2) with metadata on the first, the first two, ... players of a path that holds all."""
        rank = np.empty(len(path), dtype=np.int64)
        rank[list(path)] = np.arange(len(path))
        steps = np.zeros((len(path), 2))
        for games, kinds in self.blocks:
            one_each = kinds.games
            order = np.argsort(rank[one_each.players], axis=1)
            rows = np.take_along_axis(one_each.rows, order[:, :, None], axis=1)
            first = np.broadcast_to(self.game.index.everything, (len(one_each), 1, rows.shape[2]))
            places = np.concatenate([first, np.bitwise_and.accumulate(rows, axis=1)], axis=1)
            at = np.take_along_axis(rank[one_each.players], order, axis=1)[kinds.of_game]
            np.add.at(steps, at, np.diff(self._of(games, kinds, places), axis=1))
        return self.nothing + np.cumsum(steps, axis=0)

    def together(self, among: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (among, among, 2) of each two of some players, given by ascending position, in the upper triangle."""
        names = len(among)
        place = np.full(len(self.game.names), -1)
        place[among] = np.arange(names)
        alone_of = self.single[among]
        pairs = self.nothing + alone_of[:, None] + alone_of[None, :]
        by_pair = pairs.reshape(names * names, 2)
        for games, kinds in self.blocks:
            if games.size < 2:
                continue
            everywhere = np.broadcast_to(self.game.index.everything, (1, 1, games.rows.shape[2]))
            alone = self._of(games, kinds, kinds.games.rows) - self._of(games, kinds, everywhere)
            nothing = self._of(games, kinds, everywhere)[:, 0]
            for one in range(games.size - 1):
                rows = kinds.games.rows
                with_one = self._of(games, kinds, rows[:, one, None] & rows[:, one + 1 :])
                for other in range(one + 1, games.size):
                    both_at = place[games.players[:, [one, other]]]
                    chosen = (both_at >= 0).all(axis=1)
                    if not chosen.any():
                        continue
                    both = with_one[:, other - one - 1]
                    beyond = (both - nothing - alone[:, one] - alone[:, other])[chosen]
                    least, most = both_at[chosen].min(axis=1), both_at[chosen].max(axis=1)
                    # Of the many pairs that there are a block has few.
                    found, which = np.unique(least * names + most, return_inverse=True)
                    for column in range(2):
                        by_pair[found, column] += np.bincount(which.reshape(-1), beyond[:, column], len(found))
        return pairs


def _pairs(measured: _Measured, price: NDArray[np.float64]) -> list[LevelPoint]:
    names = measured.game.names
    kept = np.sort(np.argsort(-measured.single[:, 1], kind="stable")[:MOST_PAIRED])
    upper = np.triu_indices(len(kept), 1)
    one, other = (kept[side] for side in upper)
    cost, found = price[one] + price[other], measured.together(kept)[upper]
    # The few that other pairs do not beat are all that can be on the front.
    best = np.flatnonzero(_front(np.column_stack([cost, found])))
    return [
        LevelPoint("pair", (names[one[at]], names[other[at]]), float(cost[at]), *found[at].tolist())
        for at in best.tolist()
    ]


def _front(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (points,) which of (points, 3) cost, matched and success nothing else beats; of equals all are kept."""
    # Figures that are equal but for rounding count as equal.
    rounded = np.round(points, 12)
    distinct, which = np.unique(rounded * [1, -1, -1], axis=0, return_inverse=True)
    best = np.ones(len(distinct), dtype=np.bool_)
    stairs: list[tuple[float, float]] = []
    # In the order of cost, then of matches: whoever is beaten is beaten by one that came before.
    for at, (_, matched, success) in enumerate(distinct.tolist()):
        best[at] = not any(m <= matched and s <= success for m, s in stairs)
        if best[at]:
            stairs = [(m, s) for m, s in stairs if not (matched <= m and success <= s)] + [(matched, success)]
    found: NDArray[np.bool_] = best[which.reshape(-1)]
    return found
