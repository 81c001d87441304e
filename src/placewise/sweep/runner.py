"""Numbered pieces of work, each a row of numbers, in this process or on any executor."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import pickle
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

import placewise
from placewise.errors import PlacewiseError
from placewise.model.progress import SILENT, Progress
from placewise.sweep.parts import Parts

Rows: TypeAlias = NDArray[np.float64]

_MOST_BLOCKS = 64
# Enough to keep a large cluster busy; what waits here costs memory, however many blocks there are.
_MOST_SUBMITTED = 256
_ENDING_S = 10.0


class Task(Protocol):
    """A picklable value that holds all that its rows need, and may be called by several threads at once."""

    @property
    def width(self) -> int:
        """How many numbers a row has."""
        ...

    def __call__(self, number: int) -> Sequence[float]:
        """Return row `number`, which depends on the number alone and not on what was called before."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Runner:
    """Where rows are computed, and where those that are finished are kept.

    executor : any `concurrent.futures` executor, which stays its owner's; None computes in this process.
    parts : the folder in which finished blocks of rows are kept, and from which they are taken again; None keeps none.
    patience_s : parts are kept once a sweep has lasted so long, and when it is stopped before that; what is done sooner
    is worked out again in less time than its files take.
    abandon : ends the executor's workers at once, where they are its owner's to end; else what has begun goes on.
    """

    executor: Executor | None = None
    parts: Path | None = None
    abandon: Callable[[], None] | None = None
    patience_s: float = 0.0

    def rows(
        self,
        name: str,
        task: Task,
        count: int,
        *,
        key: str = "",
        keys: Sequence[str] = (),
        progress: Progress = SILENT,
        block: int | None = None,
    ) -> Rows:
        """Return the (count, task.width) rows of the numbers 0 to count - 1: the same bytes wherever they are computed.

        name : what the rows are, for messages. key : a text of all that determines them, by which parts are found.
        keys : in its place one for each row, by which that row is found whatever other rows there are; then a block is
        a row.
        progress : hears how many rows there are so far, whenever a block is done.
        block : rows computed at a time, by default a 64th of them.

        What the task raises is let through, and the rest is cancelled. Raises PlacewiseError when workers are lost,
        InputError when a part cannot be kept, ValueError for parts without a key.
        """
        if self.parts is not None and not key and len(keys) != count:
            raise ValueError("parts are kept by a key")
        # Of the count alone, so that another number of workers finds the same parts.
        block = max(1, -(-count // _MOST_BLOCKS)) if block is None else block
        block = 1 if keys else block
        parts = None if self.parts is None else _Kept(self.parts, name, key, tuple(keys), block)
        blocks = [range(start, min(start + block, count)) for start in range(0, count, block)]
        rows = np.empty((count, task.width))
        missing, done, began = [], 0, time.monotonic()
        for numbers in blocks:
            kept = None if parts is None else parts.read(numbers, task.width)
            if kept is None:
                missing.append(numbers)
            else:
                rows[numbers.start : numbers.stop] = kept
                done += len(numbers)
        if done:
            progress.advanced(name, done, count)
        waiting: list[range] = []
        try:
            with contextlib.closing(_computed(self.executor, task, missing, self.abandon)) as computed:
                for numbers, found in computed:
                    rows[numbers.start : numbers.stop] = found
                    waiting.append(numbers)
                    if time.monotonic() - began >= self.patience_s:
                        _keep(parts, waiting, rows)
                    done += len(numbers)
                    progress.advanced(name, done, count)
        except BaseException as error:
            _keep(parts, waiting, rows)
            if not isinstance(error, Exception):
                raise
            lost = _lost_workers(error)
            if lost is None:
                raise
            kept_where = "nothing of it is kept" if parts is None else f"what is done is kept in {self.parts}"
            raise PlacewiseError(f"{name}: {lost}; {done:,} of {count:,} were done, and {kept_where}") from error
        return rows


HERE = Runner()
"""Computes in this process, and keeps no parts."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where blocks are kept: with others of their sweep, or where there are keys of rows, each on its own."""

    folder: Path
    name: str
    key: str
    keys: tuple[str, ...]
    block: int

    def _of(self, numbers: range) -> tuple[Parts, range]:
        if not self.keys:
            return Parts.of(self.folder, self.name, self.key, self.block), numbers
        return Parts.of(self.folder, self.name, self.keys[numbers.start], 1), range(1)

    def read(self, numbers: range, width: int) -> Rows | None:
        parts, place = self._of(numbers)
        return parts.read(place, width)

    def write(self, numbers: range, rows: Rows) -> None:
        parts, place = self._of(numbers)
        parts.write(place, rows)


def _keep(parts: _Kept | None, waiting: list[range], rows: Rows) -> None:
    """Keep the blocks that wait for it, so that none is left to wait."""
    while waiting:
        numbers = waiting.pop(0)
        if parts is not None:
            parts.write(numbers, rows[numbers.start : numbers.stop])


def _computed(
    executor: Executor | None, task: Task, blocks: Iterable[range], abandon: Callable[[], None] | None
) -> Generator[tuple[range, Rows], None, None]:
    """Yield blocks with their rows as they are done; when this ends early, cancel what has not begun."""
    if executor is None:
        yield from ((numbers, _rows_of(task, numbers)) for numbers in blocks)
        return
    # The content goes with every block and is not scattered over workers first: a block can then begin again
    # on any worker, whichever of them was lost.
    content = pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
    digest = hashlib.sha256(content).digest()
    remaining = iter(blocks)
    submitted: dict[Future[Rows], range] = {}
    try:
        while True:
            for numbers in itertools.islice(remaining, _MOST_SUBMITTED - len(submitted)):
                future = executor.submit(_rows_in_worker, placewise.__version__, digest, content, numbers)
                submitted[future] = numbers
            if not submitted:
                return
            # Failures come last, so that what else was done by then is kept.
            for future in sorted(wait(submitted, return_when=FIRST_COMPLETED).done, key=_has_failed):
                found = future.result()
                yield submitted.pop(future), found
    except BrokenExecutor:
        wait(submitted, _ENDING_S)
        raise
    finally:
        # A process pool whose workers end fails all its futures; over one that is cancelled meanwhile it would stumble,
        # and never end. So cancelling comes last.
        if submitted and abandon is not None:
            abandon()
            wait(submitted, _ENDING_S)
        for future in submitted:
            future.cancel()


def _has_failed(future: Future[Rows]) -> bool:
    return future.cancelled() or future.exception() is not None


def _lost_workers(error: Exception) -> str | None:
    """Return what to say when the workers failed rather than the work; None when the work did."""
    if isinstance(error, BrokenExecutor):
        return "a worker process died, perhaps for want of memory"
    if isinstance(error, CancelledError):
        return "the workers are gone, or their scheduler"
    # Distributed's exceptions, without loading it.
    if type(error).__module__.partition(".")[0] == "distributed":
        return f"the workers failed: {' '.join(str(error).split())[:200]}"
    return None


def _rows_of(task: Task, numbers: range) -> Rows:
    return np.array([task(number) for number in numbers], dtype=np.float64).reshape(len(numbers), task.width)


_one_at_a_time = threading.Lock()
_last: tuple[bytes, Task] | None = None


def _rows_in_worker(version: str, digest: bytes, content: bytes, numbers: range) -> Rows:
    if version != placewise.__version__:
        raise PlacewiseError(
            "a worker has another version of placewise", found=placewise.__version__, expected=f"{version}, as here"
        )
    return _rows_of(_unpickled(digest, content), numbers)


def _unpickled(digest: bytes, content: bytes) -> Task:
    """Return the task of this content, unpickled once a process while one task follows another."""
    global _last  # noqa: PLW0603, what a process keeps for its next block
    with _one_at_a_time:
        if _last is None or _last[0] != digest:
            _last = None  # frees the one before, so that two are never held
            _last = digest, pickle.loads(content)  # noqa: S301, from the process that submitted this function
        return _last[1]
