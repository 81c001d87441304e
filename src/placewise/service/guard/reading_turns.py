"""Whose turn it is: calls are read a few at a time, caller by caller, so that one who sends the worst waits alone.

A caller is a connection. A message costs memory only once it is read, so calls wait before theirs is, each with no more
than a stream's window of it. Who begins a message and does not go on loses the turn to those who wait.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from placewise.errors import PlacewiseError
from placewise.service.guard.refusals import Exhausted

MOST_REMEMBERED = 16_384
LARGE_BYTES = 64 << 10


@dataclass(slots=True, eq=False)
class Part:
    """One call's part in what goes on.

    bytes : of its message, once that is read. why, kind : why it was told to leave, if it was, and by which error.
    """

    caller: str
    task: asyncio.Task[object]
    bytes: int = 0
    why: str = ""
    kind: type[PlacewiseError] = Exhausted

    def leave(self, why: str, kind: type[PlacewiseError] = Exhausted) -> None:
        """End the call, unless it is ending."""
        if not self.why:
            self.why, self.kind = why, kind
            self.task.cancel()


class Open:
    """What is open, by caller. Past the bound the caller with most of it loses the newest, or is refused another."""

    __slots__ = ("_by_caller", "_count", "_most", "_why")

    def __init__(self, most: int, of_what: str) -> None:
        self._most = most
        self._why = f"too many {of_what} at once, and most of them are of this connection"
        self._count = 0
        self._by_caller: dict[str, OrderedDict[Part, None]] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, part: Part) -> str:
        """Add a call; return why it is refused, or nothing."""
        if self._count >= self._most:
            heaviest = max(self._by_caller.values(), key=len)
            if len(heaviest) <= len(self._by_caller.get(part.caller, ())) + 1:
                return self._why
            newest, _ = heaviest.popitem()
            self._count -= 1
            if not heaviest:
                del self._by_caller[newest.caller]
            newest.leave(self._why)
        self._by_caller.setdefault(part.caller, OrderedDict())[part] = None
        self._count += 1
        return ""

    def remove(self, part: Part) -> None:
        """Remove a call, if it is there."""
        parts = self._by_caller.get(part.caller)
        if parts is None or part not in parts:
            return
        del parts[part]
        self._count -= 1
        if not parts:
            del self._by_caller[part.caller]

    def end(self, why: str, kind: type[PlacewiseError]) -> None:
        """Tell all to leave."""
        for part in [part for parts in self._by_caller.values() for part in parts]:
            part.leave(why, kind)


Waiting: TypeAlias = tuple[Part, asyncio.Future[None]]


class Lines:
    """Those who wait, by rank and caller: the callers of a rank are served in rotation, the calls of each as they came.

    rank : which of the `ranks` a caller has, 0 for the first.
    """

    __slots__ = ("_by_rank", "_rank")

    def __init__(self, rank: Callable[[str], int] = lambda _: 0, ranks: int = 1) -> None:
        self._rank = rank
        self._by_rank: tuple[OrderedDict[str, deque[Waiting]], ...] = tuple(OrderedDict() for _ in range(ranks))

    def __bool__(self) -> bool:
        return any(self._by_rank)

    def __contains__(self, caller: str) -> bool:
        return caller in self._by_rank[self._rank(caller)]

    async def wait(self, part: Part) -> None:
        """Wait until a call is the next, and somebody takes it."""
        given = asyncio.get_running_loop().create_future()
        waiting = (part, given)
        self._by_rank[self._rank(part.caller)].setdefault(part.caller, deque()).append(waiting)
        try:
            await given
        finally:
            for lines in self._by_rank:
                line = lines.get(part.caller)
                if line is not None and waiting in line:  # it is ended before its time
                    line.remove(waiting)
                    if not line:
                        del lines[part.caller]

    def next(self, rank: int, may: Callable[[str], bool] = lambda _: True) -> Waiting | None:
        """Take the next call of a caller of a rank who may; None where there is none."""
        lines = self._by_rank[rank]
        for caller, line in lines.items():
            if not may(caller):
                continue
            found = line.popleft()
            if line:
                lines.move_to_end(caller)
            else:
                del lines[caller]
            return found
        return None

    def count(self, rank: int, may: Callable[[str], bool]) -> int:
        """Return how many wait of callers of a rank who may."""
        return sum(len(line) for caller, line in self._by_rank[rank].items() if may(caller))

    def rank_anew(self, caller: str) -> None:
        """Have the calls of a caller wait where the caller belongs by now, behind all others."""
        moved = [waiting for lines in self._by_rank for waiting in lines.pop(caller, ())]
        if moved:
            self._by_rank[self._rank(caller)][caller] = deque(moved)


class Turns:
    """Turns of one kind: while less than so much is taken, and less than so much by one caller; who comes then waits.

    Callers who were quick before come first, then new ones, then those who were slow. Where each turn takes as much and
    the quick have a share to themselves, whoever was quick never waits for others to be ended.

    clock : seconds that never go back. weigh : how much a call's turn takes. shares : of the quick, the new and the
    slow, what they may take at most.
    """

    __slots__ = ("_clock", "_held", "_lines", "_most", "_most_of_one", "_quick", "_slow", "_taken", "_total", "_weigh")

    def __init__(
        self,
        most: int,
        most_of_one: int,
        clock: Callable[[], float] = time.monotonic,
        weigh: Callable[[Part], int] = lambda _: 1,
        shares: tuple[float, float, float] = (1, 3 / 4, 1 / 2),
    ) -> None:
        self._most = [max(1, int(most * share)) for share in shares]
        self._most_of_one = most_of_one
        self._clock = clock
        self._weigh = weigh
        self._total = 0
        self._held: dict[str, int] = {}
        self._taken: dict[Part, tuple[float, int]] = {}  # since when, and how much
        self._lines = Lines(self._rank, len(shares))
        self._quick: dict[str, None] = {}
        self._slow: dict[str, None] = {}

    @property
    def busy(self) -> bool:
        """Whether anybody has a turn."""
        return bool(self._taken)

    def take(self, part: Part) -> bool:
        """Begin a call's turn, if it is now."""
        rank = self._rank(part.caller)
        if self._total >= self._most[rank] or not self._may(part.caller) or part.caller in self._lines:
            return False
        self._begin(part)
        return True

    async def wait(self, part: Part) -> None:
        """Wait until it is a call's turn, and begin it."""
        try:
            await self._lines.wait(part)
        except asyncio.CancelledError:
            self.give_back(part)
            raise

    def give_back(self, part: Part) -> None:
        """End a call's turn, if it has one, and begin those of who wait."""
        taken = self._taken.pop(part, None)
        if taken is None:
            return
        _, weight = taken
        self._total -= weight
        held = self._held[part.caller] - weight
        if held:
            self._held[part.caller] = held
        else:
            del self._held[part.caller]
        if self._lines:
            self._serve()

    def was_quick(self, caller: str) -> None:
        """Prefer a caller to those who are new, from now on."""
        if caller not in self._quick and caller not in self._slow:
            _remember(self._quick, caller)

    def settle(self, part: Part) -> None:
        """Keep a call's turn, however long it takes from now on."""
        _, weight = self._taken[part]
        self._taken[part] = math.inf, weight

    def end_slow(self, patience_s: float, longer_s: float, why: str) -> set[str]:
        """End those who had their turn for longer than others like to wait, as many as there are who wait.

        longer_s : the patience with each other of those who were slow before.
        Return their callers, whose other calls come last from now on.
        """
        wanted = [
            self._lines.count(rank, self._may) if self._total >= most else 0 for rank, most in enumerate(self._most)
        ]
        ended = self._longer_than(patience_s)[: sum(wanted[:2])]
        ended += self._longer_than(longer_s)[: wanted[2]]
        callers = {part.caller for part in ended}
        for caller in callers:
            self._quick.pop(caller, None)
            _remember(self._slow, caller)
            self._lines.rank_anew(caller)
        for part in ended:
            part.leave(why)
        return callers

    def is_slow(self, caller: str) -> bool:
        """Whether a call of a caller was ended because others waited."""
        return caller in self._slow

    def end_older(self, than_s: float, why: str) -> None:
        """End those who had their turn for longer, whether or not somebody waits."""
        for part in self._longer_than(than_s):
            part.leave(why)

    def _serve(self) -> None:
        for rank, most in enumerate(self._most):
            while self._total < most and (waiting := self._lines.next(rank, self._may)) is not None:
                part, given = waiting
                if not given.done():  # it may be ending
                    self._begin(part)
                    given.set_result(None)

    def _begin(self, part: Part) -> None:
        if part in self._taken:
            raise RuntimeError("a call has one turn at a time")
        weight = self._weigh(part)
        self._taken[part] = self._clock(), weight
        self._total += weight
        self._held[part.caller] = self._held.get(part.caller, 0) + weight

    def _rank(self, caller: str) -> int:
        return 0 if caller in self._quick else 2 if caller in self._slow else 1

    def _may(self, caller: str) -> bool:
        return self._held.get(caller, 0) < self._most_of_one

    def _longer_than(self, seconds: float) -> list[Part]:
        before = self._clock() - seconds
        return [part for part, (since, _) in self._taken.items() if since <= before]


def _remember(callers: dict[str, None], caller: str) -> None:
    callers[caller] = None
    if len(callers) > MOST_REMEMBERED:
        del callers[next(iter(callers))]
