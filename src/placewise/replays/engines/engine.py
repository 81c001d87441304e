"""The replay by its definition: one event after the other, plainly. The quicker engines give the same schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from placewise.matching.bits import bitset
from placewise.model import streams
from placewise.model.progress import SILENT, Progress
from placewise.model.traces.replay import ReplaySettings, Schedule
from placewise.replays.engines.placing import numbers_of
from placewise.replays.inputs.estimates import UserMeans, fixed_estimates, limits_of
from placewise.replays.inputs.failing import Reality
from placewise.replays.inputs.jobs import ReplayJobs
from placewise.replays.inputs.sites import Site
from placewise.replays.queues import RULES
from placewise.replays.state.events import Ended, Events, Submitted
from placewise.replays.state.line import Line, Running, Station, Waiting
from placewise.scheduler import Scheduler
from placewise.selection.policies import NONE, draw_numbers, earliest_start

STAGE = "replay"


@dataclass(slots=True)
class Attempts:
    """The rows of a schedule while it comes about, one an attempt."""

    job: list[int] = field(default_factory=list)
    cluster: list[int] = field(default_factory=list)
    submit_s: list[int] = field(default_factory=list)
    start_s: list[int] = field(default_factory=list)
    end_s: list[int] = field(default_factory=list)
    reserved_s: list[int] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)

    def add(self, job: int, now: int) -> int:
        """Add an attempt that is submitted now, and return its number."""
        self.job.append(job)
        self.submit_s.append(now)
        for column in (self.cluster, self.start_s, self.end_s, self.reserved_s):
            column.append(-1)
        self.failed.append(False)
        return len(self.job) - 1

    def schedule(self, jobs: ReplayJobs, sites: Sequence[Site]) -> Schedule:
        """Return what became of the jobs."""
        job = np.array(self.job, dtype=np.int64)
        return Schedule(
            job=job,
            cluster=np.array(self.cluster, dtype=np.int32),
            submit_s=np.array(self.submit_s, dtype=np.int64),
            start_s=np.array(self.start_s, dtype=np.int64),
            end_s=np.array(self.end_s, dtype=np.int64),
            reserved_s=np.array(self.reserved_s, dtype=np.int64),
            failed=np.array(self.failed, dtype=np.bool_),
            processors=jobs.processors[job],
            clusters=tuple(site.name for site in sites),
            capacity=np.array([site.processors for site in sites], dtype=np.int64),
        )


class Engine:
    """One replay."""

    def __init__(
        self,
        jobs: ReplayJobs,
        sites: Sequence[Site],
        scheduler: Scheduler,
        settings: ReplaySettings,
        reality: Reality,
    ) -> None:
        self.jobs, self.sites, self.scheduler, self.settings, self.reality = jobs, sites, scheduler, settings, reality
        self.events, self.attempts, self.starts = Events(), Attempts(), 0
        self.limits = limits_of(jobs)
        self.estimates = fixed_estimates(jobs, settings.estimates)
        self.means = UserMeans() if settings.estimates == "user-mean" else None
        stations = {cluster: Station(site.space()) for cluster, site in enumerate(sites)}
        if settings.late:
            self.lines = [Line(stations, self._lasts)] * len(sites)
        else:
            self.lines = [Line({cluster: station}, self._lasts) for cluster, station in stations.items()]
        self.rules = [RULES[settings.policies.get(site.name, settings.policy)] for site in sites]
        tries = settings.retries + 1
        self.draws = draw_numbers(settings.seed, streams.REPLAYED_PLACES, len(jobs) * tries).reshape(-1, tries)
        self.failures: dict[int, list[int]] = {}
        self.followers: dict[int, list[int]] = {}

    def run(self, progress: Progress = SILENT) -> Schedule:
        """Take all events."""
        total = len(self.jobs)
        progress.advanced(STAGE, 0, total)
        for job, submit in enumerate(self.jobs.submit_s.tolist()):
            before = int(self.jobs.after[job])
            if self.settings.dependencies and before >= 0:
                self.followers.setdefault(before, []).append(job)
            else:
                self.events.add(Submitted(submit, job))
        done = 0
        while event := self.events.next():
            if isinstance(event, Submitted):
                self._submit(event.job, event.now)
                done += 1
                if done % 1024 == 0:
                    progress.advanced(STAGE, min(done, total), total)
            else:
                self._end(event.run, event.now)
        progress.advanced(STAGE, total, total)
        return self.attempts.schedule(self.jobs, self.sites)

    def _submit(self, job: int, now: int) -> None:
        attempt = self.attempts.add(job, now)
        fits = bitset.unpack(self.jobs.fits[job], len(self.sites))
        failed_on = self.failures.get(job, ())
        candidates = [cluster for cluster in np.flatnonzero(fits).tolist() if cluster not in failed_on]
        limit, estimate = int(self.limits[job]), int(self.estimates[job])
        if self.means is not None:
            estimate = self.means.estimate(int(self.jobs.user[job]), limit)
        processors, demands = int(self.jobs.processors[job]), self.jobs.asked(job, candidates)
        waiting = Waiting(attempt, processors, demands, estimate, limit)
        if not candidates:
            self._over(job, now)
            return
        if self.settings.late:
            cluster = candidates[0]
        else:
            for cluster in candidates:
                line = self.lines[cluster]
                line.starts = self.starts
                self.rules[cluster].look(line, now)
                self._take_note(line)
            cluster = self._choose(waiting, job, candidates, now)
            if cluster == NONE:
                self._over(job, now)
                return
            self.attempts.cluster[attempt] = cluster
        line = self.lines[cluster]
        line.starts = self.starts
        self.rules[cluster].submitted(line, waiting, now)
        self._take_note(line)
        self.attempts.reserved_s[attempt] = waiting.first_reserved_s

    def _choose(self, waiting: Waiting, job: int, candidates: list[int], now: int) -> int:
        """Let the scheduler choose among the clusters that match."""
        if len(candidates) == 1 and self.scheduler.policy is earliest_start:
            self.scheduler.load[candidates] += 1
            return candidates[0]
        flags = np.zeros((1, len(self.sites)), dtype=np.bool_)
        flags[0, candidates] = True
        values = numbers_of(self.scheduler.policy, waiting, self.lines, self.rules, self.sites, candidates, now)
        draw = self.draws[job, len(self.failures.get(job, ()))]
        return int(self.scheduler.assign(bitset.pack(flags), np.array([draw]), values)[0])

    def _end(self, run: Running, now: int) -> None:
        attempt, cluster = run.waiting.attempt, run.cluster
        job, line = self.attempts.job[attempt], self.lines[cluster]
        fails = self.reality.fails(job, cluster)
        self.attempts.failed[attempt] = fails
        self.scheduler.ended(self.sites[cluster].name)
        if self.means is not None and not fails:
            self.means.ended(int(self.jobs.user[job]), now - run.start_s)
        line.starts = self.starts
        self.rules[cluster].ended(line, run, now)
        self._take_note(line)
        if fails:
            failed_on = self.failures.setdefault(job, [])
            failed_on.append(cluster)
            if len(failed_on) <= self.settings.retries:
                self.events.add(Submitted(now, job))
                return
        self._over(job, now)

    def _over(self, job: int, now: int) -> None:
        """Let those jobs follow that wait for one that has ended, or that never starts."""
        for follower in self.followers.pop(job, ()):
            self.events.add(Submitted(now + max(0, int(self.jobs.think_s[follower])), follower))

    def _take_note(self, line: Line) -> None:
        """Write down who started, and expect the ends."""
        for run in line.started:
            attempt = run.waiting.attempt
            self.attempts.cluster[attempt] = run.cluster
            self.attempts.start_s[attempt], self.attempts.end_s[attempt] = run.start_s, run.end_s
            self.attempts.reserved_s[attempt] = run.waiting.first_reserved_s
            self.events.add(Ended(run.end_s, run))
            if self.settings.late:
                self.scheduler.load[run.cluster] += 1
        self.starts = line.starts
        line.started.clear()

    def _lasts(self, waiting: Waiting, cluster: int) -> int:
        return self.reality.lasts(self.attempts.job[waiting.attempt], cluster)


def replay_plainly(
    jobs: ReplayJobs,
    sites: Sequence[Site],
    scheduler: Scheduler,
    settings: ReplaySettings,
    reality: Reality,
    progress: Progress = SILENT,
) -> Schedule:
    """Return the schedule of a replay by its definition."""
    return Engine(jobs, sites, scheduler, settings, reality).run(progress)
