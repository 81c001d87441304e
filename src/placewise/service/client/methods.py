"""Calls as methods: a client's method has the parameters of the function that makes its call, and does that call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from placewise.service.client.calls import Call

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Callable[..., object])


class Blocking(Protocol):
    """A client that waits for its answers."""

    def ask(self, call: Call[R], /) -> R:
        """Carry a call out."""
        ...


class Awaiting(Protocol):
    """A client whose answers are awaited."""

    def ask(self, call: Call[R], /) -> Coroutine[Any, Any, R]:
        """Carry a call out."""
        ...


def blocking(make: Callable[P, Call[R]]) -> Callable[Concatenate[Blocking, P], R]:
    """Return a method that makes a call and waits for its answer."""

    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.ask(make(*args, **kwargs))

    return _described(method, make)


def awaiting(make: Callable[P, Call[R]]) -> Callable[Concatenate[Awaiting, P], Coroutine[Any, Any, R]]:
    """Return a method that makes a call, whose answer is awaited."""

    async def method(self: Awaiting, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.ask(make(*args, **kwargs))

    return _described(method, make)


def _described(method: M, make: Callable[..., object]) -> M:
    functools.update_wrapper(method, make)
    # What inspects a bound method leaves its first parameter out, and that of the function is no `self`.
    made = inspect.signature(make)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__signature__ = made.replace(parameters=[own, *made.parameters.values()])  # type: ignore[attr-defined]
    return method
