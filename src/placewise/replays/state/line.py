"""A queue and the clusters that it serves: what waits, what runs, and when that is planned to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from placewise.replays.state.plan import Plan
from placewise.replays.state.space import Holding, Space


@dataclass(frozen=True, slots=True)
class Reservation:
    """Where and from when a job has been promised its resources."""

    start_s: int
    cluster: int
    holding: Holding


@dataclass(slots=True, eq=False)
class Waiting:
    """One attempt that has been submitted and has not started.

    attempt : its number in the order of submission. processors : how many it asks for.
    demands : what it asks of each cluster that it may go to, in the order of the fleet.
    estimate_s : what is taken for its runtime. limit_s : its time limit.
    first_reserved_s : the first reservation that it had, -1 for none.
    """

    attempt: int
    processors: int
    demands: Mapping[int, Any]
    estimate_s: int
    limit_s: int
    reservation: Reservation | None = None
    first_reserved_s: int = -1

    def copy(self) -> Waiting:
        """Return one that asks for the same and has no reservation."""
        return Waiting(self.attempt, self.processors, self.demands, self.estimate_s, self.limit_s)


@dataclass(slots=True, eq=False)
class Running:
    """An attempt that runs.

    number : of its start, in the order of starts. end_s : when it ends in truth, which no policy reads but to ask
    whether a planned end that has come is one. planned_end_s : as of the last look.
    released : whether it has freed what it holds, at an event of the second in which it ends as planned.
    """

    waiting: Waiting
    cluster: int
    holding: Holding
    number: int
    start_s: int
    end_s: int
    planned_end_s: int
    released: bool = False


@dataclass(slots=True, eq=False)
class Station:
    """One cluster: what is free on it, what runs, and under conservative its plan."""

    space: Space
    running: list[Running] = field(default_factory=list)
    plan: Plan | None = None

    def copy(self) -> Station:
        """Return a copy that may go another way; those running in it are copies that end when planned."""
        running = [
            Running(one.waiting, one.cluster, one.holding, one.number, one.start_s, planned, planned)
            for one in self.running
            for planned in (one.planned_end_s,)
        ]
        return Station(self.space.copy(), running)


@dataclass(slots=True, eq=False)
class Line:
    """One queue and its clusters.

    stations : by position in the fleet, in its order. waiting : in the order of submission.
    lasts : how long an attempt runs in truth on a cluster. starts : how many have started.
    started : those that started and that nobody has taken note of yet.
    """

    stations: dict[int, Station]
    lasts: Callable[[Waiting, int], int]
    waiting: list[Waiting] = field(default_factory=list)
    started: list[Running] = field(default_factory=list)
    starts: int = 0

    def room(self, waiting: Waiting) -> tuple[int, Holding] | None:
        """Return the first cluster that can start a job now, and what it would be given there."""
        for cluster, demand in waiting.demands.items():
            station = self.stations.get(cluster)
            holding = None if station is None else station.space.room(demand)
            if holding is not None:
                return cluster, holding
        return None

    def start(self, waiting: Waiting, cluster: int, holding: Holding, now: int) -> None:
        """Start a job."""
        self.waiting.remove(waiting)
        station = self.stations[cluster]
        assert station.space.holds(holding), "nothing is ever overcommitted"
        station.space.take(holding)
        end = now + self.lasts(waiting, cluster)
        planned = now + waiting.estimate_s
        run = Running(waiting, cluster, holding, self.starts, now, end, planned)
        self.starts += 1
        station.running.append(run)
        self.started.append(run)

    def end(self, run: Running) -> None:
        """Free what a job holds, if that has not been done."""
        if not run.released:
            self._release(run)

    def look(self, now: int) -> list[tuple[Running, int]]:
        """Hold the plan against the clock, at the first event of a second and at each that follows.

        Jobs that end now, as planned, free what they hold, all at once. A job that outlives its planned end is planned
        to end at its limit, past that at the next second: these are listed, each with the end that was planned before.
        """
        found = []
        for station in self.stations.values():
            for run in [run for run in station.running if run.planned_end_s <= now]:
                before = run.planned_end_s
                if before < now or run.end_s != now:
                    limit = run.start_s + run.waiting.limit_s
                    run.planned_end_s = limit if limit > now or limit == now == run.end_s else now + 1
                    found.append((run, before))
                if run.planned_end_s == now:
                    self._release(run)
        return found

    def _release(self, run: Running) -> None:
        station = self.stations[run.cluster]
        station.running.remove(run)
        station.space.give(run.holding)
        run.released = True

    def copy(self, waiting: Iterable[Waiting]) -> Line:
        """Return a copy that may go another way, in which jobs run as long as planned, with these waiting."""
        stations = {cluster: station.copy() for cluster, station in self.stations.items()}
        return Line(stations, lambda one, _: one.estimate_s, list(waiting), starts=self.starts)
