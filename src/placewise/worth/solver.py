"""How few subsystems could suffice at best: a bound that an integer program proves, and the set that attains it.

More metadata leaves fewer clusters. Let G be the clusters on which a job would succeed and x the others that still
match; then its success is at most |G| / (|G| + x), and exactly that where the metadata refuses none of G, as
requirements that decide success never do. The program seeks the cheapest set for which the sum of these bounds
reaches the target. With y for "has metadata", z for "this cluster is still matched" and b_k for "x >= k":

    z + sum of y over the subsystems that the cluster fails >= 1      for each job and cluster
    sum of b_k >= sum of z,  b_1 >= b_2 >= ...                        for each job
    sum over jobs of w (1 - sum of b_k (|G|/(|G|+k-1) - |G|/(|G|+k))) >= target

Its bound holds for every set; a set of that cost which reaches the target by the true success is a smallest one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import highspy
import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.worth.playing import Playing

MOST_STEPS = 500_000
"""Of b_k in a program: with more, building it alone takes gigabytes, and proves nothing in the time that there is."""
_Games: TypeAlias = dict[tuple[int, tuple[tuple[tuple[int, ...], int], ...]], float]
_SLACK = 1e-9
_ENDING_S = 10.0
# The same sum in another order may differ in the last digits.
_SUM_SLACK = 1e-12


def least_cost(
    playing: Playing, wanted: float, known: Sequence[int], limit_s: float
) -> tuple[float | None, list[int] | None]:
    """Return the cost below which no set of players reaches v of `wanted`, and the set that the program found.

    known : a set, from which the search starts. The bound is None, and no set is found, where success is a probability
    rather than yes or no, where shapes or several kinds of nodes keep a cluster's match from being decided by
    requirements alone, and where the program would have more than `MOST_STEPS` steps; it is infinite where no set can
    reach that much. The set found is given only if it truly does and betters the known one.
    """
    index, succeeds = playing.game.index, playing.game.chances.certain()
    if succeeds is None or playing.game.questions.shape or index.size != index.clusters:
        return None, None
    games = _distinct_games(playing, succeeds)
    if sum(count for _, refused in games for _, count in refused) > MOST_STEPS:
        return None, None
    bound, found = _Program(playing, games, wanted).solve(known, limit_s)
    reaches = [playing.worth(playing.flags(one)) >= wanted - _SUM_SLACK for one in (known, found)]
    cheaper = playing.costs[found].sum() < playing.costs[list(known)].sum() - _SLACK
    return bound, found if reaches[1] and (cheaper or not reaches[0]) else None


class _Quiet(highspy.Highs):
    """The solver, silent from the start: it prints a banner while it is made, before its maker can set an option."""

    def enableCallbacks(self) -> None:  # noqa: N802, the library's name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def quiet_solver(limit_s: float) -> highspy.Highs:
    """Return a solver of one thread that prints nothing and ends in time."""
    solver = _Quiet()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("time_limit", limit_s)):
        solver.setOptionValue(option, value)
    return solver


def solved(solver: highspy.Highs) -> None:
    """Run a solver to its end, in a thread, so that a signal to this process ends it as well."""
    solver.HandleUserInterrupt = True
    solver.startSolve()
    try:
        while not solver.wait(0.1)[0]:
            pass
    except BaseException:
        solver.cancelSolve()  # type: ignore[no-untyped-call]
        solver.wait(_ENDING_S)
        raise


def _distinct_games(playing: Playing, succeeds: NDArray[np.uint64]) -> _Games:
    """Return the weight of each distinct (clusters that succeed, others by what they fail)."""
    game = playing.game
    clusters = game.index.clusters
    found: _Games = defaultdict(float)
    for games in playing.blocks:
        fails = ~bitset.unpack(games.rows, clusters)
        goods = bitset.unpack(succeeds[games.jobs], clusters)
        for job, players, failing, good in zip(games.jobs, games.players, fails, goods, strict=True):
            patterns, counts = np.unique(failing[:, ~good], axis=1, return_counts=True)
            refused = tuple(
                (tuple(players[pattern].tolist()), count)
                for pattern, count in zip(patterns.T, counts.tolist(), strict=True)
            )
            found[int(good.sum()), refused] += float(game.weights[job] / game.jobs)
    return found


class _Program:
    """The integer program as columns and rows; rows are gathered as lists of (column, value)."""

    def __init__(self, playing: Playing, games: _Games, wanted: float) -> None:
        self.playing = playing
        self.players = playing.useful.tolist()
        self.column = {player: at for at, player in enumerate(self.players)}
        self.cost = playing.costs[self.players].tolist()
        self.whole = [True] * len(self.players)
        self.rows: list[tuple[list[int], list[float], float]] = []
        target: tuple[list[int], list[float]] = ([], [])
        most = playing.base
        for (good, refused), weight in games.items():
            most += weight
            steps = self._job(refused)
            target[0].extend(steps)
            target[1].extend(-weight * (good / (good + k) - good / (good + k + 1)) for k in range(len(steps)))
        self.rows.append((*target, wanted - most - _SLACK))

    def _job(self, refused: tuple[tuple[tuple[int, ...], int], ...]) -> list[int]:
        """Add the columns and rows of a job; return its steps b_1, b_2, ..."""
        total = sum(count for _, count in refused)
        steps = self._columns(total, whole=True)
        still = self._columns(len(refused), whole=False)
        for at, (failing, count) in zip(still, refused, strict=True):
            self.rows.append(([at, *(self.column[player] for player in failing)], [1.0] * (1 + len(failing)), 1.0))
            # So many clusters at once are so many steps: without it the program proves far less.
            self.rows.append(([steps[count - 1], at], [1.0, -1.0], 0.0))
        counts = [-float(count) for _, count in refused]
        self.rows.append(([*steps, *still], [1.0] * total + counts, 0.0))
        self.rows.extend(([one, other], [1.0, -1.0], 0.0) for one, other in pairwise(steps))
        return steps

    def _columns(self, number: int, *, whole: bool) -> list[int]:
        first = len(self.whole)
        self.whole.extend([whole] * number)
        self.cost.extend([0.0] * number)
        return list(range(first, first + number))

    def solve(self, known: Sequence[int], limit_s: float) -> tuple[float, list[int]]:
        """Return the proven bound, infinite where no set is enough, and the best set found."""
        columns = len(self.whole)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = columns, len(self.rows)
        model.col_cost_ = np.array(self.cost)
        model.col_lower_, model.col_upper_ = np.zeros(columns), np.ones(columns)
        model.row_lower_ = np.array([lower for _, _, lower in self.rows])
        model.row_upper_ = np.full(len(self.rows), highspy.kHighsInf)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(at) for at, _, _ in self.rows])]).astype(np.int32)
        model.a_matrix_.index_ = np.concatenate([at for at, _, _ in self.rows]).astype(np.int32)
        model.a_matrix_.value_ = np.concatenate([values for _, values, _ in self.rows])
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self.whole]
        solver = quiet_solver(limit_s)
        solver.passModel(model)
        start = highspy.HighsSolution()
        begun = set(known)
        start.col_value = [float(player in begun) for player in self.players] + [0.0] * (columns - len(self.players))
        solver.setSolution(start)
        solved(solver)
        info = solver.getInfo()
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return math.inf, list(known)
        bound = max(0.0, float(info.mip_dual_bound))
        if all(cost == 1.0 for cost in self.cost[: len(self.players)]):
            bound = float(math.ceil(bound - 1e-6))
        values: NDArray[np.float64] = np.array(solver.getSolution().col_value)
        if info.primal_solution_status != 2 or len(values) != columns:  # 2: feasible
            return bound, list(known)
        return bound, [player for player, value in zip(self.players, values.tolist(), strict=False) if value > 0.5]
