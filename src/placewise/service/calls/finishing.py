"""Lets changes run to their end after whoever asked for them is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from placewise.service.beside.turns import Caller
from placewise.service.live.state import State

P = ParamSpec("P")
R = TypeVar("R")


def finishing(
    act: Callable[Concatenate[State, Caller, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[State, Caller, P], Coroutine[Any, Any, R]]:
    """Return an act that, once it is committing, runs to its end even if its caller is cancelled.

    What is being committed is not undone; so what is in memory has to follow it, and until then the right to change
    the cluster must not pass to the next. What is worked out before that for a caller who is gone is stopped.
    """

    @wraps(act)
    async def finished(state: State, caller: Caller, *given: P.args, **named: P.kwargs) -> R:
        task = asyncio.create_task(act(state, caller, *given, **named))
        task.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller.leave()
            raise

    return finished  # type: ignore[return-value]  # mypy gives what is wrapped names that it does not have


def _looked_at(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()  # else asyncio complains of an error that nobody was there to hear
