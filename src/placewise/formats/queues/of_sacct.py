"""What runs and what waits on Slurm clusters, or did at an earlier moment: from what sacct writes of jobs.

As text with `-a -X -P -o JobID,Cluster,Partition,State,ReqCPUS,AllocCPUS,Submit,Eligible,Start,End,Elapsed,Timelimit,
Priority,Reason,Constraints`, in any order, or with `--json`. See https://slurm.schedmd.com/sacct.html.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from placewise.errors import InputError
from placewise.formats.queues.squeue import (
    HELD,
    MOST_JOBS,
    NEITHER,
    NO_SIZE,
    NO_START,
    NO_SUBMIT,
    is_held,
    names_of_tasks,
    ordered_state,
)
from placewise.formats.traces.slurm.rows import (
    LeftOut,
    LeftOutError,
    Row,
    json_document,
    json_rows,
    sacct_fields,
    text_rows,
)
from placewise.formats.traces.slurm.sacct import ENDED, HEADER, NEVER_STARTED, NO_ELAPSED, STEP, is_step, state_word
from placewise.formats.traces.slurm.values import count_of, elapsed_s, limit_s, requirements_of, unix_clock
from placewise.model.traces.queue_state import QueuedJob, QueueState, RunningJob
from placewise.model.traces.trace import UNKNOWN

OVER = "the job had ended"
LATER = "the job was submitted later"

_PAUSED = {"SUSPENDED", "STOPPED"}
_HELD = {"REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"}


@dataclass(frozen=True, slots=True)
class _Record:
    """One job as sacct knows it; times are Unix times, None where not said."""

    place: str
    row: Row
    state: str
    submit_s: int
    eligible_s: int | None
    start_s: int | None
    end_s: int | None
    ran_s: int | None


def read_sacct_queue(
    content: bytes, source: object, *, now_s: int | None = None, zone: str | None = None
) -> QueueState:
    """Return what ran and what waited at a moment, by what sacct wrote; what is left out is counted by its reason.

    now_s : the moment, Unix time; else when it was written, which follows from start and elapsed time of running jobs.
    An earlier moment than that is answered by submissions, starts and ends. zone : as in `read_sacct`.

    Jobs wait in order of Priority, highest first, then of submission. Each task of a waiting array, `7_[1-9]`, is a
    job. Held jobs, and those that wait for others or for a time, are left out.

    Raises InputError for another document, for one of which no job is understood, and if nobody says which moment.
    """
    left_out = LeftOut(source)
    clock = unix_clock(zone)
    rows = (
        json_rows(json_document(content, source), sacct_fields)
        if content.lstrip().startswith(b"{")
        else text_rows(content, source, left_out, required=("submit", "state"), expected=HEADER)
    )
    records = []
    for place, row in rows:
        with left_out.row(place):
            records.append(_record(place, row, clock))
    if not records and left_out.counts:
        raise left_out.refuse("no job is understood")
    if now_s is None:
        now_s = max(filter(None, map(_written_s, records)), default=None)
    if now_s is None:
        raise InputError(
            "does not say when it was written", file=source, expected="--now, or running jobs with Start and Elapsed"
        )
    running: list[RunningJob] = []
    queued: list[tuple[int, QueuedJob]] = []
    for one in records:
        with left_out.row(one.place):
            if _has_begun(one, now_s):
                running.append(_running(one))
            else:
                queued += _queued(one, now_s, MOST_JOBS - len(queued))
    return ordered_state(now_s, running, queued, left_out)


def _record(place: str, row: Row, clock: Callable[[str], int | None]) -> _Record:
    if is_step(row):
        raise LeftOutError(STEP)
    submitted = clock(row["submit"])
    if submitted is None:
        raise LeftOutError(NO_SUBMIT)
    eligible, start, end = (clock(row.get(name, "")) for name in ("eligible", "start", "end"))
    return _Record(place, row, state_word(row["state"]), submitted, eligible, start, end, elapsed_s(row))


def _written_s(one: _Record) -> int | None:
    """Return when sacct wrote of a job that still runs, None of others."""
    over = one.state in ENDED or one.end_s is not None
    return None if over or one.start_s is None or one.ran_s is None else one.start_s + one.ran_s


def _has_begun(one: _Record, now_s: int) -> bool:
    """Whether the job ran at the moment, rather than waited. Raises LeftOutError where it did neither."""
    if one.submit_s > now_s:
        raise LeftOutError(LATER)
    end = one.end_s
    if end is None and one.state in ENDED:
        if one.start_s is None:
            raise LeftOutError(NEVER_STARTED)
        if one.ran_s is None:
            raise LeftOutError(NO_ELAPSED)
        end = one.start_s + one.ran_s
    if end is not None and end <= now_s:
        raise LeftOutError(OVER)
    if one.start_s is None and one.state == "RUNNING":
        raise LeftOutError(NO_START)
    if one.start_s is None or one.start_s > now_s:
        return False
    if one.state in _PAUSED:
        raise LeftOutError(NEITHER)
    return True


def _running(one: _Record) -> RunningJob:
    name, place, cluster, size, limit = _shared(one.row, "alloccpus", "reqcpus", "ncpus")
    return RunningJob(name, place, size, one.start_s or 0, limit, cluster)


def _queued(one: _Record, now_s: int, most: int) -> list[tuple[int, QueuedJob]]:
    waits_yet = one.start_s is None and one.state not in ENDED
    # Reason is why a job waits now; of one that has started since, it is of no use.
    held = one.state in _HELD or (waits_yet and is_held(one.row.get("reason", "")))
    if held or (one.eligible_s or 0) > now_s:
        raise LeftOutError(HELD)
    name, place, cluster, size, limit = _shared(one.row, "reqcpus", "alloccpus", "ncpus")
    asked = requirements_of(one.row.get("constraints", ""))
    priority = count_of(one.row, "priority")
    return [
        (priority, QueuedJob(task, place, size, one.submit_s, limit, asked, cluster))
        for task in names_of_tasks(name, most)
    ]


def _shared(row: Row, *sizes: str) -> tuple[str, str, str, int, int | None]:
    """Return name, partition, cluster, processors and limit."""
    size, limit = count_of(row, *sizes), limit_s(row)
    if size == UNKNOWN:
        raise LeftOutError(NO_SIZE)
    name = row.get("jobid") or row.get("jobidraw", "")
    return name, row.get("partition", ""), row.get("cluster", ""), size, None if limit == UNKNOWN else limit
