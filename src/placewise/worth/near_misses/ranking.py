"""The best of many candidates, when each has a bound that spares looking closer."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Ranking(Generic[T]):
    """Keeps the `most` candidates of the largest gain, and of equal ones those of the smallest key.

    least : the gain that a candidate must have.
    """

    def __init__(self, most: int, least: int) -> None:
        self.most, self.least = most, least
        self._gains: list[int] = []
        self._found: list[tuple[int, tuple[str, ...], T]] = []

    def could_hold(self, bound: int) -> bool:
        """Whether a candidate that gains at most so much could be among the best."""
        return bound >= self.least and (len(self._gains) < self.most or bound >= self._gains[0])

    def add(self, gain: int, key: tuple[str, ...], candidate: T) -> None:
        """Take a candidate into account."""
        if self.could_hold(gain):
            heapq.heappush(self._gains, gain)
            if len(self._gains) > self.most:
                heapq.heappop(self._gains)
            self._found.append((gain, key, candidate))

    def best(self) -> list[T]:
        """List the best, the largest gain first."""
        self._found.sort(key=lambda found: (-found[0], found[1]))
        return [candidate for _, _, candidate in self._found[: self.most]]
