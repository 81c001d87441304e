"""What is planned to be free on one cluster from when on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from placewise.replays.state.space import Holding, Space


class Plan:
    """Times, ascending, and what is planned to be free from each to the next; the last holds for ever."""

    __slots__ = ("spaces", "times")

    def __init__(self, space: Space) -> None:
        self.times: list[int] = [0]
        self.spaces: list[Space] = [space.copy()]

    def take(self, start: int, end: int, holding: Holding) -> None:
        """Plan a holding from a start to an end."""
        for space in self._between(start, end):
            space.take(holding)

    def give(self, start: int, end: int, holding: Holding) -> None:
        """Take a holding out of the plan from a start to an end."""
        for space in self._between(start, end):
            space.give(holding)

    def earliest(self, demand: Any, length: int, now: int) -> tuple[int, Holding]:
        """Return the earliest start from now on, and what is given, of a job that fits where nothing else runs."""
        first = bisect_right(self.times, now) - 1
        for position in range(first, len(self.times)):
            start = max(now, self.times[position])
            stop = bisect_left(self.times, start + length)
            least = self.spaces[position]
            holding = least.room(demand)
            for space in self.spaces[position + 1 : stop]:
                if holding is None:
                    break
                least = least.lowest(space)
                holding = least.room(demand)
            if holding is not None:
                return start, holding
        raise AssertionError("a job that fits the cluster fits when all else has ended")

    def forget(self, now: int) -> None:
        """Drop what is past."""
        first = bisect_right(self.times, now) - 1
        if first > 0:
            del self.times[:first], self.spaces[:first]

    def _between(self, start: int, end: int) -> list[Space]:
        if end <= start:
            return []
        first, last = self._cut(start), self._cut(end)
        return self.spaces[first:last]

    def _cut(self, time: int) -> int:
        """Return the position of a time, which becomes one of the times."""
        position = bisect_left(self.times, time)
        if position == len(self.times) or self.times[position] != time:
            self.times.insert(position, time)
            self.spaces.insert(position, self.spaces[position - 1].copy())
        return position
