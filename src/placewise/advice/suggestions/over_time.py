"""Jobs of a trace on a fleet: replayed before and after a change, and compared job by job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from placewise.advice.suggestions.case import Candidates, Choices
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.advice.gains import Gains, Now, Saved
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaned
from placewise.replays.inputs.jobs import jobs_of
from placewise.replays.inputs.sites import site_of
from placewise.replays.replaying import in_parts, replay_trace
from placewise.replays.summaries.fates import Fates, fates_of
from placewise.replays.summaries.numbers import counted_jobs, processor_prices
from placewise.replays.summaries.spreads import HOUR_S
from placewise.replays.summaries.weeks import RESAMPLES, mean_intervals
from placewise.scheduler import Scheduler
from placewise.worth.near_misses.suggestions import Relaxation

CHEAPEST = "cheapest"
_MOST_TRIED = 15


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What became of the jobs. cost : (jobs,) of all attempts of each, NaN where one ran where no price is."""

    fates: Fates
    cost: NDArray[np.float64]
    priced: bool


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """A case with times: success, waits, waste and cost are those of a replay.

    seen : the jobs as the scheduler sees them, None as they are. resamples : of the weeks, for intervals.
    """

    cleaned: Cleaned
    fleet: Fleet
    settings: ReplaySettings
    seen: Trace | None = None
    resamples: int = RESAMPLES
    notes: tuple[str, ...] = ()

    @property
    def candidates(self) -> tuple[Candidates, ...]:
        """See `Case`; where requirements hold counts, and not who has the processors."""
        trace = self.cleaned.trace
        asks = Workload.from_rows(map(str, range(len(trace.asks))), trace.asks)
        return (Candidates(asks.select(trace.ask)),)

    @property
    def most_tried(self) -> int:
        """See `Case`; each is a replay."""
        return _MOST_TRIED

    @property
    def spreads(self) -> bool:
        """See `Case`: they may wait less there."""
        return True

    def on(self, fleet: Fleet) -> Self:
        """See `Case`."""
        return replace(self, fleet=fleet)

    def relaxed(self, relaxation: Relaxation) -> Self:
        """See `Case`."""
        trace = self.cleaned.trace if self.seen is None else self.seen
        instead = () if relaxation.relaxed is None else (relaxation.relaxed,)
        asks = [
            tuple(part for one in ask for part in (instead if one == relaxation.requirement else (one,)))
            for ask in trace.asks
        ]
        return replace(self, seen=replace(trace, asks=tuple(asks)))

    def choices(self, index: FleetIndex) -> Choices | None:
        """See `Case`."""
        del index
        if self.settings.place != CHEAPEST or self.settings.late:
            return None
        trace, parts = self.cleaned.trace, self.cleaned.trace.processor_parts
        prices = processor_prices(self.fleet)
        if np.isnan(prices).all():
            return None
        there = in_parts(self.fleet, parts)
        jobs = jobs_of(trace, Scheduler(there), [site_of(one, self.settings.hold) for one in there.clusters])
        hours = jobs.processors * jobs.runtime_s / (parts * HOUR_S)
        able = bitset.unpack(jobs.fits, len(prices))
        return Choices(hours[:, None] * prices, able, np.ones(len(jobs), dtype=np.int64))

    def standing(self) -> Standing:
        """See `Case`."""
        found = replay_trace(self.cleaned, self.fleet, self.settings, seen=self.seen, resamples=0)
        schedule, parts = found.schedule, found.trace.processor_parts
        prices = processor_prices(self.fleet)
        ran = schedule.start_s >= 0
        seconds = (schedule.end_s - schedule.start_s)[ran] * schedule.processors[ran]
        paid = seconds / (parts * HOUR_S) * prices[schedule.cluster[ran]]
        cost = np.bincount(schedule.job[ran], paid, minlength=len(found.trace)).astype(np.float64)
        return Standing(fates_of(found.trace, schedule), cost, not np.isnan(prices).all())

    def now(self, standing: Standing) -> Now:
        """See `Case`."""
        fates = standing.fates
        counted = counted_jobs(fates, self.settings)
        started = counted & fates.started
        cost = standing.cost[started & np.isfinite(standing.cost)]
        return Now(
            int(counted.sum()),
            float((counted & fates.succeeded).sum()),
            int(started.sum()),
            float(fates.wait_s[started].sum()) / HOUR_S,
            float(fates.wasted_s[counted].sum()) / (HOUR_S * self.cleaned.trace.processor_parts),
            fsum(cost.tolist()) if standing.priced and len(cost) else None,
        )

    def gains(self, before: Standing, after: Standing) -> Gains:
        """See `Case`; hours and cost have intervals over weeks of submissions."""
        first, second = before.fates, after.fates
        counted = counted_jobs(first, self.settings)
        both = counted & first.started & second.started
        paid = both & np.isfinite(before.cost) & np.isfinite(after.cost)
        parts = self.cleaned.trace.processor_parts
        columns = [
            np.where(both, first.wait_s - second.wait_s, 0) / HOUR_S,
            (first.wasted_s - second.wasted_s) / (HOUR_S * parts),
            np.where(paid, before.cost - after.cost, 0.0),
        ]
        values = np.stack(columns, axis=1)[counted]
        intervals = mean_intervals(values, first.of(counted).weeks(), self.settings.seed, self.resamples)
        saved = [
            Saved(
                fsum(column.tolist()),
                None if found is None else replace(found, low=found.low * len(values), high=found.high * len(values)),
            )
            for column, found in zip(values.T, intervals, strict=True)
        ]
        return Gains(
            float((counted & second.succeeded).sum() - (counted & first.succeeded).sum()),
            int((counted & second.started).sum() - (counted & first.started).sum()),
            int((both & (first.cluster != second.cluster)).sum()),
            saved[0],
            saved[1],
            saved[2] if before.priced and paid.any() else None,
        )
