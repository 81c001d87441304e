"""Replays of one trace side by side: what is asked, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.errors import InputError
from placewise.model.fleets.cluster import Fleet
from placewise.model.results.worth import Interval
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replay_summary import MeanInterval, Waits, Work
from placewise.model.traces.replayed import TraceRecord

MOST_SCENARIOS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One way to replay a trace.

    metadata : pieces, None for all. origin : where the fleet comes from, in words.
    against : the scenario that it is compared with; the first if empty.
    """

    name: str
    settings: ReplaySettings
    fleet: Fleet
    metadata: tuple[str, ...] | None = None
    origin: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What came of one scenario; the fields are those of `ReplaySummary`."""

    name: str
    settings: ReplaySettings
    metadata: tuple[str, ...] | None
    origin: str
    jobs: int
    succeeded: int
    failed: int
    never_started: int
    resubmissions: int
    waits: Waits
    means: tuple[MeanInterval, ...]
    work: Work
    makespan_s: int
    utilisation: float | None

    @property
    def success(self) -> float | None:
        """The share of all jobs that ended well."""
        return self.succeeded / self.jobs if self.jobs else None


@dataclass(frozen=True, slots=True)
class PairedMean:
    """The means of a quantity in two replays over the jobs that started in both, and the first less the second.

    quantity : as in `Fates`: wait_s, turnaround_s, bounded_slowdown, wasted_s. interval : of the difference.
    """

    quantity: str
    first: float
    second: float
    difference: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Paired:
    """Two replays compared job by job. jobs : that started in both. only_first, only_second : that started in one."""

    first: str
    second: str
    jobs: int
    only_first: int
    only_second: int
    weeks: int
    means: tuple[PairedMean, ...]


@dataclass(frozen=True, slots=True)
class PieceWorth:
    """What metadata on one piece is worth under one policy: Shapley values, summed over all jobs.

    jobs : how many have the piece. narrows : how many of these have fewer clusters to go to for it.
    waiting_s : job-seconds of waiting that it takes away. lost_s : of waiting and of attempts that fail.
    wasted_s : processor-seconds of such attempts. Intervals are over weeks.
    """

    policy: str
    piece: str
    jobs: int
    narrows: int
    waiting_s: float
    lost_s: float
    wasted_s: float
    waiting_interval: Interval | None
    lost_interval: Interval | None
    wasted_interval: Interval | None


@dataclass(frozen=True, slots=True)
class Timed:
    """Scenarios of one trace side by side; every one but the first compared with another. values : where asked for."""

    record: TraceRecord
    results: tuple[ScenarioResult, ...]
    comparisons: tuple[Paired, ...]
    values: tuple[PieceWorth, ...] = ()

    def __post_init__(self) -> None:
        if not self.results:
            raise InputError("there is no scenario", expected="one at least")
