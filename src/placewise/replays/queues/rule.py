"""What a queue policy is: what it does when a job comes, when one ends, and what it would do if nobody else came."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Protocol

from placewise.replays.state.line import Line, Running, Station, Waiting


class Rule(Protocol):
    """A queue policy, which starts what it decides to start."""

    def look(self, line: Line, now: int) -> None:
        """Bring the plan up to date with jobs that outlived their planned ends, and start what is due by it."""
        ...

    def submitted(self, line: Line, waiting: Waiting, now: int) -> None:
        """Take a job into the queue, and decide."""
        ...

    def ended(self, line: Line, run: Running, now: int) -> None:
        """Take note of an end, and decide."""
        ...

    def planned_start(self, line: Line, waiting: Waiting, now: int, before: float = inf) -> int:
        """Return when a job would start if it were submitted now, all ended when planned, and nobody else came.

        before : from this time on any time that is no later than the start will do.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A policy whose only state is the list of who waits; decide : starts jobs, given the line and the time."""

    decide: Callable[[Line, int], None]

    def look(self, line: Line, now: int) -> None:
        """See `Rule.look`."""
        line.look(now)

    def submitted(self, line: Line, waiting: Waiting, now: int) -> None:
        """See `Rule.submitted`."""
        line.look(now)
        line.waiting.append(waiting)
        self.decide(line, now)

    def ended(self, line: Line, run: Running, now: int) -> None:
        """See `Rule.ended`."""
        line.end(run)
        line.look(now)
        self.decide(line, now)

    def planned_start(self, line: Line, waiting: Waiting, now: int, before: float = inf) -> int:
        """See `Rule.planned_start`."""
        line.look(now)
        if not line.waiting and line.room(waiting):
            return now
        asked = waiting.copy()
        trial = line.copy([one.copy() for one in line.waiting])
        ends = [(run.end_s, run.number, run) for station in trial.stations.values() for run in station.running]
        heapq.heapify(ends)
        self.submitted(trial, asked, now)
        while asked in trial.waiting:
            for run in trial.started:
                heapq.heappush(ends, (run.end_s, run.number, run))
            trial.started.clear()
            now, _, run = heapq.heappop(ends)
            if now >= before:
                break
            self.ended(trial, run, now)
        return now


class InOrder(Listed):
    """A policy under which jobs start in the order of the list, so that a plan is one walk along the queue."""

    def planned_start(self, line: Line, waiting: Waiting, now: int, before: float = inf) -> int:
        """See `Rule.planned_start`."""
        line.look(now)
        if not line.waiting and line.room(waiting):
            return now
        running = [run for station in line.stations.values() for run in station.running]
        ends = [(run.planned_end_s, number, run.cluster, run.holding) for number, run in enumerate(running)]
        heapq.heapify(ends)
        there = {cluster: Station(station.space.copy()) for cluster, station in line.stations.items()}
        trial = Line(there, lambda one, _: one.estimate_s)
        for number, one in enumerate((*line.waiting, waiting), len(ends)):
            while (found := trial.room(one)) is None:
                now = ends[0][0]
                if now >= before:
                    return now
                while ends and ends[0][0] == now:
                    _, _, cluster, holding = heapq.heappop(ends)
                    there[cluster].space.give(holding)
            cluster, holding = found
            there[cluster].space.take(holding)
            heapq.heappush(ends, (now + one.estimate_s, number, cluster, holding))
        return now
