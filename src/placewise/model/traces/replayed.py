"""One replay: what was replayed, how, what became of each job, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.traces.replay import ReplaySettings, Schedule
from placewise.model.traces.replay_summary import ReplaySummary
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaned, Cleaning
from placewise.model.traces.trace_contents import lacking

NAMELESS = "a trace in memory"


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """Where a trace came from, and what was left out of it before it was replayed.

    source : where it came from, in words. read : how many jobs it has. jobs : how many of them were replayed.
    cleaning : the name of the filter. dropped : its reasons, and how many jobs it dropped for each. given_instead :
    jobs whose asked processors are those that they were given. cut : jobs whose runtime was cut at their limit.
    left_out : at reading, as reasons and how many rows.
    submits_are_starts : the header says that submission times are start times. lacking : what no job says.
    notes : what was noticed at reading.
    """

    source: str
    jobs: int
    read: int
    cleaning: Cleaning
    dropped: tuple[tuple[str, int], ...]
    given_instead: int
    cut: int
    left_out: tuple[tuple[str, int], ...]
    submits_are_starts: bool
    lacking: tuple[str, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, cleaned: Cleaned) -> TraceRecord:
        """Return the record of a trace after cleaning."""
        trace = cleaned.trace
        return cls(
            trace.source or NAMELESS,
            len(trace),
            cleaned.jobs,
            cleaned.cleaning,
            cleaned.dropped,
            cleaned.given_instead,
            cleaned.cut,
            trace.left_out,
            trace.submits_are_starts,
            lacking(trace),
            trace.notes,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a replay comes to, without its jobs.

    record : of the trace. fleet : where its clusters come from, in words. metadata : the pieces of metadata that the
    scheduler had; None for all that the jobs have. settings : how it was replayed. summary : what it comes to.
    """

    record: TraceRecord
    fleet: str
    settings: ReplaySettings
    metadata: tuple[str, ...] | None
    summary: ReplaySummary


@dataclass(frozen=True, slots=True, eq=False)
class Replayed(Answer):
    """A replay and its answer.

    trace : the jobs. schedule : every attempt of every job; jobs are positions in the trace.
    """

    trace: Trace
    schedule: Schedule


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """Some attempts of a replay, in the order in which they were submitted.

    trace : jobs, in whose positions the schedule counts. number : (attempts,) the how-manieth of its job each is, from
    1; 0 of a job that was never submitted. first : the position of the first of these jobs in the whole trace.
    """

    trace: Trace
    schedule: Schedule
    number: NDArray[np.int64]
    first: int = 0
