"""Lets changes run to their end after whoever asked for them is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def finishing(act: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Return an act that runs to its end even if its caller is cancelled.

    What is being committed is not undone; so what is in memory has to follow it, and until then the right to change
    the cluster must not pass to the next.
    """

    @wraps(act)
    async def finished(*given: P.args, **named: P.kwargs) -> R:
        task = asyncio.create_task(act(*given, **named))
        task.add_done_callback(_looked_at)
        return await asyncio.shield(task)

    return finished


def _looked_at(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()  # else asyncio complains of an error that nobody was there to hear
