"""The game whose players are subsystems: what metadata on some of them is worth, job by job.

v(E) is the success of all jobs with metadata on the subsystems E, when a cluster is chosen at random among those
that match: for each job the mean of p over M(E), and 0 where nothing matches. A subsystem that a job does not
need, or that is met everywhere, changes nothing for the job, so the game is a weighted sum of small games, one a job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.outcomes.chances import Chances
from placewise.outcomes.questions import Places, Questions
from placewise.outcomes.success import success_on

# Words of sets held at a time: few enough for the processor's second cache.
_BLOCK_WORDS = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """Jobs, what each needs, and how likely each succeeds where.

    weights : (jobs,) int64, how many equal jobs each stands for.
    unit : (jobs,) int64, the requirement profile of each, 0, 1, ...: jobs of one profile succeed on the same
        clusters and for the same reasons, so they are one observation of what is worth how much.
    """

    index: Places
    questions: Questions
    chances: Chances
    weights: NDArray[np.int64]
    unit: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """The players."""
        return self.questions.names

    @property
    def jobs(self) -> int:
        """How many jobs there are, equal ones counted as often as they occur."""
        return int(self.weights.sum())

    @property
    def ceiling(self) -> float:
        """The mean of the largest p of each job: by rules the share for which some cluster would succeed."""
        return float(self.weights @ self.chances.best / self.jobs)

    def matches(self, places: NDArray[np.uint64], jobs: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return (jobs, ..., words) the clusters that match, from (jobs, ..., words) places; jobs : (jobs,)."""
        return self.questions.admitted(self.index.clusters_of(places, self.questions.shape), jobs)

    def part(self, jobs: NDArray[np.int64]) -> Game:
        """Return the game of some of the jobs, by position, with the same players."""
        return replace(
            self,
            questions=self.questions.of_jobs(jobs),
            chances=self.chances.part(jobs),
            weights=self.weights[jobs],
            unit=self.unit[jobs],
        )

    def success(self, places: NDArray[np.uint64], jobs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the success of jobs whose requirements that have metadata hold at sets of places.

        places : (jobs, ..., words). jobs : (jobs,) which ones. Returns (jobs, ...).
        """
        matches = self.matches(places, jobs)
        return success_on(matches, self.chances, jobs).share


@dataclass(frozen=True, slots=True, eq=False)
class SmallGames:
    """Jobs with the same number of players.

    jobs : (games,) positions of the jobs. players : (games, n) positions in the names.
    rows : (games, n, words) the places at which what is asked of each player holds.
    """

    jobs: NDArray[np.int64]
    players: NDArray[np.int32]
    rows: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.jobs)

    @property
    def size(self) -> int:
        """The number of players of each game."""
        return int(self.rows.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Games of which many are one and the same: of records, a few hundred among ten thousand.

    What sets of players come to is worked out once a kind, and given to every game of it.

    games : one game of each kind. of_game : (games,) the kind of each.
    """

    games: SmallGames
    of_game: NDArray[np.int64]


def kinds_of(game: Game, games: SmallGames) -> Kinds:
    """Find the games with the same players, the same rows, and jobs that succeed as likely everywhere."""
    parts = (games.players.astype(np.uint64), games.rows.reshape(len(games), -1), game.chances.keys(games.jobs))
    content = np.ascontiguousarray(np.concatenate(parts, axis=1))
    whole = content.view(f"V{content.itemsize * content.shape[1]}").reshape(-1)
    _, first, of_game = np.unique(whole, return_index=True, return_inverse=True)
    return Kinds(SmallGames(games.jobs[first], games.players[first], games.rows[first]), of_game.reshape(-1))


def player_counts(game: Game) -> NDArray[np.int64]:
    """Return (jobs,) how many subsystems matter to each job; 0 for those that cannot succeed."""
    _, per_job = _that_matter(game, feasible=True)
    return per_job


def small_games(game: Game, *, feasible: bool = True, least: int = 1, every_set: bool = False) -> Iterator[SmallGames]:
    """Yield the jobs in blocks of equally many players, of at least `least`.

    feasible : leave out jobs for which no cluster would succeed, whose success is 0 whatever metadata there is.
    every_set : make blocks so small that all sets of the players of each game can be held.
    """
    kept, per_job = _that_matter(game, feasible=feasible)
    questions = game.questions
    starts = np.cumsum(per_job) - per_job
    entries = np.flatnonzero(kept)
    for size in range(least, int(per_job.max(initial=0)) + 1):
        jobs = np.flatnonzero(per_job == size)
        sets = 1 << size if every_set else size
        step = max(1, _BLOCK_WORDS // (sets * game.index.words))
        for first in range(0, len(jobs), step):
            block = jobs[first : first + step]
            ids = questions.ids[entries[starts[block][:, None] + np.arange(size)]]
            yield SmallGames(block, questions.question[ids], questions.table[ids])


def _that_matter(game: Game, *, feasible: bool) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    questions = game.questions
    changing = np.bitwise_or.reduce(questions.table ^ game.index.everything, axis=1) != 0
    kept: NDArray[np.bool_] = changing[questions.ids]
    if feasible:
        can_succeed = game.chances.best > 0
        kept &= can_succeed[questions.job]
    return kept, np.bincount(questions.job[kept], minlength=len(game.weights))


def without_each(game: Game, rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return (games, n, words) the places at which what is asked of all players but each one holds."""
    everywhere = np.broadcast_to(game.index.everything, (len(rows), 1, rows.shape[2]))
    before = np.concatenate([everywhere, np.bitwise_and.accumulate(rows[:, :-1], axis=1)], axis=1)
    after = np.concatenate([np.bitwise_and.accumulate(rows[:, :0:-1], axis=1)[:, ::-1], everywhere], axis=1)
    others: NDArray[np.uint64] = before & after
    return others


def without_metadata(game: Game) -> NDArray[np.float64]:
    """Return (jobs,) the success of each job without metadata."""
    everywhere = np.broadcast_to(game.index.everything, (len(game.weights), game.index.words))
    return game.success(everywhere, np.arange(len(game.weights)))


def with_all_metadata(game: Game) -> NDArray[np.float64]:
    """Return (jobs,) the success of each job with all metadata."""
    found = without_metadata(game)
    for games in small_games(game):
        found[games.jobs] = game.success(np.bitwise_and.reduce(games.rows, axis=1), games.jobs)
    return found


def mean_over_jobs(game: Game, per_job: NDArray[np.float64]) -> float:
    """Return the mean of (jobs,) values, equal jobs counted as often as they occur."""
    return float(game.weights @ per_job / game.jobs)


def shares(game: Game, games: SmallGames) -> NDArray[np.float64]:
    """Return (games, 1) the share of all jobs that each game stands for."""
    found: NDArray[np.float64] = (game.weights[games.jobs] / game.jobs)[:, None]
    return found
