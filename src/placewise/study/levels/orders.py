"""The `expanding` experiment over many random orders of adding metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits.kernels import Kernels
from placewise.model.progress import Progress
from placewise.model.results.results import OrderSpread
from placewise.model.streams import ORDERS, generator
from placewise.outcomes.chances import Chances
from placewise.outcomes.metadata import give_prefixes
from placewise.outcomes.questions import Places, Questions
from placewise.outcomes.success import success_on
from placewise.study.levels import scoring
from placewise.sweep.runner import Runner


@dataclass(frozen=True, slots=True, eq=False)
class OrderTask:
    """All that one order needs: jobs' questions, how likely each succeeds where, and (jobs,) weights."""

    places: Places
    questions: Questions
    kernels: Kernels
    chances: Chances
    weights: NDArray[np.int64]
    seed: int
    width: ClassVar[int] = 5

    def rank(self, number: int) -> NDArray[np.int64]:
        """Return the (names,) rank of each subsystem in random order `number`, whatever was drawn before."""
        return generator(self.seed, ORDERS, number).permutation(len(self.questions.names))

    def __call__(self, number: int) -> tuple[float, ...]:
        """Return what `OrderSpread` keeps of random order `number`."""
        return _run_order(self, number)


def run_orders(task: OrderTask, orders: int, runner: Runner, progress: Progress, *, key: str) -> OrderSpread:
    """Run `expanding` under random orders 0 to orders - 1; `key` tells what the task holds (see `Runner.rows`)."""
    rows = runner.rows("random orders", task, orders, key=key, progress=progress)
    success, last, at, percent, submissions = rows.T.copy()
    return OrderSpread(success, last, at, percent, submissions.astype(np.int64))


def _run_order(task: OrderTask, number: int) -> tuple[float, ...]:
    submissions = give_prefixes(task.places, task.questions, task.kernels, task.rank(number))
    success, size, _ = success_on(submissions.assigned, task.chances, submissions.job)
    matched = size > 0
    weights = task.weights[submissions.job]
    last = scoring.last_level(submissions.job, success, matched, len(task.weights))
    jobs, levels = scoring.ran_out(submissions)
    lost = task.weights[jobs]
    needed = task.questions.per_job[jobs]
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
