"""An operator's own history: what Slurm's sacct writes of past jobs, as text (`-P` or `-p`) or with `--json`.

Columns may come in any order; those that are not known are ignored. A job is kept if it ran and has ended. With `-D`
a job that was requeued has a record for each time.
See https://slurm.schedmd.com/sacct.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placewise.errors import InputError
from placewise.formats.traces.columns import finished, labels_of_texts, requests_of
from placewise.formats.traces.slurm.rows import (
    LeftOut,
    LeftOutError,
    Row,
    json_document,
    json_rows,
    sacct_fields,
    text_rows,
    tres_count,
)
from placewise.formats.traces.slurm.values import (
    count_of,
    elapsed_s,
    job_memory_bytes,
    limit_s,
    requirements_of,
    unix_clock,
)
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.trace import UNKNOWN, Ints, Trace

STEP = "a step of a job, not a job"
NOT_ENDED = "the job had not ended"
NEVER_STARTED = "the job never started"
NO_SUBMIT = "the submission time is not known"
NO_ELAPSED = "how long the job ran is not known"
SIBLING = "the job ran on another cluster of its federation"

HEADER = "the header of sacct -P, with JobIDRaw, Submit, Start, ElapsedRaw, AllocCPUS, State and others"
REVOKED = "REVOKED"
ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    REVOKED,
    "TIMEOUT",
}
_NOT_ENDED = {
    "RUNNING",
    "SUSPENDED",
    "COMPLETING",
    "CONFIGURING",
    "RESIZING",
    "SIGNALING",
    "STAGE_OUT",
    "STOPPED",
}
_WAITING = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
_STEP = re.compile(r"\.\w+")


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    submit_s: int
    waited_s: int
    runtime_s: int
    limit_s: int
    processors: int
    asked: int
    nodes: int
    memory_bytes: int
    gpus_milli: int
    user: str
    group: str
    queue: str
    requirements: tuple[Expression, ...]


def read_sacct(content: bytes, source: object, zone: str | None = None) -> Trace:
    """Return the trace of what sacct wrote; what is left out is counted by its reason.

    zone : the time zone of its times, such as Europe/Stockholm; UTC if None, and then the hour that a clock is put
    forward or back is not seen. Raises InputError for another document, an unknown zone, and if no job is left.
    """
    left_out = LeftOut(source)
    clock = unix_clock(zone)
    jobs: list[_Job] = []
    parts, on_clock = 0, False
    for place, row in (
        json_rows(json_document(content, source), sacct_fields)
        if content.lstrip().startswith(b"{")
        else text_rows(content, source, left_out, required=("submit", "state"), expected=HEADER)
    ):
        with left_out.row(place):
            jobs.append(_job(row, clock))
            parts += "+" in jobs[-1].name
            on_clock |= "-" in row["submit"]
    if not jobs:
        raise left_out.refuse("no job ran and ended")
    notes = left_out.notes
    if parts:
        notes.append(f"Parts of heterogeneous jobs, each a job of its own here: {parts:,}.")
    if again := len(jobs) - len({job.name for job in jobs}):
        notes.append(f"Further records of the same job, as of one that was requeued, each a job here: {again:,}.")
    if zone is None and on_clock:
        notes.append("No time zone was named, so times are taken as UTC.")
    return finished(_trace(jobs, left_out.reasons, source), notes)


def _job(row: Row, clock: Callable[[str], int | None]) -> _Job:
    """Return the job of a row. Raises LeftOutError for what is none of the trace, InputError for what is not read."""
    submitted, started, runtime = _times(row, clock)
    processors = count_of(row, "alloccpus", "ncpus")
    nodes = count_of(row, "reqnodes", "allocnodes", "nnodes")
    asked = count_of(row, "reqcpus")
    if processors == UNKNOWN:
        processors = tres_count((row.get("alloctres", ""),), "cpu") or UNKNOWN
    if nodes == UNKNOWN:
        nodes = tres_count((row.get("reqtres", ""), row.get("alloctres", "")), "node") or UNKNOWN
    gpus = tres_count((row.get("reqtres", ""), row.get("alloctres", "")), "gres/gpu")
    return _Job(
        row.get("jobid") or row.get("jobidraw", ""),
        submitted,
        UNKNOWN if started is None else max(started - submitted, UNKNOWN),
        runtime,
        limit_s(row),
        processors,
        asked,
        nodes,
        job_memory_bytes(row.get("reqmem", ""), max(processors, asked), max(nodes, 1)),
        UNKNOWN if gpus is None else 1000 * gpus,
        row.get("user", "") or row.get("uid", ""),
        row.get("group", "") or row.get("account", ""),
        row.get("partition", ""),
        requirements_of(row.get("constraints", "")),
    )


def _times(row: Row, clock: Callable[[str], int | None]) -> tuple[int, int | None, int]:
    """Return submission, start if that is said, and runtime of a job that ran and ended. Raises as `_job` does."""
    if is_step(row):
        raise LeftOutError(STEP)
    started, ended, submitted = (clock(row.get(name, "")) for name in ("start", "end", "submit"))
    if submitted is None:
        raise LeftOutError(NO_SUBMIT)
    if why := _no_record(state_word(row["state"]), row, began=started is not None, over=ended is not None):
        raise LeftOutError(why)
    runtime = elapsed_s(row)
    if runtime is None:
        if started is None or ended is None or ended < started:
            raise LeftOutError(NO_ELAPSED)
        runtime = ended - started
    # One that is cancelled while it waits has a start in some versions, and no processors.
    if runtime == 0 and (started is None or row.get("alloccpus") == "0"):
        raise LeftOutError(NEVER_STARTED)
    return submitted, started, runtime


def _no_record(state: str, row: Row, *, began: bool, over: bool) -> str | None:
    """Return why a job in this state is no record of one that ran and ended. Raises InputError for no known state."""
    if state == REVOKED:
        return SIBLING
    if (state in _WAITING and not (began and over)) or ("start" in row and not began):
        return NEVER_STARTED
    if state in _NOT_ENDED:
        return NOT_ENDED
    if state not in ENDED and state not in _WAITING:
        raise InputError("is not a known state", place="State", found=row["state"], expected="such as COMPLETED")
    return None


def is_step(row: Row) -> bool:
    """Whether a row is a step of a job: `7.batch`, `7.extern`, `7_3.0`, `7+1.0`."""
    return _STEP.search(row.get("jobid") or row.get("jobidraw", "")) is not None


def state_word(text: str) -> str:
    """Return the state of a job: `CANCELLED` of `CANCELLED by 123`, and of `CANCELLED+`, which is cut off."""
    words = text.upper().split()
    return words[0].rstrip("+") if words else ""


def _trace(jobs: list[_Job], left_out: tuple[tuple[str, int], ...], source: object) -> Trace:
    began = min(job.submit_s for job in jobs)

    def column(name: str) -> Ints:
        return np.array([getattr(job, name) for job in jobs], dtype=np.int64)

    waited = column("waited_s")
    return Trace(
        names=tuple(job.name for job in jobs),
        submit_s=column("submit_s") - began,
        runtime_s=column("runtime_s"),
        requested_s=column("limit_s"),
        processors=column("processors"),
        requested_processors=column("asked"),
        nodes=column("nodes"),
        memory_bytes=column("memory_bytes"),
        gpus_milli=column("gpus_milli"),
        exclusive=np.zeros(len(jobs), dtype=bool),
        user=labels_of_texts([job.user for job in jobs]),
        group=labels_of_texts([job.group for job in jobs]),
        queue=labels_of_texts([job.queue for job in jobs]),
        **requests_of([job.requirements for job in jobs]),
        after=np.full(len(jobs), UNKNOWN, dtype=np.int64),
        think_s=np.full(len(jobs), UNKNOWN, dtype=np.int64),
        start_unix_s=began,
        waited_s=None if (waited < 0).all() else waited,
        left_out=left_out,
        source=Path(str(source)).name,
    )
