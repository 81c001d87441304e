"""Levels of metadata on the Pareto front: of little cost, little waste and much success.

Waste is the share of jobs that match a cluster and fail there; that more jobs match is no benefit in itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.model.results.worth import LevelPoint
from placewise.worth.game import Game, Kinds, SmallGames, kinds_of, shares, small_games, without_metadata
from placewise.worth.playing import Playing
from placewise.worth.sufficiency import MOST_TRIED

_MOST_SWAPS = 20
_ROUNDING = 1e-12
# Pairs grow with the square of the subsystems: of more than these the pairs of those that lift success most.
MOST_PAIRED = 300


def level_points(
    game: Game, path: Sequence[str], costs: NDArray[np.float64] | None = None
) -> tuple[tuple[LevelPoint, ...], bool]:
    """Return every level of interest, and whether the front among them is exact: of every set of subsystems.

    The levels are none, each subsystem alone, and all; where at most `MOST_TRIED` subsystems matter every set on the
    front, else pairs, the prefixes of a path, and what swapping subsystems makes of each prefix, which may miss some.
    A path is followed as long as success or waste changes: beyond, more metadata can only cost more.

    path : all subsystems in the order of a greedy choice. costs : (names,) of metadata on each, 1 if not given.
    Of pairs and sets only those are kept that no other level beats.
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
    changes = np.any(np.diff(along, axis=0, prepend=none[None]), axis=1)
    for count in range(2, len(path) + 1):
        if count <= followed or changes[count - 1] or count == len(path):
            kind = "all" if count == len(path) else "greedy"
            points.append(LevelPoint(kind, tuple(path[:count]), float(spent[count - 1]), *along[count - 1].tolist()))
    playing = Playing.of(game, costs)
    changing = measured.changing
    exact = len(changing) <= MOST_TRIED
    if exact:
        more = [LevelPoint("set", *_level(measured, price, chosen)) for chosen in _sets(changing)]
    else:
        swapped = [_swapped(playing, [position[name] for name in path[:count]]) for count in range(2, followed + 1)]
        more = _pairs(measured, price)
        more += [LevelPoint("swap", *_level(measured, price, chosen)) for chosen in swapped]
    known = {frozenset(point.metadata) for point in points}
    more = [one for one in more if frozenset(one.metadata) not in known]
    front = _front(np.array([[p.cost, p.success, p.waste] for p in [*points, *more]]))
    found = tuple(
        replace(point, on_front=bool(best))
        for point, best in zip([*points, *more], front, strict=True)
        if best or point.kind not in ("pair", "set", "swap")
    )
    return found, exact


def _level(
    measured: _Measured, price: NDArray[np.float64], chosen: Sequence[int]
) -> tuple[tuple[str, ...], float, float, float]:
    """Return the fields of the level with metadata on some players, after its kind."""
    names = measured.game.names
    matched, success = measured.of(chosen).tolist()
    return tuple(names[at] for at in chosen), float(price[list(chosen)].sum()), matched, success


def _sets(players: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every set of two players or more."""
    return chain.from_iterable(combinations(players, size) for size in range(2, len(players) + 1))


def _swapped(playing: Playing, players: Sequence[int]) -> list[int]:
    """Put one player in the place of another while that adds to success at no more cost."""
    flags, worth = playing.flags(players), playing.worth(playing.flags(players))
    for _ in range(_MOST_SWAPS):
        losses = playing.losses(flags)
        out = int(np.argmin(losses))
        without = flags.copy()
        without[out] = False
        gains = np.where(~flags & (playing.costs <= playing.costs[out]), playing.gains(without), -np.inf)
        one = int(np.argmax(gains))
        if not gains[one] > losses[out] + _ROUNDING:
            break
        flags = without
        flags[one] = True
        if playing.worth(flags) <= worth + _ROUNDING:
            break
        worth = playing.worth(flags)
    return np.flatnonzero(flags).tolist()


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

    @property
    def changing(self) -> list[int]:
        """The players that change a match of some job, ascending."""
        players = [games.players.ravel() for games, _ in self.blocks]
        found: list[int] = np.unique(np.concatenate([np.zeros(0, np.int32), *players])).tolist()
        return found

    def of(self, players: Sequence[int]) -> NDArray[np.float64]:
        """Return (2,) with metadata on some players."""
        chosen = np.zeros(len(self.game.names), dtype=np.bool_)
        chosen[list(players)] = True
        total = self.nothing.copy()
        for games, kinds in self.blocks:
            one_each = kinds.games
            everywhere = self.game.index.everything
            rows = np.where(chosen[one_each.players][:, :, None], one_each.rows, everywhere)
            met = np.bitwise_and.reduce(rows, axis=1, keepdims=True)
            before = np.broadcast_to(everywhere, met.shape)
            total += (self._of(games, kinds, met) - self._of(games, kinds, before)).sum(axis=(0, 1))
        return total

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
    matched, success = found.T
    best = np.flatnonzero(_front(np.column_stack([cost, success, matched - success])))
    return [
        LevelPoint("pair", (names[one[at]], names[other[at]]), float(cost[at]), *found[at].tolist())
        for at in best.tolist()
    ]


def _front(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (points,) which of (points, 3) cost, success and waste nothing else beats; of equals all are kept."""
    # Figures that are equal but for rounding count as equal.
    rounded = np.round(points, 12) + 0.0
    distinct, which = np.unique(rounded * [1, -1, 1], axis=0, return_inverse=True)
    best = np.ones(len(distinct), dtype=np.bool_)
    stairs: list[tuple[float, float]] = []
    # In the order of cost, then of success: whoever is beaten is beaten by one that came before.
    for at, (_, success, waste) in enumerate(distinct.tolist()):
        best[at] = not any(s <= success and w <= waste for s, w in stairs)
        if best[at]:
            stairs = [(s, w) for s, w in stairs if not (success <= s and waste <= w)] + [(success, waste)]
    found: NDArray[np.bool_] = best[which.reshape(-1)]
    return found
