"""Choices of metadata made on some jobs or one fleet, and judged on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model import streams
from placewise.worth.game import Game
from placewise.worth.playing import Playing
from placewise.worth.rankings import RANDOM, ranks_by, scores_of
from placewise.worth.shapley import Shares
from placewise.worth.sufficiency import along_orders, chosen_set, random_ranks

_RANDOM_ORDERS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What was chosen on one part: the players of the smallest set found, and (names,) scores by ranking."""

    players: tuple[int, ...]
    scores: Mapping[str, NDArray[np.float64]]

    @property
    def rankings(self) -> tuple[str, ...]:
        """The rankings that it is judged by, in order."""
        return (*self.scores, RANDOM)


def choice_on(
    game: Game,
    target: float,
    shares: Shares | None,
    seed: int,
    *,
    jobs: NDArray[np.int64] | None = None,
    costs: NDArray[np.float64] | None = None,
) -> Choice:
    """Choose on some jobs, by position, or on all, looking at no others.

    target : the share of the ceiling that the set is to reach. shares : of the whole game; None where values are not
    exact. costs : (names,) of metadata on each, 1 if not given.
    """
    part, value = game, None
    if jobs is not None:
        part = game.part(jobs)
    if shares is not None:
        often = np.zeros(len(game.weights))
        often[slice(None) if jobs is None else jobs] = part.weights
        weighted = often[shares.job] * shares.value
        value = np.bincount(shares.player, weighted, minlength=len(game.names)) / part.jobs
    playing = Playing.of(part, costs)
    return Choice(tuple(chosen_set(playing, target * part.ceiling)), scores_of(part, value, seed))


def judged(choice: Choice, game: Game, sizes: Sequence[int], seed: int) -> list[float]:
    """Return what a choice reaches in a game, as shares of its ceiling.

    How many subsystems were chosen, what they reach, and then, ranking by ranking, what the first so many reach.
    NaN where no job of the game could succeed; players that the game lacks change nothing.
    """
    ceiling = game.ceiling
    if not ceiling:
        return [float(len(choice.players)), *[np.nan] * (1 + len(choice.rankings) * len(sizes))]
    playing = Playing.of(game)
    reached = playing.worth(playing.flags(choice.players)) / ceiling
    known = np.array([ranks_by(scores) for scores in choice.scores.values()]).reshape(-1, len(game.names))
    random = random_ranks(len(game.names), _RANDOM_ORDERS, seed, streams.HELD_OUT[RANDOM])
    along = along_orders(playing, np.concatenate([known, random]))[:, list(sizes)] / ceiling
    curves = np.concatenate([along[: len(known)], along[len(known) :].mean(axis=0, keepdims=True)])
    return [float(len(choice.players)), reached, *curves.ravel().tolist()]


def sizes_up_to(most: int, chosen: int) -> tuple[int, ...]:
    """Return for how many subsystems curves are worked out: few of them in steps of one, more in growing steps."""
    steps = [*range(9), 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48]
    while steps[-1] < most:
        steps.append(steps[-1] * 5 // 4)
    return tuple(sorted({min(step, most) for step in [*steps, chosen]}))
