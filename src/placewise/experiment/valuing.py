"""What metadata is worth for the inputs of a run: the game of either kind of jobs, and the questions asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, PlacewiseError
from placewise.experiment.design import Design, listed, refuse_outside
from placewise.experiment.inputs import Inputs
from placewise.experiment.run import take_part
from placewise.experiment.stage import Stage
from placewise.experiment.summing_up import Progress
from placewise.matching.kernels import Kernels
from placewise.model.builds import BuildRecords
from placewise.model.cluster import Fleet
from placewise.model.study import BuildStudy, Form
from placewise.model.worth import SubsystemWorth, Worth
from placewise.simulation.truth import Scoring, Truth
from placewise.sweep.runner import Runner
from placewise.valuation.blame import blame, lifts
from placewise.valuation.game import Game, mean_over_jobs, player_counts, told_everything, told_nothing
from placewise.valuation.resampling import Bootstrap, Column, Ratios, interval_of
from placewise.valuation.shapley import DrawnOrders, Shares, estimates, exact_limit, exact_shares

# Pairs of orders a piece of sampling, and after how many pieces precision is looked at: 2, 4, 8, ...
_PAIRS = 16
_MOST_PIECES = 1 << 12
_TOP = 20
_ROUNDING = 1e-9


def game_of(
    inputs: Inputs, kernels: Kernels, *, scoring: Scoring = "corrected", first: int | None = None, forms: str = ""
) -> Game:
    """Return the game of telling subsystems, over all jobs that ask for anything, or over builds.

    first : only so many jobs. forms : of build records, whose players are the forms that the study tells one after
    the other, or all that some level tells (``all``), or those named with commas between.
    Raises InputError for no jobs or clusters, and for forms that the study does not have.
    """
    if not len(inputs.fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    refuse_outside(jobs=(first, 1, 2**62))
    if isinstance(inputs.jobs, BuildRecords):
        assert inputs.study is not None
        return _game_of_builds(inputs.fleet, inputs.jobs, inputs.study, kernels, scoring, first, forms)
    if forms not in ("", "all"):
        raise InputError("--forms means nothing for jobs that ask for versions", found=forms)
    design = Design(scoring=scoring, first=first)
    chosen, _, _ = take_part(inputs.jobs, design)
    return game_of_stage(Stage.prepare(inputs.fleet, chosen, design, kernels))


def game_of_stage(stage: Stage) -> Game:
    """Return the game of a prepared run."""
    profiles = np.arange(len(stage.weights))
    return Game(stage.scheduler.index, stage.needs, stage.scene.truth.succeeds, stage.weights, profiles)


def _game_of_builds(
    fleet: Fleet,
    records: BuildRecords,
    study: BuildStudy,
    kernels: Kernels,
    scoring: Scoring,
    first: int | None,
    forms: str,
) -> Game:
    # Models and expressions take a while to load.
    from placewise.experiment.builds.design import BuildDesign  # noqa: PLC0415
    from placewise.experiment.builds.stage import BuildStage  # noqa: PLC0415

    if not len(records):
        raise InputError("there are no builds", expected="at least one")
    if first is not None and first < len(records):
        records = records.select(np.arange(first))
    players = chosen_forms(study, forms)
    stage = BuildStage.prepare(fleet, records, study, BuildDesign(scoring=scoring), kernels)
    truth = stage.scene.truth
    return Game(stage.scheduler.index, stage.needs(players), truth.succeeds, stage.weights, profiles_of(truth))


def profiles_of(truth: Truth) -> NDArray[np.int64]:
    """Return (jobs,) which distinct set of outcome rules decides each job."""
    rows = truth.ids.reshape(-1, max(1, len(truth.names)))
    _, unit = np.unique(rows, axis=0, return_inverse=True)
    return unit.reshape(-1).astype(np.int64)


def chosen_forms(study: BuildStudy, names: str) -> tuple[Form, ...]:
    """Return the forms of a study by name, with commas between; see `game_of`."""
    if not names:
        return study.expanding
    return study.chosen(list(study.forms) if names == "all" else listed(names))


def worth_of(
    game: Game,
    *,
    method: str = "auto",
    precision: float = 0.03,
    seed: int = 0,
    costs: Mapping[str, float] | None = None,
    job_worth: float = 1.0,
    runner: Runner | None = None,
    progress: Progress = lambda *_: None,
) -> Worth:
    """Divide what telling everything is worth among the subsystems.

    method : ``exact`` works out every job's game whole; ``sampled`` draws orders of telling; ``auto`` draws them for
    the jobs with too many subsystems to try every set. precision : draw until the standard error of the
    20 largest values is at most this share of each. costs : of collecting, by name; `job_worth` is what
    a job that succeeds is worth in the same unit, so that net is value times jobs times that, less the cost.
    Raises InputError for settings outside these, and PlacewiseError should values not sum to what they divide.
    """
    limit = _limit(game, method)
    if not 0 < precision < 1:
        raise InputError("--precision is no share", found=precision, expected="above 0 and below 1")
    exact = exact_shares(game, limit)
    value = exact.summed(game)
    error, draws = np.zeros(len(value)), 0
    task = DrawnOrders(game, limit, _PAIRS, seed)
    if (player_counts(game) > limit).any():
        drawn, error, draws = _sampled(task, value, precision, runner or Runner(), progress)
        value = value + drawn
    nothing, everything = (mean_over_jobs(game, told(game)) for told in (told_nothing, told_everything))
    if abs(value.sum() - (everything - nothing)) > _ROUNDING:
        raise PlacewiseError("the values do not sum to what telling everything adds", found=float(value.sum()))
    return _worth(game, value, error, 2 * draws, exact, (nothing, everything), costs, job_worth)


def _limit(game: Game, method: str) -> int:
    if method == "sampled":
        return 0
    limit = exact_limit(game)
    if method == "exact" and limit < (most := int(player_counts(game).max(initial=0))):
        raise InputError(
            "too many sets of subsystems to try them all",
            found=f"a job with {most} that matter",
            expected=f"at most {limit}, or the method auto or sampled",
        )
    if method not in ("exact", "auto"):
        raise InputError("no such method", found=method, expected="auto, exact or sampled")
    return limit


def _sampled(
    task: DrawnOrders, known: NDArray[np.float64], precision: float, runner: Runner, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    sums = np.zeros(task.width)
    done, wanted = 0, 2
    while True:
        pieces = runner.rows(f"values-{done}", _From(task, done), wanted - done, key=f"{task.seed}")
        # Added up in order, so that the sum is the same whoever worked out which piece.
        for piece in pieces:
            sums += piece
        done = wanted
        mean, error = estimates(sums, done * _PAIRS)
        total = np.abs(known + mean)
        top = np.argsort(-total, kind="stable")[:_TOP]
        ratio = np.divide(error[top], total[top], out=np.zeros(len(top)), where=error[top] > 0)
        progress("random orders", done, _MOST_PIECES)
        if ratio.max(initial=0.0) <= precision or done >= _MOST_PIECES:
            return mean, error, done * _PAIRS
        wanted = min(2 * done, _MOST_PIECES)


class _From:
    """A task whose piece 0 is piece `start` of another."""

    def __init__(self, task: DrawnOrders, start: int) -> None:
        self.task, self.start, self.width = task, start, task.width

    def __call__(self, number: int) -> list[float]:
        return self.task(self.start + number)


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
        game.needs.subsystem[game.needs.ids], game.weights[game.needs.job], minlength=len(game.names)
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

    Raises InputError for a cost of a subsystem that no job needs.
    """
    unknown = sorted(set(costs) - set(names))
    if unknown:
        raise InputError(
            "a cost is given for a subsystem that no job needs", found=unknown[0], expected="names such as " + names[0]
        )
    return np.array([costs.get(name, 0.0) for name in names])


