"""What each piece of metadata is worth in time: Shapley values of waiting, of lost time and of wasted work.

The players are pieces of metadata (`model.traces.trace_metadata`), and v(S) is what a replay comes to in which the
scheduler has the pieces S. v depends on S only by where each job may go, so that sets which lead jobs to the same
clusters are replayed once, and a piece that never changes where a job may go is worth nothing, exactly. Values are
those of `worth.shapley`. As v is a sum over jobs, so is each value, and its interval draws whole weeks of jobs again. A
piece changes the waits of jobs that do not have it too, since they are in the same queues; what it is worth counts all
of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.progress import SILENT, Progress
from placewise.model.requirements.requirement import Expression
from placewise.model.results.worth import Interval
from placewise.model.traces.replay import QueuePolicy
from placewise.model.traces.scenarios import PieceWorth, Scenario
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaned
from placewise.model.traces.trace_metadata import piece_name, pieces_of
from placewise.replays.run import EngineName
from placewise.replays.summaries.weeks import RESAMPLES, mean_intervals
from placewise.study.timed.keys import scenario_keys
from placewise.study.timed.replays import Replays, fates_in
from placewise.sweep.runner import HERE, Runner
from placewise.worth.shapley import values_of_sets

MOST_PLAYERS = 12
_AT_A_TIME = 32
_NOTHING_S = 1e-6
_QUANTITIES = ("waiting", "lost", "wasted")


@dataclass(frozen=True, slots=True, eq=False)
class Games:
    """The pieces that matter, and the sets of them that lead jobs to different clusters.

    pieces : all that jobs have, and how many jobs have each. players : those that matter. sets : one set of each kind.
    kind : (2^n,) which kind each set is of, its number having bit i for player i. narrows : by piece, jobs that have
    fewer clusters to go to for it alone.
    """

    pieces: dict[str, int]
    players: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]
    kind: NDArray[np.int64]
    narrows: dict[str, int]


def worth_in_time(
    cleaned: Cleaned,
    usual: Scenario,
    policies: Sequence[str],
    *,
    games: Games | None = None,
    resamples: int = RESAMPLES,
    runner: Runner = HERE,
    progress: Progress = SILENT,
    engine: EngineName = "auto",
) -> tuple[PieceWorth, ...]:
    """Return what each piece of the jobs' metadata is worth under each queue policy, in the order of `pieces_of`.

    Jobs that start whatever the metadata count for waiting and lost time; all for wasted work.
    games : those of `games_of`, where they are known.

    Raises InputError as `games_of` does.
    """
    trace = cleaned.trace
    games = games_of(trace, usual) if games is None else games
    weights = _weights(games)
    found = []
    for policy in policies:
        settings = replace(usual.settings, policy=_policy(policy))
        scenarios = tuple(replace(usual, settings=settings, metadata=pieces_in) for pieces_in in games.sets)
        replays = Replays(cleaned, scenarios, engine)
        shares, week = _shares(replays, weights, f"values under {policy}", runner, progress)
        for piece, jobs in games.pieces.items():
            place = games.players.index(piece) if piece in games.players else None
            by_job = np.zeros((len(trace), len(_QUANTITIES))) if place is None else shares[place]
            sums = by_job.sum(axis=0).tolist()
            intervals = _sum_intervals(by_job, week, usual.settings.seed, resamples)
            found.append(PieceWorth(policy, piece, jobs, games.narrows[piece], *sums, *intervals))
    return tuple(found)


def _policy(name: str) -> QueuePolicy:
    return name  # type: ignore[return-value]  # the settings refuse other texts


def _shares(
    replays: Replays, weights: NDArray[np.float64], name: str, runner: Runner, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (players, jobs, quantities) of what each piece takes away, in seconds, and (jobs,) weeks."""
    trace, scenarios = replays.cleaned.trace, replays.scenarios
    players = weights.shape[0]
    shares = np.zeros((players, len(trace), len(_QUANTITIES)))
    always = np.ones(len(trace), dtype=np.bool_)
    week = np.zeros(len(trace), dtype=np.int64)
    for first in range(0, len(scenarios), _AT_A_TIME):
        some = replace(replays, scenarios=scenarios[first : first + _AT_A_TIME])
        progress.advanced(name, first, len(scenarios))
        keys = () if runner.parts is None else scenario_keys(trace, some.scenarios)
        for number, row in enumerate(runner.rows(name, some, len(some.scenarios), keys=keys, block=1), start=first):
            fates = fates_in(row, trace)
            week = fates.weeks()
            always &= fates.started
            ended = np.where(fates.started, fates.turnaround_s, 0)
            lost = np.where(fates.succeeded, ended - fates.runtime_s, ended)
            columns = np.stack([fates.wait_s, lost, fates.wasted_s], axis=1).astype(np.float64)
            for player in np.flatnonzero(weights[:, number]).tolist():
                shares[player] -= weights[player, number] * columns
    shares[:, ~always, :2] = 0.0
    # Whole seconds times weights that sum to nothing leave a rest in the last digits.
    shares[np.abs(shares) < _NOTHING_S] = 0.0
    shares[..., 2] /= trace.processor_parts
    return shares, week


