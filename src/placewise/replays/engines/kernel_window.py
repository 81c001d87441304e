"""The kernel over a trace that comes part by part: its tables hold a window of the jobs and of their attempts.

The kernel stops before a submission, and goes on from its tables. Between two stops what is over is taken out of the
front: all attempts before the first that is still needed (it waits, runs, or its job may be submitted again), and all
jobs before the first that one of the remaining attempts is of. What stays moves to the front, and every number of an
attempt, a job or a start is less by as much. They keep their order, and the kernel compares them by nothing else, so
the schedule is that of one run over the whole trace.

An attempt costs some 270 bytes, a job 90 and 8 for each 64 clusters. So memory is bounded by the jobs submitted since
the oldest that has not ended, which with queues that do not grow is a matter of the longest wait and runtime, and not
of the trace. Where a job waits to the end, under sjf say, or queues only grow, the window grows to the whole trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.model.traces.replay import Schedule
from placewise.replays.engines import kernel_numba as kernel
from placewise.replays.engines.compiled import schedule_in
from placewise.replays.engines.kernel_tables import Given, blank, state_of

_LEAST_ROOM = 1 << 10
_JOB_TABLES = ("jobs", "fits", "succeeds", "draws", "links")


@dataclass(slots=True)
class KernelWindow:
    """The kernel's tables, of which the first `jobs` rows are jobs, and `submitted` of these were submitted.

    clusters : names. first : the position in the trace of the first job in the tables.
    """

    state: kernel.State
    begun: Given
    clusters: tuple[str, ...]
    first: int = 0
    jobs: int = 0
    submitted: int = 0
    live: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @classmethod
    def of(cls, given: Given, clusters: tuple[str, ...]) -> KernelWindow:
        """Return a window before the first job of what is given; `take` takes its jobs in."""
        none = {name: getattr(given, name)[:0] for name in ("jobs", "after", "fits", "succeeds", "draws")}
        begun = given._replace(**none)
        return cls(state_of(begun, 0), begun, clusters)

    def take(self, given: Given) -> None:
        """Take in jobs that come after those that are there."""
        count, rows = self.jobs + len(given.jobs), slice(self.jobs, self.jobs + len(given.jobs))
        state = self.state
        tables = {name: getattr(state, name) for name in _JOB_TABLES}
        parts = {name: getattr(given, name) for name in _JOB_TABLES[:-1]}
        parts["links"] = np.full((len(given.jobs), state.links.shape[1]), -1, dtype=np.int64)
        for name, part in parts.items():
            if len(part):  # tables that are not needed have no rows
                tables[name] = _roomy(tables[name], self.jobs, count, part.shape[1])
                tables[name][rows] = part
        users = int(given.jobs[:, kernel.USER].max(initial=-1)) + 1
        last = state.last
        if users > len(last):
            last = np.full((users, 2), -1, dtype=np.int64)
            last[: len(state.last)] = state.last
        again = bool(state.how[kernel.RETRIES])
        submits = _roomy(state.submits, int(state.counts[kernel.SUBMITS]), count + 1 if again else 1, 2)
        self.state = state._replace(**tables, last=last, submits=submits)
        self.jobs = count

    def run(self, until: int) -> None:
        """Take events up to the submission of job `until` of the window; where there is none, all there are."""
        more, tries = until - self.submitted, self.begun.tries
        attempts, starts = (int(self.state.counts[at]) for at in (kernel.ATTEMPTS, kernel.STARTS))
        live = int(self.live.sum())
        new = more + (tries - 1) * (more + live)
        self._make_room(max(attempts, starts + live) + new)
        order = np.arange(self.jobs)
        self.submitted = int(kernel.run(self.state, order, self.submitted, more))

    def drained(self, processors: NDArray[np.int64]) -> Schedule:
        """Take out what is over, and return it: attempts in the order of submission, of jobs counted from `first`.

        processors : (jobs,) that each job of the window holds. Jobs that nothing needs any more are still there, until
        `forget` is called.
        """
        state, count = self.state, int(self.state.counts[kernel.ATTEMPTS])
        live = np.zeros(count, dtype=np.bool_)
        kernel.mark_live(state, live)
        over = int(np.argmax(live)) if live.any() else count
        found = schedule_in(state.attempts[:over], processors, self.clusters, self.begun.capacity)
        self.live = live[over:].copy()
        self._move_attempts(over, count)
        return found

    def needed(self) -> int:
        """Return the first job of the window that an attempt in it is of, or that is not submitted yet."""
        attempts = int(self.state.counts[kernel.ATTEMPTS])
        return int(self.state.attempts[:attempts, kernel.JOB].min(initial=self.submitted))

    def forget(self, count: int) -> None:
        """Take out the first so many jobs, which nothing needs."""
        state = self.state
        for name in _JOB_TABLES:
            table = getattr(state, name)
            if len(table):
                table[: self.jobs - count] = table[count : self.jobs].copy()
        state.attempts[: int(state.counts[kernel.ATTEMPTS]), kernel.JOB] -= count
        state.submits[: int(state.counts[kernel.SUBMITS]), kernel.WHO] -= count
        self.first, self.jobs, self.submitted = self.first + count, self.jobs - count, self.submitted - count

    def _move_attempts(self, over: int, count: int) -> None:
        """Move what is behind the first `over` attempts to the front."""
        state, stay = self.state, count - over
        ends, starts = int(state.counts[kernel.ENDS]), int(state.counts[kernel.STARTS])
        begin = int(state.ends[:ends, kernel.WHO].min(initial=starts))
        started = state.attempts[begin:starts, kernel.STARTED] - over
        rows = state.attempts[over:count].copy()
        for column in (kernel.BEFORE, kernel.AFTER, kernel.EARLIER):
            rows[:, column] = np.maximum(rows[:, column] - over, -1)
        used = max(count, starts)
        state.attempts[:used] = blank(used)
        state.attempts[:stay] = rows
        state.attempts[:, kernel.STARTED] = -1
        state.attempts[: starts - begin, kernel.STARTED] = started
        state.ends[:ends, kernel.WHO] -= begin
        state.runs[:, kernel.WHO] -= over
        state.items[:] -= over
        for column in (kernel.HEAD, kernel.TAIL):
            state.lines[:, column] = np.maximum(state.lines[:, column] - over, -1)
        links = state.links[: self.jobs, kernel.TRIED]
        links[:] = np.maximum(links - over, -1)
        state.counts[kernel.ATTEMPTS], state.counts[kernel.STARTS] = stay, starts - begin

    def _make_room(self, attempts: int) -> None:
        """Make all tables large enough for so many attempts at once."""
        old = self.state
        if attempts <= len(old.attempts):
            return
        room = max(_LEAST_ROOM, attempts, len(old.attempts) + len(old.attempts) // 2)
        new = state_of(self.begun, room)
        for name in ("attempts", "blocks", "items", "nodes"):
            getattr(new, name)[: len(getattr(old, name))] = getattr(old, name)
        new.counts[:], new.lines[:] = old.counts, old.lines
        new.ends[: len(old.ends)] = old.ends
        bases = new.clusters[:, kernel.BASE].copy()
        new.clusters[:] = old.clusters
        new.clusters[:, kernel.BASE] = bases
        for base, before, running, line in zip(
            bases.tolist(),
            old.clusters[:, kernel.BASE].tolist(),
            old.clusters[:, kernel.RUNNING].tolist(),
            old.clusters[:, kernel.LINE].tolist(),
            strict=True,
        ):
            new.runs[base : base + running] = old.runs[before : before + running]
            later = max(0, int(old.lines[line, kernel.TAIL_RUNS]))
            new.tails[base : base + later] = old.tails[before : before + later]
        kept = {name: getattr(old, name) for name in (*_JOB_TABLES, "last", "submits")}
        self.state = new._replace(**kept)


def _roomy(table: NDArray[Any], filled: int, rows: int, columns: int) -> NDArray[Any]:
    """Return a table with room for so many rows, of which the first are filled."""
    if len(table) >= rows and table.shape[1] == columns:
        return table
    found = np.zeros((max(rows, filled + filled // 2), columns), dtype=table.dtype)
    if filled:
        found[:filled] = table[:filled]
    return found
