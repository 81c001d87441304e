"""What happens in virtual time: jobs are submitted, and jobs end. Nothing else does."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TypeAlias

from placewise.replays.state.line import Running


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job of the trace is submitted, for the first time or again."""

    now: int
    job: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A job has run as long as it does."""

    now: int
    run: Running


Event: TypeAlias = Submitted | Ended


@dataclass(slots=True)
class Events:
    """Events to come: by time, submissions first in the order of the file, then ends in the order of the starts."""

    _heap: list[tuple[int, int, int, Event]] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Add an event."""
        kind, number = (0, event.job) if isinstance(event, Submitted) else (1, event.run.number)
        heapq.heappush(self._heap, (event.now, kind, number, event))

    def next(self) -> Event | None:
        """Take the next event; None where there are no more."""
        return heapq.heappop(self._heap)[-1] if self._heap else None
