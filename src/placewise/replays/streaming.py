"""A replay of a trace that is read part by part: the same answer as of the whole trace, with less of it in memory.

What is held, at ten million jobs: the window of jobs and attempts of the kernel (`kernel_window`), with the same jobs'
names, times and users; 15 bytes a job for medians and percentiles (`numbers.Tally`); some 8 bytes a job and quantity
more for a moment while these are worked out; a byte a job where jobs name preceding ones (`trace_parts`); the part
that was read last. All else is read again, or has been written: attempts are handed out in their order as soon as all
before them are over.

A trace is streamed if it has `LEAST_JOBS` jobs or more, and the compiled kernel does what is asked, without
dependencies: a job could then be submitted before its part is read.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.fleets.cluster import Fleet
from placewise.model.progress import SILENT, Progress
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.replay import ReplaySettings, Schedule, attempt_numbers, joined_schedules
from placewise.model.traces.replay_allocation import MOST_ATTEMPTS
from placewise.model.traces.replayed import Answer, Attempts
from placewise.model.traces.trace import Trace, joined
from placewise.model.traces.trace_metadata import with_metadata
from placewise.replays.engines.engine import STAGE
from placewise.replays.engines.placing import policy_named
from placewise.replays.inputs.estimates import refuse_without_limits
from placewise.replays.inputs.failing import reality_of
from placewise.replays.inputs.jobs import jobs_of, matches_of, processors_of
from placewise.replays.inputs.sites import site_of
from placewise.replays.inputs.trace_parts import TraceParts
from placewise.replays.replaying import in_parts, truth_by_ask
from placewise.replays.run import EngineName, refuse_unknown_clusters
from placewise.replays.summaries.fates import fates_of
from placewise.replays.summaries.numbers import Tally
from placewise.replays.summaries.weeks import RESAMPLES
from placewise.scheduler import Scheduler

if TYPE_CHECKING:
    from placewise.replays.engines.kernel_tables import Given
    from placewise.replays.engines.kernel_window import KernelWindow

LEAST_JOBS = MOST_ATTEMPTS + 1
"""A trace with fewer jobs is read whole: it takes little memory, and its processors are laid out."""

_AT_ONCE = 1 << 17
"""So many attempts are made at most between two looks at what is over."""


def streams(jobs: int, settings: ReplaySettings, engine: EngineName) -> bool:
    """Whether a trace of so many jobs is replayed part by part."""
    if jobs < LEAST_JOBS or settings.dependencies or settings.hold != "processors" or engine not in ("auto", "numba"):
        return False
    if importlib.util.find_spec("numba") is None:
        return False
    from placewise.replays.engines.compiled import compiles  # noqa: PLC0415, loading numba takes a second

    return settings.late or compiles(policy_named(settings.place))


def replay_parts(
    parts: TraceParts,
    fleet: Fleet,
    settings: ReplaySettings,
    *,
    origin: str = "",
    metadata: tuple[str, ...] | None = None,
    resamples: int = RESAMPLES,
    progress: Progress = SILENT,
    take: Callable[[Attempts], None] = lambda _: None,
) -> Answer:
    """Replay a trace that comes in parts, and sum up; for the rest as `replaying.replay_trace`.

    take : is handed the attempts in their order, those of a few jobs at a time.

    Raises InputError as `replay_trace` does.
    """
    from placewise.replays.engines.compiled import given_to_kernel  # noqa: PLC0415, loads numba
    from placewise.replays.engines.kernel_window import KernelWindow  # noqa: PLC0415, likewise

    refuse_without_limits(parts.limits, settings.estimates)
    there = in_parts(fleet, parts.like.processor_parts)
    sites = [site_of(cluster, settings.hold) for cluster in there.clusters]
    scheduler = Scheduler(there, policy_named(settings.place))
    refuse_unknown_clusters(settings, there)
    sets = _Sets.of(parts, fleet, metadata)
    matches = matches_of(sets.asks, scheduler, sites)
    clusters = tuple(site.name for site in sites)
    capacity = np.array([site.processors for site in sites], dtype=np.int64)
    processor_parts, jobs = parts.like.processor_parts, parts.record.jobs
    tally = Tally(fleet, settings, processor_parts, clusters, capacity, parts.submitted_s, jobs)
    held: _Held | None = None
    begun = 0
    progress.advanced(STAGE, 0, jobs)
    for part in parts.parts():
        for piece in _pieces(part, max(1, _AT_ONCE // (1 + min(settings.retries, len(sites))))):
            seen = replace(piece, asks=sets.asks, ask=sets.place[piece.ask])
            columns = jobs_of(seen, scheduler, sites, matches=matches)
            truth = None if sets.truth is None else sets.truth[piece.ask]
            reality = reality_of(columns, len(sites), settings, truth)
            given = given_to_kernel(columns, sites, scheduler.policy, settings, reality, first=begun)
            if held is None:
                held = _Held(KernelWindow.of(given, clusters), piece.of(np.zeros(0, dtype=np.int64)))
            begun += len(piece)
            held.take(given, piece)
            # The last job waits: what is submitted after it is not known yet.
            held.window.run(held.window.jobs - 1)
            held.hand_out(take, tally)
            progress.advanced(STAGE, begun, jobs)
    if held is None:
        raise InputError("no job is left to replay", expected="a trace that does not change while it is read")
    held.window.run(held.window.jobs)
    held.hand_out(take, tally)
    progress.advanced(STAGE, jobs, jobs)
    return Answer(parts.record, origin, settings, metadata, tally.summary(parts.users, resamples))


@dataclass(frozen=True, slots=True, eq=False)
class _Sets:
    """Sets of requirements as the scheduler sees them.

    asks : distinct ones. place : (sets of the trace,) which of them each is. truth : (sets of the trace, clusters)
    whether a job with it succeeds; None where all do.
    """

    asks: tuple[tuple[Expression, ...], ...]
    place: NDArray[np.int32]
    truth: NDArray[np.bool_] | None

    @classmethod
    def of(cls, parts: TraceParts, fleet: Fleet, metadata: tuple[str, ...] | None) -> _Sets:
        place = np.arange(len(parts.asks), dtype=np.int32)
        if metadata is None:
            return cls(parts.asks, place, None)
        seen = with_metadata(parts.like, metadata)
        place[parts.like.ask] = seen.ask
        return cls(seen.asks, place, truth_by_ask(parts.like, fleet))


@dataclass(slots=True)
class _Held:
    """What is in memory of a replay: the window, its jobs, and attempts of these that were handed out.

    numbered : (jobs,) how many attempts of each were.
    """

    window: KernelWindow
    trace: Trace
    handed_out: Schedule | None = None
    numbered: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def take(self, given: Given, piece: Trace) -> None:
        """Take further jobs in."""
        self.window.take(given)
        self.trace = joined([self.trace, piece])
        self.numbered = np.concatenate([self.numbered, np.zeros(len(piece), dtype=np.int64)])

    def hand_out(self, take: Callable[[Attempts], None], tally: Tally) -> None:
        """Hand out the attempts that are over, and let the jobs go that are."""
        window = self.window
        over = window.drained(processors_of(self.trace))
        if len(over):
            take(Attempts(self.trace, over, self.numbered[over.job] + attempt_numbers(over), window.first))
            np.add.at(self.numbered, over.job, 1)
            self.handed_out = over if self.handed_out is None else joined_schedules([self.handed_out, over])
        count = window.needed()
        if not count or self.handed_out is None:
            return
        rows = self.handed_out.job < count
        gone, schedule = self.trace.of(np.arange(count)), self.handed_out.of(rows)
        tally.add(fates_of(gone, schedule), gone.user.codes, schedule)
        rest = self.handed_out.of(~rows)
        self.handed_out = replace(rest, job=rest.job - count) if len(rest) else None
        self.trace, self.numbered = self.trace.of(np.arange(count, len(self.trace))), self.numbered[count:]
        window.forget(count)


def _pieces(part: Trace, most: int) -> Iterator[Trace]:
    if len(part) <= most:
        yield part
        return
    for start in range(0, len(part), most):
        yield part.of(np.arange(start, min(start + most, len(part))))
