"""Replays of one trace side by side: what is asked, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from placewise.errors import InputError, locating
from placewise.model.fleets.cluster import Fleet
from placewise.model.results.worth import Interval
from placewise.model.traces.replay import QueuePolicy, ReplaySettings
from placewise.model.traces.replay_summary import MeanInterval, Waits, Work
from placewise.model.traces.replayed import TraceRecord
from placewise.model.traces.trace_cleaning import Cleaning

MOST_SCENARIOS = 1000


@dataclass(frozen=True, slots=True)
class TimedSettings:
    """How the experiment `timed` of a study replays its trace: every policy with every level of metadata.

    policies : queue policies. levels : names of levels, `none`, `single` (metadata on each piece alone) and `all` among
    them; empty for none, those of the study, and all. replay : what all replays share, but for policy and seed.
    clean : which jobs are replayed (see `trace_cleaning.clean`). values : whether to work out what metadata is worth.
    origin : where the fleet comes from, in words.

    Raises InputError for no policy, and for a policy or a level that is named twice.
    """

    policies: tuple[QueuePolicy, ...] = ("easy",)
    levels: tuple[str, ...] = ()
    replay: ReplaySettings = field(default_factory=ReplaySettings)
    clean: Cleaning = "strict"
    values: bool = True
    origin: str = ""

    def __post_init__(self) -> None:
        for name in ("policies", "levels"):
            given = getattr(self, name)
            if isinstance(given, str):
                raise InputError(f"{name} is one text", found=given, expected="a list of names")
            names = tuple(given)
            object.__setattr__(self, name, names)
            if len(set(names)) != len(names):
                raise InputError(f"{name} has a name twice", found=next(one for one in names if names.count(one) > 1))
        if not self.policies:
            raise InputError("there is no queue policy", place="policies", expected="one at least")
        for policy in self.policies:
            replace(self.replay, policy=policy)


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One way to replay a trace.

    metadata : pieces, None for all. origin : where the fleet comes from, in words.
    against : the scenario that it is compared with; the first if empty. level : the name of its level of metadata,
    where levels are crossed with policies, else None.
    """

    name: str
    settings: ReplaySettings
    fleet: Fleet
    metadata: tuple[str, ...] | None = None
    origin: str = ""
    against: str = ""
    level: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Replays of one trace to be put side by side.

    usual : what they share, and by which metadata is valued. policies : under which it is. values : whether.

    Raises InputError for two scenarios of one name, none, and too many.
    """

    usual: Scenario
    scenarios: tuple[Scenario, ...]
    policies: tuple[str, ...]
    values: bool

    def __post_init__(self) -> None:
        if not 1 <= len(self.scenarios) <= MOST_SCENARIOS:
            found = len(self.scenarios)
            raise InputError("number of scenarios", found=found, expected=f"1 to {MOST_SCENARIOS:,}")
        names = [one.name for one in self.scenarios]
        if len(set(names)) != len(names):
            raise InputError("two scenarios have one name", found=next(name for name in names if names.count(name) > 1))


def crossed(
    usual: Scenario, policies: Sequence[str], levels: Mapping[str, tuple[str, ...] | None]
) -> tuple[Scenario, ...]:
    """Return a scenario for each queue policy and level of metadata, None being all; one without policies has its own.

    A level is compared with the first one under the same policy. Raises InputError, naming its place, for what is no
    policy.
    """
    found = []
    for number, policy in enumerate(policies or (usual.settings.policy,)):
        with locating(place=f"policies[{number}]"):
            settings = replace(usual.settings, policy=policy)  # type: ignore[arg-type]  # refuses other texts
        first = ""
        crossing: list[tuple[str | None, tuple[str, ...] | None]] = [*levels.items()] or [(None, usual.metadata)]
        for level, metadata in crossing:
            name = ", ".join(part for part in (policy if policies else "", level) if part)
            found.append(replace(usual, name=name, settings=settings, metadata=metadata, against=first, level=level))
            first = first or name
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What came of one scenario; the fields are those of `Scenario` and `ReplaySummary`."""

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
    level: str | None = None

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
    """Scenarios of one trace side by side.

    record : of the trace. results : of each scenario. comparisons : of every scenario but the first with another one.
    values : what pieces of metadata are worth, where asked for.
    """

    record: TraceRecord
    results: tuple[ScenarioResult, ...]
    comparisons: tuple[Paired, ...]
    values: tuple[PieceWorth, ...] = ()

    def __post_init__(self) -> None:
        if not self.results:
            raise InputError("there is no scenario", expected="one at least")
