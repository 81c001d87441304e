"""Conservative backfilling: every job has a reservation, and none is ever moved to later by another job.

After A. Mu'alem and D. Feitelson (2001), with the plan compressed in the order of reserved starts.
"""

from __future__ import annotations

from math import inf

from placewise.replays.state.line import Line, Reservation, Running, Waiting
from placewise.replays.state.plan import Plan


class Conservative:
    """The policy; the plan of each cluster is kept in its station."""

    def look(self, line: Line, now: int) -> None:
        """See `Rule.look`: where jobs outlive their planned ends reservations move, and one that moves to now starts.

        Left for the next event of the cluster, such a job would start when part of what was reserved for it has passed,
        and end when that has been promised to others.
        """
        if self._extend(line, now):
            self._compress(line, now, until_still=True)
            self._start(line, now)

    def submitted(self, line: Line, waiting: Waiting, now: int) -> None:
        """See `Rule.submitted`."""
        self.look(line, now)
        line.waiting.append(waiting)
        waiting.first_reserved_s = self._reserve(line, waiting, now).start_s
        self._start(line, now)

    def ended(self, line: Line, run: Running, now: int) -> None:
        """See `Rule.ended`."""
        early, late = run.planned_end_s > now, not run.released and run.planned_end_s < now
        line.end(run)
        if early:
            self._plan(line, run.cluster).give(now, run.planned_end_s, run.holding)
        # One that ends after its planned end, at the first event since, has outlived it too.
        outlived = self._extend(line, now) or late
        if early or outlived:
            self._compress(line, now, until_still=outlived)
        self._start(line, now)

    def _extend(self, line: Line, now: int) -> bool:
        """Plan for jobs that outlived their planned ends, and return whether there are any."""
        for station in line.stations.values():
            if station.plan is None:
                station.plan = Plan(station.space)
            station.plan.forget(now)
        outlived = line.look(now)
        for run, before in outlived:
            self._plan(line, run.cluster).take(max(before, now), run.planned_end_s, run.holding)
        return bool(outlived)

    def planned_start(self, line: Line, waiting: Waiting, now: int, before: float = inf) -> int:
        """See `Rule.planned_start`: the reservation that the job would have."""
        del before
        self.look(line, now)
        return self._earliest(line, waiting, now).start_s

    def _compress(self, line: Line, now: int, *, until_still: bool) -> None:
        """Lift each reservation out of the plan and put it back at its earliest, in the order of reserved starts.

        until_still : do so until none is moved. Once is enough where all are moved to earlier: then each starts when
        something is planned to end. Where a job outlived its planned end others are moved to later, and what was put
        back first may have been put behind one that was moved away then.
        """
        moved = True
        while moved:
            moved = False
            for waiting in sorted(line.waiting, key=_by_start):
                lifted = waiting.reservation
                assert lifted is not None
                plan = self._plan(line, lifted.cluster)
                plan.give(max(lifted.start_s, now), lifted.start_s + waiting.estimate_s, lifted.holding)
                found = self._reserve(line, waiting, now)
                moved |= until_still and found.start_s != lifted.start_s

    def _reserve(self, line: Line, waiting: Waiting, now: int) -> Reservation:
        found = waiting.reservation = self._earliest(line, waiting, now)
        end = found.start_s + waiting.estimate_s
        self._plan(line, found.cluster).take(found.start_s, end, found.holding)
        return found

    def _earliest(self, line: Line, waiting: Waiting, now: int) -> Reservation:
        found: Reservation | None = None
        for cluster, demand in waiting.demands.items():
            if cluster in line.stations:
                start, holding = self._plan(line, cluster).earliest(demand, waiting.estimate_s, now)
                if found is None or start < found.start_s:
                    found = Reservation(start, cluster, holding)
        assert found is not None
        return found

    def _start(self, line: Line, now: int) -> None:
        """Start what is due, in the order of reserved starts."""
        for waiting in sorted(line.waiting, key=_by_start):
            found = waiting.reservation
            assert found is not None
            if found.start_s > now:
                return
            line.start(waiting, found.cluster, found.holding, now)

    def _plan(self, line: Line, cluster: int) -> Plan:
        plan = line.stations[cluster].plan
        assert plan is not None
        return plan


def _by_start(waiting: Waiting) -> tuple[int, int]:
    assert waiting.reservation is not None
    return waiting.reservation.start_s, waiting.attempt
