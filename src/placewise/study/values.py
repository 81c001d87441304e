"""What metadata is worth: the game of a study, the questions asked of it, and their answers with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, PlacewiseError, Words, one_of
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.model import streams
from placewise.model.progress import SILENT, Progress
from placewise.model.results.results import Results, TruthNote
from placewise.model.results.worth import SubsystemWorth, Worth
from placewise.model.studies.settings import MOST_ORDERS, names_in, refuse_outside
from placewise.model.studies.study import Study
from placewise.outcomes.questions import Questions
from placewise.study.demands.asked import Asked, Demands, RedrawnFleets
from placewise.study.demands.demands import demands_of
from placewise.study.levels.prepared import Prepared
from placewise.sweep.runner import HERE, Runner
from placewise.worth.blame import blame, lifts
from placewise.worth.game import Game, mean_over_jobs, player_counts, with_all_metadata, without_metadata
from placewise.worth.pareto import level_points
from placewise.worth.resampling import Bootstrap, Centre, Means, Varied, interval_of
from placewise.worth.shapley import DrawnOrders, Shares, estimates, exact_limit, exact_shares
from placewise.worth.sufficiency import smallest_set
from placewise.worth.units import Labels, Units

# Pairs of orders a piece of sampling, and after how many pieces precision is looked at: 2, 4, 8, ...
_PAIRS = 16
_MOST_PIECES = 1 << 12
_TOP = 20
_ROUNDING = 1e-9

TARGET = 0.95
"""The share of the ceiling that a run looks for a smallest set for."""


def game_of(study: Study, kernels: Kernels | None = None, *, among: str = "") -> Game:
    """Return the game whose players are the questions that a submission may have metadata on.

    among : of records, the names of the players with commas between them, or ``all`` that some level has; empty for
    those of `expanding`. Version jobs have one player a subsystem.
    Raises InputError for no jobs or clusters, and for names that the study does not have.
    """
    return study_game(study, kernels, among=among).game


@dataclass(frozen=True, slots=True, eq=False)
class StudyGame:
    """The game of a study.

    labels : by what its jobs can be divided into units. note : what decides in place of rules.
    """

    study: Study
    game: Game
    labels: Labels
    demands: Demands
    note: TruthNote | None

    @property
    def results(self) -> Results:
        """Results that say only what success is judged by."""
        return Results({}, scoring=self.study.settings.scoring, truth=self.note)


def study_game(study: Study, kernels: Kernels | None = None, *, among: str = "") -> StudyGame:
    """Return the game that `game_of` does, and what else the study knows of its jobs."""
    kernels = kernels or NumpyKernels()
    demands = demands_of(study, kernels)
    index = FleetIndex(study.fleet)
    asked = demands.on(index, grouped=True)
    game = _game(asked, players_of(study, among), kernels)
    return StudyGame(study, game, Labels(game.weights, game.unit, asked.root), demands, demands.note(index))


def redrawn_game(fleets: RedrawnFleets, players: tuple[str, ...], clusters: int, seed: int) -> Game:
    """Return the game of these players on a fleet drawn from its seed alone."""
    asked = fleets.asked(clusters, seed)
    questions, alone = asked.questions.only(players), np.arange(len(asked.weights))
    return Game(asked.places, questions, asked.truth.chances, asked.weights, alone)


@dataclass(frozen=True, slots=True, eq=False)
class FleetValues:
    """The values on one fleet drawn anew after another; a sweep's task. NaN where they are not exact."""

    fleets: RedrawnFleets
    players: tuple[str, ...]
    clusters: int
    seed: int

    @property
    def width(self) -> int:
        """The players."""
        return len(self.players)

    def __call__(self, number: int) -> Sequence[float]:
        """Return (players,) the value of each on fleet `number`."""
        seed = streams.derived_seed(self.seed, streams.FLEETS, number)
        game = redrawn_game(self.fleets, self.players, self.clusters, seed)
        limit = exact_limit(game)
        if (player_counts(game) > limit).any():
            return [np.nan] * self.width
        found: list[float] = exact_shares(game, limit).summed(game).tolist()
        return found


