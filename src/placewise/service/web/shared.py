"""Pages that many look at: made once for all who wait, and never so often that it keeps the server busy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_IDLE = 9.0


class Shared(Generic[T]):
    """Makes something for all who ask for it meanwhile; nobody gets what was made before he asked.

    To make it takes at most a tenth of the time: whoever asks again at once waits.
    """

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._next: asyncio.Task[T] | None = None
        self._turn = asyncio.Lock()
        self._not_before = 0.0

    async def get(self) -> T:
        """Return one that is made from now on."""
        if self._next is None:
            self._next = asyncio.create_task(self._made())
        return await asyncio.shield(self._next)

    async def _made(self) -> T:
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(max(0.0, self._not_before - loop.time()))
            # Who asks from now on is given the next one.
            self._next = None
            began = loop.time()
            try:
                return await self._make()
            finally:
                self._not_before = loop.time() + _IDLE * (loop.time() - began)
