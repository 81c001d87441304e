"""One pool of processors and its queue, for plain Python to be quick: sorted lists in place of looking at everything.

Attempts are numbers in the order of submission; what is known of them lies in lists.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

NEVER = 1 << 62


@dataclass(slots=True, eq=False)
class Pool:
    """The pool.

    size, estimate, limit, lasts, start, end, reserved : one number an attempt.
    running : (planned end, attempt), sorted. ends : a heap of (end, number of the start, attempt).
    planned : the planned end of each that runs, NEVER once it has freed what it holds.
    plans : whether the queue keeps a plan, to be changed by what is `outlived`: the attempts that outlived a planned
    end, with that end and the new one.
    """

    free: int
    size: Sequence[int]
    estimate: list[int]
    limit: Sequence[int]
    lasts: Sequence[int]
    start: list[int]
    end: list[int]
    reserved: list[int]
    planned: list[int]
    plans: bool
    running: list[tuple[int, int]] = field(default_factory=list)
    ends: list[tuple[int, int, int]] = field(default_factory=list)
    outlived: list[tuple[int, int, int]] = field(default_factory=list)
    starts: int = 0
    changed: bool = False

    def begin(self, attempt: int, now: int) -> None:
        """Start an attempt."""
        end, planned = now + self.lasts[attempt], now + self.estimate[attempt]
        self.start[attempt], self.end[attempt], self.planned[attempt] = now, end, planned
        self.free -= self.size[attempt]
        insort(self.running, (planned, attempt))
        heapq.heappush(self.ends, (end, self.starts, attempt))
        self.starts += 1

    def finish(self, attempt: int) -> None:
        """Free what an attempt holds that ends before it was planned to."""
        self.free += self.size[attempt]
        del self.running[bisect_left(self.running, (self.planned[attempt], attempt))]
        self.changed = True

    def look(self, now: int) -> None:
        """Hold planned ends against the clock, see `Line.look`; called where one has come."""
        running = self.running
        come = bisect_right(running, (now, NEVER))
        due, self.changed = running[:come], True
        del running[:come]
        for planned, attempt in due:
            end, until = self.end[attempt], planned
            if planned < now or end != now:
                until = self.start[attempt] + self.limit[attempt]
                if until < now or (until == now and end != now):
                    until = now + 1
                if self.plans:
                    self.outlived.append((attempt, planned, until))
            if until == now:
                self.free += self.size[attempt]
                self.planned[attempt] = NEVER
            else:
                self.planned[attempt] = until
                insort(running, (until, attempt))
