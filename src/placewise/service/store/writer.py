"""Group commit: one thread commits everything that waits in one transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from placewise.service.guard.refusals import Unavailable
from placewise.service.store.database import Database

A = TypeVar("A")
R = TypeVar("R")

MOST_ITEMS = 1024

Act = Callable[[Connection, Sequence[A]], Sequence[R | Exception]]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    act: Act[Any, Any]
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Writer:
    """Writes to a database for many tasks at a time, in order of arrival.

    committed : called in the writer's thread with the number of items of each transaction.
    working : whether the database could be written to when it last was.
    """

    def __init__(self, database: Database, committed: Callable[[int], None] = lambda _: None) -> None:
        self.working = True
        self._committed = committed
        self._database = database
        self._gathered: list[_Waiting] = []
        self._queue: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="placewise-writer", daemon=True)
        self._thread.start()

    async def do(self, act: Act[A, R], item: A) -> R:
        """Return what `act` answers for an item, once that is committed.

        act : is given what waits for it next to each other, up to MOST_ITEMS, and answers one for one; an answer
        that is an exception is raised for its item alone, and what the act did for the item is kept. An act that
        raises is undone and called again with each item alone. It may be called several times, the last one counts.
        A caller that is cancelled does not undo its write.
        Raises what the act raises, and Unavailable when nothing can be written.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        with self._gate:
            if self._closed:
                raise Unavailable("the store is closed")
            if not self._gathered:
                # Whatever else this round of the loop brings goes along: transactions cost more than what is in them.
                loop.call_soon(self._hand_over)
            self._gathered.append(_Waiting(act, item, loop, future))
        return await future

    def _hand_over(self) -> None:
        with self._gate:
            if self._gathered:
                self._queue.put(self._gathered)
                self._gathered = []

    async def close(self) -> None:
        """Write what waits, then stop."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(self._gathered)
                self._queue.put(None)
                self._gathered = []
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        for batch in self._batches():
            answers = self._answers(batch)
            self.working = not isinstance(answers[0], Unavailable)
            self._committed(len(batch))
            _resolve(batch, answers)

    def _batches(self) -> Iterator[list[_Waiting]]:
        waiting: list[_Waiting] = []
        open_ = True
        while open_ or waiting:
            while open_ and len(waiting) < MOST_ITEMS:
                try:
                    more = self._queue.get(block=not waiting)
                except Empty:
                    break
                open_ = more is not None
                waiting += more or ()
            if waiting:
                yield waiting[:MOST_ITEMS]
            del waiting[:MOST_ITEMS]

    def _answers(self, batch: list[_Waiting]) -> list[Any]:
        try:
            return self._database.write(lambda connection: _act_together(connection, batch))
        except Exception as error:  # noqa: BLE001, it belongs to whoever waits
            if len(batch) == 1 or isinstance(error, Unavailable):
                return [error] * len(batch)
        try:
            return self._database.write(lambda connection: _act_apart(connection, batch))
        except Exception as error:  # noqa: BLE001, it belongs to whoever waits
            return [error] * len(batch)


def _act_together(connection: Connection, batch: list[_Waiting]) -> list[Any]:
    # Savepoints cost two statements each; they come in only once something has failed.
    return [answer for act, items in _groups(batch) for answer in _called(connection, act, items)]


def _act_apart(connection: Connection, batch: list[_Waiting]) -> list[Any]:
    answers: list[Any] = []
    for act, items in _groups(batch):
        together = _guarded(connection, act, items)
        if isinstance(together, Exception):
            for item in items if len(items) > 1 else ():
                alone = _guarded(connection, act, [item])
                answers.append(alone if isinstance(alone, Exception) else alone[0])
            if len(items) == 1:
                answers.append(together)
        else:
            answers.extend(together)
    return answers


def _groups(batch: list[_Waiting]) -> Iterator[tuple[Act[Any, Any], list[Any]]]:
    for act, group in groupby(batch, key=lambda waiting: waiting.act):
        yield act, [waiting.item for waiting in group]


def _guarded(connection: Connection, act: Act[Any, Any], items: list[Any]) -> Sequence[Any] | Exception:
    try:
        with connection.begin_nested():
            return _called(connection, act, items)
    except Exception as error:
        if isinstance(error, DBAPIError) and (error.connection_invalidated or _ends_transaction(error)):
            raise
        return error


def _ends_transaction(error: DBAPIError) -> bool:
    # Class 40 is "transaction rollback": a deadlock is nobody's fault.
    return str(getattr(error.orig, "sqlstate", None) or "").startswith("40")


def _called(connection: Connection, act: Act[Any, Any], items: list[Any]) -> Sequence[Any]:
    answers = act(connection, items)
    if len(answers) != len(items):
        raise RuntimeError(f"{act} gave {len(answers)} answers for {len(items)} items")
    return answers


def _resolve(batch: list[_Waiting], answers: list[Any]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for waiting, answer in zip(batch, answers, strict=True):
        by_loop.setdefault(waiting.loop, []).append((waiting.future, answer))
    for loop, settled in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, settled)
        except RuntimeError:
            continue  # the loop is closed, and nobody waits in it


def _settle(settled: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in settled:
        if future.done():  # cancelled
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