def over_fleets(worth: Worth, played: StudyGame, fleets: int, *, runner: Runner = HERE, key: str = "") -> Worth:
    """Return values with where they, and their ranks, lie on so many fleets drawn anew; the jobs stay.

    Raises InputError for a fleet that has no place in a profile.
    """
    names, study = played.game.names, played.study
    task = FleetValues(played.demands.redrawn(), names, len(study.fleet), study.settings.seed)
    rows = runner.rows("values on other fleets", task, fleets, key=key)
    rows = rows[~np.isnan(rows).any(axis=1)]
    if not len(rows):
        return worth
    ranks = 1 + np.argsort(np.argsort(-np.round(rows, 12), axis=1, kind="stable"), axis=1)
    varied = Varied("fleet", len(rows), " drawn anew")
    found = {
        name: (interval_of(values, varied), (int(places.min()), int(places.max())))
        for name, values, places in zip(names, rows.T, ranks.T, strict=True)
    }
    return replace(
        worth,
        subsystems=tuple(
            replace(one, over_fleets=found[one.name][0], ranks=found[one.name][1]) for one in worth.subsystems
        ),
    )


def players_of(study: Study, among: str) -> tuple[str, ...]:
    """Return the names of the players; empty for all. Raises InputError for names that the study does not declare."""
    if not study.questions:
        if among not in ("", "all"):
            raise InputError("--questions has no effect for version jobs", found=among)
        return ()
    if not among:
        return study.expanding
    used = [name for names in study.metadata.values() for name in names]
    known = tuple(dict.fromkeys([*used, *study.expanding, *study.everything]))
    chosen = known if among == "all" else names_in(among)
    for name in chosen:
        if name not in known:
            raise InputError("no such question", found=name, expected=one_of(name, known))
    return chosen


def _game(asked: Asked, players: tuple[str, ...], kernels: Kernels) -> Game:
    questions: Questions = asked.questions.only(players) if players else asked.questions
    truth = asked.truth
    return Game(asked.places, questions, truth.chances, asked.weights, truth.deciders(kernels))


def with_values(results: Results, prepared: Prepared, *, runner: Runner, key: str) -> Results:
    """Return the results of a run with what metadata is worth in it; key as in `Runner.rows`.

    A smallest set is sought without proof, and the Pareto front of levels beside it.
    """
    study = prepared.study
    game = _game(prepared.asked, players_of(study, ""), prepared.kernels)
    every = players_of(study, "all")
    choice = _game(prepared.asked, every, prepared.kernels) if every != players_of(study, "") else game
    settings = study.settings
    units = prepared.labels.units(settings.unit)
    worth = worth_of(game, units=units, seed=settings.seed, resamples=settings.resamples, runner=runner, key=key)
    found = smallest_set(choice, TARGET, seed=settings.seed, limit_s=0)
    front, exact = level_points(choice, found.path)
    return replace(results, worth=worth, sufficiency=found, front=front, front_exact=exact)


def worth_of(
    game: Game,
    *,
    method: str = "auto",
    precision: float = 0.03,
    seed: int = 0,
    costs: Mapping[str, float] | None = None,
    job_worth: float = 1.0,
    units: Units | None = None,
    resamples: int = 0,
    runner: Runner = HERE,
    key: str = "",
    progress: Progress = SILENT,
) -> Worth:
    """Divide what all metadata is worth among the subsystems.

    method : ``exact`` works out every job's game whole; ``sampled`` draws orders of adding metadata; ``auto`` draws
    them for the jobs with too many subsystems to try every set. precision : draw until the standard error of the
    20 largest values is at most this share of each. costs : of collecting, by name; `job_worth` is what
    a job that succeeds is worth in the same unit, so that net is value times jobs times that, less the cost.
    resamples : of the jobs, for an interval of each value over jobs, drawn again by their units, which are requirement
    profiles if not given; values of 0 have none, for lack of anything to vary, nor have any where some jobs' games were
    sampled.
    Raises InputError for settings outside these, and PlacewiseError should values not sum to what they divide.
    """
    limit = _limit(game, method)
    if not 0 < precision < 1:
        raise InputError("--precision is not a share", found=precision, expected="above 0 and below 1")
    if not 0 <= job_worth * game.jobs < np.inf:
        raise InputError("--job-worth is not usable", found=job_worth, expected="0 or more, and finite over all jobs")
    refuse_outside(resamples=(resamples, 0, MOST_ORDERS))
    exact = exact_shares(game, limit)
    value = exact.summed(game)
    error, draws = np.zeros(len(value)), 0
    task = DrawnOrders(game, limit, _PAIRS, seed)
    if (player_counts(game) > limit).any():
        drawn, error, draws = _sampled(task, value, precision, runner, key, progress)
        value = value + drawn
    nothing, everything = (mean_over_jobs(game, success(game)) for success in (without_metadata, with_all_metadata))
    if abs(value.sum() - (everything - nothing)) > _ROUNDING:
        raise PlacewiseError("the values do not sum to what all metadata adds", found=float(value.sum()))
    worth = _worth(game, value, error, 2 * draws, exact, (nothing, everything), costs, job_worth)
    if not resamples or not worth.exact:
        return worth
    units = Labels(game.weights, game.unit).units() if units is None else units
    return _with_intervals(game, worth, exact, units, resamples, seed, runner, key)