def value_intervals(game: Game, worth: Worth, resamples: int, seed: int, runner: Runner) -> Worth:
    """Return what subsystems are worth with an interval of each value over jobs, drawn again by requirement profile.

    Values of 0 have none, for lack of anything to vary; nor have any where some jobs' games were sampled.
    """
    shares = exact_shares(game, exact_limit(game))
    if not worth.exact or not resamples:
        return worth
    players = np.unique(shares.player)
    units, jobs = int(game.unit.max()) + 1, game.weights.astype(np.float64)
    columns = [
        Column(
            figure,
            np.concatenate([game.unit[shares.job[chosen]], game.unit]),
            np.concatenate([jobs[shares.job[chosen]] * shares.value[chosen], np.zeros(len(jobs))]),
            np.concatenate([np.zeros(int(chosen.sum())), jobs]),
        )
        for figure, chosen in enumerate(shares.player == player for player in players)
    ]
    task = Bootstrap(Ratios.of(columns, units, len(players)), seed)
    rows = runner.rows("resamples of values", task, resamples, key=str(seed))
    over = f"{resamples:,} resamples of {units:,} requirement profiles"
    found = {game.names[player]: interval_of(column, over) for player, column in zip(players, rows.T, strict=True)}
    return replace(worth, subsystems=tuple(replace(one, interval=found.get(one.name)) for one in worth.subsystems))
