"""Choices of metadata judged on root packages, requirement profiles and fleets that they were not made on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model import streams
from placewise.model.progress import SILENT, Progress
from placewise.model.results.held_out import IN_SAMPLE, HeldOut, HeldOutCurve, HeldOutSet, refuse_hold_out
from placewise.model.studies.settings import refuse_outside
from placewise.study.demands.asked import RedrawnFleets
from placewise.study.values import StudyGame, redrawn_game
from placewise.sweep.runner import HERE, Runner
from placewise.worth.game import Game, player_counts
from placewise.worth.held_out import Choice, choice_on, judged, sizes_up_to
from placewise.worth.rankings import TREE, has_trees
from placewise.worth.shapley import Shares, exact_limit, exact_shares
from placewise.worth.units import Labels

SPLITS = 20
MOST_SPLITS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Half of the units chosen on, the other half judged by; a sweep's task. Split n depends on its number alone.

    unit : (jobs,) int64, of what half is held out; `stream` is that of the splits.
    """

    game: Game
    unit: NDArray[np.int64]
    stream: int
    target: float
    shares: Shares | None
    costs: NDArray[np.float64] | None
    sizes: tuple[int, ...]
    seed: int
    width: int

    def parts(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the jobs, by position, that split `number` chooses on, and those that it judges by."""
        units = int(self.unit.max()) + 1
        drawn = streams.generator(self.seed, self.stream, number).permutation(units)[: units // 2]
        first = np.isin(self.unit, drawn)
        return np.flatnonzero(first), np.flatnonzero(~first)

    def __call__(self, number: int) -> Sequence[float]:
        """Return what `judged` does; NaN where no job of the first half could succeed."""
        chosen_on, judged_by = self.parts(number)
        if not self.game.part(chosen_on).ceiling:
            return [np.nan] * self.width
        choice = choice_on(self.game, self.target, self.shares, self.seed, jobs=chosen_on, costs=self.costs)
        return judged(choice, self.game.part(judged_by), self.sizes, self.seed)


@dataclass(frozen=True, slots=True, eq=False)
class OtherFleets:
    """A choice made on the study's fleet, judged on fleets drawn anew; a sweep's task."""

    choice: Choice
    played: tuple[str, ...]
    fleets: RedrawnFleets
    clusters: int
    sizes: tuple[int, ...]
    seed: int
    width: int

    def __call__(self, number: int) -> Sequence[float]:
        """Return what `judged` does on fleet `number`."""
        seed = streams.derived_seed(self.seed, streams.HELD_OUT["fleet"], number)
        game = redrawn_game(self.fleets, self.played, self.clusters, seed)
        return judged(self.choice, game, self.sizes, self.seed)


def held_out_of(
    played: StudyGame,
    hold_out: Sequence[str],
    *,
    target: float = 0.95,
    costs: NDArray[np.float64] | None = None,
    splits: int = SPLITS,
    runner: Runner = HERE,
    key: str = "",
    progress: Progress = SILENT,
) -> HeldOut | None:
    """Judge the smallest set, and subsystems by rank, on what they were not chosen on, beside the same in sample.

    hold_out : names of `model.results.held_out.HOLD_OUT`; None is returned for none of them. splits : how often half of
    the units is drawn, and how many fleets. What cannot be held out is left out, and said so.
    Raises InputError for other names, and numbers that are not usable.
    """
    refuse_hold_out(tuple(hold_out))
    refuse_outside(splits=(splits, 1, MOST_SPLITS))
    game, labels, seed = played.game, played.labels, played.study.settings.seed
    if not hold_out or not game.ceiling:
        return None
    left_out = [] if has_trees() else [f"{TREE}: install placewise[learn]"]
    exact = int(player_counts(game).max(initial=0)) <= exact_limit(game)
    shares = exact_shares(game, exact_limit(game)) if exact else None
    if shares is None:
        left_out.append("ranking by value: jobs have too many subsystems for values of every split")
    progress.advanced("in sample", 0, 1)
    choice = choice_on(game, target, shares, seed, costs=costs)
    sizes = sizes_up_to(len(game.names), len(choice.players))
    width = 2 + len(choice.rankings) * len(sizes)
    rows = {IN_SAMPLE: np.array([judged(choice, game, sizes, seed)])}
    key = json.dumps([key, target, None if costs is None else costs.tolist(), choice.rankings, game.names])
    for over in dict.fromkeys(hold_out):
        try:
            if over == "fleet":
                fleets, clusters = played.demands.redrawn(), len(played.study.fleet)
                task: Halves | OtherFleets = OtherFleets(choice, game.names, fleets, clusters, sizes, seed, width)
            else:
                unit, stream = _labels(labels, over), streams.HELD_OUT[over]
                task = Halves(game, unit, stream, target, shares, costs, sizes, seed, width)
            rows[over] = runner.rows(f"held out: {over}", task, splits, key=key, progress=progress)
        except InputError as error:
            left_out.append(f"{over}: {error}")
    return HeldOut(
        target,
        sizes,
        tuple(HeldOutSet(over, found[:, 0], found[:, 1]) for over, found in rows.items()),
        tuple(
            HeldOutCurve(over, ranking, found[:, 2:].reshape(len(found), -1, len(sizes))[:, at])
            for over, found in rows.items()
            for at, ranking in enumerate(choice.rankings)
        ),
        tuple(left_out),
    )


def _labels(labels: Labels, over: str) -> NDArray[np.int64]:
    unit = labels.root if over == "root-package" else labels.profile
    if unit is None:
        raise InputError("the jobs do not say their root packages")
    if not unit.max(initial=0):
        raise InputError("there is only one", found=1, expected="at least two")
    return unit
