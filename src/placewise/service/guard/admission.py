"""Which calls go on at once, and which wait or are refused: what all calls of a server share."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter

from placewise.service.guard.reading_turns import LARGE_BYTES, Lines, Open, Part, Turns, Waiting
from placewise.service.guard.refusals import Exhausted, Unavailable

_PATIENCE_S = 0.1
_LOOK_S = 0.05
_AT_ONCE = 16
_SHORTEST_QUIET_S, _LONGEST_QUIET_S = 0.001, 0.004
_LONGEST_S = 0.01
_AT_WORK_S = 0.002  # timers of an idle loop are late by a millisecond at most
_BUSY_CALLS = 16
_BUSY_CALLERS = 3
_BUSY_S = 0.1
_CLOSED_QUIET_S, _LATE_S = 0.02, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBounds:
    """How much may go on at once.

    calls : open calls that are no streams, those that wait included. streams : open streams. open_streams : those of
    health and reflection, which need no credentials. reading : messages that are read; reading_of_one : of one
    connection. large : another message above 64 KiB is worked at while those at work have fewer bytes together;
    large_of_one : those of its connection. message_s : seconds in which a message has to come.
    """

    calls: int = 8000
    streams: int = 4000
    open_streams: int = 200
    reading: int = 32
    reading_of_one: int = 8
    large: int = 3 << 20
    large_of_one: int = 2 << 20
    message_s: float = 30.0


class _Coming:
    """How calls come: `busy` where the last 16 came within a tenth of a second, and some of at least three callers.

    quiet_s : after which no other call is there to be handed over: three times what usually lies between two.
    """

    __slots__ = ("_callers", "_count", "_since", "_usual_s", "at", "busy")

    def __init__(self, now: float) -> None:
        self.at = self._since = now
        self.busy = False
        self._count = 0
        self._callers: OrderedDict[str, float] = OrderedDict()  # when each last called, of the last moment's
        self._usual_s = _SHORTEST_QUIET_S

    @property
    def quiet_s(self) -> float:
        return min(max(_SHORTEST_QUIET_S, 3 * self._usual_s), _LONGEST_QUIET_S)

    def one(self, caller: str, now: float) -> None:
        """Count a call."""
        between = now - self.at
        if between < _LONGEST_QUIET_S:
            self._usual_s += (between - self._usual_s) / 16
        self.at = now
        self._count += 1
        self._callers[caller] = now
        self._callers.move_to_end(caller)
        if self._count >= _BUSY_CALLS:
            while next(iter(self._callers.values())) < now - _BUSY_S:
                self._callers.popitem(last=False)
            self.busy = now - self._since < _BUSY_S and len(self._callers) >= _BUSY_CALLERS
            self._since, self._count = now, 0


class Admission:
    """The calls of a server, within bounds; the event loop owns it."""

    def __init__(self, bounds: CallBounds | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds = bounds or CallBounds()
        self.calls = Open(bounds.calls, "calls")
        self.streams = Open(bounds.streams, "streams")
        self.open_streams = Open(bounds.open_streams, "streams of health and reflection")
        self._reading = Turns(bounds.reading, bounds.reading_of_one, clock)
        self._large = Turns(bounds.large, bounds.large_of_one, clock, attrgetter("bytes"), shares=(1, 1, 1))
        self._time = clock
        self._look: asyncio.TimerHandle | None = None
        self._line = Lines(self._reading.is_slow, ranks=2)
        self._came = _Coming(clock())
        self._served_at = self._waits_since = self._free_at = 0.0
        self._serving: asyncio.TimerHandle | None = None
        self._handed_over = 0  # whose messages are not read yet
        self._closed = ""

    def enter(self, part: Part, opened: Open) -> None:
        """Count a call as open.

        Raises Exhausted where there are too many, most of them of this caller, and Unavailable once it is closed.
        """
        self._came.one(part.caller, self._time())
        if self._closed:
            raise Unavailable(self._closed)
        why = opened.add(part)
        if why:
            raise Exhausted(why)

    async def read(self, part: Part, message: Callable[[], Awaitable[object]]) -> object:
        """Return a call's message, read when it is the call's turn.

        The turn of a large one goes on until `leave`. Raises CancelledError where the call is ended meanwhile.
        """
        if not self._came.busy and not self._large.busy and not self._line:
            return await self._read(part, message)
        await self._in_line(part)
        self._handed_over += 1
        try:
            return await self._read(part, message)
        finally:
            self._handed_over -= 1
            self._free_at = self._time()
            if self._handed_over == _AT_ONCE - 1 and self._line:
                self._serve_later()

    async def _read(self, part: Part, message: Callable[[], Awaitable[object]]) -> object:
        if self._look is None:
            self._look_later()
        if not self._reading.take(part):
            await self._reading.wait(part)
        try:
            found = await message()
        except BaseException:
            self._reading.give_back(part)
            raise
        if isinstance(found, bytes) and len(found) > LARGE_BYTES:
            # What was read stays in memory, and so does the turn.
            self._reading.settle(part)
            await self._hold_large(part, len(found))
            await self._in_line(part)
        else:
            self._reading.was_quick(part.caller)
            self._reading.give_back(part)
        return found

    async def read_on(self, part: Part, message: Callable[[], Awaitable[object]]) -> object:
        """Return a later message of a stream, which may come at any time; nobody has a turn while waiting for it.

        The turn of a large one goes on until `done`.
        """
        found = await message()
        if isinstance(found, bytes) and len(found) > LARGE_BYTES:
            await self._hold_large(part, len(found))
        return found

    def done(self, part: Part) -> None:
        """Give back the turns of a call whose message is not needed any more."""
        self._large.give_back(part)
        self._reading.give_back(part)

    def leave(self, part: Part, opened: Open) -> None:
        """Give back all that a call has."""
        self.done(part)
        opened.remove(part)

    async def close(self, why: str, most_s: float) -> None:
        """Refuse new calls as unavailable, and return when none came for a moment, or after so many seconds.

        A moment in which this loop had to wait for the processor tells nothing of who came.
        """
        self._closed = why
        until = self._time() + most_s
        late = 0.0
        while (now := self._time()) < until and (late > _LATE_S or now - self._came.at < _CLOSED_QUIET_S):
            await asyncio.sleep(_CLOSED_QUIET_S)
            late = self._time() - now - _CLOSED_QUIET_S

    def end(self, why: str) -> None:
        """End every call as unavailable, which its caller may ask again elsewhere."""
        for opened in (self.calls, self.streams, self.open_streams):
            opened.end(why, Unavailable)

    async def _hold_large(self, part: Part, size: int) -> None:
        part.bytes = size
        if not self._large.take(part):
            await self._large.wait(part)

    async def _in_line(self, part: Part) -> None:
        """Wait until the callers before this one had a call each.

        gRPC hands over calls one by one as they came, whoever they are of, and no faster than they are worked at. So
        all are taken in before the next few are: what waits then waits here, where each caller has a line.
        """
        if self._serving is None:
            self._served_at = self._time()
            self._serve_later()
        await self._line.wait(part)

    def _serve_later(self) -> None:
        """Wait until somebody may be handed over; who is read meanwhile may make that earlier."""
        if self._serving is not None:
            self._serving.cancel()
        self._waits_since = now = self._time()
        at = self._served_at + _LONGEST_S
        if self._handed_over < _AT_ONCE:
            at = min(at, self._quiet_at())
        self._serving = asyncio.get_running_loop().call_later(at - now, self._serve, at)

    def _quiet_at(self) -> float:
        return max(self._came.at, self._free_at) + self._came.quiet_s

    def _serve(self, due: float) -> None:
        self._serving = None
        now = self._time()
        if now - due > _AT_WORK_S:
            # While the loop was at work it could not be handed a call.
            self._free_at = now
            self._served_at += now - self._waits_since
        overdue = now >= self._served_at + _LONGEST_S
        if overdue or now >= self._quiet_at():
            # What is handed over and not read yet would be a queue again; but whoever sends slowly holds up nobody.
            left = _AT_ONCE - (0 if overdue else self._handed_over)
            if left > 0:
                self._served_at = self._free_at = now
            while left > 0 and (waiting := self._next(last=left == 1)) is not None:
                _, given = waiting
                if not given.done():  # it may be ending
                    given.set_result(None)
                    left -= 1
        if self._line:
            self._serve_later()

    def _next(self, *, last: bool) -> Waiting | None:
        """Take the next of those who were not slow; the last of several may be a slow one, who else would never be."""
        first, then = (1, 0) if last else (0, 1)
        return self._line.next(first) or self._line.next(then)

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._look_now)

    def _look_now(self) -> None:
        self._look = None
        why = "the message did not come, and others wait"
        for caller in self._reading.end_slow(_PATIENCE_S, 10 * _PATIENCE_S, why):
            self._line.rank_anew(caller)
        self._reading.end_older(self.bounds.message_s, f"the message did not come within {self.bounds.message_s:g} s")
        if self._reading.busy:
            self._look_later()
