"""What runs and what waits on a Slurm cluster right now: what squeue writes, as text or with `--json`.

As text with `-a -o "%i|%P|%T|%C|%S|%M|%l|%V|%Q|%r|%f"`: columns JOBID, PARTITION, STATE, CPUS, START_TIME, TIME,
TIME_LIMIT, SUBMIT_TIME, PRIORITY, REASON and FEATURES, in any order. See https://slurm.schedmd.com/squeue.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from placewise.errors import InputError
from placewise.formats.notations.idsets import parse_idset, size
from placewise.formats.traces.slurm.rows import LeftOut, LeftOutError, Row, json_document, json_rows, plain, text_rows
from placewise.formats.traces.slurm.values import count_of, elapsed_s, limit_s, requirements_of, unix_clock
from placewise.model.traces.queue_state import QueuedJob, QueueState, RunningJob
from placewise.model.traces.trace import UNKNOWN

HELD = "the job is held, or waits for another one or for a time"
NEITHER = "the job neither runs nor waits"
NO_START = "when the job started is not known"
NO_SUBMIT = "the submission time is not known"
NO_SIZE = "the number of processors is not known"
MOST_JOBS = 1 << 20

_RUNNING = {"RUNNING", "R", "COMPLETING", "CG", "CONFIGURING", "CF", "STAGE_OUT", "SO", "SIGNALING", "SI"}
_PENDING = {"PENDING", "PD"}
_HELD = ("jobheld", "dependency", "begintime", "reservation", "licenses", "jobarraytasklimit", "association")
_ARRAY = re.compile(r"(.+?)_\[([0-9,-]+)(?::([0-9]+))?(?:%[0-9]+)?\]")
REQUIRED = ("jobid", "state", "cpus")
_HEADER = "the header of squeue, with JOBID, STATE, CPUS, START_TIME or TIME, TIME_LIMIT and SUBMIT_TIME"


def read_squeue(content: bytes, source: object, *, now_s: int | None = None, zone: str | None = None) -> QueueState:
    """Return what squeue wrote; what is left out is counted by its reason.

    now_s : when it was written, Unix time; else what it says itself, or where it gives start and elapsed time of
    running jobs, what follows from those. zone : as in `read_sacct`.

    Jobs wait in order of PRIORITY, highest first, then of submission. Each task of a waiting array, `7_[1-9]`, is a
    job. Held jobs, and those that wait for others, are left out.

    Raises InputError for another document, for one with jobs of which none runs or waits, and if nobody says when it
    was written.
    """
    left_out = LeftOut(source)
    clock = unix_clock(zone)
    document = json_document(content, source) if content.lstrip().startswith(b"{") else None
    rows = (
        text_rows(content, source, left_out, required=REQUIRED, expected=_HEADER)
        if document is None
        else json_rows(document, _fields)
    )
    running: list[tuple[int | None, int | None, RunningJob]] = []
    queued: list[tuple[int, QueuedJob]] = []
    for place, row in rows:
        with left_out.row(place):
            state = _state(row)
            if state in _RUNNING:
                running.append(_running(row, clock))
            elif state in _PENDING:
                queued += _queued(row, clock, MOST_JOBS - len(queued))
            else:
                raise LeftOutError(NEITHER)
    if not running and not queued and left_out.counts:
        raise left_out.refuse("no job runs or waits")
    written_s = _last_update(document) if document is not None and now_s is None else now_s
    if written_s is None:
        # A job that runs for so long since then: that is now.
        written_s = max(
            (start + ran for start, ran, _ in running if start is not None and ran is not None), default=None
        )
    if written_s is None:
        raise InputError("does not say when it was written", file=source, expected="--now, or START_TIME and TIME")
    started = []
    for start, ran, job in running:
        if start is None and ran is None:
            left_out.counts[NO_START] += 1
        else:
            started.append(replace(job, start_s=written_s - (ran or 0) if start is None else start))
    return ordered_state(written_s, started, queued, left_out)


def ordered_state(
    now_s: int, running: Sequence[RunningJob], queued: Sequence[tuple[int, QueuedJob]], left_out: LeftOut
) -> QueueState:
    """Return the state with what runs in order of start; queued : priorities and jobs, the highest first."""
    # The sort is stable: of equals the first in the file waits first.
    return QueueState(
        now_s,
        tuple(sorted(running, key=lambda job: job.start_s)),
        tuple(job for _, job in sorted(queued, key=lambda one: (-one[0], one[1].submit_s))),
        left_out.reasons,
        tuple(left_out.notes),
    )


def _state(row: Row) -> str:
    words = row["state"].upper().split()
    return words[0] if words else ""


def _running(row: Row, clock: Callable[[str], int | None]) -> tuple[int | None, int | None, RunningJob]:
    """Return start and elapsed time, None where not said, and the job, whose start is set later."""
    limit = limit_s(row)
    where = row.get("partition", ""), row.get("cluster", "")
    job = RunningJob(row["jobid"], where[0], _size(row), 0, None if limit == UNKNOWN else limit, where[1])
    return clock(row.get("start_time", "")), elapsed_s(row), job


def _queued(row: Row, clock: Callable[[str], int | None], most: int) -> list[tuple[int, QueuedJob]]:
    """Return priority and job, one for each task of an array."""
    if is_held(row.get("reason", "")):
        raise LeftOutError(HELD)
    submitted = clock(row.get("submit_time", ""))
    if submitted is None:
        raise LeftOutError(NO_SUBMIT)
    priority = count_of(row, "priority")
    limit = limit_s(row)
    names = names_of_tasks(row["jobid"], most)
    size, place, cluster = _size(row), row.get("partition", ""), row.get("cluster", "")
    asked = requirements_of(row.get("features", ""))
    return [
        (priority, QueuedJob(name, place, size, submitted, None if limit == UNKNOWN else limit, asked, cluster))
        for name in names
    ]


def is_held(reason: str) -> bool:
    """Whether a job waits for something else than processors, by the reason that Slurm gives."""
    return reason.lower().strip("()").startswith(_HELD)


def names_of_tasks(name: str, most: int) -> list[str]:
    """Return the names of the jobs of a waiting array, `7_[1-9]`, or the one name. Raises InputError for too many."""
    match = _ARRAY.fullmatch(name)
    if match is None:
        return [name]
    ranges = parse_idset(match[2], "JOBID")
    if size(ranges) > most:
        raise InputError("has too many jobs", place="JOBID", found=name, expected=f"at most {MOST_JOBS:,}")
    return [f"{match[1]}_{task}" for low, high in ranges for task in range(low, high + 1, int(match[3] or 1))]


def _size(row: Row) -> int:
    found = count_of(row, "cpus")
    if found == UNKNOWN:
        raise LeftOutError(NO_SIZE)
    return found


def _fields(job: Mapping[str, Any], place: str) -> Row:
    """Return the fields of a job of `squeue --json`."""
    del place
    states = job.get("job_state")
    tasks = plain(job.get("array_task_string"))
    state = plain(states[0] if isinstance(states, list) and states else states)
    task, array = plain(job.get("array_task_id")), plain(job.get("array_job_id"))
    name = plain(job.get("job_id"))
    if array not in ("", "0"):
        name = f"{array}_[{tasks}]" if tasks else f"{array}_{task}" if task else name
    return {
        "jobid": name,
        "cluster": plain(job.get("cluster")),
        "partition": plain(job.get("partition")),
        "state": state,
        "cpus": plain(job.get("cpus")),
        "start_time": plain(job.get("start_time")),
        "submit_time": plain(job.get("submit_time")),
        "timelimitraw": plain(job.get("time_limit")),
        "priority": plain(job.get("priority")),
        "reason": plain(job.get("state_reason")),
        "features": plain(job.get("features")),
    }


def _last_update(document: Mapping[str, Any]) -> int | None:
    said = plain(document.get("last_update"))
    return int(said) if said.isdecimal() and len(said) < 13 and int(said) else None
