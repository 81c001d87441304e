"""A turn on the event loop: work of many pieces lets other calls go on in between."""

from __future__ import annotations

import asyncio
import time

# How long the work keeps other calls waiting.
_TURN_S = 0.002


class Turn:
    """Lets other tasks go on once this one has worked for a few milliseconds."""

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def over(self) -> None:
        """Let others go on, if this task's time is over."""
        if time.perf_counter() - self._began > _TURN_S:
            await asyncio.sleep(0)
            self._began = time.perf_counter()
