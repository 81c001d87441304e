"""Submits jobs batch by batch, as they come: one batch is committed while the next is read and placed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TypeAlias

from placewise.errors import PlacewiseError
from placewise.service.beside.turns import Caller
from placewise.service.calls.submitting import Submission, Submitted, submit_all
from placewise.service.guard.refusals import Unavailable
from placewise.service.live.state import State

MOST_AT_ONCE = 1000
"""So many jobs may be submitted together."""

# Beyond these, what a caller sends waits in his connection until he is answered.
_AHEAD = 2

_Answers: TypeAlias = list[Submitted | PlacewiseError]


async def submit_as_they_come(
    state: State, batches: AsyncIterator[tuple[Caller, Sequence[Submission]]]
) -> AsyncGenerator[_Answers, None]:
    """Yield what `submit_all` answers to each batch, in their order.

    batches : each with its caller.

    At most two batches are read and not answered. Raises what reading raises, what keeps a batch from being
    committed, and Unavailable when the service stops; what was answered before is committed.
    """
    begun: asyncio.Queue[asyncio.Task[_Answers] | None] = asyncio.Queue()
    free = asyncio.Semaphore(_AHEAD)

    async def read() -> None:
        try:
            while True:
                await free.acquire()
                caller, batch = await anext(batches)
                begun.put_nowait(asyncio.create_task(submit_all(state, caller, batch)))
        except StopAsyncIteration:
            return
        finally:
            begun.put_nowait(None)

    reading = asyncio.create_task(read())
    stopped = asyncio.create_task(state.stopped.wait())
    answering: asyncio.Task[_Answers] | None = None
    try:
        while True:
            if begun.empty():
                coming = asyncio.create_task(begun.get())
                await asyncio.wait((coming, stopped), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    raise Unavailable("the service stops; submit again what was not answered")
                answering = coming.result()
            else:
                answering = begun.get_nowait()
            if answering is None:
                await reading
                return
            yield await answering
            free.release()
    finally:
        # What is being committed is committed all the same.
        for task in (reading, stopped, answering, *(begun.get_nowait() for _ in range(begun.qsize()))):
            if task is not None:
                task.cancel()
