"""EASY backfilling: the head of the queue has a reservation, and others may go ahead if they do not delay it.

After D. Lifka, The ANL/IBM SP scheduling system (1995), and A. Mu'alem and D. Feitelson, Utilization, predictability,
workloads, and user runtime estimates in scheduling the IBM SP2 with backfilling (2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from placewise.replays.queues.in_order import by_estimate, fcfs
from placewise.replays.state.line import Line, Reservation, Waiting
from placewise.replays.state.space import Space


def easy(line: Line, now: int) -> None:
    """Backfill in the order of submission."""
    _backfill(line, now, lambda waiting: waiting)


def easy_sjbf(line: Line, now: int) -> None:
    """Backfill the jobs of the shortest estimated runtime first."""
    _backfill(line, now, lambda waiting: sorted(waiting, key=by_estimate))


def _backfill(line: Line, now: int, ordered: Callable[[list[Waiting]], Iterable[Waiting]]) -> None:
    fcfs(line, now)
    if not line.waiting:
        return
    head = line.waiting[0]
    reserved, space = _reservation(line, head)
    if head.first_reserved_s < 0:
        head.first_reserved_s = reserved.start_s
    for waiting in list(ordered(line.waiting[1:])):
        for cluster, demand in waiting.demands.items():
            holding = line.stations[cluster].space.room(demand) if cluster in line.stations else None
            if holding is None:
                continue
            if cluster == reserved.cluster and now + waiting.estimate_s > reserved.start_s:
                space.take(holding)
                if not space.holds(reserved.holding):
                    space.give(holding)
                    continue
            line.start(waiting, cluster, holding, now)
            break


def _reservation(line: Line, head: Waiting) -> tuple[Reservation, Space]:
    """Return the earliest time at which enough is planned to be free for the head, and what will be free then."""
    found: tuple[Reservation, Space] | None = None
    for cluster, demand in head.demands.items():
        station = line.stations.get(cluster)
        if station is None:
            continue
        space, running = station.space.copy(), sorted(station.running, key=lambda run: run.planned_end_s)
        for position, run in enumerate(running):
            space.give(run.holding)
            if position + 1 < len(running) and running[position + 1].planned_end_s == run.planned_end_s:
                continue
            holding = space.room(demand)
            if holding is not None:
                if found is None or run.planned_end_s < found[0].start_s:
                    found = Reservation(run.planned_end_s, cluster, holding), space
                break
    assert found is not None, "a job that fits the cluster fits when all else has ended"
    return found
