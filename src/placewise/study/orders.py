"""The `expanding` experiment over many random orders of telling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.model.results import OrderSpread
from placewise.outcomes.telling import Needs, tell_more_and_more
from placewise.study import scoring
from placewise.sweep.runner import Runner

STREAM = 1
"""Of the random orders of telling."""


@dataclass(frozen=True, slots=True, eq=False)
class OrderTask:
    """All that one order needs: jobs' needs, (jobs, words) where each succeeds, and (jobs,) weights."""

    index: FleetIndex
    needs: Needs
    kernels: Kernels
    succeeds: NDArray[np.uint64]
    weights: NDArray[np.int64]
    seed: int
    width: ClassVar[int] = 5

    def rank(self, number: int) -> NDArray[np.int64]:
        """Return the (names,) rank of each subsystem in random order `number`, whatever was drawn before."""
        generator = np.random.default_rng(np.random.SeedSequence((self.seed, STREAM, number)))
        return generator.permutation(len(self.needs.names))

    def __call__(self, number: int) -> tuple[float, ...]:
        """Return what `OrderSpread` keeps of random order `number`."""
        return _run_order(self, number)


def run_orders(
    task: OrderTask, orders: int, runner: Runner, progress: Callable[[int], None], *, key: str
) -> OrderSpread:
    """Run `expanding` under random orders 0 to orders - 1; `key` tells what the task holds (see `Runner.rows`)."""
    rows = runner.rows("random orders", task, orders, key=key, progress=progress)
    success, last, at, percent, submissions = rows.T.copy()
    return OrderSpread(success, last, at, percent, submissions.astype(np.int64))


def _run_order(task: OrderTask, number: int) -> tuple[float, ...]:
    told = tell_more_and_more(task.index, task.needs, task.kernels, task.rank(number))
    sizes = bitset.size_of(told.matches)
    good = bitset.size_of(told.matches & task.succeeds[told.job])
    matched = sizes > 0
    success = np.divide(good, sizes, out=np.zeros(len(sizes)), where=matched)
    weights = task.weights[told.job]
    last = scoring.last_level(told.job, success, matched, len(task.weights))
    jobs, levels = scoring.ran_out(told)
    lost = task.weights[jobs]
    needed = task.needs.per_job[jobs]
    return (
        _average(success, weights * matched),
        _average(last, task.weights),
        _average(levels.astype(np.float64), lost),
        _average((levels - 1) / needed, lost),
        float(weights.sum()),
    )


def _average(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    total = weights.sum()
    return float((weights * values).sum() / total) if total else float("nan")
