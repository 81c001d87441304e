"""Work that takes longer than others can wait for: beside the event loop, bounded, one piece a caller at a time.

A few threads take callers in turn, so that whoever sends the most waits for himself. A piece whose caller is gone,
or that takes too long, is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from placewise.service.guard.limits import counted_under
from placewise.service.guard.refusals import Exhausted, Unavailable

T = TypeVar("T")

PLACES = 2
"""So many callers are worked for at once."""

MOST_WAITING = 16
"""So many pieces of one caller may wait."""

MOST_WAITING_IN_ALL = 256

STEPS_AT_ONCE = 800
"""So many steps of matching (see `matching.shapes.work`), some 2 ms, keep nobody waiting."""


class Stopped(Exception):  # noqa: N818, nothing went wrong
    """Nobody waits for this work any more."""


class NotAtOnce(Exception):  # noqa: N818, nothing went wrong
    """There is more to do than can be done while others wait."""


class Stop:
    """Says whether a piece of work shall end. One thread sets it, another one looks."""

    __slots__ = ("_act", "_gate", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._act: Callable[[], object] | None = None
        self._gate = threading.Lock()

    def set(self) -> None:
        """Have the work end."""
        with self._gate:
            self.is_set = True
            if self._act is not None:
                self._act()

    def check(self, _steps: int = 0) -> None:
        """Raise Stopped if the work shall end."""
        if self.is_set:
            raise Stopped

    @contextlib.contextmanager
    def ending(self, act: Callable[[], object]) -> Iterator[None]:
        """Call a function when the work shall end, if that is while the block runs. Raises Stopped if it shall now."""
        with self._gate:
            self.check()
            self._act = act
        try:
            yield
        finally:
            with self._gate:
                self._act = None


@dataclass(slots=True, eq=False)
class Caller:
    """Whoever asks for something, for the length of one call.

    peer : as gRPC names it. may : what he may use, by which callers of one address are told apart.
    gone : whether nobody waits for the call any more. long : whether some of it was worked out beside the event loop.
    """

    peer: str
    may: Hashable = None
    gone: bool = False
    long: bool = False
    _pieces: set[_Piece[Any]] = field(default_factory=set)

    @property
    def key(self) -> Hashable:
        """What his other calls have too."""
        return counted_under(self.peer), self.may

    def leave(self) -> None:
        """End what is worked out for this call, which nobody waits for any more; what is being committed goes on."""
        self.gone = True
        for piece in list(self._pieces):
            piece.future.cancel()
            piece.stop.set()


@dataclass(slots=True, eq=False)
class _Piece(Generic[T]):
    act: Callable[[Stop], T]
    future: asyncio.Future[T]
    stop: Stop = field(default_factory=Stop)


class Heavy:
    """The threads, and who waits for them. The event loop owns it.

    longest_s : seconds after which a piece is stopped. done : called with what became of each: done, refused, gone
    or late. places : how many are worked at.
    """

    def __init__(self, longest_s: float, done: Callable[[str], None] = lambda _: None, places: int = PLACES) -> None:
        self._longest_s = longest_s
        self._done = done
        self._free = places
        self._threads = ThreadPoolExecutor(places, "placewise-heavy")
        self._waiting: dict[Hashable, deque[_Piece[Any]]] = {}
        self._working: dict[Hashable, _Piece[Any]] = {}
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many pieces wait."""
        return sum(map(len, self._waiting.values()))

    @property
    def working(self) -> int:
        """How many pieces are worked at, those included that were stopped and have not ended yet."""
        return len(self._working)

    async def at_once_or_beside(self, caller: Caller, act: Callable[[Callable[[int], None]], T]) -> T:
        """Return what a function returns, done here if it takes few steps, else as `beside` does.

        act : is given what to tell its steps to, and may be called twice.
        """
        # What comes after long work is mostly long as well, and to find that out may take long.
        if not caller.long:
            with contextlib.suppress(NotAtOnce):
                return act(_AtOnce())
        return await self.beside(caller, lambda stop: act(stop.check))

    async def beside(self, caller: Caller, act: Callable[[Stop], T]) -> T:
        """Return what a function returns on a thread, once it is its caller's turn.

        Raises Exhausted where too much waits, or it takes too long. It is stopped then, and when this is cancelled.
        """
        key = caller.key
        waiting = self._waiting.get(key, ())
        if self._closed:
            raise Unavailable("the server stops")
        if caller.gone:
            raise asyncio.CancelledError
        if len(waiting) >= MOST_WAITING or self.waiting >= MOST_WAITING_IN_ALL:
            self._done("refused")
            raise Exhausted("too many calls that take long wait for their turn; try again later", found=len(waiting))
        caller.long = True
        piece: _Piece[T] = _Piece(act, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(key, deque()).append(piece)
        caller._pieces.add(piece)  # noqa: SLF001, a part of this
        self._begin()
        try:
            return await piece.future
        finally:
            piece.stop.set()
            caller._pieces.discard(piece)  # noqa: SLF001
            self._forget(key, piece)

    def close(self) -> None:
        """Stop all that is worked at or waits."""
        self._closed = True
        for piece in [*self._working.values(), *(one for some in self._waiting.values() for one in some)]:
            piece.stop.set()
            if not piece.future.done():
                piece.future.set_exception(Unavailable("the server stops"))
        self._waiting.clear()
        self._threads.shutdown(wait=False)

    def _begin(self) -> None:
        """Let those work whose turn it is."""
        for key in list(self._waiting):
            if not self._free:
                return
            if key not in self._working:
                queue = self._waiting.pop(key)
                piece = queue.popleft()
                if queue:
                    self._waiting[key] = queue  # behind the others
                self._work(key, piece)

    def _work(self, key: Hashable, piece: _Piece[Any]) -> None:
        self._free -= 1
        self._working[key] = piece
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._longest_s, self._too_late, piece)
        ran = self._threads.submit(piece.act, piece.stop)

        def ended(_: Future[Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._ended, key, piece, ran, timer)

        ran.add_done_callback(ended)

    def _ended(self, key: Hashable, piece: _Piece[Any], ran: Future[Any], timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._free += 1
        del self._working[key]
        error = ran.exception()
        if piece.future.done():
            late = not piece.future.cancelled() and isinstance(piece.future.exception(), Exhausted)
            self._done("late" if late else "gone")
        elif error is not None:
            self._done("gone" if isinstance(error, Stopped) else "done")
            piece.future.set_exception(error)
        else:
            self._done("done")
            piece.future.set_result(ran.result())
        if not self._closed:
            self._begin()

    def _too_late(self, piece: _Piece[Any]) -> None:
        if not piece.future.done():
            piece.future.set_exception(
                Exhausted("the call takes longer than it may", expected=f"at most {self._longest_s:g} s of work")
            )
        piece.stop.set()

    def _forget(self, key: Hashable, piece: _Piece[Any]) -> None:
        queue = self._waiting.get(key)
        if queue is not None and piece in queue:
            queue.remove(piece)
            self._done("gone")
            if not queue:
                del self._waiting[key]


class _AtOnce:
    """Counts steps, and raises NotAtOnce when there are too many."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = STEPS_AT_ONCE

    def __call__(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise NotAtOnce
