"""What became of each job of a replay: its attempts put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.model.traces.replay import Schedule
from placewise.model.traces.trace import Trace

WEEK_S = 7 * 86400
LEAST_RUNTIME_S = 10


def slowdown_of(turnaround_s: NDArray[np.integer], runtime_s: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return turnaround / runtime; infinite or NaN for a runtime of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = turnaround_s / runtime_s
    return found


def bounded_slowdown_of(turnaround_s: NDArray[np.integer], runtime_s: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return max(1, turnaround / max(runtime, 10 s))."""
    found: NDArray[np.float64] = turnaround_s / np.maximum(runtime_s, LEAST_RUNTIME_S)
    return np.maximum(1.0, found, out=found)


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """What became of jobs, as columns of (jobs,), in the order of the trace.

    job : positions in the trace. submit_s : the first submission. end_s : the last end. wait_s, ran_s : added up over
    attempts. runtime_s : as in the trace. started : whether any attempt did; the times of the others mean nothing.
    succeeded : whether the last attempt did. cluster : of the last attempt that started, -1 for none.
    attempts : how many were submitted. processors : how many it holds, in the parts that the trace counts in.
    used_s, wasted_s : processor-seconds, in the same parts.
    """

    job: NDArray[np.int64]
    submit_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    wait_s: NDArray[np.int64]
    runtime_s: NDArray[np.int64]
    started: NDArray[np.bool_]
    succeeded: NDArray[np.bool_]
    cluster: NDArray[np.int64]
    attempts: NDArray[np.int64]
    processors: NDArray[np.int64]
    used_s: NDArray[np.int64]
    wasted_s: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.job)

    @property
    def turnaround_s(self) -> NDArray[np.int64]:
        """From the first submission to the last end."""
        return self.end_s - self.submit_s

    @property
    def slowdown(self) -> NDArray[np.float64]:
        """See `slowdown_of`."""
        return slowdown_of(self.turnaround_s, self.runtime_s)

    @property
    def bounded_slowdown(self) -> NDArray[np.float64]:
        """See `bounded_slowdown_of`."""
        return bounded_slowdown_of(self.turnaround_s, self.runtime_s)

    def of(self, rows: NDArray[np.bool_]) -> Fates:
        """Return some of the jobs, by a mask."""
        return self.at(np.flatnonzero(rows))

    def at(self, places: NDArray[np.int64]) -> Fates:
        """Return the jobs at these places, in their order."""
        return Fates(*(getattr(self, name)[places] for name in self.__slots__))

    def weeks(self) -> NDArray[np.int64]:
        """Return (jobs,) in which week each was submitted, the first being that of the first of these jobs."""
        first = self.submit_s.min() if len(self) else 0
        found: NDArray[np.int64] = (self.submit_s - first) // WEEK_S
        return found


def columns_of(fates: Sequence[Fates], parts: int) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the columns of each by their names; parts : in how many parts the trace divides a processor."""
    for one in fates:
        yield {name: getattr(one, name) for name in Fates.__slots__} | {"parts": np.full(len(one), parts)}


def fates_with(columns: Mapping[str, NDArray[Any]]) -> Fates:
    """Return what became of the jobs that columns say it of."""
    known = {name: columns[name] for name in Fates.__slots__ if name != "job"}
    return Fates(job=np.arange(len(columns["submit_s"]), dtype=np.int64), **known)


def fates_of(trace: Trace, schedule: Schedule) -> Fates:
    """Put the attempts of each job together; jobs that were never submitted are there, too."""
    count = len(trace)
    job, started = schedule.job, schedule.start_s >= 0
    ran = np.where(started, schedule.end_s - schedule.start_s, 0)
    used = ran * schedule.processors
    attempts = np.bincount(job, minlength=count)
    submit = trace.submit_s.copy()
    first = np.full(count, len(job), dtype=np.int64)
    np.minimum.at(first, job, np.arange(len(job)))
    submitted = attempts > 0
    submit[submitted] = schedule.submit_s[first[submitted]]
    last_start = np.full(count, -1, dtype=np.int64)
    np.maximum.at(last_start, job[started], np.flatnonzero(started))
    ever = last_start >= 0
    last = np.where(ever, last_start, 0)
    end = np.where(ever, schedule.end_s[last] if len(job) else 0, -1)
    processors = np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors)
    return Fates(
        job=np.arange(count, dtype=np.int64),
        submit_s=submit,
        end_s=end,
        wait_s=_summed(job[started], (schedule.start_s - schedule.submit_s)[started], count),
        runtime_s=trace.runtime_s,
        started=ever,
        succeeded=ever & ~(schedule.failed[last] if len(job) else np.zeros(count, dtype=np.bool_)),
        cluster=np.where(ever, schedule.cluster[last] if len(job) else 0, -1).astype(np.int64),
        attempts=attempts.astype(np.int64),
        processors=processors,
        used_s=_summed(job, used, count),
        wasted_s=_summed(job, np.where(schedule.failed, used, 0), count),
    )


def _summed(job: NDArray[np.int64], values: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, job, values)
    return found
