"""What a replay comes to: waiting, use, cost and waste, of all jobs and by cluster, user and class."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.results.worth import Interval


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity over jobs. p95, p99 : percentiles, interpolated linearly."""

    mean: float
    median: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Waits:
    """How some jobs fared, of those that started; a spread is None where there are none.

    jobs : how many. wait_s : from each submission to the start, added up over attempts. turnaround_s : from the first
    submission to the last end (also called flow time). slowdown : turnaround / runtime, of jobs whose runtime is
    positive. bounded_slowdown : max(1, turnaround / max(runtime, 10 s)), after Feitelson et al., 1997.
    """

    jobs: int
    wait_s: Spread | None
    turnaround_s: Spread | None
    slowdown: Spread | None
    bounded_slowdown: Spread | None


@dataclass(frozen=True, slots=True)
class Work:
    """What some attempts used.

    attempts : that started. used_processor_s : processors x seconds. wasted_processor_s : of those that failed.
    cost : of all of them, in the unit of the clusters' prices; None where one of them ran on a cluster without a price.
    """

    attempts: int
    used_processor_s: float
    wasted_processor_s: float
    cost: float | None


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """One cluster. waits : of the jobs whose last attempt to start was there. utilisation : see `ReplaySummary`."""

    name: str
    processors: float
    waits: Waits
    work: Work
    utilisation: float | None


@dataclass(frozen=True, slots=True)
class UserSummary:
    """The jobs of one user, as the trace names it; means."""

    name: str
    jobs: int
    wait_s: float
    turnaround_s: float
    bounded_slowdown: float
    used_processor_s: float


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """Jobs of one size and one runtime. size : processors. runtime : as recorded."""

    size: str
    runtime: str
    waits: Waits


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """The mean of a quantity, named as in `Waits`, and its interval over weeks, None where there are too few."""

    quantity: str
    mean: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What a replay comes to, over the jobs first submitted between warm-up and cool-down.

    jobs : how many. succeeded : those that ended well. failed : those whose last attempt failed, or had nowhere to go
    after a failure. never_started : those that no cluster could ever start; they are in no other figure.
    resubmissions : attempts after a job's first.
    work : what their attempts used. clusters : what was used of each.
    waits : of the jobs that started. means : their means with intervals. weeks : in how many they were submitted.
    makespan_s : from the first submission to the last end of the whole replay. utilisation : processor-seconds used in
    the window that is summed up, as a share of those there; None for an empty window.
    by_user : largest use first. fairness : Jain's index over the users' mean bounded slowdowns, from 1 / users, all the
    slowdown is one user's, to 1, all have the same (Jain, Chiu and Hawe, 1984); None without users.
    by_class : by size, then runtime; classes without jobs are left out.
    """

    jobs: int
    succeeded: int
    failed: int
    never_started: int
    resubmissions: int
    waits: Waits
    means: tuple[MeanInterval, ...]
    weeks: int
    work: Work
    makespan_s: int
    utilisation: float | None
    clusters: tuple[ClusterSummary, ...]
    fairness: float | None
    by_user: tuple[UserSummary, ...]
    by_class: tuple[ClassSummary, ...]
