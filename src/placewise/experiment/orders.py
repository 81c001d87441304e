"""The `expanding` experiment over many random orders of telling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from placewise.experiment import scoring
from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.model.results import OrderSpread
from placewise.simulation.telling import Needs, tell_more_and_more


@dataclass(frozen=True, slots=True, eq=False)
class OrderTask:
    """All that one order needs: jobs' needs, (jobs, words) where each succeeds, and (jobs,) weights."""

    index: FleetIndex
    needs: Needs
    kernels: Kernels
    succeeds: NDArray[np.uint64]
    weights: NDArray[np.int64]
    seed: int

    def rank(self, number: int) -> NDArray[np.int64]:
        """Return the (names,) rank of each subsystem in random order `number`, whatever was drawn before."""
        generator = np.random.default_rng(np.random.SeedSequence((self.seed, 1, number)))
        return generator.permutation(len(self.needs.names))


def run_orders(
    task: OrderTask, orders: int, workers: int = 1, progress: Callable[[int], None] = lambda _: None
) -> OrderSpread:
    """Run `expanding` under random orders 0 to orders - 1; the result does not depend on the workers."""
    rows = np.empty((orders, 5))
    for number, row in enumerate(_rows(task, orders, workers)):
        rows[number] = row
        progress(number + 1)
    success, last, at, percent, submissions = rows.T.copy()
    return OrderSpread(success, last, at, percent, submissions.astype(np.int64))


def _rows(task: OrderTask, orders: int, workers: int) -> Iterator[tuple[float, ...]]:
    if workers == 1 or orders < 2:
        yield from (_run_order(task, number) for number in range(orders))
        return
    with _executor(task, min(workers, orders)) as pool:
        yield from pool.map(_run_in_worker, range(orders), chunksize=max(1, orders // (8 * workers)))


def _executor(task: OrderTask, workers: int) -> Executor:
    # A fresh interpreter a worker: forking a process that has threads can deadlock.
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_keep, initargs=(task,))


def _run_order(task: OrderTask, number: int) -> tuple[float, ...]:
    told = tell_more_and_more(task.index, task.needs, task.kernels, task.rank(number))
    sizes = bitset.size_of(told.matches)
    good = bitset.size_of(told.matches & task.succeeds[told.job])
    matched = sizes > 0
    success = np.divide(good, sizes, out=np.zeros(len(sizes)), where=matched)
    weights = task.weights[told.job]
    last = scoring.last_level(told, success, matched, len(task.weights))
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


_task: OrderTask | None = None


def _keep(task: OrderTask) -> None:
    global _task  # noqa: PLW0603, a worker process keeps its one task
    _task = task


def _run_in_worker(number: int) -> tuple[float, ...]:
    assert _task is not None
    return _run_order(_task, number)
