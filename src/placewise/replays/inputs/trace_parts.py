"""A trace that is read part by part, as often as it is needed: looked over once, so that a replay knows what is ahead.

The first reading checks every part, and works out what depends on all jobs: how many there are, the first and the last
submission, what is dropped, what no job says, all sets of requirements and all users. Nothing of a job is held but a
flag, and that only where jobs name preceding ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from placewise.model.progress import SILENT, Progress
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.replayed import NAMELESS, TraceRecord
from placewise.model.traces.trace import UNKNOWN, Labels, Trace
from placewise.model.traces.trace_cleaning import REASONS, Cleaned, Cleaning, clean
from placewise.model.traces.trace_contents import lacking_of, said_by
from placewise.replays.inputs.jobs import no_job_left, refuse_unusable


@dataclass(frozen=True, slots=True)
class PartSource:
    """Where parts come from: `read` begins anew each time it is called.

    limits : whether any job has a time limit. largest : see `clean`.
    """

    read: Callable[[], Iterator[Trace]]
    jobs: int
    limits: bool
    cleaning: Cleaning
    largest: int | None

    def cleaned(self, part: Trace) -> Cleaned:
        """Return a part after cleaning, without preceding jobs."""
        alone = replace(part, after=np.full(len(part), UNKNOWN, dtype=np.int64))
        return clean(alone, self.cleaning, largest=self.largest, limits=self.limits)


@dataclass(frozen=True, slots=True, eq=False)
class TraceParts:
    """What was found out about a trace that comes in parts, after cleaning.

    like : one job for each set of requirements that some job has, and what is said of the whole trace.
    limits : whether any job that is left has one. submitted_s : the first and the last submission.
    marks : (parts, 2) how many jobs there are up to the end of a part, and when the last of them is submitted.
    """

    source: PartSource
    record: TraceRecord
    like: Trace
    limits: bool
    submitted_s: tuple[int, int]
    marks: NDArray[np.float64]

    @property
    def users(self) -> tuple[str, ...]:
        """The names of all users, in the order of their codes."""
        return self.like.user.names

    @property
    def asks(self) -> tuple[tuple[Expression, ...], ...]:
        """All sets of requirements."""
        return self.like.asks

    def parts(self) -> Iterator[Trace]:
        """Yield the jobs that are left; positions in labels and sets of requirements are those of the whole trace."""
        for part in self.source.read():
            trace = self.source.cleaned(part).trace
            if len(trace):
                yield replace(trace, user=Labels(self.users, trace.user.codes), asks=self.asks)

    def elapsed_s(self, jobs: int) -> float:
        """Return about how much virtual time has passed when so many jobs are submitted."""
        return float(np.interp(jobs, *self.marks.T)) - self.submitted_s[0]


def looked_over(source: PartSource, progress: Progress = SILENT) -> TraceParts:
    """Read all parts once.

    Raises InputError as their reader does, for jobs that cannot be replayed, and where no job is left.
    """
    totals = _Totals()
    for part in source.read():
        one = source.cleaned(part)
        refuse_unusable(one.trace)
        totals.add(part, one)
        progress.advanced("looking over the trace", totals.read, source.jobs)
    return totals.found(source)


@dataclass(slots=True)
class _Totals:
    """What adds up over the parts."""

    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))
    said: dict[str, int] = field(default_factory=dict)
    read: int = 0
    given_instead: int = 0
    cut: int = 0
    asked: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    marks: list[tuple[int, int]] = field(default_factory=list)
    limits: bool = False
    last: Trace | None = None
    left: list[NDArray[np.bool_]] = field(default_factory=list)
    follow: bool = False

    def add(self, part: Trace, cleaned: Cleaned) -> None:
        """Take in a part before and after cleaning."""
        trace = cleaned.trace
        for reason, count in cleaned.dropped:
            self.dropped[reason] += count
        for what, count in said_by(trace).items():
            self.said[what] = self.said.get(what, 0) + count
        self.read, self.cut = self.read + cleaned.jobs, self.cut + cleaned.cut
        self.given_instead += cleaned.given_instead
        self.limits = self.limits or bool((trace.requested_s > 0).any())
        counts = np.bincount(trace.ask, minlength=len(trace.asks))
        counts[: len(self.asked)] += self.asked
        self.asked = counts
        if len(trace) or self.last is None:
            self.last = trace
        if len(trace):
            jobs = self.marks[-1][0] if self.marks else 0
            if not jobs:
                self.marks.append((0, int(trace.submit_s[0])))
            self.marks.append((jobs + len(trace), int(trace.submit_s[-1])))
        if not self.follow:
            self._look_for_preceding(part, cleaned)

    def _look_for_preceding(self, part: Trace, cleaned: Cleaned) -> None:
        """See whether some job that is left follows one that is, as flags of the jobs so far say."""
        self.left.append(np.ones(len(part), dtype=np.bool_) if cleaned.left is None else cleaned.left)
        if not (part.after >= 0).any():
            return
        self.left = [np.concatenate(self.left)]
        rows = (part.after >= 0) & self.left[0][len(self.left[0]) - len(part) :]
        self.follow = bool(self.left[0][part.after[rows]].any())
        if self.follow:
            self.left.clear()

    def found(self, source: PartSource) -> TraceParts:
        """Return what was found out. Raises InputError where no job is left."""
        dropped = tuple((reason, count) for reason, count in self.dropped.items() if count)
        if self.last is None or not self.marks:
            raise no_job_left("" if self.last is None else self.last.source, dropped)
        said = self.said | {"preceding jobs": int(self.follow)}
        last, some = self.last, np.flatnonzero(self.asked)
        jobs = self.marks[-1][0]
        record = TraceRecord(
            source=last.source or NAMELESS,
            jobs=jobs,
            read=self.read,
            cleaning=source.cleaning,
            dropped=dropped,
            given_instead=self.given_instead,
            cut=self.cut,
            left_out=last.left_out,
            submits_are_starts=last.submits_are_starts,
            lacking=lacking_of(said, last),
            notes=last.notes,
        )
        like = replace(last.of(np.zeros(len(some), dtype=np.int64)), ask=some.astype(np.int32))
        submitted = self.marks[0][1], self.marks[-1][1]
        return TraceParts(source, record, like, self.limits, submitted, np.array(self.marks, dtype=np.float64))
