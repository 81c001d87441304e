"""The built-in policies. Randomness comes in as numbers, so a policy is a pure function.

A policy takes a block of candidate sets, (jobs, clusters) booleans in the order of submission over one or
more clusters, how many jobs each cluster already has, (clusters,), and one number in [0, 1) a job, (jobs,);
it returns one cluster a job, (jobs,) int64, NONE where there is no candidate. Further policies come in by the
entry-point group ``placewise.policies``.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

NONE = -1


class Policy(Protocol):
    """Chooses one cluster of each job's candidates."""

    def __call__(
        self, candidates: NDArray[np.bool_], load: NDArray[np.int64], draws: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return (jobs,) the chosen cluster, NONE where a job has no candidate."""
        ...


def random_choice(
    candidates: NDArray[np.bool_], load: NDArray[np.int64], draws: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Choose each candidate with the same probability."""
    del load
    rank = np.cumsum(candidates, axis=1, dtype=np.int64)
    found = rank[:, -1]
    wanted = np.minimum((draws * found).astype(np.int64), found - 1)
    chosen = np.argmax(rank > wanted[:, None], axis=1)
    return np.where(found > 0, chosen, NONE)


def first(candidates: NDArray[np.bool_], load: NDArray[np.int64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose the first candidate in the order of the fleet."""
    del load, draws
    return np.where(candidates.any(axis=1), np.argmax(candidates, axis=1), NONE)


def least_loaded(
    candidates: NDArray[np.bool_], load: NDArray[np.int64], draws: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Choose the candidate with the fewest jobs so far, counting those of this block; ties go to the first."""
    del draws
    load = load.copy()
    chosen = np.full(len(candidates), NONE, dtype=np.int64)
    for job, row in enumerate(candidates):
        options = np.flatnonzero(row)
        if len(options):
            chosen[job] = options[np.argmin(load[options])]
            load[chosen[job]] += 1
    return chosen


def draw_numbers(seed: int, stream: int, jobs: int) -> NDArray[np.float64]:
    """Return (jobs,) numbers in [0, 1) for a seed and a stream; the same however the jobs are cut into blocks."""
    return np.random.default_rng(np.random.SeedSequence((seed, stream))).random(jobs)