def _limit(game: Game, method: str) -> int:
    if method == "sampled":
        return 0
    limit = exact_limit(game)
    if method == "exact" and limit < (most := int(player_counts(game).max(initial=0))):
        raise InputError(
            "too many sets of subsystems to try them all",
            found=Words(f"a job with {most} that matter"),
            expected=f"at most {limit}, or the method auto or sampled",
        )
    if method not in ("exact", "auto"):
        raise InputError("no such method", found=method, expected=one_of(method, ("auto", "exact", "sampled")))
    return limit


def _sampled(
    task: DrawnOrders, known: NDArray[np.float64], precision: float, runner: Runner, key: str, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    sums = np.zeros(task.width)
    done, wanted = 0, 2
    while True:
        pieces = runner.rows(f"values-{done}", replace(task, first=done), wanted - done, key=key)
        # Added up in order, so that the sum is the same whoever worked out which piece.
        for piece in pieces:
            sums += piece
        done = wanted
        mean, error = estimates(sums, done * _PAIRS)
        total = np.abs(known + mean)
        top = np.argsort(-total, kind="stable")[:_TOP]
        ratio = np.divide(error[top], total[top], out=np.zeros(len(top)), where=error[top] > 0)
        progress.advanced("random orders", done, _MOST_PIECES)
        if ratio.max(initial=0.0) <= precision or done >= _MOST_PIECES:
            return mean, error, done * _PAIRS
        wanted = min(2 * done, _MOST_PIECES)


def _worth(
    game: Game,
    value: NDArray[np.float64],
    error: NDArray[np.float64],
    permutations: int,
    exact: Shares,
    ends: tuple[float, float],
    costs: Mapping[str, float] | None,
    job_worth: float,
) -> Worth:
    alone, refused = lifts(game), blame(game)
    needed = np.bincount(
        game.questions.question[game.questions.ids], game.weights[game.questions.job], minlength=len(game.names)
    ).astype(np.int64)
    price = None if costs is None else costs_of(game.names, costs)
    found = [
        SubsystemWorth(
            name,
            float(value[at]),
            float(error[at]),
            float(alone.single[at]),
            float(alone.drop_one[at]),
            float(refused.shared[at]),
            int(refused.sole[at]),
            int(needed[at]),
        )
        for at, name in enumerate(game.names)
    ]
    if price is not None:
        found = [
            replace(one, collection_cost=float(cost), net=one.value * game.jobs * job_worth - float(cost))
            for one, cost in zip(found, price, strict=True)
        ]
    return Worth(
        tuple(sorted(found, key=lambda one: -one.value)),
        *ends,
        game.ceiling,
        game.jobs,
        refused.pairs,
        refused.incompatible,
        exact.coalitions,
        permutations,
    )


def costs_of(names: Sequence[str], costs: Mapping[str, float]) -> NDArray[np.float64]:
    """Return (names,) what collecting each costs; one that is not named costs nothing.

    Raises InputError for a cost of a subsystem that no job needs, and for costs that sum to more than a number holds.
    """
    unknown = sorted(set(costs) - set(names))
    if unknown:
        raise InputError(
            "a cost is given for a subsystem that no job needs", found=unknown[0], expected=one_of(unknown[0], names)
        )
    if sum(costs.values()) == np.inf:
        raise InputError("the costs are too large to be summed up", found=max(costs.values()))
    return np.array([costs.get(name, 0.0) for name in names])


def _with_intervals(
    game: Game, worth: Worth, shares: Shares, units: Units, resamples: int, seed: int, runner: Runner, key: str
) -> Worth:
    players, figure = np.unique(shares.player, return_inverse=True)
    weights = game.weights.astype(np.float64)
    jobs = np.bincount(units.of_job, weights).astype(np.float64)
    values = weights[shares.job] * shares.value
    means = Means.of(figure.reshape(-1), units.of_job[shares.job], values, jobs, len(players))
    rows = runner.rows("resamples of values", Bootstrap(means, seed, units.copies), resamples, key=key)
    varied = Varied(units.word, len(units), resamples=resamples)
    found = {
        game.names[player]: interval_of(column, varied, Centre.of(value, influence, units.copies))
        for player, column, value, influence in zip(
            players, rows.T, means.values().tolist(), means.influence(), strict=True
        )
    }
    return replace(worth, subsystems=tuple(replace(one, interval=found.get(one.name)) for one in worth.subsystems))