def _sum_intervals(
    by_job: NDArray[np.float64], week: NDArray[np.int64], seed: int, resamples: int
) -> tuple[Interval | None, ...]:
    count = len(by_job)
    return tuple(
        None if one is None else replace(one, low=one.low * count, high=one.high * count)
        for one in mean_intervals(by_job, week, seed, resamples)
    )


def _weights(games: Games) -> NDArray[np.float64]:
    """Return (players, kinds) by how much the worth of each kind of set counts in each player's value.

    Values are linear in the game, so that these are the values of games in which one kind of set is worth 1.
    """
    kinds = np.arange(len(games.sets))
    found = np.empty((len(games.players), len(kinds)))
    for first in range(0, len(kinds), _AT_A_TIME):
        some = slice(first, first + _AT_A_TIME)
        found[:, some] = values_of_sets((games.kind == kinds[some, None]).astype(np.float64)).T
    # What cancels out leaves a rest in the last digits.
    found[np.abs(found) < 1e-12] = 0.0
    return found


def games_of(trace: Trace, usual: Scenario) -> Games:
    """Return what is to be replayed to value the metadata that the jobs of a trace have.

    Raises InputError for jobs without requirements, and for more than `MOST_PLAYERS` pieces that matter.
    """
    pieces = pieces_of(trace)
    if not pieces:
        raise InputError("no job has requirements, so there is no metadata to value")
    matches = _Matches(FleetIndex(usual.fleet))
    often = np.bincount(trace.ask, minlength=len(trace.asks)).tolist()
    asks = [(ask, count) for ask, count in zip(trace.asks, often, strict=True) if count and ask]
    players = tuple(piece for piece in pieces if any(matches.changed_by(piece, ask) for ask, _ in asks))
    if len(players) > MOST_PLAYERS:
        raise InputError(
            "too many pieces of metadata change where jobs can go",
            found=len(players),
            expected=f"at most {MOST_PLAYERS}",
        )
    kinds: dict[tuple[frozenset[int], ...], int] = {}
    sets: list[tuple[str, ...]] = []
    kind = np.zeros(1 << len(players), dtype=np.int64)
    for number in range(len(kind)):
        chosen = tuple(piece for place, piece in enumerate(players) if number >> place & 1)
        key = tuple(matches.of([one for one in ask if piece_name(one) in chosen]) for ask, _ in asks)
        if key not in kinds:
            kinds[key] = len(sets)
            sets.append(chosen)
        kind[number] = kinds[key]
    everywhere = matches.of([])
    narrows = {
        piece: sum(
            count for ask, count in asks if matches.of([one for one in ask if piece_name(one) == piece]) != everywhere
        )
        for piece in pieces
    }
    return Games(pieces, players, tuple(sets), kind, narrows)


class _Matches:
    """The clusters that match sets of requirements, each worked out once."""

    def __init__(self, index: FleetIndex) -> None:
        self.index = index
        self.known: dict[frozenset[Expression], frozenset[int]] = {}

    def of(self, requirements: Sequence[Expression]) -> frozenset[int]:
        """Return the positions of the clusters on which all hold."""
        key = frozenset(requirements)
        if key not in self.known:
            job = Job("asked", (ResourceGroup((), tuple(requirements)),))
            self.known[key] = frozenset(match(self.index, job).positions)
        return self.known[key]

    def changed_by(self, piece: str, ask: Sequence[Expression]) -> bool:
        """Whether metadata on a piece changes where a job can go, whatever else there is metadata on."""
        rest = sorted({name for one in ask if (name := piece_name(one)) != piece})
        if all(piece_name(one) != piece for one in ask):
            return False
        return any(
            self.of([one for one in ask if piece_name(one) in some])
            != self.of([one for one in ask if piece_name(one) in (*some, piece)])
            for some in _subsets(rest)
        )


def _subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if len(names) > MOST_PLAYERS:
        raise InputError("a job has too many requirements", found=len(names), expected=f"at most {MOST_PLAYERS}")
    for number in range(1 << len(names)):
        yield tuple(name for place, name in enumerate(names) if number >> place & 1)
