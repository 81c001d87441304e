"""The queue policies on one pool of processors, in plain Python; what each decides is defined in `queues`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from typing import Protocol

from placewise.model.traces.replay import QueuePolicy
from placewise.replays.engines.pool import NEVER, Pool


class PoolQueue(Protocol):
    """Who waits for a pool."""

    def submitted(self, attempt: int, now: int) -> None:
        """Take an attempt in, and decide."""
        ...

    def ended(self, now: int, planned: int, size: int) -> None:
        """Decide after an end; planned : when that was planned, now if as planned."""
        ...


class Fcfs:
    """First come, first served: each event costs what it starts."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.waiting = pool, deque[int]()

    def submitted(self, attempt: int, now: int) -> None:
        """See `PoolQueue.submitted`."""
        self.waiting.append(attempt)
        self.ended(now, 0, 0)

    def ended(self, now: int, planned: int, size: int) -> None:
        """See `PoolQueue.ended`."""
        del planned, size
        pool, waiting = self.pool, self.waiting
        while waiting and pool.size[waiting[0]] <= pool.free:
            pool.begin(waiting.popleft(), now)


class Sjf:
    """Shortest job first: the queue is sorted, longest first, so that the shortest is taken from its end."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.waiting: list[tuple[int, int]] = []

    def submitted(self, attempt: int, now: int) -> None:
        """See `PoolQueue.submitted`."""
        insort(self.waiting, (-self.pool.estimate[attempt], -attempt))
        self.ended(now, 0, 0)

    def ended(self, now: int, planned: int, size: int) -> None:
        """See `PoolQueue.ended`."""
        del planned, size
        pool, waiting = self.pool, self.waiting
        while waiting and pool.size[-waiting[-1][1]] <= pool.free:
            pool.begin(-waiting.pop()[1], now)


class Easy:
    """EASY: a submission is held against the reservation that there is; an end looks through the queue once.

    smallest : no waiting job but the head is smaller, so that there is nothing to look for where less is free.
    """

    def __init__(self, pool: Pool, *, shortest_first: bool = False) -> None:
        self.pool, self.shortest_first = pool, shortest_first
        self.head = -1
        self.waiting: list[int] = []
        self.by_length: list[tuple[int, int]] = []
        self.smallest, self.shadow, self.extra = NEVER, 0, 0

    def submitted(self, attempt: int, now: int) -> None:
        """See `PoolQueue.submitted`."""
        pool, size = self.pool, self.pool.size[attempt]
        if self.head < 0:
            if size <= pool.free:
                pool.begin(attempt, now)
            else:
                self.head = attempt
                self._reserve()
            return
        if pool.changed:
            self._wait(attempt)
            self._decide(now)
        elif size <= pool.free and now + pool.estimate[attempt] <= self.shadow:
            pool.begin(attempt, now)
        elif size <= pool.free and size <= self.extra:
            self.extra -= size
            pool.begin(attempt, now)
        else:
            self._wait(attempt)

    def ended(self, now: int, planned: int, size: int) -> None:
        """See `PoolQueue.ended`."""
        del planned, size
        if self.head >= 0 and self.pool.changed:
            self._decide(now)

    def _wait(self, attempt: int) -> None:
        self.waiting.append(attempt)
        if self.shortest_first:
            insort(self.by_length, (self.pool.estimate[attempt], attempt))
        self.smallest = min(self.smallest, self.pool.size[attempt])

    def _start_heads(self, now: int) -> None:
        pool, waiting = self.pool, self.waiting
        while self.head >= 0 and pool.size[self.head] <= pool.free:
            pool.begin(self.head, now)
            self.head = waiting.pop(0) if waiting else -1
            if self.shortest_first and self.head >= 0:
                del self.by_length[bisect_left(self.by_length, (pool.estimate[self.head], self.head))]

    def _decide(self, now: int) -> None:
        self._start_heads(now)
        pool, waiting, sizes = self.pool, self.waiting, self.pool.size
        if self.head < 0:
            pool.changed = False
            return
        self._reserve()
        if self.smallest > pool.free or not waiting:
            return
        estimates, shadow, extra, smallest = pool.estimate, self.shadow, self.extra, NEVER
        started = []
        order = [attempt for _, attempt in self.by_length] if self.shortest_first else waiting
        for attempt in order:
            size = sizes[attempt]
            if size <= pool.free and (size <= extra or now + estimates[attempt] <= shadow):
                if now + estimates[attempt] > shadow:
                    extra -= size
                pool.begin(attempt, now)
                started.append(attempt)
            elif size < smallest:
                smallest = size
        self.extra, self.smallest = extra, smallest
        for attempt in started:
            del waiting[bisect_left(waiting, attempt)]
            if self.shortest_first:
                del self.by_length[bisect_left(self.by_length, (estimates[attempt], attempt))]

    def _reserve(self) -> None:
        pool, need = self.pool, self.pool.size[self.head]
        pool.changed = False
        free, shadow = pool.free, 0
        for planned, attempt in pool.running:
            if free >= need and planned != shadow:
                break
            free += pool.size[attempt]
            shadow = planned
        self.shadow, self.extra = shadow, free - need
        if pool.reserved[self.head] < 0:
            pool.reserved[self.head] = shadow


class Conservative:
    """Conservative backfilling: the plan is a list of times and what is free from each to the next."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.times, self.frees = [0], [pool.free]
        self.waiting: list[tuple[int, int]] = []

    def submitted(self, attempt: int, now: int) -> None:
        """See `PoolQueue.submitted`."""
        pool = self.pool
        self._forget(now)
        if pool.outlived:
            self._extend(now)
            self._compress(now, outlived=True)
        start = self._earliest(pool.size[attempt], pool.estimate[attempt], now, NEVER)
        self._change(start, start + pool.estimate[attempt], -pool.size[attempt])
        pool.reserved[attempt] = start
        insort(self.waiting, (start, attempt))
        self._start_due(now)

    def ended(self, now: int, planned: int, size: int) -> None:
        """See `PoolQueue.ended`."""
        self._forget(now)
        self._change(now, planned, size)
        outlived = planned < now or bool(self.pool.outlived)
        self._extend(now)
        if planned > now or outlived:
            self._compress(now, outlived=outlived)
        self._start_due(now)

    def _extend(self, now: int) -> None:
        for attempt, planned, until in self.pool.outlived:
            self._change(max(planned, now), until, -self.pool.size[attempt])
        self.pool.outlived.clear()

    def _start_due(self, now: int) -> None:
        due = bisect_right(self.waiting, (now, NEVER))
        for _, attempt in self.waiting[:due]:
            self.pool.begin(attempt, now)
        del self.waiting[:due]

    def _compress(self, now: int, *, outlived: bool) -> None:
        pool, moved = self.pool, []
        for start, attempt in self.waiting:
            size, length, earliest = pool.size[attempt], pool.estimate[attempt], start
            if outlived:
                self._change(max(start, now), start + length, size)
                earliest = self._earliest(size, length, now, NEVER)
                self._change(earliest, earliest + length, -size)
            else:
                # Where nothing is promised twice a job fits from its reserved start on; only what is before decides.
                earliest = self._earliest(size, length, now, start)
                if earliest < start:
                    self._change(start, start + length, size)
                    self._change(earliest, earliest + length, -size)
            moved.append((earliest, attempt))
        again = outlived and moved != self.waiting
        moved.sort()
        self.waiting = moved
        if again:
            self._compress(now, outlived=True)

    def _forget(self, now: int) -> None:
        past = bisect_right(self.times, now) - 1
        if past > 0:
            del self.times[:past], self.frees[:past]

    def _cut(self, time: int) -> int:
        position = bisect_left(self.times, time)
        if position == len(self.times) or self.times[position] != time:
            self.times.insert(position, time)
            self.frees.insert(position, self.frees[position - 1])
        return position

    def _change(self, start: int, end: int, by: int) -> None:
        if end <= start:
            return
        first, last = self._cut(start), self._cut(end)
        frees = self.frees
        for position in range(first, last):
            frees[position] += by
        for position in (last, first):
            if position and frees[position] == frees[position - 1]:
                del self.times[position], frees[position]

    def _earliest(self, size: int, length: int, now: int, stop: int) -> int:
        """Return the earliest start from now on; `stop` if there is none before, and nothing is looked at from then."""
        times, frees = self.times, self.frees
        start, position, count = -1, 0, len(times)
        while position < count:
            time = times[position]
            if start >= 0 and time >= start + length:
                return start
            if time >= stop:
                return min(stop, start) if start >= 0 else stop
            if frees[position] < size:
                start = -1
            elif start < 0:
                start = max(now, time)
            position += 1
        return min(start, stop)


QUEUES: dict[QueuePolicy, type[Fcfs | Sjf | Easy | Conservative]] = {
    "fcfs": Fcfs,
    "sjf": Sjf,
    "easy": Easy,
    "conservative": Conservative,
}


def queue_of(policy: QueuePolicy, pool: Pool) -> PoolQueue:
    """Return the empty queue of a policy."""
    return Easy(pool, shortest_first=True) if policy == "easy-sjbf" else QUEUES[policy](pool)
