"""What a schedule comes to: waiting, slowdown, use, cost and waste (defined in `model.traces.replay_summary`).

A `Tally` takes jobs in part by part, and answers as if they had come at once. It holds 15 bytes a job that counts and
started: wait, turnaround and runtime of 4 bytes each while they are below 2^31 s, the cluster and the class of size.
These are what medians and percentiles are taken from, exactly; all else are sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.model.fleets.cluster import Fleet
from placewise.model.traces.replay import ReplaySettings, Schedule
from placewise.model.traces.replay_summary import ClassSummary, ClusterSummary, ReplaySummary, UserSummary, Work
from placewise.model.traces.trace import UNKNOWN, Trace
from placewise.replays.inputs.sites import processor_price
from placewise.replays.summaries.fates import WEEK_S, Fates, fates_of
from placewise.replays.summaries.spreads import (
    HOUR_S,
    QUANTITIES,
    RUNTIMES,
    SIZES,
    by_job,
    means_from,
    runtime_classes,
    size_classes,
    waits_from,
)
from placewise.replays.summaries.weeks import RESAMPLES, WeekSums, added

_WIDTHS = {"wait_s": np.int32, "turnaround_s": np.int32, "runtime_s": np.int32, "cluster": np.int16, "size": np.int8}


def summary_of(
    trace: Trace, fleet: Fleet, settings: ReplaySettings, schedule: Schedule, *, resamples: int = RESAMPLES
) -> ReplaySummary:
    """Sum up a replay over the jobs first submitted between warm-up and cool-down.

    Warm-up is counted from the first submission, cool-down back from the last one; the window of the utilisation ends
    with the last end, less the cool-down.
    """
    fates = fates_of(trace, schedule)
    submitted = (int(fates.submit_s.min()), int(fates.submit_s.max())) if len(fates) else (0, 0)
    tally = Tally(fleet, settings, trace.processor_parts, schedule.clusters, schedule.capacity, submitted, len(fates))
    tally.add(fates, trace.user.codes, schedule)
    return tally.summary(trace.user.names, resamples)


@dataclass(slots=True)
class Tally:
    """What jobs come to that are taken in part by part, in the order of the trace.

    submitted_s : the first and the last first submission of all jobs, in all parts. most : how many jobs there are.
    """

    fleet: Fleet
    settings: ReplaySettings
    parts: int
    clusters: tuple[str, ...]
    capacity: NDArray[np.int64]
    submitted_s: tuple[int, int]
    most: int
    taken: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("jobs", "succeeded", "failed", "never", "resubmitted"), 0)
    )
    last_end_s: int = 0
    any_started: bool = False
    first_started_s: int | None = None
    columns: dict[str, NDArray[Any]] = field(init=False)
    weeks: WeekSums = field(default_factory=lambda: WeekSums(len(QUANTITIES)))
    users: list[NDArray[np.float64]] = field(default_factory=lambda: [np.zeros(0)] * 5)
    work: NDArray[np.int64] = field(init=False)
    busy: _Busy = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {name: np.empty(self.most, dtype=kind) for name, kind in _WIDTHS.items()}
        self.work = np.zeros((len(self.clusters), 3), dtype=np.int64)
        self.busy = _Busy(len(self.clusters), self.submitted_s[0] + self.settings.warm_up_s, self.settings.cool_down_s)

    def add(self, everything: Fates, user: NDArray[np.int32], schedule: Schedule) -> None:
        """Take in further jobs. user : (jobs,) codes. schedule : all of their attempts, which name them from 0 on."""
        if not len(everything):
            return
        self.any_started = self.any_started or bool(everything.started.any())
        self.last_end_s = max(self.last_end_s, int(everything.end_s.max()))
        counted = counted_jobs(everything, self.settings, self.submitted_s)
        fates = everything.of(counted)
        started = fates.of(fates.started)
        self.counts["jobs"] += len(fates)
        self.counts["succeeded"] += int(fates.succeeded.sum())
        self.counts["failed"] += int((fates.started & ~fates.succeeded).sum())
        self.counts["never"] += int((~fates.started).sum())
        self.counts["resubmitted"] += int(np.maximum(fates.attempts - 1, 0).sum())
        self._add_started(started, user[counted][fates.started])
        rows = schedule.start_s >= 0
        self.busy.add(schedule, rows)
        self._add_work(schedule, rows & counted[schedule.job])

    def _add_started(self, started: Fates, user: NDArray[np.int32]) -> None:
        if not len(started):
            return
        stop = self.taken + len(started)
        size = size_classes(started.processors, self.parts)
        of_job = (started.wait_s, started.turnaround_s, started.runtime_s, started.cluster, size)
        for name, values in zip(_WIDTHS, of_job, strict=True):
            if values.max() > np.iinfo(self.columns[name].dtype).max:
                self.columns[name] = self.columns[name].astype(np.int64)
            self.columns[name][self.taken : stop] = values
        self.taken = stop
        if self.first_started_s is None:
            self.first_started_s = int(started.submit_s.min())
        self.weeks.add(by_job(started), (started.submit_s - self.first_started_s) // WEEK_S)
        said = user != UNKNOWN
        some, codes = started.of(said), user[said]
        of_user = (np.ones(len(some)), some.wait_s, some.turnaround_s, some.bounded_slowdown, some.used_s)
        self.users = [added(sums, codes, values) for sums, values in zip(self.users, of_user, strict=True)]

    def _add_work(self, schedule: Schedule, rows: NDArray[np.bool_]) -> None:
        cluster, failed = schedule.cluster[rows], schedule.failed[rows]
        seconds = (schedule.end_s - schedule.start_s)[rows] * schedule.processors[rows]
        for column, values in enumerate((np.ones(len(seconds), dtype=np.int64), seconds, seconds * failed)):
            np.add.at(self.work[:, column], cluster, values)

    def summary(self, users: tuple[str, ...], resamples: int) -> ReplaySummary:
        """Return what all jobs come to. users : the names of the codes."""
        first, end = self.submitted_s[0], self.last_end_s if self.any_started else UNKNOWN
        window = (first + self.settings.warm_up_s, end - self.settings.cool_down_s) if self.most else (0, 0)
        busy = self.busy.until(window[1])
        there = self.capacity * max(0, window[1] - window[0])
        column = {name: values[: self.taken] for name, values in self.columns.items()}
        times = (column["wait_s"], column["turnaround_s"], column["runtime_s"])
        waits = waits_from(*times)
        by_user = self._by_user(users)
        positive = not len(times[2]) or bool(times[2].min() > 0)
        return ReplaySummary(
            jobs=self.counts["jobs"],
            succeeded=self.counts["succeeded"],
            failed=self.counts["failed"],
            never_started=self.counts["never"],
            resubmissions=self.counts["resubmitted"],
            waits=waits,
            means=means_from(waits, self.weeks, self.settings.seed, resamples, with_slowdown=positive),
            weeks=self.weeks.weeks,
            work=self._work(np.arange(len(self.clusters))),
            makespan_s=self.last_end_s - first if self.any_started else 0,
            utilisation=float(busy.sum() / there.sum()) if there.sum() else None,
            clusters=tuple(
                ClusterSummary(
                    name,
                    self.capacity[place].item() / self.parts,
                    waits_from(*(one[column["cluster"] == place] for one in times)),
                    self._work(np.array([place])),
                    float(busy[place] / there[place]) if there[place] else None,
                )
                for place, name in enumerate(self.clusters)
            ),
            fairness=_fairness(by_user),
            by_user=by_user,
            by_class=self._by_class(column["size"], times),
        )

    def _work(self, places: NDArray[np.int64]) -> Work:
        """Return what attempts on some clusters used."""
        prices = processor_prices(self.fleet)
        attempts, seconds, wasted = self.work[places].T
        ran = attempts > 0
        cost = float((seconds / (self.parts * HOUR_S) * prices[places])[ran].sum())
        return Work(
            int(attempts.sum()),
            seconds.sum().item() / self.parts,
            wasted.sum().item() / self.parts,
            None if np.isnan(cost) or np.isnan(prices).all() else cost,
        )

    def _by_user(self, names: tuple[str, ...]) -> tuple[UserSummary, ...]:
        jobs, wait, turnaround, bounded, used = self.users
        users = np.flatnonzero(jobs > 0)
        found = [
            UserSummary(names[user], int(n), w / n, t / n, b / n, u / self.parts)
            for user, n, w, t, b, u in zip(
                users.tolist(),
                *(sums[users].tolist() for sums in (jobs, wait, turnaround, bounded, used)),
                strict=True,
            )
        ]
        return tuple(sorted(found, key=lambda one: (-one.used_processor_s, one.name)))

    def _by_class(self, size: NDArray[np.int8], times: tuple[NDArray[np.integer], ...]) -> tuple[ClassSummary, ...]:
        runtime = runtime_classes(times[2]).astype(np.int8)
        found = []
        for row, (_, size_words) in enumerate(SIZES):
            for at, (_, runtime_words) in enumerate(RUNTIMES):
                rows = (size == row) & (runtime == at)
                if rows.any():
                    found.append(ClassSummary(size_words, runtime_words, waits_from(*(one[rows] for one in times))))
        return tuple(found)


@dataclass(slots=True)
class _Busy:
    """The processor-seconds used on each cluster in a window whose end, `cool_down_s` before the last end, comes last.

    What ends before every possible end of the window is summed up at once; of the rest (start, end, processors,
    cluster) are kept.
    """

    clusters: int
    begin_s: int
    cool_down_s: int
    settled: NDArray[np.int64] = field(init=False)
    kept: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))
    last_end_s: int = UNKNOWN

    def __post_init__(self) -> None:
        self.settled = np.zeros(self.clusters, dtype=np.int64)

    def add(self, schedule: Schedule, rows: NDArray[np.bool_]) -> None:
        columns = (schedule.start_s, schedule.end_s, schedule.processors, schedule.cluster)
        self.kept = np.concatenate([self.kept, np.column_stack([column[rows] for column in columns])])
        self.last_end_s = max(self.last_end_s, int(self.kept[:, 1].max(initial=UNKNOWN)))
        over = self.kept[:, 1] <= self.last_end_s - self.cool_down_s
        self._settle(self.kept[over], self.last_end_s)
        self.kept = self.kept[~over]

    def until(self, end_s: int) -> NDArray[np.int64]:
        """Return (clusters,) what is used from the beginning of the window to its end."""
        self._settle(self.kept, end_s)
        self.kept = self.kept[:0]
        return self.settled

    def _settle(self, rows: NDArray[np.int64], end_s: int) -> None:
        start, end, processors, cluster = rows.T
        within = np.minimum(end, end_s) - np.maximum(start, self.begin_s)
        np.add.at(self.settled, cluster, np.maximum(within, 0) * processors)


def counted_jobs(
    fates: Fates, settings: ReplaySettings, submitted_s: tuple[int, int] | None = None
) -> NDArray[np.bool_]:
    """Return (jobs,) which were first submitted between warm-up and cool-down.

    submitted_s : the first and the last first submission of all jobs, where these are not all.
    """
    if not len(fates):
        return np.zeros(0, dtype=np.bool_)
    submit = fates.submit_s
    first, last = (submit.min(), submit.max()) if submitted_s is None else submitted_s
    found: NDArray[np.bool_] = (submit >= first + settings.warm_up_s) & (submit <= last - settings.cool_down_s)
    return found


def processor_prices(fleet: Fleet) -> NDArray[np.float64]:
    """Return (clusters,) the price of a processor for an hour, NaN where it is not known (see `processor_price`)."""
    return np.array([processor_price(cluster) for cluster in fleet.clusters], dtype=np.float64)


def _fairness(users: tuple[UserSummary, ...]) -> float | None:
    slow = np.array([one.bounded_slowdown for one in users])
    return float(slow.sum() ** 2 / (len(slow) * (slow**2).sum())) if len(slow) else None
